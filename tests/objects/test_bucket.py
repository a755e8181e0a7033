"""A bucket as the store: servers that refuse, or are away, and what is said of it."""

from __future__ import annotations

import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from countermark.errors import ObjectsUnavailable
from countermark.objects import Objects, opened
from countermark.settings import Service, Settings
from countermark.tests import object_stores


def store(url: str) -> Objects:
    return opened(Settings(service=Service(objects=url)))


def environment(monkeypatch: pytest.MonkeyPatch, values: dict[str, str]) -> None:
    for name, value in values.items():
        monkeypatch.setenv(name, value)


def test_wrong_keys_are_said_without_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    url, values = object_stores.new("rclone", tmp_path)
    environment(monkeypatch, {**values, "AWS_SECRET_ACCESS_KEY": "another-secret"})
    objects = store(url)
    path = tmp_path / "file"
    path.write_bytes(b"x" * 9_000_000)
    acts = [
        lambda: objects.put_bytes("media/chk_a", b"x"),
        lambda: objects.put_file("media/chk_a", path),
        lambda: objects.read("media/chk_a"),
        lambda: objects.size("media/chk_a"),
        lambda: objects.delete("media/chk_a"),
        lambda: objects.delete_all("media"),
    ]
    for act in acts:
        with pytest.raises(ObjectsUnavailable) as caught:
            act()
        said = f"{caught.value} {caught.value.advice} {caplog.text}"
        assert "another-secret" not in said and object_stores.KEY not in said and "Signature" not in said
    assert not objects.readable()
    assert path.exists()


def test_a_store_that_comes_back_within_some_tries_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with object_stores.started("rclone") as (endpoint, _):
        port = int(endpoint.rpartition(":")[2])
    (tmp_path / "later").mkdir()
    environment(monkeypatch, object_stores.variables(endpoint))
    objects = store("s3://later/x")
    with pytest.raises(ObjectsUnavailable, match="nothing can be reached"):
        objects.tried()
    with ThreadPoolExecutor(1) as other:
        tried = other.submit(objects.tried)
        with object_stores.started("rclone", port, tmp_path):
            tried.result(60)
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


@pytest.mark.parametrize("kind", ["rclone", "moto"])
def test_a_bucket_that_is_not_there_is_no_missing_object(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, values = object_stores.new(kind, tmp_path)
    environment(monkeypatch, values)
    path = tmp_path / "file"
    path.write_bytes(b"x" * 9_000_000)
    objects = store("s3://never-made/x")
    for act in (lambda: objects.put_bytes("media/a", b"x"), lambda: objects.put_file("media/a", path, take=True)):
        with pytest.raises(ObjectsUnavailable, match="bucket") as caught:
            act()
        assert "make the bucket" in caught.value.advice
    assert not objects.readable()
    assert path.exists()


def test_a_server_that_ends_and_comes_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("countermark.objects.bucket._RETRIES", {"max_retries": 1})
    (tmp_path / "s3" / "bucket").mkdir(parents=True)
    with object_stores.started("rclone", folder=tmp_path / "s3") as (url, _):
        environment(monkeypatch, object_stores.variables(url))
        objects = store("s3://bucket")
        objects.put_bytes("media/chk_a", b"x")
        port = int(url.rpartition(":")[2])
    with pytest.raises(ObjectsUnavailable) as caught:
        objects.read("media/chk_a")
    assert str(port) not in str(caught.value)
    assert not objects.readable()
    with object_stores.started("rclone", port, tmp_path / "s3"):
        assert objects.read("media/chk_a") == b"x"


def test_what_is_presigned_is_no_key_for_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    url, values = object_stores.new("rclone", tmp_path)
    environment(monkeypatch, values)
    objects = store(url)
    signed = objects.presigned_put("media/chk_a", 60)
    assert signed is not None and object_stores.SECRET not in signed
    for other in (
        signed.replace("chk_a", "chk_b"),
        signed.partition("?")[0],
    ):
        with pytest.raises(urllib.error.HTTPError) as caught:
            urllib.request.urlopen(urllib.request.Request(other, b"x", method="PUT"), timeout=20)
        assert caught.value.code in (400, 403)
