"""What a policy makes of facts. Pure: no I/O, no clock; does nothing of what it says."""

from __future__ import annotations

from collections.abc import Sequence

from ..values import ACTIONS, Action, Held, Review, Ruling, Unsure
from .logic import Answer, all_of, answer, negated
from .values import Facts, Policy, Rule, State

_STRENGTH: dict[State, int] = {"DRAFT": 0, "EXPIRED": 0, "BACKGROUND": 1, "LIVE": 2}


def ruled(policy: Policy, facts: Facts, state: State = "LIVE") -> Ruling:
    """Ask every rule that runs; `state` is that of the policy's version, and the weaker of the two counts."""
    asked = [(rule, strength(rule, state), _answered(policy, rule, facts)) for rule in policy.rules]
    live = [(rule, found) for rule, strong, found in asked if strong == 2]
    background = [(rule, found) for rule, strong, found in asked if strong == 1]
    held, unsure = _held(live), _unsure(live)
    acting = {rule.id for rule in policy.rules if rule.acts}
    reviews = [one.review for one in held if one.review]
    if any(one.rule in acting for one in unsure):
        reviews.append(policy.unknown)
    return Ruling(
        held=held,
        unsure=unsure,
        actions=hardest_first([action for one in held for action in one.actions]),
        review=_joined(reviews),
        background=_held(background),
        background_unsure=_unsure(background),
    )


def strength(rule: Rule, state: State = "LIVE") -> int:
    """Say how much a rule counts: 0 it does not run, 1 it does nothing, 2 it acts."""
    return min(_STRENGTH[rule.state], _STRENGTH[state])


def exceptions(policy: Policy, rule: Rule) -> list[Rule]:
    """Give the rules that hinder one: those named that are at least as much in force as itself."""
    named = (policy.rule(id) for id in rule.unless)
    return [one for one in named if one is not None and strength(one) >= max(1, strength(rule))]


def hardest_first(actions: Sequence[Action]) -> tuple[Action, ...]:
    """Give each action once, the hardest first."""
    return tuple(sorted(dict.fromkeys(actions), key=lambda one: -ACTIONS.index(one.kind)))


def _answered(policy: Policy, rule: Rule, facts: Facts) -> Answer:
    hindered = [negated(answer(other.when, facts)) for other in exceptions(policy, rule)]  # they have no `unless`
    return all_of([answer(rule.when, facts), *hindered])


def _held(asked: Sequence[tuple[Rule, Answer]]) -> tuple[Held, ...]:
    return tuple(Held(rule.id, rule.why, rule.actions, rule.review) for rule, found in asked if found.truth)


def _unsure(asked: Sequence[tuple[Rule, Answer]]) -> tuple[Unsure, ...]:
    return tuple(Unsure(rule.id, tuple(sorted(found.missing))) for rule, found in asked if found.truth is None)


def _joined(reviews: Sequence[Review]) -> Review | None:
    """Make one review of several: the queue of the most urgent, and as many people as the strictest asks for."""
    if not reviews:
        return None
    first = max(reviews, key=lambda one: one.priority)
    return Review(first.queue, first.priority, max(one.people for one in reviews))
