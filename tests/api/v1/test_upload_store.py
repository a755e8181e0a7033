"""Uploads whose last place is a store of objects: by the server, and past it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from countermark.docket import Docket
from countermark.objects import opened
from countermark.settings import Service, Settings
from countermark.tests import object_stores
from countermark.tests.api.service import call
from countermark.tests.api.v1.uploading import FILM, begin, digest, keyed, put, send, serving, stands


def bucket(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Settings, dict[str, str]]:
    url, environment = object_stores.new(kind, tmp_path)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    options = Settings(home=tmp_path / "home", service=Service(objects=url))
    return options, {**environment, "COUNTERMARK_SERVICE__OBJECTS": url}


@pytest.mark.parametrize("kind", ["rclone", "moto"])
def test_into_a_bucket(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    options, environment = bucket(kind, tmp_path, monkeypatch)
    objects = opened(options)
    with serving(options.home, environment) as server:
        upload = begin(server.base, len(FILM))
        assert send(server.base, upload["url"], 0, FILM).status == 204
        assert objects.read(f"uploads/{upload['id']}") == FILM
        assert list((options.home / "uploads").iterdir()) == []

        key = keyed(options)
        wish = {"name": "clip.mp4", "bytes": len(FILM), "way": "presigned"}
        upload = call(server.base, "/uploads", wish, **key).json
        url, step = upload["url"], upload["next"]
        assert step["method"] == "PUT"
        assert send(server.base, url, 0, FILM, **key).status == 409, "it goes past the server"
        assert call(server.base, step["then"], b"", prefix=False, **key).status == 409, "nothing came"
        put(step["url"], FILM[:-1])
        assert call(server.base, step["then"], b"", prefix=False, **key).status == 409, "too little came"
        put(step["url"], FILM)
        told = call(server.base, step["then"], b"", prefix=False, **key)
        assert told.json["status"] == "whole" and told.json["offset"] == len(FILM)
        put(step["url"], b"something else")
        assert objects.read(f"uploads/{upload['id']}") == FILM, "who sent it can change it no more"
        assert call(server.base, url, method="DELETE", prefix=False, **key).status == 204
        assert objects.size(f"uploads/{upload['id']}") is objects.size(f"incoming/{upload['id']}") is None
        put(step["url"], FILM)
        assert call(server.base, url, prefix=False, **key).status == 404

    def in_two_hours() -> datetime:
        return datetime.now(UTC) + timedelta(hours=2, seconds=1)

    assert Docket(options, objects=objects).sweep().uploads == 0, "the URL that was signed still holds"
    assert objects.size(f"incoming/{upload['id']}") == len(FILM)
    assert Docket(options, objects=objects, clock=in_two_hours).sweep().uploads == 1
    assert objects.size(f"incoming/{upload['id']}") is None, "what came late is found"


def test_what_was_sent_past_the_server_and_never_completed_is_swept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of whatever size: the store asks nobody how much it may take. Also what comes to the URL in its last moment."""
    options, environment = bucket("rclone", tmp_path, monkeypatch)
    objects, wish = opened(options), {"name": "clip.mp4", "bytes": 5, "way": "presigned"}
    short = options.model_copy(update={"service": options.service.model_copy(update={"upload_kept_s": 60.0})})
    with serving(options.home, environment) as server:
        upload = call(server.base, "/uploads", wish, **keyed(options)).json
    with serving(options.home, {**environment, "COUNTERMARK_SERVICE__UPLOAD_KEPT_S": "60"}) as server:
        brief = call(server.base, "/uploads", wish, **keyed(options)).json
    for one in (upload, brief):
        put(one["next"]["url"], FILM)

    def swept(with_options: Settings, **later: float) -> int:
        clock = datetime.now(UTC) + timedelta(**later)
        return Docket(with_options, objects=objects, clock=lambda: clock).sweep().uploads

    def sizes() -> list[int | None]:
        return [objects.size(f"incoming/{one['id']}") for one in (upload, brief)]

    assert (swept(options), sizes()) == (0, [len(FILM), len(FILM)])
    assert (swept(short, seconds=61), sizes()) == (1, [len(FILM), None])
    put(brief["next"]["url"], FILM)  # as one who began before the URL ended
    assert (swept(short, seconds=120), sizes()) == (0, [len(FILM), len(FILM)])
    assert (swept(short, hours=2, seconds=1), sizes()) == (1, [len(FILM), None])
    assert (swept(options, days=1, seconds=1), sizes()) == (1, [None, None])
    assert objects.delete_all("incoming") == 0


def test_a_store_that_is_away_loses_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "s3" / "bucket").mkdir(parents=True)
    with object_stores.started("rclone", folder=tmp_path / "s3") as (endpoint, _):
        port = urlsplit(endpoint).port
    environment = {**object_stores.variables(endpoint), "COUNTERMARK_SERVICE__OBJECTS": "s3://bucket"}
    with serving(tmp_path / "home", environment) as server:
        url = begin(server.base, len(FILM))["url"]
        said = send(server.base, url, 0, FILM)
        assert said.status == 503 and said.headers["retry-after"]
        assert stands(server.base, url) == len(FILM)
        with object_stores.started("rclone", port, tmp_path / "s3"):
            told = call(server.base, f"{url}/complete", b"", prefix=False).json
        assert (told["status"], told["content_hash"]) == ("whole", digest(FILM))
