"""The far side: a process of its own that runs yt-dlp once, under limits, with one way out.

Where the machine lets it, it first moves to a network of its own, in which nothing is but the proxy's door: it makes
that door and hands it to the parent, who serves it from outside. Then it takes its limits, and only then it hears what
it is to do. Knows yt-dlp; what it answers is never believed.
"""

from __future__ import annotations

import ctypes
import fcntl
import json
import os
import platform
import signal
import socket
import ssl
import struct
import sys
import sysconfig
from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

from ..media import sandbox
from ..settings import Limits

MOST_MEDIA = 10  # of one post
NAME = "media"  # of the file that is brought
_NEW_USERS, _NEW_NETWORK = 0x10000000, 0x40000000
_GET_FLAGS, _SET_FLAGS, _UP = 0x8913, 0x8914, 1
_CAPSET = {"x86_64": 126, "aarch64": 91}
_CAPABILITIES_VERSION = 0x20080522
_SYSTEM = ("/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib", "/etc/ssl", "/etc/pki", "/etc/ca-certificates",
           "/usr/share/ca-certificates", "/etc/localtime", "/dev/urandom")  # fmt: skip
_TOLD = (
    *("id", "title", "extractor", "format_id", "ext", "protocol", "vcodec", "acodec", "width", "height", "fps"),
    *("filesize", "filesize_approx", "duration", "is_live", "live_status", "has_drm"),
)


def main(descriptor: int) -> None:
    """Make the door, take the limits, do what is asked, answer, end."""
    sandbox.die_with_parent()
    talk = socket.socket(fileno=descriptor)
    door = _door()
    if door is None:
        talk.sendall(b"-")
    else:
        socket.send_fds(talk, [b"+"], [door.fileno()])
        door.close()
    with talk.makefile("rb") as given:
        order = json.loads(given.readline())
        limits = Limits.model_validate(order["limits"])
        way_out = sandbox.WayOut(order["port"], tuple(_readable()))
        sandbox.enter(limits, sandbox.Allowance.of(limits), order["writes"], Path(order["folder"]), way_out)
        talk.sendall(json.dumps(_answer(order)).encode() + b"\n")


def _door() -> socket.socket | None:
    """Move to a network of our own and listen there; None where this machine does not let us."""
    if sys.platform != "linux" or not _may_move():
        return None
    _move()
    door = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    door.bind(("127.0.0.1", 0))
    door.listen(64)
    if number := _CAPSET.get(platform.machine()):  # a user namespace gives every right over itself: none is needed
        head, none = struct.pack("Ii", _CAPABILITIES_VERSION, 0), bytes(24)
        ctypes.CDLL(None).syscall(number, ctypes.create_string_buffer(head), ctypes.create_string_buffer(none))
    return door


def _may_move() -> bool:
    """Let a fork try: some systems let a process move, and then let it do nothing there, and there is no way back."""
    trying = os.fork()
    if not trying:
        try:
            _move()
            os._exit(0)
        finally:
            os._exit(1)
    return os.waitpid(trying, 0)[1] == 0


def _move() -> None:
    """Leave the machine's network for one with nothing in it, and bring up what stands for ourselves."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(_NEW_USERS | _NEW_NETWORK):
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        request = struct.pack("16sH14x", b"lo", 0)
        flags = struct.unpack("16xH14x", fcntl.ioctl(asking, _GET_FLAGS, request))[0]
        fcntl.ioctl(asking, _SET_FLAGS, struct.pack("16sH14x", b"lo", flags | _UP))


def _readable() -> list[Path]:
    """What Python, TLS and yt-dlp read of this machine's files."""
    given = ssl.get_default_verify_paths()
    places = [
        *_SYSTEM,
        *(sysconfig.get_paths()[name] for name in ("stdlib", "platstdlib")),
        str(Path(sys.base_prefix, "lib")),
    ]
    places += [str(Path(_yt_dlp().__file__).parent.parent)]
    places += [place for place in (given.cafile, given.capath, given.openssl_cafile, given.openssl_capath) if place]
    return [Path(place) for place in dict.fromkeys(places)]


def _yt_dlp() -> Any:
    """It has no types to check against."""
    return import_module("yt_dlp")


def _answer(order: Mapping[str, Any]) -> dict[str, Any]:
    try:
        ours = _yt_dlp()
        with ours.YoutubeDL(_options(order)) as running:
            found = running.extract_info(order["url"], download=order["download"])
            plain = running.sanitize_info(found) or {}
        media = [one for one in plain.get("entries") or [plain] if isinstance(one, dict)]
        told = [{name: one.get(name) for name in _TOLD} for one in media[:MOST_MEDIA]]
        return {"version": ours.version.__version__, "media": told}
    except MemoryError:
        return {"error": "it takes more memory than it may"}
    except BaseException as error:
        return {"error": f"{type(error).__name__}: {error}"[:2000]}


def _options(order: Mapping[str, Any]) -> dict[str, Any]:
    """Say what yt-dlp may do: no settings of others, no cookies, no caches, no other programs."""
    return {
        "proxy": order["proxy"],
        "format": order["best"] if order["wanted"] is None else _exactly(order["wanted"]),
        "match_filter": _finite(float(order["limits"]["max_duration_s"])),
        "format_sort": ["res:1080", "proto"],
        "playlist_items": order["items"],
        "playlistend": MOST_MEDIA,
        "outtmpl": {"default": str(Path(order["folder"]) / NAME)},
        "paths": {"home": order["folder"], "temp": order["folder"]},
        "cachedir": False,
        "cookiefile": None,
        "enable_file_urls": False,
        "external_downloader": {"default": "native"},
        "hls_prefer_native": True,
        "ffmpeg_location": str(Path(order["folder"]) / "no-such-program"),
        "fixup": "never",
        "postprocessors": [],
        "js_runtimes": {},
        "compat_opts": {"no-certifi"},
        "live_from_start": False,
        "wait_for_video": None,
        "max_filesize": order["writes"],
        "retries": 2,
        "extractor_retries": 1,
        "fragment_retries": 2,
        "file_access_retries": 0,
        "skip_unavailable_fragments": False,
        "socket_timeout": 20,
        "continuedl": False,
        "overwrites": True,
        "updatetime": False,
        "noprogress": True,
        "quiet": True,
        "no_warnings": True,
        "color": "never",
        "logger": _Silent(),
        "extract_flat": False,
        "check_formats": False,
    }


def _exactly(wanted: str) -> Callable[[Mapping[str, Any]], Iterator[Any]]:
    """Choose the format of that name, whatever signs are in it."""

    def chosen(context: Mapping[str, Any]) -> Iterator[Any]:
        return (one for one in context["formats"] if str(one.get("format_id")) == wanted)

    return chosen


def _finite(most_s: float) -> Callable[..., str | None]:
    """Leave what has no end, or a late one."""

    def refusal(info: Mapping[str, Any], *given: object, **named: object) -> str | None:
        late = (info.get("duration") or 0) > most_s
        return "no end" if info.get("is_live") or late else None

    return refusal


class _Silent:
    """What yt-dlp would print goes nowhere: what matters is in the error."""

    def debug(self, words: str) -> None:
        """Say nothing."""

    info = warning = error = debug


def _ended(number: int, frame: object) -> None:
    os._exit(1)


signal.signal(signal.SIGTERM, _ended)
