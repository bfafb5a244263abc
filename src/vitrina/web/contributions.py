"""What plugins gave to one page: its content security policy follows from that, and who is named for blocked parts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from vitrina.http.request import Request

_KEY = "contributions"


@dataclass(frozen=True, slots=True)
class Contribution:
    """What one plugin gave through one hook; ``urls`` are addresses of scripts or style sheets."""

    plugin: str
    hook: str
    urls: tuple[str, ...] = ()


@dataclass(slots=True)
class Contributions:
    """All that plugins gave to a page.

    ``markup`` is HTML of theirs on the page, ``assets`` their scripts and
    style sheets; ``form_targets`` are addresses that a form of the page may lead to.
    """

    markup: dict[tuple[str, str], Contribution] = field(default_factory=dict)
    assets: list[Contribution] = field(default_factory=list)
    form_targets: list[str] = field(default_factory=list)


def contributions_of(request: Request | None) -> Contributions:
    """Those to the page of this request; without one they are nobody's."""
    if request is None:
        return Contributions()
    found: Contributions = request.state.setdefault(_KEY, Contributions())
    return found


def forget_contributions(request: Request) -> None:
    """Begin anew: another page is shown than the one that was begun."""
    request.state.pop(_KEY, None)


def note_markup(request: Request | None, plugin: str, hook: str) -> None:
    """A plugin wrote a part of the page as HTML."""
    markup = contributions_of(request).markup
    if (plugin, hook) not in markup:
        markup[plugin, hook] = Contribution(plugin, hook)


def is_markup(value: Any) -> bool:
    """Whether a template prints the value as HTML, and there is something to print."""
    return hasattr(value, "__html__") and bool(value)


def has_markup(items: Iterable[Any]) -> bool:
    """Whether an item of a menu brings HTML or a script: in its words, its address, or attributes that act."""
    for item in items:
        if not isinstance(item, Mapping):
            continue
        attributes = item.get("attrs")
        values = [*item.values(), *(attributes.values() if isinstance(attributes, Mapping) else ())]
        if any(map(is_markup, values)) or str(item.get("href") or "").strip().lower().startswith("javascript:"):
            return True
        if isinstance(attributes, Mapping) and any(str(name).lower().startswith("on") for name in attributes):
            return True
    return False


def replaces(page: Mapping[str, Any], given: Mapping[str, Any]) -> bool:
    """Whether variables of a plugin take the place of a page's own with something that may print HTML."""
    return any(
        name in page and (is_markup(value) or not isinstance(value, (str, int, float, bytes, type(None))))
        for name, value in given.items()
    )
