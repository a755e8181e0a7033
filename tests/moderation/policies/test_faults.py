"""What can't be meant is found, and its place is named."""

from __future__ import annotations

import time

import pytest

from countermark.errors import PolicyInvalid
from countermark.tests.moderation.policies.written import HEAD, of, rule

AI, MARK = "{outcomes: {contains: likely_ai}}", "{mark: {is: present}}"


@pytest.mark.parametrize(
    ("rules", "said"),
    [
        (
            rule("a", MARK) + rule("b", "{all: [{outcome: {is: conflict}}, {outcome: {is: altered}}]}"),
            r"line 10, rules\[1\]: `b` can never hold",
        ),
        (
            rule("a", "{all: [{detector.generated.fpr: {at_least: 0.5}}, {detector.generated.fpr: {at_most: 0.01}}]}"),
            "`a` can never hold",
        ),
        (
            rule("a", f"{{any: [{MARK}, {{all: [{MARK}, {{not: {MARK}}}]}}]}}"),
            r"one branch of an `any` in `a` can never hold \(it asks for mark\)",
        ),
        (
            rule("a", "{mark: {in: [present, absent]}}", "") + rule("b", MARK, more="unless: [a]"),
            r"`b` is never reached: wherever it holds, its `unless` \(a\) holds too",
        ),
        (
            rule("let", AI, "") + rule("b", AI, "then: [remove]") + rule("c", MARK, more="unless: [let]"),
            "`b` asks for the same as `let`, and `let` is an exception that lets pass what `b` acts on",
        ),
        (
            rule("a", f"{{all: [{AI}, {MARK}]}}", "then: [{label: One}]")
            + rule("b", f"{{not: {{any: [{{not: {MARK}}}, {{not: {AI}}}]}}}}", "then: [{label: Two}]"),
            "`b` asks for the same as `a`, and they differ in `label`: One or Two",
        ),
        (rule("a", AI) + rule("b", AI), "does the same"),
    ],
)
def test_rules_that_cannot_be_meant(rules: str, said: str) -> None:
    with pytest.raises(PolicyInvalid, match=said):
        of(rules)


def test_all_faults_are_told() -> None:
    never = "{all: [{mark: {is: present}}, {mark: {is: absent}}]}"
    with pytest.raises(PolicyInvalid, match=r"`r0` can never hold.*`r4` can never hold.*; and 2 more\n"):
        of("".join(rule(f"r{at}", never) for at in range(7)))


def test_what_is_too_large_to_be_gone_through_is_refused() -> None:
    each = ", ".join(f"{{any: [{{uploader.a{at}: {{is: x}}}}, {{uploader.b{at}: {{is: x}}}}]}}" for at in range(20))
    with pytest.raises(PolicyInvalid, match="make several rules of it"):
        of(rule("a", f"{{all: [{each}]}}"))


def test_a_policy_that_would_take_hours_to_go_through_is_refused_in_seconds() -> None:
    each = ", ".join(f"{{any: [{{uploader.a{at}: {{is: x}}}}, {{uploader.b{at}: {{is: x}}}}]}}" for at in range(10))
    begun = time.monotonic()
    with pytest.raises(PolicyInvalid, match="too many ways to hold"):
        of("".join(rule(f"r{at}", f"{{all: [{each}, {{width: {{is: {at}}}}}]}}") for at in range(300)))
    assert time.monotonic() - begun < 60


def wide(count: int, more: str = "") -> str:
    singles = ", ".join(f"{{uploader.a{at}: {{is: x}}}}" for at in range(count))
    return rule("wide", f"{{all: [{singles}{more}]}}")


def test_one_wide_rule_is_gone_through_or_refused_in_seconds() -> None:
    begun = time.monotonic()
    assert len(of(wide(900)).rules) == 1
    with pytest.raises(PolicyInvalid, match="hold together"):
        of(wide(4_000))
    anys = "".join(f", {{any: [{{uploader.c{at}: {{is: x}}}}, {{uploader.d{at}: {{is: x}}}}]}}" for at in range(10))
    with pytest.raises(PolicyInvalid, match="too many ways to hold"):
        of(wide(900, anys))
    assert time.monotonic() - begun < 60


@pytest.mark.parametrize("state", ["DRAFT", "EXPIRED", "BACKGROUND"])
def test_rules_of_which_one_does_not_act_contradict_nothing(state: str) -> None:
    of(rule("a", AI, "then: [{label: One}]") + rule("b", AI, "then: [{label: Two}]", f"state: {state}"))


def test_an_exception_that_is_not_in_force_hinders_nothing() -> None:
    of(rule("a", MARK, "", "state: DRAFT") + rule("b", MARK, more="unless: [a]"))


def test_rules_that_overlap_in_part_are_no_fault() -> None:
    of(rule("a", "{detector.generated.fpr: {at_most: 0.01}}") + rule("b", "{detector.generated.fpr: {at_most: 0.05}}"))


def test_five_hundred_rules_are_gone_through_in_seconds() -> None:
    rates = (f"{{all: [{AI}, {{detector.generated.fpr: {{at_most: 0.{at:04}}}}}]}}" for at in range(1, 500))
    policy = of("".join(rule(f"r{at}", when) for at, when in enumerate(rates)), HEAD)
    assert len(policy.rules) == 499
