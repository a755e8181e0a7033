"""Runs yt-dlp in a process of its own, whose only way out is a proxy of ours. Knows processes; believes no answer."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from ..errors import CountermarkError, PackageMissing, PostUnresolved, ReaderDied
from ..fetch import Guard
from ..settings import Limits
from .proxy import Proxy

_ANSWER_BYTES = 1 << 20
_START_S = 60.0  # that Python and yt-dlp may take to begin, on a machine under load
_EXTRA = 64 << 20  # bytes of pages and lists beside the media
KEPT = ("SSL_CERT_FILE", "SSL_CERT_DIR", "LANG", "TZ")  # of the environment; nothing else is told


@dataclass(frozen=True)
class Ran:
    """What it answered, and the folder that it wrote in."""

    answer: dict[str, Any]
    folder: Path
    own_network: bool  # nothing could be reached but the proxy


@contextmanager
def ran(order: dict[str, Any], limits: Limits, guard: Guard, within: Path | None = None) -> Iterator[Ran]:
    """Have an order carried out, and hold the folder with what came of it; raises what went wrong.

    within: where that folder is made, for what is brought: whoever dies meanwhile leaves it where the rest is.
    """
    if find_spec("yt_dlp") is None:
        advice = "`pip install '.[posts]'` in the folder of Countermark's sources installs it"
        raise PackageMissing("posts are resolved by yt-dlp", advice=advice)
    ours, theirs = socket.socketpair()
    with tempfile.TemporaryDirectory(prefix="countermark-post-", dir=within) as name, contextlib.closing(ours):
        with contextlib.closing(theirs):
            process = _started(theirs.fileno(), Path(name))
        try:
            door, own_network = _door(ours)
            with Proxy(door, guard, limits.fetch_bytes + _EXTRA, limits.fetch_s) as proxy:
                given = {"proxy": proxy.url, "port": proxy.port, "folder": name, "writes": limits.fetch_bytes}
                ours.sendall(json.dumps({**order, **given, "limits": limits.model_dump()}).encode() + b"\n")
                answer = _heard(ours, limits.fetch_s + _START_S, proxy)
            yield Ran(_believed(answer, process, proxy.trouble), Path(name), own_network)
        finally:
            process.kill()
            process.wait()


def _started(descriptor: int, folder: Path) -> subprocess.Popen[bytes]:
    code = f"import sys; sys.path[:] = {sys.path!r}; from {__package__}.child import main; main({descriptor})"
    kept = {name: os.environ[name] for name in KEPT if name in os.environ}
    own = {
        "HOME": str(folder),
        "TMPDIR": str(folder),
        "PATH": "",
        "YTDLP_NO_PLUGINS": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    try:
        return subprocess.Popen(
            [sys.executable, "-I", "-c", code],
            pass_fds=[descriptor],
            env={**kept, **own},
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
    except OSError as error:
        raise ReaderDied(f"no process to resolve posts with could be started: {error}") from None


def _door(talk: socket.socket) -> tuple[socket.socket, bool]:
    """Take the door that the child made in its own network, or make one in ours."""
    talk.settimeout(_START_S)
    try:
        said, handed, _, _ = socket.recv_fds(talk, 1, 1)
    except OSError:
        said, handed = b"", []
    if not said:
        raise ReaderDied("the process that resolves posts died before it began")
    if handed:
        return socket.socket(fileno=handed[0]), True
    return socket.create_server(("127.0.0.1", 0), backlog=64), False


def _heard(talk: socket.socket, seconds: float, proxy: Proxy) -> bytes:
    """Read its one line, for so long and no longer than it may take; nothing where it died or was late."""
    end, heard = time.monotonic() + seconds, b""
    talk.settimeout(0.5)
    while not heard.endswith(b"\n") and len(heard) <= _ANSWER_BYTES and time.monotonic() < end:
        try:
            piece = talk.recv(1 << 16)
        except TimeoutError:
            if proxy.over:
                break  # without a way out there is nothing to wait for
            continue
        except OSError:
            break
        if not piece:
            break
        heard += piece
    return heard


def _believed(answer: bytes, process: subprocess.Popen[bytes], trouble: CountermarkError | None) -> dict[str, Any]:
    """Take an answer for what it may be; where there is none, or an error, say what stood behind it."""
    try:
        said = json.loads(answer)
    except (ValueError, RecursionError):
        if trouble is not None:
            raise trouble from None
        raise ReaderDied(f"yt-dlp died, or took too long (status {process.poll()})") from None
    if not isinstance(said, dict) or "error" in said:
        if trouble is not None:
            raise trouble
        why = str(said.get("error", "")) if isinstance(said, dict) else ""
        raise PostUnresolved(f"yt-dlp found no media that can be brought: {_plainly(why)}")
    return said


def _plainly(error: str) -> str:
    """Leave out what yt-dlp asks of its own users."""
    from ..evidence.text import plain

    words = error.partition(": ")[2] or error
    return plain(words.removeprefix("ERROR: ").partition("; please report")[0].replace("\r", ""), 300)
