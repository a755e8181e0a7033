"""What is personal is shown to whoever may see it, and to nobody else: in details, in reasons, in pieces of text."""

import dataclasses
import json
import re
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest

from countermark.accounts import SOMEBODY, Caller
from countermark.api import personal
from countermark.api.v1 import shapes
from countermark.disclosure.declarations.reading import declared_in
from countermark.docket import PUBLIC, Check, Revision
from countermark.docket.values import CheckError, CheckEvent
from countermark.evidence import (
    ActionDetails,
    Change,
    ChangesDetails,
    CredentialDetails,
    DeclarationsDetails,
    DetectorDetails,
    Evidence,
    FailureDetails,
    FingerprintDetails,
    HumanDetails,
    IdentityDetails,
    IngredientDetails,
    LabelClaim,
    LabelDetails,
    RecordDetails,
    Region,
    Span,
    every_ingredient,
)
from countermark.evidence.credentials import Trust
from countermark.media.metadata.fields import Field, Metadata
from countermark.verdict import Judgement, Verdict, fold
from countermark.verify import unfinished
from tests.api.served import VERSIONS, Place, serving, told

DIGEST = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
STAFF = Caller("main", "person:x", "x", frozenset({"checks:read", "provenance:personal"}), "reviewer")
AT = "2026-03-01T12:00:00.000000+00:00"
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
ALWAYS = {"trust", "content_matches", "says_synthetic", "says_captured", "development", "state", "place", "manifests"}
ALWAYS |= {"fragments", "pieces", "kind"}
ALWAYS |= {"manifest_id", "signed_at", "source_types", "failures", "ingredient_failures", "remarks"}  # in their form
TRUSTED = {"signer", "claim_generator", "actions", "ai_facts", "earlier", "labels"}
NEVER = {"title", "ingredients", "identities"}


def test_each_field_of_credentials_was_thought_about() -> None:
    assert {one.name for one in fields(CredentialDetails)} == ALWAYS | TRUSTED | NEVER
    assert {one.name for one in fields(IdentityDetails)} == {"method", "standing", "name", "issuer", "claims", "codes"}
    assert {one.name for one in fields(ActionDetails)} == {"action", "source_type", "agent", "when"}
    ingredient = {"title", "relationship", "manifest_id", "signer", "failures", "ingredients"}
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


@pytest.mark.parametrize("trust", ["trusted", "unknown_signer"])
def test_names_are_withheld_however_deep_an_ingredient_lies(trust: Trust) -> None:
    id = "urn:c2pa:2f1f0c5e-7f0a-4d3c-9b1e-0d8a6c3b5e11"
    within: tuple[IngredientDetails, ...] = ()
    for level in range(8):
        named = f"jane.doe {level}"
        codes = (f"{named} was here", "assertion.missing")
        within = (IngredientDetails(f"{named}.mp4", named, f"{id}:{named}", f"signer {named}", codes, within),)
    shown = personal.shown_to(judged(credentials(trust, ingredients=within)), SOMEBODY)
    assert "jane" not in text(shown)
    deep = list(every_ingredient(next(credentials_in(shown)).ingredients))
    assert len(deep) == 8
    assert {(one.title, one.relationship, one.signer) for one in deep} == {("[withheld]",) * 3}
    assert {one.failures for one in deep} == {("[withheld]", "assertion.missing")}
    assert [one.manifest_id for one in deep] == [f"{id}:[withheld {at}]" for at in range(1, 9)]


def test_nobody_chooses_which_words_the_reasons_lose() -> None:
    words = ("says", "signed", "the", "that it is synthetic", "AI", "Example Studio", "SIGNER-X")
    plain = judged(credentials(ingredients=(), title=None))
    hostile = judged(
        credentials(ingredients=tuple(IngredientDetails(one, "parentOf") for one in words), title="signed")
    )
    shown = personal.shown_to(hostile, SOMEBODY)
    assert shown.reasons == personal.shown_to(plain, SOMEBODY).reasons
    assert "SIGNER-X signed that it is synthetic: made by generative AI" in shown.reasons
    assert {one.title for one in next(credentials_in(shown)).ingredients} == {"[withheld]"}


def test_a_verdict_by_another_judgement_stays_and_tells_no_strangers_words() -> None:
    detector = Evidence(
        DIGEST, "video", "detector", "1", "present", 0.9, details=DetectorDetails("generated", "m", 0.2)
    )
    seen = Evidence(DIGEST, "container", "x", "1", "present", details=credentials("unknown_signer"))
    strict = fold(DIGEST, [detector, seen], Judgement(detector_fpr=0.3))
    assert strict.outcome == "likely_ai" != fold(DIGEST, [detector, seen], Judgement()).outcome
    shown = personal.shown_to(strict, SOMEBODY)
    assert (shown.outcome, shown.also, shown.sureness, shown.basis) == (
        *(strict.outcome, strict.also, strict.sureness),
        strict.basis,
    )
    assert shown.reasons and not any(word in text(shown) for word in PERSONAL + OF_PRODUCTS)
    other = fold(DIGEST, [detector], Judgement(detector_fpr=0.3))
    assert personal.shown_to(replace(other, reasons=("a word of NAME-X",)), SOMEBODY).reasons == (other.meaning,)


@pytest.mark.parametrize("trust", ["trusted", "unknown_signer"])
def test_free_text_where_a_form_belongs_is_withheld(trust: Trust) -> None:
    name = "jane.doe"
    hostile = credentials(
        trust,
        source_types=(AI, f"http://{name}/", f"http://{name}/digitalCapture"),
        actions=(ActionDetails("c2pa.created", f"at {name}", "x", f"when {name} slept"),),
        ingredients=(IngredientDetails(None, name, f"{name}.photo:urn:uuid:1234", None, (name, "assertion.missing")),),
        identities=(IdentityDetails(name, "confirmed", None, None, (), (f"{name} is gone", "cawg.ica.untrusted")),),
        ingredient_failures=(name, "claimSignature.mismatch"),
        remarks=(f"it names {name}, which does not hold", f"its signer left boxes, or parts: /moov/{name}"),
        signed_at=name,
        title=None,
    )
    shown = personal.shown_to(judged(replace(hostile, manifest_id=f"{name}.photo:urn:uuid:1234")), SOMEBODY)
    assert name not in text(shown), text(shown)
    (details,) = credentials_in(shown)
    assert details.manifest_id == details.ingredients[0].manifest_id == "[withheld 1]"
    assert details.source_types == (AI, "[withheld]", "digitalCapture")
    assert details.ingredient_failures == ("[withheld]", "claimSignature.mismatch")
    assert (details.actions[0].action, details.actions[0].when) == ("c2pa.created", "[withheld]")


def test_times_ids_and_terms_stay() -> None:
    id = "urn:c2pa:2f1f0c5e-7f0a-4d3c-9b1e-0d8a6c3b5e11"
    given = credentials(
        signed_at="2026-03-01T12:00:00+00:00",
        actions=(ActionDetails("c2pa.created", AI, None, "2026-03-01T12:00:00Z"),),
        ingredients=(
            IngredientDetails(None, "parentOf", f"{id}:jane doe:2_1"),
            IngredientDetails(None, "parentOf", f"{id}:other:2_1"),
        ),
    )
    given = replace(given, manifest_id=id)
    (shown,) = credentials_in(personal.shown_to(judged(given), SOMEBODY))
    assert (shown.manifest_id, shown.signed_at, shown.actions) == (given.manifest_id, given.signed_at, given.actions)
    assert [one.manifest_id for one in shown.ingredients] == [f"{id}:[withheld 1]:2_1", f"{id}:[withheld 2]:2_1"]


def test_an_id_that_is_withheld_still_leads_to_its_comparison() -> None:
    def record(id: str) -> RecordDetails:
        return replace(in_a_record(credentials(says_synthetic=False)), manifest_id=id, resolver="https://r.example")

    def verdict(against: str) -> Verdict:
        changes = ChangesDetails((Change("region", Span(0, 1)),), (), 0.01, 1.0, 20.0, against=against)
        return judged(record("jane.doe:urn:uuid:1"), record("other.doe:urn:uuid:2"), changes)

    for against, changed in (("other.doe:urn:uuid:2", True), ("a.third:urn:uuid:3", False)):
        before = verdict(against)
        shown = personal.shown_to(before, SOMEBODY)
        assert (before.outcome == "altered") == changed and shown.outcome == before.outcome
        assert ".doe" not in text(shown) and len(shown.reasons) == len(before.reasons)


def declared(*fields_: tuple[str, bytes]) -> Verdict:
    """What the real reader makes of real fields."""
    place = "moov/udta/meta/keys"
    return judged(declared_in(Metadata(tuple(Field(place, name, value) for name, value in fields_))))


@pytest.mark.parametrize(
    "name,value",
    [
        ("AISystemUsed", b"Made with Sora by Jane Doe"),
        ("comment", b"generated Jane with Kling AI"),
        ("com.jane.doe.comment", b"Made with Kling AI"),
        ("encoder", b"Kling AI 2.1-Jane (Doe)"),
        ("AIGC", b'{"AIGC":{"Label":"1","ContentProducer":"Jane Doe","ProduceID":"Jane","Doe":"Doe"}}'),
        ("DigitalSourceType", b"http://jane.doe/trainedAlgorithmicMedia"),
        ("parameters", b"Jane Doe\nSteps: 20, Sampler: Euler a, CFG scale: 7, Model: Jane Doe"),
    ],
)
def test_of_declarations_no_free_text_is_shown(name: str, value: bytes) -> None:
    verdict = declared((name, value))
    assert re.search("jane|doe", text(verdict), re.I)
    shown = personal.shown_to(verdict, SOMEBODY)
    assert not re.search("jane|doe", text(shown), re.I), text(shown)
    assert (shown.outcome, shown.basis) == (verdict.outcome, verdict.basis)
    assert personal.shown_to(verdict, STAFF) is verdict


def test_of_declarations_terms_and_known_generators_are_shown() -> None:
    graph = b'{"1": {"class_type": "KSampler", "inputs": {"ckpt_name": "x"}}}'
    fields_ = (
        *(("comment", b"Made with Kling AI by Jane"), ("encoder", b"NovelAI"), ("DigitalSourceType", AI.encode())),
        *(("prompt", graph), ("AIPromptInformation", b"Jane at home"), ("description", b"AI-generated video")),
    )
    shown = personal.shown_to(declared(*fields_), SOMEBODY)
    (one,) = shown.evidence
    assert isinstance(one.details, DeclarationsDetails)
    said = {found.value for found in one.details.declarations}
    assert said == {"Kling", "NovelAI", AI, "ComfyUI", "a prompt of 12 characters", "AI-generated video"}
    assert "Jane" not in text(shown) and all("keys: " in found.field for found in one.details.declarations)


def test_fields_that_disagree_read_as_before() -> None:
    camera = AI.replace("trainedAlgorithmicMedia", "digitalCapture").encode()
    verdict = declared(("DigitalSourceType", camera), ("jane", b"x"), ("comment", b"Made with Kling AI"))
    shown = personal.shown_to(verdict, SOMEBODY)
    assert verdict.outcome == shown.outcome == "inconclusive" and len(shown.reasons) == len(verdict.reasons)


def test_a_label_is_shown_where_its_signer_is_trusted() -> None:
    claim = LabelClaim("eu", "AI by Jane", False, Region(0, 0, 1, 1), Span(0, 1), picture="iVBORw0K")
    cases: tuple[tuple[Trust, str], ...] = (("trusted", "AI by Jane"), ("unknown_signer", "[withheld]"))
    for trust, said in cases:
        verdict = judged(credentials(trust, labels=(claim,)), LabelDetails(claim, 0.9, 3))
        shown = personal.shown_to(verdict, SOMEBODY)
        (details,), label = credentials_in(shown), shown.evidence[1].details
        assert isinstance(label, LabelDetails)
        assert details.labels[0].text == label.claim.text == said and bool(label.claim.picture) == (trust == "trusted")


def test_what_was_not_looked_at_names_nobody() -> None:
    why = FailureDetails("the credentials lie elsewhere, and were not fetched: https://jane.example/m.c2pa")
    elsewhere = Evidence(DIGEST, "container", "credentials", "1", "inconclusive", details=why)
    missing = (*unfinished((elsewhere,)), "what it changed of jane.doe:urn:uuid:1", "the sound")
    shown = personal.shown_to(fold(DIGEST, [elsewhere], Judgement(), missing), SOMEBODY)
    assert "jane" not in text(shown) and shown.not_looked_at[-1] == "the sound" and len(shown.not_looked_at) == 3
    assert shown.not_looked_at[0] == unfinished(shown.evidence)[0]


def of_a_post(tenant: str) -> Check:
    finding = judged(HumanDetails("manipulated", "person:per_1 Ann Other", "Ann knows him"))
    human = Revision(2, AT, "person:per_1 Ann Other", "human", "Ann knows him", finding, {})
    rendition = {"url": "https://a.example/v?t=SECRET", "title": "Jane at home", "number": 1}
    error = CheckError("FetchFailed", "https://a.example/v?t=SECRET: 404", "see https://a.example/v?t=SECRET")
    check = Check("chk_1", tenant, "key:1", "url", "v", "succeeded", "done", "live", AT)
    more = {"url": "https://me:SECRET@a.example:8443/v?t=SECRET#SECRET", "rendition": rendition, "error": error}
    return replace(check, revisions=(human,), **more)  # type: ignore[arg-type]


def test_of_a_post_its_title_and_of_a_finding_its_words_are_withheld() -> None:
    check, reader = of_a_post("main"), Caller("main", "key:x", "x", frozenset({"checks:read"}), None)
    for caller in (SOMEBODY, reader):
        shown = personal.check_shown_to(check, caller)
        said = json.dumps(dataclasses.asdict(shown))
        assert "Jane" not in said and "Ann" not in said
        assert shown.revisions[0].note == "[withheld]" and shown.rendition["number"] == 1  # type: ignore[index]
    assert personal.check_shown_to(check, STAFF) is check


def test_a_url_is_whole_for_the_tenant_that_asked_alone() -> None:
    reader = Caller("main", "key:x", "x", frozenset({"checks:read"}), None)
    assert personal.check_shown_to(of_a_post("main"), reader).url == of_a_post("main").url
    for check, caller in (
        (of_a_post("public"), SOMEBODY),
        (of_a_post("public"), reader),
        (of_a_post("main"), SOMEBODY),
    ):
        shown = personal.check_shown_to(check, caller)
        assert "SECRET" not in json.dumps(dataclasses.asdict(shown)) and shown.url == "https://a.example:8443/v"
        assert shown.error and shown.error.message == "https://a.example/v 404"


def test_who_looked_as_a_person_is_nobodys_business() -> None:
    finding = HumanDetails("manipulated", "person:per_1 Ann Other", "ask ann@desk.example; the shadow is wrong")
    shown = personal.shown_to(judged(finding), SOMEBODY)
    said = text(shown)
    assert "Ann" not in said and "desk.example" not in said and "shadow" not in said and "manipulated" in said
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


def test_who_ended_a_check_is_nobodys_business() -> None:
    said = shapes.event(CheckEvent(2, AT, "cancelled", {"status": "cancelled", "who": "person:per_1"}))
    assert said == {"at": AT, "status": "cancelled"}


def test_strangers_are_told_no_id_of_staff(tmp_path: Path) -> None:
    """Of a public check that a key ended, and of one that a person judged and held: in every form there is."""
    with serving(tmp_path) as place:
        docket, ada = place.service.docket, "person:per_secret Ada"
        ended, found = place.laid(PUBLIC), place.finished(PUBLIC)
        docket.cancel(ended.id, "key:cmk_secret")
        hold = docket.place_hold(found.id, "review", "Ada looks", ada)
        docket.lift_hold(found.id, docket.place_hold(found.id, "appeal", "Ada too", ada).id, ada)
        docket.revise(found.id, told(), who=ada, why="human", note="Ada looked", versions=VERSIONS)
        docket.give_feedback(found.id, "right", "Ada says so", ada)
        assert [one.body["who"] for one in docket.events(ended.id) if one.kind == "cancelled"] == ["key:cmk_secret"]
        for check in (ended, found):
            for path in (f"/v1/checks/{check.id}", f"/v1/checks/{check.id}/events", f"/c/{check.id}"):
                assert_tells_nobody(place, path, 200)
        assert_tells_nobody(place, f"/v1/checks/{found.id}/revisions/2", 200)
        docket.lift_hold(found.id, hold.id, ada)
        docket.delete(found.id, ada)
        for path in (f"/v1/checks/{found.id}", f"/c/{found.id}"):
            assert_tells_nobody(place, path, 410)


def assert_tells_nobody(place: Place, path: str, status: int) -> None:
    said = place.ask("GET", path)
    assert said.status_code == status, (path, said.text)
    assert not [word for word in ("cmk_secret", "per_secret", "Ada") if word in said.text], (path, said.text)
