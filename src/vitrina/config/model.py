"""The configuration a server runs with: merged, validated, read-only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from vitrina.config.settings import Settings


def _block(parent: Mapping[str, Any], *path: str) -> Mapping[str, Any]:
    for key in path:
        child = parent.get(key)
        if not isinstance(child, Mapping):
            return {}
        parent = child
    return parent


@dataclass(frozen=True, slots=True)
class Config:
    """Configuration after merging files and command line.

    ``raw`` is the whole tree as `/-/config` shows it (before redaction);
    ``metadata`` what is left of the metadata after keys that belong to the
    configuration were moved there; ``vitrina`` our own top-level block;
    ``warnings`` sentences on values that have no effect.
    """

    raw: Mapping[str, Any] = field(default_factory=dict)
    metadata: Mapping[str, Any] = field(default_factory=dict)
    settings: Settings = field(default_factory=Settings)
    warnings: tuple[str, ...] = ()

    @property
    def vitrina(self) -> Mapping[str, Any]:
        return _block(self.raw, "vitrina")

    def database(self, database: str) -> Mapping[str, Any]:
        """The block ``databases.DATABASE``, or an empty mapping."""
        return _block(self.raw, "databases", database)

    def table(self, database: str, table: str) -> Mapping[str, Any]:
        """The block ``databases.DATABASE.tables.TABLE``, or an empty mapping."""
        return _block(self.raw, "databases", database, "tables", table)

    def queries(self, database: str) -> Mapping[str, Any]:
        """The block ``databases.DATABASE.queries``, or an empty mapping."""
        return _block(self.raw, "databases", database, "queries")
