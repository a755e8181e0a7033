"""The forms of others: held to what their documentation says of each field."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from countermark.errors import ModerationUnfit
from countermark.moderation import Action, Decision, Held, Item, Ruling, Submission, Unsure
from countermark.moderation.hooks import Delivery, coop, osprey
from countermark.moderation.hooks.forms import standard
from countermark.moderation.people.values import Appeal, Notice, Place

AT = "2026-03-01T12:00:00.000000+00:00"
ITEM, USER = Item("v-17", "video"), Item("u-3", "user")

_TEXT = {"type": "string", "minLength": 1}


def _form(required: dict[str, Any], **optional: Any) -> dict[str, Any]:
    fields = {**required, **optional}
    return {"type": "object", "required": list(required), "properties": fields, "additionalProperties": False}


_NAME = {"id": _TEXT, "typeId": _TEXT}
_WHOLE = _form({**_NAME, "data": {"type": "object"}})
REPORT = _form(
    {
        "reporter": _form({**_NAME, "kind": {"const": "user"}}),
        "reportedAt": {"type": "string", "format": "date-time"},
        "reportedItem": _WHOLE,
    },
    reportedForReason=_form({}, policyId=_TEXT, reason={"type": "string"}, csam={"type": "boolean"}),
)
APPEAL = _form(
    {
        "appealId": _TEXT,
        "appealedBy": _form(_NAME),
        "appealedAt": {"type": "string", "format": "date-time"},
        "actionedItem": _WHOLE,
        "actionsTaken": {"type": "array", "items": _TEXT},
    },
    appealReason={"type": "string"},
    violatingPolicies={"type": "array", "items": _form({"id": _TEXT})},
)
OSPREY = _form(
    {
        "send_time": {"type": "string", "format": "date-time"},
        "data": _form(
            {
                "action_id": {"type": "string", "pattern": "^[0-9]+$"},
                "action_name": {"type": "string", "pattern": "^[a-z_]+$"},
                "data": {"type": "object"},
            }
        ),
    }
)


def fits(form: dict[str, Any], schema: dict[str, Any]) -> None:
    plain = json.loads(json.dumps(form))
    assert [error.message for error in Draft202012Validator(schema).iter_errors(plain)] == []


def notice(**more: Any) -> Notice:
    values = {"kind": "article_16", "category": "deepfake", "explanation": "that is not me", "place": Place()}
    return Notice("ntc_1", "ten_a", "rvw_1", ITEM, **{**values, **more}, good_faith=True, missing=(), made_at=AT)


def decision(ruling: Ruling) -> Decision:
    submission = Submission("sub_1", "ten_a", ITEM, "chk_1", AT, None)
    return Decision(
        *("dec_1", "ten_a", submission, "default", 1, 1, "first", 1, ruling, (), "service", "by hand", AT, AT)
    )


def test_a_notice_is_a_report_of_coop() -> None:
    form = coop.report_of_notice(notice(), {"title": "x"}, reporter=USER, policy_id="pol_9")
    fits(form, REPORT)
    assert form["reporter"] == {"kind": "user", "id": "u-3", "typeId": "user"}
    assert form["reportedItem"] == {"id": "v-17", "typeId": "video", "data": {"title": "x"}}
    assert form["reportedForReason"] == {"policyId": "pol_9", "reason": "that is not me", "csam": False}
    assert datetime.fromisoformat(form["reportedAt"]).tzinfo is not None
    fits(coop.report_of_notice(notice(), {}, reporter=USER, csam=True), REPORT)


def test_a_decision_is_a_report_that_says_why() -> None:
    ruling = Ruling((Held("r1", "a face was replaced"),), (Unsure("r2", ("score",)),), (), None)
    form = coop.report_of_decision(decision(ruling), {}, reporter=USER)
    fits(form, REPORT)
    assert form["reportedForReason"]["reason"] == "a face was replaced; r2 can't be answered: score"
    empty = coop.report_of_decision(decision(Ruling((), (), (), None)), {}, reporter=USER)
    assert empty["reportedForReason"]["reason"] == "by hand"


def test_an_appeal_is_coops() -> None:
    made = Appeal("apl_1", "ten_a", "dec_1", "uploader", None, "rvw_1", ITEM, (Action("remove"),), "satire", (), AT)
    form = coop.appeal(made, {"title": "x"}, by=USER, action_ids=["act_1"], policy_ids=["pol_9"])
    fits(form, APPEAL)
    assert (form["appealId"], form["actionsTaken"]) == ("apl_1", ["act_1"])
    assert form["violatingPolicies"] == [{"id": "pol_9"}]
    assert form["appealReason"] == "satire"


@pytest.mark.parametrize(("word", "granted"), [("ACCEPT", True), ("REJECT", False)])
def test_an_answer_of_coop_is_read(word: str, granted: bool) -> None:
    said = {"appealId": "apl_1", "item": {"id": "v-17", "typeId": "video"}, "appealDecision": word, "custom": {}}
    assert coop.answered(said) == coop.Answered("apl_1", ITEM, granted)


@pytest.mark.parametrize("wrong", [{"appealDecision": "MAYBE"}, {"item": {"id": 1}}, {"appealId": None}, {"item": []}])
def test_an_answer_that_is_none_is_refused(wrong: dict[str, Any]) -> None:
    said = {"appealId": "apl_1", "item": {"id": "v-17", "typeId": "video"}, "appealDecision": "ACCEPT"}
    with pytest.raises(ModerationUnfit):
        coop.answered({**said, **wrong})


def test_an_event_is_an_action_of_osprey() -> None:
    body = standard("decision.made", AT, {"id": "dec_1", "actions": ["remove"]}, "video:v-17", 4)
    delivery = Delivery("dlv_1", "hok_1", "ten_a", "video:v-17", 4, "decision.made", body, AT, 0, 0)
    form = osprey.action(delivery)
    fits(form, OSPREY)
    assert form["send_time"] == AT and form["data"]["action_name"] == "decision_made"
    assert form["data"]["data"] == {"id": "dec_1", "actions": ["remove"], "subject": "video:v-17", "sequence": 4}
    assert int(form["data"]["action_id"]) < 2**63
    assert osprey.action(delivery) == form
    assert json.loads(osprey.written(delivery, "osprey")) == form
    assert osprey.written(delivery, "standard") == body.encode()
