"""Files that hold rows: which they are, a look into them, and their columns with the types that all values fit."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import islice
from typing import IO, Any

from vitrina.execute.imports.delimited import guess_delimiter
from vitrina.execute.imports.source import Format, Source, open_source
from vitrina.plan.imports.headings import clean_names
from vitrina.plan.imports.model import ImportColumn
from vitrina.plan.imports.types import ColumnType, detect_type

#: bytes from the beginning that the preview is made of, and rows that it shows
PREVIEW_BYTES = 64 * 1024
PREVIEW_ROWS = 10
#: characters in which the delimiter is looked for
_SNIFFED = 8192
_SCANNED_ROWS = 2000

_BY_TYPE: Mapping[str, Format] = {
    "text/csv": "csv",
    "text/tab-separated-values": "tsv",
    "application/json": "json",
    "application/x-ndjson": "ndjson",
    "application/ndjson": "ndjson",
    "application/jsonl": "ndjson",
}
_BY_ENDING: Mapping[str, Format] = {
    ".csv": "csv",
    ".tsv": "tsv",
    ".json": "json",
    ".ndjson": "ndjson",
    ".jsonl": "ndjson",
}


@dataclass(frozen=True, slots=True)
class Preview:
    """The first rows of a file. ``types`` and ``headings`` are in the same order."""

    format: Format
    delimiter: str
    headings: tuple[str, ...]
    types: tuple[ColumnType, ...]
    rows: list[list[Any]]


def tabular_format(record: Mapping[str, Any]) -> Format | None:
    """The format of a file of rows, from its name, else from its type; None for other files."""
    name = str(record["filename"]).lower()
    for ending, kind in _BY_ENDING.items():
        if name.endswith(ending):
            return kind
    return _BY_TYPE.get(record["content_type"] or "")


def import_type(kind: Format) -> str:
    """How an import of this format is named in its row."""
    return "csv" if kind == "tsv" else kind


def default_table(filename: str) -> str:
    """The file's name without its last extension."""
    stem, dot, _ = filename.rpartition(".")
    return stem if dot and stem else filename


def preview(head: bytes, record: Mapping[str, Any], kind: Format) -> Preview:
    """What the first :data:`PREVIEW_BYTES` bytes show (blocking). Raises InvalidBody for what cannot be read."""
    whole = len(head) < PREVIEW_BYTES
    if not whole:
        # The last line may be cut in two, and the list of a JSON file goes on.
        head = _whole_rows(head, kind)
    source = open_rows(io.BytesIO(head), record, kind, sample_rows=PREVIEW_ROWS)
    columns = source.columns()
    return Preview(
        kind,
        source.delimiter,
        tuple(column.name for column in columns),
        tuple(column.type for column in columns),
        [row[: source.width] for row in source.sample],
    )


def _whole_rows(head: bytes, kind: Format) -> bytes:
    if kind == "json":
        return _closed_list(head)
    before, newline, _ = head.rpartition(b"\n")
    return before + newline if newline else head


def _closed_list(head: bytes) -> bytes:
    """The beginning of a JSON list of objects up to its last whole object at the first level, and the end of the list.

    Strings are skipped, so that braces in them do not count.
    """
    depth = last = 0
    in_text = escaped = False
    for position, byte in enumerate(head):
        if in_text:
            if escaped:
                escaped = False
            elif byte == 0x5C:
                escaped = True
            elif byte == 0x22:
                in_text = False
        elif byte == 0x22:
            in_text = True
        elif byte in b"{[":
            depth += 1
        elif byte in b"}]":
            depth -= 1
            if depth == 1:
                last = position + 1
    return head[:last] + b"]" if last else head


def open_rows(file: IO[bytes], record: Mapping[str, Any], kind: Format, *, sample_rows: int = 5000) -> Source:
    """The rows of a binary file, which stays open (blocking). Raises InvalidBody."""
    file.seek(0)
    delimiter = None
    if kind in ("csv", "tsv"):
        delimiter = guess_delimiter(file.read(_SNIFFED).decode("utf-8", "replace"))
        file.seek(0)
    return open_source(file, str(record["filename"]), format=kind, delimiter=delimiter, sample_rows=sample_rows)


def padded(source: Source) -> Iterator[list[Any]]:
    """Every row; one with fewer cells than the heading has no values in the last columns."""
    width = source.width
    for row in source.rows():
        missing = width - len(row)
        yield row + [None] * missing if missing > 0 and row else row


def columns_of_all(source: Source, cancelled: Any) -> tuple[ImportColumn, ...]:
    """The columns with types that every value of the file fits; reads all its rows (blocking).

    ``cancelled()`` ends it early.
    """
    names = clean_names(source.headings)
    kinds: list[ColumnType | None] = [None] * len(names)
    rows = source.rows()
    while (some := list(islice(rows, _SCANNED_ROWS))) and not cancelled():
        for position, kind in enumerate(kinds):
            if kind != "text":
                kinds[position] = _widened(kind, [row[position] for row in some if position < len(row)])
    columns = [ImportColumn(position, name, "text") for position, name in enumerate(names)]
    return tuple(replace(column, type=kinds[column.source] or "text") for column in columns)


def _widened(kind: ColumnType | None, values: list[Any]) -> ColumnType | None:
    """The type of the values so far, and of ``values``; None while there were none."""
    if all(value is None or value == "" for value in values):
        return kind
    found = detect_type(values)
    if kind is None or kind == found:
        return found
    return "float" if {kind, found} == {"integer", "float"} else "text"
