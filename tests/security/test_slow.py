"""Clients that send the head of a request letter by letter have their time, and no more."""

from __future__ import annotations

from countermark.api import server as serving
from countermark.tests.security.running import Running
from countermark.tests.security.slow import Slow


def test_slow_heads_are_cut(server: Running, slow: Slow) -> None:
    """Forty of them, while the others of these tests were answered."""
    took = slow.cut_after()
    assert len(took) == slow.COUNT and max(took) < serving.HEAD_S + 8
    assert server.lives()
