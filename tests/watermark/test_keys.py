"""A key is a name and a secret that nothing shows, and what is drawn from it stays the same for good."""

import json
from collections import Counter

import numpy as np
import pytest

from countermark.watermark import OPEN_KEY, MarkKey, new_payload
from countermark.watermark.keys import CHECK_BITS, VARIANTS, checked_payload

from .copies import OTHER_KEY, PAYLOAD


def test_what_is_out_there_stays_readable() -> None:
    """Whoever changes these numbers makes every mark unreadable that was ever written with the open key."""
    assert OPEN_KEY.check(PAYLOAD) == 0x0BE6D00F16 and OPEN_KEY.variant(PAYLOAD) == 3
    assert OPEN_KEY.stream("scramble", 8).hex() == "6456061af3f685df"
    assert OPEN_KEY.order("carriers 0", 8).tolist() == [2, 6, 5, 0, 7, 4, 1, 3]


def test_a_key_hides_its_secret() -> None:
    assert OTHER_KEY.secret.hex() not in repr(OTHER_KEY) and repr(OTHER_KEY.secret) not in repr(OTHER_KEY)


def test_a_key_comes_whole_through_text() -> None:
    plain = json.loads(json.dumps(OTHER_KEY.to_wire()))
    assert MarkKey.from_wire(plain) == OTHER_KEY


@pytest.mark.parametrize(("name", "secret"), [("short", b"secret"), ("", bytes(32)), ("long", bytes(33))])
def test_half_a_key_is_none(name: str, secret: bytes) -> None:
    with pytest.raises(ValueError):
        MarkKey(name, secret)


def test_purposes_and_keys_share_nothing() -> None:
    drawn = {
        bytes(key.stream(purpose, 32))
        for key in (OPEN_KEY, OTHER_KEY)
        for purpose in ("scramble", "pilots 0", "pilots 1", "carriers 0")
    }
    assert len(drawn) == 8
    assert abs(float(OPEN_KEY.signs("scramble", 4096) @ OTHER_KEY.signs("scramble", 4096))) < 4 * 64


def test_an_order_leaves_nothing_out() -> None:
    assert np.array_equal(np.sort(OTHER_KEY.order("carriers 3", 500)), np.arange(500))


def test_variants_are_all_used_and_say_nothing_of_the_check() -> None:
    payloads = [f"{number:016x}" for number in range(1, 1601)]
    said = Counter((OPEN_KEY.variant(payload), OPEN_KEY.check(payload) & 1) for payload in payloads)
    expected = len(payloads) / (2 * VARIANTS)
    chi_square = sum((said[variant, bit] - expected) ** 2 / expected for variant in range(VARIANTS) for bit in (0, 1))
    assert chi_square < 37.7  # of 15 degrees of freedom: one in a thousand
    assert max(OPEN_KEY.check(payload) for payload in payloads) >> (CHECK_BITS - 1) == 1


def test_payloads_are_drawn_anew() -> None:
    drawn = {checked_payload(new_payload()) for _ in range(50)}
    assert len(drawn) == 50


@pytest.mark.parametrize(
    "payload", ["", "0" * 16, "1" * 15, "1" * 17, "G" * 16, "ABCDEF0123456789", "0x23456789abcdef"]
)
def test_only_sound_payloads_are_taken(payload: str) -> None:
    with pytest.raises(ValueError, match="16 lower-case hexadecimal digits"):
        checked_payload(payload)
