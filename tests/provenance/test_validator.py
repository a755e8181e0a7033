"""How the library is set up: sparing of memory. What it is closed to is tested where files are signed and read."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

from countermark.provenance import ingredients, validator
from countermark.tests.provenance.signed import Studio

LARGE_MB = 192  # less than the buffer that it is hashed in


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


def test_little_of_a_large_file_is_in_memory(studio: Studio) -> None:
    content = studio.source.read_bytes()
    place = content.index(b"mdat") - 4
    size = int.from_bytes(content[place : place + 4], "big")
    with studio.source.open("wb") as file:
        file.write(content[:place] + (size + (LARGE_MB << 20)).to_bytes(4, "big") + content[place + 4 : place + size])
        file.seek(LARGE_MB << 20, os.SEEK_CUR)  # a hole, in the source alone
        file.write(content[place + size :])
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
    assert int(peak_kib) >> 10 < LARGE_MB + 180  # once in that buffer, and hardly more beside the process itself
    (studio.folder / "signed.mp4").unlink()
