"""Stamping as a service: asked for, looked at, fetched; the labels themselves are tested where they are made."""

import hashlib

from countermark.docket import Stamps
from countermark.docket.uploads import Uploads
from tests.api.served import Place

FILE = b"not really a film"
READ, WRITE = "stamps:read", "stamps:write"


def test_a_film_is_sent_and_fetched(place: Place) -> None:
    key = place.key(READ, WRITE)
    said = place.ask(
        "POST",
        "/v1/stamps",
        headers=key,
        files={"file": ("dawn.mp4", FILE, "video/mp4")},
        data={"model": "wan", "model_version": "2.2", "remark": "true"},
    )
    assert said.status_code == 202, said.text
    stamp_id = said.json()["id"]
    assert said.headers["location"] == f"/v1/stamps/{stamp_id}" and said.json()["name"] == "dawn.mp4"
    asked = {"model": "wan", "model_version": "2.2", "remark": True, "source_type": "trainedAlgorithmicMedia"}
    assert said.json()["asked"] == asked
    assert place.ask("GET", f"/v1/stamps/{stamp_id}/file", headers=key).status_code == 409, "not done yet"
    stamps = Stamps(place.options, objects=place.service.objects)
    source = stamps.get(stamp_id).source_key
    assert source is not None and place.service.objects.read(source) == FILE
    result = f"stamps/{stamp_id}/out"
    place.service.objects.put_bytes(result, b"labelled")
    stamps.begin(stamp_id)
    stamps.finish(stamp_id, result, {"name": "dawn \u00e9.stamped.mp4", "manifest_id": "urn:c2pa:x"})
    shown = place.ask("GET", f"/v1/stamps/{stamp_id}", headers=key).json()
    assert shown["status"] == "succeeded" and shown["stamped"]["manifest_id"] == "urn:c2pa:x"
    got = place.ask("GET", shown["file"], headers=key)
    assert got.content == b"labelled" and "dawn%20%C3%A9.stamped.mp4" in got.headers["content-disposition"]
    place.service.objects.delete(result)
    assert place.ask("GET", shown["file"], headers=key).status_code == 410


def test_one_that_is_done_with_is_deleted(place: Place) -> None:
    stamps = Stamps(place.options, objects=place.service.objects)
    stamp = stamps.open("main", "key:test", "private.mp4", {"title": "a secret"})
    path, key = f"/v1/stamps/{stamp.id}", place.key(READ, WRITE)
    assert place.ask("DELETE", path, headers=place.key(READ)).status_code == 403
    assert place.ask("DELETE", path, headers=key).status_code == 204
    for method, way in (("GET", path), ("GET", f"{path}/file"), ("DELETE", path)):
        said = place.ask(method, way, headers=key)
        assert said.status_code == 410 and said.json()["stamp"]["id"] == stamp.id
        assert "secret" not in said.text and "private" not in said.text


def test_an_upload_is_stamped_once(place: Place) -> None:
    uploads = Uploads(place.options, objects=place.service.objects)
    upload = uploads.begin("main", "key:test", "sent.mp4", len(FILE), "tus")
    place.service.objects.put_bytes(upload.object_key, FILE)
    uploads.whole(upload.id, "0" * 64, size=len(FILE))
    key = place.key(READ, WRITE)
    assert place.ask("POST", "/v1/stamps", headers=key, json={"upload_id": upload.id}).status_code == 202
    assert place.ask("POST", "/v1/stamps", headers=key, json={"upload_id": upload.id}).status_code == 409
    listed = place.ask("GET", "/v1/stamps", headers=key).json()
    assert listed["stamps"][0]["name"] == "sent.mp4"


def test_a_prompt_is_in_no_answer(place: Place) -> None:
    key, words = place.key(READ, WRITE), "a secret cat"
    form = {"file": ("a.mp4", FILE, "video/mp4")}
    laid = place.ask("POST", "/v1/stamps", headers=key, files=form, data={"prompt": words})
    here = f"/v1/stamps/{laid.json()['id']}"
    looks = [laid, *(place.ask("GET", path, headers=key) for path in (here, "/v1/stamps"))]
    stamps = Stamps(place.options, objects=place.service.objects)
    stamps.begin(laid.json()["id"])
    stamps.finish(laid.json()["id"], "stamps/x/out", {})
    looks.append(place.ask("GET", here, headers=key))
    for look in looks:
        assert "secret cat" not in look.text and hashlib.sha256(words.encode()).hexdigest() in look.text


def test_the_same_again_is_one_stamp(place: Place) -> None:
    headers, form = {**place.key(READ, WRITE), "Idempotency-Key": "once"}, {"file": ("a.mp4", FILE, "video/mp4")}
    first, again = (place.ask("POST", "/v1/stamps", headers=headers, files=form) for _ in range(2))
    assert first.status_code == again.status_code == 202 and first.json() == again.json()
    assert again.headers["idempotency-replayed"] == "true"
    other = place.ask("POST", "/v1/stamps", headers=headers, files=form, data={"model": "wan"})
    assert other.status_code == 422 and other.json()["type"].endswith("/another-body")


def test_another_tenant_stamps_nothing_in_the_operators_name(place: Place) -> None:
    tenant = place.accounts.add_tenant("stamping").id
    key, form = place.key(READ, WRITE, tenant=tenant), {"file": ("a.mp4", FILE, "video/mp4")}
    said = place.ask("POST", "/v1/stamps", headers=key, files=form)
    assert said.status_code == 403 and "--may-stamp" in said.json()["advice"]
    place.accounts.set_may_stamp(tenant, True)
    assert place.ask("POST", "/v1/stamps", headers=key, files=form).status_code == 202
    place.accounts.set_may_stamp(tenant, False)
    assert place.ask("POST", "/v1/stamps", headers=key, files=form).status_code == 403


def test_it_takes_a_scope_of_its_own(place: Place) -> None:
    for headers, status in (({}, 401), (place.key("checks:write", READ), 403)):
        said = place.ask("POST", "/v1/stamps", headers=headers, json={"upload_id": "upl_x"})
        assert said.status_code == status
    said = place.ask("POST", "/v1/stamps", headers=place.key(WRITE), json={"upload_id": "upl_x"})
    assert said.status_code == 404


def test_what_does_not_fit(place: Place) -> None:
    key = place.key(WRITE)
    for body in (
        {},
        {"upload_id": "x", "provider": "somebody else"},
        {"upload_id": "x", "source_type": "digitalCapture"},
    ):
        assert place.ask("POST", "/v1/stamps", headers=key, json=body).status_code == 422
    headers = {**key, "Content-Type": "video/mp4"}
    assert place.ask("POST", "/v1/stamps", headers=headers, content=FILE).status_code == 415
