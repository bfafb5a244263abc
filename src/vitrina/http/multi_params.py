"""A query string or form as keys with one or more values each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import unquote_plus


def parse_pairs(query_string: str) -> tuple[tuple[str, str], ...]:
    """Decode ``a=1&b=&c`` into pairs in order.

    Blank values are kept, empty pieces between ``&`` are not. Broken percent
    escapes stay as written; bytes that are not UTF-8 become U+FFFD.
    """
    if not query_string:
        return ()
    pairs = [piece.partition("=") for piece in query_string.split("&") if piece]
    if "%" not in query_string and "+" not in query_string:
        return tuple([(key, value) for key, _, value in pairs])
    return tuple([(unquote_plus(key), unquote_plus(value)) for key, _, value in pairs])


class MultiParams:
    """Keys with lists of values, in order of first appearance.

    ``data`` is an object of key → value list, or an iterable of pairs.
    """

    def __init__(self, data: Mapping[str, Sequence[Any]] | Iterable[tuple[str, Any]]) -> None:
        values: dict[str, list[Any]] = {}
        if isinstance(data, Mapping):
            for key, items in data.items():
                if not isinstance(items, (list, tuple)):
                    raise AssertionError("dictionary data should be a dictionary of key => [list]")
                values[key] = list(items)
        else:
            for key, value in data:
                if key in values:
                    values[key].append(value)
                else:
                    values[key] = [value]
        self._data = values

    def __repr__(self) -> str:
        return f"<MultiParams: {self._data}>"

    def __contains__(self, key: object) -> bool:
        return key in self._data

    def __getitem__(self, key: str) -> Any:
        """The first value of ``key``; KeyError where there is none."""
        return self._data[key][0]

    def keys(self) -> Iterable[str]:
        return self._data.keys()

    def __iter__(self) -> Iterator[str]:
        return iter(self._data)

    def __len__(self) -> int:
        return len(self._data)

    def get(self, name: str, default: Any = None) -> Any:
        """The first value of ``name``, or ``default``."""
        values = self._data.get(name)
        return values[0] if values else default

    def getlist(self, name: str) -> list[Any]:
        """All values of ``name`` in order; an empty list where there is none."""
        return self._data.get(name) or []
