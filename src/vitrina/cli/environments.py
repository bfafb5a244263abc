"""The packages of this Python's environment: what changed, whether a server starts with them, and putting them back."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from importlib import metadata

_TRIAL_S = 180
_TRIAL = ("-m", "vitrina", "serve", "--memory", "--get", "/-/plugins.json")
# Lines of a child's output that are shown.
_LINES = 15


def installed_versions() -> dict[str, str]:
    """Version of each installed distribution, by its name in lower case."""
    found = ((dist.metadata["Name"], dist.version) for dist in metadata.distributions())
    return {name.lower().replace("_", "-"): version for name, version in found if name}


class Environment:
    """Remembers what is installed now. ``pip`` runs pip with arguments and gives its exit status."""

    def __init__(self, pip: Callable[[list[str]], int]) -> None:
        self._pip = pip
        self._before = installed_versions()

    def changed(self) -> list[str]:
        """Names of the distributions that are new or of another version since."""
        return sorted(name for name, version in installed_versions().items() if self._before.get(name) != version)

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
        now = installed_versions()
        new = sorted(set(now) - set(self._before))
        earlier = sorted(
            f"{name}=={version}" for name, version in self._before.items() if now.get(name) not in (None, version)
        )
        gone = sorted(f"{name}=={version}" for name, version in self._before.items() if name not in now)
        good = True
        if new:
            good = self._pip(["uninstall", "-y", *new]) == 0
        if earlier or gone:
            good = self._pip(["install", "--no-deps", *earlier, *gone]) == 0 and good
        return good
