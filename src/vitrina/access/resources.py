"""What an action is done to: the classes that plugins use to name a database, table, query or a kind of their own."""

from __future__ import annotations

from typing import Any, ClassVar

_UPPER_TO_LOWER = {code: code + 32 for code in range(ord("A"), ord("Z") + 1)}


def fold_ascii(name: str) -> str:
    """``name`` with only ASCII letters lowered, as SQLite compares table names."""
    return name.lower() if name.isascii() else name.translate(_UPPER_TO_LOWER)


class Resource:
    """One thing that permissions are given for; subclasses say which kind.

    ``name`` is the kind's name. ``parent_class`` is None for kinds directly
    below the instance, else the class of the parent. With
    ``case_insensitive_child`` rules for the child compare without ASCII case.
    """

    name: ClassVar[str] = ""
    parent_class: ClassVar[type[Resource] | None] = None
    case_insensitive_child: ClassVar[bool] = False

    def __init__(self, parent: str | None = None, child: str | None = None) -> None:
        self.parent = parent
        self.child = child
        self.reasons: list[str] | None = None
        self._private: bool | None = None

    @property
    def private(self) -> bool:
        """Whether the anonymous may not do it; only on resources listed with ``include_is_private``."""
        if self._private is None:
            raise AttributeError("private is only known for resources listed with include_is_private=True")
        return self._private

    @private.setter
    def private(self, value: bool) -> None:
        self._private = value

    def __repr__(self) -> str:
        return f"{type(self).__name__}(parent={self.parent!r}, child={self.child!r})"

    def __str__(self) -> str:
        return "/".join(part for part in (self.parent, self.child) if part is not None)

    @classmethod
    def normalize_child(cls, child: str | None) -> str | None:
        """``child`` as rules compare it."""
        return fold_ascii(child) if cls.case_insensitive_child and child is not None else child

    @classmethod
    async def resources_sql(cls, datasette: Any, actor: Any = None) -> str:
        """SQL for the internal database that lists every resource of this kind as ``parent, child``."""
        raise NotImplementedError


class DatabaseResource(Resource):
    """A database."""

    name = "database"

    def __init__(self, database: str) -> None:
        super().__init__(parent=database)

    @classmethod
    async def resources_sql(cls, datasette: Any, actor: Any = None) -> str:
        return "select database_name as parent, null as child from catalog_databases"


class TableResource(Resource):
    """A table or view."""

    name = "table"
    parent_class = DatabaseResource
    case_insensitive_child = True

    def __init__(self, database: str, table: str) -> None:
        super().__init__(parent=database, child=table)

    @classmethod
    async def resources_sql(cls, datasette: Any, actor: Any = None) -> str:
        return (
            "select database_name as parent, table_name as child from catalog_tables"
            " union all select database_name as parent, view_name as child from catalog_views"
        )


class QueryResource(Resource):
    """A stored query."""

    name = "query"
    parent_class = DatabaseResource

    def __init__(self, database: str, query: str) -> None:
        super().__init__(parent=database, child=query)

    @classmethod
    async def resources_sql(cls, datasette: Any, actor: Any = None) -> str:
        return "select database_name as parent, name as child from queries"
