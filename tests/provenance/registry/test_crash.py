"""A process killed between signing and registering leaves neither a file without a record nor a record without a file.

Real processes are killed, at each point and at any.
"""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from countermark.provenance import Record, Registry
from countermark.tests import databases

RELEASE = """
import hashlib, os, signal, sys
from pathlib import Path
from countermark import outputs
from countermark.provenance import Record, Registry

registry, folder, at = Registry(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]

def die(point):
    if at == point: os.kill(os.getpid(), signal.SIGKILL)

for number in range(int(sys.argv[4]), int(sys.argv[4]) + int(sys.argv[5])):
    target = folder / f"{number}.mp4"
    name, content = f"urn:c2pa:{number}", str(number).encode() * 1000
    with outputs.staged(target) as staged:
        part = staged(".mp4")
        part.write_bytes(content)
        die("signed")
        registry.reserve(Record(f"{number:016x}", name, b"store", hashlib.sha256(content).hexdigest()), target)
        die("reserved")
        outputs.release(part, target, False)
        die("released")
        registry.confirm(name)
        die("confirmed")
    print(number, flush=True)
"""


@pytest.fixture(params=databases.KINDS)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return databases.new(request.param, tmp_path)


def _start(url: str, folder: Path, at: str = "", first: int = 1, many: int = 1) -> subprocess.Popen[str]:
    folder.mkdir(exist_ok=True)
    call = [sys.executable, "-c", RELEASE, url, str(folder), at, str(first), str(many)]
    return subprocess.Popen(call, stdout=subprocess.PIPE, text=True)


def _killed(url: str, folder: Path, at: str) -> Registry:
    assert _start(url, folder, at).wait(120) == -signal.SIGKILL
    return Registry(url)


def test_killed_before_it_was_reserved_nothing_is_known(url: str, tmp_path: Path) -> None:
    registry = _killed(url, tmp_path / "out", "signed")
    registry.prepare()
    assert registry.listing() == () and not (tmp_path / "out" / "1.mp4").exists()


def test_killed_before_the_file_appeared_the_record_is_withdrawn(url: str, tmp_path: Path) -> None:
    registry = _killed(url, tmp_path / "out", "reserved")
    found = registry.by_payload(f"{1:016x}")
    assert found is not None and found.status == "pending"
    registry.prepare()
    found = registry.by_payload(f"{1:016x}")
    assert found is not None and found.status == "withdrawn" and "never appeared" in str(found.status_reason)
    assert registry.settle() == () and registry.verify().lines == 2


def test_killed_after_the_file_appeared_the_record_is_live(url: str, tmp_path: Path) -> None:
    registry = _killed(url, tmp_path / "out", "released")
    assert registry.listing()[0].status == "pending"
    found = registry.by_payload(f"{1:016x}")
    assert found is not None and found.status == "live", "also before anything is written"
    registry.prepare()
    assert registry.listing()[0].status == "live"
    assert registry.settle() == () and registry.verify().lines == 2


def test_killed_after_another_file_appeared_there_the_record_is_withdrawn(url: str, tmp_path: Path) -> None:
    registry = _killed(url, tmp_path / "out", "released")
    (tmp_path / "out" / "1.mp4").write_bytes(b"something else")
    (settled,) = registry.settle()
    assert (settled.status, settled.target) == ("withdrawn", tmp_path / "out" / "1.mp4")


def test_killed_after_it_was_confirmed_nothing_is_left_to_do(url: str, tmp_path: Path) -> None:
    registry = _killed(url, tmp_path / "out", "confirmed")
    assert registry.settle() == () and registry.listing()[0].status == "live" and registry.verify().lines == 2


def test_whoever_is_still_at_it_is_left_alone(tmp_path: Path) -> None:
    registry = Registry(databases.new("sqlite", tmp_path))
    registry.reserve(Record("aa", "urn:1", b"s", "00" * 32), tmp_path / "a.mp4")
    registry.prepare()
    (left,) = registry.settle()
    assert left.status == "pending"
    assert registry.confirm("urn:1").status == registry.confirm("urn:1").status == "live"
    assert registry.settle() == () and registry.verify().lines == 2


def test_another_machine_s_releases_are_settled_only_when_asked(tmp_path: Path) -> None:
    url = databases.new("sqlite", tmp_path)
    registry = _killed(url, tmp_path / "out", "reserved")
    databases.ask(url, "UPDATE pending SET host = 'elsewhere'")
    registry.prepare()
    assert [one.status for one in registry.settle()] == ["pending"]
    assert [one.status for one in registry.settle(elsewhere=True)] == ["withdrawn"]


def test_a_release_that_is_broken_off_is_withdrawn_unless_its_file_appeared(tmp_path: Path) -> None:
    registry = Registry(databases.new("sqlite", tmp_path))
    for number, name in enumerate(("gone", "there")):
        digest = hashlib.sha256(b"x").hexdigest()
        registry.reserve(Record(f"a{number}", f"urn:{name}", b"s", digest), tmp_path / f"{name}.mp4")
    (tmp_path / "there.mp4").write_bytes(b"x")
    gone = registry.abandon("urn:gone", "the file was never released")
    assert (gone.status, gone.status_reason) == ("withdrawn", "the file was never released")
    assert registry.abandon("urn:there", "interrupted").status == "live"
    assert registry.abandon("urn:there", "again").status == "live", "what is released is withdrawn by a person alone"
    assert registry.settle() == () and registry.verify().lines == 4


def test_a_file_signed_anew_before_it_was_confirmed_stands_as_either(tmp_path: Path) -> None:
    url = databases.new("sqlite", tmp_path)
    registry = _killed(url, tmp_path / "out", "released")
    registry.follow("urn:c2pa:1", "urn:c2pa:1b", b"newer", "1b" * 32)
    assert [one.status for one in registry.settle()] == ["live"], "also where the newer file never took its place"


def test_a_name_in_no_known_letters_can_be_reserved(tmp_path: Path) -> None:
    target = Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff\xfe.mp4"))
    target.write_bytes(b"x")
    registry = Registry(databases.new("sqlite", tmp_path))
    registry.reserve(Record("aa", "urn:1", b"s", hashlib.sha256(b"x").hexdigest()), target)
    found = registry.by_payload("aa")
    assert found is not None and found.status == "live"


def test_killed_at_any_moment_files_and_records_agree(url: str, tmp_path: Path) -> None:
    folder, registry = tmp_path / "out", Registry(url)
    for round_ in range(4):
        running = _start(url, folder, first=1000 * round_, many=1000)
        assert running.stdout is not None and running.stdout.readline()
        time.sleep(0.02 + 0.013 * round_)
        running.kill()
        running.wait(60)
        running.stdout.close()
        registry.prepare()
    assert all(one.status != "pending" for one in registry.settle())
    registry.verify()
    listed = {one.content_digest: one.status for one in registry.listing(limit=9999)}
    there = {hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.glob("*.mp4")}
    assert len(there) >= 4 and there == {digest for digest, status in listed.items() if status == "live"}
    assert set(listed.values()) <= {"live", "withdrawn"}
