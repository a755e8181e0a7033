"""C2PA's rules beyond those that the rubrics know: what each says of made-up manifests."""

from dataclasses import replace
from typing import Any

import pytest

from countermark.disclosure.duties.c2pa_checks import MOST_TOLD
from countermark.disclosure.duties.manifest_checks import BRING_SIGNERS, STAMP_IT
from countermark.disclosure.duties.rules import rule_of
from countermark.disclosure.duties.vocabulary import VOCABULARY
from countermark.evidence import ActionDetails, FailureDetails, IngredientDetails
from tests.disclosure.duties.subjects import MADE, VIDEO, evidence, recorded, signed, subject

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


@pytest.mark.parametrize(("container", "kind"), [("webm", "webm"), ("matroska", "mkv")])
def test_a_container_without_a_place_for_it(container: str, kind: str) -> None:
    unread = evidence("credentials", "inconclusive", FailureDetails("no place"))
    video = replace(VIDEO, container=container)
    held, bare = subject(unread, recorded(), video=video), subject(unread, video=video)
    for seen, basis in ((held, "mark"), (bare, None)):
        answer = rule_of("c2pa.binding").answer(seen)
        assert (answer.met, answer.basis, answer.advice) == (False, basis, "stamp it as mp4 or mov")
        assert f"no place in {kind} files" in answer.evidence and "bytes" not in answer.evidence
    for check in ("c2pa.first_action", "manifest.present"):
        by_record = rule_of(check).answer(held)
        assert by_record.met and by_record.evidence.startswith(
            "not in the file; in the record that the mark leads to: "
        )
        assert rule_of(check).answer(bare).advice == "stamp it as mp4 or mov"
        down = evidence("registry", "failed", FailureDetails("down"))
        assert rule_of(check).answer(subject(unread, down, video=video)).met is None


def test_a_development_identity_is_trusted_where_it_was_made() -> None:
    answer = rule_of("c2pa.trusted").answer(subject(signed(development=True)))
    assert answer.met and "development, and counts here alone" in answer.evidence


def test_what_to_do_about_who_is_not_known_here() -> None:
    unknown = signed(trust="unknown_signer", failures=("signingCredential.untrusted",))
    worse = signed(trust="broken", failures=("signingCredential.untrusted", "claimSignature.mismatch"))
    for check in ("c2pa.trusted", "c2pa.no_failures"):
        assert rule_of(check).answer(subject(unknown)).advice == BRING_SIGNERS
        assert rule_of(check).answer(subject(worse)).advice is None
    assert rule_of("c2pa.timestamped").answer(subject(signed())).advice is None


@pytest.mark.parametrize("name", [name for name in VOCABULARY if name.startswith(("c2pa.", "manifest."))])
def test_without_a_manifest_there_is_one_thing_to_do(name: str) -> None:
    answer = rule_of(name).answer(subject())
    assert (answer.met, answer.advice) == (False, STAMP_IT)


def test_where_there_is_none_or_none_could_be_read() -> None:
    unread = evidence("credentials", "failed", FailureDetails("the file can't be read"))
    assert rule_of("c2pa.no_failures").answer(subject()).met is False
    assert rule_of("c2pa.no_failures").answer(subject(unread)).met is None
