"""Jobs that misbehave in a limited child, one trick each; a child imports them by name."""

import ctypes
import errno
import json
import mmap
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from countermark.errors import NoPictures
from countermark.media import leash
from countermark.media.isolation import grant

Report = Callable[[Any], None]


def echo(path: Path, request: Any, report: Report) -> Any:
    return {"path": str(path), "request": request, "pid": os.getpid(), "folder": os.getcwd()}


def counts(path: Path, request: Any, report: Report) -> Any:
    for step in range(request["steps"]):
        time.sleep(request["pause"])
        report({"step": step})
    return "done"


def refused(path: Path, request: Any, report: Report) -> Any:
    """Try what a hostile file's code would; give what was possible."""
    libc = ctypes.CDLL(None, use_errno=True)
    attempts: dict[str, Callable[[], object]] = {
        "socket": lambda: socket.socket(),
        "socketpair": lambda: socket.socketpair(),
        "program": lambda: subprocess.run(["/bin/true"], check=True),
        "fork": os.fork,
        "kill its server": lambda: os.kill(os.getppid(), signal.SIGTERM),
        "kill the parent": lambda: os.kill(request["parent"], 0),
        "real-time priority": lambda: os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(99)),
        "trace": lambda: _call(libc, 101, 16, request["parent"]),
        "io_uring": lambda: _call(libc, 425, 8, 0),
        "bpf": lambda: _call(libc, 321, 0, 0),
        "mount": lambda: _call(libc, 165, 0, 0),
        "write": lambda: Path(request["new"]).write_text("x"),
        "empty": lambda: os.truncate(path, 0),
        "empty by opening": lambda: os.open(path, os.O_WRONLY | os.O_TRUNC),
        "delete": lambda: os.unlink(path),
        "rename": lambda: os.rename(path, request["new"]),
        "folder": lambda: os.mkdir(request["new"]),
        "permissions": lambda: os.chmod(path, 0o777),
        "limits of others": lambda: _prlimit(request["parent"]),
        "more memory": lambda: _more_memory(),
    }
    possible = []
    for name, attempt in attempts.items():
        try:
            attempt()
        except (PermissionError, ValueError):
            continue
        except OSError as error:
            if error.errno in (errno.EPERM, errno.EACCES):
                continue
            possible.append(f"{name}: {error}")
            continue
        possible.append(name)
    return possible


def _call(libc: Any, number: int, *arguments: int) -> None:
    if libc.syscall(number, *arguments) < 0:
        raise OSError(ctypes.get_errno(), "refused")


def _prlimit(pid: int) -> None:
    import resource

    resource.prlimit(pid, resource.RLIMIT_NOFILE, (16, 16))


def _more_memory() -> None:
    import resource

    resource.setrlimit(resource.RLIMIT_AS, (1 << 45, 1 << 45))


def threads_work(path: Path, request: Any, report: Report) -> Any:
    seen: list[int] = []
    threads = [threading.Thread(target=seen.append, args=(i,)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(seen)


def writes(path: Path, request: Any, report: Report) -> Any:
    Path(request["to"]).write_bytes(bytes(request["count"]))
    return "written"


def dies(path: Path, request: Any, report: Report) -> Any:
    os.kill(os.getpid(), signal.SIGKILL)


def exits(path: Path, request: Any, report: Report) -> Any:
    os._exit(3)


def crashes(path: Path, request: Any, report: Report) -> Any:
    ctypes.string_at(0)


def spins(path: Path, request: Any, report: Report) -> Any:
    while True:
        pass


def hangs(path: Path, request: Any, report: Report) -> Any:
    time.sleep(60)


def says_half_a_line_and_hangs(path: Path, request: Any, report: Report) -> Any:
    _raw(b'{"value": ')
    time.sleep(60)


def talks_nonsense(path: Path, request: Any, report: Report) -> Any:
    _raw(request.encode() + b"\n")
    time.sleep(60)


def floods(path: Path, request: Any, report: Report) -> Any:
    while True:
        report("x" * 1000)


def answers_much(path: Path, request: Any, report: Report) -> Any:
    return "x" * request


def answers_an_object(path: Path, request: Any, report: Report) -> Any:
    class Bomb:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return (os.system, ("touch pwned",))

    return Bomb()


def pickles(path: Path, request: Any, report: Report) -> Any:
    """What multiprocessing would have unpickled in the parent."""
    _raw(b"cos\nsystem\n(S'touch pwned'\ntR.\n")


def hoards(path: Path, request: Any, report: Report) -> Any:
    if "pixels" in request:
        grant(request["pixels"], 1.0)
    return len(mmap.mmap(-1, request["bytes"]))  # address space is what is limited


def fails(path: Path, request: Any, report: Report) -> Any:
    if request == "ours":
        raise NoPictures("nothing in it\nat all", advice="look elsewhere")
    if request == "value":
        raise ValueError("strange")
    raise OSError(int(request), os.strerror(int(request)), str(path))


def prints(path: Path, request: Any, report: Report) -> Any:
    print("to the terminal", flush=True)
    print("to the terminal", file=sys.stderr, flush=True)
    os.write(2, b"to the terminal")
    json.dumps(1)
    return "ok"


def sleeps_with_its_number(path: Path, request: Any, report: Report) -> Any:
    report(os.getpid())
    time.sleep(60)


def _raw(content: bytes) -> None:
    talk = leash._leash.talk
    assert talk is not None
    talk.sendall(content)


def writes_where_it_may_not(path: Path, request: Any, report: Report) -> Any:
    """Try to change each file named, and say what came of it."""
    found = {}
    for name in request:
        try:
            Path(name).write_text("changed")
            found[name] = "changed"
        except OSError as error:
            found[name] = type(error).__name__
    return found


def types_into_a_terminal(path: Path, request: Any, report: Report) -> Any:
    """Try to push a letter into whatever terminal can be had."""
    import fcntl

    found = []
    for name in ("/dev/tty", request):
        try:
            terminal = os.open(name, os.O_RDONLY | os.O_NOCTTY)
            fcntl.ioctl(terminal, 0x5412, b"x")
            found.append("typed")
        except OSError as error:
            found.append(type(error).__name__)
    return found
