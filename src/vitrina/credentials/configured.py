"""From the options of a store in the configuration to what supplies its credentials."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from vitrina.credentials.broker import BrokerProvider
from vitrina.credentials.command import CommandProvider
from vitrina.credentials.environment import EnvironmentProvider
from vitrina.credentials.file import FileProvider
from vitrina.credentials.model import CredentialProvider, Credentials
from vitrina.credentials.static import StaticProvider
from vitrina.errors import ConfigError

#: options that this module reads; none of them may be written anywhere else
CREDENTIAL_OPTIONS = (
    "credentials_url",
    "credentials_url_secret",
    "credentials_command",
    "credentials_file",
    "credentials_profile",
    "access_key_id",
    "secret_access_key",
    "session_token",
)


def provider_of(options: Mapping[str, Any], place: str) -> CredentialProvider:
    """The provider that ``options`` ask for: broker, command, file, direct keys, else the environment's chain.

    ``place`` is the key of the options, for messages. Raises ConfigError.
    """
    url = _text(options, "credentials_url", place)
    if url:
        return BrokerProvider(url, _text(options, "credentials_url_secret", place))
    command = options.get("credentials_command")
    if command:
        if not isinstance(command, list) or not all(isinstance(word, str) for word in command):
            raise ConfigError(f"{place}.credentials_command: a list of the program and its arguments is needed")
        return CommandProvider(command)
    file = _text(options, "credentials_file", place)
    if file:
        return FileProvider(file, profile=_text(options, "credentials_profile", place) or "default")
    key, secret = _text(options, "access_key_id", place), _text(options, "secret_access_key", place)
    if key and secret:
        return StaticProvider(Credentials(key, secret, _text(options, "session_token", place)))
    if key or secret:
        missing = "secret_access_key" if key else "access_key_id"
        raise ConfigError(f"{place}.{missing}: needed beside {'access_key_id' if key else 'secret_access_key'}")
    return EnvironmentProvider()


def _text(options: Mapping[str, Any], key: str, place: str) -> str | None:
    value = options.get(key)
    if value is None or value == "":
        return None
    if not isinstance(value, str):
        raise ConfigError(f"{place}.{key}: text is needed")
    return value
