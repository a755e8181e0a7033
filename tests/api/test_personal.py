"""What is personal is shown to whoever may see it, and to nobody else: in details, in reasons, in pieces of text."""

import dataclasses
import json
from dataclasses import fields, replace
from typing import Any

import pytest

from countermark.accounts import SOMEBODY, Caller
from countermark.api import personal
from countermark.evidence import (
    ActionDetails,
    CredentialDetails,
    DetectorDetails,
    Evidence,
    FingerprintDetails,
    HumanDetails,
    IdentityDetails,
    IngredientDetails,
    RecordDetails,
)
from countermark.evidence.credentials import Trust
from countermark.verdict import Judgement, Verdict, fold

DIGEST = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
STAFF = Caller("main", "person:x", "x", frozenset({"checks:read", "provenance:personal"}), "reviewer")
AI = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"


def credentials(trust: Trust = "trusted", **more: Any) -> CredentialDetails:
    given: dict[str, Any] = {
        "signer": "SIGNER-X",
        "claim_generator": "GENERATOR-X",
        "title": "TITLE-X.mp4",
        "source_types": (AI,),
        "says_synthetic": True,
        "actions": (ActionDetails("c2pa.created", AI, "AGENT-X"),),
        "ingredients": (IngredientDetails("INGREDIENT-X", "parentOf", "urn:c2pa:1", "INGREDIENT-SIGNER-X"),),
        "identities": (IdentityDetails("cawg.x509.cose", "confirmed", "NAME-X", "ISSUER-X", ("web: CLAIM-X at Y",)),),
        "ai_facts": ("author: FACT-X",),
        "earlier": ("EARLIER-X",),
        "remarks": ("taken by photo@person.example at 48.137154N 11.576124E",),
    }
    return CredentialDetails("urn:c2pa:0", trust, True, **{**given, **more})


def judged(*details: Any, finding: Any = "present") -> Verdict:
    return fold(DIGEST, [Evidence(DIGEST, "container", "x", "1", finding, details=one) for one in details], Judgement())


def text(verdict: Verdict) -> str:
    return json.dumps(dataclasses.asdict(verdict))


# Of CredentialDetails and what is in it: shown to all; shown where the signature is trusted; never shown.
ALWAYS = {"manifest_id", "trust", "content_matches", "signed_at", "source_types", "says_synthetic", "says_captured"}
ALWAYS |= {"development", "failures", "ingredient_failures", "state", "place", "manifests", "fragments", "pieces"}
ALWAYS |= {"labels", "remarks", "kind"}  # texts of ours, or of validators; what they quote is taken out
TRUSTED = {"signer", "claim_generator", "actions", "ai_facts", "earlier"}
NEVER = {"title", "ingredients", "identities"}


def test_each_field_of_credentials_was_thought_about() -> None:
    assert {one.name for one in fields(CredentialDetails)} == ALWAYS | TRUSTED | NEVER
    assert {one.name for one in fields(IdentityDetails)} == {"method", "standing", "name", "issuer", "claims", "codes"}
    assert {one.name for one in fields(ActionDetails)} == {"action", "source_type", "agent", "when"}
    ingredient = {"title", "relationship", "manifest_id", "signer", "failures"}
    assert {one.name for one in fields(IngredientDetails)} == ingredient


PERSONAL = ("TITLE-X", "INGREDIENT-X", "INGREDIENT-SIGNER-X", "NAME-X", "ISSUER-X", "CLAIM-X", "person.example", "48.1")
OF_PRODUCTS = ("SIGNER-X", "GENERATOR-X", "AGENT-X", "FACT-X", "EARLIER-X")


def test_who_may_see_it_sees_all() -> None:
    verdict = judged(credentials())
    assert personal.shown_to(verdict, STAFF) is verdict
    assert all(word in text(verdict) for word in PERSONAL + OF_PRODUCTS)


@pytest.mark.parametrize("wrapped", [False, True])
def test_of_a_trusted_signer_products_are_shown_and_people_are_not(wrapped: bool) -> None:
    verdict = judged(in_a_record(credentials()) if wrapped else credentials())
    shown = personal.shown_to(verdict, SOMEBODY)
    said = text(shown)
    assert not any(word in said for word in PERSONAL), said
    assert all(word in said for word in OF_PRODUCTS)
    found = next(credentials_in(shown))
    assert (found.identities[0].method, found.identities[0].standing) == ("cawg.x509.cose", "confirmed")


@pytest.mark.parametrize("trust", ["unknown_signer", "expired", "not_yet_valid", "revoked", "broken"])
def test_of_anybody_else_no_name_is_shown(trust: Trust) -> None:
    """Whoever makes a certificate of their own may write their own name into it."""
    for details in (credentials(trust), in_a_record(credentials(trust))):
        verdict = judged(details)
        said = text(personal.shown_to(verdict, SOMEBODY))
        assert not any(word in said for word in PERSONAL + OF_PRODUCTS), said
    assert verdict.outcome == personal.shown_to(verdict, SOMEBODY).outcome


def test_reasons_quote_nobody() -> None:
    verdict = judged(credentials("unknown_signer", says_synthetic=False))
    assert any("SIGNER-X" in reason for reason in verdict.reasons) and any("NAME-X" in r for r in verdict.reasons)
    shown = personal.shown_to(verdict, SOMEBODY)
    assert any(reason.startswith("[withheld] signed exactly these bytes") for reason in shown.reasons)
    assert len(shown.reasons) == len(verdict.reasons)


def test_a_trusted_signers_name_stays_also_where_an_ingredient_has_it() -> None:
    same = (IngredientDetails("x", "parentOf", None, "SIGNER-X"),)
    shown = personal.shown_to(judged(credentials(ingredients=same)), SOMEBODY)
    assert any("SIGNER-X signed" in reason for reason in shown.reasons)
    assert next(credentials_in(shown)).ingredients[0].signer == "[withheld]"


def test_a_name_is_taken_out_as_a_word() -> None:
    identity = (IdentityDetails("m", "confirmed", "Al", None),)
    verdict = judged(credentials(identities=identity, remarks=("Also Al, said Al-Aqsa's Alan",)))
    (details,) = credentials_in(personal.shown_to(verdict, SOMEBODY))
    assert details.remarks == ("Also [withheld], said [withheld]-Aqsa's Alan",)


def test_who_looked_as_a_person_is_nobodys_business() -> None:
    finding = HumanDetails("manipulated", "person:per_1 Ann Other", "ask ann@desk.example; the shadow is wrong")
    shown = personal.shown_to(judged(finding), SOMEBODY)
    said = text(shown)
    assert "Ann" not in said and "desk.example" not in said and "the shadow is wrong" in said
    assert shown.outcome == "likely_manipulated"


def test_numbers_and_digests_stay_as_they_are() -> None:
    shape = FingerprintDetails("pdq", (0.0, 1.0), ("12" * 32, "48" * 32), (100, 100))
    detector = DetectorDetails("generated", "model 1.0", 0.01)
    verdict = judged(shape, detector)
    assert personal.shown_to(verdict, SOMEBODY) == verdict


def test_evidence_that_makes_no_verdict_yet() -> None:
    evidence = judged(credentials()).evidence
    said = json.dumps([one.to_json() for one in personal.evidence_shown_to(evidence, SOMEBODY)])
    assert not any(word in said for word in PERSONAL)
    assert personal.evidence_shown_to(evidence, STAFF) == evidence


def in_a_record(found: CredentialDetails) -> RecordDetails:
    record = RecordDetails("00c0ffee00c0ffee", "live", "fits", "it fits", manifest_id="urn:c2pa:0", issuer="Studio")
    return replace(record, credentials=found)


def credentials_in(verdict: Verdict) -> Any:
    return personal._all_credentials(verdict.evidence)
