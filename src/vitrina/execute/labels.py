"""Looks up the labels of foreign-key values, one statement per foreign key."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from vitrina.dialect.select import escape
from vitrina.engine.protocols import Budget, Reader
from vitrina.errors import InvalidSQL, QueryInterrupted
from vitrina.plan.model import LabelPlan

# far below the number of variables that any SQLite allows in one statement
_CHUNK = 900

# table, column of the values, column of the labels; where there is none, the column that points there,
# since values that are equal (1 and 1.0) are not the same text
_Target = tuple[str, str, str | None, str]


class LabelLookups:
    """The look-ups of one page; those that read the same table by the same column share a statement.

    First every look-up is added with its values, then the labels are asked for.
    """

    def __init__(self, reader: Reader, budget: Budget, time_limit_ms: float) -> None:
        self._reader = reader
        self._budget = budget
        self._time_limit_ms = time_limit_ms
        self._values: dict[_Target, dict[Any, None]] = {}
        self._found: dict[_Target, dict[Any, Any]] = {}
        #: False once a look-up ran out of time
        self.complete = True

    def add(self, plan: LabelPlan, values: Iterable[Any]) -> None:
        """Have the labels of ``values`` looked up too."""
        self._values.setdefault(_target(plan), {}).update(dict.fromkeys(values))

    def labels(self, plan: LabelPlan) -> dict[Any, Any]:
        """Value → label, only where there is one; empty when time ran out or the target cannot be read.

        May hold labels of values that another look-up added.
        """
        target = _target(plan)
        if target not in self._found:
            values = [value for value in self._values.get(target, ()) if value is not None]
            self._found[target] = self._read(target, values)
        return self._found[target]

    def _read(self, target: _Target, values: list[Any]) -> dict[Any, Any]:
        table, key_column, label_column, _ = target
        if label_column is None:
            return {value: str(value) for value in values}
        key, label = escape(key_column), escape(label_column)
        labels: dict[Any, Any] = {}
        for start in range(0, len(values), _CHUNK):
            chunk = values[start : start + _CHUNK]
            left = self._budget.limit(self._time_limit_ms)
            if left <= 0:
                self.complete = False
                return {}
            sql = f"select {key}, {label} from {escape(table)} where {key} in ({', '.join('?' * len(chunk))})"
            try:
                labels.update(self._reader.select(sql, chunk, time_limit_ms=left).rows)
            except QueryInterrupted:
                self.complete = False
                return {}
            except InvalidSQL:
                # the configured label column does not exist: the raw values stay
                return {}
        return labels


def _target(plan: LabelPlan) -> _Target:
    return plan.other_table, plan.other_column, plan.label_column, "" if plan.label_column else plan.column
