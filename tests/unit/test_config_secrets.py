"""Secrets: taken from elsewhere, and masked."""

from __future__ import annotations

from pathlib import Path

import pytest

from vitrina.config.secrets import redact, resolve
from vitrina.errors import ConfigError


def test_only_objects_with_exactly_that_key_are_replaced(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("from file\n")
    value = {
        "a": {"$env": "NAME"},
        "b": [{"$env": "MISSING"}, {"$file": str(secret)}],
        "c": {"$env": "NAME", "other": 1},
    }
    assert resolve(value, {"NAME": "from env"}) == {
        "a": "from env",
        "b": [None, "from file\n"],
        "c": {"$env": "NAME", "other": 1},
    }


def test_a_secret_file_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"\$file: .*nowhere: the secret cannot be read: No such file"):
        resolve({"$file": str(tmp_path / "nowhere")})


def test_keys_that_sound_like_secrets_are_masked() -> None:
    value = {"My_TOKEN_x": {"a": 1}, "keys": [1], "list": [{"Password": 3, "x": 1}], "token": None, "n": {"dsn2": 1}}
    assert redact(value) == {
        "My_TOKEN_x": "***",
        "keys": "***",
        "list": [{"Password": "***", "x": 1}],
        "token": "***",
        "n": {"dsn2": "***"},
    }
