"""Checks of the fields of a JSON object, collecting what is wrong with the place where it is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

#: items of one list: SQLite's tables have at most 2,000 columns
MOST_ITEMS = 10_000
_TRUE = {"1", "true", "t", "yes", "y", "on"}
_FALSE = {"0", "false", "f", "no", "n", "off"}


class Fields:
    """One JSON object at ``place``; what is wrong with its fields is added to ``errors``."""

    def __init__(self, values: Mapping[str, Any], place: str, errors: list[str]) -> None:
        self.values = values
        self.place = place
        self.errors = errors

    def has(self, key: str) -> bool:
        """Whether the key is there, null or not."""
        return key in self.values

    def wrong(self, message: str, key: str | None = None) -> None:
        """Add an error about the object, or about one of its keys."""
        place = self.place if key is None else f"{self.place}.{key}" if self.place else key
        self.errors.append(f"{place}: {message}" if place else message)

    def text(self, key: str, *, required: bool = False, nullable: bool = False) -> str | None:
        """A text; None where it is missing or wrong."""
        value = self._value(key, required)
        if value is None and (nullable or key not in self.values):
            return None
        if not isinstance(value, str):
            self.wrong("Input should be a valid string", key)
            return None
        return value

    def flag(self, key: str, *, nullable: bool = False) -> bool:
        """A boolean, or what plainly says one; False where it is missing or wrong."""
        value = self.values.get(key, False)
        if isinstance(value, bool) or (value is None and nullable):
            return bool(value)
        if isinstance(value, str) or (isinstance(value, (int, float)) and _is_small_whole(value)):
            said = (value if isinstance(value, str) else str(int(value))).lower()
            if said in _TRUE:
                return True
            if said not in _FALSE:
                self.wrong("Input should be a valid boolean, unable to interpret input", key)
            return False
        self.wrong("Input should be a valid boolean", key)
        return False

    def choice(self, key: str, choices: Sequence[str], *, nullable: bool = False) -> str | None:
        """One of some texts; None where it is missing or wrong."""
        value = self.values.get(key)
        if value is None and (nullable or key not in self.values):
            return None
        if value not in choices:
            self.wrong(f"Input should be {spoken(choices)}", key)
            return None
        return str(value)

    def keyword(self, key: str, choices: Sequence[str]) -> None:
        """Check that the value, where it is not null, is a text and one of some."""
        value = self.values.get(key)
        if value is not None and not isinstance(value, str):
            self.wrong("Input should be a valid string", key)
        else:
            self.choice(key, choices, nullable=True)

    def texts(self, key: str) -> tuple[str, ...]:
        """A required list of at least one text."""
        found = self.items(key)
        texts = []
        for position, value in enumerate(found):
            if isinstance(value, str):
                texts.append(value)
            else:
                self.wrong("Input should be a valid string", f"{key}.{position}")
        return tuple(texts)

    def items(self, key: str, *, at_least: int = 1) -> list[Any]:
        """A required list."""
        value = self._value(key, True)
        if key not in self.values:
            return []
        if not isinstance(value, list):
            self.wrong("Input should be a valid list", key)
            return []
        if len(value) < at_least:
            noun = "item" if at_least == 1 else "items"
            self.wrong(f"List should have at least {at_least} {noun} after validation, not {len(value)}", key)
        if len(value) > MOST_ITEMS:
            self.wrong(f"List should have at most {MOST_ITEMS} items after validation, not {len(value)}", key)
            return []
        return value

    def nothing_else(self, known: Iterable[str]) -> None:
        """Add an error for each key that is not known."""
        allowed = set(known)
        for key in self.values:
            if key not in allowed:
                self.wrong("Extra inputs are not permitted", key)

    def _value(self, key: str, required: bool) -> Any:
        if key not in self.values and required:
            self.wrong("Field required", key)
        return self.values.get(key)


def _is_small_whole(value: int | float) -> bool:
    """Whether a number says as much as an integer of 64 bits."""
    return abs(value) < 2**63 and value == int(value)


def spoken(choices: Sequence[str]) -> str:
    """The choices in quotes, as a sentence lists them."""
    quoted = [f"'{choice}'" for choice in choices]
    return quoted[0] if len(quoted) == 1 else f"{', '.join(quoted[:-1])} or {quoted[-1]}"
