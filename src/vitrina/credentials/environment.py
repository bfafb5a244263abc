"""The chain that AWS tools follow: environment variables, web identity, shared file, container, instance."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from vitrina.credentials.documents import parse_document
from vitrina.credentials.file import FileProvider
from vitrina.credentials.model import Credentials, FetchFailed
from vitrina.credentials.web_call import call, parse_object
from vitrina.credentials.web_identity import fetch_web_identity, is_configured

_CONTAINER = "http://169.254.170.2"
_INSTANCE = "http://169.254.169.254"
_INSTANCE_ROLES = "/latest/meta-data/iam/security-credentials/"
#: addresses of the machine itself answer at once or not at all
_TIMEOUT_S = 2.0
_EXCHANGE_S = 10.0


class EnvironmentProvider:
    """The first of the chain that has credentials; ``environ`` is the process's own unless given."""

    source = "environment"

    def __init__(self, environ: Mapping[str, str] | None = None) -> None:
        self._environ = os.environ if environ is None else environ

    async def fetch(self) -> Credentials:
        environ = self._environ
        key, secret = environ.get("AWS_ACCESS_KEY_ID"), environ.get("AWS_SECRET_ACCESS_KEY")
        if key and secret:
            return Credentials(key, secret, environ.get("AWS_SESSION_TOKEN") or None)
        if is_configured(environ):
            return await fetch_web_identity(environ, _EXCHANGE_S)
        shared = Path(environ.get("AWS_SHARED_CREDENTIALS_FILE") or "~/.aws/credentials").expanduser()
        if shared.is_file():
            return await FileProvider(shared, profile=environ.get("AWS_PROFILE") or "default").fetch()
        relative = environ.get("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI")
        full = environ.get("AWS_CONTAINER_CREDENTIALS_FULL_URI")
        if relative or full:
            return await self._container(_CONTAINER + relative if relative else str(full))
        if environ.get("AWS_EC2_METADATA_DISABLED", "").lower() == "true":
            raise FetchFailed("no variables, no shared file, no container, and instance metadata is disabled")
        return await self._instance(environ.get("AWS_EC2_METADATA_SERVICE_ENDPOINT") or _INSTANCE)

    async def _container(self, url: str) -> Credentials:
        headers = {}
        token = self._environ.get("AWS_CONTAINER_AUTHORIZATION_TOKEN")
        if token:
            headers["Authorization"] = token
        return parse_document(parse_object(await call(url, headers=headers, timeout=_TIMEOUT_S, direct=True)))

    async def _instance(self, endpoint: str) -> Credentials:
        endpoint = endpoint.rstrip("/")
        lifetime = {"X-aws-ec2-metadata-token-ttl-seconds": "300"}
        try:
            token = await call(
                f"{endpoint}/latest/api/token", method="PUT", headers=lifetime, timeout=_TIMEOUT_S, direct=True
            )
        except FetchFailed as error:
            raise FetchFailed(
                f"no variables, no shared file, no container, and of instance metadata: {error}"
            ) from None
        headers = {"X-aws-ec2-metadata-token": token}
        roles = await call(endpoint + _INSTANCE_ROLES, headers=headers, timeout=_TIMEOUT_S, direct=True)
        role = roles.strip().partition("\n")[0]
        if not role:
            raise FetchFailed("the instance has no role")
        found = await call(endpoint + _INSTANCE_ROLES + role, headers=headers, timeout=_TIMEOUT_S, direct=True)
        return parse_document(parse_object(found))
