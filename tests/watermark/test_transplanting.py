"""A mark is a pattern, and a pattern can be put on something else: what of it is read there, and what is not.

The attacker of these tests has more than any real one: pictures before and after they were marked. What a mark that
was moved is worth, the record and its fingerprint say, not this wing.
"""

import hashlib

import numpy as np
import pytest
from numpy.typing import NDArray

from countermark.watermark import OPEN_KEY, embed

from .copies import read
from .scenes import scene

SIZE, FRAMES = (320, 240), 8
CLIPS = 8
TOO_MANY = 4  # clips, the mean of whose changes says nothing any more: measured, and said in docs/watermark.md


def payload(number: int) -> str:
    return hashlib.sha256(str(number).encode()).hexdigest()[:16]


@pytest.fixture(scope="module")
def changes() -> list[NDArray[np.float32]]:
    """Of clips with one key and a payload each, the mean change over their frames."""
    found = []
    for number in range(CLIPS):
        plain = scene(*SIZE, FRAMES, seed=100 + number)
        marked = embed(plain, payload(number))
        found.append(np.mean([a.astype(np.float32) - b for a, b in zip(marked, plain, strict=True)], axis=0))
    return found


def payloads_on_another_clip(pattern: NDArray[np.float32]) -> set[str]:
    other = scene(*SIZE, FRAMES, seed=7)
    pasted = [np.clip(np.rint(plane + pattern), 0, 255).astype(np.uint8) for plane in other]
    return {one.payload for one in read(pasted, until=0)[0]}


def test_the_pattern_of_one_clip_is_read_wherever_it_is_put(changes: list[NDArray[np.float32]]) -> None:
    for number in range(2):
        assert payloads_on_another_clip(changes[number]) == {payload(number)}


def test_the_mean_of_two_clips_still_says_one_of_them(changes: list[NDArray[np.float32]]) -> None:
    said = payloads_on_another_clip(np.mean(changes[:2], axis=0))
    assert said and said <= {payload(0), payload(1)}


@pytest.mark.parametrize("first", [0, 4])
def test_the_mean_of_several_clips_is_not(changes: list[NDArray[np.float32]], first: int) -> None:
    pattern = np.mean(changes[first : first + TOO_MANY], axis=0)
    assert payloads_on_another_clip(pattern) == set()


def test_nor_is_the_mean_of_all_of_them_as_it_is_or_as_strong_as_one(changes: list[NDArray[np.float32]]) -> None:
    pattern = np.mean(changes, axis=0)
    assert payloads_on_another_clip(pattern) == set()
    assert payloads_on_another_clip(pattern * np.std(changes[0]) / np.std(pattern)) == set()


def test_payloads_of_one_key_are_spread_over_its_variants() -> None:
    """Whoever averages clips of one key averages several patterns."""
    assert len({OPEN_KEY.variant(payload(number)) for number in range(80)}) == 8
