"""Signed values are remembered without anybody being able to change them."""

import pytest

from vitrina.tokens import signing
from vitrina.tokens.signing import BadSignature, Signer


def test_each_caller_gets_a_value_of_its_own():
    signer = Signer("secret")
    signed = signer.sign({"a": {"id": "root", "roles": ["reader"]}}, "actor")
    signer.unsign(signed, "actor")["a"]["roles"].append("admin")
    signer.unsign(signed, "actor")["a"]["id"] = "somebody else"
    assert signer.unsign(signed, "actor") == {"a": {"id": "root", "roles": ["reader"]}}


def test_a_remembered_value_belongs_to_its_namespace_and_secret():
    signer = Signer("secret")
    signed = signer.sign("value", "messages")
    assert signer.unsign(signed, "messages") == "value"
    with pytest.raises(BadSignature):
        signer.unsign(signed, "actor")
    with pytest.raises(BadSignature):
        Signer("other").unsign(signed, "messages")


def test_only_so_many_are_remembered(monkeypatch):
    monkeypatch.setattr(signing, "_REMEMBERED", 3)
    signer = Signer("secret")
    for number in range(10):
        assert signer.unsign(signer.sign(number)) == number
    assert len(signer._checked) == 3
    long = signer.sign("x" * 10_000)
    assert signer.unsign(long) == "x" * 10_000
