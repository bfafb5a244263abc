"""Signed tokens, cookies and token restrictions."""

from __future__ import annotations

import asyncio
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vitrina.access.actions import ActionRegistry
from vitrina.errors import TokenInvalid
from vitrina.tokens.cookies import actor_of_cookie, base62_decode, base62_encode, cookie_payload
from vitrina.tokens.handlers import SignedTokenHandler, TokenHandler, pick_handler, verify_with
from vitrina.tokens.restrictions import TokenRestrictions
from vitrina.tokens.signed import actor_of_payload, token_payload
from vitrina.tokens.signing import BadSignature, Signer

JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda children: st.lists(children) | st.dictionaries(st.text(), children),
    max_leaves=10,
)


class Host:
    """The part of the application that the built-in handler uses."""

    def __init__(self, secret="secret", **settings):
        self.settings = {"allow_signed_tokens": True, "max_signed_tokens_ttl": 0, **settings}
        self.signer = Signer(secret)
        self.sign = self.signer.sign
        self.unsign = self.signer.unsign
        self.get_action = ActionRegistry().find

    def setting(self, name):
        return self.settings[name]


@given(st.integers(min_value=0))
def test_base62_round_trip(number):
    assert base62_decode(base62_encode(number)) == number


def test_base62_uses_the_order_of_the_contract():
    assert [base62_encode(n) for n in (0, 25, 26, 35, 36, 61, 62)] == ["A", "Z", "0", "9", "a", "z", "BA"]
    # an expiry written by the server that Vitrina succeeds
    assert base62_decode("Bx4jB7") == 1795259571


@pytest.mark.parametrize("text", ["", "-", "A B", "é"])
def test_base62_refuses_foreign_text(text):
    with pytest.raises(ValueError):
        base62_decode(text)


@given(JSON_VALUES, st.text(min_size=1), st.sampled_from(["default", "actor", "token", "messages"]))
def test_signatures_round_trip_and_keep_namespaces_apart(value, secret, namespace):
    signer = Signer(secret)
    signed = signer.sign(value, namespace)
    assert signer.unsign(signed, namespace) == value
    with pytest.raises(BadSignature):
        signer.unsign(signed, namespace + "-other")
    with pytest.raises(BadSignature):
        Signer(secret + "x").unsign(signed, namespace)


def test_tokens_made_elsewhere_are_accepted():
    # printed by the create-token command of the server that Vitrina succeeds, one of them compressed
    host = Host("a-test-secret")
    plain = (
        "dstok_eyJhIjoicm9vdCIsInQiOjE3OTUyNTc0NDMsIl9yIjp7ImQiOnsibGVkZ2VyIjpbImlyIiwidn"
        "QiXX19fQ.CRIOHL3gmSn5Fj92kdEso3Pu4Sg"
    )
    packed = (
        "dstok_.eJyrVkpUslIqys8vUdJRKlGyMjS3NDUyNTcxMdFRii9SsqpWAhM5qSnpqWBWal5JUWZqsZJVt"
        "FJmEVBPKYhIARFlJUqxtUAAANOmGJg.e875fz8ssvcgIj3maYzFQgXg970"
    )
    assert packed.startswith("dstok_.")
    handler = SignedTokenHandler()
    assert asyncio.run(handler.verify_token(host, plain)) == {
        "id": "root",
        "token": "dstok",
        "_r": {"d": {"ledger": ["ir", "vt"]}},
    }
    assert asyncio.run(handler.verify_token(host, packed)) == {
        "id": "root",
        "token": "dstok",
        "_r": {"r": {"ledger": {"entries": ["ir", "ur", "dr", "vt"]}}},
    }


@pytest.mark.parametrize(
    ("payload", "message"),
    [
        ({"a": "u"}, "no timestamp"),
        ({"a": "u", "t": "yesterday"}, "invalid timestamp"),
        ({"a": "u", "t": 1.5}, "invalid timestamp"),
        ({"a": "u", "t": None}, "invalid timestamp"),
        ({"a": "u", "t": 1, "d": "long"}, "invalid duration"),
        ({"a": "u", "t": 1, "d": 60}, "expired"),
        ({"a": "u", "t": 1, "d": -60}, "expired"),
        ({"t": 1}, "no actor"),
        (5, "no timestamp"),
    ],
)
def test_bad_payloads_are_refused(payload, message):
    with pytest.raises(TokenInvalid, match=message):
        actor_of_payload(payload, now=1_000_000)


@pytest.mark.parametrize(
    ("duration", "max_ttl", "expires"),
    [(None, 0, None), (100, 0, 1100), (None, 50, 1050), (100, 50, 1050), (20, 50, 1020), (0, 50, 1050)],
)
def test_the_shorter_life_counts(duration, max_ttl, expires):
    payload = {"a": "u", "t": 1000} if duration is None else {"a": "u", "t": 1000, "d": duration}
    actor = actor_of_payload(payload, now=1010, max_ttl=max_ttl)
    assert actor.get("token_expires") == expires
    if expires is not None:
        assert actor_of_payload(payload, now=expires, max_ttl=max_ttl) == actor
        with pytest.raises(TokenInvalid):
            actor_of_payload(payload, now=expires + 1, max_ttl=max_ttl)


def test_payload_leaves_out_what_is_not_said():
    assert list(token_payload("u", created=5).items()) == [("a", "u"), ("t", 5)]
    assert token_payload("u", created=5, expires_after=0, restrictions=None) == {"a": "u", "t": 5}
    full = token_payload("u", created=5, expires_after=9, restrictions={"a": ["vt"]})
    assert list(full) == ["a", "t", "d", "_r"]


def test_restrictions_are_abbreviated_in_tokens():
    host = Host()
    restrictions = (
        TokenRestrictions()
        .allow_all("view-table")
        .allow_all("not-registered")
        .allow_database("d", "ir")
        .allow_resource("d", "t", "update-row")
    )
    assert restrictions.abbreviated(host) == {
        "a": ["vt", "not-registered"],
        "d": {"d": ["ir"]},
        "r": {"d": {"t": ["ur"]}},
    }
    assert TokenRestrictions().abbreviated(host) is None


def test_built_in_handler_round_trip():
    host = Host()
    handler = SignedTokenHandler()

    async def go():
        token = await handler.create_token(
            host, "u", expires_after=100, restrictions=TokenRestrictions().allow_all("view-table")
        )
        return await handler.verify_token(host, token)

    actor = asyncio.run(go())
    assert {key: actor[key] for key in ("id", "token", "_r")} == {"id": "u", "token": "dstok", "_r": {"a": ["vt"]}}
    assert abs(actor["token_expires"] - time.time() - 100) < 5


def test_built_in_handler_leaves_other_tokens_alone_and_refuses_bad_ones():
    handler = SignedTokenHandler()
    assert asyncio.run(handler.verify_token(Host(), "other_abc")) is None
    for token in ("dstok_", "dstok_abc", "dstok_" + Signer("other").sign({"a": "u", "t": 1}, "token")):
        with pytest.raises(TokenInvalid, match="Invalid token signature"):
            asyncio.run(handler.verify_token(Host(), token))
    closed = Host(allow_signed_tokens=False)
    with pytest.raises(TokenInvalid, match="not enabled"):
        asyncio.run(handler.verify_token(closed, "dstok_abc"))
    with pytest.raises(ValueError, match="not enabled"):
        asyncio.run(handler.create_token(closed, "u"))


class Letters(TokenHandler):
    name = "letters"

    async def create_token(self, datasette, actor_id, *, expires_after=None, restrictions=None):
        return f"letter_{actor_id}"

    async def verify_token(self, datasette, token):
        return {"id": token.removeprefix("letter_")} if token.startswith("letter_") else None


def test_handlers_take_turns():
    handlers = [Letters(), SignedTokenHandler()]
    assert asyncio.run(verify_with(handlers, Host(), "letter_u")) == {"id": "u"}
    assert asyncio.run(verify_with(handlers, Host(), "unknown")) is None
    assert pick_handler(handlers).name == "letters"
    assert pick_handler(handlers, "signed").name == "signed"
    with pytest.raises(ValueError, match="'zz' not found"):
        pick_handler(handlers, "zz")
    with pytest.raises(RuntimeError):
        pick_handler([])


@pytest.mark.parametrize(
    ("payload", "actor"),
    [
        ({"a": {"id": "u"}}, {"id": "u"}),
        ({"a": {"id": "u"}, "e": base62_encode(1001)}, {"id": "u"}),
        ({"a": {"id": "u"}, "e": base62_encode(999)}, None),
        ({"a": {"id": "u"}, "e": "not base 62"}, None),
        ({"a": "root"}, None),
        ({}, None),
        ("root", None),
        (None, None),
    ],
)
def test_actor_of_cookie(payload, actor):
    assert actor_of_cookie(payload, now=1000) == actor


def test_cookie_payload():
    assert cookie_payload({"id": "u"}, now=1000.9) == {"a": {"id": "u"}}
    assert cookie_payload({"id": "u"}, now=1000.9, expire_after=60) == {"a": {"id": "u"}, "e": base62_encode(1060)}
