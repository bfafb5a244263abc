"""What a database call gives back to a plugin."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple


class AttachedDatabase(NamedTuple):
    """A database that a connection reaches beside its own; ``file`` is empty for one in memory."""

    seq: int
    name: str
    file: str


class MultipleValues(Exception):
    """``single_value()`` was asked of a result that is not one row with one column."""


class Results:
    """Rows of one statement.

    ``rows`` are :class:`sqlite3.Row`; ``truncated`` tells that the statement
    had more rows than the limit; ``description`` is the cursor's.
    """

    def __init__(self, rows: list[sqlite3.Row], truncated: bool, description: Sequence[Any] | None) -> None:
        self.rows = rows
        self.truncated = truncated
        self.description = description

    @property
    def columns(self) -> list[str]:
        return [entry[0] for entry in self.description or ()]

    def first(self) -> sqlite3.Row | None:
        """The first row, or None."""
        return self.rows[0] if self.rows else None

    def single_value(self) -> Any:
        """The only value. Raises MultipleValues unless there is one row with one column."""
        if len(self.rows) == 1 and len(self.rows[0]) == 1:
            return self.rows[0][0]
        raise MultipleValues

    def dicts(self) -> list[dict[str, Any]]:
        return [dict(row) for row in self.rows]

    def __iter__(self) -> Iterator[sqlite3.Row]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)


class ExecuteWriteResult:
    """What one write statement did: ``rowcount``, ``lastrowid`` and the rows of a RETURNING clause."""

    def __init__(
        self,
        rowcount: int,
        lastrowid: int | None,
        description: Sequence[Any] | None,
        rows: list[Any],
        truncated: bool,
    ) -> None:
        self.rowcount = rowcount
        self.lastrowid = lastrowid
        self.description = description
        self.truncated = truncated
        self._rows = list(rows)

    def fetchall(self) -> list[Any]:
        """Rows that the statement returned, at most the limit asked for, and that were not fetched before."""
        rows, self._rows = self._rows, []
        return rows

    def fetchone(self) -> Any:
        """The next of these rows, None after the last."""
        return self._rows.pop(0) if self._rows else None
