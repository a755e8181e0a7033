"""Puts this process under limits that it can't lift: resources, system calls, the death of its parent.

Knows Linux numbers; knows nothing of video, jobs or messages. Where a machine is not known, less holds, and
`protection` says what.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import signal
import socket
import struct
import sys
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from ..settings import Limits
from . import landlock

# System calls, as (x86_64, aarch64); None where an architecture has no such call.
_NETWORK = {
    **{"socket": (41, 198), "socketpair": (53, 199), "connect": (42, 203), "bind": (49, 200), "listen": (50, 201)},
    **{"accept": (43, 202), "accept4": (288, 242)},
}
_OF_CONNECTING = ("socket", "connect")
# Sending in the same breath as connecting would pass by whoever looks at connects.
_FAST_OPEN, _FAST_OPEN_IN = 0x20000000, (((44, 206), 3), ((46, 211), 2), ((307, 269), 3))  # sendto, sendmsg, sendmmsg
_OTHERS = {  # starting, tracing or changing other processes and the machine
    **{"execve": (59, 221), "execveat": (322, 281), "fork": (57, None), "vfork": (58, None)},
    **{"ptrace": (101, 117), "process_vm_readv": (310, 270), "process_vm_writev": (311, 271)},
    **{"pidfd_open": (434, 434), "pidfd_send_signal": (424, 424), "pidfd_getfd": (438, 438), "tkill": (200, 130)},
    **{"rt_sigqueueinfo": (129, 138), "rt_tgsigqueueinfo": (297, 240)},
    # SVT-AV1 as root takes a real-time priority and starves everything beside it
    **{"sched_setscheduler": (144, 119), "sched_setattr": (314, 274), "sched_setparam": (142, 118)},
    **{
        "mount": (165, 40),
        "umount2": (166, 39),
        "pivot_root": (155, 41),
        "chroot": (161, 51),
        "move_mount": (429, 429),
    },
    **{"unshare": (272, 97), "setns": (308, 268), "bpf": (321, 280), "perf_event_open": (298, 241)},
    **{"userfaultfd": (323, 282), "add_key": (248, 217), "request_key": (249, 218), "keyctl": (250, 219)},
    **{"io_uring_setup": (425, 425), "io_uring_enter": (426, 426), "io_uring_register": (427, 427)},
    **{"kexec_load": (246, 104), "init_module": (175, 105), "finit_module": (313, 273), "reboot": (169, 142)},
}
_CHANGES = {  # of files, for a child that only reads
    **{"unlink": (87, None), "unlinkat": (263, 35), "rmdir": (84, None), "mkdir": (83, None), "mkdirat": (258, 34)},
    **{"rename": (82, None), "renameat": (264, 38), "renameat2": (316, 276), "creat": (85, None)},
    **{"link": (86, None), "linkat": (265, 37), "symlink": (88, None), "symlinkat": (266, 36)},
    **{"chmod": (90, None), "fchmod": (91, 52), "fchmodat": (268, 53), "fchmodat2": (452, 452)},
    **{"chown": (92, None), "fchown": (93, 55), "lchown": (94, None), "fchownat": (260, 54)},
    **{"truncate": (76, 45), "ftruncate": (77, 46), "mknod": (133, None), "mknodat": (259, 33)},
    **{"setxattr": (188, 5), "lsetxattr": (189, 6), "fsetxattr": (190, 7), "utimensat": (280, 88)},
    **{"utime": (132, None), "utimes": (235, None), "futimesat": (261, None)},
    **{"removexattr": (197, 14), "lremovexattr": (198, 15), "fremovexattr": (199, 16)},
}
_ABSENT = {
    "clone3": (435, 435),
    "openat2": (437, 437),
}  # said not to exist: libraries fall back to what can be looked into
_IOCTL, _TYPES_INTO_A_TERMINAL = (16, 29), (0x5412, 0x541C)  # TIOCSTI, TIOCLINUX
_OPEN, _OPENAT, _CLONE, _KILL, _TGKILL, _PRLIMIT = (2, None), (257, 56), (56, 220), (62, 129), (234, 131), (302, 261)
_MACHINES = {"x86_64": (0, 0xC000003E, 317), "aarch64": (1, 0xC00000B7, 277)}  # column, audit name, seccomp's number

_CLONE_THREAD = 0x00010000
_OPEN_CHANGES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC
_LOAD, _EQUAL, _ANY_BIT, _AT_LEAST, _AND, _RETURN = 0x20, 0x15, 0x45, 0x35, 0x54, 0x06
_ALLOW, _REFUSE, _KILL_PROCESS = 0x7FFF0000, 0x00050000, 0x80000000
_REAL_TIME_CPU_S = (
    2.0  # CPU-seconds a child gets for each second of video, and as many again for each tenth of a megapixel
)


@dataclass(frozen=True)
class Allowance:
    """What a child may use of memory and processor, now and at the most."""

    memory_bytes: int
    memory_most: int
    cpu_s: int
    cpu_most: int

    @classmethod
    def of(cls, limits: Limits, pixels: int = 0, duration_s: float = 0.0) -> Allowance:
        """Scale by the picture's pixels and the video's length, never beyond what the limits themselves allow."""
        most_pixels, most_s = limits.max_pixels, limits.max_duration_s
        pixels, duration_s = min(pixels, most_pixels), min(duration_s, most_s)
        memory = limits.child_memory_bytes
        return cls(
            memory + pixels * limits.child_bytes_per_pixel,
            memory + most_pixels * limits.child_bytes_per_pixel,
            limits.child_cpu_s + _cpu_share(pixels, duration_s),
            limits.child_cpu_s + _cpu_share(most_pixels, most_s),
        )


@dataclass(frozen=True)
class Protection:
    """What stands between an untrusted file and this machine."""

    own_process: bool
    memory_and_time: bool
    no_network: bool
    writes_in_one_folder: bool
    dies_with_parent: bool
    system: str

    @property
    def complete(self) -> bool:
        """Whether everything holds."""
        limited = self.memory_and_time and self.no_network and self.writes_in_one_folder
        return self.own_process and limited and self.dies_with_parent

    def lines(self) -> tuple[str, ...]:
        """Say it for a person, one line for each."""
        return (
            _line(self.own_process, "each file is read by a process of its own"),
            _line(self.memory_and_time, "its memory, time and open files are limited"),
            _line(self.no_network, "it can open no network, start no program and change no file (seccomp)"),
            _line(self.writes_in_one_folder, "one that writes can write in its own folder alone (Landlock)"),
            _line(self.dies_with_parent, "it never outlives the program that started it"),
        )


def protection() -> Protection:
    """Say what holds on this machine."""
    linux = sys.platform == "linux"
    known = linux and platform.machine() in _MACHINES and _seccomp_offered()
    return Protection(
        own_process=hasattr(os, "fork"),
        memory_and_time=os.name == "posix",
        no_network=known,
        writes_in_one_folder=landlock.offered() > 0,
        dies_with_parent=linux,
        system=f"{platform.system()} {platform.machine()}",
    )


def die_with_parent() -> None:
    """Have the kernel kill this process when the one that forked it ends."""
    if sys.platform == "linux":
        parent = os.getppid()
        ctypes.CDLL(None).prctl(1, signal.SIGKILL, 0, 0, 0)  # PR_SET_PDEATHSIG
        if os.getppid() != parent:
            os._exit(1)  # it ended in between


@dataclass(frozen=True)
class WayOut:
    """What a process may do that has to ask the network: connect by TCP, and read no files but these."""

    port: int  # of a proxy on this machine; kernels whose Landlock knows TCP let it connect to no other
    readable: tuple[Path, ...]


def few_arenas() -> None:
    """Let threads share the heap, as glibc's own for each reserve 64 MiB of address space and give little back."""
    if sys.platform == "linux":
        with suppress(AttributeError):  # another C library, which has none of them
            ctypes.CDLL(None).mallopt(-8, 2)  # M_ARENA_MAX


def enter(
    limits: Limits, allowance: Allowance, writes: int | None, writes_in: Path | None, way_out: WayOut | None = None
) -> None:
    """Take the limits; nothing gives them back.

    `writes`: bytes that a file may grow to; None: it changes no file. `writes_in`: the one folder where it may.
    `way_out`: for a process that asks the network; None: it can open none.
    """
    import resource

    if writes is not None and writes_in is not None:
        if way_out is None:
            landlock.write_only_in(writes_in)
        else:
            landlock.confine(writes_in, way_out.readable, way_out.port)

    few_arenas()
    for what, value in (
        (resource.RLIMIT_FSIZE, writes or 0),
        (resource.RLIMIT_NOFILE, limits.child_open_files),
        (resource.RLIMIT_CORE, 0),
    ):
        most = resource.getrlimit(what)[1]
        value = value if most == resource.RLIM_INFINITY else min(value, most)
        resource.setrlimit(what, (value, value))
    _resources(allowance)
    if sys.platform == "linux" and platform.machine() in _MACHINES and _seccomp_offered():
        _filter_calls(may_write=writes is not None, may_connect=way_out is not None)


def raise_to(allowance: Allowance) -> None:
    """Lift the soft limits of memory and processor time, never lower them; the hard ones stay."""
    import resource

    memory, processor = (resource.getrlimit(what)[0] for what in (resource.RLIMIT_AS, resource.RLIMIT_CPU))
    _resources(
        replace(
            allowance,
            memory_bytes=max(memory, allowance.memory_bytes),
            cpu_s=max(processor, allowance.cpu_s),
        )
    )


def _resources(allowance: Allowance) -> None:
    import resource

    for what, now, most in (
        (resource.RLIMIT_AS, allowance.memory_bytes, allowance.memory_most),
        (resource.RLIMIT_CPU, allowance.cpu_s, allowance.cpu_most),
    ):
        hard = resource.getrlimit(what)[1]
        if hard != resource.RLIM_INFINITY:
            most = min(most, hard)
        try:
            resource.setrlimit(what, (min(now, most), most))
        except (ValueError, OSError):
            if sys.platform == "linux":
                raise  # macOS knows no RLIMIT_AS worth the name


def _cpu_share(pixels: int, duration_s: float) -> int:
    return int(duration_s * _REAL_TIME_CPU_S * (1 + pixels / 100_000))


def _filter_calls(*, may_write: bool, may_connect: bool) -> None:
    """Refuse system calls by seccomp: needs no root and no user namespace, and covers threads that run already."""
    column, audit, seccomp = _MACHINES[platform.machine()]
    code = [(_LOAD, 0, 0, 4), (_EQUAL, 1, 0, audit), (_RETURN, 0, 0, _KILL_PROCESS), (_LOAD, 0, 0, 0)]
    if column == 0:  # the x32 numbering of x86_64 would walk around the list
        code += [(_AT_LEAST, 0, 1, 0x40000000), (_RETURN, 0, 0, _REFUSE | errno.ENOSYS)]
    network = {name: pair for name, pair in _NETWORK.items() if not may_connect or name not in _OF_CONNECTING}
    plain = {**network, **_OTHERS, **({} if may_write else _CHANGES)}
    for numbers, refusal in ((plain, errno.EACCES), (_ABSENT, errno.ENOSYS)):
        for number in (pair[column] for pair in numbers.values()):
            if number is not None:
                code += [(_EQUAL, 0, 1, number), (_RETURN, 0, 0, _REFUSE | refusal)]
    me = os.getpid()
    code += _allow_where(_CLONE[column], 0, _ANY_BIT, _CLONE_THREAD)  # threads yes, processes no
    code += _allow_where(_KILL[column], 0, _EQUAL, me)
    code += _allow_where(_TGKILL[column], 0, _EQUAL, me)
    code += _allow_where(_PRLIMIT[column], 0, _EQUAL, 0)
    code += _refuse_values(_IOCTL[column], 1, _TYPES_INTO_A_TERMINAL)
    if may_connect:
        code += _tcp_alone(_NETWORK["socket"][column])
        for calls, argument in _FAST_OPEN_IN:
            code += _refuse_bits(calls[column], argument, _FAST_OPEN)
    if not may_write:
        code += _refuse_bits(_OPENAT[column], 2, _OPEN_CHANGES)
        code += _refuse_bits(_OPEN[column], 1, _OPEN_CHANGES)
    code += [(_RETURN, 0, 0, _ALLOW)]
    program = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *line) for line in code))
    head = ctypes.create_string_buffer(struct.pack("H6xQ", len(code), ctypes.addressof(program)))
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(38, 1, 0, 0, 0) or libc.syscall(seccomp, 1, 1, ctypes.byref(head)):  # no new privileges; all threads
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def _allow_where(number: int | None, argument: int, test: int, value: int) -> list[tuple[int, int, int, int]]:
    """Allow a call only where the low half of an argument passes the test; other calls go on behind it."""
    if number is None:
        return []
    return [
        (_EQUAL, 0, 4, number),
        (_LOAD, 0, 0, 16 + 8 * argument),
        (test, 0, 1, value),
        (_RETURN, 0, 0, _ALLOW),
        (_RETURN, 0, 0, _REFUSE | errno.EACCES),
    ]


def _refuse_bits(number: int | None, argument: int, bits: int) -> list[tuple[int, int, int, int]]:
    if number is None:
        return []
    return [
        (_EQUAL, 0, 4, number),
        (_LOAD, 0, 0, 16 + 8 * argument),
        (_ANY_BIT, 0, 1, bits),
        (_RETURN, 0, 0, _REFUSE | errno.EACCES),
        (_RETURN, 0, 0, _ALLOW),
    ]


def _tcp_alone(number: int) -> list[tuple[int, int, int, int]]:
    """Allow sockets of TCP over IPv4, and no others: no UDP, so no names are asked for, and nothing raw."""
    refuse = (_RETURN, 0, 0, _REFUSE | errno.EACCES)
    return [
        (_EQUAL, 0, 9, number),
        *((_LOAD, 0, 0, 16), (_EQUAL, 0, 6, socket.AF_INET)),
        *((_LOAD, 0, 0, 24), (_AND, 0, 0, 0xF), (_EQUAL, 0, 3, socket.SOCK_STREAM)),
        *((_LOAD, 0, 0, 32), (_AT_LEAST, 1, 0, 7), (_RETURN, 0, 0, _ALLOW)),  # protocol 0 or 6, which is TCP
        refuse,
    ]


def _refuse_values(number: int, argument: int, values: tuple[int, ...]) -> list[tuple[int, int, int, int]]:
    tests = [line for value in values for line in ((_EQUAL, 0, 1, value), (_RETURN, 0, 0, _REFUSE | errno.EACCES))]
    return [(_EQUAL, 0, len(tests) + 2, number), (_LOAD, 0, 0, 16 + 8 * argument), *tests, (_RETURN, 0, 0, _ALLOW)]


def _seccomp_offered() -> bool:
    return os.path.exists("/proc/sys/kernel/seccomp/actions_avail")


def _line(holds: bool, what: str) -> str:
    return f"{'yes' if holds else 'NO '}  {what}"
