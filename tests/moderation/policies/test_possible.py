"""What is called impossible is so, and nothing else: held to going through every world."""

from __future__ import annotations

from itertools import chain, combinations, product
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from countermark.moderation.policies.logic import answer
from countermark.moderation.policies.possible import MOST_TERMS, TooLarge, implies, possible
from countermark.moderation.policies.values import All, AnyOf, Compare, Condition, Facts, IsKnown, Members, Not
from countermark.tests.moderation.policies.drawn import WORLDS, nested, with_known
from countermark.verdict import SURENESS, Outcome


@settings(max_examples=150, deadline=None)
@given(with_known)
def test_it_agrees_with_going_through_every_world(condition: Condition) -> None:
    assert possible(condition) == any(answer(condition, world).truth for world in WORLDS)


SOME = ("conflict", "likely_ai", "no_evidence")
outcomes = st.one_of(
    st.builds(Compare, st.just("outcome"), st.just("is"), st.sampled_from(SOME)),
    st.builds(Compare, st.just("outcome"), st.just("in"), st.permutations(SOME).map(lambda one: tuple(one[:2]))),
    st.builds(Compare, st.sampled_from(("outcomes", "also")), st.just("contains"), st.sampled_from(SOME)),
    st.builds(Compare, st.sampled_from(("outcomes", "also")), st.just("overlaps"), st.just(SOME[:2])),
    st.builds(Compare, st.just("sureness"), st.just("is"), st.sampled_from(("proven", "likely", "unknown"))),
)


def of_outcomes() -> list[Facts]:
    found = []
    every = chain.from_iterable(combinations(SOME, count) for count in range(len(SOME) + 1))
    for outcome, beside in product(get_args(Outcome), map(frozenset, every)):
        usual = SURENESS[outcome]
        for sureness in {usual, "likely"} if usual == "proven" else {usual}:
            if outcome not in beside:
                held = beside | {outcome}
                also, all_of = Members(beside, beside), Members(held, held)
                found.append(Facts({"outcome": outcome, "also": also, "outcomes": all_of, "sureness": sureness}))
    return found


OUTCOMES = of_outcomes()


@settings(max_examples=200, deadline=None)
@given(nested(outcomes))
def test_it_knows_how_outcomes_hang_together(condition: Condition) -> None:
    assert possible(condition) == any(answer(condition, world).truth for world in OUTCOMES)


FAILED = Compare("failed", "is", True)


@pytest.mark.parametrize(
    ("parts", "can"),
    [
        ((FAILED, Compare("outcome", "is", "conflict")), False),
        ((FAILED, IsKnown("mark")), False),
        ((FAILED, Not(IsKnown("mark")), Compare("uploader.x", "is", True), Compare("tenant", "is", "t")), True),
        ((Compare("signed", "is", False), Compare("signed.trust", "is", "trusted")), False),
        ((Compare("signed", "is", False), Compare("signed.intact", "is", True)), False),
        ((Not(Compare("signed", "is", False)), Compare("signed.trust", "is", "none")), False),
        ((Compare("signed", "is", True), Compare("signed.trust", "is", "trusted")), True),
        (
            (Compare("detector.generated.fpr", "at_least", 0.5), Compare("detector.generated.fpr", "at_most", 0.01)),
            False,
        ),
        ((Compare("width", "at_least", 2.5), Compare("width", "at_most", 2.75)), False),  # whole numbers
        ((Compare("length_s", "at_least", 2.5), Compare("length_s", "at_most", 2.75)), True),
        ((Not(Compare("length_s", "at_least", 0.0)),), False),
        ((Compare("signed.by", "is", "The News"), Compare("signed.by", "contains", "new")), True),
        ((Compare("signed.by", "is", "The News"), Not(Compare("signed.by", "contains", "new"))), False),
        ((Compare("signed.by", "contains", "news"), Not(Compare("signed.by", "contains", "NEW"))), False),
        ((Compare("signed.by", "contains", "new"), Not(Compare("signed.by", "contains", "news"))), True),
        ((Compare("uploader.x", "is", True), Compare("uploader.x", "at_least", 1.0)), False),
        ((Compare("uploader.x", "in", (1.0, 2.0)), Compare("uploader.x", "at_least", 1.5)), True),
        ((Compare("uploader.x", "in", (1.0, 2.0)), Compare("uploader.x", "at_least", 2.5)), False),
        ((Compare("uploader.x", "at_most", 2.0), Not(Compare("uploader.x", "at_most", 2.0))), False),
        ((Compare("uploader.x", "contains", "a"), Compare("uploader.x", "overlaps", ("b", "c"))), True),
        ((Not(IsKnown("mark")), Compare("mark", "is", "present")), False),
        ((Not(IsKnown("outcomes")), Compare("outcomes", "contains", "conflict")), True),
    ],
)
def test_single_cases(parts: tuple[Condition, ...], can: bool) -> None:
    assert possible(All(parts)) is can


def test_what_follows_from_what() -> None:
    strict, mild = (Compare("detector.generated.fpr", "at_most", rate) for rate in (0.01, 0.05))
    assert implies(strict, mild) and not implies(mild, strict)


def test_what_is_too_large_is_refused_and_soon() -> None:
    each = tuple(
        AnyOf((Compare(f"uploader.a{at}", "is", True), Compare(f"uploader.b{at}", "is", True))) for at in range(20)
    )
    with pytest.raises(TooLarge, match=str(MOST_TERMS)):
        possible(All(each))
