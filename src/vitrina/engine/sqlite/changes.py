"""When each table of a database changed last, in generations."""

from __future__ import annotations


class Changes:
    """What is known of the generations of one database; callers hold the database's lock while they change it.

    A change of which nothing is known may have been to any table.
    """

    __slots__ = ("_anything", "_tables")

    def __init__(self) -> None:
        self._anything = 0
        self._tables: dict[str, int] = {}

    def note(self, generation: int, tables: frozenset[str] | None) -> None:
        """The contents became those of ``generation``; only ``tables`` changed, or anything with None."""
        if tables is None:
            self._anything = generation
            # All that is noted is older than this.
            self._tables = {}
        else:
            self._tables.update(dict.fromkeys(tables, generation))

    def since(self, generation: int, tables: frozenset[str] | None) -> bool:
        """Whether any of ``tables``, or of all with None, may have changed after ``generation`` (any thread)."""
        # In this order: note() forgets tables only after it has said that anything may have changed.
        noted = self._tables
        if tables is None:
            changed = any(at > generation for at in list(noted.values()))
        else:
            changed = any(noted.get(name, 0) > generation for name in tables)
        return changed or self._anything > generation
