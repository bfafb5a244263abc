"""A file of rows: which format it has, its columns, its first rows, and all of them."""

from __future__ import annotations

import codecs
import io
import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import IO, Any, Literal, TypeVar

from vitrina.errors import InvalidBody
from vitrina.execute.imports.binary_rows import excel_rows, parquet_rows
from vitrina.execute.imports.delimited import LARGEST_CELL, delimited_rows, guess_delimiter
from vitrina.execute.imports.json_rows import cells_of, json_records, names_of, ndjson_records
from vitrina.execute.imports.portion import Meter, take_rows
from vitrina.plan.imports.headings import clean_names
from vitrina.plan.imports.model import ImportColumn
from vitrina.plan.imports.types import detect_type

_Row = TypeVar("_Row")
Format = Literal["csv", "tsv", "json", "ndjson", "xlsx", "parquet"]
FORMATS: tuple[Format, ...] = ("csv", "tsv", "json", "ndjson", "xlsx", "parquet")

#: encodings of text files that people are offered, with what they are used for; any other of Python's is taken too
ENCODINGS: dict[str, str] = {
    "utf-8": "UTF-8",
    "utf-16": "UTF-16",
    "cp1252": "Western European (Windows)",
    "latin-1": "Western European (ISO 8859-1)",
    "iso8859-15": "Western European with € (ISO 8859-15)",
    "mac-roman": "Western European (old Macs)",
    "cp437": "Western European (DOS)",
    "cp1250": "Central European (Windows)",
    "iso8859-2": "Central European (ISO 8859-2)",
    "cp1251": "Cyrillic (Windows)",
    "koi8-r": "Cyrillic (KOI8-R)",
    "cp1253": "Greek (Windows)",
    "cp1254": "Turkish (Windows)",
    "cp1255": "Hebrew (Windows)",
    "cp1256": "Arabic (Windows)",
    "cp932": "Japanese (Shift JIS)",
    "euc-jp": "Japanese (EUC)",
    "gb18030": "Chinese, simplified",
    "big5": "Chinese, traditional",
    "cp949": "Korean",
}
#: delimiters that people are offered
DELIMITERS: dict[str, str] = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar", " ": "space"}

#: rows that types are guessed from
SAMPLE_ROWS = 5000
#: columns of a table in any SQLite, however it was built
MOST_COLUMNS = 32_767
_HEAD = 64 * 1024
_SHORT = 4096
_NO_DELIMITERS = '\r\n"'
_EXTENSIONS: dict[str, Format] = {
    "csv": "csv",
    "tsv": "tsv",
    "tab": "tsv",
    "json": "json",
    "ndjson": "ndjson",
    "jsonl": "ndjson",
    "nl": "ndjson",
    "xlsx": "xlsx",
    "xlsm": "xlsx",
    "parquet": "parquet",
    "pq": "parquet",
}


@dataclass(slots=True)
class Source:
    """An opened file. ``headings`` as they stand there; ``sample`` the first rows, which :meth:`rows` gives again.

    ``meter`` tells how much of a text file was read.
    """

    format: Format
    encoding: str
    delimiter: str
    headings: list[Any]
    sample: list[list[Any]]
    complete: bool
    meter: Meter | None
    _rest: Iterator[list[Any]] = field(repr=False)

    @property
    def width(self) -> int:
        """Cells of a row."""
        return len(self.headings)

    def rows(self) -> Iterator[list[Any]]:
        """Every row, once."""
        return itertools.chain(self.sample, self._rest)

    def columns(self, nulls: frozenset[str] = frozenset()) -> tuple[ImportColumn, ...]:
        """The columns with usable names, and the types that the sample asks for."""
        names = clean_names(self.headings)
        return tuple(
            [
                ImportColumn(
                    position, name, detect_type((row[position] for row in self.sample if position < len(row)), nulls)
                )
                for position, name in enumerate(names)
            ]
        )


def guess_format(name: str, head: bytes) -> Format:
    """The format of a file, from the extension of its name or else from its first bytes."""
    extension = name.rpartition(".")[2].lower() if "." in name else ""
    if extension in _EXTENSIONS:
        return _EXTENSIONS[extension]
    if head[:4] == b"PK\x03\x04":
        return "xlsx"
    if head[:4] == b"PAR1":
        return "parquet"
    text = head.decode(guess_encoding(head), "replace").lstrip("\ufeff \t\r\n")
    if text[:1] == "[":
        return "json"
    if text[:1] == "{":
        return "ndjson"
    return "tsv" if "\t" in text.partition("\n")[0] else "csv"


def guess_encoding(head: bytes) -> str:
    """UTF-8, or what a mark of byte order says, or Windows' Western encoding where it cannot be UTF-8."""
    if head.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        return "utf-32"
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    # Latin letters in UTF-16 without its mark: every second byte is zero.
    for first, name in ((1, "utf-16-le"), (0, "utf-16-be")):
        if head[first::2].count(0) > len(head) // 4 and not head[1 - first :: 2].count(0):
            return name
    try:
        # The head of a long file may end in the middle of a character.
        codecs.getincrementaldecoder("utf-8")().decode(head, len(head) < _SHORT)
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8-sig"


def open_source(
    file: IO[bytes],
    name: str,
    *,
    format: Format | None = None,
    encoding: str | None = None,
    delimiter: str | None = None,
    sample_rows: int = SAMPLE_ROWS,
) -> Source:
    """Look into a binary file (blocking); it stays open for :meth:`Source.rows`, and is the caller's to close.

    ``file`` need not be seekable for text formats. Raises InvalidBody and BadRequest that say what is wrong.
    """
    start = file.tell() if file.seekable() else None
    buffered = file if isinstance(file, (io.BufferedReader, io.BytesIO)) else _buffered(file)
    head = _peek(buffered)
    found = format or guess_format(name, head)
    if found in ("xlsx", "parquet"):
        whole = _seekable(file, buffered, start)
        rows = excel_rows(whole) if found == "xlsx" else parquet_rows(whole)
        return _with_heading(found, "", "", rows, sample_rows, None)
    chosen = encoding or guess_encoding(head)
    # A JSON list may well be one line; where rows are lines they end some time.
    longest = LARGEST_CELL if found != "json" else None
    meter = Meter()
    try:
        text = io.TextIOWrapper(_buffered(buffered, longest, meter), encoding=chosen, newline="")
        beginning = head.decode(chosen, "replace")
    except (LookupError, ValueError) as error:
        raise InvalidBody(f"Unknown encoding: {chosen}") from error
    if found in ("csv", "tsv"):
        used = delimiter or ("\t" if found == "tsv" else guess_delimiter(beginning))
        if len(used) != 1 or used in _NO_DELIMITERS:
            raise InvalidBody("The delimiter must be one character, and no quote or line break")
        return _with_heading(found, chosen, used, delimited_rows(text, used, meter), sample_rows, meter)
    records = json_records(text) if found == "json" else ndjson_records(text)
    first = take_rows(records, sample_rows, meter)
    if found == "json" and len(first) == 1 and isinstance(first[0], list):
        raise InvalidBody("A list of objects is needed")
    names = names_of(first)
    _check_width(names)
    sample = list(cells_of(iter(first), names))
    complete, records = _is_complete(records, first, sample_rows)
    return Source(found, chosen, "", list(names), sample, complete, meter, cells_of(records, names))


def _seekable(file: IO[bytes], buffered: io.BufferedReader | io.BytesIO, start: int | None) -> IO[bytes]:
    """The file from its start, in memory where it is a pipe."""
    if start is None:
        return io.BytesIO(buffered.read())
    file.seek(start)
    return file


def _with_heading(
    format: Format,
    encoding: str,
    delimiter: str,
    rows: Iterator[list[Any]],
    sample_rows: int,
    meter: Meter | None,
) -> Source:
    headings = next(rows, [])
    _check_width(headings)
    sample = take_rows(rows, sample_rows, meter)
    complete, rows = _is_complete(rows, sample, sample_rows)
    return Source(format, encoding, delimiter, headings, sample, complete, meter, rows)


def _check_width(headings: Sequence[Any]) -> None:
    if len(headings) > MOST_COLUMNS:
        raise InvalidBody(f"There are {len(headings):,} columns; a table has at most {MOST_COLUMNS:,}")


def _is_complete(rows: Iterator[_Row], sample: list[_Row], sample_rows: int) -> tuple[bool, Iterator[_Row]]:
    """Whether the sample is everything, and the rows behind it; a sample of large rows is short."""
    if len(sample) >= sample_rows:
        return False, rows
    following = list(itertools.islice(rows, 1))
    return not following, itertools.chain(following, rows)


def _buffered(file: IO[bytes], longest_line: int | None = None, meter: Meter | None = None) -> io.BufferedReader:
    return io.BufferedReader(_Undetached(file, longest_line, meter), _HEAD)


def _peek(file: io.BufferedReader | io.BytesIO) -> bytes:
    if isinstance(file, io.BytesIO):
        return file.getvalue()[file.tell() : file.tell() + _HEAD]
    return file.peek(_HEAD)[:_HEAD]


class _Undetached(io.RawIOBase):
    """A binary file that stays open when what reads it is thrown away; lines have at most so many bytes."""

    def __init__(self, file: Any, longest_line: int | None, meter: Meter | None) -> None:
        self._file = file
        self._meter = meter
        self._longest_line = longest_line
        self._line = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return False

    def readinto(self, target: Any) -> int:
        data = self._file.read(len(target))
        target[: len(data)] = data
        if self._meter is not None:
            self._meter.read += len(data)
        if self._longest_line is not None:
            end = max(data.rfind(b"\n"), data.rfind(b"\r"))
            self._line = self._line + len(data) if end < 0 else len(data) - end - 1
            if self._line > self._longest_line:
                raise InvalidBody(f"A line is longer than {self._longest_line:,} bytes")
        return len(data)
