"""The forms of those who hold checks, judge them and take records back, over real HTTP: who sees them, what they do."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest

from countermark.accounts import SCOPE_WORDS, SCOPES, passwords
from countermark.media import Looked
from countermark.media.look import looked_to_json
from countermark.provenance import Record
from tests.api.served import DIGEST, VERSIONS, Place, serving, told

PASSWORD = "correct horse battery"
HERE = {"Sec-Fetch-Site": "same-origin"}
ELSEWHERE = {"Sec-Fetch-Site": "cross-site"}
HOSTILE = "<script>alert(1)</script>"
OTHER = "other"


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "COST", 1 << 10)
        with serving(tmp_path_factory.mktemp("home")) as found:
            for role in ("viewer", "reviewer", "administrator"):
                found.accounts.add_person(f"{role}@example.org", role, PASSWORD, name=role.title())
            tenant = found.accounts.add_tenant(OTHER).id
            found.accounts.add_person(f"{OTHER}@example.org", "administrator", PASSWORD, tenant_id=tenant)
            yield found


@contextmanager
def member(place: Place, name: str, language: str = "en") -> Iterator[httpx.Client]:
    headers = {**HERE, "Accept-Language": language}
    cookies = {"countermark": place.accounts.sign_in(f"{name}@example.org", PASSWORD)}
    with httpx.Client(base_url=place.base, timeout=30, headers=headers, cookies=cookies) as client:
        yield client


def registered(place: Place, number: int) -> str:
    manifest_id = f"urn:c2pa:2f1f0c5e-7f0a-4d3c-9b1e-0d8a6c3b5e{number:02}"
    place.service.registry.add(Record(f"00c0ffee00c0ff{number:02}", manifest_id, b"", f"{number:064}"))
    return manifest_id


# Checks ---------------------------------------------------------------------------------------------------------------


def test_a_reviewer_places_a_hold_sees_it_and_lifts_it(place: Place) -> None:
    check = place.finished()
    with member(place, "reviewer") as rita:
        said = rita.post(f"/c/{check.id}/holds", data={"reason": "legal_order", "note": HOSTILE})
        assert (said.status_code, said.headers["location"]) == (303, f"/c/{check.id}?done=held#review")
        page = rita.get(said.headers["location"]).text
        assert "The hold stands." in page and HOSTILE not in page and "&lt;script&gt;alert(1)" in page
        (hold,) = place.service.docket.get(check.id).holds
        assert hold.reason == "legal_order" and hold.who.startswith("person:") and not hold.lifted_at
        assert rita.post(f"/c/{check.id}/holds/hld_none/lift").status_code == 404
        said = rita.post(f"/c/{check.id}/holds/{hold.id}/lift")
        assert said.status_code == 303 and "The hold is lifted." in rita.get(said.headers["location"]).text
        (hold,) = place.service.docket.get(check.id).holds
        assert hold.lifted_at and "Lift it" not in rita.get(f"/c/{check.id}").text


def test_a_finding_carries_the_revision_that_was_looked_at(place: Place) -> None:
    check = place.finished()
    finding = {"says": "manipulated", "why": "the hands melt", "after": "1"}
    with member(place, "reviewer") as rita:
        assert '<input type="hidden" name="after" value="1">' in rita.get(f"/c/{check.id}").text
        said = rita.post(f"/c/{check.id}/findings", data=finding)
        page = rita.get(said.headers["location"]).text
        assert "Your finding stands in the history." in page and "A person looked · " in page
        assert "the hands melt" in page and '<input type="hidden" name="after" value="2">' in page
        late = rita.post(f"/c/{check.id}/findings", data={**finding, "says": "genuine"})
        assert late.status_code == 409 and "look at the check anew" in late.text
    assert [one.why for one in place.service.docket.get(check.id).revisions] == ["first", "human"]


@pytest.mark.parametrize(
    ("form", "sent"),
    [
        ("findings", {"says": "genuine", "why": " "}),
        ("findings", {"says": "perhaps", "why": "x"}),
        ("findings", {"says": "genuine", "why": "x", "after": "last"}),
        ("findings", {"says": "genuine", "why": "a\0b"}),
        ("holds", {"reason": "review", "note": ""}),
        ("holds", {"reason": "fun", "note": "x"}),
        ("holds", {"reason": "review", "note": "x" * 2001}),
    ],
)
def test_what_the_api_does_not_take_no_form_does(place: Place, form: str, sent: dict[str, str]) -> None:
    check = place.finished()
    with member(place, "reviewer") as rita:
        said = rita.post(f"/c/{check.id}/{form}", data=sent)
    assert said.status_code == 422 and "What to do" in said.text
    found = place.service.docket.get(check.id)
    assert not found.holds and len(found.revisions) == 1


def test_it_is_judged_again_where_what_was_seen_is_kept(place: Place) -> None:
    docket, unkept, check = place.service.docket, place.finished(), place.laid(content_hash=DIGEST)
    docket.at_stage(check.id, "look")
    docket.keep_looked(check.id, looked_to_json(Looked(None, DIGEST, 9, told().evidence, ())))
    docket.finish(check.id, told(), VERSIONS)
    with member(place, "reviewer") as rita:
        refused = rita.post(f"/c/{unkept.id}/again")
        assert refused.status_code == 409 and "check the file again" in refused.text
        assert place.service.jobs.waiting()["live"] == 0
        said = rita.post(f"/c/{check.id}/again")
        assert said.headers["location"] == f"/c/{check.id}?done=again#review"
        assert "A worker judges it again." in rita.get(said.headers["location"]).text
        assert place.service.jobs.waiting()["live"] == 1


@pytest.mark.parametrize("theirs", ["main", "public"])
def test_who_may_not_sees_no_form_and_what_they_send_changes_nothing(place: Place, theirs: str) -> None:
    check = place.finished(theirs)
    hold = place.service.docket.place_hold(check.id, "review", "a secret note", "test")
    sent = (
        ("holds", {"reason": "review", "note": "x"}),
        (f"holds/{hold.id}/lift", {}),
        ("findings", {"says": "genuine", "why": "x"}),
        ("again", {}),
    )
    before = place.service.docket.get(check.id)
    for name, status in (("viewer", 403), (OTHER, 404)):
        with member(place, name) as somebody:
            page = somebody.get(f"/c/{check.id}?done=held").text
            assert 'id="review"' not in page and "a secret note" not in page and "The hold stands" not in page
            for form, fields in sent:
                assert somebody.post(f"/c/{check.id}/{form}", data=fields).status_code == status, (name, form)
    with member(place, "reviewer") as rita:
        assert "a secret note" in rita.get(f"/c/{check.id}").text, "and who may does"
        for form, fields in sent:
            assert rita.post(f"/c/{check.id}/{form}", data=fields, headers=ELSEWHERE).status_code == 403, form
    assert place.service.docket.get(check.id) == before


def test_a_check_without_a_verdict_can_be_held_and_not_judged(place: Place) -> None:
    check = place.laid()
    place.service.docket.cancel(check.id, "test")
    with member(place, "reviewer") as rita:
        page = rita.get(f"/c/{check.id}").text
        assert "Place the hold" in page and "Add the finding" not in page and "Judge it again" not in page
        assert rita.post(f"/c/{check.id}/findings", data={"says": "genuine", "why": "x"}).status_code == 409


# Records --------------------------------------------------------------------------------------------------------------


def test_a_record_is_revoked_with_a_public_reason_after_a_question(place: Place) -> None:
    manifest_id = registered(place, 1)
    path = f"/r/{manifest_id}"
    with member(place, "administrator") as ann:
        for page in (ann.get("/registry").text, ann.get(path).text):
            assert f'href="/r/{manifest_id.replace(":", "%3A")}/revoke"' in page
        assert "Nobody can bring it back" in ann.get(f"{path}/revoke").text
        assert ann.post(f"{path}/revoke", data={"reason": " "}).status_code == 422
        said = ann.post(f"{path}/revoke", data={"reason": "the rights were not ours"})
        assert (said.status_code, said.headers["location"]) == (303, f"{path}?done=revoked")
        page = ann.get(said.headers["location"]).text
        assert "The record is revoked." in page and "/revoke" not in page and "/revoke" not in ann.get("/registry").text
        assert ann.get(f"{path}/revoke").headers["location"] == path, "it is asked once"
        assert "The hold stands" not in ann.get(f"{path}?done=held").text
    for done in ("held", "revoked"):
        assert place.ask("GET", f"{path}?done={done}").text.count('role="status"') == 0
    stranger = place.ask("GET", path).text
    assert "the rights were not ours" in stranger and "The record was revoked" in stranger


def test_only_the_operators_people_with_the_right_revoke(place: Place) -> None:
    manifest_id = registered(place, 2)
    path = f"/r/{manifest_id}"
    for name in ("viewer", "reviewer", OTHER):
        with member(place, name) as somebody:
            assert "/revoke" not in somebody.get(path).text and "/revoke" not in somebody.get("/registry").text
            assert somebody.get(f"{path}/revoke").status_code == 403
            assert somebody.post(f"{path}/revoke", data={"reason": "x"}).status_code == 403
    assert place.ask("GET", f"{path}/revoke").status_code == 401
    with member(place, "administrator") as ann:
        assert ann.post(f"{path}/revoke", data={"reason": "x"}, headers=ELSEWHERE).status_code == 403
        assert ann.get("/r/urn:none/revoke").status_code == 404
    found = place.service.registry.by_manifest(manifest_id)
    assert found is not None and found.status == "live"


# Words ----------------------------------------------------------------------------------------------------------------


def test_each_scope_says_what_it_gives_in_both_languages(place: Place) -> None:
    assert set(SCOPE_WORDS) == set(SCOPES)
    with member(place, "administrator") as ann, member(place, "administrator", "de") as german:
        page = ann.get("/keys").text.replace("&#39;", "'")
        for scope, words in SCOPE_WORDS.items():
            assert f"<code>{scope}</code> <small>{words}</small>" in page
        assert not any(words in german.get("/keys").text for words in SCOPE_WORDS.values())


def test_the_api_has_a_page_for_people_with_this_servers_address(place: Place) -> None:
    said = place.ask("GET", "/api")
    assert said.text.count("<code>curl ") == 3 and f"{place.base}/v1/checks/chk_..." in said.text
    assert 'href="/openapi.json"' in said.text and 'href="/keys"' not in said.text
    assert 'href="/api"' in place.ask("GET", "/").text.split("<footer")[1]
    with member(place, "administrator", "de") as ann:
        page = ann.get("/api").text
        assert "Mit curl beginnen" in page and 'href="/keys">Schlüssel</a>.' in page


def test_what_the_judge_says_is_marked_as_english_on_a_german_page(place: Place) -> None:
    check = place.finished("public")
    page = place.ask("GET", f"/c/{check.id}", headers={"Accept-Language": "de"}).text
    note, reasons = page.split('<div class="why">')[1].split("<ul", 1)
    assert "Die Begründung ist auf Englisch" in note and reasons.startswith(' lang="en">')
    assert "auf Englisch" not in place.ask("GET", f"/c/{check.id}").text
