"""Statements: what a decision becomes, what the form refuses, and that nobody is named."""

from __future__ import annotations

import json
import re
from dataclasses import fields as fields_of
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from countermark.errors import StatementInvalid
from countermark.moderation import Action, Held, Ruling
from countermark.moderation import statements as room
from countermark.moderation.policies import DEFAULTS, default
from countermark.moderation.statements import ItemFacts, Statement, built, check, fields, personal
from countermark.moderation.statements.building import held_of
from countermark.moderation.statements.language import LANGUAGES, Language
from countermark.tests.moderation.statements.cases import LABEL, LAW, TERMS, decision, statement, without_actions

SCHEMA = json.loads((Path(room.__file__).parent / "statement.schema.json").read_text())
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)
TUPLES = {each.name for each in fields_of(Statement) if "tuple" in str(each.type)}


def test_what_people_decided_otherwise_rests_on_no_rule_that_held() -> None:
    crime = Held("crime", "A face of another.", (Action("block"),))
    one = decision(Action("label", "Satire"), ruling=Ruling((crime,), (), (Action("block"),), None), by="person:p")
    assert held_of(one) == ()
    assert "face" not in built(one, TERMS, ItemFacts()).decision_facts


# What it is made of -------------------------------------------------------------------------------------------------


def test_a_label_by_the_service_on_its_own_initiative() -> None:
    made = built(decision(), TERMS, ItemFacts(found=("Synthetic: made or changed by AI or another algorithm.",)))
    assert VALIDATOR.is_valid(made.body())
    assert made.body() == {
        "puid": "dec_aaaa",
        "decision_ground": "DECISION_GROUND_INCOMPATIBLE_CONTENT",
        "incompatible_content_ground": TERMS.reference,
        "incompatible_content_explanation": TERMS.explanation,
        "content_type": ["CONTENT_TYPE_SYNTHETIC_MEDIA", "CONTENT_TYPE_VIDEO"],
        "category": "STATEMENT_CATEGORY_OTHER_VIOLATION_TC",
        "territorial_scope": list(fields.EU),
        "content_date": "2026-03-01",
        "application_date": "2026-03-02",
        "decision_facts": made.decision_facts,
        "source_type": "SOURCE_VOLUNTARY",
        "automated_detection": "Yes",
        "automated_decision": "AUTOMATED_DECISION_FULLY",
        "decision_visibility": ["DECISION_VISIBILITY_CONTENT_LABELLED"],
    }
    assert len(fields.EU) == 27
    for words in (
        "own initiative",
        "Synthetic: made or changed",
        "carries the mark of a generator",
        "without a person",
    ):
        assert words in made.decision_facts


def test_an_illegal_one_after_a_notice_that_a_person_decided_on() -> None:
    facts = ItemFacts(source="trusted_flagger", content_language="DE", account_type="private", ends="2026-09-01")
    made = built(decision(Action("remove"), by="person:per_77"), LAW, facts)
    assert VALIDATOR.is_valid(made.body())
    assert made.source_type == "SOURCE_TRUSTED_FLAGGER"
    assert (made.automated_detection, made.automated_decision) == ("No", "AUTOMATED_DECISION_PARTIALLY")
    assert made.illegal_content_legal_ground == LAW.reference and not made.incompatible_content_ground
    assert made.category_specification == ("KEYWORD_NON_CONSENSUAL_MATERIAL_DEEPFAKE",)
    assert made.account_type == "ACCOUNT_TYPE_PRIVATE" and made.end_date_visibility_restriction == "2026-09-01"


@pytest.mark.parametrize(
    ("action", "called"),
    [
        (LABEL, "LABELLED"),
        (Action("demote"), "DEMOTED"),
        (Action("remove"), "REMOVED"),
        (Action("block"), "DISABLED"),
        (Action("restrict", "adults"), "AGE_RESTRICTED"),
        (Action("restrict", "18+"), "AGE_RESTRICTED"),
        (Action("restrict", "age 16"), "AGE_RESTRICTED"),
        (Action("restrict", "no comments"), "INTERACTION_RESTRICTED"),
        (Action("restrict", "package"), "INTERACTION_RESTRICTED"),
    ],
)
def test_what_actions_are_called(action: Action, called: str) -> None:
    made = built(decision(action), TERMS, ItemFacts())
    assert made.decision_visibility == (f"DECISION_VISIBILITY_CONTENT_{called}",)


def test_several_actions_are_named_once_each() -> None:
    made = built(decision(Action("block"), Action("label", "a"), Action("label", "b")), TERMS, ItemFacts())
    assert [one[-8:] for one in made.decision_visibility] == ["DISABLED", "LABELLED"]


@pytest.mark.parametrize(
    ("source", "by", "held", "detection", "taken"),
    [
        ("voluntary", "service", True, "Yes", "FULLY"),
        ("article_16", "service", True, "No", "FULLY"),
        ("other_notification", "person:p", True, "No", "PARTIALLY"),
        ("voluntary", "person:p", True, "Yes", "PARTIALLY"),
        ("voluntary", "person:p", False, "No", "NOT_AUTOMATED"),
    ],
)
def test_how_much_of_it_machines_did(source: Any, by: str, held: bool, detection: str, taken: str) -> None:
    made = built(decision(by=by, held=held), TERMS, ItemFacts(source=source))
    assert (made.automated_detection, made.automated_decision) == (detection, f"AUTOMATED_DECISION_{taken}")


@pytest.mark.parametrize("left", ["none", "background", "undone"])
def test_none_is_made_where_nothing_is_restricted(left: str) -> None:
    of = {
        "none": without_actions(decision()),
        "background": decision(background=True),
        "undone": decision(undone_at="2026-03-02T10:01:00.000000+00:00"),
    }[left]
    with pytest.raises(StatementInvalid, match="nothing is restricted"):
        built(of, TERMS, ItemFacts())


def test_facts_that_are_too_long_lose_whole_sentences() -> None:
    many = tuple(Held(f"r{n}", f"reason {n} " + "x" * 300, (LABEL,)) for n in range(40))
    made = built(decision(ruling=Ruling(many, (), (LABEL,), None)), TERMS, ItemFacts())
    assert 4000 < len(made.decision_facts) <= 5000
    assert "reason 0" in made.decision_facts and "reason 39" not in made.decision_facts
    assert made.decision_facts.endswith("without a person.")


def test_facts_speak_german() -> None:
    made = built(decision(), TERMS, ItemFacts(), "de")
    assert made.decision_facts.startswith("Die Plattform hat das Video aus eigenem Antrieb geprüft.")


def test_the_grounds_of_shipped_policies_make_sound_statements() -> None:
    grounds = [rule.ground for name in DEFAULTS for rule in default(name).rules if rule.ground is not None]
    assert len(grounds) > 2
    for ground in grounds:
        assert VALIDATOR.is_valid(built(decision(), ground, ItemFacts()).body())


# The form -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("field", "more"),
    [
        ("puid", {"puid": ""}),
        ("puid", {"puid": "a b"}),
        ("puid", {"puid": "abc\n"}),
        ("puid", {"puid": "ä"}),
        ("puid", {"puid": "a" * 501}),
        ("decision_facts", {"decision_facts": " \n"}),
        ("decision_facts", {"decision_facts": "x" * 5001}),
        ("decision_facts", {"decision_facts": "a\x00b"}),
        ("decision_facts", {"decision_facts": "a\ud800b"}),
        ("incompatible_content_ground", {"incompatible_content_ground": ""}),
        ("incompatible_content_explanation", {"incompatible_content_explanation": "x" * 2001}),
        ("illegal_content_legal_ground", {"illegal_content_legal_ground": "law"}),
        ("illegal_content_legal_ground", {"decision_ground": fields.ILLEGAL}),
        ("decision_ground", {"decision_ground": "DECISION_GROUND_ILLEGAL"}),
        ("decision_visibility", {"decision_visibility": ()}),
        ("decision_visibility", {"decision_visibility": ("REMOVED",)}),
        ("decision_visibility", {"decision_visibility": (fields.LABELLED, fields.LABELLED)}),
        ("decision_visibility_other", {"decision_visibility": (fields.OTHER,)}),
        ("decision_visibility_other", {"decision_visibility_other": "blurred"}),
        ("decision_monetary_other", {"decision_monetary": "DECISION_MONETARY_OTHER"}),
        ("content_type", {"content_type": ()}),
        ("content_type_other", {"content_type": ("CONTENT_TYPE_OTHER",)}),
        ("category", {"category": "STATEMENT_CATEGORY_PORNOGRAPHY_OR_SEXUALIZED_CONTENT"}),
        ("category_specification", {"category_specification": ("KEYWORD_NON_CONSENSUAL_ITEMS_DEEPFAKE",)}),
        ("category_specification_other", {"category_specification_other": "else"}),
        ("territorial_scope", {"territorial_scope": ("CH",)}),
        ("territorial_scope", {"territorial_scope": ()}),
        ("content_language", {"content_language": "de"}),
        ("content_date", {"content_date": "1999-12-31"}),
        ("content_date", {"content_date": "2026-02-30"}),
        ("content_date", {"content_date": "20260301"}),
        ("application_date", {"application_date": "2019-12-31"}),
        ("application_date", {"application_date": "2038-01-02"}),
        ("end_date_visibility_restriction", {"end_date_visibility_restriction": "2026-03-01"}),
        ("source_identity", {"source_identity": "a flagger"}),
        ("decision_ground_reference_url", {"decision_ground_reference_url": "ftp://example.org/terms"}),
        ("automated_detection", {"automated_detection": "yes"}),
        ("incompatible_content_illegal", {"incompatible_content_illegal": "Maybe"}),
    ],
)
def test_the_form_refuses_and_names_the_field(field: str, more: dict[str, Any]) -> None:
    with pytest.raises(StatementInvalid, match=rf"\b{field}\b"):
        check(statement(**more))


def _bodies() -> st.SearchStrategy[dict[str, Any]]:
    """Give sound statements, of which any fields were exchanged for values that may go there, or may not."""
    words = st.sampled_from(["", " ", "plain words", "x" * 500, "x" * 501, "x" * 2001, "x" * 5001])
    other = {
        **{name: st.sampled_from(["", "NONSENSE", *values]) for name, values in fields.VALUES.items()},
        **{name: words for name in fields.FREE},
        "decision_ground_reference_url": st.sampled_from(
            ["", "https://example.org/terms", "example.org", "https:///a"]
        ),
        "puid": st.sampled_from(["", "a", "A-_9", "a" * 500, "a" * 501, "a.b", "ä"]),
    }
    for name in TUPLES:
        members = st.sampled_from([*fields.VALUES[name][:4], *fields.VALUES[name][-2:], "NONSENSE"])
        other[name] = st.lists(members, max_size=3).map(tuple)
    return st.fixed_dictionaries({}, optional=other).flatmap(
        lambda more: st.sampled_from([dict(list(more.items())[:n]) for n in (0, 1, 2, 4, len(more))])
    )


@settings(max_examples=400, deadline=None)
@given(more=_bodies(), illegal=st.booleans())
def test_the_schema_and_the_code_refuse_the_same(more: dict[str, Any], illegal: bool) -> None:
    made = replace(built(decision(), LAW if illegal else TERMS, ItemFacts()), **more)
    try:
        check(made)
        passes = True
    except StatementInvalid:
        passes = False
    assert VALIDATOR.is_valid(made.body()) == passes, made.body()


def test_the_schema_has_each_field_of_the_form_and_no_redress() -> None:
    assert set(SCHEMA["properties"]) == {each.name for each in fields_of(Statement)}
    assert not any("redress" in name or "appeal" in name for name in SCHEMA["properties"])
    assert SCHEMA["properties"]["decision_facts"]["maxLength"] == 5000
    assert len(fields.CATEGORIES) == 16 and len(fields.VALUES["territorial_scope"]) == 30


@settings(max_examples=150, deadline=None)
@given(
    why=st.text(max_size=7000),
    found=st.lists(st.text(max_size=3000), max_size=4),
    uploaded=st.dates(date(2000, 1, 1), date(2026, 3, 2)),
    kinds=st.lists(st.sampled_from(["label", "restrict", "demote", "remove", "block"]), min_size=1, unique=True),
)
def test_whatever_is_built_is_sound_or_refused(why: str, found: list[str], uploaded: date, kinds: list[Any]) -> None:
    actions = tuple(Action(kind, "adults") for kind in kinds)
    ruling = Ruling((Held("r", why, actions),), (), actions, None)
    facts = ItemFacts(found=tuple(found), content_date=uploaded.isoformat())
    try:
        made = built(decision(*actions, ruling=ruling), TERMS, facts)
    except StatementInvalid as error:
        assert str(error).startswith("decision_facts ")
        return
    assert VALIDATOR.is_valid(made.body())
    assert len(made.decision_facts) <= 5000


# Nobody is named ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("write to ada@example.org", "e-mail"),
        ("write to ＡＤＡ＠example.org", "e-mail"),
        ("write to a\u200bda@exam\u00adple.org", "e-mail"),
        ("write to ada @ example.org", "e-mail"),
        ("posted by @ada_l", "handle"),
        ("see https://example.org/@ada", "handle"),
        ("see u/ada_l there", "handle"),
        ("at https://ada:pw@host/x", "handle"),
        ("call +49 30 1234567", "telephone"),
        ("call 030/123 45 67 8", "telephone"),
        ("call (0)171-5550123", "telephone"),
        ("call 00491715550123.", "telephone"),
        ("call +49 30.1234567", "telephone"),
        ("call 0171.5550123", "telephone"),
        ("call 0171 555 01 23", "telephone"),
        ("from 10.11.12.13.", "IP"),
        ("from 10.11.12.13:443", "IP"),
        ("from [2001:db8::7]", "IP"),
        ("from fe80::1%eth0", "IP"),
    ],
)
def test_personal_data_is_found(text: str, kind: str) -> None:
    found = personal.kind_of(text)
    assert found is not None and kind in found
    with pytest.raises(StatementInvalid, match="decision_facts") as refused:
        check(statement(decision_facts=f"The video. {text}"))
    assert text.split()[-1].rstrip(".") not in str(refused.value)


@pytest.mark.parametrize(
    "text",
    [
        "Regulation (EU) 2022/2065, Article 50(2) of Regulation (EU) 2024/1689",
        "https://eur-lex.europa.eu/eli/reg/2022/2065/oj",
        "from 2026-03-01 to 2026-09-01, at 12:30:15",
        "am 1.3.2026, § 201a StGB",
        "a score of 0.98312345 at a false positive rate of 0.001, in 1200000 frames",
        "scores of 0.98 0.97 0.96 0.95, or 0.98/0.97",
        "between 12.5 s and 17.25 s; 1920x1080, version 1.2.3",
        "std::vector, a ratio of 16:9, C2PA 2.4",
    ],
)
def test_plain_words_are_not_taken_for_personal_data(text: str) -> None:
    assert personal.kind_of(text) is None


@pytest.mark.parametrize(
    "field", ["decision_facts", "incompatible_content_ground", "incompatible_content_explanation",
              "decision_ground_reference_url"],
)  # fmt: skip
@pytest.mark.parametrize("name", ["ADA.LOVELACE", "48213", "countess"])
def test_the_uploaders_names_are_in_no_text(field: str, name: str) -> None:
    uploader = {"account": {"login": "Ada.Lovelace", "id": 48213}, "country": "DE", "names": ["Countess"]}
    text = f"https://example.org/{name}" if field.endswith("url") else f"as {name} says"
    with pytest.raises(StatementInvalid, match=rf"{field} holds") as refused:
        check(statement(**{field: text}), personal.names_in(uploader))
    assert name.casefold() not in str(refused.value).casefold()


def test_a_rule_that_names_the_uploader_or_the_reviewer_makes_no_statement() -> None:
    for why in ("the account ada.lovelace posts such videos", "per_77 saw it"):
        held = Ruling((Held("r", why, (LABEL,)),), (), (LABEL,), None)
        with pytest.raises(StatementInvalid, match="decision_facts holds"):
            built(decision(ruling=held, by="person:per_77"), TERMS, ItemFacts())


def test_what_many_share_names_nobody() -> None:
    held = Ruling((Held("r", "trusted uploaders label such videos in DE", (LABEL,)),), (), (LABEL,), None)
    assert built(decision(ruling=held), TERMS, ItemFacts())


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("source", ["article_16", "trusted_flagger", "other_notification", "voluntary"])
def test_our_own_sentences_name_nobody_whatever_they_are_called(source: Any, language: Language) -> None:
    held = Ruling((Held("r", "§ 4", (LABEL,)),), (), (LABEL,), None)
    for by, ruling in (("service", held), ("person:p", held), ("person:p", Ruling((), (), (), None))):
        facts = ItemFacts(source=source, found=("1",))
        of = decision(by=by, ruling=ruling, uploader={})
        words = re.findall(r"\w+", built(of, TERMS, facts, language).decision_facts)
        for word in words:
            named = replace(of, submission=replace(of.submission, uploader={"account": word}))
            assert built(named, replace(TERMS, reference="§", explanation="§"), facts, language)


@given(st.text(alphabet=".:@a1+-/ ", max_size=5000))
@settings(max_examples=40, deadline=timedelta(seconds=2))
def test_no_text_takes_long_to_look_through(text: str) -> None:
    personal.kind_of(text)


@pytest.mark.parametrize("unit", [".", ":", "a.", "1 ", "a@", "@a.", "1(", "aa", "2022/", "0."])
@pytest.mark.timeout(20)
def test_no_text_is_made_to_take_long(unit: str) -> None:
    personal.kind_of((unit * 5000)[:5000])
