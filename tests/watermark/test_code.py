"""The code carries any payload through noise, and chance passes as seldom as the bound says."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from countermark.watermark import OPEN_KEY, MarkKey
from countermark.watermark.code import (
    CODED_BITS,
    LIST,
    MESSAGE_BITS,
    decode,
    encode,
    encode_bits,
    false_accept_bound,
    likeliest,
)
from countermark.watermark.keys import CHECK_BITS, VARIANT_BITS, VARIANTS

from .copies import OTHER_KEY, PAYLOAD, key_of

payloads = st.integers(1, 2**64 - 1).map(lambda number: f"{number:016x}")


def noise(seed: int, deviation: float = 1.0) -> NDArray[np.float32]:
    return np.random.default_rng(seed).normal(0, deviation, CODED_BITS).astype(np.float32)


def number_of(message: NDArray[np.uint8]) -> int:
    return int("".join(map(str, message.tolist())), 2)


def coded(number: int, key: MarkKey) -> NDArray[np.float32]:
    """Any message, sound or not, as a mark would carry it."""
    message = np.array([number >> i & 1 for i in reversed(range(MESSAGE_BITS))], np.uint8)
    return encode_bits(message) * key.signs("scramble", CODED_BITS)


@settings(max_examples=25, deadline=None)
@given(payload=payloads, seed=st.integers(0, 2**32))
def test_any_payload_survives_noise(payload: str, seed: int) -> None:
    read = decode(encode(payload, OPEN_KEY) + noise(seed, 0.9), OPEN_KEY, OPEN_KEY.variant(payload))
    assert read.payload == payload and 1 <= read.trials <= LIST
    assert 0.7 < read.bit_accuracy < 0.97  # noise nearly as strong as the signal turns about one coded bit in eight


def test_a_list_corrects_what_one_path_and_what_signs_alone_do_not() -> None:
    variant, of = OPEN_KEY.variant(PAYLOAD), 24
    heard = [encode(PAYLOAD, OPEN_KEY) + noise(seed, 1.6) for seed in range(of)]
    listed, single, signs = (
        sum(decode(soft, OPEN_KEY, variant, most).payload == PAYLOAD for soft in softs)
        for softs, most in ((heard, LIST), (heard, 1), ([np.sign(soft) for soft in heard], LIST))
    )
    assert listed > single + of // 4 and listed > signs + of // 4
    assert listed > 0.8 * of


def test_the_list_is_of_different_messages_the_best_first() -> None:
    soft = noise(3)
    messages = likeliest(soft)
    agreement = [float(soft @ encode_bits(message)) for message in messages]
    assert messages.shape == (LIST, MESSAGE_BITS) and len({number_of(message) for message in messages}) == LIST
    assert agreement == sorted(agreement, reverse=True)
    assert agreement[0] >= float(soft @ encode_bits(likeliest(soft, 1)[0])) - 1e-3


def test_every_candidate_is_a_trial_up_to_the_one_that_passes() -> None:
    plain = OPEN_KEY.signs("scramble", CODED_BITS)
    counted = set()
    for seed in range(12):
        soft = encode(PAYLOAD, OPEN_KEY) + noise(seed, 1.7)
        read = decode(soft, OPEN_KEY, OPEN_KEY.variant(PAYLOAD))
        numbers = [number_of(message) for message in likeliest(soft * plain)]
        wanted = int(PAYLOAD, 16) << CHECK_BITS | OPEN_KEY.check(PAYLOAD)
        assert read.trials == (numbers.index(wanted) + 1 if wanted in numbers else LIST)
        counted.add(read.trials)
    assert len(counted) > 2  # the first, the last, and some between
    assert decode(noise(0), OPEN_KEY, 0, candidates=5).trials == 5


@given(payload=payloads)
@settings(max_examples=6, deadline=None)
def test_another_key_reads_nothing(payload: str) -> None:
    soft = encode(payload, OPEN_KEY)
    assert all(decode(soft, OTHER_KEY, variant).payload is None for variant in range(VARIANTS))


def test_a_right_check_in_the_wrong_variant_is_refused() -> None:
    soft = encode(PAYLOAD, OPEN_KEY)
    for variant in range(VARIANTS):
        read = decode(soft, OPEN_KEY, variant)
        assert (read.payload == PAYLOAD) is (variant == OPEN_KEY.variant(PAYLOAD))
        assert read.trials == (1 if read.payload else LIST)


@pytest.mark.parametrize("bit", [0, 1, CHECK_BITS // 2, CHECK_BITS - 1])
def test_one_wrong_bit_of_the_check_is_refused(bit: int) -> None:
    sound = int(PAYLOAD, 16) << CHECK_BITS | OPEN_KEY.check(PAYLOAD)
    variant = OPEN_KEY.variant(PAYLOAD)
    assert decode(coded(sound, OPEN_KEY), OPEN_KEY, variant).payload == PAYLOAD
    assert decode(coded(sound ^ 1 << bit, OPEN_KEY), OPEN_KEY, variant, candidates=1).payload is None


def test_nothing_but_zeros_is_no_payload_even_with_its_check() -> None:
    zeros = "0" * 16
    read = decode(coded(OPEN_KEY.check(zeros), OPEN_KEY), OPEN_KEY, OPEN_KEY.variant(zeros))
    assert read.payload is None and read.trials == LIST
    with pytest.raises(ValueError):
        encode(zeros, OPEN_KEY)


def test_silence_is_no_message() -> None:
    silence = np.zeros(CODED_BITS, np.float32)
    assert all(decode(silence, OPEN_KEY, variant).payload is None for variant in range(VARIANTS))


def differences(seeds: range) -> list[int]:
    """By what the best candidate's 43 bits of check and variant differ from what its payload asks for, on noise."""
    found = []
    for seed in seeds:
        key, variant = key_of(f"noise {seed % 50}"), seed % VARIANTS
        number = number_of(likeliest(noise(seed) * key.signs("scramble", CODED_BITS), 2)[0])
        payload = f"{number >> CHECK_BITS:016x}"
        check = (number ^ key.check(payload)) & (2**CHECK_BITS - 1)
        found.append(check << VARIANT_BITS | (variant ^ key.variant(payload)))
    return found


def test_noise_agrees_in_some_bits_as_seldom_as_the_bound_says() -> None:
    """The bound's own construction, with so few of the bits compared that chance does pass."""
    found = differences(range(1000))
    for bits in (1, 2, 3, 5, 6):
        for place in (0, CHECK_BITS // 2, CHECK_BITS + VARIANT_BITS - bits):
            passed = sum((difference >> place) & (2**bits - 1) == 0 for difference in found)
            expected = len(found) * false_accept_bound(1, check_bits=bits)
            chi_square = (passed - expected) ** 2 / (expected * (1 - 2.0**-bits))
            assert chi_square < 12.1, (bits, place, passed)  # of one degree of freedom: one in two thousand
    cells = np.bincount([difference & 31 for difference in found], minlength=32)
    expected = len(found) / 32
    assert float(((cells - expected) ** 2 / expected).sum()) < 61.1  # of 31 degrees of freedom: one in a thousand


def test_the_bound_adds_up_trials() -> None:
    assert false_accept_bound(0) == 0
    assert false_accept_bound(4) == 4 * false_accept_bound(1) == 4 / 2 ** (CHECK_BITS + VARIANT_BITS)
    assert false_accept_bound(100, check_bits=2) == 1
