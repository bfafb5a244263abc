"""Rows of CSV and TSV files."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import IO, Any

from vitrina.errors import InvalidBody
from vitrina.execute.imports.portion import Meter, take_rows

_BLOCK = 256 * 1024
_ROWS = 200
#: characters of one cell at most
LARGEST_CELL = 64 * 1024 * 1024
_DELIMITERS = (",", "\t", ";", "|")


def guess_delimiter(text: str) -> str:
    """The delimiter that the first line of ``text`` has most of, outside quotes; a comma where it has none."""
    line = next(iter(text.splitlines()), "")
    outside = "".join(line.split('"')[::2])
    return max(_DELIMITERS, key=lambda each: (outside.count(each), -_DELIMITERS.index(each)))


def delimited_rows(file: IO[str], delimiter: str, meter: Meter) -> Iterator[list[str]]:
    """Every row of a text file opened with ``newline=""``, the heading first; empty lines are left out.

    ``meter`` tells how much of the file was read.

    Raises InvalidBody for a cell without end and for bytes that are not of the encoding.
    """
    csv.field_size_limit(LARGEST_CELL)
    lines: Iterable[str] = chain.from_iterable(iter(lambda: file.readlines(_BLOCK), []))
    reader = csv.reader(lines, delimiter=delimiter, strict=False)
    rows: Iterator[list[str]] = filter(None, reader)
    # By the hundred: a generator that is entered for each row would take a tenth of the time of an import.
    return chain.from_iterable(_translated(rows, reader, meter))


def _translated(rows: Iterator[list[str]], reader: Any, meter: Meter) -> Iterator[list[list[str]]]:
    try:
        while some := take_rows(rows, _ROWS, meter):
            yield some
    except csv.Error as error:
        raise InvalidBody(f"Line {reader.line_num}: {error}") from error
    except UnicodeError as error:
        raise InvalidBody(f"After line {reader.line_num}: the text is not {encoding_of(error)}") from error


def encoding_of(error: UnicodeError) -> str:
    """What a text that cannot be decoded was taken for."""
    return str(getattr(error, "encoding", "of this encoding")).upper()
