"""Somebody's folder or bucket: what lies there is listed in order, and given as it is; nothing is changed."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from countermark.errors import InputMissing, ObjectMissing, ObjectsUnavailable, SettingsInvalid
from countermark.objects import Listed, browsed
from countermark.tests import object_stores

BUCKETS = ("rclone", "moto")
NOT_TEXT = os.fsdecode(b"not text \xff.mp4")
NAMES = ("a b.mp4", "b/ü+%20?#.mp4", "b/雪/deep.mp4", "c.txt")


def laid(folder: Path, *names: str) -> Path:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(name.encode("utf-8", "surrogateescape"))
    return folder


def test_a_folder_is_listed_in_order_without_what_is_hidden_or_elsewhere(tmp_path: Path) -> None:
    root = laid(tmp_path / "some place", *NAMES, NOT_TEXT, ".hidden", ".git/x", "b/.part")
    outside = laid(tmp_path / "outside", "secret.mp4")
    (root / "link.mp4").symlink_to(outside / "secret.mp4")
    (root / "folder link").symlink_to(outside)
    os.mkfifo(root / "pipe")
    place = browsed(str(root))
    found = list(place.listed())
    assert sorted(one.name for one in found) == sorted((*NAMES, NOT_TEXT))
    assert found == list(browsed(place.url).listed()), "the URL names the same, in the same order"
    assert {one.name: one.bytes for one in found}["c.txt"] == 5
    for one in found:
        assert os.fsencode(one.name) == place.at_hand(one.name, tmp_path).read_bytes()


def test_a_root_whose_name_is_no_text_is_found_again_by_its_url(tmp_path: Path) -> None:
    url = browsed(str(laid(tmp_path / os.fsdecode(b"r\xe9 %41"), "x.mp4"))).url
    assert url.isascii() and list(browsed(url).listed()) == [Listed("x.mp4", 5)]


def test_one_file_is_a_place_of_its_own(tmp_path: Path) -> None:
    place = browsed(str(laid(tmp_path, "x.mp4") / "x.mp4"))
    assert list(place.listed()) == [Listed("x.mp4", 5)]
    assert place.at_hand("x.mp4", tmp_path / "unused").read_bytes() == b"x.mp4"


def test_what_vanishes_is_said_when_it_is_wanted(tmp_path: Path) -> None:
    root = laid(tmp_path / "root", "a.mp4", "sub/b.mp4")
    place = browsed(str(root))
    (root / "a.mp4").unlink()
    (root / "a.mp4").symlink_to("/etc/hostname")
    for name in ("a.mp4", "none.mp4", "sub"):
        with pytest.raises(ObjectMissing, match=name):
            place.at_hand(name, tmp_path)
    root.rename(tmp_path / "moved")
    with pytest.raises(InputMissing):
        browsed(place.url)
    with pytest.raises(ObjectMissing, match=r"b\.mp4"):
        browsed(place.url, listed=True).at_hand("sub/b.mp4", tmp_path)


def test_what_vanishes_while_it_is_listed_is_left_out(tmp_path: Path) -> None:
    root = laid(tmp_path / "root", "a.mp4", "b.mp4", "c/d.mp4", "e.mp4")
    listing = browsed(str(root)).listed()
    assert next(listing).name == "a.mp4"
    (root / "b.mp4").unlink()
    (root / "c" / "d.mp4").unlink()
    (root / "c").rmdir()
    assert [one.name for one in listing] == ["e.mp4"]


def test_what_is_no_place_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsInvalid, match="ftp"):
        browsed("ftp://host/folder")
    with pytest.raises(InputMissing):
        browsed(str(tmp_path / "none"))


@pytest.mark.parametrize("kind", BUCKETS)
def test_a_bucket_is_listed_and_read(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    url, environment = object_stores.new(kind, tmp_path)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    bucket, _, prefix = url.removeprefix("s3://").partition("/")
    client = object_stores.client(os.environ["AWS_ENDPOINT_URL"])
    for name in NAMES:
        client.put_object(Bucket=bucket, Key=f"{prefix}/{name}", Body=name.encode())
    place = browsed(f"{url}/")
    found = list(place.listed())
    assert [one.name for one in found] == sorted(NAMES, key=str.encode)
    assert [one.bytes for one in found] == [len(one.name.encode()) for one in found]
    for one in found:
        folder = tmp_path / one.name.replace("/", "_")
        folder.mkdir()
        path = place.at_hand(one.name, folder)
        assert path.read_bytes() == one.name.encode() and [path] == list(folder.iterdir())
    deep = browsed(f"{url}/b")
    assert [one.name for one in deep.listed()] == sorted((NAMES[1][2:], NAMES[2][2:]), key=str.encode)
    client.delete_object(Bucket=bucket, Key=f"{prefix}/{NAMES[0]}")
    with pytest.raises(ObjectMissing):
        place.at_hand(NAMES[0], tmp_path)
    assert not list(tmp_path.glob(".object*")), "nothing half brought is left"


def test_a_bucket_that_refuses_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    url, environment = object_stores.new("rclone", tmp_path)
    for name, value in {**environment, "AWS_SECRET_ACCESS_KEY": "expired"}.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(ObjectsUnavailable) as caught:
        list(browsed(url).listed())
    assert "expired" not in str(caught.value)
