"""Rows as CSV: commas, CRLF, minimal quoting, UTF-8."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import chain
from typing import Any

Row = Sequence[Any]
_NO_LABELS: Mapping[Any, Any] = {}
#: (row, position of the column, the blob) → absolute URL
BlobUrl = Callable[[Row, int, bytes], str]


class CsvEncoder:
    """Encodes batches of rows of one result.

    ``labels`` maps the name of an expanded column to its labels by value; each
    such column is followed by ``COLUMN_label``. ``blob_url`` gives the text
    written for a blob. Not to be shared between threads.
    """

    def __init__(
        self,
        columns: Sequence[str],
        *,
        labels: Mapping[str, Mapping[Any, Any]] | None = None,
        labelled: Iterable[str] = (),
        blob_url: BlobUrl | None = None,
    ) -> None:
        self.columns = tuple(columns)
        self.labels = dict(labels or {})
        self._labelled = frozenset(labelled) | frozenset(self.labels)
        self._blob_url = blob_url
        self._buffer = io.StringIO(newline="")
        self._writer = csv.writer(self._buffer)

    def header(self) -> bytes:
        """The line of headings."""
        names = []
        for name in self.columns:
            names.append(name)
            if name in self._labelled:
                names.append(f"{name}_label")
        return self._encode([names])

    def rows(self, rows: Sequence[Row]) -> bytes:
        """``rows`` as CSV lines."""
        # One pass in C finds out whether any blob is there; most results have none.
        types = set(map(type, chain.from_iterable(rows)))
        if bytes in types:
            rows = [self._without_blobs(row) for row in rows]
        if self._labelled and rows:
            return self._encode(self._with_labels(rows))
        return self._encode(rows)

    def _without_blobs(self, row: Row) -> list[Any]:
        return [
            (self._blob_url(row, index, value) if self._blob_url else "") if isinstance(value, bytes) else value
            for index, value in enumerate(row)
        ]

    def _with_labels(self, rows: Sequence[Row]) -> Iterable[Row]:
        """``rows`` with the columns of labels, put together column by column: no work in Python per row."""
        columns: list[Iterable[Any]] = []
        for name, values in zip(self.columns, zip(*rows, strict=True), strict=True):
            columns.append(values)
            if name in self._labelled:
                columns.append(map(self.labels.get(name, _NO_LABELS).get, values))
        return zip(*columns, strict=True)

    def _encode(self, rows: Iterable[Row]) -> bytes:
        self._buffer.seek(0)
        self._buffer.truncate()
        self._writer.writerows(rows)
        return self._buffer.getvalue().encode("utf-8", "replace")
