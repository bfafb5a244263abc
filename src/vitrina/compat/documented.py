"""The decorator that marks helper functions as promised to plugins, and what it marked."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from vitrina.compat.configuration import parse_metadata
from vitrina.compat.json_encoder import CustomJSONEncoder
from vitrina.dialect.parameters import named_parameters
from vitrina.hooks.call import (
    async_call_with_supported_arguments,
    await_me_maybe,
    call_with_supported_arguments,
)
from vitrina.tilde import tilde_decode, tilde_encode

T = TypeVar("T")

#: promised to plugins
functions_marked_as_documented: list[Any] = [
    await_me_maybe,
    CustomJSONEncoder,
    parse_metadata,
    tilde_encode,
    tilde_decode,
    call_with_supported_arguments,
    async_call_with_supported_arguments,
    named_parameters,
]


def documented(fn: T | None = None, *, label: str | None = None) -> T | Callable[[T], T]:
    """Mark a function as documented; ``label`` is what documentation calls it."""

    def mark(marked: T) -> T:
        name = getattr(marked, "__name__", "")
        marked._datasette_docs_label = label or f"internals_utils_{name}"  # type: ignore[attr-defined]
        functions_marked_as_documented.append(marked)
        return marked

    return mark(fn) if fn is not None else mark
