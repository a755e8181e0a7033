"""The code carries any payload through noise, and chance passes as seldom as the bound says."""

import hashlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from countermark.watermark import OPEN_KEY, MarkKey, new_payload
from countermark.watermark.code import (
    CODED_BITS,
    MESSAGE_BITS,
    decode,
    encode,
    encode_bits,
    false_accept_bound,
    viterbi,
)

OTHER_KEY = MarkKey("other", hashlib.sha256(b"another key").digest())
payloads = st.integers(1, 2**64 - 1).map(lambda number: f"{number:016x}")


@settings(max_examples=25, deadline=None)
@given(payload=payloads, seed=st.integers(0, 2**32))
def test_any_payload_survives_noise(payload: str, seed: int) -> None:
    noise = np.random.default_rng(seed).normal(size=CODED_BITS).astype(np.float32)
    read = decode(encode(payload, OPEN_KEY) + noise, OPEN_KEY)
    assert read.payload == payload
    assert 0.7 < read.bit_accuracy < 0.95  # noise as strong as the signal turns about one coded bit in six


@given(payload=payloads)
@settings(max_examples=10, deadline=None)
def test_another_key_reads_nothing(payload: str) -> None:
    assert decode(encode(payload, OPEN_KEY), OTHER_KEY).payload is None


def test_viterbi_finds_the_best_path() -> None:
    """Against the definition: no message near the one found agrees better with the soft bits."""
    rng = np.random.default_rng(5)
    soft = rng.normal(size=CODED_BITS).astype(np.float32)
    found = viterbi(soft)
    best = float(soft @ encode_bits(found))
    for _ in range(300):
        other = found.copy()
        other[rng.integers(0, MESSAGE_BITS, rng.integers(1, 6))] ^= 1
        assert float(soft @ encode_bits(other)) <= best + 1e-3


def test_silence_is_no_message() -> None:
    assert decode(np.zeros(CODED_BITS, np.float32), OPEN_KEY).payload is None


def test_noise_passes_as_seldom_as_the_bound_says() -> None:
    """With only 5 of the check bits compared, noise passes one trial in 32: the bound's own construction."""
    rng = np.random.default_rng(11)
    trials, passed = 2000, 0
    for _ in range(trials):
        soft = rng.normal(size=CODED_BITS).astype(np.float32)
        message = viterbi(soft * OPEN_KEY.signs("scramble", CODED_BITS))
        number = int("".join(map(str, message.tolist())), 2)
        passed += (number ^ OPEN_KEY.check(f"{number >> 32:016x}")) & 31 == 0
    expected = trials * false_accept_bound(1, check_bits=5)
    assert abs(passed - expected) < 4 * np.sqrt(expected)
    assert passed > 0


def test_bound_adds_up_trials() -> None:
    assert false_accept_bound(4) == 4 / 2**32 < 1e-9
    assert false_accept_bound(0) == 0


@pytest.mark.parametrize("payload", ["", "0" * 16, "1" * 15, "G" * 16, "ABCDEF0123456789"])
def test_only_sound_payloads_are_sent(payload: str) -> None:
    with pytest.raises(ValueError):
        encode(payload, OPEN_KEY)


def test_payloads_are_drawn_anew() -> None:
    drawn = {new_payload() for _ in range(50)}
    assert len(drawn) == 50 and all(len(payload) == 16 and int(payload, 16) for payload in drawn)


def test_a_key_hides_its_secret() -> None:
    assert OTHER_KEY.secret.hex() not in repr(OTHER_KEY) and repr(OTHER_KEY.secret) not in repr(OTHER_KEY)
    with pytest.raises(ValueError):
        MarkKey("short", b"secret")
