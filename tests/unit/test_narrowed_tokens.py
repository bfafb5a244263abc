"""Tokens that their holder narrows: only ever to less, and refused wherever something is wrong with them."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vitrina.access.actions import ActionRegistry
from vitrina.access.resources import DatabaseResource, QueryResource, TableResource
from vitrina.access.restrictions import fold_of, restricted_resources
from vitrina.errors import BadRequest, TokenInvalid
from vitrina.tokens.client import client_address
from vitrina.tokens.macaroon import binary, chain
from vitrina.tokens.macaroon.model import Caveat, Macaroon
from vitrina.tokens.macaroon.text import decode, encode
from vitrina.tokens.narrowed.conditions import KINDS, Condition, UnknownCondition, parse_condition, write_condition
from vitrina.tokens.narrowed.effect import fold_restrictions
from vitrina.tokens.narrowed.keys import KeyRing
from vitrina.tokens.narrowed.token import (
    PREFIX,
    Identifier,
    is_token_id,
    make_token,
    new_token_id,
    parse_token,
    restrict_token,
    write_token,
)
from vitrina.tokens.narrowed.verify import Verifier
from vitrina.tokens.narrowed.words import describe

ACTIONS = ActionRegistry()
RING = KeyRing("a secret")
TOKEN_ID = new_token_id()
NOW = 1_800_000_000


class NothingRevoked:
    ids = frozenset()


def token(*conditions, ring=RING, key=None, token_id=TOKEN_ID, issued=NOW):
    identifier = Identifier(ring.current if key is None else key, token_id, "ann", issued)
    return make_token(ring.secret_of(identifier.key, token_id), identifier, conditions)


def actor(text, *, ring=RING, now=NOW, revoked=NothingRevoked, max_ttl=0):
    return Verifier(ring, revoked).actor(text, now=now, actions=ACTIONS, max_ttl=max_ttl)


# -- narrowing, against a model of its own

DATABASES, TABLES = ("one", "two"), ("t", "T", "u")
_ACTION_NAMES = st.lists(st.sampled_from([*ACTIONS, "unknown-action"]), max_size=6)
_PAIRS = st.lists(st.tuples(st.sampled_from(DATABASES), st.sampled_from(TABLES)).map(list), max_size=3)
_SHORT = st.lists(st.sampled_from([*ACTIONS, "vt", "vd", "es"]), max_size=4)
CONDITIONS = st.one_of(
    _ACTION_NAMES.map(lambda names: Condition("act", names)),
    st.lists(st.sampled_from(DATABASES), max_size=2).map(lambda names: Condition("db", names)),
    _PAIRS.map(lambda pairs: Condition("res", pairs)),
    st.fixed_dictionaries(
        {},
        optional={
            "a": _SHORT,
            "d": st.dictionaries(st.sampled_from(DATABASES), _SHORT),
            "r": st.dictionaries(st.sampled_from(DATABASES), st.dictionaries(st.sampled_from(TABLES), _SHORT)),
        },
    ).map(lambda listed: Condition("allow", listed)),
    st.just(Condition("ro")),
    st.just(Condition("sql", False)),
    st.integers(1, 10).map(lambda rows: Condition("rows", rows)),
    st.just(Condition("note", "text")),
)

READING = {
    "view-instance",
    "view-database",
    "view-table",
    "view-query",
    "view-database-download",
    "execute-sql",
    "permissions-debug",
    "debug-menu",
}


def same(one, two, action):
    """Whether two names mean the same child: tables without ASCII case, queries exactly."""
    return one.lower() == two.lower() if action.resource_class is TableResource else one == two


def model_allows(condition, action, database, child):
    """What one condition says of one deed, in the words of its documentation."""
    value = condition.value
    match condition.name:
        case "act":
            return action.name in value
        case "db":
            return database in value if database is not None else action.name == "view-instance"
        case "res":
            return child is not None and any(pair[0] == database and same(pair[1], child, action) for pair in value)
        case "allow":
            names = (action.name, action.abbr)
            if any(name in value.get("a", ()) for name in names):
                return True
            if any(name in value.get("d", {}).get(database, ()) for name in names):
                return True
            return child is not None and any(
                same(listed, child, action) and any(name in actions for name in names)
                for listed, actions in value.get("r", {}).get(database, {}).items()
            )
        case "ro":
            return action.name in READING
        case "sql":
            return action.name not in ("execute-sql", "execute-write-sql")
        case "rows":
            return action.name != "view-database-download"
        case _:
            return True


def deeds():
    for action in ACTIONS.values():
        if action.resource_class is None:
            yield action, None, None
        elif action.resource_class is DatabaseResource:
            yield from ((action, database, None) for database in DATABASES)
        else:
            assert action.resource_class in (TableResource, QueryResource)
            yield from ((action, database, table) for database in DATABASES for table in TABLES)


def carried_allows(restrictions, action, database, child):
    """What code that knows only ``_r`` reads out of an actor."""
    if restrictions is None:
        return True
    fold = fold_of(action)
    return any(
        parent in (None, database) and (listed is None or (child is not None and fold(listed) == fold(child)))
        for parent, listed in restricted_resources(restrictions, action)
    )


@given(st.lists(CONDITIONS, max_size=5))
def test_what_the_actor_carries_is_what_all_conditions_say(conditions):
    restrictions = fold_restrictions(conditions, ACTIONS.values())
    for action, database, child in deeds():
        expected = all(model_allows(condition, action, database, child) for condition in conditions)
        assert carried_allows(restrictions, action, database, child) == expected


@given(st.lists(CONDITIONS, max_size=3), st.lists(CONDITIONS, min_size=1, max_size=3))
def test_no_narrowing_allows_what_the_token_before_did_not(first, then):
    before = token(*first)
    parent, child = actor(before), actor(restrict_token(before, then))
    assert parent["id"] == child["id"]
    for deed in deeds():
        if carried_allows(child.get("_r"), *deed):
            assert carried_allows(parent.get("_r"), *deed)
    if "_r" in parent:
        assert "_r" in child
    for limit in parent.get("_limits", {}):
        assert child["_limits"][limit] <= parent["_limits"][limit]


@given(CONDITIONS)
def test_a_condition_that_restricts_is_never_invisible_to_old_code(condition):
    found = actor(token(condition))
    assert ("_r" in found) == (condition.name != "note")


def test_an_unknown_action_is_denied_as_soon_as_anything_is_restricted():
    assert carried_allows(actor(token(Condition("rows", 5)))["_r"], ACTIONS["view-table"], "one", "t")
    listed = [name for names in actor(token(Condition("ro")))["_r"].values() for name in names]
    assert "es" in listed and "ir" not in listed


# -- time, keys, revocation, address


@pytest.mark.parametrize(
    "conditions, now, message",
    [
        ([Condition("exp", NOW)], NOW - 1, None),
        ([Condition("exp", NOW)], NOW, "Token has expired"),
        ([Condition("exp", NOW), Condition("exp", NOW + 9)], NOW + 1, "Token has expired"),
        ([Condition("nbf", NOW)], NOW - 1, "Token is not valid yet"),
        ([Condition("nbf", NOW)], NOW, None),
        ([Condition("nbf", NOW), Condition("nbf", NOW - 9)], NOW - 1, "Token is not valid yet"),
    ],
)
def test_times(conditions, now, message):
    text = token(*conditions, issued=NOW - 100)
    if message is None:
        assert actor(text, now=now)["id"] == "ann"
    else:
        with pytest.raises(TokenInvalid, match=message):
            actor(text, now=now)


def test_the_server_may_shorten_the_life_of_all_tokens():
    assert actor(token(), max_ttl=60)["token_expires"] == NOW + 60
    assert actor(token(Condition("exp", NOW + 5)), max_ttl=60)["token_expires"] == NOW + 5
    with pytest.raises(TokenInvalid, match="expired"):
        actor(token(), now=NOW + 60, max_ttl=60)


def test_rotation_keeps_earlier_tokens_until_their_secret_is_dropped():
    old = token()
    rotated = KeyRing("a new secret", current=2, previous={1: "a secret"})
    assert actor(old, ring=rotated)["id"] == "ann"
    assert actor(token(ring=rotated), ring=rotated)["id"] == "ann"
    with pytest.raises(TokenInvalid):
        actor(old, ring=KeyRing("a new secret", current=2))
    with pytest.raises(TokenInvalid):
        actor(token(ring=rotated), ring=RING)


def test_revoking_an_id_refuses_all_that_was_narrowed_from_it():
    class Revoked:
        ids = frozenset()

    verifier = Verifier(RING, Revoked)
    narrowed = restrict_token(token(), [Condition("ro")])
    assert verifier.actor(narrowed, now=NOW, actions=ACTIONS)
    Revoked.ids = frozenset({TOKEN_ID})
    for text in (narrowed, token()):
        with pytest.raises(TokenInvalid, match="revoked"):
            verifier.actor(text, now=NOW, actions=ACTIONS)
    assert verifier.actor(token(token_id=new_token_id()), now=NOW, actions=ACTIONS)


@pytest.mark.parametrize(
    "address, accepted",
    [
        ("203.0.113.7", True),
        ("::ffff:203.0.113.7", True),
        ("203.0.114.7", False),
        ("::1", False),
        (None, False),
        ("x", False),
    ],
)
def test_networks(address, accepted):
    text = token(Condition("ip", ["203.0.113.0/24", "2001:db8::/32"]))
    reset = client_address.set(address)
    try:
        if accepted:
            assert actor(text)["id"] == "ann"
        else:
            with pytest.raises(TokenInvalid, match="address"):
                actor(text)
    finally:
        client_address.reset(reset)


def test_what_is_remembered_of_a_token_is_bounded_and_still_checked():
    verifier = Verifier(RING, NothingRevoked)
    text = token(Condition("exp", NOW + 5))
    assert verifier.actor(text, now=NOW, actions=ACTIONS) == verifier.actor(text, now=NOW, actions=ACTIONS)
    with pytest.raises(TokenInvalid, match="expired"):
        verifier.actor(text, now=NOW + 5, actions=ACTIONS)
    with pytest.raises(TokenInvalid):
        verifier.actor(text[:-1] + ("A" if text[-1] != "A" else "B"), now=NOW, actions=ACTIONS)
    for number in range(300):
        verifier.actor(restrict_token(text, [Condition("rows", number + 1)]), now=NOW, actions=ACTIONS)
    assert len(verifier._known) == 256


# -- what is wrong with a token


def test_every_change_of_a_character_is_refused():
    good = token(Condition("ro"))
    for position in range(len(good)):
        other = "A" if good[position] != "A" else "B"
        damaged = good[:position] + other + good[position + 1 :]
        try:
            macaroon = parse_token(damaged)
        except TokenInvalid:
            continue
        if macaroon.location != "vitrina":
            continue
        with pytest.raises(TokenInvalid):
            actor(damaged)


def test_every_truncation_is_refused():
    good = token(Condition("ro"))
    for length in range(len(good)):
        with pytest.raises(TokenInvalid):
            actor(good[:length])


def sealed(*caveats, identifier=None):
    """A token with a good signature whatever is in it."""
    said = identifier if identifier is not None else Identifier(1, TOKEN_ID, "ann", NOW).write()
    macaroon = chain.create(RING.secret_of(1, TOKEN_ID), location="vitrina", identifier=said)
    return PREFIX + encode(binary.write(chain.narrow(macaroon, caveats)))


@pytest.mark.parametrize(
    "caveat",
    [
        b'["new",1]',
        b'["NEW"]',
        b"time < 2030",
        b"{}",
        b"[]",
        b"[1]",
        b"null",
        b"\xff",
        b"[" * 2000,
        b'["\\ud800"]',
    ],
)
def test_a_condition_nobody_knows_is_refused_by_name(caveat):
    with pytest.raises(UnknownCondition, match="does not understand"):
        actor(sealed(b'["ro"]', caveat))


@pytest.mark.parametrize(
    "caveat",
    [
        b'["exp"]',
        b'["exp","1"]',
        b'["exp",1.5]',
        b'["exp",true]',
        b'["exp",-1]',
        b'["exp",1e400]',
        b'["exp",1,2]',
        b'["ro",false]',
        b'["sql",true]',
        b'["act","view-table"]',
        b'["act",[1]]',
        b'["db",null]',
        b'["res",[["one"]]]',
        b'["allow",[]]',
        b'["allow",{"x":[]}]',
        b'["rows",0]',
        b'["ip",["300.0.0.0/8"]]',
        b'["ip",["10.0.0.1/8"]]',
        b'["note",1]',
    ],
)
def test_a_malformed_condition_is_refused(caveat):
    with pytest.raises(TokenInvalid, match="malformed restriction"):
        actor(sealed(caveat))


@pytest.mark.parametrize(
    "identifier",
    [
        b"",
        b"[]",
        b'{"v":2,"k":1,"i":"x","a":"ann","t":1}',
        b'{"v":1}',
        b'{"v":1,"k":1,"i":"x","a":"ann","t":true}',
        b"[" * 5000,
    ],
)
def test_an_identifier_of_another_shape_is_refused(identifier):
    with pytest.raises(TokenInvalid, match="Invalid token"):
        actor(sealed(identifier=identifier))


@pytest.mark.parametrize("size", [65, 10_000])
def test_too_many_conditions_are_refused_before_any_signature(size, monkeypatch):
    text = sealed(*[b'["ro"]'] * size)
    monkeypatch.setattr("vitrina.tokens.narrowed.verify.is_signed_by", None)
    with pytest.raises(TokenInvalid, match="Invalid token"):
        actor(text)


@pytest.mark.parametrize(
    "text", [PREFIX + "A" * 5_000_000, sealed(b'["note","' + b"x" * 3000 + b'"]'), PREFIX, "vtk", ""], ids=len
)
def test_too_long_and_empty_tokens_are_refused(text):
    with pytest.raises(TokenInvalid):
        actor(text)


def test_a_caveat_of_a_third_party_is_refused_in_words():
    macaroon = Macaroon("vitrina", Identifier(1, TOKEN_ID, "ann", NOW).write(), (Caveat(b"c", "x", b"v"),), b"s" * 32)
    with pytest.raises(TokenInvalid, match="third-party"):
        actor(PREFIX + encode(binary.write(macaroon)))


def test_a_token_cannot_be_narrowed_beyond_what_servers_read():
    with pytest.raises(BadRequest, match="64"):
        restrict_token(token(), [Condition("ro")] * 65)
    with pytest.raises(BadRequest, match="2048"):
        restrict_token(token(), [Condition("note", "x" * 3000)])
    with pytest.raises(BadRequest, match="8,192"):
        restrict_token(token(), [Condition("note", "x" * 1900)] * 4)
    full = restrict_token(token(), [Condition("ro")] * 64)
    assert actor(full)["_limits"] == {"read_only": True}


def test_what_was_taken_away_does_not_come_back_with_the_parents_signature():
    wide, narrow = parse_token(token()), parse_token(restrict_token(token(), [Condition("ro")]))
    for stolen in (
        Macaroon(narrow.location, narrow.identifier, (), narrow.signature),
        Macaroon(wide.location, wide.identifier, narrow.caveats, wide.signature),
    ):
        with pytest.raises(TokenInvalid):
            actor(write_token(stolen))


# -- text


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_the_documented_example_of_each_kind_is_one(kind):
    condition = parse_condition(kind.example.encode())
    assert condition.name == kind.name
    assert write_condition(condition).decode() == kind.example
    assert describe(condition)


@given(CONDITIONS)
def test_conditions_read_back(condition):
    assert parse_condition(write_condition(condition)) == condition


def test_an_identifier_is_compact_json_in_a_fixed_order():
    data = parse_token(token()).identifier
    assert data.decode() == f'{{"v":1,"k":1,"i":"{TOKEN_ID}","a":"ann","t":{NOW}}}'
    assert list(json.loads(data)) == ["v", "k", "i", "a", "t"]
    assert is_token_id(TOKEN_ID) and not is_token_id(TOKEN_ID.lower())
    assert sorted(ids := [new_token_id() for _ in range(3)])[0][:8] == ids[0][:8]


def test_the_text_is_canonical():
    good = token()
    assert PREFIX + encode(decode(good[len(PREFIX) :])) == good
