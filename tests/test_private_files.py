"""What is its owner's alone, stays so: whatever the umask, and whoever put something else in its place."""

import os
from pathlib import Path

import pytest

from countermark.errors import OutputExists, UnsafeKeys
from countermark.private_files import read_private, release_private


def test_a_key_appears_whole_and_closed_under_any_umask(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        release_private(tmp_path / "k.json", b"first")
    finally:
        os.umask(before)
    assert (tmp_path / "k.json").stat().st_mode & 0o777 == 0o600
    assert read_private(tmp_path / "k.json") == b"first"
    assert [path.name for path in tmp_path.iterdir()] == ["k.json"]


def test_nothing_is_replaced_without_force(tmp_path: Path) -> None:
    release_private(tmp_path / "k.json", b"first")
    with pytest.raises(OutputExists):
        release_private(tmp_path / "k.json", b"second")
    assert read_private(tmp_path / "k.json") == b"first"
    release_private(tmp_path / "k.json", b"third", force=True)
    assert read_private(tmp_path / "k.json") == b"third"


def test_what_is_not_its_owners_alone_is_not_read(tmp_path: Path) -> None:
    key = tmp_path / "k.json"
    release_private(key, b"first")
    (tmp_path / "link.json").symlink_to(key)
    os.mkfifo(tmp_path / "pipe.json", 0o600)
    for name in ("link.json", "pipe.json", "none.json"):
        with pytest.raises(UnsafeKeys) as caught:
            read_private(tmp_path / name)
        assert caught.value.advice
    key.chmod(0o604)
    with pytest.raises(UnsafeKeys, match="604"):
        read_private(key)
