"""Which templates a built-in one is made of: those it extends, includes and imports, and theirs."""

from __future__ import annotations

from pathlib import Path

from jinja2 import Environment
from jinja2.meta import find_referenced_templates


class TemplateChains:
    """The chains of the templates in ``directory``, each found when first asked for (blocking).

    A name that a template takes from its context is not in its chain.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._parser = Environment(autoescape=True)
        self._known: dict[str, frozenset[str]] = {}

    def of(self, name: str) -> frozenset[str]:
        """``name`` and every template that belongs to it."""
        known = self._known.get(name)
        if known is None:
            found: set[str] = set()
            waiting = [name]
            while waiting:
                each = waiting.pop()
                if each not in found:
                    found.add(each)
                    parsed = self._parser.parse((self._directory / each).read_text(encoding="utf-8"))
                    waiting += [named for named in find_referenced_templates(parsed) if named is not None]
            known = self._known[name] = frozenset(found)
        return known
