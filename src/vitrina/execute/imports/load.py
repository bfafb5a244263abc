"""Writes the rows of a file into a table, on the write connection, inside a transaction."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import chain
from typing import Any

from vitrina.dialect.definition import create_table
from vitrina.dialect.write import insert_many
from vitrina.errors import Conflict, InvalidBody
from vitrina.execute.change_rows import table_sql
from vitrina.execute.imports.number_column import number_columns
from vitrina.execute.imports.portion import Meter, take_rows
from vitrina.execute.imports.report import ImportReport
from vitrina.plan.imports.model import ImportPlan

# Rows looked at together (few enough to stay in the processor's cache), and parameters of one statement:
# fewer where a row of it was refused, or where SQLite takes fewer.
_CHUNK = 420
_PARAMETERS = 8000
_PARAMETERS_AGAIN = 400
_REFUSED = (
    sqlite3.IntegrityError,
    sqlite3.DataError,
    sqlite3.ProgrammingError,
    sqlite3.InterfaceError,
    OverflowError,
    UnicodeEncodeError,
)

Row = Sequence[Any]
#: why a row is refused before it is tried: row number and cells → a sentence, or None
Check = Callable[[int, Row], str | None]


class ImportCancelled(Conflict):
    """An import was told to stop; its open transaction is rolled back."""


class Loader:
    """One import. :meth:`run` is called in a transaction, again and again until it says that nothing is left.

    Every number in ``report`` is final once the transaction is committed;
    :meth:`rolled_back` takes back those of one that was not.
    """

    def __init__(
        self,
        plan: ImportPlan,
        rows: Iterator[list[Any]],
        report: ImportReport,
        *,
        meter: Meter | None = None,
        progress: Callable[[], None] | None = None,
        check: Check | None = None,
    ) -> None:
        self.plan = plan
        self.report = report
        self._rows = rows
        self._meter = meter
        self._progress = progress
        self._check = check
        self._names = [column.name for column in plan.columns]
        self._sources = [column.source for column in plan.columns]
        self._straight = self._sources == list(range(plan.width))
        self._numbers = number_columns(
            {position: column.type for position, column in enumerate(plan.columns)},
            plan.nulls,
            exact=plan.definition is not None,
        )
        self._statements: dict[int, str] = {}
        self._created = plan.definition is None
        self._before = (0, 0, 0)

    def run(self, conn: sqlite3.Connection) -> bool:
        """Write the next batch, or everything where the plan has none; False when no rows are left (blocking).

        Raises ImportCancelled, InvalidBody for a refused row of a strict plan
        or a transaction that a trigger ended, and sqlite3.Error.
        """
        self._before = (self.report.written, self.report.skipped, self.report.rejected)
        self._prepare(conn)
        limit = self.plan.batch_rows
        done = 0
        while True:
            size = _CHUNK if not limit else min(_CHUNK, limit - done)
            chunk = take_rows(self._rows, size, self._meter)
            if self.report.cancel.is_set():
                raise ImportCancelled("The import was cancelled")
            if not chunk:
                return False
            self._write(conn, chunk)
            done += len(chunk)
            if self._progress is not None:
                self._progress()
            if limit and done >= limit:
                return True

    def rolled_back(self) -> None:
        """Take back the counts of a transaction that was not committed; refused rows stay noted."""
        self.report.written, self.report.skipped, _ = self._before

    def _prepare(self, conn: sqlite3.Connection) -> None:
        if not self._created:
            assert self.plan.definition is not None
            conn.execute(create_table(self.plan.definition))
            self._created = True
        elif self.plan.definition is None and not self.plan.one_by_one and self._has_conflict_rule(conn):
            self.plan = replace(self.plan, one_by_one=True)

    def _has_conflict_rule(self, conn: sqlite3.Connection) -> bool:
        """Whether the table says itself what becomes of conflicts: half of a statement that fails may stay then."""
        return "on conflict" in " ".join((table_sql(conn, self.plan.table) or "").lower().split())

    # One chunk

    def _write(self, conn: sqlite3.Connection, chunk: list[list[Any]]) -> None:
        first = self.report.read + 1
        self.report.read += len(chunk)
        numbers: Sequence[int] = range(first, first + len(chunk))
        rows: list[list[Any]] = chunk
        if set(map(len, chunk)) != {self.plan.width}:
            numbers, rows = self._kept(numbers, rows, self._wrong_width)
        if self._check is not None and rows:
            numbers, rows = self._kept(numbers, rows, self._check)
        if not self._straight:
            rows = [[row[source] for source in self._sources] for row in rows]
        if rows:
            flat = self._values(numbers, rows)
            if flat is not None:
                self._insert(conn, numbers, flat)
                return
            numbers, rows = self._kept(numbers, rows, self._misfits)
        flat = self._values(numbers, rows) if rows else None
        if flat:
            self._insert(conn, numbers, flat)

    def _kept(self, numbers: Sequence[int], rows: list[list[Any]], check: Check) -> tuple[list[int], list[list[Any]]]:
        """The rows that ``check`` has nothing against; the others are refused."""
        kept_numbers, kept = [], []
        for number, row in zip(numbers, rows, strict=True):
            reason = check(number, row)
            if reason is None:
                kept_numbers.append(number)
                kept.append(row)
            else:
                self._refuse(number, reason, row)
        return kept_numbers, kept

    def _refuse(self, number: int, reason: str, row: Row) -> None:
        self.report.reject(number, reason, row)
        if self.plan.strict:
            raise InvalidBody(f"Row {number}: {reason}")

    def _wrong_width(self, _: int, row: Row) -> str | None:
        found = len(row)
        if found == self.plan.width:
            return None
        if found > self.plan.width and isinstance(row[-1], str) and row[-1].startswith("unknown: "):
            return f"has keys that no earlier row has: {row[-1].removeprefix('unknown: ')}"
        return f"has {found} cell{'' if found == 1 else 's'} instead of {self.plan.width}"

    def _misfits(self, _: int, row: Row) -> str | None:
        for column in self._numbers:
            value = row[column.position]
            problem = column.misfit(value)
            if problem is not None:
                return f"{self._names[column.position]}: {_shortened(value)} {problem}"
        return None

    def _values(self, numbers: Sequence[int], rows: list[list[Any]]) -> list[Any] | None:
        """All cells, one row after the other, with NULLs put in; None where some do not fit their column."""
        flat = list(chain.from_iterable(rows))
        width = len(self._names)
        nulls = self.plan.nulls
        for column in self._numbers:
            cells = column.read(flat[column.position :: width])
            if cells is None:
                return None
            flat[column.position :: width] = cells
        if self.plan.empty_is_null and "" in flat:
            flat = [None if value == "" else value for value in flat]
        if nulls:
            flat = [None if type(value) is str and value in nulls else value for value in flat]
        return flat

    def _insert(self, conn: sqlite3.Connection, numbers: Sequence[int], flat: list[Any]) -> None:
        before = conn.total_changes
        most = min(_PARAMETERS, conn.getlimit(sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER))
        accepted = self._insert_blocks(conn, numbers, flat, most)
        if self.plan.mode == "ignore":
            changed = min(accepted, conn.total_changes - before)
            self.report.skipped += accepted - changed
            accepted = changed
        self.report.written += accepted

    def _insert_blocks(self, conn: sqlite3.Connection, numbers: Sequence[int], flat: list[Any], most: int) -> int:
        """Write rows in statements of ``most`` parameters; how many were not refused."""
        width = len(self._names)
        together = 1 if self.plan.one_by_one else min(most // width, len(numbers))
        if together <= 1:
            return self._one_by_one(conn, numbers, flat)
        accepted = 0
        for first in range(0, len(numbers), together):
            # The last block may be a short one.
            some = numbers[first : first + together]
            block = flat[first * width : (first + together) * width]
            try:
                conn.execute(self._sql(len(some)), block)
            except _REFUSED:
                self._still_open(conn)
                smaller = _PARAMETERS_AGAIN if most > _PARAMETERS_AGAIN else 0
                accepted += self._insert_blocks(conn, some, block, smaller)
            else:
                accepted += len(some)
        return accepted

    def _sql(self, rows: int) -> str:
        sql = self._statements.get(rows)
        if sql is None:
            sql = insert_many(self.plan.table, self._names, rows, self.plan.mode, self.plan.keys)
            self._statements[rows] = sql
        return sql

    def _one_by_one(self, conn: sqlite3.Connection, numbers: Sequence[int], flat: list[Any]) -> int:
        """Write rows in statements of their own; how many were not refused."""
        width = len(self._names)
        sql = self._sql(1)
        accepted = 0
        for index, number in enumerate(numbers):
            row = flat[index * width : (index + 1) * width]
            try:
                conn.execute(sql, row)
            except _REFUSED as error:
                self._still_open(conn)
                self._refuse(number, str(error), row)
            else:
                accepted += 1
        return accepted

    def _still_open(self, conn: sqlite3.Connection) -> None:
        if not conn.in_transaction:
            raise InvalidBody("A rule of the table ended the transaction: nothing was written")


def _shortened(value: str) -> str:
    shown = value if len(value) <= 40 else f"{value[:39]}…"
    return f'"{shown}"'
