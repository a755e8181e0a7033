"""A folder as the store: its modes, and that nothing half written is ever there."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from countermark.errors import DiskFull, ObjectMissing
from countermark.objects import Objects, opened
from countermark.settings import Service, Settings
from countermark.tests.needs import small_disk


def store(root: Path) -> Objects:
    return opened(Settings(service=Service(objects=root.as_uri())))


def mode(path: Path) -> int:
    return stat.S_IMODE(path.lstat().st_mode)


def files(root: Path) -> list[str]:
    return sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file())


def test_nobody_else_can_open_it(tmp_path: Path) -> None:
    (tmp_path / "media").mkdir(mode=0o755)
    before = os.umask(0)
    try:
        objects = store(tmp_path / "media")
        objects.put_bytes("pictures/chk_a/key-1.jpg", b"x")
        given = tmp_path / "given"
        given.write_bytes(b"y")
        objects.put_file("media/chk_a", given, take=True)
    finally:
        os.umask(before)
    for path in [tmp_path / "media", *(tmp_path / "media").rglob("*")]:
        assert mode(path) == (0o700 if path.is_dir() else 0o600), path


def test_a_full_disk_leaves_what_was_there(tmp_path: Path) -> None:
    source = tmp_path / "large"
    source.write_bytes(b"x" * 2_000_000)
    with small_disk(tmp_path / "disk", "size=1m") as disk:
        objects = store(disk / "media")
        objects.put_bytes("media/chk_a", b"the first")
        for take in (False, True):
            with pytest.raises(DiskFull, match="media/chk_a") as caught:
                objects.put_file("media/chk_a", source, take=take)
            assert str(disk) not in str(caught.value)
        assert objects.read("media/chk_a") == b"the first"
        assert files(disk / "media") == ["media/chk_a"]
    assert source.stat().st_size == 2_000_000


WRITER = """
import os, sys
from pathlib import Path
from countermark.objects import opened
from countermark.settings import Service, Settings
opened(Settings(service=Service(objects=sys.argv[1]))).put_file("media/chk_a", Path(sys.argv[2]))
"""


def test_a_killed_writer_leaves_no_object_and_at_last_no_part(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    objects = store(tmp_path / "media")
    with subprocess.Popen([sys.executable, "-c", WRITER, (tmp_path / "media").as_uri(), str(pipe)]) as writer:
        with pipe.open("wb") as sender:
            sender.write(b"x" * 3_000_000)
            sender.flush()
            assert objects.size("media/chk_a") is None
            (part,) = (tmp_path / "media" / ".parts").iterdir()
            os.utime(part, (0, 0))
            objects.put_bytes("media/chk_b", b"held by who writes it, however old it looks")
            assert part.exists()
            writer.send_signal(signal.SIGKILL)
            writer.wait(20)
    assert objects.size("media/chk_a") is None
    os.utime(part, (0, 0))
    objects.put_bytes("media/chk_b", b"x")
    assert files(tmp_path / "media") == ["media/chk_b"]


def test_a_folder_that_went_away_is_not_readable(tmp_path: Path) -> None:
    objects = store(tmp_path / "media")
    (tmp_path / "media").rename(tmp_path / "elsewhere")
    assert not objects.readable()


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    objects = store(tmp_path / "media")
    (tmp_path / "secret").write_bytes(b"a secret")
    (tmp_path / "media" / "media").mkdir()
    (tmp_path / "media" / "media" / "chk_a").symlink_to(tmp_path / "secret")
    assert objects.size("media/chk_a") is None
    with pytest.raises(ObjectMissing):
        objects.read("media/chk_a")
    objects.put_bytes("media/chk_a", b"x")
    assert (tmp_path / "secret").read_bytes() == b"a secret"


def test_a_file_of_two_names_is_copied_though_given_away(tmp_path: Path) -> None:
    (tmp_path / "one").write_bytes(b"first")
    (tmp_path / "two").hardlink_to(tmp_path / "one")
    objects = store(tmp_path / "media")
    objects.put_file("media/chk_a", tmp_path / "one", take=True)
    (tmp_path / "two").write_bytes(b"other")
    assert objects.read("media/chk_a") == b"first"


def test_a_reader_keeps_what_is_let_go(tmp_path: Path) -> None:
    objects = store(tmp_path / "media")
    objects.put_bytes("media/chk_a", b"x" * 3_000_000)
    chunks = objects.chunks("media/chk_a")
    first = next(chunks)
    objects.delete("media/chk_a")
    assert len(first) + sum(map(len, chunks)) == 3_000_000


def test_many_at_once_in_a_folder_that_comes_and_goes(tmp_path: Path) -> None:
    wrong: list[BaseException] = []

    def work(name: str) -> None:
        objects = store(tmp_path / "media")
        try:
            for _ in range(60):
                objects.put_bytes(f"pictures/chk_a/{name}", name.encode())
                assert objects.read(f"pictures/chk_a/{name}") == name.encode()
                objects.delete(f"pictures/chk_a/{name}")
        except BaseException as error:
            wrong.append(error)

    threads = [threading.Thread(target=work, args=(f"key-{number}.jpg",)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not wrong
    assert files(tmp_path / "media") == []
