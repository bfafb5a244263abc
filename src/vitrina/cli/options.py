"""The options of ``serve``, as data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TextIO


@dataclass(frozen=True, slots=True, kw_only=True)
class ServeOptions:
    """What was typed after ``serve``; names and defaults as in its help.

    Code that calls the command as a function knows only those that Datasette has; the others have defaults.
    """

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
    ignore_plugin_errors: bool = False
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
    take_over: bool = False
    max_lag: float | None = None
    writer: str | None = None
    follow_interval: float = 1.0
    replica_dir: str | None = None
    strict_csp: bool = False

    @property
    def scheme(self) -> str:
        return "https" if self.ssl_keyfile or self.ssl_certfile else "http"
