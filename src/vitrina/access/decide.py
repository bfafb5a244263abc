"""Decisions: rules compiled for one actor and one action, so that each answer is a look-up."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

from vitrina.access.actions import Action
from vitrina.access.resources import fold_ascii
from vitrina.access.restrictions import Restriction
from vitrina.access.rules import Rule

#: The derived tables of a database: folded name → the table whose permission decides,
#: "" where that is unknown or itself derived. None for a database whose tables are not known.
DerivedTables = Callable[[str], Mapping[str, str] | None]

_NO_TABLES: Mapping[str, str] = {}


class RuleTable:
    """Rules of one action by level.

    The most specific level with any rule decides; there a denial beats an allowance.
    """

    __slots__ = ("children", "everywhere", "parents")

    def __init__(self, rules: Iterable[Rule], *, fold: bool) -> None:
        self.everywhere: bool | None = None
        self.parents: dict[str, bool] = {}
        self.children: dict[tuple[str | None, str], bool] = {}
        self.add(rules, fold=fold)

    def add(self, rules: Iterable[Rule], *, fold: bool) -> None:
        """Take in more rules; ``fold`` compares children without ASCII case."""
        for rule in rules:
            if rule.child is not None:
                place = (rule.parent, fold_ascii(rule.child) if fold else rule.child)
                self.children[place] = self.children.get(place, True) and rule.allow
            elif rule.parent is not None:
                self.parents[rule.parent] = self.parents.get(rule.parent, True) and rule.allow
            else:
                self.everywhere = rule.allow and self.everywhere is not False

    def extended(self, rules: Iterable[Rule], *, fold: bool) -> RuleTable:
        """A copy that has more rules."""
        copy = RuleTable((), fold=fold)
        copy.everywhere = self.everywhere
        copy.parents = self.parents.copy()
        copy.children = self.children.copy()
        copy.add(rules, fold=fold)
        return copy

    def decide(self, parent: str | None, child: str | None) -> bool:
        """Whether the rules allow it; ``child`` must be folded already. No rule at all is a denial."""
        if parent is not None:
            if child is not None:
                answer = self.children.get((parent, child))
                # A rule without parent speaks about the children of that name in every parent.
                anywhere = self.children.get((None, child))
                if answer is not None or anywhere is not None:
                    return answer is not False and anywhere is not False
            answer = self.parents.get(parent)
            if answer is not None:
                return answer
        return self.everywhere is True


@dataclass(frozen=True, slots=True)
class Decision:
    """All that one actor may do with one action.

    ``rules`` and ``restrictions`` are kept for explanations. ``required`` is
    the decision of the action that this one also requires.
    """

    action: Action
    rules: tuple[Rule, ...]
    restrictions: tuple[Restriction, ...]
    table: RuleTable
    required: Decision | None = None
    derived: DerivedTables | None = None

    def allowed(self, parent: str | None = None, child: str | None = None) -> bool:
        """Whether the actor may do it, also_requires and restrictions included."""
        if not self.allowed_alone(parent, child):
            return False
        if self.required is None:
            return True
        return self.required.allowed(*self.required_place(parent, child))

    def allowed_alone(self, parent: str | None, child: str | None) -> bool:
        """As :meth:`allowed`, without the actions that this one also requires."""
        folded = self.fold(child)
        if not self._passes(parent, folded):
            return False
        source = self.source(parent, folded)
        return source is None or self.source_allowed(parent, source)

    def children(self, parent: str, names: Iterable[str]) -> list[str]:
        """Those of ``names`` that the actor may do it to, in their order; most cost one look-up."""
        derived = self.derived(parent) if self.derived is not None else _NO_TABLES
        whole = all(restriction.contains(parent, None) for restriction in self.restrictions)
        if derived is None or self.required is not None or not whole:
            return [name for name in names if self.allowed(parent, name)]
        # Lowered names of all that need a closer look; a name that only looks alike gets it for nothing.
        special = {child.lower() for place, child in self.table.children if place is None or place == parent}
        special.update(name.lower() for name in derived)
        ordinary = self.table.decide(parent, None)
        return [name for name in names if (self.allowed_alone(parent, name) if name.lower() in special else ordinary)]

    def source(self, parent: str | None, child: str | None) -> str | None:
        """The table whose permission a derived one (``child``, folded) needs too; None where it is not derived."""
        if self.derived is None or parent is None or child is None:
            return None
        tables = self.derived(parent)
        return "" if tables is None else tables.get(child)

    def source_allowed(self, parent: str | None, source: str) -> bool:
        """Whether the table that a derived one is built from may be used; "" is an unknown one."""
        return source != "" and self._passes(parent, self.fold(source))

    def fold(self, child: str | None) -> str | None:
        """``child`` as rules compare it."""
        resource_class = self.action.resource_class
        if child is None or resource_class is None or not resource_class.case_insensitive_child:
            return child
        return fold_ascii(child)

    def required_place(self, parent: str | None, child: str | None) -> tuple[str | None, str | None]:
        """The resource for the action that this one also requires: the same one where both are of its kind."""
        required = self.required
        if required is None or required.action.resource_class is self.action.resource_class:
            return parent, child
        return required.place(parent, child)

    def place(self, parent: str | None, child: str | None) -> tuple[str | None, str | None]:
        """The resource cut down to the level of this action."""
        return (parent if self.action.takes_parent else None, child if self.action.takes_child else None)

    def _passes(self, parent: str | None, child: str | None) -> bool:
        if not self.table.decide(parent, child):
            return False
        return not self.restrictions or all(each.contains(parent, child) for each in self.restrictions)

    def extended(
        self, rules: tuple[Rule, ...], restrictions: tuple[Restriction, ...], required: Decision | None
    ) -> Decision:
        """This decision with the rules and restrictions that plugins add, and its required decision replaced."""
        resource_class = self.action.resource_class
        fold = resource_class is not None and resource_class.case_insensitive_child
        return replace(
            self,
            rules=self.rules + rules,
            restrictions=self.restrictions + restrictions,
            table=self.table.extended(rules, fold=fold),
            required=required,
        )


def compile_decision(
    chain: tuple[Action, ...],
    rules_of: Callable[[Action], Iterable[Rule]],
    restrictions_of: Callable[[Action], Iterable[Restriction]],
    *,
    derived: DerivedTables | None = None,
) -> Decision:
    """The decision for the first action of ``chain``, which continues with what it also requires."""
    decision: Decision | None = None
    for action in reversed(chain):
        rules = tuple(rules_of(action))
        fold = action.resource_class is not None and action.resource_class.case_insensitive_child
        decision = Decision(
            action,
            rules,
            tuple(restrictions_of(action)),
            RuleTable(rules, fold=fold),
            decision,
            derived if action.name == "view-table" else None,
        )
    if decision is None:
        raise ValueError("A decision needs at least one action")
    return decision
