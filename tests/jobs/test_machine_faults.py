"""What machines do to a scan by the real command: a cut line, a full disk, a wrong clock, two of one name.

Whatever it is, each object ends with one line: what was seen, or a reason why nothing could be.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from countermark.tests import databases, object_stores, recipes
from countermark.tests.needs import lacking, program
from countermark.tests.scan.rooms import words

SECONDS = 150
COMMAND = [sys.executable, "-m", "countermark"]

# A worker waits a quarter of an hour for a disk before it gives an object up.
HASTY = "from countermark.jobs import patience; patience.PATIENCE_S = 3.0; from countermark.cli import main; main()"

# Within a network of its own, which is cut as a line is: nobody on it reaches anybody, and all know it at once.
CUT = """
ip link set lo up
"$RCLONE" serve s3 --auth-key "$AWS_ACCESS_KEY_ID,$AWS_SECRET_ACCESS_KEY" --addr 127.0.0.1:7480 "$BUCKETS" &
server=$!
trap 'kill $server' EXIT
until curl -s -o /dev/null http://127.0.0.1:7480; do sleep 0.1; done
"$@" > "$OUT.log" 2>&1 &
scan=$!
until grep -q 'should it be broken off' "$OUT.log"; do sleep 0.1; kill -0 $scan || exit 9; done
sleep 1
ip link set lo down
sleep 5
ip link set lo up
wait $scan
exit $?
"""


def environment(home: Path, **more: str) -> dict[str, str]:
    return {
        **os.environ,
        "COUNTERMARK_HOME": str(home),
        "COUNTERMARK_DETECTOR": "never",
        "OMP_NUM_THREADS": "1",
        **more,
    }


def results(out: Path) -> dict[str, str]:
    """Give how each object ended; each has one line."""
    lines: list[dict[str, Any]] = [json.loads(line) for line in (out / "results.ndjson").read_text().splitlines()]
    ends = {line["name"]: line["outcome"] or line["error"]["type"] for line in lines}
    assert len(ends) == len(lines)
    return ends


def test_a_line_that_is_cut_between_worker_and_store(tmp_path: Path) -> None:
    for needed, package in (("unshare", "util-linux"), ("ip", "iproute2"), ("curl", "curl")):
        program(needed, package)
    if subprocess.run(["unshare", "-n", "true"], capture_output=True).returncode:
        lacking("the right to make a network", "run the tests as root, or in a user namespace")
    root = words(tmp_path / "buckets" / "clips", 150)
    out, rclone = tmp_path / "out", Path(sys.executable).parent / "rclone"
    store = object_stores.variables("http://127.0.0.1:7480")
    begun = environment(tmp_path / "home", **store, RCLONE=str(rclone), BUCKETS=str(root.parent), OUT=str(out))
    words_of_it = [*COMMAND, "scan", "s3://clips", "--out", str(out), "--shard", "16"]
    ran = subprocess.run(["unshare", "-n", "sh", "-c", CUT, "sh", *words_of_it], env=begun, timeout=SECONDS)
    said = Path(f"{out}.log").read_text()
    assert ran.returncode == 0, said
    assert Counter(results(out).values()) == {"UnreadableVideo": 150}, said


def test_a_disk_that_is_full(tmp_path: Path) -> None:
    """The workers' folder holds no copy of what is large: that one has a reason, and the others their result."""
    if subprocess.run(["unshare", "-m", "true"], capture_output=True).returncode:
        lacking("the right to mount a tmpfs", "run the tests as root, or in a user namespace")
    home, out, root = tmp_path / "home", tmp_path / "out", words(tmp_path / "buckets" / "clips", 5)
    (root / "large.mp4").write_bytes(os.urandom(4 << 20))
    work = home / "work"
    work.mkdir(parents=True)
    mounting = f'mount -t tmpfs -o size=1m tmpfs {work} && exec "$@"'
    with object_stores.started("rclone", folder=root.parent) as (endpoint, _):
        begun = environment(home, **object_stores.variables(endpoint))
        words_of_it = [sys.executable, "-c", HASTY, "scan", "s3://clips", "--out", str(out)]
        ran = subprocess.run(
            ["unshare", "-m", "sh", "-c", mounting, "sh", *words_of_it],
            env=begun,
            timeout=SECONDS,
            capture_output=True,
            text=True,
        )
    assert ran.returncode == 0, ran.stderr
    ends = results(out)
    assert ends.pop("large.mp4") == "ObjectGivenUp", ran.stderr
    assert "the disk of the worker that looked was full" in (out / "results.ndjson").read_text()
    assert Counter(ends.values()) == {"UnreadableVideo": 5}


@pytest.mark.parametrize("skew", ["+3 hours", "-3 hours"])
def test_a_clock_that_is_wrong(skew: str, tmp_path: Path) -> None:
    """The scan is laid by one clock and made by a worker of another; both look at the same queue."""
    faketime = program("faketime", "faketime")
    home, out, root = tmp_path / "home", tmp_path / "out", words(tmp_path / "root", 40)
    clip = recipes.clip(root / "clip.mp4")
    shutil.copyfile(clip, root / "copy.mp4")
    begun = environment(home, DONT_FAKE_MONOTONIC="1")
    skewed = [faketime, skew, *COMMAND, "worker", "--name", "skewed"]
    with subprocess.Popen(skewed, env=begun, start_new_session=True) as worker:  # faketime begins another process
        try:
            scan = [*COMMAND, "scan", str(root), "--out", str(out), "--shard", "8", "--no-work"]
            ran = subprocess.run(scan, env=begun, timeout=SECONDS, capture_output=True, text=True)
        finally:
            os.killpg(worker.pid, signal.SIGTERM)
    assert ran.returncode == 0, ran.stderr
    assert len(results(out)) == 42


def test_two_that_go_on_with_one_scan(tmp_path: Path) -> None:
    """Started by mistake, both bring the whole, and each shard was made once."""
    home, root = tmp_path / "home", words(tmp_path / "root", 60)
    begun = environment(home)
    first = [*COMMAND, "scan", str(root), "--shard", "4", "--out", str(tmp_path / "first")]
    with subprocess.Popen(first, env=begun, stdout=subprocess.PIPE, text=True) as one:
        assert one.stdout is not None
        said = next(line for line in one.stdout if "should it be broken off" in line)
        scan_id = said.split()[said.split().index("scan") + 1].strip(";")
        second = [*COMMAND, "scan", "--resume", scan_id, "--out", str(tmp_path / "second")]
        two = subprocess.run(second, env=begun, timeout=SECONDS, capture_output=True, text=True)
        one.stdout.read()
        assert (one.wait(SECONDS), two.returncode) == (0, 0), two.stderr
    assert len(results(tmp_path / "first")) == 60
    tries = databases.ask(f"sqlite:///{home / 'registry.sqlite'}", "SELECT DISTINCT tries FROM scan_shards")
    assert tries == [(1,)]
    assert (tmp_path / "first" / "results.ndjson").read_bytes() == (tmp_path / "second" / "results.ndjson").read_bytes()
