"""How often one may ask."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from countermark.accounts import Rates
from countermark.accounts.rates import MANY, SIGN_INS
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
    assert not rates.hit_sign_in("192.0.2.1", "abc").allowed and rates.hit_sign_in("192.0.2.2", "abc").allowed


def test_an_account_is_tried_from_many_addresses_up_to_a_wide_bound() -> None:
    rates = Rates(Settings())
    tries = [rates.hit_sign_in(f"192.0.2.{n}", "abc").allowed for n in range(2) for _ in range(SIGN_INS)]
    assert all(tries), "whoever is shut out at one address is let in at another"
    for number in range(2, MANY):
        assert all(rates.hit_sign_in(f"192.0.2.{number}", "abc").allowed for _ in range(SIGN_INS))
    assert not rates.hit_sign_in("198.51.100.1", "abc").allowed and rates.hit_sign_in("198.51.100.1", "b").allowed


def test_keys_share_the_bound_of_their_tenant() -> None:
    rates = Rates(Settings(service=Service(tenant_checks=3)))
    for kind in ("check", "upload"):
        assert [rates.hit_tenant("ten_a", kind).allowed for _ in range(4)] == [True, True, True, False]
    assert rates.hit_tenant("ten_b", "check").allowed and rates.hit_tenant("ten_a", "request").allowed


def test_networks_of_one_site_share_a_wider_bound() -> None:
    rates = Rates(Settings(service=Service(anonymous_checks=1)))
    allowed = [rates.hit(f"2001:db8:0:{n:x}::1", "check").allowed for n in range(MANY + 1)]
    assert allowed == [True] * MANY + [False]
    assert rates.hit("2001:db8:1::1", "check").allowed, "another site"


def test_a_place_that_is_held_counts_once_it_is_taken() -> None:
    rates = Rates(Settings(service=Service(anonymous_checks=2, key_checks=5, tenant_checks=2)))
    for who, tenant in (("2001:db8::1", None), ("key:cmk_a", "ten_a")):
        first, second = (rates.hold(who, "check", tenant) for _ in range(2))
        assert first.allowed and second.allowed
        refused = rates.hold(who, "check", tenant)
        assert not refused.allowed and refused.remaining == 0, "two at once are as many as may be taken"
        rates.let_go(who, "check", tenant, counts=False)
        assert rates.hold(who, "check", tenant).allowed, "what was refused itself left its place"
        for _ in range(2):
            rates.let_go(who, "check", tenant, counts=True)
        assert not rates.hold(who, "check", tenant).allowed and not rates._held, "and what was taken did not"


def test_uploads_count_apart_from_checks() -> None:
    rates = Rates(Settings(service=Service(anonymous_checks=1)))
    assert rates.hit("192.0.2.1", "check").allowed and rates.hit("192.0.2.1", "upload").allowed
    assert not rates.hit("192.0.2.1", "upload").allowed
