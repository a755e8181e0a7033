"""From a payload to coded bits and back, and how often chance alone would pass.

Knows bits and how far to trust them; knows no pictures. A message is 64 payload bits and 40 check bits of the key. A
polar code spreads its 104 bits over 512; reading keeps a list of the likeliest paths and compares the check of each.
Every comparison is **one trial**. The pattern's variant is drawn from the same check value, so that three more bits
must agree. The paths are chosen without regard to the check; so noise passes a trial with probability 2^-43, and
more trials add up.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from .keys import CHECK_BITS, PAYLOAD_DIGITS, VARIANT_BITS, MarkKey, checked_payload

CODED_BITS = 512
PAYLOAD_BITS = 4 * PAYLOAD_DIGITS
MESSAGE_BITS = PAYLOAD_BITS + CHECK_BITS
LIST = 32  # paths that are kept, and candidates that are compared in the end
EXPANSION = 2.0**0.25  # base of the weights by which positions of a polar code are ranked


@dataclass(frozen=True)
class Read:
    """What one decoding gave; `payload` is None unless a check passed."""

    payload: str | None
    trials: int  # candidates that were compared
    bit_accuracy: float = 0.0  # share of the coded bits that were right by their sign alone


def false_accept_bound(trials: int, check_bits: int = CHECK_BITS + VARIANT_BITS) -> float:
    """Give the chance that noise passes at least one of so many trials.

    >>> false_accept_bound(8192) < 1e-9
    True
    """
    return min(1.0, trials * 2.0**-check_bits)


def encode(payload: str, key: MarkKey) -> NDArray[np.float32]:
    """Give the coded bits as +1 (for 0) and -1 (for 1), scrambled by the key."""
    number = int(checked_payload(payload), 16) << CHECK_BITS | key.check(payload)
    message = np.array([number >> i & 1 for i in reversed(range(MESSAGE_BITS))], np.uint8)
    return encode_bits(message) * _scramble(key)


def decode(soft: NDArray[np.float32], key: MarkKey, variant: int, candidates: int = LIST) -> Read:
    """Compare the likeliest messages of soft coded bits (positive: 0), read as a pattern of this variant."""
    plain = soft * _scramble(key)
    messages = likeliest(plain, candidates)
    for trial, message in enumerate(messages, 1):
        number = int("".join(map(str, message.tolist())), 2)
        payload = f"{number >> CHECK_BITS:0{PAYLOAD_DIGITS}x}"
        if int(payload, 16) == 0 or number & (2**CHECK_BITS - 1) != key.check(payload):
            continue
        if key.variant(payload) == variant:
            return Read(payload, trial, float(np.mean(encode_bits(message) * plain > 0)))
    return Read(None, len(messages))


def encode_bits(message: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Put a message on the code's good positions, zeros on the others, and transform."""
    word = np.zeros(CODED_BITS, np.uint8)
    word[~_frozen(len(message))] = message
    return (1.0 - 2.0 * _transform(word)).astype(np.float32)


def likeliest(soft: NDArray[np.float32], candidates: int = LIST, message_bits: int = MESSAGE_BITS) -> NDArray[np.uint8]:
    """Give the likeliest messages (candidates, message_bits), the best first."""
    paths = _Paths(_frozen(message_bits), candidates)
    words, _ = paths.descend(np.asarray(soft, np.float32)[None], 0)
    order = np.argsort(paths.cost, kind="stable")
    return _transform(words[order])[:, ~paths.frozen]


class _Paths:
    """The list of a decoding: what each path cost so far. Successive cancellation, from left to right."""

    def __init__(self, frozen: NDArray[np.bool_], most: int) -> None:
        self.frozen, self._most = frozen, most
        self._carried = np.concatenate([[0], np.cumsum(~frozen)])  # message bits before each position
        self.cost = np.zeros(1, np.float32)

    def descend(self, soft: NDArray[np.float32], start: int) -> tuple[NDArray[np.uint8], NDArray[np.int64] | None]:
        """Decode the part of the code from `start` on, for all paths: its bits, and which path each path came from."""
        size = soft.shape[1]
        carried = self._carried[start + size] - self._carried[start]
        if carried == 0:
            self.cost = self.cost - np.minimum(soft, 0).sum(axis=1)
            return np.zeros(soft.shape, np.uint8), None
        if carried == 1 and not self.frozen[start + size - 1]:  # one bit, repeated
            zero, one = -np.minimum(soft, 0).sum(axis=1), np.maximum(soft, 0).sum(axis=1)
            forked, bit = self._fork(self.cost + zero, self.cost + one)
            return np.repeat(bit[:, None], size, axis=1), forked
        one_half, other = soft[:, : size // 2], soft[:, size // 2 :]
        weaker = np.minimum(np.abs(one_half), np.abs(other))
        left, parents = self.descend(np.copysign(weaker, one_half * other), start)
        if parents is not None:
            one_half, other = one_half[parents], other[parents]
        right, chosen = self.descend(other + (1.0 - 2.0 * left.astype(np.float32)) * one_half, start + size // 2)
        if chosen is not None:
            left = left[chosen]
            parents = chosen if parents is None else parents[chosen]
        return np.concatenate([left ^ right, right], axis=1), parents

    def _fork(self, zero: NDArray[np.float32], one: NDArray[np.float32]) -> tuple[NDArray[np.int64], NDArray[np.uint8]]:
        """Go on with a 0 and with a 1, and keep the cheapest."""
        paths, cost = len(zero), np.concatenate([zero, one])
        kept = np.arange(2 * paths) if 2 * paths <= self._most else np.argpartition(cost, self._most)[: self._most]
        self.cost = cost[kept]
        return kept % paths, (kept >= paths).astype(np.uint8)


def _transform(words: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Apply the polar transform along the last axis; it is its own inverse."""
    words, width = words.copy(), 1
    while width < CODED_BITS:
        pairs = words.reshape(*words.shape[:-1], -1, 2, width)
        pairs[..., 0, :] ^= pairs[..., 1, :]
        width *= 2
    return words


@lru_cache(maxsize=4)
def _frozen(message_bits: int) -> NDArray[np.bool_]:
    """Say which positions carry nothing: all but the most reliable, ranked by the weight of their index's bits."""
    depth = CODED_BITS.bit_length() - 1
    bits = np.arange(CODED_BITS)[:, None] >> np.arange(depth) & 1
    rank = np.argsort((bits * EXPANSION ** np.arange(depth)).sum(axis=1), kind="stable")
    frozen = np.ones(CODED_BITS, np.bool_)
    frozen[rank[-message_bits:]] = False
    return frozen


@lru_cache(maxsize=64)
def _scramble(key: MarkKey) -> NDArray[np.float32]:
    """Signs over the coded bits: silence, which decodes to all zeros, must look like no message of any key."""
    return key.signs("scramble", CODED_BITS)
