"""From answers to a table: three values, days, and what stays with the operator."""

from datetime import date
from itertools import product

import pytest

from countermark.disclosure.duties.audit import audit
from countermark.disclosure.duties.manifest_checks import STAMP_IT
from countermark.disclosure.duties.profile import parse
from countermark.disclosure.duties.rules import Rule, rule_of
from countermark.disclosure.duties.subject import Subject
from tests.disclosure.duties.subjects import declared, evidence, recorded, signed, subject
from tests.disclosure.duties.test_profile import TINY

YES, NO, OPEN = "manifest.present", "manifest.timestamped", "operator"
VALUES: dict[str, bool | None] = {YES: True, NO: False, OPEN: None}


def met(rule: Rule) -> bool | None:
    return rule.answer(subject(signed())).met


@pytest.mark.parametrize("pair", list(product(VALUES, repeat=2)))
def test_all_and_any_have_three_values(pair: tuple[str, str]) -> None:
    values = [VALUES[name] for name in pair]
    least = False if False in values else None if None in values else True
    most = True if True in values else None if None in values else False
    assert met(rule_of({"all": list(pair)})) is least
    assert met(rule_of({"any": list(pair)})) is most


def test_all_rests_on_the_least_sure_and_any_on_the_surest() -> None:
    seen = subject(recorded(), declared(), evidence("watermark", "absent"))
    both = {"all": ["manifest.present", "sound.marked"]}
    silent = subject(recorded(), video=None)
    assert rule_of({"all": ["manifest.present", "manifest.id"]}).answer(seen).basis == "mark"
    assert rule_of({"any": ["manifest.present", "operator"]}).answer(seen).basis == "mark"
    twice = subject(signed(signed_at=None), recorded(credentials={"signed_at": "2026-01-01"}))
    asked = ["manifest.timestamped", "manifest.present"]
    assert rule_of({"all": asked}).answer(twice).basis == "mark"
    assert rule_of({"any": asked}).answer(twice).basis == "file"
    assert "could be opened" in rule_of(both).answer(silent).evidence


def test_a_duty_counts_on_its_days_alone() -> None:
    profile, unsigned = parse(TINY, "tiny"), subject()
    for month, failed in ((1, []), (2, ["signed"]), (3, ["signed"]), (5, ["signed"])):
        found = audit(unsigned, profile, date(2026, month, 15))
        assert [row.duty for row in found.failed] == failed
        assert [row.outcome for row in found.rows] == ["not met", "not decidable"], "it is shown all the same"
    early = audit(unsigned, profile, date(2026, 1, 15))
    assert (early.count("not met"), early.count("not met", in_force=False)) == (0, 1)


def test_a_row_says_all_that_is_known_of_its_duty() -> None:
    row = audit(subject(signed()), parse(TINY, "tiny"), date(2026, 3, 15)).rows[0]
    assert (row.duty, row.article, row.who, row.since, row.until) == ("signed", "s. 1", "provider", "2026-02-01", None)
    assert (row.outcome, row.basis, row.sources) == ("not decidable", None, ("act",))
    assert row.advice == "sign it" and row.evidence


def test_advice_of_an_answer_replaces_that_of_the_duty() -> None:
    day, unknown = date(2026, 3, 15), signed(trust="unknown_signer")

    def advice(check: str, seen: Subject) -> str | None:
        text = TINY.replace('{ all = ["manifest.present", { any = ["manifest.time", "operator"] }] }', check)
        return audit(seen, parse(text, "x"), day).rows[0].advice

    assert advice('"manifest.trusted"', subject(signed())) is None
    assert "trust update" in (advice('"manifest.trusted"', subject(unknown)) or "")
    assert advice('"manifest.trusted"', subject(signed(trust="expired"))) == "sign it"
    assert advice('{ all = ["manifest.trusted", "manifest.id"] }', subject()) == STAMP_IT, "said once"
    both = '{ all = ["manifest.trusted", "manifest.says_synthetic"] }'
    assert advice(both, subject(signed(trust="unknown_signer", says_synthetic=False))) == "sign it", "not all of it"
    assert advice('{ any = ["manifest.trusted", "operator"] }', subject(unknown)) == "sign it"


def test_what_stays_with_the_operator_is_never_met_by_a_file() -> None:
    text = TINY.replace('advice = "sign it"', 'advice = "sign it"\nstays_with_operator = true')
    text = text.replace('{ any = ["manifest.time", "operator"] }', '"manifest.id"')
    day = date(2026, 3, 15)
    assert audit(subject(signed()), parse(text, "x"), day).rows[0].outcome == "not decidable"
    assert audit(subject(), parse(text, "x"), day).rows[0].outcome == "not met", "the file's part is lacking"
