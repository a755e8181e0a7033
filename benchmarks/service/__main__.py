"""What a check costs through the service, against `verify` in a loop; uploads in bounded memory; many who ask at once.

    python -m benchmarks.service [--quick] [--clips N] [--seconds N] [--megabytes N]

Everything runs over HTTP on 127.0.0.1, server and workers as the processes that `countermark serve` and `countermark
worker` are, begun anew for each set-up. The clips are different files of 5 s of 720p without a mark, so that the
detector is asked too.

checks: for each set-up the clips one after another (latency, from the first byte sent to the verdict read; p50, p95),
then all at once (checks a minute). The ratios are to a loop that calls `verify` on the same clips in one process, run
before and after the set-ups and taken together. The embedded default works in the server, on SQLite; one and two
workers beside it use PostgreSQL.
upload: 1 GB that is no video, by tus and as a form, to a server whose worker is a process beside it, and to the
embedded default, which works itself; the server's memory at the most, and by how much that is above what it was before.
asking: `wrk`, 200 connections that ask for a finished check, against the same for /healthz, which answers a constant.
"""

from __future__ import annotations

import argparse
import json
import math
import re
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

import httpx

from countermark.generator.procedural import Shot, render
from countermark.media import EncodeSettings, encode
from countermark.settings import settings
from countermark.tests import databases
from countermark.verify import verify

from ..cost import high_water_kib, ticks
from ..record import say, write
from .serving import Running, Setup, checked, finished, running, sent

SETTLED_S = 5.0  # until a server that has just begun has loaded what it works with
SIZE, RATE, CLIP_S = (1280, 720), Fraction(24), 5
CONNECTIONS = 200
PIECE = 1 << 20
SCENES = ("the sea at sunset", "snow over a forest", "a city at night", "clouds over hills")


def main() -> None:
    """Measure, print, and write the JSON; or be the loop that it is held to."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="2 clips, 3 s of asking, 64 MB")
    parser.add_argument("--clips", type=int, default=16)
    parser.add_argument("--seconds", type=int, default=15, help="of asking")
    parser.add_argument("--megabytes", type=int, default=1000, help="of an upload")
    parser.add_argument("--loop", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.loop:
        print(json.dumps([_verified(clip) for clip in _clips(asked.loop)]))
        return
    if asked.quick:
        asked.clips, asked.seconds, asked.megabytes = 2, 3, 64
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        figures = {
            "checks": _checks(folder, asked.clips),
            "upload": _uploads(folder, asked.megabytes),
            "asking": _asking(folder, asked.seconds),
        }
    for part, values in figures.items():
        print(part, json.dumps(values, indent=1))
    print(write("service", figures, quick=asked.quick))


# Checks ---------------------------------------------------------------------------------------------------------------


def _checks(folder: Path, count: int) -> dict[str, Any]:
    say(f"drawing {count} clips")
    for number in range(count):
        shot = Shot(SCENES[number % len(SCENES)], size=SIZE, seconds=CLIP_S, frame_rate=RATE, seed=number)
        target = folder / f"clip-{number:02}.mp4"
        encode(render(shot), target, size=SIZE, frame_rate=RATE, settings=EncodeSettings())
    setups = (
        Setup("embedded", None, 0),
        Setup("1 worker", databases.new("postgresql", folder), 1),
        Setup("2 workers", databases.new("postgresql", folder), 2),
    )
    loops, measured = [_loop(folder)], {}
    for setup in setups:
        say(f"checks: {setup.name}")
        measured[setup.name] = _measured(setup, folder)
    loops.append(_loop(folder))
    alone = [second for loop in loops for second in loop]
    a_minute = 60 / statistics.fmean(alone)
    found: dict[str, Any] = {"clips": count, "verify": {**_spread(alone), "checks_a_minute": a_minute}}
    for name, (latencies, rate) in measured.items():
        told = _spread(latencies)
        found[name] = {
            **told,
            "checks_a_minute": rate,
            "p50_ratio": told["p50_s"] / found["verify"]["p50_s"],
            "p95_ratio": told["p95_s"] / found["verify"]["p95_s"],
            "checks_a_minute_ratio": rate / a_minute,
        }
    return found


def _measured(setup: Setup, folder: Path) -> tuple[list[float], float]:
    clips = _clips(folder)
    with running(setup, folder / setup.name) as service, service.client() as client:
        checked(client, clips[0])  # as in the loop, the first is not counted: it begins the reader of files
        latencies = [checked(client, clip) for clip in clips]
        began = time.perf_counter()
        for check in [sent(client, clip) for clip in clips]:
            finished(client, check)
        return latencies, 60 * len(clips) / (time.perf_counter() - began)


def _loop(folder: Path) -> list[float]:
    say("checks: verify in a loop")
    words = [sys.executable, "-m", "benchmarks.service", "--loop", str(folder)]
    times: list[float] = json.loads(subprocess.run(words, capture_output=True, check=True).stdout)
    return times[1:]


def _verified(clip: Path) -> float:
    began = time.perf_counter()
    verify(clip, options=settings())
    return time.perf_counter() - began


def _clips(folder: Path) -> list[Path]:
    return sorted(folder.glob("clip-*.mp4"))


def _spread(seconds: list[float]) -> dict[str, float]:
    """Give the median, and the nearest rank that 95 % are not above: of 16 and fewer, the slowest."""
    ordered = sorted(seconds)
    return {"p50_s": statistics.median(ordered), "p95_s": ordered[math.ceil(0.95 * len(ordered)) - 1]}


# Uploads --------------------------------------------------------------------------------------------------------------


def _uploads(folder: Path, megabytes: int) -> dict[str, Any]:
    large = folder / "large.mp4"
    with large.open("wb") as file:
        for _ in range(megabytes):
            file.write(b"\0" * 1_000_000)
    began = time.perf_counter()
    shutil.copyfile(large, folder / "copy.mp4")
    (folder / "copy.mp4").unlink()
    found: dict[str, Any] = {"megabytes": megabytes, "copy_s": time.perf_counter() - began}
    for way, send in (("tus", _by_tus), ("form", _as_form)):
        beside = Setup(f"{way}, a worker beside", databases.new("postgresql", folder), 1)
        for setup in (beside, Setup(f"{way}, embedded", None, 0)):
            say(f"upload: {setup.name}")
            with running(setup, folder / setup.name) as service:
                found[setup.name] = _uploaded(service, large, send)
    large.unlink()
    return found


def _uploaded(service: Running, large: Path, send: Callable[[httpx.Client, Path], None]) -> dict[str, float]:
    with service.client() as client:
        client.get("/healthz")
        time.sleep(SETTLED_S)
        before, began = _in_use_mb(service), time.perf_counter()
        send(client, large)
        taken = time.perf_counter() - began
    most = high_water_kib(service.server) / 1e3 * 1.024
    return {"seconds": taken, "memory_mb": most, "memory_before_mb": before, "memory_rise_mb": most - before}


def _by_tus(client: httpx.Client, large: Path) -> None:
    size = large.stat().st_size
    laid = client.post("/v1/uploads", json={"name": large.name, "bytes": size}).raise_for_status()
    headers = {
        "Tus-Resumable": "1.0.0",
        "Upload-Offset": "0",
        "Content-Type": "application/offset+octet-stream",
        "Content-Length": str(size),
    }
    client.patch(laid.headers["Location"], content=_pieces(large), headers=headers).raise_for_status()


def _as_form(client: httpx.Client, large: Path) -> None:
    with large.open("rb") as file:
        client.post("/v1/checks", files={"file": (large.name, file, "video/mp4")}).raise_for_status()


def _pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while piece := file.read(PIECE):
            yield piece


def _in_use_mb(service: Running) -> float:
    lines = Path(f"/proc/{service.server}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS")) / 1e3 * 1.024


# Asking ---------------------------------------------------------------------------------------------------------------


def _asking(folder: Path, seconds: int) -> dict[str, Any]:
    if shutil.which("wrk") is None:
        say("LACKING wrk: apt install wrk")
        return {"skipped": "wrk is not installed"}
    found: dict[str, Any] = {"connections": CONNECTIONS, "seconds": seconds}
    with running(Setup("asking", None, 0), folder / "asking") as service, service.client() as client:
        check = sent(client, _clips(folder)[0])
        finished(client, check)
        for name, path in (("healthz", "/healthz"), ("check", f"/v1/checks/{check}")):
            say(f"asking: {name}")
            found[name] = _under_load(service, path, seconds)
    found["cpu_ratio"] = found["check"]["cpu_ms_a_request"] / found["healthz"]["cpu_ms_a_request"]
    return found


def _under_load(service: Running, path: str, seconds: int) -> dict[str, Any]:
    words = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "--timeout", "30s", "--latency"]
    words += ["-H", f"Authorization: Bearer {service.key}", service.url + path]
    before = ticks(service.server)
    said = subprocess.run(words, capture_output=True, text=True, check=True).stdout
    spent = ticks(service.server) - before
    requests = int(re.findall(r"(\d+) requests in", said)[0])
    refused = re.findall(r"Non-2xx or 3xx responses: (\d+)", said)
    broken = re.findall(r"Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)", said)
    return {
        "requests_a_second": float(re.findall(r"Requests/sec:\s+([\d.]+)", said)[0]),
        "cpu_ms_a_request": 1000 * spent / requests,
        "p50": re.findall(r"^ +50% +(\S+)", said, re.MULTILINE)[0],
        "p99": re.findall(r"^ +99% +(\S+)", said, re.MULTILINE)[0],
        "errors": sum(map(int, refused)) + sum(int(number) for group in broken for number in group),
    }


if __name__ == "__main__":
    main()
