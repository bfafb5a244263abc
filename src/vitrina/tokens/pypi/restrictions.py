"""The restrictions that a PyPI token can carry, and the forms of them that PyPI gave out in earlier years."""

from __future__ import annotations

import datetime
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

from vitrina.tokens.pypi.exceptions import LoaderError, MissingContextError, ValidationError
from vitrina.tokens.pypi.parameters import period, texts, timestamp_from_parameter
from vitrina.tokens.pypi.shapes import is_constant, is_integer, is_project, is_tagged, is_text_list, is_uuid


@dataclass
class Context:
    """What a token is about to be used for; ``now`` is the current time where it is not given."""

    project_name: str | None = None
    project_id: str | None = None
    user_id: str | None = None
    now: int | datetime.datetime | None = None

    @property
    def timestamp(self) -> int:
        """``now`` in Unix seconds."""
        return int(time.time()) if self.now is None else timestamp_from_parameter(self.now)


@dataclass
class Restriction:
    """One caveat of a PyPI token."""

    @classmethod
    def _load_value(cls, value: Any) -> Restriction | None:
        """The restriction of this class that the value is, or None."""
        raise NotImplementedError

    @classmethod
    def load(cls, caveat: Any) -> Restriction:
        """The restriction, of whatever class, that a caveat's JSON value is. Raises LoaderError."""
        for kind in KINDS:
            restriction = kind._load_value(caveat)
            if restriction is not None:
                return restriction
        raise LoaderError(f"Could not find matching Restriction for {caveat}")

    @classmethod
    def load_json(cls, caveat: str | bytes) -> Restriction:
        """As :meth:`load`, from JSON text."""
        try:
            value = json.loads(caveat)
        except (ValueError, RecursionError) as error:
            raise LoaderError(f"Error while loading caveat: {error}") from error
        return cls.load(caveat=value)

    @classmethod
    def from_parameters(cls, **kwargs: Any) -> Restriction | None:
        """The restriction of this class that the parameters ask for, or None. Raises InvalidRestriction."""
        raise NotImplementedError

    @classmethod
    def restrictions_from_parameters(cls, **kwargs: Any) -> Iterator[Restriction]:
        """All that the parameters ask for, in a fixed order. Raises InvalidRestriction."""
        for kind in KINDS:
            restriction = kind.from_parameters(**kwargs)
            if restriction is not None:
                yield restriction

    def dump(self) -> Any:
        """The caveat's JSON value."""
        raise NotImplementedError

    def dump_json(self) -> str:
        """The caveat, as PyPI writes it."""
        return json.dumps(self.dump())

    def check(self, context: Context) -> None:
        """Raises ValidationError unless the token may be used so."""
        raise NotImplementedError


def _check_period(not_before: int, not_after: int, context: Context) -> None:
    now = context.timestamp
    if not not_before <= now < not_after:
        raise ValidationError(
            f"This token can only be used between timestamps {not_before} (incl) and {not_after} (excl)."
            f" Received: {now}"
        )


def _check_project(allowed: list[str], project: str | None) -> None:
    if project is None:
        raise MissingContextError
    if project not in allowed:
        raise ValidationError(f"This token can only be used for project(s): {', '.join(allowed)}. Received: {project}")


@dataclass
class DateRestriction(Restriction):
    """Only between two times, in Unix seconds."""

    tag: ClassVar[int] = 0
    not_before: int
    not_after: int

    @classmethod
    def _load_value(cls, value: Any) -> Restriction | None:
        if not is_tagged(value, cls.tag, 3) or not is_integer(value[1]) or not is_integer(value[2]):
            return None
        return cls(not_before=value[2], not_after=value[1])

    @classmethod
    def from_parameters(cls, **kwargs: Any) -> Restriction | None:
        times = period(kwargs)
        return None if times is None else cls(*times)

    def dump(self) -> Any:
        return [self.tag, self.not_after, self.not_before]

    def check(self, context: Context) -> None:
        _check_period(self.not_before, self.not_after, context)


@dataclass
class ProjectNamesRestriction(Restriction):
    """Only for projects of these normalized names."""

    tag: ClassVar[int] = 1
    project_names: list[str]

    @classmethod
    def _load_value(cls, value: Any) -> Restriction | None:
        if not is_tagged(value, cls.tag, 2) or not is_text_list(value[1]) or not all(map(is_project, value[1])):
            return None
        return cls(value[1])

    @classmethod
    def from_parameters(cls, **kwargs: Any) -> Restriction | None:
        names = texts(kwargs, "project_names")
        return None if names is None else cls(names)

    def dump(self) -> Any:
        return [self.tag, self.project_names]

    def check(self, context: Context) -> None:
        _check_project(self.project_names, context.project_name)


@dataclass
class ProjectIDsRestriction(Restriction):
    """Only for projects of these ids."""

    tag: ClassVar[int] = 2
    project_ids: list[str]

    @classmethod
    def _load_value(cls, value: Any) -> Restriction | None:
        if not is_tagged(value, cls.tag, 2) or not is_text_list(value[1]) or not all(map(is_uuid, value[1])):
            return None
        return cls(value[1])

    @classmethod
    def from_parameters(cls, **kwargs: Any) -> Restriction | None:
        ids = texts(kwargs, "project_ids")
        return None if ids is None else cls(ids)

    def dump(self) -> Any:
        return [self.tag, self.project_ids]

    def check(self, context: Context) -> None:
        _check_project(self.project_ids, context.project_id)


@dataclass
class UserIDRestriction(Restriction):
    """Only by the user of this id."""

    tag: ClassVar[int] = 3
    user_id: str

    @classmethod
    def _load_value(cls, value: Any) -> Restriction | None:
        return cls(value[1]) if is_tagged(value, cls.tag, 2) and is_uuid(value[1]) else None

    @classmethod
    def from_parameters(cls, **kwargs: Any) -> Restriction | None:
        user_id = kwargs.get("user_id")
        return None if user_id is None else cls(user_id)

    def dump(self) -> Any:
        return [self.tag, self.user_id]

    def check(self, context: Context) -> None:
        if context.user_id is None:
            raise MissingContextError
        if context.user_id != self.user_id:
            raise ValidationError(
                f"This token can only be used by user with id: {self.user_id}. Received: {context.user_id}"
            )


def _legacy_permissions(value: Any) -> Any:
    """What stands under "permissions" of the first format of caveats, None for other values."""
    if (
        not isinstance(value, dict)
        or value.keys() != {"version", "permissions"}
        or not is_constant(value["version"], 1)
    ):
        return None
    return value["permissions"]


@dataclass
class LegacyNoopRestriction(Restriction):
    """The first format's way to say that there is no restriction."""

    @classmethod
    def _load_value(cls, value: Any) -> Restriction | None:
        return cls() if _legacy_permissions(value) == "user" else None

    @classmethod
    def from_parameters(cls, **kwargs: Any) -> Restriction | None:
        return cls() if kwargs.get("legacy_noop") else None

    def dump(self) -> Any:
        return {"version": 1, "permissions": "user"}

    def check(self, context: Context) -> None:
        """Nothing to check."""


@dataclass
class LegacyProjectNamesRestriction(Restriction):
    """The first format's restriction to projects."""

    project_names: list[str]

    @classmethod
    def _load_value(cls, value: Any) -> Restriction | None:
        permissions = _legacy_permissions(value)
        if not isinstance(permissions, dict) or permissions.keys() != {"projects"}:
            return None
        projects = permissions["projects"]
        return cls(projects) if is_text_list(projects) else None

    @classmethod
    def from_parameters(cls, **kwargs: Any) -> Restriction | None:
        names = texts(kwargs, "legacy_project_names")
        return None if names is None else cls(names)

    def dump(self) -> Any:
        return {"version": 1, "permissions": {"projects": self.project_names}}

    def check(self, context: Context) -> None:
        _check_project(self.project_names, context.project_name)


@dataclass
class LegacyDateRestriction(Restriction):
    """The first format's restriction to a time."""

    not_before: int
    not_after: int

    @classmethod
    def _load_value(cls, value: Any) -> Restriction | None:
        if not isinstance(value, dict) or value.keys() != {"nbf", "exp"} or not all(map(is_integer, value.values())):
            return None
        return cls(not_before=value["nbf"], not_after=value["exp"])

    @classmethod
    def from_parameters(cls, **kwargs: Any) -> Restriction | None:
        times = period(kwargs, "legacy_")
        return None if times is None else cls(*times)

    def dump(self) -> Any:
        return {"nbf": self.not_before, "exp": self.not_after}

    def check(self, context: Context) -> None:
        _check_period(self.not_before, self.not_after, context)


#: in the order in which they are tried
KINDS: tuple[type[Restriction], ...] = (
    DateRestriction,
    ProjectNamesRestriction,
    ProjectIDsRestriction,
    UserIDRestriction,
    LegacyNoopRestriction,
    LegacyProjectNamesRestriction,
    LegacyDateRestriction,
)
