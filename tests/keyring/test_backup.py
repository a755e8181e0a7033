"""Backups: whole, sealed, and restored whole or not at all."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from countermark import keyring, mark_keys
from countermark.errors import BackupInvalid, DiskFull, InputMissing, KeyLocked, NoKeys, OutputExists, UnsafeKeys
from countermark.keyring import backup, places, use_log
from tests import needs
from tests.keyring.test_rotation import killed_after

WORDS = b"correct horse battery"


@pytest.fixture(autouse=True)
def _cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    """Derive keys with less work: what is tested here is not how long a guess takes."""
    monkeypatch.setattr(backup, "_COST", {"n": 1 << 10, "r": 8, "p": 1})


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home with something of everything."""
    home = tmp_path / "home"
    keyring.init_development(home)
    keyring.rotate(home)
    keyring.request(home, keyring.Subject("Acme", "Acme", "DE"))
    mark_keys.make(home, "one")
    (home / "trust").mkdir()
    (home / "trust" / "friend.pem").write_text("a list")
    with keyring.load(home).used_for("urn:c2pa:1"):
        pass
    return home


@pytest.fixture
def file(home: Path, tmp_path: Path) -> Path:
    keyring.save(home, tmp_path / "keys.backup", WORDS)
    return tmp_path / "keys.backup"


def test_everything_comes_back_elsewhere(home: Path, file: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    done = keyring.restore(other, file, WORDS)
    assert backup.collect(other) == backup.collect(home) and done.files == len(backup.collect(home))
    assert keyring.load(other).key_pem() == keyring.load(home).key_pem()
    assert mark_keys.load(other, "one") == mark_keys.load(home, "one")
    assert [f.state for f in keyring.listing(other)] == ["signs", "retired", "pending"]
    private = [*other.rglob("key.pem"), *other.rglob("one.json")]
    assert len(private) == 4 and {path.stat().st_mode & 0o777 for path in private} == {0o600}
    assert (other / "keys").stat().st_mode & 0o777 == 0o700 and not use_log.file(other).exists()
    assert not (other / "set-aside").exists() or not any((other / "set-aside").iterdir())
    assert keyring.restore(other, file, WORDS).there_already


def test_nothing_of_it_can_be_read_without_the_passphrase(home: Path, file: Path) -> None:
    assert file.stat().st_mode & 0o777 == 0o600
    content = file.read_bytes()
    for secret in (b"PRIVATE", b"CERTIFICATE", b"signing", b"one.json", mark_keys.load(home, "one").secret.hex()[:16]):
        assert (secret if isinstance(secret, bytes) else secret.encode()) not in content
    with pytest.raises(KeyLocked, match="does not open this backup"):
        keyring.restore(home.with_name("other"), file, b"correct horse batterx")
    assert not home.with_name("other").exists()


def test_every_damaged_byte_is_noticed(file: Path, tmp_path: Path) -> None:
    sound, other = file.read_bytes(), tmp_path / "other"
    spots = [*range(0, 320, 7), *range(320, len(sound), 997), len(sound) - 1]
    for spot in spots:
        file.write_bytes(sound[:spot] + bytes([sound[spot] ^ 1]) + sound[spot + 1 :])
        with pytest.raises((BackupInvalid, KeyLocked)):
            keyring.restore(other, file, WORDS)
    for content in (b"", sound[:-1], sound[:200], sound + b"x", b"countermark backup 1\n[1]\n", b"x" * 5000):
        file.write_bytes(content)
        with pytest.raises(BackupInvalid):
            keyring.restore(other, file, WORDS)
    with pytest.raises(InputMissing):
        keyring.restore(other, tmp_path / "nothing", WORDS)
    assert not other.exists()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"n": 1 << 40}, "more work"),
        ({"n": 1 << 20, "r": 16, "p": 4}, "more work"),
        ({"n": float("inf")}, "can be read"),
        ({"n": float("nan")}, "can be read"),
        ({"n": "1024"}, "can be read"),
        ({"n": 3}, "can be read"),
        ({"r": True}, "can be read"),
        ({"salt": 5}, "can be read"),
    ],
    ids=str,
)
def test_an_unfair_head_costs_nothing(file: Path, tmp_path: Path, change: dict[str, Any], said: str) -> None:
    import hashlib

    magic, line, cipher = file.read_bytes().split(b"\n", 2)
    head = {**json.loads(line), **change}
    head.pop("sha256")
    bound = json.dumps(head, sort_keys=True).encode()
    head["sha256"] = hashlib.sha256(bound + cipher).hexdigest()
    file.write_bytes(b"\n".join((magic, json.dumps(head).encode(), cipher)))
    with pytest.raises(BackupInvalid, match=said):
        keyring.restore(tmp_path / "other", file, WORDS)


def test_too_little_memory_is_said(file: Path, tmp_path: Path) -> None:
    """In a process of its own, which may not have what the backup asks for."""
    code = (
        "import resource, sys; from pathlib import Path; from countermark.keyring import backup;"
        "from countermark.errors import BackupInvalid; backup._COST = {'n': 1 << 18, 'r': 8, 'p': 1};"
        "Path(sys.argv[1]).write_bytes(backup.sealed({'keys/a': backup.Kept(b'a', True)}, b'words'));"
        "held = int(Path('/proc/self/statm').read_text().split()[0]) * resource.getpagesize();"
        "resource.setrlimit(resource.RLIMIT_AS, (held + (160 << 20),) * 2)\n"
        "try: backup.opened(Path(sys.argv[1]), b'words')\n"
        "except BackupInvalid as error: print(error)"
    )
    call = [sys.executable, "-c", code, str(tmp_path / "large.backup")]
    done = subprocess.run(call, capture_output=True, text=True, check=False)
    assert "too little memory" in done.stdout, done.stderr


@pytest.mark.parametrize(
    "name", ["../x", "keys/../../x", "/etc/x", "registry.sqlite", "keys", "keys//x", "trust/a/../b"]
)
def test_no_name_leads_elsewhere(tmp_path: Path, name: str) -> None:
    evil = tmp_path / "evil"
    evil.write_bytes(backup.sealed({name: backup.Kept(b"x", True)}, WORDS))
    with pytest.raises(BackupInvalid, match="outside"):
        keyring.restore(tmp_path / "other", evil, WORDS)
    assert not (tmp_path / "other").exists()


def test_what_is_there_is_not_overwritten_and_never_deleted(file: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    mine = keyring.init_development(other)
    key = mine.key_pem()
    with pytest.raises(OutputExists):
        keyring.restore(other, file, WORDS)
    assert keyring.load(other).key_pem() == key
    done = keyring.restore(other, file, WORDS, force=True)
    assert keyring.load(other).fingerprint != mine.fingerprint
    assert done.set_aside and (done.set_aside / "keys" / "signing" / "key.pem").exists()


def test_the_log_of_uses_goes_on(home: Path, file: Path) -> None:
    keyring.rotate(home)
    before = use_log.file(home).read_bytes()
    keyring.restore(home, file, WORDS, force=True)
    assert use_log.file(home).read_bytes() == before and b"urn:c2pa:1" in before


def test_killed_anywhere_it_is_all_or_nothing(home: Path, file: Path) -> None:
    keyring.rotate(home)
    now, then = backup.collect(home), backup.opened(file, WORDS)
    for renames in range(12):
        stopped = killed_after(renames, lambda: keyring.restore(home, file, WORDS, force=True))
        if stopped and not places.occupied(places.folder(home)):
            with pytest.raises(NoKeys, match="stopped half-way"):
                keyring.load(home)
        with places.locked(home):
            found = backup.collect(home)
        assert found in (now, then) and (found == now) == stopped
        assert not places.half_restored(home) and not list(home.glob(".restore-*"))
        if not stopped:
            break
    assert renames >= 4, "it was stopped between the steps, too"
    assert b"urn:c2pa:1" in use_log.file(home).read_bytes()


def test_nothing_to_save_and_nowhere_to_put_it(home: Path, tmp_path: Path) -> None:
    with pytest.raises(NoKeys):
        keyring.save(tmp_path / "empty", tmp_path / "file", WORDS)
    (tmp_path / "there").write_text("x")
    with pytest.raises(OutputExists):
        keyring.save(home, tmp_path / "there", WORDS)
    os.symlink("/etc/hostname", home / "keys" / "link")
    with pytest.raises(UnsafeKeys, match="link"):
        keyring.save(home, tmp_path / "file", WORDS)
    assert not (tmp_path / "file").exists()


def test_a_full_disk_restores_nothing(file: Path, tmp_path: Path) -> None:
    with needs.small_disk(tmp_path / "small", "size=24k") as disk:
        with pytest.raises(DiskFull):
            keyring.restore(disk / "home", file, WORDS)
        assert not [path for path in (disk / "home").rglob("*") if path.is_file()]
        with pytest.raises(DiskFull):
            (disk / "filler").write_bytes(bytes(20 << 10))
            keyring.save(file.parent / "home", disk / "a.backup", WORDS)
        assert not (disk / "a.backup").exists()
