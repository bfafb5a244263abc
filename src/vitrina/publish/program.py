"""Under which name written files start the server, and where that name is installed from."""

from __future__ import annotations

import importlib.metadata

import click

from vitrina.errors import StartupError

OWN = "vitrina"
ALIAS = "datasette"
_ALIAS_ARCHIVES = "https://github.com/simonw/datasette/archive"


def program_name() -> str:
    """The name that the running command was started by.

    Called through the import name that plugins and scripts know, files are
    written for that name, to the letter; called as vitrina, for vitrina.
    """
    context = click.get_current_context(silent=True)
    typed = context.find_root().info_name if context is not None else None
    return OWN if typed is not None and OWN in typed else ALIAS


def requirement(program: str, branch: str | None) -> str:
    """What pip installs ``program`` from: its name, or the archive of a branch. Raises StartupError."""
    if not branch:
        return program
    if "://" in branch:
        return branch
    archives = _ALIAS_ARCHIVES if program == ALIAS else _own_archives()
    return f"{archives}/{branch}.zip"


def _own_archives() -> str:
    for line in importlib.metadata.metadata(OWN).get_all("Project-URL") or ():
        label, _, address = line.partition(",")
        if label.strip().lower() in ("repository", "source"):
            return f"{address.strip().rstrip('/')}/archive"
    raise StartupError(
        "This installation does not know its repository; give the address of an archive: --branch https://…/main.zip"
    )
