"""Lets this process write beneath one folder and nowhere else, by Linux's Landlock. Knows numbers; knows no video.

Reading stays as it is: libraries are loaded from anywhere. Where the kernel has no Landlock nothing holds, and
`offered` says so.
"""

from __future__ import annotations

import ctypes
import os
import struct
import sys
from pathlib import Path

_CREATE, _ADD, _RESTRICT = 444, 445, 446  # the same on every architecture
_WRITE_FILE, _TRUNCATE = 1 << 1, 1 << 14
_CHANGES = _WRITE_FILE | sum(1 << bit for bit in range(4, 13))  # remove and make files, folders, links, devices
_NO_NEW_PRIVILEGES, _BENEATH = 38, 1


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
    libc = ctypes.CDLL(None, use_errno=True)
    handled = _CHANGES | (_TRUNCATE if version >= 3 else 0)
    attributes = ctypes.create_string_buffer(struct.pack("=Q", handled), 8)
    rules = libc.syscall(_CREATE, attributes, 8, 0)
    if rules < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    try:
        for path, allowed in ((folder, handled), (Path(os.devnull), handled & (_WRITE_FILE | _TRUNCATE))):
            place = os.open(path, os.O_PATH | os.O_CLOEXEC)
            try:
                rule = ctypes.create_string_buffer(struct.pack("=Qi", allowed, place), 12)
                refused = libc.syscall(_ADD, rules, _BENEATH, rule, 0)
            finally:
                os.close(place)
            if refused:
                raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
        if libc.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0) or libc.syscall(_RESTRICT, rules, 0):
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    finally:
        os.close(rules)
