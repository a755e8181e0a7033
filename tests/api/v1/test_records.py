"""The registry over HTTP: public facts, the operator's list, and what follows when a record is taken back."""

from dataclasses import replace
from pathlib import Path
from urllib.parse import quote

import pytest

from countermark.api import stored
from countermark.provenance import Record
from tests.api.served import MANIFEST, PAYLOAD, Place, serving

RECORD = Record(PAYLOAD, MANIFEST, b"", "0" * 64, model="wan", issuer="Example Studio")


@pytest.fixture(scope="module", autouse=True)
def registered(place: Place) -> None:
    place.service.registry.add(RECORD)
    place.service.registry.add(replace(RECORD, payload="1" * 16, manifest_id="urn:c2pa:other", model="other"))


def test_everybody_may_know_what_is_public(place: Place) -> None:
    for path in (MANIFEST, quote(MANIFEST, safe="")):
        said = place.ask("GET", f"/v1/records/{path}")
        assert said.status_code == 200, said.text
    facts = said.json()
    assert (facts["provider"], facts["system"], facts["status"]) == ("Example Studio", "wan", "live")
    assert facts["recorded_at"] and facts["page"] == f"/r/{MANIFEST}"
    assert set(facts) == {
        "manifest_id",
        "provider",
        "system",
        "version",
        "recorded_at",
        "status",
        "status_reason",
        "page",
    }
    assert place.ask("GET", "/v1/records/urn:c2pa:none").status_code == 404


def test_what_is_not_released_yet_is_not_there(place: Place, tmp_path: Path) -> None:
    pending = replace(RECORD, payload="2" * 16, manifest_id="urn:c2pa:pending")
    place.service.registry.reserve(pending, tmp_path / "never.mp4")
    for path in ("/v1/records/urn:c2pa:pending", "/r/urn:c2pa:pending"):
        assert place.ask("GET", path).status_code == 404


def test_its_page_says_what_the_api_says_and_no_more(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(stored._kept, "urn:c2pa:other", "3.7.1")
    facts, page = place.ask("GET", "/v1/records/urn:c2pa:other").json(), place.ask("GET", "/r/urn:c2pa:other").text
    assert facts["version"] == "3.7.1"
    assert all(f">{facts[name]}<" in page for name in ("provider", "system", "version", "manifest_id"))
    assert facts["recorded_at"][:10] in page and "Live" in page
    assert "1" * 16 not in page and "0" * 64 not in page


def test_public_facts_are_for_everybody_and_counted_also_where_checks_are_for_members(tmp_path: Path) -> None:
    paths = (f"/r/{MANIFEST}", f"/v1/records/{MANIFEST}", "/v1/services/status")
    with serving(tmp_path, anonymous=False, anonymous_requests=len(paths)) as place:
        place.service.registry.add(RECORD)
        assert [place.ask("GET", path).status_code for path in paths] == [200, 200, 200]
        assert [place.ask("GET", path).status_code for path in paths] == [429, 429, 429]


def test_the_list_is_the_operators(place: Place) -> None:
    said = place.ask("GET", "/v1/records?limit=1&status=live", headers=place.key("registry:read")).json()
    assert [one["manifest_id"] for one in said["records"]] == ["urn:c2pa:other"] and said["next"]
    rest = place.ask("GET", f"/v1/records?status=live&before={said['next']}", headers=place.key("registry:read")).json()
    assert [one["manifest_id"] for one in rest["records"]] == [MANIFEST] and rest["next"] is None
    other = place.accounts.add_tenant("others").id
    assert place.ask("GET", "/v1/records", headers=place.key("registry:read", tenant=other)).status_code == 403
    assert place.ask("GET", "/v1/records").status_code == 401


def test_the_reason_is_told_without_addresses(place: Place) -> None:
    mine = replace(RECORD, payload="3" * 16, manifest_id="urn:c2pa:mine")
    place.service.registry.add(mine)
    reason = {"reason": "as jane@person.example asked, filmed at 48.137154N 11.576124E"}
    place.ask("POST", "/v1/records/urn:c2pa:mine/revoke", headers=place.key("registry:write"), json=reason)
    said = place.ask("GET", "/v1/records/urn:c2pa:mine").json()
    assert said["status"] == "revoked" and said["status_reason"] == "as  asked, filmed at "
    page = place.ask("GET", "/r/urn:c2pa:mine").text
    assert "person.example" not in page and "as  asked, filmed at" in page


def test_a_record_is_taken_back_by_the_operator(place: Place) -> None:
    """What becomes of checks that rest on it is the workers'."""
    other = place.accounts.add_tenant("no operators").id
    path = f"/v1/records/{MANIFEST}/revoke"
    reason = {"reason": "stamped by mistake"}
    denied = place.ask("POST", path, headers=place.key("registry:write", tenant=other), json=reason)
    assert denied.status_code == 403 and place.service.registry.by_manifest(MANIFEST).status == "live"  # type: ignore[union-attr]
    said = place.ask("POST", path, headers=place.key("registry:write"), json=reason)
    assert said.status_code == 200, said.text
    assert (said.json()["status"], said.json()["status_reason"]) == ("revoked", "stamped by mistake")
    again = place.ask("POST", path, headers=place.key("registry:write"), json={"reason": "another"}).json()
    assert again["status_reason"] == "stamped by mistake", "it is taken back once"
    unknown = place.ask("POST", "/v1/records/urn:c2pa:none/revoke", headers=place.key("registry:write"), json=reason)
    assert unknown.status_code == 404


def test_the_resolution_api_takes_its_scope(place: Place) -> None:
    path = "/v1/manifests/urn:c2pa:other"
    assert place.ask("GET", path).status_code == 401
    assert place.ask("GET", path, headers=place.key("checks:read")).status_code == 403
    assert place.ask("GET", path, headers=place.key("fetch:manifests")).status_code == 200
    assert place.ask("GET", "/v1/services/supportedAlgorithms").status_code == 200
    found = place.ask("GET", "/.well-known/c2pa-soft-binding-resolution").json()
    assert found["apiEndpoint"] == "/v1"
