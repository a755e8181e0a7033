"""What the chain costs: help, a cold verify, a warm verify, a stamp, and the memory of a long stream.

    python -m benchmarks.chain [--quick]

The rule: each figure is the median over rounds; the two sides of a ratio are run in turn within a round, over the same
clip, with the same settings, and count the CPU-seconds and the wall time of every process they start. `verify` is held
against a plain decode of the frames that it looks at, plus the reading of the C2PA manifest; `stamp` against a plain
x264 medium re-encode at the same CRF. The clip is drawn by the generator's own renderer.
"""

from __future__ import annotations

import argparse
import ctypes
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from fractions import Fraction
from itertools import chain as joined
from itertools import cycle, islice
from pathlib import Path
from typing import Any

from countermark import keyring
from countermark.generator import Request, render
from countermark.media import EncodeSettings, encode, probe, transcode
from countermark.provenance import CredentialsExaminer, trust
from countermark.settings import Settings
from countermark.stamp import Encoding, facts, stamp
from countermark.verify import facts_of, look_at, verify

from .record import say, write

CRF, PRESET = 18.0, "medium"


@dataclass(frozen=True)
class Cost:
    """What one run took, children included."""

    wall_s: float
    cpu_s: float


def main() -> None:
    """Measure, print, and write the JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="fewer rounds, a shorter stream")
    quick = parser.parse_args().quick
    ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)  # PR_SET_CHILD_SUBREAPER: a command's fork server is ours to count
    with tempfile.TemporaryDirectory() as folder:
        figures = measure(Path(folder), rounds=3 if quick else 7, stream_s=10 if quick else 60)
    for name, value in figures.items():
        print(f"{name:34} {value:.3g}" if isinstance(value, float) else f"{name:34} {value}")
    print(write("chain", figures, quick=quick))


def measure(folder: Path, rounds: int, stream_s: int) -> dict[str, Any]:
    """Run everything, in a folder of its own."""
    options = Settings(home=folder / "home")
    keyring.init_development(options.home)
    say("drawing a 10 s 720p clip")
    clip = folder / "clip.mp4"
    _draw(clip, (1280, 720), 10, "a sailing boat on the sea at sunset")
    figures: dict[str, Any] = {"rounds": rounds}
    figures |= _help(rounds)
    say("stamp against a plain re-encode")
    figures |= _stamp(clip, folder, options, rounds)
    marked = folder / "marked.mp4"
    say("verify against a plain decode")
    figures |= _warm_verify(marked, options, rounds)
    figures |= _cold_verify(marked, options, rounds, figures["verify_warm_cpu_s"])
    figures |= _child(marked, options, rounds)
    say(f"memory of {stream_s} s of 1080p")
    figures |= _memory(folder, options, stream_s)
    return figures


def _help(rounds: int) -> dict[str, Any]:
    command = [sys.executable, "-m", "countermark", "--help"]
    return {"help_s": statistics.median(_run(command).wall_s for _ in range(rounds + 2))}


def _stamp(clip: Path, folder: Path, options: Settings, rounds: int) -> dict[str, Any]:
    settings = EncodeSettings(crf=CRF, preset=PRESET)
    described = facts(model="benchmark")
    video = probe(clip, options.limits)

    def plain() -> object:
        return transcode(video, folder / "plain.mp4", settings)

    def labelled() -> object:
        encoding = Encoding(crf=CRF, preset=PRESET)
        return stamp(clip, folder / "marked.mp4", facts=described, encoding=encoding, force=True, options=options)

    labelled()  # warms the fork server, and makes the database
    costs = _in_turn(rounds, stamp=labelled, plain=plain)
    grown = (folder / "marked.mp4").stat().st_size / (folder / "plain.mp4").stat().st_size
    return {**_ratio("stamp", costs["stamp"], costs["plain"]), "stamp_bytes_ratio": grown}


def _warm_verify(marked: Path, options: Settings, rounds: int) -> dict[str, Any]:
    anchors = trust.load(options.home)
    looked = look_at(marked, options=options)
    assert looked.video is not None
    examiner = CredentialsExaminer(anchors)

    def plain() -> object:
        return _decode(marked), examiner.examine(marked, looked.digest)

    costs = _in_turn(rounds * 2, verify=lambda: verify(marked, options=options), plain=plain)
    cpu = statistics.median(cost.cpu_s for cost in costs["verify"])
    return {**_ratio("verify", costs["verify"], costs["plain"]), "verify_warm_cpu_s": cpu}


def _cold_verify(marked: Path, options: Settings, rounds: int, warm_cpu_s: float) -> dict[str, Any]:
    command = [sys.executable, "-m", "countermark", "verify", "-q", str(marked)]
    cold = statistics.median(_run(command, _at_home(options)).cpu_s for _ in range(rounds))
    return {"verify_cold_cpu_s": cold, "verify_cold_beyond_examiners_cpu_s": cold - warm_cpu_s}


def _child(marked: Path, options: Settings, rounds: int) -> dict[str, Any]:
    """What a fresh child costs for each file after the first: wall time with a probe in it, less the probe itself."""
    with_child, alone = [], []
    for _ in range(rounds * 3):
        began = time.perf_counter()
        facts_of(marked, options)
        with_child.append(time.perf_counter() - began)
        began = time.perf_counter()
        probe(marked, options.limits)
        alone.append(time.perf_counter() - began)
    child, inside = statistics.median(with_child), statistics.median(alone)
    return {"probe_s": inside, "fresh_child_beyond_probe_s": child - inside}


def _memory(folder: Path, options: Settings, seconds: int) -> dict[str, Any]:
    """Peak memory of the largest process of a `countermark stamp`: the child that decodes, marks and encodes."""
    long, rate = folder / "long.mp4", Fraction(24)
    request = Request("clouds over hills, slow pan right", size=(1920, 1080), seconds=2, frame_rate=rate)
    drawn = list(render(request))
    there_and_back = islice(cycle([*drawn, *drawn[-2:0:-1]]), int(seconds * rate))
    fast = EncodeSettings(preset="ultrafast", crf=23)
    encode(there_and_back, long, size=request.size, frame_rate=rate, settings=fast)
    del drawn
    command = [sys.executable, "-m", "countermark", "stamp", "-q", "--force", "-o", str(folder / "m.mp4"), str(long)]
    process = subprocess.Popen(command, env=_at_home(options))
    peak_kib = 0
    while process.poll() is None:
        peak_kib = max(peak_kib, *(_high_water_kib(one) for one in [process.pid, *_descendants(process.pid)]))
        time.sleep(0.05)
    if process.returncode:
        raise SystemExit("the long clip could not be stamped")
    return {"stream_s": seconds, "stream_size": "1920x1080", "stream_peak_mb": peak_kib * 1024 / 1e6}


def _at_home(options: Settings) -> dict[str, str]:
    return {**os.environ, "COUNTERMARK_HOME": str(options.home)}


def _high_water_kib(process: int) -> int:
    """The most memory that a process has had in use so far."""
    try:
        status = Path(f"/proc/{process}/status").read_text()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM")), 0)


def _draw(path: Path, size: tuple[int, int], seconds: int, prompt: str) -> None:
    rate = Fraction(30)
    request = Request(prompt, size=size, seconds=seconds, frame_rate=rate)
    encode(render(request), path, size=size, frame_rate=rate, settings=EncodeSettings(crf=CRF, preset=PRESET))


def _decode(path: Path) -> int:
    """Decode every frame: what any reader of frames spread over a clip of one or two keyframes must do."""
    import av

    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        stream.thread_type, stream.codec_context.thread_count = "AUTO", 4
        return sum(1 for _ in container.decode(stream))


def _in_turn(rounds: int, **sides: Callable[[], object]) -> dict[str, list[Cost]]:
    costs: dict[str, list[Cost]] = {name: [] for name in sides}
    for _ in range(rounds):
        for name, side in sides.items():
            with _counted(costs[name]):
                side()
    return costs


def _ratio(name: str, these: list[Cost], those: list[Cost]) -> dict[str, float]:
    pairs = list(zip(these, those, strict=True))
    return {
        f"{name}_wall_ratio": statistics.median(a.wall_s / b.wall_s for a, b in pairs),
        f"{name}_cpu_ratio": statistics.median(a.cpu_s / b.cpu_s for a, b in pairs),
        f"{name}_wall_s": statistics.median(a.wall_s for a, _ in pairs),
        f"{name}_plain_wall_s": statistics.median(b.wall_s for _, b in pairs),
    }


def _run(command: list[str], environment: dict[str, str] | None = None) -> Cost:
    before = set(_descendants(os.getpid()))
    costs: list[Cost] = []
    with _counted(costs):
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=environment)
        wall = time.perf_counter()
        _reap(before)
        waited = time.perf_counter() - wall
    return Cost(costs[0].wall_s - waited, costs[0].cpu_s)


@contextmanager
def _counted(costs: list[Cost]) -> Iterator[None]:
    wall, cpu = time.perf_counter(), _cpu()
    yield
    costs.append(Cost(time.perf_counter() - wall, _cpu() - cpu))


def _cpu() -> float:
    """CPU-seconds of this process and of all its descendants, living or reaped."""
    own = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in own) + sum(map(_ticks, _descendants(os.getpid())))


def _descendants(parent: int) -> list[int]:
    try:
        tasks = [
            Path(f"/proc/{parent}/task/{task}/children").read_text() for task in os.listdir(f"/proc/{parent}/task")
        ]
    except OSError:
        return []
    children = [int(child) for text in tasks for child in text.split()]
    return list(joined(children, *(_descendants(child) for child in children)))


def _ticks(process: int) -> float:
    """utime, stime and those of its reaped children."""
    try:
        fields = Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()
    except OSError:
        return 0.0
    return sum(int(field) for field in fields[11:15]) / os.sysconf("SC_CLK_TCK")


def _reap(before: set[int]) -> None:
    """Wait for what a finished command left behind to end by itself: its fork server, now ours to count."""
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline and (left := set(_descendants(os.getpid())) - before):
        for process in left:
            with suppress(ChildProcessError):
                os.waitpid(process, os.WNOHANG)
        time.sleep(0.01)


if __name__ == "__main__":
    main()
