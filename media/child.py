"""The far side of isolation: a warm server that forks, and the fresh child that runs one job on one file.

Knows how to start a job under limits and how to answer; knows nothing of what jobs do. What goes to the parent is
lines of JSON, and nothing else.
"""

from __future__ import annotations

import array
import contextlib
import errno
import gc
import importlib
import json
import os
import signal
import socket
import struct
import sys
from pathlib import Path
from typing import Any

from ..errors import CountermarkError, DiskFull, InputMissing, InputUnreadable, OverLimit, UnreadableVideo
from ..settings import Limits
from . import leash, sandbox

# b"S": start, with the child's end of a socket; b"E": end the child of that number; b"W": warm up for the detector
ORDER = struct.Struct("<cq")
REPLY = struct.Struct("<q")  # the child's number; how it ended
LENGTH = struct.Struct("<q")
_WARM = (
    *("numpy", "av", "cv2", "c2pa", "pydantic"),
    *("countermark.media.probe", "countermark.media.decode", "countermark.media.look", "countermark.evidence"),
    *("countermark.verify", "countermark.watermark", "countermark.provenance"),
)
_DETECTOR = (  # .4 s that only who asks the detector waits for
    *("onnxruntime", "countermark.detector.asking", "countermark.detector.network"),
    *("countermark.detector.statistics", "countermark.detector.faces"),
)


def serve(descriptor: int) -> None:
    """Warm up, then fork a child for each order, until the program that started this ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a Ctrl-C on the terminal is the parent's to handle
    sys.dont_write_bytecode = True
    _import(_WARM)
    _ready()
    gc.freeze()  # children share these pages as long as nothing writes to them
    control = socket.socket(fileno=descriptor)
    while True:
        message, ancillary, _, _ = control.recvmsg(ORDER.size, socket.CMSG_SPACE(4), socket.MSG_WAITALL)
        if len(message) < ORDER.size:
            return
        order, number = ORDER.unpack(message)
        if order == b"E":
            control.sendall(REPLY.pack(_end(number)))
            continue
        if order == b"W":
            _import(_DETECTOR)
            gc.freeze()
            control.sendall(REPLY.pack(0))
            continue
        talk = socket.socket(fileno=array.array("i", ancillary[0][2])[0])
        child = os.fork()
        if child == 0:
            control.detach()
            _be_a_child(talk)
        talk.close()
        control.sendall(REPLY.pack(child))


def _import(names: tuple[str, ...]) -> None:
    for name in names:
        with contextlib.suppress(Exception):  # what is missing here is missed, and said, by the job that needs it
            importlib.import_module(name)


def _ready() -> None:
    with contextlib.suppress(Exception):
        import cv2

        from .look import warm

        cv2.setNumThreads(1)
        warm()


def _end(child: int) -> int:
    """Kill a child that has not been waited for, so that its number is still its own."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(child, signal.SIGKILL)
    try:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    except ChildProcessError:
        return 0


def _be_a_child(talk: socket.socket) -> None:
    code = 1
    try:
        sandbox.die_with_parent()
        _close_all_but(talk.fileno())
        order = json.loads(_receive(talk))
        leash.put_on(Limits.model_validate(order["limits"]), talk)
        leash.say(_answer(order))
        code = 0
    finally:
        os._exit(code)  # no clean-up of what was forked: it is the server's


def _answer(order: dict[str, Any]) -> dict[str, Any]:
    try:
        limits = Limits.model_validate(order["limits"])
        sys.path[:] = order["sys_path"]
        with contextlib.suppress(OSError):
            os.chdir(order["folder"])
        job: Any = importlib.import_module(order["module"])
        for part in order["name"].split("."):
            job = getattr(job, part)
        allowance = sandbox.Allowance.of(limits, order["pixels"], order["duration_s"])
        _quiet()
        sandbox.enter(limits, allowance, order["writes"], order["writes_in"] and Path(order["writes_in"]))
        return {"value": job(Path(order["path"]), order["request"], lambda value: leash.say({"progress": value}))}
    except BaseException as error:
        return {"error": _error(error, order)}


def _error(error: BaseException, order: dict[str, Any]) -> dict[str, Any]:
    """Name the class of error that the parent is to raise."""
    name = Path(order["path"]).name
    ours = _translated(error, name)
    return {"class": type(ours).__name__, "message": str(ours)[:2000], "advice": ours.advice}


def _translated(error: BaseException, name: str) -> CountermarkError:
    if isinstance(error, CountermarkError):
        return error
    code = getattr(error, "errno", None)
    if isinstance(error, MemoryError) or code == errno.ENOMEM or getattr(error, "code", None) == -4:  # OpenCV's number
        return OverLimit(f"{name}: takes more memory than it may")
    if code == errno.ENOSPC:
        return DiskFull(f"the disk filled up while {name} was worked on")
    if code == errno.EFBIG:
        return OverLimit(f"{name}: what is written from it grows beyond what it may")
    said = f"{type(error).__name__}: {error}"
    if isinstance(error, OSError) and not hasattr(error, "log"):  # FFmpeg's errors are OSErrors too, with a log
        named = f"{name}: {error.strerror or said}"
        if code == errno.ENOENT:
            return InputMissing(named)
        if code in (errno.EACCES, errno.EPERM):
            return InputUnreadable(named)
    return UnreadableVideo(f"{name}: {said}")


def _quiet() -> None:
    if "av" in sys.modules:
        import av.logging

        av.logging.set_level(None)


def _close_all_but(keep: int) -> None:
    """Above all the server's own connection: while a child held it, the server would not see its owner end."""
    highest = 1024
    with contextlib.suppress(OSError):
        highest = max(int(name) for name in os.listdir("/proc/self/fd")) + 1
    os.closerange(3, keep)
    os.closerange(keep + 1, max(highest, keep + 1))


def _receive(talk: socket.socket) -> bytes:
    length = LENGTH.unpack(_exactly(talk, LENGTH.size))[0]
    return _exactly(talk, length)


def _exactly(talk: socket.socket, count: int) -> bytes:
    content = bytearray()
    while len(content) < count:
        part = talk.recv(min(count - len(content), 1 << 20))
        if not part:
            os._exit(1)
        content += part
    return bytes(content)
