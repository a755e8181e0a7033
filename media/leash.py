"""What a job says and asks from inside the limited child: signs of life, progress, leave to use more.

Knows the one connection to the parent. In a process that is no such child all of it does nothing, so that the same code
runs on both sides.
"""

from __future__ import annotations

import json
import socket
import threading
import time
from dataclasses import dataclass
from typing import Any

from ..settings import Limits
from . import sandbox


@dataclass
class _Leash:
    limits: Limits | None = None
    talk: socket.socket | None = None
    lock: threading.Lock | None = None
    last: float = 0.0  # when something was said


_leash = _Leash()


def put_on(limits: Limits, talk: socket.socket) -> None:
    """Be a limited child from now on."""
    _leash.limits, _leash.talk = limits, talk
    _leash.lock, _leash.last = threading.Lock(), time.monotonic()


def grant(pixels: int, duration_s: float) -> None:
    """Raise the child's own limits to what a probed video needs, never beyond the hard ones."""
    if _leash.limits is not None:
        sandbox.raise_to(sandbox.Allowance.of(_leash.limits, pixels, duration_s))


def grant_most() -> None:
    """Raise them to the hard ones, whatever the video: for a framework that itself takes gigabytes to load."""
    if _leash.limits is not None:
        grant(_leash.limits.max_pixels, 0.0)


def alive() -> None:
    """Tell the parent that work goes on, at most once a second."""
    if _leash.talk is not None and time.monotonic() - _leash.last > 1:
        say({"alive": True})


def say(message: dict[str, Any]) -> None:
    """Send one line of JSON to the parent."""
    if _leash.talk is None or _leash.lock is None:
        return
    line = json.dumps(message).encode() + b"\n"
    with _leash.lock:
        _leash.last = time.monotonic()
        _leash.talk.sendall(line)
