"""The error of a statement that ran out of its time, in the contract's words."""

from __future__ import annotations

from markupsafe import Markup

from vitrina.errors import QueryInterrupted

_WORDS = "SQL query took too long. The time limit is controlled by the sql_time_limit_ms {}."


def interrupted(error: QueryInterrupted, sql: str, *, html: bool) -> QueryInterrupted:
    """``error`` with the message for the page; on an HTML page the statement stands below it."""
    said = QueryInterrupted(_WORDS.format("configuration option" if html else "setting"), sql=sql, params=error.params)
    said.hint = "A condition that uses an index, or a smaller LIMIT, makes it faster."
    if html:
        said.message_html = Markup('{} <code class="interrupted-sql">{}</code>').format(said.message, sql)
    return said
