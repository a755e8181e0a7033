"""Conditions and facts drawn at random, over a world small enough to be gone through."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

from hypothesis import strategies as st

from countermark.moderation.policies.values import (
    UNKNOWN,
    All,
    AnyOf,
    Compare,
    Condition,
    Facts,
    IsKnown,
    Known,
    Members,
    Not,
)

FPR = "detector.generated.fpr"
LIMITS = (0.0, 0.01, 0.5, 1.0)
RATES = (0.0, 0.005, 0.01, 0.25, 0.5, 0.75, 1.0)
PEOPLE = ("genuine", "manipulated", "synthetic")
MARKS = ("present", "absent")

flags = st.builds(Compare, st.just("signed.development"), st.just("is"), st.booleans())
marks = st.one_of(
    st.builds(Compare, st.just("mark"), st.just("is"), st.sampled_from(MARKS)),
    st.builds(Compare, st.just("mark"), st.just("in"), st.lists(st.sampled_from(MARKS), min_size=1).map(tuple)),
)
rates = st.builds(Compare, st.just(FPR), st.sampled_from(("is", "at_least", "at_most")), st.sampled_from(LIMITS))
people = st.one_of(
    st.builds(Compare, st.just("person.says"), st.just("contains"), st.sampled_from(PEOPLE)),
    st.builds(
        Compare, st.just("person.says"), st.just("overlaps"), st.lists(st.sampled_from(PEOPLE), min_size=1).map(tuple)
    ),
)
comparisons = st.one_of(flags, marks, rates, people)
known = st.builds(IsKnown, st.sampled_from(("mark", FPR, "person.says", "signed.development")))


def nested(atoms: st.SearchStrategy[Condition]) -> st.SearchStrategy[Condition]:
    return st.recursive(
        atoms,
        lambda inner: st.one_of(
            st.builds(Not, inner),
            st.builds(All, st.lists(inner, min_size=1, max_size=3).map(tuple)),
            st.builds(AnyOf, st.lists(inner, min_size=1, max_size=3).map(tuple)),
        ),
        max_leaves=8,
    )


conditions = nested(comparisons)
with_known = nested(st.one_of(comparisons, known))


def of_people() -> Iterator[Members]:
    for each in product(("in", "maybe", "out"), repeat=len(PEOPLE)):
        has = frozenset(one for one, how in zip(PEOPLE, each, strict=True) if how == "in")
        may = frozenset(one for one, how in zip(PEOPLE, each, strict=True) if how == "maybe")
        yield Members(has, has | may)


def worlds() -> list[Facts]:
    values: dict[str, list[Known]] = {
        "mark": [*MARKS, UNKNOWN],
        FPR: [*RATES, UNKNOWN],
        "person.says": list(of_people()),
        "signed.development": [True, False, UNKNOWN],
    }
    return [Facts(dict(zip(values, each, strict=True))) for each in product(*values.values())]


WORLDS = worlds()
settled = st.fixed_dictionaries(
    {
        "mark": st.sampled_from(MARKS),
        FPR: st.sampled_from(RATES),
        "person.says": st.frozensets(st.sampled_from(PEOPLE)).map(lambda has: Members(has, has)),
        "signed.development": st.booleans(),
    }
)
