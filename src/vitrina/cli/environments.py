"""The packages of this Python's environment: what changed, whether a server starts with them, and putting them back."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

_TRIAL_S = 180
_TRIAL = ("-m", "vitrina", "serve", "--memory", "--get", "/-/plugins.json")
# Lines of a child's output that are shown.
_LINES = 15


@dataclass(frozen=True, slots=True)
class Installed:
    """One distribution: its version, the directory of an editable one, the file it came from, and when it was put in.

    The time (in ns) tells an installation anew from none, as of the same version from the same sources.
    """

    version: str
    directory: str | None
    file: str | None
    at: int


def installed() -> dict[str, Installed]:
    """Each installed distribution by its name in lower case."""
    found: dict[str, Installed] = {}
    for dist in metadata.distributions():
        name = dist.metadata["Name"]
        if name:
            found.setdefault(name.lower().replace("_", "-"), _described(dist))
    return found


def _described(dist: metadata.Distribution) -> Installed:
    origin = json.loads(dist.read_text("direct_url.json") or "{}")
    path = url2pathname(urlsplit(origin.get("url", "")).path) if str(origin.get("url")).startswith("file:") else None
    editable = bool(origin.get("dir_info", {}).get("editable"))
    record = getattr(dist, "_path", None)
    at = record.stat().st_mtime_ns if isinstance(record, Path) and record.exists() else 0
    return Installed(dist.version, path if editable else None, None if editable else path, at)


class Environment:
    """Remembers what is installed now. ``pip`` runs pip with arguments and gives its exit status."""

    def __init__(self, pip: Callable[[list[str]], int]) -> None:
        self._pip = pip
        self._before = installed()

    def changed(self) -> list[str]:
        """Names of the distributions that are new, of another version, or installed anew since."""
        return sorted(name for name, found in installed().items() if self._before.get(name) != found)

    def kept_sources(self) -> list[str]:
        """Directories that are in use as before: what they hold is their owner's to put right."""
        now = installed()
        return sorted(
            earlier.directory
            for name, earlier in self._before.items()
            if earlier.directory and name in now and now[name].directory == earlier.directory and now[name] != earlier
        )

    def trial(self) -> str | None:
        """Start a server in a child process for one request; None where it answers, else the end of what it said."""
        try:
            done = subprocess.run(
                [sys.executable, *_TRIAL], capture_output=True, text=True, timeout=_TRIAL_S, check=False
            )
        except subprocess.TimeoutExpired:
            return f"The server had not started after {_TRIAL_S} seconds"
        if done.returncode == 0:
            return None
        said = (done.stderr or done.stdout).strip().splitlines()
        return "\n".join(said[-_LINES:]) or f"The server ended with status {done.returncode}"

    def put_back(self) -> bool:
        """Remove what is new and install the earlier versions of what changed; whether all that went well."""
        now = installed()
        new = sorted(set(now) - set(self._before))
        good = True
        if new:
            good = self._pip(["uninstall", "-y", *new]) == 0
        for name, earlier in sorted(self._before.items()):
            if now.get(name) != earlier and not (name in now and earlier.directory == now[name].directory is not None):
                wanted = ["--editable", earlier.directory] if earlier.directory else [_requirement(name, earlier)]
                # Of the same version pip would keep what is there.
                again = ["--force-reinstall"] if name in now and now[name].version == earlier.version else []
                good = self._pip(["install", "--no-deps", *again, *wanted]) == 0 and good
        return good


def _requirement(name: str, earlier: Installed) -> str:
    """What pip installs again: the file that it came from, where there still is one, or that version."""
    if earlier.file is not None and Path(earlier.file).is_file():
        return earlier.file
    return f"{name}=={earlier.version}"
