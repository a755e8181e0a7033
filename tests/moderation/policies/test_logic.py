"""Three values of truth: what is unknown never decides, and never turns a definite answer around."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from countermark.moderation.policies.logic import answer
from countermark.moderation.policies.values import (
    UNKNOWN,
    All,
    AnyOf,
    Compare,
    Condition,
    Facts,
    IsKnown,
    Members,
    Not,
    OneOf,
)
from countermark.tests.moderation.policies.drawn import PEOPLE, WORLDS, conditions, settled, with_known

MARKED, SIGNED = Compare("mark", "is", "present"), Compare("signed", "is", True)


@pytest.mark.parametrize(
    ("left", "right", "both", "either"),
    [
        (True, True, True, True),
        (True, False, False, True),
        (False, False, False, False),
        (True, None, None, True),
        (False, None, False, None),
        (None, None, None, None),
    ],
)
def test_the_tables_are_kleenes(left: bool | None, right: bool | None, both: bool | None, either: bool | None) -> None:
    facts = Facts({"a": UNKNOWN if left is None else left, "b": UNKNOWN if right is None else right})
    for pair in (
        (Compare("a", "is", True), Compare("b", "is", True)),
        (Compare("b", "is", True), Compare("a", "is", True)),
    ):
        assert answer(All(pair), facts).truth is both
        assert answer(AnyOf(pair), facts).truth is either
    assert answer(Not(Compare("a", "is", True)), facts).truth is (None if left is None else not left)


def test_only_what_matters_is_missing() -> None:
    facts = Facts({"signed": False})
    assert answer(All((SIGNED, MARKED)), facts).truth is False
    found = answer(AnyOf((SIGNED, MARKED)), facts)
    assert (found.truth, found.missing) == (None, {"mark"})


@pytest.mark.parametrize(
    ("op", "value", "known", "truth"),
    [
        ("is", 1.0, True, None),  # of another kind
        ("is", "b", "b", True),
        ("in", ("a", "b"), "c", False),
        ("at_least", 2.0, 2.0, True),
        ("at_most", 2.0, 2.5, False),
        ("at_least", 2.0, "many", None),
        ("contains", "NEWS", "the news agency", True),
        ("contains", "a", Members(frozenset("a"), None), True),
        ("contains", "b", Members(frozenset("a"), None), None),
        ("contains", "b", Members(frozenset("a"), frozenset("a")), False),
        ("overlaps", ("b", "c"), Members(frozenset("a"), frozenset("ac")), None),
        ("in", ("a", "b"), OneOf(frozenset("ab")), True),
        ("in", ("a", "b"), OneOf(frozenset("bc")), None),
        ("is", "d", OneOf(frozenset("bc")), False),
        ("overlaps", ("a",), "a", None),
    ],
)
def test_a_value_is_held_to_another(op: Any, value: Any, known: Any, truth: bool | None) -> None:
    assert answer(Compare("uploader.x", op, value), Facts({"uploader.x": known})).truth is truth


@pytest.mark.parametrize(
    ("known", "truth"),
    [
        (UNKNOWN, False),
        (False, True),
        ("", True),
        (OneOf(frozenset("ab")), False),
        (OneOf(frozenset("a")), True),
        (Members(frozenset("a"), frozenset("a")), True),
        (Members(frozenset("a"), frozenset("ab")), False),
        (Members(frozenset(), None), False),
    ],
)
def test_whether_a_fact_is_known_is_always_known(known: Any, truth: bool) -> None:
    assert answer(IsKnown("uploader.x"), Facts({"uploader.x": known})).truth is truth


@settings(max_examples=300, deadline=None)
@given(
    conditions, settled, st.sets(st.sampled_from(("mark", "detector.generated.fpr", "signed.development"))), st.data()
)
def test_to_learn_more_never_turns_an_answer_around(
    condition: Condition, known: dict[str, Any], hidden: set[str], data: st.DataObject
) -> None:
    doubted = data.draw(st.frozensets(st.sampled_from(PEOPLE)))
    people: Members = known["person.says"]
    less = {name: value for name, value in known.items() if name not in hidden}
    less["person.says"] = Members(people.has - doubted, people.has | doubted)
    before, after = answer(condition, Facts(less)).truth, answer(condition, Facts(known)).truth
    assert after is not None
    assert before is None or before == after


@settings(max_examples=200, deadline=None)
@given(with_known, with_known, st.sampled_from(WORLDS))
def test_de_morgan(one: Condition, other: Condition, facts: Facts) -> None:
    def same(left: Condition, right: Condition) -> bool:
        found, against = answer(left, facts), answer(right, facts)
        return (found.truth, found.missing) == (against.truth, against.missing)

    assert same(Not(All((one, other))), AnyOf((Not(one), Not(other))))
    assert same(Not(AnyOf((one, other))), All((Not(one), Not(other))))
    assert same(Not(Not(one)), one)


@settings(max_examples=200, deadline=None)
@given(with_known, st.sampled_from(WORLDS))
def test_who_is_unsure_names_what_is_missing(condition: Condition, facts: Facts) -> None:
    found = answer(condition, facts)
    assert (found.truth is None) == bool(found.missing)
    assert all(not answer(IsKnown(name), facts).truth for name in found.missing)
