"""Rows of JSON and NDJSON files: objects, or lists of cells."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import IO, Any

from vitrina.errors import InvalidBody
from vitrina.execute.imports.delimited import encoding_of
from vitrina.plan.values import decode_value, stored_value

_BLOCK = 256 * 1024
#: characters of one object at most
LARGEST_ROW = 64 * 1024 * 1024
_WHITE = " \t\r\n"

Record = dict[str, Any]


def ndjson_records(file: IO[str]) -> Iterator[Any]:
    """The JSON value of each line that is not empty. Raises InvalidBody naming the line."""
    number = 0
    try:
        while line := file.readline(LARGEST_ROW):
            number += 1
            if line.isspace():
                continue
            try:
                yield json.loads(line)
            except (ValueError, RecursionError) as error:
                raise InvalidBody(f"Line {number} is not JSON: {error}") from error
    except UnicodeError as error:
        raise InvalidBody(f"After line {number}: the text is not {encoding_of(error)}") from error


def json_records(file: IO[str]) -> Iterator[Any]:
    """The values of a JSON list, without holding the list in memory; an object alone is one row.

    Raises InvalidBody.
    """
    decoder = json.JSONDecoder()
    buffer = _Buffer(file)
    first = buffer.peek()
    if first != "[":
        yield _decode_whole(buffer)
        return
    buffer.take()
    number = 0
    while (following := buffer.peek()) != "]":
        if number:
            if following != ",":
                raise InvalidBody(f"A comma or the end of the list is missing after row {number}")
            buffer.take()
            buffer.peek()
        yield buffer.value(decoder, number + 1)
        number += 1
    buffer.take()
    if buffer.peek():
        raise InvalidBody("There is something behind the end of the list")


def _decode_whole(buffer: _Buffer) -> Any:
    try:
        return json.loads(buffer.rest())
    except (ValueError, RecursionError) as error:
        raise InvalidBody(f"The file is not JSON: {error}") from error


class _Buffer:
    """Text of a file, read block by block."""

    def __init__(self, file: IO[str]) -> None:
        self._file = file
        self._text = ""
        self._at = 0
        self._ended = False

    def _more(self) -> bool:
        try:
            block = self._file.read(_BLOCK)
        except UnicodeError as error:
            raise InvalidBody(f"The text is not {encoding_of(error)}") from error
        self._text, self._at = self._text[self._at :] + block, 0
        self._ended = not block
        return bool(block)

    def peek(self) -> str:
        """The next character that is not white space, "" at the end."""
        while True:
            while self._at < len(self._text):
                if self._text[self._at] not in _WHITE:
                    return self._text[self._at]
                self._at += 1
            if not self._more():
                return ""

    def take(self) -> None:
        self._at += 1

    def rest(self) -> str:
        while self._more():
            if len(self._text) > LARGEST_ROW:
                raise InvalidBody("A single JSON object may not be this large")
        return self._text[self._at :]

    def value(self, decoder: json.JSONDecoder, number: int) -> Any:
        """The JSON value that begins here."""
        wanted = _BLOCK
        while True:
            # A number at the end of the text may go on in the next block.
            try:
                value, end = decoder.raw_decode(self._text, self._at)
                if end < len(self._text) or self._ended:
                    self._at = end
                    return value
            except RecursionError as error:
                raise InvalidBody(f"Row {number} is nested too deeply") from error
            except ValueError as error:
                if self._ended or len(self._text) - self._at > LARGEST_ROW:
                    raise InvalidBody(f"Row {number} is not JSON: {error}") from error
            while len(self._text) - self._at < wanted and self._more():
                pass
            # Each try reads twice as much, so that one long row is not read over and over.
            wanted *= 2
            if len(self._text) - self._at < wanted // 2:
                self._ended = True


def names_of(records: list[Any]) -> list[str]:
    """The keys of all objects, in the order in which they appear first; numbers for lists of cells."""
    names: dict[str, None] = {}
    width = 0
    for record in records:
        if isinstance(record, dict):
            names.update(dict.fromkeys(record))
        elif isinstance(record, list):
            width = max(width, len(record))
    return list(names) or [f"column_{number}" for number in range(1, width + 1)]


def cells_of(records: Iterator[Any], names: list[str]) -> Iterator[list[Any]]:
    """Each record as a list of cells in the order of ``names``.

    A key that is not among them makes the row too long, something that is
    neither object nor list too short, so that it is refused later on.
    """
    known = set(names)
    for record in records:
        if isinstance(record, dict):
            cells = [_cell(record.get(name)) for name in names]
            if not record.keys() <= known:
                cells.append(f"unknown: {', '.join(sorted(record.keys() - known))}")
            yield cells
        elif isinstance(record, list):
            yield [_cell(value) for value in record]
        else:
            yield []


def _cell(value: Any) -> Any:
    return stored_value(decode_value(value)) if isinstance(value, (dict, list)) else value
