"""Lets this process write beneath one folder and nowhere else, by Linux's Landlock. Knows numbers; knows no video.

Reading stays as it is, since libraries are loaded from anywhere, but for a process that is confined: one that has a way
out must not have anything to carry out. Where the kernel has no Landlock nothing holds, and `offered` says so.
"""

from __future__ import annotations

import ctypes
import os
import struct
import sys
from collections.abc import Iterable
from pathlib import Path

_CREATE, _ADD, _RESTRICT = 444, 445, 446  # the same on every architecture
_WRITE_FILE, _TRUNCATE = 1 << 1, 1 << 14
_CHANGES = _WRITE_FILE | sum(1 << bit for bit in range(4, 13))  # remove and make files, folders, links, devices
_EXECUTE, _READ_FILE, _READ_FOLDER = 1 << 0, 1 << 2, 1 << 3
_READS = _EXECUTE | _READ_FILE | _READ_FOLDER
_BIND_TCP, _CONNECT_TCP = 1 << 0, 1 << 1
_NO_NEW_PRIVILEGES, _BENEATH, _PORT = 38, 1, 2


def offered() -> int:
    """Give the version of Landlock that this kernel has; 0: none."""
    if sys.platform != "linux":
        return 0
    version = ctypes.CDLL(None).syscall(_CREATE, None, 0, 1)
    return max(0, int(version))


def write_only_in(folder: Path) -> None:
    """Refuse every change of files outside `folder` from now on; nothing lifts it."""
    version = offered()
    if not version:
        return
    handled = _CHANGES | (_TRUNCATE if version >= 3 else 0)
    _restrict(handled, ((folder, handled), (Path(os.devnull), handled & (_WRITE_FILE | _TRUNCATE))))


def confine(folder: Path, readable: Iterable[Path], port: int) -> None:
    """Refuse every change of files outside `folder`, and every look at others than `readable`; nothing lifts it.

    Where the kernel can (version 4 on), TCP connects to one port alone, of whatever machine.
    """
    version = offered()
    if not version:
        return
    changed = _CHANGES | (_TRUNCATE if version >= 3 else 0)
    handled = changed | _READS
    on_files = handled & (_WRITE_FILE | _TRUNCATE | _READ_FILE | _EXECUTE)
    places = [(folder, handled), (Path(os.devnull), on_files)]
    places += [(path, _READS if path.is_dir() else on_files & _READS) for path in readable if path.exists()]
    _restrict(handled, places, port if version >= 4 else None)


def _restrict(handled: int, places: Iterable[tuple[Path, int]], port: int | None = None) -> None:
    """Handle these kinds of access, and allow them beneath these places; `port`: TCP connects to that one alone."""
    libc = ctypes.CDLL(None, use_errno=True)
    packed = struct.pack("=Q", handled) if port is None else struct.pack("=QQ", handled, _BIND_TCP | _CONNECT_TCP)
    rules = libc.syscall(_CREATE, ctypes.create_string_buffer(packed, len(packed)), len(packed), 0)
    if rules < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    try:
        for path, allowed in places:
            place = os.open(path, os.O_PATH | os.O_CLOEXEC)
            try:
                _add(libc, rules, _BENEATH, struct.pack("=Qi", allowed, place))
            finally:
                os.close(place)
        if port is not None:
            _add(libc, rules, _PORT, struct.pack("=QQ", _CONNECT_TCP, port))
        if libc.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0) or libc.syscall(_RESTRICT, rules, 0):
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    finally:
        os.close(rules)


def _add(libc: ctypes.CDLL, rules: int, kind: int, rule: bytes) -> None:
    if libc.syscall(_ADD, rules, kind, ctypes.create_string_buffer(rule, len(rule)), 0):
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
