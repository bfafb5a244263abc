"""Classes of ``_extra`` blocks as plugins and their tests use them; pages compute their extras otherwise."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, ClassVar

from vitrina.errors import BadRequest


class ExtraScope(Enum):
    """The kinds of pages that have extras."""

    TABLE = "table"
    ROW = "row"
    QUERY = "query"


@dataclass(frozen=True)
class ExtraExample:
    """An example for documentation: a path to fetch, or a value."""

    path: str | None = None
    key: str | None = None
    value: object | None = None
    note: str | None = None


class Provider:
    """Something that others need; its ``resolve`` may name other providers as arguments."""

    name: ClassVar[str | None] = None
    scopes: ClassVar[Any] = set()
    public: ClassVar[bool] = False

    @classmethod
    def key(cls) -> str:
        """Its name among the extras."""
        if cls.name:
            return cls.name
        return _snake_case(re.sub(r"(Extra|Provider)$", "", cls.__name__))

    @classmethod
    def available_for(cls, scope: ExtraScope) -> bool:
        return scope in cls.scopes

    async def resolve(self, context: Any) -> Any:
        """The value."""
        raise NotImplementedError


class Extra(Provider):
    """A block that ``_extra=`` may ask for."""

    public = True
    description: ClassVar[str | None] = None
    example: ClassVar[ExtraExample | None] = None
    examples: ClassVar[Mapping[ExtraScope, ExtraExample]] = {}
    expensive: ClassVar[bool] = False
    docs_note: ClassVar[str | None] = None

    @classmethod
    def example_for_scope(cls, scope: ExtraScope) -> ExtraExample | None:
        """The example to show for one kind of page."""
        return cls.examples.get(scope) or cls.example


class ExtraRegistry:
    """Classes by name, and their values with those they need."""

    def __init__(self, classes: Iterable[type[Provider]]) -> None:
        self.classes = list(classes)
        self.classes_by_name = {cls.key(): cls for cls in self.classes}

    def classes_for_scope(self, scope: ExtraScope, include_internal: bool = True) -> list[type[Provider]]:
        return [cls for cls in self.classes if cls.available_for(scope) and (include_internal or cls.public)]

    def public_classes_for_scope(self, scope: ExtraScope) -> list[type[Provider]]:
        return [cls for cls in self.classes_for_scope(scope) if cls.public]

    def internal_classes_for_scope(self, scope: ExtraScope) -> list[type[Provider]]:
        return [cls for cls in self.classes_for_scope(scope) if issubclass(cls, Extra) and not cls.public]

    def validate_requested(self, requested: Iterable[str], scope: ExtraScope) -> None:
        """Raise BadRequest for a name that this kind of page does not have."""
        known = {cls.key() for cls in self.public_classes_for_scope(scope)}
        unknown = sorted(set(requested) - known)
        if unknown:
            raise BadRequest(f"Unknown _extra: {', '.join(unknown)}")

    async def resolve(
        self, requested: Iterable[str], context: Any, scope: ExtraScope, include_internal: bool = False
    ) -> dict[str, Any]:
        """Name → value of those that exist, each computed once."""
        available = {cls.key(): cls for cls in self.classes_for_scope(scope)}
        values: dict[str, Any] = {}

        async def value_of(name: str) -> Any:
            if name not in values:
                extra = available[name]()
                needed = [each for each in inspect.signature(extra.resolve).parameters if each != "context"]
                arguments = {each: await value_of(each) for each in needed}
                values[name] = await extra.resolve(context, **arguments)
            return values[name]

        return {
            name: await value_of(name)
            for name in requested
            if name in available and (include_internal or available[name].public)
        }


def extra_names_from_request(request: Any) -> set[str]:
    """The names that ``_extra=a,b&_extra=c`` asks for."""
    return {name.strip() for value in request.args.getlist("_extra") for name in value.split(",") if name.strip()}


def _snake_case(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()
