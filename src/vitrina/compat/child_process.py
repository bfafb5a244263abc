"""Makes ``python -m datasette`` in child processes mean Vitrina too."""

from __future__ import annotations

import os
from pathlib import Path

#: holds a package of the reference's name that only installs the alias; nothing else puts it on a path
SHIM = Path(__file__).with_name("shim")


def reach_children() -> None:
    """Put the shim first on the path of processes that this one starts. Idempotent."""
    paths = [path for path in os.environ.get("PYTHONPATH", "").split(os.pathsep) if path]
    if str(SHIM) not in paths:
        os.environ["PYTHONPATH"] = os.pathsep.join([str(SHIM), *paths])


def leave_children() -> None:
    """Undo :func:`reach_children`."""
    paths = [path for path in os.environ.get("PYTHONPATH", "").split(os.pathsep) if path and path != str(SHIM)]
    if paths:
        os.environ["PYTHONPATH"] = os.pathsep.join(paths)
    else:
        os.environ.pop("PYTHONPATH", None)
