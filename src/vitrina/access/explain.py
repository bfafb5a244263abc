"""Why a decision came out as it did, in the words of the debugging pages."""

from __future__ import annotations

from typing import Any

from vitrina.access.decide import Decision
from vitrina.access.rules import SOURCE, Rule

_INSIDE = "Resource is included in this restriction allowlist"
_OUTSIDE = "Resource is not included in this restriction allowlist"
_SCOPES = ("resource", "parent", "global")


def scope_of(rule: Rule) -> str:
    """The level a rule speaks about: resource, parent or global."""
    if rule.child is not None:
        return "resource"
    return "global" if rule.parent is None else "parent"


def matching_rules(decision: Decision, parent: str | None, child: str | None) -> list[Rule]:
    """Rules that say something about the resource, the most specific first and denials before allowances."""
    folded = decision.fold(child)

    def matches(rule: Rule) -> bool:
        if rule.child is not None:
            return child is not None and rule.parent in (None, parent) and decision.fold(rule.child) == folded
        return rule.parent is None or rule.parent == parent

    found = [rule for rule in decision.rules if matches(rule)]
    # Of equal ones, those first that were collected first.
    return sorted(found, key=lambda rule: (_SCOPES.index(scope_of(rule)), rule.allow))


def decisive_rules(decision: Decision, parent: str | None, child: str | None) -> list[Rule]:
    """The rules that decided: those of the most specific level, and there only denials if there are any."""
    matching = matching_rules(decision, parent, child)
    return [rule for rule in matching if scope_of(rule) == scope_of(matching[0]) and rule.allow == matching[0].allow]


def reasons(decision: Decision, parent: str | None, child: str | None) -> list[str]:
    """``source: reason`` of each rule that decided."""
    return [f"{rule.source}: {rule.reason}" for rule in decisive_rules(decision, parent, child)]


def explain(decision: Decision, parent: str | None, child: str | None) -> dict[str, Any]:
    """The explanation of one decision as a JSON object."""
    matching = matching_rules(decision, parent, child)
    winning_scope = scope_of(matching[0]) if matching else None
    rule_allowed = bool(matching) and matching[0].allow
    restrictions = _restrictions(decision, parent, child)
    restriction_allowed = all(restriction["allowed"] for restriction in restrictions)
    required = []
    if decision.required is not None:
        required.append(explain(decision.required, *decision.required_place(parent, child)))
    missing = [each["action"] for each in required if not each["allowed"]]
    return {
        "action": decision.action.name,
        "rule_allowed": rule_allowed,
        "restriction_allowed": restriction_allowed,
        "winning_scope": winning_scope,
        "matched_rules": [_matched(rule, matching[0]) for rule in sorted(matching, key=_by_words)],
        "restrictions": restrictions,
        "required_actions": required,
        "allowed": rule_allowed and restriction_allowed and not missing,
        "summary": _summary(decision.action.name, winning_scope, rule_allowed, restriction_allowed, missing),
    }


def _by_words(rule: Rule) -> tuple[int, bool, str, str]:
    return _SCOPES.index(scope_of(rule)), rule.allow, rule.source, rule.reason


def _matched(rule: Rule, winner: Rule) -> dict[str, Any]:
    ignored = None
    if scope_of(rule) != scope_of(winner):
        ignored = "A more specific rule matched"
    elif rule.allow != winner.allow:
        ignored = "A deny rule matched at the same scope"
    return {
        "scope": scope_of(rule),
        "effect": "allow" if rule.allow else "deny",
        "source": rule.source,
        "reason": rule.reason,
        "decisive": ignored is None,
        "ignored_because": ignored,
    }


def _restrictions(decision: Decision, parent: str | None, child: str | None) -> list[dict[str, Any]]:
    folded = decision.fold(child)
    found = []
    for restriction in decision.restrictions:
        allowed = restriction.contains(parent, folded)
        reason = _INSIDE if allowed else _OUTSIDE
        if not allowed and restriction.reason.startswith("actor restrictions"):
            reason = restriction.reason
        found.append({"source": restriction.source, "allowed": allowed, "reason": reason})
    source = decision.source(parent, folded)
    if source is not None:
        allowed = decision.source_allowed(parent, source)
        reason = f"Built from the table {source}, which must be allowed too" if source else "Its source is not known"
        found.append({"source": SOURCE, "allowed": allowed, "reason": reason})
    return found


def _summary(action: str, scope: str | None, rule_allowed: bool, restriction_allowed: bool, missing: list[str]) -> str:
    if missing:
        return f"Denied because {action} also requires {', '.join(missing)}, which was denied."
    if scope is None:
        return "Denied because no permission rule matched this actor and resource."
    if not rule_allowed:
        return f"Denied by a {scope}-level rule. Deny rules take precedence over allow rules at the same scope."
    if not restriction_allowed:
        return "Denied because the resource is not included in the actor's restrictions."
    return f"Allowed by the matching {scope}-level rule."
