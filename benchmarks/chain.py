"""What the chain costs: help, a cold verify, a warm verify, a stamp, and the memory of a long stream.

    python -m benchmarks.chain [--quick]

The rule: each figure is the median over rounds; the two sides of a ratio are run in turn within a round, over the same
clip, with the same settings, and count the CPU-seconds and the wall time of every process they start. `verify` is held
against a plain decode of the frames that it looks at, plus the reading of the C2PA manifest; `stamp` against a plain
x264 medium re-encode at the same CRF. The clip is drawn by the generator's own renderer.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from fractions import Fraction
from itertools import cycle, islice
from pathlib import Path
from typing import Any

from countermark import keyring
from countermark.generator.procedural import Shot, render
from countermark.media import EncodeSettings, encode, probe, transcode
from countermark.provenance import CredentialsExaminer, trust
from countermark.settings import Settings
from countermark.stamp import Encoding, facts, stamp
from countermark.verify import facts_of, look_at, verify

from .cost import descendants, high_water_kib, in_turn, keep_orphans, ratio, run
from .record import say, write

CRF, PRESET = 18.0, "medium"


def main() -> None:
    """Measure, print, and write the JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="fewer rounds, a shorter stream")
    quick = parser.parse_args().quick
    keep_orphans()
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
    return {"help_s": statistics.median(run(command).wall_s for _ in range(rounds + 2))}


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
    costs = in_turn(rounds, stamp=labelled, plain=plain)
    grown = (folder / "marked.mp4").stat().st_size / (folder / "plain.mp4").stat().st_size
    return {**ratio("stamp", costs["stamp"], costs["plain"]), "stamp_bytes_ratio": grown}


def _warm_verify(marked: Path, options: Settings, rounds: int) -> dict[str, Any]:
    anchors = trust.load(options.home)
    looked = look_at(marked, options=options)
    assert looked.video is not None
    examiner = CredentialsExaminer(anchors)

    def plain() -> object:
        return _decode(marked), examiner.examine(marked, looked.digest)

    costs = in_turn(rounds * 2, verify=lambda: verify(marked, options=options), plain=plain)
    cpu = statistics.median(cost.cpu_s for cost in costs["verify"])
    return {**ratio("verify", costs["verify"], costs["plain"]), "verify_warm_cpu_s": cpu}


def _cold_verify(marked: Path, options: Settings, rounds: int, warm_cpu_s: float) -> dict[str, Any]:
    command = [sys.executable, "-m", "countermark", "verify", "-q", str(marked)]
    cold = statistics.median(run(command, _at_home(options)).cpu_s for _ in range(rounds))
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
    shot = Shot("clouds over hills, slow pan right", size=(1920, 1080), seconds=2, frame_rate=rate)
    drawn = list(render(shot))
    there_and_back = islice(cycle([*drawn, *drawn[-2:0:-1]]), int(seconds * rate))
    fast = EncodeSettings(preset="ultrafast", crf=23)
    encode(there_and_back, long, size=shot.size, frame_rate=rate, settings=fast)
    del drawn
    command = [sys.executable, "-m", "countermark", "stamp", "-q", "--force", "-o", str(folder / "m.mp4"), str(long)]
    process = subprocess.Popen(command, env=_at_home(options))
    peak_kib = 0
    while process.poll() is None:
        peak_kib = max(peak_kib, *(high_water_kib(one) for one in [process.pid, *descendants(process.pid)]))
        time.sleep(0.05)
    if process.returncode:
        raise SystemExit("the long clip could not be stamped")
    return {"stream_s": seconds, "stream_size": "1920x1080", "stream_peak_mb": peak_kib * 1024 / 1e6}


def _at_home(options: Settings) -> dict[str, str]:
    return {**os.environ, "COUNTERMARK_HOME": str(options.home)}


def _draw(path: Path, size: tuple[int, int], seconds: int, prompt: str) -> None:
    rate = Fraction(30)
    shot = Shot(prompt, size=size, seconds=seconds, frame_rate=rate)
    encode(render(shot), path, size=size, frame_rate=rate, settings=EncodeSettings(crf=CRF, preset=PRESET))


def _decode(path: Path) -> int:
    """Decode every frame: what any reader of frames spread over a clip of one or two keyframes must do."""
    import av

    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        stream.thread_type, stream.codec_context.thread_count = "AUTO", 4
        return sum(1 for _ in container.decode(stream))


if __name__ == "__main__":
    main()
