"""From a payload to coded bits and back, and how often chance alone would pass.

Knows bits and how far to trust them; knows no pictures. A message is 64 payload bits and 32 check bits of the key,
sent by a convolutional code of rate 1/4 and constraint length 9, ended by eight zeros. Reading is one Viterbi path and
one comparison of check bits: **one trial**. Under each key, noise passes one trial with probability 2^-32, because the
path is chosen without regard to the check; more trials add up.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from .keys import CHECK_BITS, PAYLOAD_DIGITS, MarkKey, checked_payload

POLYNOMIALS = (0o463, 0o535, 0o733, 0o745)
MEMORY = 8
STATES = 1 << MEMORY
PAYLOAD_BITS = 4 * PAYLOAD_DIGITS
MESSAGE_BITS = PAYLOAD_BITS + CHECK_BITS
STEPS = MESSAGE_BITS + MEMORY
CODED_BITS = STEPS * len(POLYNOMIALS)


@dataclass(frozen=True)
class Read:
    """What one trial gave; `payload` is None unless the check passed."""

    payload: str | None
    bit_accuracy: float  # share of the coded bits that were right by their sign alone, if the path is the true one


def false_accept_bound(trials: int, check_bits: int = CHECK_BITS) -> float:
    """Give the chance that noise passes at least one of so many trials.

    >>> false_accept_bound(4) < 1e-9
    True
    """
    return min(1.0, trials * 2.0**-check_bits)


def encode(payload: str, key: MarkKey) -> NDArray[np.float32]:
    """Give the coded bits as +1 (for 0) and -1 (for 1), scrambled by the key."""
    number = int(checked_payload(payload), 16) << CHECK_BITS | key.check(payload)
    message = np.array([number >> i & 1 for i in reversed(range(MESSAGE_BITS))], np.uint8)
    return encode_bits(message) * _scramble(key)


def decode(soft: NDArray[np.float32], key: MarkKey) -> Read:
    """Make one trial on soft coded bits (positive: 0), each scaled by how far it is to be trusted."""
    plain = soft * _scramble(key)
    message = viterbi(plain)
    number = int("".join(map(str, message.tolist())), 2)
    payload = f"{number >> CHECK_BITS:0{PAYLOAD_DIGITS}x}"
    accuracy = float(np.mean(encode_bits(message) * plain > 0))
    passed = int(payload, 16) != 0 and number & (2**CHECK_BITS - 1) == key.check(payload)
    return Read(payload if passed else None, accuracy)


def encode_bits(message: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Run the shift register over a message and its tail of zeros."""
    signs = _trellis()[1]
    padded = np.concatenate([message, np.zeros(MEMORY, np.uint8)])
    coded = np.empty((len(padded), len(POLYNOMIALS)), np.float32)
    state = 0
    for step, bit in enumerate(padded.tolist()):
        coded[step] = signs[state, bit]
        state = (state << 1 | bit) & (STATES - 1)
    return coded.reshape(-1)


def viterbi(soft: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Find the message whose coded bits agree best with the soft ones; all states at once."""
    before, signs = _trellis()  # (256, 2), (256, 2, 4)
    newest = np.arange(STATES) & 1  # the bit that led into a state is its lowest
    into = signs[before, newest[:, None]].reshape(-1, len(POLYNOMIALS))  # (512, 4)
    steps = soft.reshape(-1, len(POLYNOMIALS))
    gains = (into @ steps.T).T.reshape(len(steps), STATES, 2)
    score = np.full(STATES, -np.inf, np.float32)
    score[0] = 0
    choice = np.empty((len(steps), STATES), np.bool_)
    for step, gain in enumerate(gains):
        path = score[before] + gain
        choice[step] = path[:, 1] > path[:, 0]
        score = path.max(axis=1)
    bits = np.empty(len(steps), np.uint8)
    state = 0  # the tail of zeros ends there
    for step in reversed(range(len(steps))):
        bits[step] = state & 1
        state = int(before[state, int(choice[step, state])])
    return bits[:-MEMORY]


@lru_cache(maxsize=1)
def _trellis() -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Give the two states before each state, and the four signs sent from each state at each bit."""
    after = np.arange(STATES)
    before = np.stack([after >> 1, after >> 1 | STATES >> 1], axis=1)
    register = after[:, None] << 1 | np.arange(2)[None, :]
    sent = [[[bin(int(word) & tap).count("1") & 1 for tap in POLYNOMIALS] for word in row] for row in register]
    return before, (1.0 - 2.0 * np.array(sent)).astype(np.float32)


@lru_cache(maxsize=16)
def _scramble(key: MarkKey) -> NDArray[np.float32]:
    """Signs over the coded bits: silence, which decodes to all zeros, must look like no message of any key."""
    return key.signs("scramble", CODED_BITS)
