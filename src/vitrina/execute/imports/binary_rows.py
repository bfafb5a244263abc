"""Rows of Excel and Parquet files, with libraries that are imported when they are needed."""

from __future__ import annotations

import importlib
import json
import xml.etree.ElementTree as ElementTree
import zipfile
import zlib
from collections.abc import Callable, Iterator
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import IO, Any

from vitrina.errors import BadRequest, InvalidBody

_BATCH_ROWS = 1000
# What the libraries raise for files that are none of theirs, or damaged.
_UNREADABLE = (
    OSError,
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    EOFError,
    ElementTree.ParseError,
    zipfile.BadZipFile,
    zlib.error,
)
# Contents are mostly ten times as large as the file that they are packed in; those made to fill memory, a thousand.
_MOST_UNPACKED = 100
_TEXTS = frozenset({"string", "large_string", "binary", "large_binary"})
_SMALL = 64 * 1024 * 1024


def excel_rows(file: IO[bytes]) -> Iterator[list[Any]]:
    """Rows of the first sheet, the heading first. Raises BadRequest without openpyxl, InvalidBody for a bad file."""
    openpyxl = _library("openpyxl", "Excel", "excel")
    return _readable("an Excel file", _excel_rows, file, openpyxl)


def parquet_rows(file: IO[bytes]) -> Iterator[list[Any]]:
    """Rows of a Parquet file, the heading first. Raises as :func:`excel_rows`, with pyarrow."""
    parquet = _library("pyarrow.parquet", "Parquet", "parquet")
    return _readable("a Parquet file", _parquet_rows, file, parquet)


def _readable(
    kind: str, rows: Callable[[IO[bytes], Any], Iterator[list[Any]]], file: IO[bytes], library: Any
) -> Iterator[list[Any]]:
    """The rows, with what a library says of a bad file, at its beginning or later, as InvalidBody."""
    try:
        yield from rows(file, library)
    except _UNREADABLE as error:
        raise InvalidBody(f"This is not {kind}: {error}") from error


def _excel_rows(file: IO[bytes], openpyxl: Any) -> Iterator[list[Any]]:
    with zipfile.ZipFile(file) as packed:
        _check_unpacked(file, sum(entry.file_size for entry in packed.infolist()))
    book = openpyxl.load_workbook(file, read_only=True, data_only=True)
    sheet = book.worksheets[0]
    # Files of some programs claim a size of one cell.
    sheet.reset_dimensions()
    width = 0
    for row in sheet.iter_rows(values_only=True):
        cells = [plain_value(cell) for cell in row]
        while cells and cells[-1] is None:
            cells.pop()
        if not cells:
            continue
        width = width or len(cells)
        yield cells + [None] * (width - len(cells))


def _parquet_rows(file: IO[bytes], parquet: Any) -> Iterator[list[Any]]:
    metadata = parquet.read_metadata(file)
    _check_unpacked(file, sum(metadata.row_group(number).total_byte_size for number in range(metadata.num_row_groups)))
    # A text that stands once in the file and in every row stays one in memory.
    names = [field.name for field in metadata.schema.to_arrow_schema() if str(field.type) in _TEXTS]
    opened = parquet.ParquetFile(file, read_dictionary=names)
    yield list(opened.schema_arrow.names)
    for batch in opened.iter_batches(batch_size=_BATCH_ROWS):
        columns = [_cells(column) for column in batch.columns]
        for row in zip(*columns, strict=True):
            yield [plain_value(cell) for cell in row]


def _cells(column: Any) -> list[Any]:
    if not hasattr(column, "dictionary"):
        return column.to_pylist()  # type: ignore[no-any-return]
    values = column.dictionary.to_pylist()
    return [None if index is None else values[index] for index in column.indices.to_pylist()]


def _check_unpacked(file: IO[bytes], unpacked: int) -> None:
    """Raise InvalidBody for a file whose contents are out of all proportion to its size."""
    size = file.seek(0, 2)
    file.seek(0)
    if unpacked > max(_SMALL, size * _MOST_UNPACKED):
        raise InvalidBody(f"Unpacked, this file of {size:,} bytes would have {unpacked:,}")


def _library(name: str, kind: str, extra: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise BadRequest(
            f"{kind} files need a package that is not installed; pip install 'vitrina[{extra}]'"
        ) from error


def plain_value(value: Any) -> Any:
    """``value`` as SQLite stores it: dates as ISO texts, decimals as numbers where they fit, nested ones as JSON."""
    if value is None or isinstance(value, (str, int, float, bytes)):
        return value
    if isinstance(value, datetime):
        return value.isoformat(sep=" ") if value.time() != time() else value.date().isoformat()
    if isinstance(value, (date, time)):
        return value.isoformat()
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, Decimal):
        whole = value == value.to_integral_value()
        return int(value) if whole else float(value)
    if isinstance(value, (dict, list)):
        return json.dumps(value, ensure_ascii=False, default=str)
    return str(value)
