"""Tables of cases: what is expected is held to what comes, and what differs is said line by line."""

from __future__ import annotations

import pytest

from countermark.errors import PolicyInvalid
from countermark.moderation.policies import DEFAULTS, Facts, Members, OneOf, default, ruled, shipped
from countermark.moderation.policies.tables import read_cases, tried, untried
from countermark.tests.moderation.policies.written import of, rule

POLICY = of(
    rule("mild", "{detector.generated.fpr: {at_most: 0.05}}", "then: [{label: AI}]")
    + rule("hard", "{mark: {is: present}}", "then: [block]")
)


@pytest.mark.parametrize("name", DEFAULTS)
def test_the_policies_that_come_along_pass_their_own_tables(name: str) -> None:
    results = tried(default(name), read_cases(shipped.cases(name), name))
    assert [(one.case.name, one.differences) for one in results if one.differences] == []
    assert untried(default(name), results) == ()


@pytest.mark.parametrize("name", DEFAULTS)
def test_where_nothing_is_known_people_look(name: str) -> None:
    found = ruled(default(name), Facts({"failed": True, "failed.reason": "UnreadableVideo"}))
    assert found.effect == "review" and found.actions == ()


def test_what_differs_is_said() -> None:
    table = """
facts: {mark: absent, detector.generated.fpr: 0.01}
cases:
  - name: as it comes
    expect: {effect: actions, actions: [{label: AI}], held: [mild], unsure: [], queue: none, background: []}
  - name: otherwise
    facts: {mark: null}
    expect: {effect: none, actions: [block], held: [], unsure: [soft]}
"""
    good, bad = tried(POLICY, read_cases(table, "t"))
    assert good.differences == ()
    assert bad.differences == (
        "effect: expected none, came review",
        "actions: - block",
        "actions: + label: AI",
        "held: + mild",
        "unsure: the policy has no rule `soft`; there are mild, hard",
        "unsure: + hard (unknown: mark)",
    )
    assert untried(POLICY, (good, bad)) == ("hard",)


def test_facts_may_be_known_in_part() -> None:
    table = """
cases:
  - name: part
    facts:
      outcome: {one_of: [conflict, altered]}
      outcomes: {has: [altered], may: [conflict]}
      declared.forms: [xmp]
      uploader.tags: [a, b]
      uploader.age: 3
      width: 64
    expect: {effect: none}
"""
    (case,) = read_cases(table, "t")
    assert case.facts.values == {
        "outcome": OneOf(frozenset({"conflict", "altered"})),
        "outcomes": Members(frozenset({"altered"}), frozenset({"altered", "conflict"})),
        "declared.forms": Members(frozenset({"xmp"}), frozenset({"xmp"})),
        "uploader.tags": Members(frozenset("ab"), frozenset("ab")),
        "uploader.age": 3.0,
        "width": 64.0,
    }


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ("cases: []", "a list of 1 to"),
        ("case: []", "there is no `case` here; did you mean `cases`?"),
        ("cases: [{name: a, expect: {}}]", "a case expects something"),
        ("cases: [{name: a, expect: {effect: some}}]", "one of none, actions, review"),
        ("cases: [{name: a, expect: {held: b}}]", "`held` is a list"),
        ("cases: [{name: a, expect: {effect: none}}, {name: a, expect: {effect: none}}]", "two cases are called `a`"),
        ("facts: {outcom: x}\ncases: [{name: a, expect: {effect: none}}]", "line 1, facts.outcom: no fact is called"),
        ("facts: {outcome: x}\ncases: [{name: a, expect: {effect: none}}]", "`outcome` is never `x`"),
        ("facts: {outcome: [conflict]}\ncases: [{name: a, expect: {effect: none}}]", "is one value, not a list"),
        ("facts: {also: conflict}\ncases: [{name: a, expect: {effect: none}}]", "`also` is a list"),
        ("facts: {also: [x]}\ncases: [{name: a, expect: {effect: none}}]", "`x` is never among them"),
        ("facts: {signed: 1}\ncases: [{name: a, expect: {effect: none}}]", "`signed` is a flag, not 1.0"),
        ("facts: {signed: {one_of: [a]}}\ncases: [{name: a, expect: {effect: none}}]", "known or not"),
    ],
)
def test_what_is_wrong_with_a_table_is_named(table: str, said: str) -> None:
    with pytest.raises(PolicyInvalid) as caught:
        read_cases(table, "t")
    assert said in str(caught.value)
