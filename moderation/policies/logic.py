"""Three-valued logic over facts: what is unknown is neither true nor false (Kleene's). No I/O.

None is unknown. `false and unknown` is false, `true or unknown` is true; all else that rests on the unknown is unknown.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .values import UNKNOWN, All, AnyOf, Compare, Condition, Facts, IsKnown, Known, Members, Not, OneOf, Scalar

Truth = bool | None


@dataclass(frozen=True)
class Answer:
    """Whether it holds; where that is unknown, which facts are missing."""

    truth: Truth
    missing: frozenset[str] = frozenset()


def answer(condition: Condition, facts: Facts) -> Answer:
    """Ask a condition of facts."""
    match condition:
        case Compare():
            truth = _compared(condition, facts.get(condition.fact))
            return Answer(truth, frozenset({condition.fact} if truth is None else ()))
        case IsKnown():
            return Answer(_settled(facts.get(condition.fact)))
        case Not():
            return negated(answer(condition.condition, facts))
        case All():
            return all_of([answer(one, facts) for one in condition.conditions])
        case AnyOf():
            return any_of([answer(one, facts) for one in condition.conditions])


def negated(one: Answer) -> Answer:
    """Give the contrary."""
    return one if one.truth is None else Answer(not one.truth)


def all_of(answers: Sequence[Answer]) -> Answer:
    """Give `and`."""
    if any(one.truth is False for one in answers):
        return Answer(False)
    return _open(answers) or Answer(True)


def any_of(answers: Sequence[Answer]) -> Answer:
    """Give `or`."""
    if any(one.truth for one in answers):
        return Answer(True)
    return _open(answers) or Answer(False)


def _open(answers: Sequence[Answer]) -> Answer | None:
    unknown = [one for one in answers if one.truth is None]
    return Answer(None, frozenset().union(*(one.missing for one in unknown))) if unknown else None


def _settled(known: Known) -> bool:
    match known:
        case OneOf(values):
            return len(values) == 1
        case Members(has, may):
            return may is not None and may <= has
    return known is not UNKNOWN


def _compared(asked: Compare, known: Known) -> Truth:
    wanted = asked.value if isinstance(asked.value, tuple) else (asked.value,)
    match known:
        case Members():
            return _among(wanted, known) if asked.op in ("contains", "overlaps") else None
        case OneOf(values):
            return _of_several({_held(asked, wanted, value) for value in values})
        case bool() | int() | float() | str():
            return _held(asked, wanted, known)
    return None


def _among(wanted: tuple[Scalar, ...], known: Members) -> Truth:
    if any(one in known.has for one in wanted):
        return True
    return None if known.may is None or any(one in known.may for one in wanted) else False


def _of_several(truths: set[Truth]) -> Truth:
    return next(iter(truths)) if len(truths) == 1 else None


def _held(asked: Compare, wanted: tuple[Scalar, ...], known: Scalar) -> Truth:
    """Hold one value to another; what is of another kind can't be held to it, which is unknown."""
    if any(type_of(one) != type_of(known) for one in wanted):
        return None
    match asked.op, known:
        case "is" | "in", _:
            return known in wanted
        case "contains", str():
            return str(wanted[0]).casefold() in known.casefold()
        case "at_least", int() | float():
            return known >= float(wanted[0])
        case "at_most", int() | float():
            return known <= float(wanted[0])
    return None


def type_of(value: Scalar) -> str:
    """Name the kind of a value.

    >>> type_of(True), type_of(1), type_of("a")
    ('flag', 'number', 'text')
    """
    if isinstance(value, bool):
        return "flag"
    return "text" if isinstance(value, str) else "number"
