"""The options of a source in Google Cloud Storage or Azure Blob Storage."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

_SHARED = ("prefix", "endpoint_url", "max_file_size")
_GOOGLE = ("bucket", "service_account", "service_account_key", "application_credentials")
_AZURE_KEYS = ("account_key", "sas_key", "client_id", "client_secret", "tenant_id")
_AZURE = ("container", "account_name", *_AZURE_KEYS)


@dataclass(frozen=True, slots=True)
class CloudOptions:
    """``prefix`` is empty or ends in "/"; ``settings`` are the library's, with secrets; ``source`` has none."""

    bucket: str = ""
    prefix: str = ""
    endpoint_url: str | None = None
    max_file_size: int | None = None
    source: str = ""
    settings: Mapping[str, Any] = field(default_factory=dict, repr=False)


def parse_google(config: Mapping[str, Any]) -> CloudOptions:
    """Raises ValueError that names the option."""
    _check_known(config, (*_SHARED, *_GOOGLE))
    given = {key: _text(config, key) for key in ("service_account", "application_credentials")}
    settings: dict[str, Any] = {key: value for key, value in given.items() if value is not None}
    key = config.get("service_account_key")
    if key is not None:
        settings["service_account_key"] = _json_text(key)
    if len(settings) > 1:
        raise ValueError(f"only one of {', '.join(sorted(settings))} can be used")
    source = "environment"
    if "service_account_key" in settings:
        source = "configuration"
    elif settings:
        source = f"file {next(iter(settings.values()))}"
    return _options(config, "bucket", settings, source)


def parse_azure(config: Mapping[str, Any]) -> CloudOptions:
    """Raises ValueError that names the option."""
    _check_known(config, (*_SHARED, *_AZURE))
    account = _text(config, "account_name")
    if account is None:
        raise ValueError("the option account_name is needed")
    keys = {key: value for key in _AZURE_KEYS if (value := _text(config, key)) is not None}
    application = {"client_id", "client_secret", "tenant_id"}
    missing = application - keys.keys()
    if "client_secret" in keys and missing:
        raise ValueError(f"{', '.join(sorted(missing))} needed beside client_secret")
    return _options(config, "container", {"account_name": account, **keys}, "configuration" if keys else "environment")


def _options(config: Mapping[str, Any], bucket_key: str, settings: dict[str, Any], source: str) -> CloudOptions:
    bucket = _text(config, bucket_key)
    if bucket is None:
        raise ValueError(f"the option {bucket_key} is needed")
    prefix = _text(config, "prefix") or ""
    if prefix.startswith("/") or "//" in prefix or ".." in prefix.split("/"):
        raise ValueError("the prefix must not begin with /, and has no empty or .. part")
    limit = config.get("max_file_size")
    if limit is not None and (type(limit) is not int or limit <= 0):
        raise ValueError("max_file_size must be a number of bytes above 0")
    endpoint = _text(config, "endpoint_url")
    if endpoint is not None and (urlsplit(endpoint).scheme not in ("http", "https") or not urlsplit(endpoint).netloc):
        raise ValueError("endpoint_url must begin with http:// or https:// and a host")
    return CloudOptions(
        bucket=bucket,
        prefix=prefix if not prefix or prefix.endswith("/") else prefix + "/",
        endpoint_url=endpoint,
        max_file_size=limit,
        source=source,
        settings=settings,
    )


def _check_known(config: Mapping[str, Any], known: tuple[str, ...]) -> None:
    unknown = sorted(str(key) for key in config if key not in known)
    if unknown:
        raise ValueError(f"there is no option {', '.join(unknown)}; there are: {', '.join(sorted(known))}")


def _text(config: Mapping[str, Any], key: str) -> str | None:
    value = config.get(key)
    if value is None or value == "":
        return None
    if not isinstance(value, str):
        raise ValueError(f"{key} must be text")
    return value


def _json_text(key: Any) -> str:
    """A service account's key, given as an object or as the text of one."""
    try:
        document = json.loads(key) if isinstance(key, str) else key
    except ValueError:
        document = None
    if not isinstance(document, Mapping):
        raise ValueError("service_account_key must be the JSON object of a key")
    return json.dumps(document)
