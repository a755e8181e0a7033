"""Whether a condition can ever hold: exact, over finite choices, sets, intervals of numbers, and texts.

A condition is taken apart into terms, each a number of literals that hold together; it can hold where one term can.
What facts have to do with each other is known of a few: an outcome is among the outcomes, a check that failed knows
nothing of the content, what is not signed has no signer's trust. All others are taken to be free of each other, so
that what is called impossible is so.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from math import ceil, floor, inf, nextafter
from typing import cast

from ...errors import PolicyInvalid
from ...verdict import SURENESS
from .logic import type_of
from .values import All, AnyOf, Compare, Condition, IsKnown, Not, Scalar
from .vocabulary import FACTS, Fact, fact

MOST_TERMS = 2_000
MOST_WORK = 1_000_000  # literals in the terms of a whole policy
MOST_TOGETHER = 1_000  # literals that hold together
_WIDE = 1_000  # whole numbers that are tried one by one
_OF_OUTCOME = frozenset({"outcome", "also", "outcomes", "sureness"})
_NOT_OF_CONTENT = ("failed", "tenant", "item.", "uploader.", "bank.")

Literal = tuple[Compare | IsKnown, bool]  # and whether it is to hold
Term = frozenset[Literal]


class TooLarge(PolicyInvalid):
    """A condition has more terms than are looked through."""


@dataclass
class Work:
    """How much may still be looked at: a policy is refused in seconds, not gone through for hours."""

    left: int = MOST_WORK

    def spend(self, term: Term) -> None:
        """Count a term by its literals; raises TooLarge where too few are left, or it has too many."""
        if len(term) > MOST_TOGETHER:
            raise TooLarge(
                f"more than {MOST_TOGETHER} comparisons hold together; use `in`, or make several rules of it"
            )
        self.left -= 1 + len(term)
        if self.left < 0:
            raise TooLarge("the conditions together come to too many ways to hold; write fewer `any` into one rule")


def possible(condition: Condition, work: Work | None = None) -> bool:
    """Say whether there are facts under which it holds."""
    return bool(terms(condition, True, work or Work()))


def implies(one: Condition, other: Condition, work: Work | None = None) -> bool:
    """Say whether the other holds, or is unknown, wherever the one does."""
    return not possible(All((one, Not(other))), work)


def facts_in(condition: Condition) -> frozenset[str]:
    """Name the facts that it asks for."""
    match condition:
        case Compare(name) | IsKnown(name):
            return frozenset({name})
        case Not(inner):
            return facts_in(inner)
        case All(parts) | AnyOf(parts):
            return frozenset().union(*map(facts_in, parts))


def terms(condition: Condition, holds: bool, work: Work) -> frozenset[Term]:
    """Take a condition apart; terms that can't hold are left out."""
    match condition:
        case Compare() | IsKnown():
            return _limited({frozenset({(condition, holds)})}, work)
        case Not(inner):
            return terms(inner, not holds, work)
        case All(parts) | AnyOf(parts):
            each = [terms(one, holds, work) for one in parts]
            if isinstance(condition, AnyOf) == holds:
                return _limited((term for one in each for term in one), work)
            sure = frozenset(literal for one in each if len(one) == 1 for term in one for literal in term)
            found = _limited({sure}, work)
            for one in sorted((one for one in each if len(one) != 1), key=len):
                found = _limited((left | right for left in found for right in one), work)
            return found


def _limited(found: Iterable[Term], work: Work) -> frozenset[Term]:
    kept: set[Term] = set()
    for term in found:
        work.spend(term)
        if term not in kept and _consistent(term):
            kept.add(term)
        if len(kept) > MOST_TERMS:
            raise TooLarge(f"it comes to more than {MOST_TERMS} ways to hold; make several rules of it")
    return frozenset(kept)


def _consistent(term: Term) -> bool:
    by_fact: dict[str, set[Literal]] = {}
    for literal in term:
        by_fact.setdefault(literal[0].fact, set()).add(literal)
    if not all(_alone(name, frozenset(those)) for name, those in by_fact.items()):
        return False
    return _related(by_fact) and _of_outcome(by_fact)


# What one fact can be -----------------------------------------------------------------------------------------------


@lru_cache(maxsize=20_000)
def _alone(name: str, literals: Term) -> bool:
    """Say whether one fact can be so that all literals about it hold."""
    asked = {holds for one, holds in literals if isinstance(one, IsKnown)}
    compared = [(one, holds) for one, holds in literals if isinstance(one, Compare)]
    known = fact(name)
    assert known is not None
    if len(asked) == 2:
        return False
    # Of a set, and of the outcome, something can be sure while the rest is not known.
    if False in asked and compared and not (known.kind in ("set", "free") or name == "outcome"):
        return False
    match known.kind:
        case "choice" | "flag":
            return bool(_choices(known, compared))
        case "set":
            return _set(known, compared)
        case "number":
            return _number(known, compared)
        case "text":
            return _text(compared)
    return _free(compared)


def _wanted(one: Compare) -> tuple[Scalar, ...]:
    return one.value if isinstance(one.value, tuple) else (one.value,)


def _choices(known: Fact, compared: list[tuple[Compare, bool]]) -> set[Scalar]:
    left: set[Scalar] = {True, False} if known.kind == "flag" else set(known.values)
    for one, holds in compared:
        left = {value for value in left if (value in _wanted(one)) == holds}
    return left


def _set(known: Fact, compared: list[tuple[Compare, bool]]) -> bool:
    out = {value for one, holds in compared if not holds for value in _wanted(one)}
    return all(any(value not in out for value in _wanted(one)) for one, holds in compared if holds)


def _number(known: Fact, compared: list[tuple[Compare, bool]]) -> bool:
    low, high, apart = known.low, known.high, set[float]()
    for one, holds in compared:
        value = cast(float, one.value)
        if one.op == "is" and not holds:
            apart.add(value)
        if (one.op == "at_least") == holds and one.op != "is":
            low = max(low, value if holds else nextafter(value, inf))
        elif one.op != "is":
            high = min(high, value if holds else nextafter(value, -inf))
        elif holds:
            low, high = max(low, value), min(high, value)
    return _some_number(low, high, apart, known.whole)


def _some_number(low: float, high: float, apart: set[float], whole: bool) -> bool:
    if low > high:
        return False
    if not whole:
        return low < high or low not in apart  # between two numbers there are more than are set apart
    if high - low > _WIDE:
        return True
    return any(number not in apart for number in range(ceil(low), floor(high) + 1))


def _text(compared: list[tuple[Compare, bool]]) -> bool:
    named = [(set(_wanted(one)), holds) for one, holds in compared if one.op != "contains"]
    parts = [(str(one.value).casefold(), holds) for one, holds in compared if one.op == "contains"]
    wanted = [values for values, holds in named if holds]
    if wanted:
        left = set.intersection(*wanted) - {value for values, holds in named if not holds for value in values}
        return any(all((part in str(value).casefold()) == holds for part, holds in parts) for value in left)
    without = [part for part, holds in parts if not holds]
    return not any(one in part for part, holds in parts if holds for one in without)


def _free(compared: list[tuple[Compare, bool]]) -> bool:
    """Of a fact of the platform's own: what it is held to says of what kind it must be."""
    by_kind = {"flag": _flag_kind, "number": _number_kind, "text": _text_kind, "set": _set_kind}
    kinds = set(by_kind)
    for one, _ in compared:
        kinds &= _kinds(one)
    return any(by_kind[kind](compared) for kind in kinds)


def _kinds(one: Compare) -> set[str]:
    if one.op in ("at_least", "at_most"):
        return {"number"}
    if one.op == "overlaps":
        return {"set"}
    return {"text", "set"} if one.op == "contains" else {type_of(_wanted(one)[0])}


def _flag_kind(compared: list[tuple[Compare, bool]]) -> bool:
    return bool(_choices(Fact("flag", ""), compared))


def _number_kind(compared: list[tuple[Compare, bool]]) -> bool:
    plain = [(one, holds) for one, holds in compared if one.op != "in"]
    among = [(set(map(float, cast(tuple[float, ...], one.value))), holds) for one, holds in compared if one.op == "in"]
    apart = [(Compare(one.fact, "is", value), False) for one, holds in compared if not holds and one.op == "in"
             for value in _wanted(one)]  # fmt: skip
    wanted = [values for values, holds in among if holds]
    free = Fact("number", "")
    if not wanted:
        return _number(free, [*plain, *apart])
    each = set.intersection(*wanted)
    return any(_number(free, [*plain, *apart, (Compare("", "is", value), True)]) for value in each)


def _text_kind(compared: list[tuple[Compare, bool]]) -> bool:
    return _text(compared)


def _set_kind(compared: list[tuple[Compare, bool]]) -> bool:
    return _set(Fact("set", ""), compared)


# What facts have to do with each other ------------------------------------------------------------------------------


def _related(by_fact: dict[str, set[Literal]]) -> bool:
    failed = by_fact.get("failed", set())
    asked = [name for name, those in by_fact.items() if any(_needs_it(*one) for one in those)]
    if (Compare("failed", "is", True), True) in failed or (Compare("failed", "is", False), False) in failed:
        if any(not name.startswith(_NOT_OF_CONTENT) for name in asked):
            return False
    if not any(isinstance(one, Compare) for one, _ in by_fact.get("signed", ())):
        return True
    compared = [(one, holds) for one, holds in by_fact["signed"] if isinstance(one, Compare)]
    (signed,) = _choices(FACTS["signed"], compared)
    trust = (Compare("signed.trust", "is", "none"), not signed)
    intact: Literal = (Compare("signed.intact", "is", False), True)
    if not _alone("signed.trust", frozenset({*_compared_only(by_fact.get("signed.trust", ())), trust})):
        return False
    return bool(signed) or _alone(
        "signed.intact", frozenset({*_compared_only(by_fact.get("signed.intact", ())), intact})
    )


def _needs_it(one: Compare | IsKnown, holds: bool) -> bool:
    """Say whether a literal holds of what is known alone."""
    return isinstance(one, Compare) or holds


def _compared_only(literals: Iterable[Literal]) -> Iterator[Literal]:
    return (one for one in literals if isinstance(one[0], Compare))


def _of_outcome(by_fact: dict[str, set[Literal]]) -> bool:
    """Try each outcome: what is among the outcomes is that one, or among those beside it."""
    if len(_OF_OUTCOME & by_fact.keys()) < 2:
        return True
    return any(_with_outcome(value, by_fact) for value in FACTS["outcome"].values)


def _with_outcome(value: str, by_fact: dict[str, set[Literal]]) -> bool:
    outcome: Literal = (Compare("outcome", "is", value), True)
    if not _alone("outcome", frozenset({*_compared_only(by_fact.get("outcome", ())), outcome})):
        return False
    beside: set[Literal] = {*_compared_only(by_fact.get("also", ())), (Compare("also", "contains", value), False)}
    for one, holds in by_fact.get("outcomes", ()):
        if isinstance(one, IsKnown):
            continue
        if value in _wanted(one):
            if not holds:
                return False
        else:
            beside.add((Compare("also", "overlaps", _wanted(one)), holds))
    usual = SURENESS[next(name for name in SURENESS if name == value)]
    sure: Literal = (Compare("sureness", "in", (usual, "likely") if usual == "proven" else (usual,)), True)
    sureness = frozenset({*_compared_only(by_fact.get("sureness", ())), sure})
    return _alone("also", frozenset(beside)) and _alone("sureness", sureness)
