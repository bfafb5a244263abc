"""The blocks ``vitrina: {tokens: …}`` and ``vitrina: {login: …}`` of the configuration."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from vitrina.config.model import Config
from vitrina.config.secrets import resolve
from vitrina.errors import ConfigError

_TOKEN_KEYS = frozenset({"macaroon", "handler", "key_id", "previous_secrets", "client_address"})
_LOGIN_KEYS = frozenset({"password_file", "hours"})
_HANDLERS = ("signed", "macaroon")


@dataclass(frozen=True, slots=True)
class TokenConfig:
    """How tokens are made and checked.

    ``macaroon`` turns narrowable tokens on. ``handler`` is the kind made by
    default. ``key_id`` numbers the current secret, ``previous_secrets`` holds
    earlier ones by number. ``client_address`` says where the address of the
    client comes from: "connection", the name of a header, or None (nowhere).
    """

    macaroon: bool = False
    handler: str = "signed"
    key_id: int = 1
    previous_secrets: Mapping[int, str] = field(default_factory=dict, repr=False)
    client_address: str | None = None
    is_configured: bool = False


@dataclass(frozen=True, slots=True)
class LoginConfig:
    """Signing in with a password: the file of names and hashes, and for how many hours it lasts (0: for ever)."""

    password_file: str
    hours: int = 24 * 14


def parse_token_config(config: Config) -> TokenConfig:
    """The block ``vitrina.tokens``; the defaults where there is none. Reads secret files. Raises ConfigError."""
    block = _block(config, "tokens", _TOKEN_KEYS)
    if block is None:
        return TokenConfig()
    macaroon = block.get("macaroon", True)
    if not isinstance(macaroon, bool):
        raise ConfigError(f"vitrina.tokens.macaroon: the value must be true or false, not {macaroon!r}")
    handler = block.get("handler", "signed")
    if handler not in _HANDLERS or (handler == "macaroon" and not macaroon):
        raise ConfigError(f"vitrina.tokens.handler: the value must be signed or macaroon, not {handler!r}")
    key_id = block.get("key_id", 1)
    if type(key_id) is not int or key_id < 0:
        raise ConfigError(f"vitrina.tokens.key_id: the value must be an integer from 0 up, not {key_id!r}")
    previous = _previous_secrets(block.get("previous_secrets"), key_id)
    return TokenConfig(macaroon, handler, key_id, previous, _client_address(block.get("client_address")), True)


def parse_login_config(config: Config) -> LoginConfig | None:
    """The block ``vitrina.login``, None where there is none. Raises ConfigError."""
    block = _block(config, "login", _LOGIN_KEYS)
    if block is None:
        return None
    path = block.get("password_file")
    if not isinstance(path, str) or not path:
        raise ConfigError("vitrina.login.password_file: the path of a file is needed")
    hours = block.get("hours", LoginConfig(path).hours)
    if type(hours) is not int or hours < 0:
        raise ConfigError(f"vitrina.login.hours: the value must be an integer from 0 up, not {hours!r}")
    return LoginConfig(path, hours)


def _block(config: Config, name: str, known: frozenset[str]) -> Mapping[str, Any] | None:
    block = config.vitrina.get(name)
    if block is None:
        return None
    if not isinstance(block, Mapping):
        raise ConfigError(f"vitrina.{name}: an object is needed")
    unknown = sorted(str(key) for key in block if key not in known)
    if unknown:
        raise ConfigError(f"vitrina.{name}.{unknown[0]}: there is no such key; there are {', '.join(sorted(known))}")
    return block


def _previous_secrets(value: Any, current: int) -> dict[int, str]:
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise ConfigError("vitrina.tokens.previous_secrets: an object of key numbers and secrets is needed")
    found: dict[int, str] = {}
    for number, given in value.items():
        path = f"vitrina.tokens.previous_secrets.{number}"
        if not str(number).isdecimal() or int(number) == current:
            raise ConfigError(f"{path}: the number of an earlier key is needed, other than the current {current}")
        secret = resolve(given)
        if not isinstance(secret, str) or not secret.strip():
            raise ConfigError(f"{path}: text is needed, best as {{$file: PATH}} or {{$env: NAME}}")
        # A file usually ends with a line break that is no part of the secret.
        found[int(number)] = secret.strip()
    return found


def _client_address(value: Any) -> str | None:
    if value is None:
        return None
    if value == "connection":
        return "connection"
    if isinstance(value, Mapping) and len(value) == 1 and isinstance(value.get("header"), str) and value["header"]:
        return str(value["header"]).lower()
    raise ConfigError("vitrina.tokens.client_address: connection or {header: NAME} is needed")
