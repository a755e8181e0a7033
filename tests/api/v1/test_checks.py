"""Checks over HTTP: asked for in every way, looked at, listed, ended, erased."""

import dataclasses
import hashlib
import json
import os
import shutil
import threading
from pathlib import Path

import pytest

from countermark.api.v1 import asking
from countermark.docket import PUBLIC
from countermark.errors import DiskFull, JobsUnavailable
from tests.api.served import DIGEST, PERSON, Place, told

FILE = b"\x00\x00\x00\x18ftypisom not really a film"
READ, WRITE = "checks:read", "checks:write"
OTHERS = "findings:write"  # besides: to end what somebody else asked for


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


# Asking --------------------------------------------------------------------------------------------------------------


def test_a_file_in_a_form(place: Place) -> None:
    said = place.ask(
        "POST",
        "/v1/checks",
        headers=place.key(READ, WRITE),
        files={"file": ("../clip.mp4", FILE, "video/mp4")},
        data={
            "external_id": "story-1",
            "metadata": '{"desk": "foreign"}',
            "retention": '{"media_s": 0}',
            "lane": "bulk",
        },
    )
    assert said.status_code == 202, said.text
    body = said.json()
    assert said.headers["location"] == f"/v1/checks/{body['id']}"
    assert (body["status"], body["source"], body["name"], body["lane"]) == ("queued", "upload", "clip.mp4", "bulk")
    assert (body["content_hash"], body["bytes"], body["manage"]) == (sha256(FILE), len(FILE), None)
    check = place.service.docket.get(body["id"])
    assert (check.external_id, check.metadata, check.kept.media_s) == ("story-1", {"desk": "foreign"}, 0)
    assert check.object_key and place.service.objects.read(check.object_key) == FILE


def test_a_file_as_the_body(place: Place) -> None:
    said = place.ask(
        "POST",
        "/v1/checks?external_id=story-2&name=other.mov",
        headers={**place.key(READ, WRITE), "Content-Type": "video/quicktime"},
        content=FILE,
    )
    assert said.status_code == 202, said.text
    assert (said.json()["name"], said.json()["external_id"]) == ("other.mov", "story-2")


def test_a_url_and_an_upload(place: Place) -> None:
    key = place.key(READ, WRITE)
    said = place.ask("POST", "/v1/checks", headers=key, json={"url": "https://media.example/a%20clip.mp4?token=x"})
    assert said.status_code == 202 and said.json()["name"] == "a clip.mp4" and said.json()["source"] == "url"
    from countermark.docket.uploads import Uploads

    uploads = Uploads(place.options, objects=place.service.objects)
    upload = uploads.begin("main", "key:test", "sent.mp4", len(FILE), "tus")
    place.service.objects.put_bytes(upload.object_key, FILE)
    uploads.whole(upload.id, sha256(FILE), size=len(FILE))
    said = place.ask("POST", "/v1/checks", headers=key, json={"upload_id": upload.id})
    assert said.status_code == 202 and said.json()["content_hash"] == sha256(FILE)
    assert place.ask("POST", "/v1/checks", headers=key, json={"upload_id": upload.id}).status_code == 409, "used"


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        ({}, 422, "none was sent"),
        ({"url": "https://a.example/x", "upload_id": "upl_x"}, 422, "url and upload_id"),
        ({"url": "ftp://a.example/x"}, 422, "http"),
        ({"url": "https://me:secret@a.example/x"}, 422, "user name"),
        ({"url": "https://a.example/x", "callback_url": "gopher://x"}, 422, "http"),
        ({"url": "https://a.example/x", "lane": "fast"}, 422, "lane"),
        ({"url": "https://a.example/x", "retention": {"media_s": -1}}, 422, "media_s"),
        ({"url": "https://a.example/x", "surprise": 1}, 422, "surprise"),
        ({"upload_id": "upl_k5zq3v7w2m4x6yaabcdefghij2"}, 404, "upload"),
    ],
)
def test_what_does_not_fit(place: Place, body: dict[str, object], status: int, words: str) -> None:
    said = place.ask("POST", "/v1/checks", headers=place.key(READ, WRITE), json=body)
    assert said.status_code == status and words in said.json()["detail"] and said.json()["advice"], said.text
    assert "secret" not in said.text


def test_bodies_that_are_no_request(place: Place) -> None:
    key = place.key(READ, WRITE)
    json_type = {**key, "Content-Type": "application/json"}
    assert place.ask("POST", "/v1/checks", headers=json_type, content=b"{").status_code == 400
    assert (
        place.ask("POST", "/v1/checks", headers={**key, "Content-Type": "text/plain"}, content=b"x").status_code == 415
    )
    assert place.ask("POST", "/v1/checks", headers={**key, "Content-Type": "video/mp4"}, content=b"").status_code == 422
    form = {"file": ("a.mp4", FILE, "video/mp4")}
    said = place.ask("POST", "/v1/checks", headers=key, files=form, data={"metadata": "{"})
    assert said.status_code == 422 and "metadata" in said.json()["detail"]


def test_nothing_is_left_of_what_was_taken_in(place: Place) -> None:
    """Neither of what became a check, nor of what was refused, nor, in the end, of what a killed process left."""
    key, folder = place.key(READ, WRITE), place.options.home / "incoming"
    place.ask("POST", "/v1/checks", headers=key, files={"file": ("a.mp4", FILE, "video/mp4")})
    place.ask("POST", "/v1/checks", headers=key, files={"file": ("a.mp4", FILE, "video/mp4")}, data={"lane": "x"})
    assert list(folder.iterdir()) == []
    left, fresh = folder / "countermark-left", folder / "countermark-fresh"
    for path in (left, fresh):
        path.mkdir()
        (path / "upload.mp4").write_bytes(FILE)
    os.utime(left, (1.0, 1.0))
    asking.sweep(place.options)
    assert list(folder.iterdir()) == [fresh]
    shutil.rmtree(fresh)


def test_a_full_disk_is_said_so(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise DiskFull("/var/lib/countermark: no space", advice="free some")

    monkeypatch.setattr(place.service.objects, "put_file", full)
    said = place.ask("POST", "/v1/checks", headers=place.key(READ, WRITE), files={"file": ("a.mp4", FILE, "video/mp4")})
    assert said.status_code == 507 and "/var" not in said.text and said.json()["advice"]


def test_a_queue_that_is_away_loses_nothing(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: object, **__: object) -> None:
        raise JobsUnavailable("away")

    monkeypatch.setattr(place.service.jobs, "enqueue_check", away)
    said = place.ask("POST", "/v1/checks", headers=place.key(READ, WRITE), json={"url": "https://a.example/x"})
    assert said.status_code == 202 and place.service.docket.get(said.json()["id"]).status == "queued"


# Twice ---------------------------------------------------------------------------------------------------------------


def test_the_same_request_twice_is_one_check(place: Place) -> None:
    headers = {**place.key(READ, WRITE), "Idempotency-Key": "once"}
    form = {"file": ("a.mp4", FILE, "video/mp4")}
    first, again = (place.ask("POST", "/v1/checks", headers=headers, files=form) for _ in range(2))
    assert first.status_code == again.status_code == 202
    assert first.json() == again.json() and again.headers["location"] == first.headers["location"]
    assert again.headers["idempotency-replayed"] == "true"
    other = place.ask("POST", "/v1/checks", headers=headers, files={"file": ("a.mp4", FILE + b"x", "video/mp4")})
    assert other.status_code == 422 and other.json()["type"].endswith("/another-body")
    elsewhere = {**place.key(READ, WRITE, tenant=place.accounts.add_tenant("twice").id), "Idempotency-Key": "once"}
    assert place.ask("POST", "/v1/checks", headers=elsewhere, files=form).json()["id"] != first.json()["id"]


def test_a_request_that_failed_may_be_tried_again_with_its_key(place: Place) -> None:
    headers = {**place.key(READ, WRITE), "Idempotency-Key": "failed-first"}
    assert place.ask("POST", "/v1/checks", headers=headers, json={"upload_id": "upl_none"}).status_code == 404
    assert place.ask("POST", "/v1/checks", headers=headers, json={"url": "https://a.example/x"}).status_code == 202


def test_whoever_lost_the_answer_gets_the_secret_again(place: Place) -> None:
    headers = {"Idempotency-Key": "anonymous"}
    first, again = (
        place.ask("POST", "/v1/checks", headers=headers, json={"url": "https://a.example/x"}) for _ in range(2)
    )
    assert first.json()["id"] == again.json()["id"]
    assert first.json()["manage"] and again.json()["manage"] == first.json()["manage"]
    own = {"X-Manage-Token": again.json()["manage"]}
    assert place.ask("DELETE", f"/v1/checks/{first.json()['id']}", headers=own).status_code == 204
    gone = place.ask("POST", "/v1/checks", headers=headers, json={"url": "https://a.example/x"})
    assert gone.status_code == 410, "what was made under that key was deleted"


def test_many_at_once_with_one_key_are_one_check(place: Place) -> None:
    headers, said = {**place.key(READ, WRITE), "Idempotency-Key": "many"}, []

    def ask() -> None:
        said.append(place.ask("POST", "/v1/checks", headers=headers, json={"url": "https://a.example/x"}))

    threads = [threading.Thread(target=ask) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {one.status_code for one in said} == {202}
    assert len({one.json()["id"] for one in said}) == 1


# Without a key -------------------------------------------------------------------------------------------------------


def test_who_asks_without_a_key(place: Place) -> None:
    said = place.ask("POST", "/v1/checks", files={"file": ("a.mp4", FILE, "video/mp4")})
    assert said.status_code == 202 and said.headers["ratelimit-limit"]
    check_id, manage = said.json()["id"], said.json()["manage"]
    assert place.service.docket.get(check_id).tenant_id == PUBLIC
    assert place.ask("GET", f"/v1/checks/{check_id}").status_code == 200
    assert place.ask("GET", f"/v1/checks/{check_id}", headers=place.key(READ)).status_code == 200, "by its link"
    for method, path in (("POST", f"/v1/checks/{check_id}/cancel"), ("DELETE", f"/v1/checks/{check_id}")):
        assert place.ask(method, path).status_code == 403
        assert place.ask(method, path, headers={"X-Manage-Token": "wrong"}).status_code == 403
        assert place.ask(method, path, headers=place.key(READ, WRITE)).status_code == 403, "no staff"
        assert place.ask(method, path, headers={"X-Manage-Token": manage}).status_code in (200, 204)
    assert place.ask("GET", f"/v1/checks/{check_id}").status_code == 410
    assert place.ask("GET", "/v1/checks").status_code == 401


@pytest.mark.parametrize("more", [{"callback_url": "https://a.example/told"}, {"lane": "bulk"}])
def test_what_takes_a_key(place: Place, more: dict[str, str]) -> None:
    said = place.ask("POST", "/v1/checks", json={"url": "https://a.example/x", **more})
    assert said.status_code == 401 and "key" in said.json()["detail"]


# Looking -------------------------------------------------------------------------------------------------------------


def test_a_result_is_the_verdict_of_the_command_line(place: Place) -> None:
    check = place.finished(external_id="story-3")
    said = place.ask("GET", f"/v1/checks/{check.id}", headers=place.key(READ, "provenance:personal")).json()
    assert said["result"]["verdict"] == json.loads(json.dumps(dataclasses.asdict(told())))
    assert (said["status"], said["progress"], said["pending"], said["evidence"]) == ("succeeded", 1.0, [], [])
    assert [one["number"] for one in said["revisions"]] == [1]
    assert "not looked at: the sound: no examiner listens to it" in said["limitations"]
    assert said["versions"] == {"countermark": "test"} and said["external_id"] == "story-3"
    assert PERSON in json.dumps(said)


def test_names_are_for_who_may_see_them(place: Place) -> None:
    check = place.finished()
    public = place.finished(PUBLIC)
    plain, personal = place.key(READ), place.key(READ, "provenance:personal")
    for path in ("", "/revisions/1"):
        assert PERSON not in place.ask("GET", f"/v1/checks/{check.id}{path}", headers=plain).text
        assert PERSON in place.ask("GET", f"/v1/checks/{check.id}{path}", headers=personal).text
        for headers in ({}, plain, personal):
            said = place.ask("GET", f"/v1/checks/{public.id}{path}", headers=headers).text
            assert PERSON not in said and "jane-at-home" not in said and "Example Studio" in said


def test_a_key_in_a_url_is_for_who_asked_and_the_title_of_a_post_for_who_may_see_names(place: Place) -> None:
    url = "https://media.example/clip.mp4?token=SECRET"
    rendition = {"url": url, "found_by": "yt-dlp", "title": "Jane at home"}
    plain, personal = place.key(READ), place.key(READ, "provenance:personal")
    for tenant in (PUBLIC, "main"):
        check = place.laid(tenant, source="url", url=url, rendition=rendition)
        for headers in ({}, plain, personal):
            said = place.ask("GET", f"/v1/checks/{check.id}", headers=headers)
            page = place.ask("GET", f"/c/{check.id}", headers=headers).text
            whole = tenant == "main" and said.status_code == 200
            assert ("SECRET" in said.text) == whole and ("Jane" in said.text) == (whole and headers is personal)
            assert "SECRET" not in page or whole
            if tenant == PUBLIC:
                assert said.json()["url"] == "https://media.example/clip.mp4"
                assert said.json()["rendition"] == {**rendition, "url": said.json()["url"], "title": "[withheld]"}


def test_what_did_not_change_is_not_sent_again(place: Place) -> None:
    check, key = place.finished(), place.key(READ)
    first = place.ask("GET", f"/v1/checks/{check.id}", headers=key)
    tag = first.headers["etag"]
    for known in (tag, f'"other", W/{tag}', "*"):
        again = place.ask("GET", f"/v1/checks/{check.id}", headers={**key, "If-None-Match": known})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    place.service.docket.place_hold(check.id, "review", "look", "test")
    later = place.ask("GET", f"/v1/checks/{check.id}", headers={**key, "If-None-Match": tag})
    assert later.status_code == 200 and later.json()["retention"]["held"]


def test_who_is_still_to_speak(place: Place) -> None:
    check, key = place.laid(), place.key(READ)
    first = place.ask("GET", f"/v1/checks/{check.id}", headers=key).json()
    assert first["pending"] == ["container", "credentials", "declarations", "watermark", "fingerprint"]
    assert first["result"] is None and first["progress"] == 0
    place.service.docket.at_stage(check.id, "look")
    place.service.docket.add_evidence(check.id, 1, told().evidence[0])
    then = place.ask("GET", f"/v1/checks/{check.id}", headers=key).json()
    assert "credentials" not in then["pending"] and 0 < then["progress"] < 1
    assert PERSON not in json.dumps(then) and then["evidence"][0]["examiner"] == "credentials"


def test_a_picture_is_behind_a_link_of_its_own(place: Place) -> None:
    check = place.finished(PUBLIC)
    (picture,) = place.ask("GET", f"/v1/checks/{check.id}").json()["pictures"]
    said = place.ask("GET", picture["url"])
    assert (said.status_code, said.headers["content-type"]) == (200, "image/jpeg")
    assert said.content.startswith(b"\xff\xd8\xff")
    path, _, query = picture["url"].partition("?")
    until = int(query.split("until=")[1].split("&")[0])
    for wrong in (
        query.replace(f"until={until}", f"until={until + 900}"),
        query[:-1] + ("0" if query[-1] != "0" else "1"),
    ):
        assert place.ask("GET", f"{path}?{wrong}").status_code == 403
    assert place.ask("GET", path).status_code == 422
    other = place.finished(PUBLIC)
    assert place.ask("GET", f"/v1/checks/{other.id}/pictures/key-1.jpg?{query}").status_code == 403
    old = place.service.links.made(path, 1_600_000_000.0)
    assert place.ask("GET", old.path).status_code == 403, "its time is over"


def test_a_list_by_pages(place: Place) -> None:
    tenant = place.accounts.add_tenant("lists").id
    key = place.key(READ, tenant=tenant)
    checks = [place.finished(tenant) if n % 2 else place.laid(tenant) for n in range(5)]
    first = place.ask("GET", "/v1/checks?limit=3", headers=key).json()
    rest = place.ask("GET", f"/v1/checks?limit=3&cursor={first['next']}", headers=key).json()
    found = [one["id"] for one in first["checks"] + rest["checks"]]
    assert found == [check.id for check in reversed(checks)] and rest["next"] is None
    done = place.ask("GET", "/v1/checks?verdict=ai_generated", headers=key).json()["checks"]
    assert len(done) == 2 and "evidence" not in done[0]
    assert len(place.ask("GET", "/v1/checks?status=queued", headers=key).json()["checks"]) == 3
    assert place.ask("GET", "/v1/checks?cursor=none", headers=key).status_code == 409
    assert place.ask("GET", "/v1/checks?limit=0", headers=key).status_code == 422


# The end -------------------------------------------------------------------------------------------------------------


def test_cancelling(place: Place) -> None:
    check, key = place.laid(), place.key(READ, WRITE, OTHERS)
    said = place.ask("POST", f"/v1/checks/{check.id}/cancel", headers=key)
    assert said.status_code == 200 and said.json()["status"] == "cancelled"
    assert place.ask("POST", f"/v1/checks/{check.id}/cancel", headers=key).status_code == 200, "twice is no error"
    done = place.finished()
    assert place.ask("POST", f"/v1/checks/{done.id}/cancel", headers=key).status_code == 409


def test_deleting_leaves_a_tombstone(place: Place) -> None:
    check, key = place.finished(), place.key(READ, WRITE, OTHERS)
    (picture,) = check.pictures
    assert place.ask("DELETE", f"/v1/checks/{check.id}", headers=key).status_code == 204
    said = place.ask("GET", f"/v1/checks/{check.id}", headers=key)
    assert said.status_code == 410
    facts = said.json()["check"]
    assert facts["id"] == check.id and facts["deleted_at"] and facts["content_hash"] == DIGEST
    assert "clip.mp4" not in said.text
    assert place.service.objects.size(picture.object_key) is None
    for method, path in (("DELETE", ""), ("GET", "/events"), ("GET", "/bundle"), ("GET", "/revisions/1")):
        assert place.ask(method, f"/v1/checks/{check.id}{path}", headers=key).status_code == 410


def test_what_is_held_is_not_deleted(place: Place) -> None:
    check, key = place.finished(), place.key(READ, WRITE, OTHERS)
    place.service.docket.place_hold(check.id, "legal_order", "court", "test")
    said = place.ask("DELETE", f"/v1/checks/{check.id}", headers=key)
    assert said.status_code == 409 and "legal_order" in said.json()["detail"]


def test_a_bundle_is_fetched_without_the_names_that_one_may_not_see(place: Place, tmp_path: Path) -> None:
    import io
    import zipfile

    from countermark import keyring

    keyring.init_development(place.options.home)
    check = place.finished(PUBLIC)
    said = place.ask("GET", f"/v1/checks/{check.id}/bundle")
    assert said.status_code == 200 and said.headers["content-type"] == "application/zip", said.text
    with zipfile.ZipFile(io.BytesIO(said.content)) as bundle:
        content = b"".join(bundle.read(name) for name in bundle.namelist())
    assert b"Example Studio" in content and PERSON.encode() not in content
    running = place.laid(PUBLIC)
    assert place.ask("GET", f"/v1/checks/{running.id}/bundle").status_code in (409, 422)
