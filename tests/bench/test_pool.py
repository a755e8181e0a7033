"""Interruptions, held back while workers start and heard as soon as they have."""

import subprocess
import sys

import pytest

PROGRAM = """
import os, signal, sys, time
from countermark.bench import pool

heard = []
number = int(sys.argv[1])
signal.signal(number, lambda number, frame: heard.append(number))
with pool.uninterrupted():
    os.kill(os.getpid(), number)
    assert heard == []
deadline = time.monotonic() + 10
while not heard and time.monotonic() < deadline:
    time.sleep(0.01)
assert heard == [number]
"""


@pytest.mark.parametrize("number", [2, 15])
def test_an_interruption_is_heard_once_the_workers_have_started(number: int) -> None:
    """In a process of its own: a thread of another test could hear it."""
    subprocess.run([sys.executable, "-c", PROGRAM, str(number)], check=True, timeout=60)
