"""What a ``filters_from_request`` hook gives back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class FilterArguments:
    """Conditions for a table page.

    ``where_clauses`` are ANDed SQL fragments with named parameters from
    ``params``; ``human_descriptions`` say the same in words; ``extra_context``
    is added to the page's template variables.
    """

    where_clauses: Sequence[str]
    params: Mapping[str, Any] = field(default_factory=dict)
    human_descriptions: Sequence[str] = field(default_factory=list)
    extra_context: Mapping[str, Any] = field(default_factory=dict)
