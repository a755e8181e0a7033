"""A policy is read within limits, what is wrong in it is named with its place, and it is kept in one form."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from countermark.errors import PackageMissing, PolicyInvalid
from countermark.moderation import Action, Review
from countermark.moderation.policies import DEFAULTS, Ground, Policy, Rule, default, read, written
from countermark.moderation.policies import conditions as writing
from countermark.moderation.policies.conditions import condition_of
from countermark.moderation.policies.documents import MOST_BYTES, parsed
from countermark.moderation.policies.values import All, Compare, Condition, IsKnown, Not
from countermark.tests.moderation.policies.drawn import with_known
from countermark.tests.moderation.policies.written import HEAD, of, rule

WHOLE = """
policy: whole
title: A whole one
norm: |
  What users read,
  in two lines.
unknown: {queue: later, priority: 3, people: 2}
undo_s: 60
people_to_agree: 2
sample_share: 0.25
rules:
  - id: first
    why: As it says.
    when:
      all:
        - uploader.score: {at_least: 3}
        - not: {mark: {in: [present]}}
        - known: tenant
    then: [remove, {label: 'Made with "AI"'}]
    review: {queue: people}
    state: BACKGROUND
    unless: [second]
    ground:
      kind: illegal
      reference: "Article 1"
      explanation: It does.
      category: STATEMENT_CATEGORY_SCAMS_AND_FRAUD
      keywords: [KEYWORD_PHISHING]
  - {id: second, why: Not then., when: {signed.by: {is: "yes"}}, state: BACKGROUND}
"""


def test_all_of_a_policy_is_read() -> None:
    when = All(
        (Compare("uploader.score", "at_least", 3.0), Not(Compare("mark", "in", ("present",))), IsKnown("tenant"))
    )
    ground = Ground("illegal", "Article 1", "It does.", "STATEMENT_CATEGORY_SCAMS_AND_FRAUD", ("KEYWORD_PHISHING",))
    first = Rule(
        "first",
        "As it says.",
        when,
        (Action("remove"), Action("label", 'Made with "AI"')),
        Review("people", 0, 2),
        ("second",),
        "BACKGROUND",
        ground,
    )
    second = Rule("second", "Not then.", Compare("signed.by", "is", "yes"), state="BACKGROUND")
    norm = "What users read,\nin two lines."
    assert read(WHOLE, "f") == Policy("whole", "A whole one", norm, (first, second), Review("later", 3, 2), 60, 2, 0.25)


@pytest.mark.parametrize("name", DEFAULTS)
def test_what_is_kept_is_read_as_the_same(name: str) -> None:
    kept = written(default(name))
    assert read(kept, "kept") == default(name) and written(read(kept, "kept")) == kept


def test_the_whole_one_is_kept_as_it_is() -> None:
    assert read(written(read(WHOLE, "f")), "kept") == read(WHOLE, "f")


@settings(max_examples=200, deadline=None)
@given(with_known)
def test_every_condition_is_kept_as_it_is(condition: Condition) -> None:
    try:
        again = condition_of(parsed(json.dumps(writing.plain(condition))))
    except PolicyInvalid as error:
        assert "each once" in str(error) or "deep" in str(error)
    else:
        assert again == condition


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "the document is empty"),
        ("- a", "a policy is written as keys with values"),
        ("policy: x\n", "line 1: a policy needs `title`, `norm`, `unknown`, `rules`"),
        ("policy: x\ntitel: y\n", "line 2, titel: a policy has no `titel`; did you mean `title`"),
        ("policy: x\npolicy: y\n", "line 2: the key `policy` stands twice"),
        ("a: &x 1\nb: *x\n", "line 1: anchors and aliases are not read"),
        ("a: !!python/object/apply:os.system [ls]\n", "line 1: tags such as"),
        ("a: 1\n---\nb: 1\n", "a second document"),
        ("a: [1\nb: 2\n", "line 2: no YAML"),
        ("a: \x07\n", "no YAML"),
        ("a: 1e999\n", "line 1: a number is too large"),
        ("[" * 5000, "nested deeper"),
        ("? [a]\n: b\n", "a key must be a text"),
        ("#" * (MOST_BYTES + 1), "at most 262144 are read"),
        ("[" + "1," * 60_000 + "1]", "more than 50000 values"),
        ('{"a": 1, "a": 2}', "the key `a` stands twice"),
        ('{"a": NaN}', "`NaN` is no number"),
        ('{"a": 1e999}', "too large"),
        ('{"a": ' + "[" * 100_000, "nested deeper"),
        ('{"a": 1,\n  oops}', "line 2: no JSON"),
    ],
)
def test_what_is_no_policy_is_refused(text: str, said: str) -> None:
    with pytest.raises(PolicyInvalid, match="^f: ") as caught:
        read(text, "f")
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("when", "said"),
    [
        ("{}", "line 8, rules[0].when: a condition is empty"),
        ("{mark: {is: present}, signed: {is: true}}", "put them under `all:`"),
        ("{all: []}", "`all` needs a list of at least one"),
        ("{outcom: {is: conflict}}", "no fact is called `outcom`; did you mean `outcome`?"),
        ("{uploader.: {is: true}}", "no fact is called"),
        ("{outcome: conflict}", "`outcome` needs one of is, in"),
        ("{outcome: {is: fake}}", "line 8, rules[0].when.outcome.is: `outcome` is never `fake`; there are conflict,"),
        ("{outcome: {is: 3}}", "held to a text, not to 3.0"),
        ("{outcome: {at_least: 3}}", "`at_least` does not go with `outcome`, a choice; there are is, in"),
        ("{outcomes: {is: conflict}}", "`is` does not go with `outcomes`, a set; there are contains, overlaps"),
        ("{detector.generated.fpr: {at_most: 1 %}}", "is held to a number, not to '1 %'"),
        ("{detector.generated.fpr: {at_most: 5}}", "is never 5: it lies between 0 and 1"),
        ("{signed: {is: yes}}", "is held to true or false, not to 'yes'"),
        ("{signed.by: {is: true}}", "put it in quotes"),
        ("{mark: {in: []}}", "`in` needs a list"),
        ("{uploader.x: {in: [1, a]}}", "of one kind"),
        ("{mark: {in: [present, present]}}", "each once"),
        ("{known: marks}", "no fact is called `marks`"),
        ("{known: [mark]}", "`known` needs the name"),
        ("{" + "not: {" * 21 + "signed: {is: true}" + "}" * 22, "nested at most 20 deep"),
    ],
)
def test_what_is_wrong_with_a_condition_is_named(when: str, said: str) -> None:
    with pytest.raises(PolicyInvalid) as caught:
        of(rule("a", when))
    assert said in str(caught.value)


MARK = "{mark: {is: present}}"


@pytest.mark.parametrize(
    ("rules", "said"),
    [
        (rule("a", MARK) + rule("a", MARK), "line 10, rules[1]: two rules have the id `a`"),
        (rule("A b", MARK), "is not of the form"),
        (rule("a", MARK, "then: [delete]"), "no action is called `delete`; there are label, restrict"),
        (rule("a", MARK, "then: [review]"), "write `review:` beside `then:`"),
        (rule("a", MARK, "then: [label]"), "a label needs words"),
        (rule("a", MARK, "then: [{label: A}, {label: B}]"), "an action stands twice"),
        (rule("a", MARK, "then: []"), "`then` is a list"),
        (rule("a", MARK, ""), "`a` does nothing"),
        (rule("a", MARK, more="unless: [b]"), "rules[0].unless: no rule has the id `b`"),
        (rule("a", MARK, more="unless: [a]"), "exception to itself"),
        (
            rule("a", MARK, more="unless: [b]")
            + rule("b", "{signed: {is: true}}", more="unless: [c]")
            + rule("c", "{known: mark}"),
            "`b` has an `unless` of its own",
        ),
        (rule("a", MARK, more="state: live"), "`live` is none of what is allowed; there are DRAFT, BACKGROUND"),
        (rule("a", MARK, "review: {queue: My Queue}"), "is not of the form"),
        (rule("a", MARK, "review: {queue: q, people: 1.5}"), "a whole number"),
        (rule("a", MARK, "review: {queue: q, people: 0}"), "a number from 1 to 5"),
        (rule("a", MARK, more="ground: {kind: bad, reference: r, explanation: e}"), "`bad` is none of what is allowed"),
        (
            rule("a", MARK, "review: {queue: q}", "ground: {kind: illegal, reference: r, explanation: e}"),
            "there is none",
        ),
        (
            rule("a", MARK, more="ground: {kind: illegal, reference: r, explanation: e, category: SCAMS}"),
            "`SCAMS` is none of what is allowed",
        ),
    ],
)
def test_what_is_wrong_with_a_rule_is_named(rules: str, said: str) -> None:
    with pytest.raises(PolicyInvalid) as caught:
        of(rules)
    assert said in str(caught.value)


def test_each_rule_that_cannot_be_read_is_named() -> None:
    rules = rule("a", "{mark: {is: green}}"), rule("b", "{mark: {is: absent}}"), rule("c", "{no_fact: {is: x}}")
    with pytest.raises(PolicyInvalid) as refused:
        of("".join(rules))
    assert [where.split(", ")[-1] for where, _ in refused.value.faults] == [
        "rules[0].when.mark.is",
        "rules[2].when.no_fact",
    ]
    assert "green" in str(refused.value) and "no_fact" in str(refused.value)


def test_there_are_at_most_five_hundred_rules() -> None:
    with pytest.raises(PolicyInvalid, match="1 to 500 rules"):
        of("".join(f"  - {{id: r{at}, why: w, when: {MARK}, then: [demote]}}\n" for at in range(501)))


@pytest.mark.parametrize("word", ["yes", "no", "on", "NO", "1:30", "0x1f", "2026-11-22", "1_000", ".inf", ".nan"])
def test_a_word_that_yaml_takes_for_something_else_stays_a_word(word: str) -> None:
    (found,) = of(rule("a", f"{{signed.by: {{is: {word}}}}}")).rules
    assert found.when == Compare("signed.by", "is", word)


PIECES = (
    "policy", "rules", "when", "all", "not", "mark", "is", ": ", "- ", "{", "}", "[", "]", ",",
    "\n", "  ", '"', "'", "|",
    "&a", "*a", "!!", "---", "#", "1e5", "true", "\ud800", "\x00", "\t", "%", "@", "?",
)  # fmt: skip


@settings(max_examples=400, deadline=None)
@given(st.one_of(st.text(max_size=80), st.lists(st.sampled_from(PIECES), max_size=40).map("".join)))
def test_whatever_is_given_is_read_or_refused_in_words(text: str) -> None:
    with pytest.raises(PolicyInvalid):
        read(text, "f")
    with pytest.raises(PolicyInvalid):
        of(rule("a", text))


def test_what_cannot_be_shown_is_in_no_condition() -> None:
    with pytest.raises(PolicyInvalid, match="all can be shown"):
        read(written(of(rule("a", "{signed.by: {is: XYZ}}"))).replace("XYZ", "\\ud800"), "f")


def test_json_needs_no_package(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = written(default("newsroom"))
    monkeypatch.setitem(sys.modules, "yaml", None)
    assert read(kept, "kept").name == "newsroom"
    with pytest.raises(PackageMissing, match="pyyaml"):
        read(HEAD, "f")


def test_the_page_names_every_fact() -> None:
    from countermark.moderation.policies.vocabulary import FACTS, PATTERNS

    page = (Path(__file__).resolve().parents[3] / "docs" / "policies.md").read_text()
    assert [name for name in (*FACTS, *PATTERNS) if f"| `{name}` |" not in page] == []
