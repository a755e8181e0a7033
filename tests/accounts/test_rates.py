"""How often one may ask."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from countermark.accounts import Rates
from countermark.accounts.rates import SIGN_INS
from countermark.settings import Service, Settings


@pytest.fixture
def moved(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Let time pass for the library that counts."""
    passed = [0.0]
    real = time.time
    monkeypatch.setattr(time, "time", lambda: real() + passed[0])

    def move(seconds: float) -> None:
        passed[0] += seconds

    return move


def test_a_window_moves(moved: Callable[[float], None]) -> None:
    rates = Rates(Settings(service=Service(anonymous_requests=3)))
    first = rates.hit("192.0.2.1", "request")
    assert (first.limit, first.remaining, first.allowed) == (3, 2, True) and 55 <= first.reset_s <= 60
    moved(40)
    assert [rates.hit("192.0.2.1", "request").allowed for _ in range(3)] == [True, True, False]
    refused = rates.hit("192.0.2.1", "request")
    assert (refused.remaining, refused.allowed) == (0, False) and 15 <= refused.reset_s <= 21
    moved(21)
    assert rates.hit("192.0.2.1", "request").allowed, "the first counts no more"
    assert not rates.hit("192.0.2.1", "request").allowed, "the two after it still do"


def test_each_has_their_own(moved: Callable[[float], None]) -> None:
    rates = Rates(Settings(service=Service(anonymous_checks=1, key_checks=2)))
    assert rates.hit("192.0.2.1", "check").allowed and not rates.hit("192.0.2.1", "check").allowed
    assert not rates.hit("::ffff:192.0.2.1", "check").allowed, "the same machine"
    assert rates.hit("192.0.2.2", "check").allowed and rates.hit("192.0.2.1", "request").allowed
    assert rates.hit("2001:db8::1", "check").allowed and not rates.hit("2001:db8::2", "check").allowed
    assert rates.hit("2001:db8:0:1::1", "check").allowed, "another network"
    assert [rates.hit("key:cmk_a", "check").allowed for _ in range(3)] == [True, True, False]
    assert rates.hit("person:per_a", "check").limit == 2
    moved(3601)
    assert rates.hit("192.0.2.1", "check").allowed


def test_tries_to_sign_in() -> None:
    rates = Rates(Settings())
    allowed = [rates.hit("192.0.2.1", "sign_in").allowed for _ in range(SIGN_INS + 1)]
    assert allowed == [True] * SIGN_INS + [False]
    assert rates.hit("email:abc", "sign_in").allowed
