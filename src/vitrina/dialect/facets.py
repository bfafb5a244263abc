"""The text of facet statements and of those that look for facets to suggest."""

from __future__ import annotations

from collections.abc import Sequence

from vitrina.dialect.select import escape


def column_facet(column: str, source: str, limit: int) -> str:
    """The most frequent values of ``column`` among the rows of ``source``, NULL left out."""
    name = escape(column)
    return (
        f"select {name} as value, count(*) as count from ({source}) "
        f"where {name} is not null group by {name} order by count desc, value limit {limit}"
    )


def date_facet(column: str, source: str, limit: int) -> str:
    """The most frequent days of ``column``."""
    day = f"date({escape(column)})"
    return (
        f"select {day} as value, count(*) as count from ({source}) "
        f"where {day} is not null group by {day} order by count desc, value limit {limit}"
    )


def array_facet(column: str, source: str, limit: int, *, rows_have_keys: bool) -> str:
    """The most frequent items of the JSON arrays in ``column``; a row counts once per distinct item.

    Without ``rows_have_keys`` (views) rows that are alike in every column count as one.
    """
    name = escape(column)
    # Derived tables, not named ones: the name of one would hide a table of that name inside ``source``.
    if rows_have_keys:
        # Arrays that are alike are taken apart once: rows are many, different lists of tags few.
        texts = (
            f"select {name} as t, count(*) as n from ({source}) where {name} is not null group by {name} collate binary"
        )
        items = f"select j.value as value, n from ({texts}) texts, json_each(texts.t) j group by texts.t, j.value"
    else:
        items = (
            f"select value, 1 as n from (select distinct j.value as value, inner.* "
            f"from ({source}) [inner] join json_each([inner].{name}) j)"
        )
    return (
        f"select value as value, sum(n) as count from ({items}) "
        f"group by value order by sum(n) desc, value limit {limit}"
    )


def column_statistics(columns: Sequence[str], source: str, considered: int) -> str:
    """Two numbers per column over the first rows: distinct values, and values; NULL left out."""
    numbers = ", ".join([f"count(distinct {name}), count({name})" for name in map(escape, columns)])
    return f"select {numbers} from (select * from ({source}) limit {considered})"


def array_statistics(columns: Sequence[str], source: str, considered: int) -> str:
    """Two numbers per column over the first rows: values that are not empty, and JSON arrays among them."""
    numbers = ", ".join(
        [
            f"count(case when {name} != '' then 1 end), "
            # json_valid and json_type cost time, so they see only what may be an array
            f"count(case when instr({name}, '[') > 0 and typeof({name}) = 'text' and json_valid({name}) "
            f"and json_type({name}) = 'array' then 1 end)"
            for name in map(escape, columns)
        ]
    )
    return f"select {numbers} from (select * from ({source}) limit {considered})"


def date_statistics(columns: Sequence[str], source: str, considered: int) -> str:
    """One number per column over the first rows: how many of its values begin with a date."""
    numbers = ", ".join(
        [f"count(case when {name} glob '????-??-*' then date({name}) end)" for name in map(escape, columns)]
    )
    return f"select {numbers} from (select * from ({source}) limit {considered})"


def sample_arrays(column: str, source: str, limit: int) -> str:
    """The first JSON arrays of ``column`` that have an item."""
    name = escape(column)
    return (
        f"select {name} from ({source}) where {name} is not null and {name} != '' "
        f"and json_array_length({name}) > 0 limit {limit}"
    )
