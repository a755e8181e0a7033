"""One store of media, three ways: whatever holds of a folder holds of a bucket."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from countermark.errors import (
    InputUnreadable,
    ObjectMissing,
    ObjectsUnavailable,
    OverLimit,
    SettingsInvalid,
)
from countermark.objects import Objects, opened
from countermark.settings import Service, Settings
from countermark.tests import object_stores

MANY = bytes(range(256)) * 10_000  # 2.5 MB
HEAVY = 64 << 20


def store(url: str | None, home: Path = Path("/nonexistent")) -> Objects:
    return opened(Settings(home=home, service=Service(objects=url)))


@pytest.fixture(params=object_stores.KINDS)
def objects(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Objects:
    url, environment = object_stores.new(request.param, tmp_path)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    return store(url)


def test_what_was_put_is_there(objects: Objects, tmp_path: Path) -> None:
    path = tmp_path / "clip.mp4"
    path.write_bytes(MANY)
    assert objects.size("media/chk_a") is None
    objects.put_file("media/chk_a", path, "video/mp4")
    objects.put_bytes("pictures/chk_a/key-1.jpg", b"a picture", "image/jpeg")
    objects.put_bytes("uploads/upl_empty", b"")

    assert path.read_bytes() == MANY
    assert objects.size("media/chk_a") == len(MANY)
    assert objects.read("media/chk_a") == MANY
    assert objects.read("pictures/chk_a/key-1.jpg") == b"a picture"
    assert (objects.size("uploads/upl_empty"), objects.read("uploads/upl_empty")) == (0, b"")
    (tmp_path / "to").mkdir()
    assert objects.fetch_to("media/chk_a", tmp_path / "to" / "it.mp4") == len(MANY)
    assert (tmp_path / "to" / "it.mp4").read_bytes() == MANY
    assert [found.name for found in (tmp_path / "to").iterdir()] == ["it.mp4"]


def test_a_put_replaces_what_was_there(objects: Objects) -> None:
    objects.put_bytes("media/chk_a", b"a first, and longer")
    objects.put_bytes("media/chk_a", b"a second")
    assert objects.read("media/chk_a") == b"a second"


@pytest.mark.parametrize(
    ("start", "end"),
    [(0, None), (0, 10), (5, 15), (1_000_000, None), (2_559_990, 9_999_999), (7, 7), (9_999_999, None)],
)
def test_parts_are_given_as_asked(objects: Objects, start: int, end: int | None) -> None:
    objects.put_bytes("media/chk_a", MANY)
    assert b"".join(objects.chunks("media/chk_a", start, end)) == MANY[start:end]


def test_bytes_from_nowhere_to_nowhere_are_refused(objects: Objects) -> None:
    for start, end in ((-1, None), (5, 4)):
        with pytest.raises(ValueError, match="no bytes lie"):
            objects.chunks("media/chk_a", start, end)


def test_what_is_missing_is_said_at_once(objects: Objects, tmp_path: Path) -> None:
    with pytest.raises(ObjectMissing, match="media/chk_no"):
        objects.chunks("media/chk_no")
    with pytest.raises(ObjectMissing):
        objects.chunks("media/chk_no", 5, 10)
    with pytest.raises(ObjectMissing):
        objects.read("media/chk_no")
    with pytest.raises(ObjectMissing):
        objects.fetch_to("media/chk_no", tmp_path / "it")
    assert not (tmp_path / "it").exists()


def test_what_is_too_much_for_memory_is_refused(objects: Objects) -> None:
    objects.put_bytes("media/chk_a", MANY)
    with pytest.raises(OverLimit):
        objects.read("media/chk_a", most=1000)
    assert len(objects.read("media/chk_a", most=len(MANY))) == len(MANY)


def test_what_is_let_go_is_gone(objects: Objects) -> None:
    for key in ("pictures/chk_a/key-1.jpg", "pictures/chk_a/heat-1.png", "pictures/chk_ab/key-1.jpg", "media/chk_a"):
        objects.put_bytes(key, b"x")
    assert objects.delete_all("pictures/chk_a/") == 2
    assert objects.size("pictures/chk_a/key-1.jpg") is None
    assert objects.size("pictures/chk_ab/key-1.jpg") == 1
    objects.delete("media/chk_a")
    objects.delete("media/chk_a")
    assert objects.size("media/chk_a") is None
    assert objects.delete_all("pictures/chk_a") == 0
    objects.put_bytes("pictures/chk_a/key-1.jpg", b"once more")
    assert objects.read("pictures/chk_a/key-1.jpg") == b"once more"


def test_another_key_for_the_same_bytes(objects: Objects) -> None:
    objects.put_bytes("incoming/upl_a", MANY)
    objects.put_bytes("uploads/upl_a", b"what was there")
    objects.move("incoming/upl_a", "uploads/upl_a")
    assert objects.size("incoming/upl_a") is None
    assert objects.read("uploads/upl_a") == MANY
    with pytest.raises(ObjectMissing):
        objects.move("incoming/upl_a", "uploads/upl_a")
    assert objects.read("uploads/upl_a") == MANY


def test_a_file_given_away_is_there_alone(objects: Objects, tmp_path: Path) -> None:
    path = tmp_path / "staged"
    path.write_bytes(MANY)
    objects.put_file("media/chk_a", path, take=True)
    assert not path.exists()
    assert objects.read("media/chk_a") == MANY


def test_a_file_that_is_not_there_is_the_files_error(objects: Objects, tmp_path: Path) -> None:
    for take in (False, True):
        with pytest.raises(InputUnreadable, match="none.mp4"):
            objects.put_file("media/chk_a", tmp_path / "none.mp4", take=take)
    assert objects.size("media/chk_a") is None


def test_presigned_urls_do_one_thing(objects: Objects) -> None:
    put = objects.presigned_put("uploads/upl_a", 60)
    if put is None:  # a folder
        return
    sent = urllib.request.Request(put, b"a film", {"Content-Type": "video/mp4"}, method="PUT")
    with urllib.request.urlopen(sent, timeout=20) as answer:
        assert answer.status == 200
    assert objects.read("uploads/upl_a") == b"a film"


def test_what_answers_is_readable(objects: Objects) -> None:
    assert objects.readable()


MEMORY = """
import hashlib, resource, sys
from pathlib import Path
from countermark.objects import opened
from countermark.settings import Service, Settings
objects = opened(Settings(service=Service(objects=sys.argv[1])))
objects.put_bytes("media/warm", b"warm")
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
objects.put_file("media/chk_a", Path(sys.argv[2]))
digest = hashlib.sha256()
for chunk in objects.chunks("media/chk_a"):
    digest.update(chunk)
print(digest.hexdigest(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


@pytest.mark.parametrize("kind", ["folder", "rclone"])  # moto keeps all in a memory of its own
def test_memory_is_bounded(kind: str, tmp_path: Path) -> None:
    url, environment = object_stores.new(kind, tmp_path)
    path, digest = tmp_path / "large", hashlib.sha256()
    with path.open("wb") as file:
        for number in range(HEAVY >> 20):
            block = hashlib.sha256(bytes([number])).digest() * (1 << 15)
            digest.update(block)
            file.write(block)
    said = subprocess.run(
        [sys.executable, "-c", MEMORY, url, str(path)],
        env={"PATH": "/usr/bin", "HOME": str(tmp_path), **environment},
        capture_output=True,
        text=True,
        timeout=100,
    )
    assert said.returncode == 0, said.stderr
    found, kibibytes = said.stdout.split()
    assert found == digest.hexdigest()
    assert int(kibibytes) < 48 << 10


@given(key=st.text(max_size=40) | st.from_regex(r"[a-z./\\%~\0-]{1,20}", fullmatch=True))
def test_no_key_leads_out(key: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    """A key is refused, or names what lies below the folder."""
    top = tmp_path_factory.getbasetemp() / "traversal"
    objects = store((top / "media").as_uri())
    try:
        objects.put_bytes(key, b"x")
    except (ValueError, ObjectsUnavailable):  # the second: a name of a folder, as it turned out
        pass
    else:
        assert (top / "media" / key).resolve().is_relative_to(top / "media")
        objects.delete(key)
    assert [path.name for path in top.iterdir()] == ["media"]


@pytest.mark.parametrize(
    "key",
    ["", "/etc/passwd", "../x", "media/../../x", "media/./x", "media//x", "media/", ".parts/x", "a\\b", "a\nb", "a\n"],
)
def test_what_is_no_key_is_refused_everywhere(key: str, tmp_path: Path) -> None:
    objects = store((tmp_path / "media").as_uri())
    path = tmp_path / "file"
    path.write_bytes(b"x")
    acts = [
        lambda: objects.put_bytes(key, b"x"),
        lambda: objects.put_file(key, path),
        lambda: objects.read(key),
        lambda: objects.fetch_to(key, tmp_path / "to"),
        lambda: objects.size(key),
        lambda: objects.delete(key),
        lambda: objects.move(key, "a"),
        lambda: objects.move("a", key),
        lambda: objects.presigned_put(key, 5),
    ]
    for act in acts:
        with pytest.raises(ValueError, match="no key"):
            act()


@pytest.mark.parametrize(
    "url", ["", "memory:///x", "http://127.0.0.1/x", "/srv/media", "file://elsewhere/srv", "s3:///x", "ftp://a/b"]
)
def test_a_store_of_no_known_kind_is_the_settings_error(url: str) -> None:
    settings = Settings.model_construct(service=Service.model_construct(objects=url or "nothing"))
    with pytest.raises(SettingsInvalid, match=r"service\.objects"):
        opened(settings)


def test_the_default_is_a_folder_in_home(tmp_path: Path) -> None:
    store(None, tmp_path / "a home").put_bytes("media/chk_a", b"x")
    assert (tmp_path / "a home" / "objects" / "media" / "chk_a").read_bytes() == b"x"
