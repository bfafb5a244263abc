"""Rows of Excel and Parquet files, with libraries that are imported when they are needed."""

from __future__ import annotations

import importlib
import json
import zipfile
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import IO, Any

from vitrina.errors import BadRequest, InvalidBody

_BATCH_ROWS = 1000
# What the libraries raise for files that are none of theirs, or damaged.
_UNREADABLE = (OSError, ValueError, KeyError, TypeError, zipfile.BadZipFile)


def excel_rows(file: IO[bytes]) -> Iterator[list[Any]]:
    """Rows of the first sheet, the heading first. Raises BadRequest without openpyxl, InvalidBody for a bad file."""
    openpyxl = _library("openpyxl", "Excel", "excel")
    try:
        book = openpyxl.load_workbook(file, read_only=True, data_only=True)
    except _UNREADABLE as error:
        raise InvalidBody(f"This is not an Excel file: {error}") from error
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


def parquet_rows(file: IO[bytes]) -> Iterator[list[Any]]:
    """Rows of a Parquet file, the heading first. Raises as :func:`excel_rows`, with pyarrow."""
    parquet = _library("pyarrow.parquet", "Parquet", "parquet")
    try:
        opened = parquet.ParquetFile(file)
    except _UNREADABLE as error:
        raise InvalidBody(f"This is not a Parquet file: {error}") from error
    yield list(opened.schema_arrow.names)
    for batch in opened.iter_batches(batch_size=_BATCH_ROWS):
        columns = [column.to_pylist() for column in batch.columns]
        for row in zip(*columns, strict=True):
            yield [plain_value(cell) for cell in row]


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
