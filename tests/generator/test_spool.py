"""What a costly generation keeps: exact frames, found again after a kill, gone when the file is out."""

import hashlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from countermark.errors import DiskFull, InputUnreadable, OutputUnwritable, ServiceFailed
from countermark.generator import Frames, Kept, Plan, Request
from countermark.generator.procedural import Procedural
from countermark.generator.spool import CHUNK, Spool, check_disk, spooled

REQUEST = Request("a red balloon over misty hills", size=(192, 128), seconds=2.5)
FRAMES = 60
Picture = NDArray[np.uint8]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


def drawn(tmp_path: Path, before: Callable[[int], None] = lambda number: None) -> tuple[Frames, list[int]]:
    """Real frames, and from which one on they were asked for."""
    maker, starts = Procedural(), list[int]()
    made = maker.make(REQUEST, maker.plan(REQUEST), tmp_path, lambda share: None)

    def pictures(kept: Kept) -> Iterator[Picture]:
        starts.append(kept.count)
        for number, picture in enumerate(made.pictures(kept), kept.count):
            before(number)
            yield picture

    return Frames(pictures, made.plan, made.origin), starts


def digests(pictures: Iterator[Picture]) -> list[str]:
    return [hashlib.sha256(picture.tobytes()).hexdigest() for picture in pictures]


def test_a_second_reading_makes_nothing_anew(tmp_path: Path, home: Path) -> None:
    frames, starts = drawn(tmp_path)
    target = tmp_path / "a.mp4"
    with spooled(target, "ab" * 32, home) as spool:
        assert spool.place.stat().st_mode & 0o777 == 0o700
        first = digests(spool.pictures(frames))
        assert digests(spool.pictures(frames)) == first
        assert len(set(first)) == FRAMES and starts == [0]
    assert list(tmp_path.iterdir()) == []


def test_what_stops_in_the_middle_goes_on_from_its_last_chunk(tmp_path: Path, home: Path) -> None:
    def stops(number: int) -> None:
        if number == 2 * CHUNK + 5:
            raise RuntimeError("the model fell over")

    target, other = tmp_path / "a.mp4", tmp_path / f".a.mp4.b.mp4.01234567-{'ab' * 8}.kept"
    other.mkdir()
    failing, _ = drawn(tmp_path, stops)
    with pytest.raises(RuntimeError), spooled(target, "ab" * 32, home) as spool:
        digests(spool.pictures(failing))
    with pytest.raises(RuntimeError), spooled(target, "cd" * 32, home) as spool:
        assert spool.found == 0  # another request
        digests(spool.pictures(failing))
    frames, starts = drawn(tmp_path)
    whole, _ = drawn(tmp_path)
    with spooled(target, "ab" * 32, home) as spool:
        assert spool.found == 2 * CHUNK
        found = digests(spool.pictures(frames))
    with spooled(tmp_path / "b.mp4", "ef" * 32, home) as spool:
        assert digests(spool.pictures(whole)) == found
    assert starts == [2 * CHUNK]
    assert list(tmp_path.iterdir()) == [other], "the other request's frames went with it, and nothing of another file"


def test_a_model_is_given_the_last_frames_to_go_on_from(tmp_path: Path, home: Path) -> None:
    frames, _ = drawn(tmp_path)
    seen: list[Picture] = []

    def goes_on(kept: Kept) -> Iterator[Picture]:
        seen.extend(kept.last(CHUNK + 3))
        return iter(())

    place = tmp_path / "place"
    place.mkdir()
    source = Spool(place, home).pictures(frames)
    made = [next(source) for _ in range(2 * CHUNK + 1)]
    source.close()  # type: ignore[attr-defined]
    assert len(list(Spool(place, home).pictures(Frames(goes_on, frames.plan, frames.origin)))) == 2 * CHUNK
    expected = made[: 2 * CHUNK][-(CHUNK + 3) :]
    assert len(seen) == CHUNK + 3 and all((a == b).all() for a, b in zip(seen, expected, strict=True))


KILLED = """
import sys, time
from pathlib import Path
from tests.generator.test_spool import drawn, spooled
target, home = map(Path, sys.argv[1:])
frames, _ = drawn(target.parent, lambda number: time.sleep(0.02))
with spooled(target, "ab" * 32, home) as spool:
    for picture in spool.pictures(frames):
        pass
"""


def test_a_kill_costs_one_chunk_at_the_most(tmp_path: Path, home: Path) -> None:
    target = tmp_path / "a.mp4"
    process = subprocess.Popen([sys.executable, "-c", KILLED, str(target), str(home)], cwd=Path(__file__).parents[2])
    try:
        while len(list(tmp_path.glob(".a.mp4.*.kept/[0-9]*.sealed"))) < 2:
            assert process.poll() is None
            time.sleep(0.01)
        with pytest.raises(OutputUnwritable, match="another run"), spooled(target, "ab" * 32, home):
            pass
    finally:
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    frames, starts = drawn(tmp_path)
    whole, _ = drawn(tmp_path)
    with spooled(target, "ab" * 32, home) as spool:
        assert spool.found >= 2 * CHUNK
        resumed = digests(spool.pictures(frames))
        assert starts in ([spool.found], [])
    with spooled(target, "cd" * 32, home) as spool:
        assert digests(spool.pictures(whole)) == resumed
    assert list(tmp_path.iterdir()) == []


def test_a_broken_chunk_costs_what_follows_it_and_is_no_gap(tmp_path: Path, home: Path) -> None:
    frames, starts = drawn(tmp_path)
    made = digests(Spool(tmp_path, home).pictures(frames))
    for broken in (b"", b"\0" * 4000, None):  # None: it lacks its last byte
        chunk = sorted(tmp_path.glob("[0-9]*.sealed"))[1]
        chunk.write_bytes(chunk.read_bytes()[:-1] if broken is None else broken)
        again = Spool(tmp_path, home)
        assert again.found == CHUNK and len(list(tmp_path.glob("*.sealed"))) == 1
        assert digests(again.pictures(frames)) == made
    assert starts == [0, *[CHUNK] * 3]
    last = sorted(tmp_path.glob("[0-9]*.sealed"))[-1]
    last.unlink()  # a film that was whole is not, where its end is lost
    assert digests(Spool(tmp_path, home).pictures(frames)) == made
    during = Spool(tmp_path, home)
    last.write_bytes(last.read_bytes()[:-1])
    with pytest.raises(InputUnreadable):
        digests(during.pictures(frames))


def test_a_chunk_is_that_of_its_film_and_place(tmp_path: Path, home: Path) -> None:
    frames, _ = drawn(tmp_path)
    one, other = tmp_path / "one", tmp_path / "other"
    for place in (one, other):
        place.mkdir()
        digests(Spool(place, home).pictures(frames))
    first, second, *_ = sorted(path.name for path in one.glob("*.sealed"))
    (other / second).write_bytes((one / second).read_bytes())
    assert Spool(other, home).found == CHUNK
    (one / second).write_bytes((one / first).read_bytes())
    assert Spool(one, home).found == CHUNK
    moved = one.rename(tmp_path / "elsewhere")
    assert Spool(moved, home).found == 0, "it has the name of another request"


def test_what_was_paid_for_outlives_another_request_for_the_same_file(tmp_path: Path, home: Path) -> None:
    target = tmp_path / "a.mp4"
    with pytest.raises(KeyboardInterrupt), spooled(target, "ab" * 32, home, paid=True) as first:
        (first.work / "mine.job.json").write_text("{}")
        raise KeyboardInterrupt
    with (
        pytest.raises(ServiceFailed, match="is paid for") as refused,
        spooled(target, "ef" * 32, home, paid=True),
    ):
        raise AssertionError("a second order could be given")
    assert str(first.place) in refused.value.advice
    with spooled(target, "cd" * 32, home) as second:
        assert second.paid_before == (first.place,)
    assert list(tmp_path.iterdir()) == [first.place]
    with spooled(target, "ab" * 32, home, paid=True) as again:
        assert [path.name for path in again.work.iterdir()] == ["mine.job.json"] and again.paid_before == ()
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(KeyboardInterrupt), spooled(target, "ef" * 32, home, paid=True):
        raise KeyboardInterrupt  # before anything was ordered
    with spooled(target, "ab" * 32, home, paid=True):
        pass
    assert list(tmp_path.iterdir()) == []


def test_a_film_that_no_disk_holds_is_refused_before_it_is_begun(tmp_path: Path) -> None:
    plan = Procedural().plan(Request("sea"))
    check_disk(tmp_path / "a.mp4", plan)
    with pytest.raises(DiskFull, match="MiB are free"):
        check_disk(tmp_path / "a.mp4", Plan((4096, 4096), 10**9, plan.frame_rate))
