"""The plan of a row page."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from vitrina.catalog.model import DatabaseCatalog, Table
from vitrina.config.settings import Settings
from vitrina.plan.model import RowPlan, Wanted


def plan_row(
    catalog: DatabaseCatalog,
    table: Table,
    pk_path: str,
    *,
    settings: Settings,
    visible: Callable[[str], bool],
    database_config: Mapping[str, Any] | None = None,
    wanted: Wanted = frozenset(),
) -> RowPlan:
    """Plan the row at ``pk_path``: its key as it stands in the path, tilde-encoded parts joined by commas.

    ``wanted`` may hold "incoming" (count rows of other tables that point here)
    and "labels" (labels of its foreign keys).

    Raises BadRequest when the number of parts is wrong.
    """
    raise NotImplementedError
