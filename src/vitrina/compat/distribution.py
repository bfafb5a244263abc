"""What ``importlib.metadata`` says about the reference's name inside this process."""

from __future__ import annotations

import importlib.metadata
import os
from pathlib import Path

from vitrina.version import REFERENCE_VERSION

_METADATA = f"Metadata-Version: 2.1\nName: datasette\nVersion: {REFERENCE_VERSION}\n"


class AliasDistribution(importlib.metadata.Distribution):
    """A distribution without files and entry points, of the version that we are compatible with."""

    def read_text(self, filename: str) -> str | None:
        return _METADATA if filename in ("METADATA", "PKG-INFO") else None

    def locate_file(self, path: str | os.PathLike[str]) -> Path:
        return Path(path)
