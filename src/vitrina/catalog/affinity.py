"""SQLite's type affinities, derived from a declared type by SQLite's own rules."""

from __future__ import annotations

from enum import Enum


class SQLiteType(str, Enum):  # noqa: UP042 - plugins know it as text whose str() names the member
    """The five affinities, under the names that column types use."""

    TEXT = "TEXT"
    INTEGER = "INTEGER"
    REAL = "REAL"
    BLOB = "BLOB"
    NUMERIC = "NUMERIC"

    @classmethod
    def from_declared_type(cls, declared: str | None) -> SQLiteType:
        """The affinity of a column declared as ``declared``; no type at all is BLOB."""
        text = (declared or "").upper()
        if "INT" in text:
            return cls.INTEGER
        if any(part in text for part in ("CHAR", "CLOB", "TEXT")):
            return cls.TEXT
        if not text or "BLOB" in text:
            return cls.BLOB
        if any(part in text for part in ("REAL", "FLOA", "DOUB")):
            return cls.REAL
        return cls.NUMERIC
