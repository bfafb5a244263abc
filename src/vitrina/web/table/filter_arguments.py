"""What a ``filters_from_request`` hook gives back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


class FilterArguments:
    """Conditions for a table page.

    ``where_clauses`` are ANDed SQL fragments with named parameters from
    ``params``; ``human_descriptions`` say the same in words; ``extra_context``
    is added to the page's template variables.
    """

    def __init__(
        self,
        where_clauses: Sequence[str],
        params: Mapping[str, Any] | None = None,
        human_descriptions: Sequence[str] | None = None,
        extra_context: Mapping[str, Any] | None = None,
    ) -> None:
        self.where_clauses = where_clauses
        self.params: Mapping[str, Any] = params or {}
        self.human_descriptions: Sequence[str] = human_descriptions or []
        self.extra_context: Mapping[str, Any] = extra_context or {}
