"""How the library is set up: sparing of memory. What it is closed to is tested where files are signed and read."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import av
import pytest

from countermark.provenance.signing import ingredients
from countermark.provenance.signing import writing as signing
from countermark.provenance.trust import validator
from countermark.tests.provenance.signed import Studio

LARGE_MB = signing.WHOLE_MB + 1


def test_small_reads_are_what_was_asked_for(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"0123456789")
    with validator.steady(file) as stream:
        assert stream.readinto(bytearray(4)) == 4 and stream.read(3) == b"456"
    with validator.steady_output(file) as stream:
        stream.write(b"abc")
        stream.seek(0)
        assert stream.read() == b"abc"


def test_a_file_may_go_on(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"0123456789")
    with validator.steady(file, b"tail") as stream:
        assert stream.read() == b"0123456789tail" and stream.seek(0, os.SEEK_END) == 14
        assert stream.seek(-6, os.SEEK_END) == 8 and stream.read() == b"89tail"
        assert stream.seek(11) == 11 and stream.read(2) == b"ai" and stream.seek(-12, os.SEEK_CUR) == 1


def test_no_large_buffer_fills_while_another_is_hashed(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(os.urandom(9 << 20))
    named, done, filled = threading.Event(), threading.Event(), threading.Event()

    def hashes() -> None:
        Path("/proc/thread-self/comm").write_text("c2pa-hash")
        named.set()
        done.wait(60)

    def reads() -> None:
        with validator.steady(file) as stream:
            content = bytearray(9 << 20)
            assert 0 < stream.readinto(content) < len(content)
        filled.set()

    hasher, reader = threading.Thread(target=hashes), threading.Thread(target=reads)
    hasher.start()
    assert named.wait(60)
    reader.start()
    assert not filled.wait(0.2)
    done.set()
    assert filled.wait(60)
    hasher.join()
    reader.join()


@pytest.mark.parametrize("how", [{}, {"wide": True}, {"mdats": 2}])
def test_what_is_hashed_in_pieces_is_bound_whole(
    studio: Studio, how: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only one mdat is; either way nothing of it can change."""
    monkeypatch.setattr(signing, "WHOLE_MB", 16)
    before = len(studio.fill(21, **how))
    target, _ = studio.sign()
    content = target.read_bytes()
    assert (b"merkle\0" in content) == ("mdats" not in how)
    assert studio.details(target).trust == "trusted" and studio.details(target).content_matches
    with av.open(str(target)) as container:
        assert sum(1 for _ in container.decode(video=0)) == 5
    mdat, moov = content.index(b"mdat"), content.index(b"moov")
    places = [mdat + 30, mdat + before, mdat + (9 << 20), mdat + (20 << 20), moov + 60]
    for place in places:
        with target.open("rb+") as file:
            file.seek(place)
            file.write(bytes([content[place] ^ 255]))
        found = studio.examine(target)
        assert found.finding == "invalid", place
        with target.open("rb+") as file:
            file.seek(place)
            file.write(content[place : place + 1])
    assert studio.examine(target).finding == "present"


def test_little_of_a_large_file_is_in_memory(studio: Studio) -> None:
    studio.fill(LARGE_MB)
    script = f"""
from pathlib import Path
from countermark import keyring
from countermark.provenance import CredentialsExaminer, Facts, describe, new_manifest_id, sign, trust
folder = Path({str(studio.folder)!r})
home = folder / "home"
described = describe(Facts("t"), new_manifest_id(), "00", "own-1")
sign(folder / "source.mp4", folder / "signed.mp4", described, keyring.load(home), trust.load(home))
print(CredentialsExaminer(trust.load(home)).examine(folder / "signed.mp4", "ab" * 32).details.trust)
print(Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0])
"""
    done = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True)
    trusted, peak_kib = done.stdout.split()
    assert trusted == "trusted" and ingredients.carries_manifest(studio.folder / "signed.mp4")
    assert int(peak_kib) >> 10 < LARGE_MB  # all of it is never there, whatever the process takes beside
    (studio.folder / "signed.mp4").unlink()


INTERRUPTED = """
import io, os, signal, sys, threading
from countermark.provenance.trust.validator import undisturbed

def interrupt(number, frame):
    raise KeyboardInterrupt

signal.signal(signal.SIGTERM, interrupt)
try:
    with undisturbed():
        os.kill(os.getpid(), signal.SIGTERM)
        print("went on", flush=True)
except KeyboardInterrupt:
    sys.exit(7)
"""


def test_an_interruption_is_heard_when_the_library_is_done() -> None:
    """Raised inside a call of the library's back into Python it would be dropped, and the file be released."""
    done = subprocess.run([sys.executable, "-c", INTERRUPTED], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout) == (7, "went on\n")
