"""What is wrong with a policy as a whole: rules that never hold, that are never reached, that contradict each other."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

from .possible import TooLarge, Work, facts_in, implies, possible
from .ruling import exceptions, strength
from .values import All, AnyOf, Condition, Not, Policy, Rule

MOST_PAIRS = 2_000  # of rules over the same facts, that are held to each other


@dataclass(frozen=True)
class Fault:
    """What is wrong with which rule."""

    rule: str
    why: str


def faults(policy: Policy) -> list[Fault]:
    """Find what can't be meant; a rule with one fault is not asked for others."""
    work = Work()
    found = [fault for rule in policy.rules if (fault := _of_a_rule(policy, rule, work))]
    whole = {rule.id for rule in policy.rules} - {fault.rule for fault in found}
    return found + [fault for fault in _of_pairs(policy, work) if fault.rule in whole]


def whole_condition(policy: Policy, rule: Rule) -> Condition:
    """Give what a rule asks with all that hinders it."""
    return All((rule.when, *(Not(other.when) for other in exceptions(policy, rule))))


def _of_a_rule(policy: Policy, rule: Rule, work: Work) -> Fault | None:
    try:
        if not possible(rule.when, work):
            return Fault(rule.id, f"`{rule.id}` can never hold: what it asks for contradicts itself")
        for part in _branches(rule.when):
            if not possible(part, work):
                asked = ", ".join(sorted(facts_in(part)))
                return Fault(rule.id, f"one branch of an `any` in `{rule.id}` can never hold (it asks for {asked})")
        if not possible(whole_condition(policy, rule), work):
            named = ", ".join(other.id for other in exceptions(policy, rule))
            return Fault(rule.id, f"`{rule.id}` is never reached: wherever it holds, its `unless` ({named}) holds too")
    except TooLarge as error:
        return Fault(rule.id, f"`{rule.id}`: {error}")
    return None


def _branches(condition: Condition) -> Iterator[Condition]:
    match condition:
        case AnyOf(parts):
            yield from parts
            for part in parts:
                yield from _branches(part)
        case All(parts):
            for part in parts:
                yield from _branches(part)
        case Not(inner):
            yield from _branches(inner)


def _of_pairs(policy: Policy, work: Work) -> Iterator[Fault]:
    by_facts: dict[tuple[frozenset[str], int], list[Rule]] = {}
    for rule in policy.rules:
        if strength(rule):
            by_facts.setdefault((facts_in(whole_condition(policy, rule)), strength(rule)), []).append(rule)
    pairs = [pair for rules in by_facts.values() for pair in combinations(rules, 2)]
    for one, other in pairs[:MOST_PAIRS]:
        why = _against(one, other)
        if why and _same(whole_condition(policy, one), whole_condition(policy, other), work):
            yield Fault(other.id, f"`{other.id}` asks for the same as `{one.id}`, and {why}")


def _same(one: Condition, other: Condition, work: Work) -> bool:
    try:
        return implies(one, other, work) and implies(other, one, work)
    except TooLarge:
        return False


def _against(one: Rule, other: Rule) -> str:
    """Say how two rules contradict each other, if both hold."""
    if one.acts != other.acts:
        lets, acts = (other, one) if one.acts else (one, other)
        return f"`{lets.id}` is an exception that lets pass what `{acts.id}` acts on"
    if (one.actions, one.review) == (other.actions, other.review):
        return "does the same: one of them is enough"
    values = {action.kind: action.value for action in one.actions}
    for action in other.actions:
        if values.get(action.kind, action.value) != action.value:
            return f"they differ in `{action.kind}`: {values[action.kind] or 'nothing'} or {action.value or 'nothing'}"
    return ""
