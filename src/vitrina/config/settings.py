"""The settings: name, default and meaning of each, in the contract's order."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, fields
from typing import Any, ClassVar


def _setting(default: Any, doc: str) -> Any:
    return field(default=default, metadata={"doc": doc})


@dataclass(frozen=True, slots=True)
class Settings:
    """Every setting with its value. Field order is the order of ``/-/settings.json``.

    ``exact_limits``: numbers of rows are limits that nothing may exceed, not
    even where the contract does.
    """

    exact_limits: ClassVar[bool] = False

    default_page_size: int = _setting(100, "Rows shown on a table page")
    max_returned_rows: int = _setting(1000, "Most rows a query, or a table page with _size=max, returns")
    max_insert_rows: int = _setting(100, "Most rows in one insert or upsert request")
    max_post_body_bytes: int = _setting(2097152, "Largest POST body in bytes; 0 for no limit")
    num_sql_threads: int = _setting(3, "Reader threads; 0 runs SQL in the event loop's thread")
    sql_time_limit_ms: int = _setting(1000, "Time limit of a query in milliseconds")
    default_facet_size: int = _setting(30, "Values shown for a facet")
    facet_time_limit_ms: int = _setting(200, "Time limit of one facet in milliseconds")
    facet_suggest_time_limit_ms: int = _setting(50, "Time limit of one facet suggestion in milliseconds")
    allow_facet: bool = _setting(True, "Allow facets in the query string")
    allow_download: bool = _setting(True, "Allow downloading immutable database files")
    allow_signed_tokens: bool = _setting(True, "Allow signed API tokens")
    default_allow_sql: bool = _setting(True, "Allow anyone to run arbitrary SQL")
    max_signed_tokens_ttl: int = _setting(0, "Longest life of a signed token in seconds; 0 for no limit")
    suggest_facets: bool = _setting(True, "Suggest facets on table pages")
    default_cache_ttl: int = _setting(5, "max-age of the Cache-Control header in seconds; 0 for no-cache")
    cache_size_kb: int = _setting(0, "SQLite page cache in KB; 0 for SQLite's own default")
    allow_csv_stream: bool = _setting(True, "Allow _stream=1 to export every row")
    max_csv_mb: int = _setting(100, "Largest CSV export in MB; 0 for no limit")
    truncate_cells_html: int = _setting(2048, "Characters shown of a cell in HTML; 0 for all")
    force_https_urls: bool = _setting(False, "Write absolute URLs with https")
    template_debug: bool = _setting(False, "Allow ?_context=1 to show the template context")
    trace_debug: bool = _setting(False, "Allow ?_trace=1 to show how a page was made")
    base_url: str = _setting("/", "Path prefix that all URLs start with")

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


class LimitedSettings(Settings):
    """Settings of one request whose actor is limited to less."""

    __slots__ = ()

    exact_limits: ClassVar[bool] = True


#: name → (default, doc)
SETTINGS: dict[str, tuple[Any, str]] = {f.name: (f.default, f.metadata["doc"]) for f in fields(Settings)}
