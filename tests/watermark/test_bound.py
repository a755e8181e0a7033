"""How often chance passes, on the whole chain: pictures without a mark, real spectra, keys drawn by number."""

import numpy as np
import pytest
from numpy.typing import NDArray

from countermark.evidence import NoMarkDetails
from countermark.watermark import MarkKey, embed
from countermark.watermark.alignment import in_place
from countermark.watermark.code import CODED_BITS, LIST, false_accept_bound, likeliest
from countermark.watermark.keys import CHECK_BITS, VARIANT_BITS
from countermark.watermark.reader import MOST_TRIALS
from countermark.watermark.reading import Spectrum, fold, small, whiten

from .copies import PAYLOAD, details_of, key_of, look, read
from .scenes import scene

KEYS = tuple(key_of(f"chance {number}") for number in range(40))


def noise(seed: int) -> NDArray[np.uint8]:
    return np.random.default_rng(seed).integers(0, 256, (240, 320), np.uint8)


@pytest.mark.parametrize("number", range(8))
def test_nothing_is_read_where_nothing_was_written(number: int) -> None:
    """Five keys each, on noise and on textures, still and moving; some of it is decoded, and none of it passes."""
    pictures = [noise(number)] * 4 if number % 2 else scene(320, 240, 4, seed=50 + number)
    found, reader = read(pictures, KEYS[5 * number : 5 * number + 5], until=0)
    assert found == [] and LIST <= reader.trials <= MOST_TRIALS and reader.trials % LIST == 0


def test_a_whole_search_finds_nothing_and_counts_what_it_tried() -> None:
    pictures = scene(320, 240, 4, seed=71)
    _, upright = read(pictures, KEYS[:3], until=0)
    found, searched = read(pictures, KEYS[:3])
    assert found == [] and upright.trials < searched.trials <= MOST_TRIALS


def test_the_cap_ends_the_trials_of_a_look_and_of_its_search(monkeypatch: pytest.MonkeyPatch) -> None:
    most = 100
    pictures = scene(320, 240, 2, seed=71)
    _, upright = read(pictures, KEYS[:3], until=0)
    monkeypatch.setattr("countermark.watermark.reader.MOST_TRIALS", most)
    found, searched = read(pictures, KEYS[:3])
    assert found == [] and most - LIST < searched.trials <= most < upright.trials


def test_the_bound_that_is_told_is_that_of_the_trials_made() -> None:
    details = details_of(look(list(embed(scene(320, 240, 8), PAYLOAD, KEYS[1])), KEYS[:3], search_s=0))
    assert details.false_accept_bound == false_accept_bound(details.trials) == details.trials / 2**43
    assert false_accept_bound(MOST_TRIALS) < 1e-9


def test_no_number_of_keys_goes_beyond_the_cap() -> None:
    evidence = look(scene(320, 240, 8, seed=3), KEYS, search_s=0)
    assert isinstance(evidence.details, NoMarkDetails) and evidence.details.trials <= MOST_TRIALS
    assert evidence.details.keys == tuple(key.name for key in KEYS)


def _differences(picture: NDArray[np.uint8], keys: tuple[MarkKey, ...]) -> list[list[int]]:
    """By what the 43 bits of each candidate differ from what its payload asks for, decoding as the reader does."""
    spectrum = Spectrum.of(fold(whiten(small(picture.astype(np.float32)))))
    found = []
    for alignment in in_place(spectrum, keys)[:40]:
        key = alignment.key
        listed = []
        for message in likeliest(alignment.soft(spectrum) * key.signs("scramble", CODED_BITS)):
            number = int("".join(map(str, message.tolist())), 2)
            payload = f"{number >> CHECK_BITS:016x}"
            check = (number ^ key.check(payload)) & (2**CHECK_BITS - 1)
            listed.append(check << VARIANT_BITS | alignment.variant ^ key.variant(payload))
        found.append(listed)
    return found


def test_real_spectra_agree_in_some_bits_as_seldom_as_the_bound_says() -> None:
    """The likeliest alignments of textures: the first candidates alone, and all, which come in families."""
    found = [listed for seed in range(8) for listed in _differences(scene(320, 240, 1, seed=90 + seed)[0], KEYS)]
    first = np.bincount([listed[0] & 15 for listed in found], minlength=16)
    expected = len(found) / 16
    assert float(((first - expected) ** 2 / expected).sum()) < 37.7  # of 15 degrees of freedom: one in a thousand
    for bits in (2, 4, 7):
        passed = np.array([sum(one & (2**bits - 1) == 0 for one in listed) for listed in found], float)
        chance = LIST * false_accept_bound(1, check_bits=bits)
        assert abs(passed.mean() - chance) < 4 * passed.std() / np.sqrt(len(passed))
