"""Files signed, and broken, by others: what their makers expect, what the validator says, what we say."""

from __future__ import annotations

from pathlib import Path

import pytest

from countermark.evidence import CredentialDetails
from countermark.provenance import CredentialsExaminer, Given, TrustAnchors
from countermark.scripts import write_c2pa_table as others
from countermark.tests import needs


@pytest.fixture(scope="module")
def folder() -> Path:
    return needs.data("c2pa")


@pytest.fixture(scope="module")
def rows(folder: Path) -> list[others.Row]:
    return others.read(folder)


def test_every_disagreement_has_a_reason(rows: list[others.Row]) -> None:
    assert len(rows) > 50
    assert not [(row.path, row.ours) for row in rows if others.UNEXPLAINED in row.disagreements]


def test_the_table_of_the_page_is_the_one_that_is_read(rows: list[others.Row]) -> None:
    page = others.PAGE.read_text(encoding="utf-8")
    assert others.table(rows) in page, "run python -m scripts.write_c2pa_table"


def test_the_validator_s_own_state_bounds_ours(rows: list[others.Row]) -> None:
    for row in rows:
        details = row.evidence.details
        if not isinstance(details, CredentialDetails) or not details.manifest_id:
            continue
        if row.ours == "Trusted":
            assert details.state in ("Trusted", "Valid"), row.path  # an ingredient's signer is not the file's
        if details.state == "Trusted":
            assert row.ours == "Trusted", row.path
        if details.state == "Invalid":
            assert row.ours == "Invalid", row.path


def test_bad_ingredients_are_said_under_a_good_signature(rows: list[others.Row]) -> None:
    bad = [row for row in rows if "bad signature" in row.expected and row.ours == "Trusted"]
    assert bad and all("claimSignature.mismatch" in row.codes for row in bad)


def test_without_anchors_nothing_is_trusted(rows: list[others.Row], folder: Path) -> None:
    examiner = CredentialsExaminer(TrustAnchors())
    found = [examiner.examine(folder / row.path, "").details for row in rows if row.ours == "Trusted"]
    assert {getattr(details, "trust", None) for details in found} == {"unknown_signer"}


def test_clocks_vouch_for_no_signer(rows: list[others.Row], folder: Path) -> None:
    lists = others.anchors()
    examiner = CredentialsExaminer(TrustAnchors(timestamps=lists.added))
    found = [examiner.examine(folder / row.path, "").details for row in rows if row.ours == "Trusted"]
    assert "trusted" not in {getattr(details, "trust", None) for details in found}


def test_identities_are_told_apart_from_the_signature(rows: list[others.Row]) -> None:
    named = [(row, one) for row in rows for one in getattr(row.evidence.details, "identities", ())]
    standings = {one.method: one.standing for _, one in named}
    assert standings["cawg.identity_claims_aggregation"] == "unconfirmed"
    assert all(row.ours == "Trusted" for row, _ in named)
    aggregated = next(one for _, one in named if one.claims)
    assert aggregated.issuer and aggregated.issuer.startswith("did:web:")
    certified = next(one for _, one in named if one.method == "cawg.x509.cose")
    assert certified.standing == "confirmed" and certified.name


def test_an_init_segment_is_judged_with_its_fragment(folder: Path) -> None:
    made = folder / "contentauth+c2pa-rs" / "sdk" / "tests" / "fixtures"
    init, fragment = made / "dashinit.mp4", made / "dash1.m4s"
    examine = CredentialsExaminer(others.anchors(), Given(fragments=(fragment,))).examine
    details = examine(init, "").details
    assert isinstance(details, CredentialDetails)
    assert (details.trust, details.content_matches, details.fragments) == ("unknown_signer", True, 1)
    assert details.pieces > 1 and any("fragments were given" in remark for remark in details.remarks)
