"""Temporary credentials for the token of a service account, as clusters put it into a file."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlencode

from vitrina.credentials.documents import parse_document
from vitrina.credentials.model import Credentials, FetchFailed
from vitrina.credentials.web_call import call

_VERSION = "2011-06-15"
_MOST_BYTES = 64 * 1024
_KEYS = ("AccessKeyId", "SecretAccessKey", "SessionToken", "Expiration")


def is_configured(environ: Mapping[str, str]) -> bool:
    """Whether the environment names a token and a role."""
    return bool(environ.get("AWS_WEB_IDENTITY_TOKEN_FILE") and environ.get("AWS_ROLE_ARN"))


async def fetch_web_identity(environ: Mapping[str, str], timeout: float) -> Credentials:
    """Exchange the token for credentials of the role; ``timeout`` in seconds. Raises FetchFailed."""
    token = await asyncio.to_thread(_read, Path(environ["AWS_WEB_IDENTITY_TOKEN_FILE"]))
    asked = {
        "Action": "AssumeRoleWithWebIdentity",
        "Version": _VERSION,
        "RoleArn": environ["AWS_ROLE_ARN"],
        "RoleSessionName": environ.get("AWS_ROLE_SESSION_NAME") or "vitrina",
        "WebIdentityToken": token,
    }
    answer = await call(
        _endpoint(environ),
        body=urlencode(asked).encode("ascii"),
        headers={"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/xml"},
        timeout=timeout,
    )
    found = {key: re.search(rf"<{key}>\s*([^<]+?)\s*</{key}>", answer) for key in _KEYS}
    return parse_document({key: match[1] for key, match in found.items() if match is not None})


def _endpoint(environ: Mapping[str, str]) -> str:
    given = environ.get("AWS_ENDPOINT_URL_STS")
    if given:
        return given.rstrip("/") + "/"
    region = environ.get("AWS_REGION") or environ.get("AWS_DEFAULT_REGION")
    return f"https://sts.{region}.amazonaws.com/" if region else "https://sts.amazonaws.com/"


def _read(path: Path) -> str:
    try:
        with path.open(encoding="ascii") as file:
            return file.read(_MOST_BYTES).strip()
    except OSError as error:
        raise FetchFailed(f"the token of the web identity cannot be read ({error.strerror})") from None
    except UnicodeDecodeError:
        raise FetchFailed("the token of the web identity is not text") from None
