"""Who is at work on a release, whether they still are, and whether its file appeared. Knows processes and paths only.

A record is reserved before its file appears and confirmed after. Whoever dies in between leaves the record pending;
the file itself then says how far it came.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
from dataclasses import asdict, dataclass
from pathlib import Path

_DEAD = "ZX"  # states of /proc: ended, and not yet taken note of


@dataclass(frozen=True)
class Process:
    """A process, told from others that had or will have its number."""

    number: int
    started: str  # in the system's own count; "" where the system does not say
    boot: str
    space: str  # numbers mean something within one namespace of processes alone

    def to_json(self) -> str:
        """As text for a database."""
        return json.dumps(asdict(self), sort_keys=True)


def this_process() -> Process:
    """Describe the process that asks."""
    _, started = _seen(os.getpid())
    return Process(os.getpid(), started, _boot(), _space())


def this_host() -> str:
    """Name the machine."""
    return platform.node()


def is_gone(host: str, process: str) -> bool | None:
    """Say whether a process has ended; None where that can't be seen from here."""
    try:
        known = Process(**json.loads(process))
    except (ValueError, TypeError):
        return None
    if host != this_host():
        return None
    if known.boot != _boot():
        return True
    if known.space != _space():
        return None
    alive, started = _seen(known.number)
    return not alive or started != known.started


def digest_at(target: Path) -> str | None:
    """Give the SHA-256 of the file that stands there; None where there is none that can be read."""
    try:
        with target.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except (OSError, ValueError):
        return None


def _seen(number: int) -> tuple[bool, str]:
    """Say whether a process runs, and since when."""
    try:
        text = Path(f"/proc/{number}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        if Path("/proc/self/stat").exists():
            return False, ""
    else:
        words = text.rpartition(")")[2].split()  # the name before may hold anything
        return words[0] not in _DEAD, words[19]
    try:
        os.kill(number, 0)
    except ProcessLookupError:
        return False, ""
    except OSError:
        pass
    return True, ""


def _boot() -> str:
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        return ""


def _space() -> str:
    try:
        return os.readlink("/proc/self/ns/pid")
    except OSError:
        return ""
