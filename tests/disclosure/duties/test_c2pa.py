"""C2PA's rules beyond those that the rubrics know: what each says of made-up manifests."""

from typing import Any

import pytest

from countermark.disclosure.duties.c2pa_checks import MOST_TOLD
from countermark.disclosure.duties.rules import rule_of
from countermark.evidence import ActionDetails, FailureDetails, IngredientDetails
from tests.disclosure.duties.subjects import MADE, evidence, recorded, signed, subject

MARKED = ActionDetails("c2pa.watermarked.unbound")


@pytest.mark.parametrize(
    ("check", "changes", "met"),
    [
        ("first_action", {"actions": (MARKED, MADE)}, False),
        ("first_action", {"actions": ()}, False),
        ("created_source_type", {"actions": (ActionDetails("c2pa.created"),)}, False),
        ("custom_actions", {"actions": (ActionDetails(""),)}, False),
        ("known_actions", {"actions": (MADE,) * MOST_TOLD}, None),  # what comes after these, Evidence does not tell
        ("manifest_urn", {"manifest_id": "acme:urn:uuid:1"}, False),
        ("manifest_urn", {"manifest_id": ""}, False),
        ("binding", {"content_matches": False}, False),
        ("well_formed", {"failures": ("assertion.cbor.invalid",)}, False),
        ("valid", {"failures": ("assertion.cbor.invalid", "timeStamp.mismatch")}, True),
        ("valid", {"failures": ("assertion.dataHash.mismatch",)}, False),
        ("trusted", {"failures": ("signingCredential.untrusted",)}, False),
        ("no_failures", {"failures": ("timeStamp.mismatch",)}, False),
        ("no_failures", {}, True),
        ("claim_generator", {"claim_generator": None}, False),
        ("timestamped", {}, False),
        ("timestamped", {"signed_at": "2026-01-01T00:00:00Z"}, True),
        ("ai_disclosure", {"ai_facts": ("modelType: c2pa.types.model", "modelName: M")}, True),
        ("ai_disclosure", {"ai_facts": ("model: M",)}, False),
        ("ai_disclosure", {"says_synthetic": False}, True),
        ("watermarked", {"actions": (MADE, MARKED)}, True),
        ("watermarked", {}, False),
        ("watermarked", {"actions": (MADE,) * MOST_TOLD}, None),
        ("ingredients", {"ingredient_failures": ("ingredient.manifest.mismatch",)}, False),
        ("relationships", {"ingredients": (IngredientDetails("a", "auntOf"),)}, False),
        ("relationships", {"ingredients": (IngredientDetails("a", "inputTo"),)}, True),
    ],
)
def test_what_a_manifest_has_to_say(check: str, changes: dict[str, Any], met: bool | None) -> None:
    answer = rule_of(f"c2pa.{check}").answer(subject(signed(**changes)))
    assert (answer.met, answer.basis) == (met, "file") and answer.evidence


def test_a_manifest_that_came_back_without_its_file_is_bound_to_none() -> None:
    for how, basis in (("mark", "mark"), ("fingerprint", "looks")):
        answer = rule_of("c2pa.binding").answer(subject(recorded(found_by=how)))
        assert (answer.met, answer.basis) == (False, basis)
        assert rule_of("c2pa.first_action").answer(subject(recorded(found_by=how))).basis == basis


def test_where_there_is_none_or_none_could_be_read() -> None:
    unread = evidence("credentials", "failed", FailureDetails("the file can't be read"))
    assert rule_of("c2pa.no_failures").answer(subject()).met is False
    assert rule_of("c2pa.no_failures").answer(subject(unread)).met is None
