"""Decisions: rules compiled for one actor and one action, so that each answer is a look-up."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from vitrina.access.actions import Action
from vitrina.access.resources import fold_ascii
from vitrina.access.restrictions import Restriction
from vitrina.access.rules import Rule

#: Tells which table's permission decides for a derived table: None is "not derived",
#: "" a source that is unknown or itself derived.
SourceOf = Callable[[str, str], "str | None"]


class RuleTable:
    """Rules of one action by level. The most specific level with any rule decides; there a denial beats an allowance."""

    __slots__ = ("children", "everywhere", "parents")

    def __init__(self, rules: Iterable[Rule], *, fold: bool) -> None:
        self.everywhere: bool | None = None
        self.parents: dict[str, bool] = {}
        self.children: dict[tuple[str, str], bool] = {}
        for rule in rules:
            if rule.child is not None:
                # A rule for a child of no parent names nothing.
                if rule.parent is not None:
                    place = (rule.parent, fold_ascii(rule.child) if fold else rule.child)
                    self.children[place] = self.children.get(place, True) and rule.allow
            elif rule.parent is not None:
                self.parents[rule.parent] = self.parents.get(rule.parent, True) and rule.allow
            else:
                self.everywhere = rule.allow and self.everywhere is not False

    def decide(self, parent: str | None, child: str | None) -> bool:
        """Whether the rules allow it; ``child`` must be folded already. No rule at all is a denial."""
        if parent is not None:
            if child is not None:
                answer = self.children.get((parent, child))
                if answer is not None:
                    return answer
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
    source_of: SourceOf | None = None

    def allowed(self, parent: str | None = None, child: str | None = None) -> bool:
        """Whether the actor may do it, also_requires and restrictions included."""
        if not self.allowed_alone(parent, child):
            return False
        if self.required is None:
            return True
        return self.required.allowed(*self.required.place(parent, child))

    def allowed_alone(self, parent: str | None, child: str | None) -> bool:
        """As :meth:`allowed`, without the actions that this one also requires."""
        folded = self.fold(child)
        if not self._passes(parent, folded):
            return False
        source = self.source(parent, child)
        return source is None or (source != "" and self._passes(parent, self.fold(source)))

    def source(self, parent: str | None, child: str | None) -> str | None:
        """The table whose permission a derived table needs too; see ``SourceOf``."""
        if self.source_of is None or parent is None or child is None:
            return None
        return self.source_of(parent, child)

    def fold(self, child: str | None) -> str | None:
        """``child`` as rules compare it."""
        resource_class = self.action.resource_class
        if child is None or resource_class is None or not resource_class.case_insensitive_child:
            return child
        return fold_ascii(child)

    def place(self, parent: str | None, child: str | None) -> tuple[str | None, str | None]:
        """The resource cut down to the level of this action."""
        return (parent if self.action.takes_parent else None, child if self.action.takes_child else None)

    def _passes(self, parent: str | None, child: str | None) -> bool:
        if not self.table.decide(parent, child):
            return False
        for restriction in self.restrictions:
            if not restriction.contains(parent, child):
                return False
        return True


def compile_decision(
    chain: tuple[Action, ...],
    rules_of: Callable[[Action], Iterable[Rule]],
    restrictions_of: Callable[[Action], Iterable[Restriction]],
    *,
    source_of: SourceOf | None = None,
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
            source_of if action.name == "view-table" else None,
        )
    if decision is None:
        raise ValueError("A decision needs at least one action")
    return decision
