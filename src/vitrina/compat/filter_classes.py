"""Single filter operators as classes, for plugins that make their own."""

from __future__ import annotations

import json
from typing import Any

from vitrina.dialect.quoting import escape_sqlite, quote_identifier
from vitrina.plan.filters import as_number, split_list


class Filter:
    """One operator: its key in the query string, what menus call it, and its condition."""

    key: str | None = None
    display: str | None = None
    no_argument = False

    def where_clause(self, table: str, column: str, value: str, param_counter: int) -> tuple[str, Any]:
        """SQL, and the value of its parameter ``:pN`` with N from ``param_counter``."""
        raise NotImplementedError

    def human_clause(self, column: str, value: str) -> str:
        """The same in words."""
        raise NotImplementedError


class TemplatedFilter(Filter):
    """An operator made from templates with ``{c}`` for the column, ``{p}`` the parameter, ``{v}`` the value."""

    def __init__(
        self,
        key: str,
        display: str,
        sql_template: str,
        human_template: str,
        format: str = "{}",
        numeric: bool = False,
        no_argument: bool = False,
    ) -> None:
        self.key = key
        self.display = display
        self.sql_template = sql_template
        self.human_template = human_template
        self.format = format
        self.numeric = numeric
        self.no_argument = no_argument

    def where_clause(self, table: str, column: str, value: str, param_counter: int) -> tuple[str, Any]:
        bound: Any = self.format.format(value)
        if self.numeric:
            bound = as_number(bound)
        quoted = quote_identifier(column)
        if self.no_argument:
            return self.sql_template.format(c=quoted, t=table), None
        return self.sql_template.format(c=quoted, p=f"p{param_counter}", t=table), bound

    def human_clause(self, column: str, value: str) -> str:
        if self.no_argument:
            return self.human_template.format(c=column)
        return self.human_template.format(c=column, v=value)


class InFilter(Filter):
    """One of several values: a JSON list, or texts between commas."""

    key = "in"
    display = "in"

    def split_value(self, value: str) -> list[Any]:
        """The values. Raises ValueError for a broken JSON list."""
        return json.loads(value) if value.startswith("[") else split_list(value)

    def where_clause(self, table: str, column: str, value: str, param_counter: int) -> tuple[str, Any]:
        values = self.split_value(value)
        names = ", ".join(f":p{param_counter + number}" for number in range(len(values)))
        return f"{escape_sqlite(column)} {self.display} ({names})", values

    def human_clause(self, column: str, value: str) -> str:
        return f"{column} {self.display} {json.dumps(self.split_value(value))}"


class NotInFilter(InFilter):
    """None of several values."""

    key = "notin"
    display = "not in"
