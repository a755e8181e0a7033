"""What comes of facts: who acts, who is unsure, who runs without doing anything."""

from __future__ import annotations

import pytest

from countermark.moderation import Action, Review, Unsure
from countermark.moderation.policies import Facts, Members, State, ruled
from countermark.tests.moderation.policies.written import HEAD, of, rule

AI, MARK = "{outcomes: {contains: likely_ai}}", "{mark: {is: present}}"
SURE = Facts({"outcomes": Members(frozenset({"likely_ai"}), frozenset({"likely_ai"})), "mark": "present"})


def test_actions_stand_once_and_the_hardest_first() -> None:
    policy = of(rule("a", AI, "then: [{label: AI}, demote]") + rule("b", MARK, "then: [block, demote]"))
    found = ruled(policy, SURE)
    assert found.actions == (Action("block"), Action("demote"), Action("label", "AI"))
    assert (found.effect, [one.rule for one in found.held]) == ("actions", ["a", "b"])


def test_reviews_join_the_most_urgent_queue_and_as_many_people_as_any_asks_for() -> None:
    two = rule("a", AI, "review: {queue: slow, priority: 1, people: 3}")
    policy = of(two + rule("b", MARK, "review: {queue: fast, priority: 9}"))
    assert ruled(policy, SURE).review == Review("fast", 9, 3)


def test_people_to_agree_is_of_reviews_that_do_not_say() -> None:
    head = HEAD.replace("rules:", "people_to_agree: 2\nrules:")
    policy = of(rule("a", AI, "review: {queue: q}"), head)
    assert ruled(policy, SURE).review == Review("q", 0, 2) and policy.unknown.people == 2


def test_what_could_act_and_is_unsure_goes_to_people() -> None:
    found = ruled(of(rule("a", AI) + rule("b", MARK)), Facts({"mark": "present"}))
    assert found.unsure == (Unsure("a", ("outcomes",)),)
    assert (found.effect, found.review) == ("review", Review("unsure"))
    assert found.actions == (Action("demote"),)  # of what held; people look first


def test_an_exception_that_is_unsure_leaves_unsure_what_it_would_hinder() -> None:
    policy = of(rule("let", MARK, "") + rule("a", AI, more="unless: [let]"))
    found = ruled(policy, Facts({"outcomes": SURE.values["outcomes"]}))
    assert [one.rule for one in found.unsure] == ["let", "a"]
    assert found.unsure[1].missing == ("mark",) and found.effect == "review"


def test_an_exception_alone_sends_nobody_to_look() -> None:
    policy = of(rule("let", MARK, "") + rule("a", AI, more="unless: [let]"))
    nothing = Facts({"outcomes": Members(frozenset())})
    found = ruled(policy, nothing)
    assert [one.rule for one in found.unsure] == ["let"] and found.effect == "none"


def test_an_exception_that_holds_hinders() -> None:
    policy = of(rule("let", MARK, "") + rule("a", AI, more="unless: [let]"))
    found = ruled(policy, SURE)
    assert [one.rule for one in found.held] == ["let"] and found.effect == "none"


@pytest.mark.parametrize(
    ("of_rule", "of_version", "live", "background"),
    [
        ("LIVE", "LIVE", 1, 0),
        ("LIVE", "BACKGROUND", 0, 1),
        ("BACKGROUND", "LIVE", 0, 1),
        ("BACKGROUND", "BACKGROUND", 0, 1),
        ("DRAFT", "LIVE", 0, 0),
        ("LIVE", "DRAFT", 0, 0),
        ("EXPIRED", "BACKGROUND", 0, 0),
        ("LIVE", "EXPIRED", 0, 0),
    ],
)
def test_the_weaker_state_counts(of_rule: str, of_version: State, live: int, background: int) -> None:
    policy = of(rule("a", AI, more=f"state: {of_rule}"))
    found = ruled(policy, SURE, of_version)
    assert (len(found.held), len(found.background)) == (live, background)
    unsure = ruled(policy, Facts(), of_version)
    assert (len(unsure.unsure), len(unsure.background_unsure)) == (live, background)
    assert unsure.effect == ("review" if live else "none")


def test_an_exception_in_the_background_hinders_only_what_runs_there() -> None:
    let = rule("let", MARK, "", "state: BACKGROUND")
    policy = of(let + rule("a", AI, more="unless: [let]") + rule("b", f"{{all: [{AI}]}}", "then: [block]",
                "unless: [let]\n    state: BACKGROUND"))  # fmt: skip
    found = ruled(policy, SURE)
    assert [one.rule for one in found.held] == ["a"] and [one.rule for one in found.background] == ["let"]
