"""The options of a source in Google Cloud Storage or Azure Blob Storage."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from vitrina.files.source_options import prefix_option, size_limit, text_option, url_option

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
    given = {key: text_option(config, key) for key in ("service_account", "application_credentials")}
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
    account = text_option(config, "account_name")
    if account is None:
        raise ValueError("the option account_name is needed")
    keys = {key: value for key in _AZURE_KEYS if (value := text_option(config, key)) is not None}
    application = {"client_id", "client_secret", "tenant_id"}
    missing = application - keys.keys()
    if "client_secret" in keys and missing:
        raise ValueError(f"{', '.join(sorted(missing))} needed beside client_secret")
    return _options(config, "container", {"account_name": account, **keys}, "configuration" if keys else "environment")


def _options(config: Mapping[str, Any], bucket_key: str, settings: dict[str, Any], source: str) -> CloudOptions:
    bucket = text_option(config, bucket_key)
    if bucket is None:
        raise ValueError(f"the option {bucket_key} is needed")
    return CloudOptions(
        bucket=bucket,
        prefix=prefix_option(config),
        endpoint_url=url_option(config, "endpoint_url"),
        max_file_size=size_limit(config),
        source=source,
        settings=settings,
    )


def _check_known(config: Mapping[str, Any], known: tuple[str, ...]) -> None:
    unknown = sorted(str(key) for key in config if key not in known)
    if unknown:
        raise ValueError(f"there is no option {', '.join(unknown)}; there are: {', '.join(sorted(known))}")


def _json_text(key: Any) -> str:
    """A service account's key, given as an object or as the text of one."""
    try:
        document = json.loads(key) if isinstance(key, str) else key
    except ValueError:
        document = None
    if not isinstance(document, Mapping):
        raise ValueError("service_account_key must be the JSON object of a key")
    return json.dumps(document)
