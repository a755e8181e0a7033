"""Many pieces on many cores. Knows processes; knows nothing of what a piece does.

Workers end with their parent, however it ends: each watches a pipe whose other end the parent alone holds.
"""

from __future__ import annotations

import os
import resource
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing import get_context, resource_tracker
from multiprocessing.connection import Connection
from typing import Any, Generic, TypeVar

from ..errors import ReaderDied

_INTERRUPTIONS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

Piece = TypeVar("Piece")
Setting = TypeVar("Setting")
Do = Callable[[Piece, Setting], dict[str, Any]]  # a function of a module: workers import it by its name


class Pool(Generic[Piece, Setting]):
    """Workers, each on one thread."""

    def __init__(self, executor: ProcessPoolExecutor, do: Do[Piece, Setting], fewer: str) -> None:
        """Take processes that are ready to work, and what each piece is done by."""
        self._executor, self._do, self._fewer = executor, do, fewer

    def each(self, pieces: Sequence[Piece], setting: Setting) -> Iterator[tuple[Piece, dict[str, Any]]]:
        """Yield pieces with their outcomes, as they are finished."""
        with uninterrupted():  # to submit is to start workers
            waiting: dict[Future[dict[str, Any]], Piece] = {
                self._executor.submit(self._do, piece, setting): piece for piece in pieces
            }
        try:
            for future in as_completed(waiting):
                yield waiting[future], future.result()
        except BrokenProcessPool:
            raise ReaderDied(
                "a worker of the bench died, perhaps for want of memory",
                advice=f"run the same command again, with fewer {self._fewer}: what is finished is kept",
            ) from None


@contextmanager
def workers(
    count: int, do: Do[Piece, Setting], *, fewer: str, memory: int | None = None
) -> Iterator[Pool[Piece, Setting]]:
    """Give a pool; when it is left by an error, what is in flight is dropped at once.

    fewer: the option that says how many, for advice. memory: bytes of a worker's address space, of which libraries
    reserve far more than they use; None: as much as there is.
    """
    context = get_context("spawn")
    watched, held = context.Pipe(duplex=False)
    executor = ProcessPoolExecutor(count, mp_context=context, initializer=_begin, initargs=(watched, memory))
    try:
        yield Pool(executor, do, fewer)
    except BaseException:
        held.close()  # the workers see it, and go
        executor.shutdown(wait=True, cancel_futures=True)
        raise
    executor.shutdown()
    held.close()


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Hold interruptions back until it is left: a worker half started would end in a traceback of its own."""
    resource_tracker.ensure_running()  # its start would let signals through again
    heard: list[int] = []
    handlers = {number: signal.getsignal(number) for number in _INTERRUPTIONS}
    for number in _INTERRUPTIONS:  # threads of numpy's hear what this one does not, and Python tells this one
        signal.signal(number, lambda number, frame: heard.append(number))
    former = signal.pthread_sigmask(signal.SIG_BLOCK, _INTERRUPTIONS)  # the workers begin with it
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, former)
        for number, handler in handlers.items():
            signal.signal(number, handler or signal.SIG_DFL)
        if heard:
            signal.raise_signal(heard[0])


def _begin(watched: Connection, memory: int | None) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent hears it, and lets go of the pipe
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _INTERRUPTIONS)
    if memory is not None:
        resource.setrlimit(resource.RLIMIT_AS, (memory, resource.getrlimit(resource.RLIMIT_AS)[1]))
    import cv2

    cv2.setNumThreads(1)
    threading.Thread(target=_follow, args=(watched,), daemon=True).start()


def _follow(watched: Connection) -> None:
    try:
        watched.recv()
    except EOFError:
        os._exit(1)
