"""What it costs to sign a file and to verify it, next to copying it.

The rule: an mp4 of a few frames whose mdat is filled up with random bytes to 5, 50, 500 (and 1500) MB, so that a moov
is read and everything is hashed. Copying it with `shutil.copyfile`, signing it, and examining the signed file each run
in a new process that did the same to a small file before the clock started, by turns, each output is synced to the
disk, and the median of the runs counts (nine of 5 MB, five of 50, three of 500 and one of 1500). Signing includes what
the library verifies before it hands the file over. `sign` and `verify` are ratios to the copy; `peak_mb` is the most
memory that signing or verifying took, interpreter and libraries included. The seconds are in the result for what they
are worth on that machine. Pictures are not decoded, and nothing is marked.
"""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from countermark import keyring
from countermark.media import EncodeSettings, encode
from countermark.provenance import CredentialsExaminer, Facts, describe, new_manifest_id, sign, trust

from ..record import say

MODULE = "benchmarks.provenance.copy_ratio"
RUNS = {5: 9, 50: 5, 500: 3, 1500: 1}


def measure(quick: bool) -> list[dict[str, Any]]:
    """Measure each size; the quick form leaves out the largest, and runs each once."""
    rows = []
    with tempfile.TemporaryDirectory(prefix="copy-ratio-") as name:
        folder = Path(name)
        keyring.init_development(folder / "home")
        for mb, runs in RUNS.items():
            if quick and mb > 500:
                continue
            grow(folder, mb << 20)
            taken = [{task: _in_process(task, folder) for task in TASKS} for _ in range(1 if quick else runs)]
            rows.append(_row(mb, taken))
            say(f"{mb} MB: {rows[-1]}")
    return rows


def _row(mb: int, taken: list[dict[str, dict[str, float]]]) -> dict[str, Any]:
    seconds = {task: statistics.median(run[task]["seconds"] for run in taken) for task in TASKS}
    peak = max(run[task]["peak_mb"] for run in taken for task in ("sign", "verify"))
    return {
        "mb": mb,
        "sign": round(seconds["sign"] / seconds["copy"], 2),
        "verify": round(seconds["verify"] / seconds["copy"], 2),
        "peak_mb": round(peak),
        "seconds": {task: round(value, 3) for task, value in seconds.items()},
        "runs": len(taken),
    }


def grow(folder: Path, size: int) -> None:
    """Write small.mp4, a few frames, and source.mp4 of that size: the same with random bytes after them in its mdat."""
    small = folder / "small.mp4"
    blank = np.zeros((48, 64, 3), np.uint8)
    encode([blank] * 5, small, size=(64, 48), frame_rate=Fraction(25), settings=EncodeSettings())
    content = small.read_bytes()
    noise = os.urandom(1 << 20)
    with (folder / "source.mp4").open("wb") as file:
        for kind, box in _boxes(content):
            left = size - len(content) if kind == b"mdat" else 0
            file.write((len(box) + left).to_bytes(4, "big") + box[4:])
            while left > 0:
                left -= file.write(noise[:left])


def _boxes(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = 0
    while at < len(content):
        size = int.from_bytes(content[at : at + 4], "big")
        yield content[at + 4 : at + 8], content[at : at + size]
        at += size


def _in_process(task: str, folder: Path) -> dict[str, float]:
    done = subprocess.run(
        [sys.executable, "-m", MODULE, task, str(folder)], check=True, stdout=subprocess.PIPE, text=True
    )
    answer: dict[str, float] = json.loads(done.stdout)
    return answer


def _copy(folder: Path, name: str) -> None:
    target = folder / f"{name}.copy.mp4"
    shutil.copyfile(folder / f"{name}.mp4", target)
    with target.open("rb+") as file:
        os.fsync(file.fileno())


def _sign(folder: Path, name: str) -> None:
    identity, anchors = keyring.load(folder / "home"), trust.load(folder / "home")
    description = describe(Facts("measured", model="none"), new_manifest_id(), "0" * 16, "org.countermark.none")
    sign(folder / f"{name}.mp4", folder / f"{name}.signed.mp4", description, identity, anchors)


def _verify(folder: Path, name: str) -> None:
    evidence = CredentialsExaminer(trust.load(folder / "home")).examine(folder / f"{name}.signed.mp4", "0" * 64)
    if evidence.finding != "present":
        raise SystemExit(f"what was signed reads as {evidence.finding}")


TASKS: dict[str, Callable[[Path, str], None]] = {"copy": _copy, "sign": _sign, "verify": _verify}


def _peak_mb() -> float:
    """Give this process's most resident memory; unlike getrusage's it knows nothing of who started us."""
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


def main() -> None:
    """Do one task, in this process, and print what it took."""
    task, folder = sys.argv[1], Path(sys.argv[2])
    TASKS[task](folder, "small")
    begun = time.perf_counter()
    TASKS[task](folder, "source")
    print(json.dumps({"seconds": time.perf_counter() - begun, "peak_mb": _peak_mb()}))


if __name__ == "__main__":
    main()
