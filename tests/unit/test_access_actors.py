"""Allow blocks, exhaustively."""

from __future__ import annotations

import pytest

from vitrina.access.actors import actor_key, actor_matches_allow, display_actor

ANONYMOUS = None
X = {"id": "x"}
ROLES = {"id": "r", "roles": ["a", "b"]}


@pytest.mark.parametrize(
    ("actor", "allow", "expected"),
    [
        *[(actor, None, True) for actor in (ANONYMOUS, {}, X, ROLES)],
        *[(actor, True, True) for actor in (ANONYMOUS, {}, X, ROLES)],
        *[(actor, 1, True) for actor in (ANONYMOUS, {}, X, ROLES)],
        *[(actor, False, False) for actor in (ANONYMOUS, {}, X, ROLES)],
        *[(actor, 0, False) for actor in (ANONYMOUS, {}, X, ROLES)],
        *[(actor, {}, False) for actor in (ANONYMOUS, {}, X, ROLES)],
        # not an allow block: nobody
        *[(actor, wrong, False) for actor in (ANONYMOUS, X) for wrong in ("x", [], ["x"], 2, -1)],
        (X, {"id": "x"}, True),
        ({"id": "y"}, {"id": "x"}, False),
        (ANONYMOUS, {"id": "x"}, False),
        ({}, {"id": "x"}, False),
        # values compare by type too
        ({"id": 1}, {"id": "1"}, False),
        ({"id": "1"}, {"id": 1}, False),
        ({"id": 1}, {"id": 1}, True),
        ({"id": 1}, {"id": [2, 1]}, True),
        # lists on either side
        (X, {"id": ["x", "y"]}, True),
        (X, {"id": []}, False),
        (ROLES, {"roles": "b"}, True),
        (ROLES, {"roles": ["b", "c"]}, True),
        (ROLES, {"roles": ["c"]}, False),
        ({"roles": []}, {"roles": ["c"]}, False),
        # the star asks only for the key, and only by itself
        (X, {"id": "*"}, True),
        ({"id": None}, {"id": "*"}, True),
        ({"roles": []}, {"roles": "*"}, True),
        (X, {"id": ["*"]}, False),
        ({"id": "*"}, {"id": ["*"]}, True),
        ({"name": "x"}, {"id": "*"}, False),
        (ANONYMOUS, {"id": "*"}, False),
        # null is no value
        ({"id": None}, {"id": None}, False),
        ({"id": None}, {"id": [None]}, False),
        # any key is enough
        (X, {"id": "y", "roles": "a"}, False),
        (X, {"roles": "a", "id": "x"}, True),
        (ROLES, {"id": "x", "roles": "a"}, True),
        # the anonymous
        (ANONYMOUS, {"unauthenticated": True}, True),
        (X, {"unauthenticated": True}, False),
        (ANONYMOUS, {"unauthenticated": False}, False),
        (ANONYMOUS, {"unauthenticated": 1}, False),
        (ANONYMOUS, {"unauthenticated": "true"}, False),
        (ANONYMOUS, {"unauthenticated": True, "id": "x"}, True),
        (X, {"unauthenticated": True, "id": "x"}, True),
        # values that cannot be hashed are compared all the same
        ({"id": {"a": 1}}, {"id": "x"}, False),
        ({"id": {"a": 1}}, {"id": {"a": 1}}, True),
    ],
)
def test_actor_matches_allow(actor, allow, expected):
    assert actor_matches_allow(actor, allow) is expected


@pytest.mark.parametrize(
    ("actor", "label"),
    [
        ({"id": "i", "name": "n", "display": "d"}, "d"),
        ({"id": "i", "login": "l", "username": "u"}, "u"),
        ({"id": "i", "login": "l"}, "l"),
        ({"id": 5}, 5),
        ({"role": "x"}, "{'role': 'x'}"),
    ],
)
def test_display_actor(actor, label):
    assert display_actor(actor) == label


def test_actor_key_tells_actors_apart():
    actors = [None, {}, {"id": "1"}, {"id": 1}, {"id": True}, {"id": "1", "_r": {}}]
    assert len({actor_key(actor) for actor in actors}) == len(actors)
    assert actor_key({"a": 1, "b": 2}) == actor_key({"b": 2, "a": 1})
    assert actor_key({"id": object()}) is None
