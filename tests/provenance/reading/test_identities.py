"""Names beside the signer: which statuses make which standing, and which assertion they belong to."""

from __future__ import annotations

import json

import pytest

from countermark.provenance.reading.identities import identities_of, names_someone

STORE = "self#jumbf=/c2pa/a/c2pa.assertions/"


def _report(assertions: list[dict[str, object]], **statuses: list[tuple[str, str]]) -> str:
    told = {kind: [{"code": code, "url": STORE + where} for code, where in found] for kind, found in statuses.items()}
    results = {"activeManifest": told}
    said = {"active_manifest": "a", "manifests": {"a": {"assertions": assertions}}, "validation_results": results}
    return json.dumps(said)


def _certified(label: str = "cawg.identity", name: str = "Ada") -> dict[str, object]:
    data = {"signer_payload": {"sig_type": "cawg.x509.cose"}, "signature_info": {"common_name": name, "issuer": "CA"}}
    return {"label": label, "data": data}


@pytest.mark.parametrize(
    ("success", "failure", "standing"),
    [
        ([], [], "unchecked"),
        (["cawg.x509.signature.validated", "cawg.x509.credential.trusted"], [], "confirmed"),
        (["cawg.x509.signature.validated"], ["cawg.x509.credential.untrusted"], "unconfirmed"),
        (["cawg.x509.credential.trusted"], ["cawg.x509.signature.mismatch"], "invalid"),
        (["cawg.identity.well-formed"], [], "unconfirmed"),
        ([], ["cawg.ica.did_unavailable"], "unconfirmed"),
        (["cawg.ica.credential_valid"], ["cawg.ica.untrusted_issuer"], "unconfirmed"),
        ([], ["cawg.identity.sig_type.unknown"], "unchecked"),
        ([], ["cawg.something.new"], "invalid"),
    ],
)
def test_statuses_make_a_standing(success: list[str], failure: list[str], standing: str) -> None:
    where = "cawg.identity"
    told = _report([_certified()], success=[(c, where) for c in success], failure=[(c, where) for c in failure])
    (found,) = identities_of(told)
    assert (found.standing, found.name, found.issuer, found.method) == (standing, "Ada", "CA", "cawg.x509.cose")


def test_each_identity_has_its_own_statuses() -> None:
    both = [_certified(), _certified("cawg.identity__1", "Bob"), {"label": "c2pa.metadata"}]
    good = [("cawg.x509.credential.trusted", "cawg.identity"), ("assertion.hashedURI.match", "cawg.identity__1")]
    told = _report(both, success=good, failure=[("cawg.x509.signature.mismatch", "cawg.identity__1")])
    assert [(one.name, one.standing) for one in identities_of(told)] == [("Ada", "confirmed"), ("Bob", "invalid")]


def test_what_an_aggregator_tells_is_told() -> None:
    identities = [{"type": "cawg.social_media", "username": "\x1b[31mada", "provider": {"name": "site"}}, "x", {}]
    data = {"issuer": "did:web:x", "c2paAsset": {"sig_type": "cawg.identity_claims_aggregation"}}
    told = _report([{"label": "cawg.identity", "data": {**data, "verifiedIdentities": identities}}])
    (found,) = identities_of(told)
    assert found.claims == ("social_media: \ufffd[31mada at site",) and found.issuer == "did:web:x"


@pytest.mark.parametrize("told", ["", "[]", "{}", "null", '{"manifests": 7}', "[" * 100_000])
def test_rubbish_names_nobody(told: str) -> None:
    assert identities_of(told) == ()
    assert not names_someone({"assertions": [{"label": "c2pa.actions"}, 7]})
