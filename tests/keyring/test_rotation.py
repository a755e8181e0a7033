"""One identity takes over from another: with overlap, whatever is stopped, and however many do it at once."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509

from countermark import keyring
from countermark.errors import CertificateUnfit, DiskFull, NoKeys, OutputExists
from countermark.keyring import places, signatures
from tests import needs


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


def killed_after(renames: int, work: Callable[[], object]) -> bool:
    """Do the work in a child that kills itself, as hard as can be, right after so many renames; say whether it did."""
    child = os.fork()
    if child == 0:
        rename, done = os.rename, 0

        def counted(*names: str) -> None:
            nonlocal done
            if done == renames:
                os.kill(os.getpid(), signal.SIGKILL)
            rename(*names)
            done += 1

        try:
            os.rename = counted
            work()
        finally:
            os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL


def keys_in(home: Path) -> set[bytes]:
    """Every key but those that were being made and never in place."""
    return {file.read_bytes() for file in home.rglob("key.pem") if ".new-" not in str(file)}


def test_the_old_one_signs_until_the_day_and_stays_trusted(home: Path) -> None:
    old = keyring.init_development(home)
    day = datetime.now(UTC).replace(microsecond=0) + timedelta(days=3)
    new = keyring.rotate(home, since=day)
    assert keyring.load(home).fingerprint == old.fingerprint
    signs, coming = keyring.listing(home)
    assert (signs.state, coming.state, coming.signs_from) == ("signs", "next", day.isoformat())
    assert set(keyring.development_roots(home)) == {old.root_pem, new.root_pem}

    past = (datetime.now(UTC) - timedelta(seconds=1)).isoformat()
    (places.upcoming(home) / places.FROM).write_text(past)  # as if the day had come
    assert keyring.load(home).fingerprint == new.fingerprint
    assert [(f.state, f.fingerprint) for f in keyring.listing(home)] == [
        ("signs", new.fingerprint),
        ("retired", old.fingerprint),
    ]
    third = keyring.rotate(home)
    assert [f.fingerprint for f in keyring.listing(home)][0] == third.fingerprint
    assert len(keyring.listing(home)) == 3 and len(keyring.development_roots(home)) == 3
    assert not places.upcoming(home).exists()


def test_rotation_needs_something_to_rotate_and_a_day_that_fits(home: Path) -> None:
    with pytest.raises(NoKeys):
        keyring.rotate(home)
    keyring.init_development(home)
    with pytest.raises(CertificateUnfit, match="will have expired"):
        keyring.rotate(home, since=datetime.now(UTC) + timedelta(days=500))
    keyring.rotate(home, since=datetime.now(UTC) + timedelta(days=5))
    with pytest.raises(OutputExists):
        keyring.rotate(home, since=datetime.now(UTC) + timedelta(days=6))
    before = keys_in(home)
    keyring.rotate(home, since=datetime.now(UTC) + timedelta(days=6), force=True)
    assert before < keys_in(home), "what waited is kept, too"


def test_a_spoilt_day_is_said(home: Path) -> None:
    keyring.init_development(home)
    keyring.rotate(home, since=datetime.now(UTC) + timedelta(days=5))
    (places.upcoming(home) / places.FROM).write_text("tomorrow")
    with pytest.raises(NoKeys, match="no time"):
        keyring.load(home)


def test_a_spoilt_next_one_hides_nothing(home: Path) -> None:
    keyring.init_development(home)
    keyring.rotate(home, since=datetime.now(UTC) + timedelta(days=5))
    (places.upcoming(home) / "chain.pem").write_text("nothing")
    signs, coming = keyring.listing(home)
    assert (signs.key_problem, coming.state) == (None, "next") and "no chain" in str(coming.key_problem)


def test_killed_anywhere_nothing_is_lost_and_someone_signs(home: Path) -> None:
    keyring.init_development(home)
    for renames in range(10):
        before = keys_in(home)
        stopped = killed_after(renames, lambda: keyring.rotate(home, force=True))
        keyring.load(home).check()
        assert before <= keys_in(home)
        if not stopped:
            break
    assert renames >= 2, "it was stopped between the steps, too"
    keyring.rotate(home, force=True)
    assert not list((home / "keys").glob(".new-*")), "what a dead one left is cleared away"


def test_work_under_way_ends_with_the_identity_that_it_began_with(home: Path) -> None:
    now = keyring.init_development(home)
    at_work = keyring.load(home)
    for _ in range(2):
        keyring.rotate(home)
        signature = at_work.signer.sign(b"a manifest")
        leaf = x509.load_pem_x509_certificates(now.chain_pem)[0]
        assert signatures.checked(leaf.public_key(), b"a manifest", signature)


def test_whoever_reads_meanwhile_always_finds_one(home: Path) -> None:
    first = keyring.init_development(home)
    child = os.fork()
    if child == 0:
        try:
            for _ in range(8):
                keyring.rotate(home)
        finally:
            os._exit(0)
    loads = 0
    while os.waitpid(child, os.WNOHANG) == (0, 0):
        assert keyring.load(home).chain_pem
        assert first.root_pem in keyring.development_roots(home)
        loads += 1
    assert loads > 0 and len(keyring.development_roots(home)) == 9


def test_many_at_once_take_turns(home: Path) -> None:
    keyring.init_development(home)
    children = []
    for _ in range(4):
        child = os.fork()
        if child == 0:
            try:
                keyring.rotate(home)
            except BaseException:
                os._exit(1)
            os._exit(0)
        children.append(child)
    assert [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children] == [0] * 4
    keyring.load(home).check()
    assert len(keyring.development_roots(home)) == 5


def test_a_full_disk_leaves_the_old_one_in_use(tmp_path: Path) -> None:
    with needs.small_disk(tmp_path / "small", "size=100k,nr_inodes=1k") as disk:
        home = disk / "home"
        old = keyring.init_development(home)
        (disk / "filler").write_bytes(b"")
        with (disk / "filler").open("ab", buffering=0) as filler, pytest.raises(OSError):
            while True:
                filler.write(bytes(4096))
        for work in (lambda: keyring.rotate(home), lambda: keyring.request(home, keyring.Subject("a", "b", "DE"))):
            with pytest.raises(DiskFull):
                work()
        assert keyring.load(home).fingerprint == old.fingerprint
        assert not list((home / "keys").glob(".new-*"))


def test_what_a_leaked_key_signed_can_be_disowned(home: Path) -> None:
    leaked = keyring.init_development(home)
    with pytest.raises(NoKeys, match="replaced first"):
        keyring.disown(home, leaked.fingerprint)
    keyring.rotate(home)
    for start in ("", leaked.fingerprint[:4], "zz" * 8):
        with pytest.raises(NoKeys):
            keyring.disown(home, start)
    (disowned,) = keyring.disown(home, leaked.fingerprint[:8].upper())
    assert disowned.fingerprint == leaked.fingerprint
    assert leaked.root_pem not in keyring.development_roots(home)
    told = next(f for f in keyring.listing(home) if f.fingerprint == leaked.fingerprint)
    assert any("its root is not trusted here" in line for line in told.verifiers_will_say)
