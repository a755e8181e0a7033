"""Many pieces on many cores, each worker in so much memory. Knows processes; knows nothing of what a piece does.

Workers end with their parent, however it ends: each watches a pipe whose other end the parent alone holds.
"""

from __future__ import annotations

import os
import resource
import signal
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import Any

from ...errors import ReaderDied
from .pieces import Piece, Setting, do

MEMORY = 4 << 30  # bytes of a worker's address space: libraries reserve far more than they use


class Pool:
    """Workers, each on one thread."""

    def __init__(self, executor: ProcessPoolExecutor) -> None:
        """Take processes that are ready to work."""
        self._executor = executor

    def each(self, pieces: Sequence[Piece], setting: Setting) -> Iterator[tuple[Piece, dict[str, Any]]]:
        """Yield pieces with their outcomes, as they are finished."""
        from ..watermark.pool import uninterrupted  # here: workers need nothing of what comes with it

        with uninterrupted():  # to submit is to start workers
            waiting: dict[Future[dict[str, Any]], Piece] = {self._executor.submit(do, p, setting): p for p in pieces}
        try:
            for future in as_completed(waiting):
                yield waiting[future], future.result()
        except BrokenProcessPool:
            raise ReaderDied(
                "a worker of the bench died, perhaps for want of memory",
                advice="run the same command again, with fewer --jobs: what is finished is kept",
            ) from None


@contextmanager
def workers(count: int) -> Iterator[Pool]:
    """Give a pool; when it is left by an error, what is in flight is dropped at once."""
    context = get_context("spawn")
    watched, held = context.Pipe(duplex=False)
    executor = ProcessPoolExecutor(count, mp_context=context, initializer=_begin, initargs=(watched,))
    try:
        yield Pool(executor)
    except BaseException:
        held.close()  # the workers see it, and go
        executor.shutdown(wait=True, cancel_futures=True)
        raise
    executor.shutdown()
    held.close()


def _begin(watched: Connection) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent hears it, and lets go of the pipe
    signal.pthread_sigmask(signal.SIG_UNBLOCK, (signal.SIGINT, signal.SIGTERM, signal.SIGHUP))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, resource.getrlimit(resource.RLIMIT_AS)[1]))
    import cv2

    cv2.setNumThreads(1)
    threading.Thread(target=_follow, args=(watched,), daemon=True).start()


def _follow(watched: Connection) -> None:
    try:
        watched.recv()
    except EOFError:
        os._exit(1)
