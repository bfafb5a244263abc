"""The options of ``serve``, as data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TextIO


@dataclass(frozen=True, slots=True)
class ServeOptions:
    """What was typed after ``serve``; names and defaults as in its help."""

    files: tuple[str, ...]
    immutable: tuple[str, ...]
    host: str
    port: int
    uds: str | None
    reload: bool
    cors: bool
    sqlite_extensions: tuple[Any, ...]
    inspect_file: str | None
    metadata: TextIO | None
    template_dir: str | None
    plugins_dir: str | None
    ignore_plugin_errors: bool
    static: tuple[tuple[str, str], ...]
    memory: bool
    config: TextIO | None
    settings: tuple[tuple[str, Any], ...]
    secret: str | None
    root: bool
    default_deny: bool
    get: str | None
    headers: bool
    token: str | None
    actor: str | None
    version_note: str | None
    help_settings: bool
    pdb: bool
    open_browser: bool
    create: bool
    crossdb: bool
    nolock: bool
    ssl_keyfile: str | None
    ssl_certfile: str | None
    internal: str | None
    take_over: bool
    max_lag: float | None
    writer: str | None
    follow_interval: float
    replica_dir: str | None
    strict_csp: bool

    @property
    def scheme(self) -> str:
        return "https" if self.ssl_keyfile or self.ssl_certfile else "http"
