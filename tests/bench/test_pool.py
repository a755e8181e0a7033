"""Interruptions, held back while workers start and heard as soon as they have."""

import os
import signal

import pytest

from countermark.bench.watermark import pool


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interruption_is_heard_once_the_workers_have_started(number: int) -> None:
    def hear(number: int, frame: object) -> None:
        heard.append(number)

    heard: list[int] = []
    former = signal.signal(number, hear)
    try:
        with pool.uninterrupted():
            os.kill(os.getpid(), number)
            assert heard == []
        assert heard == [number]
    finally:
        signal.signal(number, former)
