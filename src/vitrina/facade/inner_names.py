"""Names inside an instance that plugins and their tests reach for without being invited."""

from __future__ import annotations

import re
import secrets
from collections import deque
from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vitrina.facade.analysis import SQLAnalysis
from vitrina.facade.page_classes import known_routes
from vitrina.facade.write_decisions import ensure_query_write_permissions
from vitrina.hooks.events import BUILT_IN_EVENTS, Event
from vitrina.web.column_types import column_type_classes
from vitrina.web.output_renderers import output_renderers
from vitrina.web.permission_pages.sign_in import ROOT_TOKEN_KEY
from vitrina.web.plugin_list import plugin_list
from vitrina.web.versions import versions

if TYPE_CHECKING:
    from jinja2 import Environment

    from vitrina.execute.permissions import Check
    from vitrina.facade.assemble import Assembly
    from vitrina.render.column_types import ColumnType
    from vitrina.web.site import Site


class InnerNames:
    """Thin delegation; nothing of ours uses these."""

    site: Site
    _assembly: Assembly
    started: bool
    _stopped: bool

    # -- as constructed

    @property
    def files(self) -> tuple[str, ...]:
        return tuple(self._assembly.files)

    @property
    def immutables(self) -> set[str]:
        return set(self._assembly.immutables)

    @property
    def inspect_data(self) -> Mapping[str, Any] | None:
        return self._assembly.inspect_data

    @property
    def config_dir(self) -> Path | None:
        return self._assembly.config_dir

    @property
    def template_dir(self) -> str | Path | None:
        return self._assembly.template_dir

    @property
    def plugins_dir(self) -> str | Path | None:
        return self._assembly.plugins_dir

    @plugins_dir.setter
    def plugins_dir(self, directory: str | Path | None) -> None:
        """Plugins write a default of their own here."""
        self._assembly.plugins_dir = directory

    @property
    def static_mounts(self) -> list[tuple[str, str]]:
        return list(self._assembly.static_mounts)

    @property
    def sqlite_extensions(self) -> list[Any]:
        return list(self._assembly.sqlite_extensions)

    # -- settings under names of their own

    @property
    def page_size(self) -> int:
        return self.site.settings.default_page_size

    @property
    def max_returned_rows(self) -> int:
        return self.site.settings.max_returned_rows

    @property
    def sql_time_limit_ms(self) -> int:
        return self.site.settings.sql_time_limit_ms

    @property
    def _settings(self) -> dict[str, Any]:
        return self.site.settings.as_dict()

    # -- while it runs

    @property
    def executor(self) -> Executor | None:
        """The threads in which databases are read; None where there are none."""
        return self._assembly.pool.executor

    @property
    def renderers(self) -> dict[str, tuple[Callable[..., Any], Callable[..., Any] | None]]:
        """Extension → (render, can_render) of the formats that plugins registered."""
        return {
            name: (each.render, each.can_render or (lambda: True)) for name, each in output_renderers(self.site).items()
        }

    @property
    def event_classes(self) -> tuple[type[Event], ...]:
        """Classes whose events may be tracked."""
        return (*BUILT_IN_EVENTS, *self.site.state.get("events", ()))

    @property
    def _root_token(self) -> str:
        """The token that signs root in once."""
        token: str = self.site.state.setdefault(ROOT_TOKEN_KEY, secrets.token_hex(32))
        return token

    @property
    def _column_types(self) -> dict[str, type[ColumnType]]:
        """Name → class of the types that columns may have, as registered at the start."""
        return dict(column_type_classes(self.site))

    @property
    def _jinja_env(self) -> Environment:
        return self.site.templates.environment

    @property
    def _metadata_local(self) -> Mapping[str, Any]:
        return self.site.config.metadata

    @property
    def _permission_checks(self) -> deque[Check]:
        return self.site.permissions.checks

    @property
    def _startup_invoked(self) -> bool:
        return self.started

    @property
    def _shutdown_invoked(self) -> bool:
        return self._stopped

    def _routes(self) -> list[tuple[re.Pattern[str], Any]]:
        """Every route as (expression, view function), in the order in which they are tried."""
        registered = self.site.hooks.call("register_routes", datasette=self)
        return known_routes(self, [pair for pairs in registered for pair in pairs or ()])

    async def ensure_query_write_permissions(
        self, database: str, sql: str, *, actor: Any = None, params: Any = None, analysis: SQLAnalysis | None = None
    ) -> SQLAnalysis:
        """What a statement would do, once the actor is known to have every permission. Raises Forbidden."""
        return await ensure_query_write_permissions(self, database, sql, actor=actor, params=params, analysis=analysis)

    def _plugins(self, request: Any = None, all: bool = False) -> list[dict[str, Any]]:
        wanted = all or (request is not None and bool(request.args.get("all")))
        return plugin_list(self.site.hooks.pm, with_built_in=wanted)

    def _versions(self) -> dict[str, Any]:
        return versions("3.0", self.site.version_note)

    def _actor(self, request: Any) -> dict[str, Any]:
        return {"actor": request.actor}
