"""What is changed is what the mask says, the rest keeps every bit, and the same chance makes the same pictures."""

from collections.abc import Callable

import numpy as np
import pytest

from countermark.media import Tile
from countermark.training.detector.blends import face_swapped, self_blended, spliced

Blend = Callable[[np.random.Generator], tuple[np.ndarray, np.ndarray]]


def clip(seed: int, count: int = 6, size: tuple[int, int] = (180, 240)) -> np.ndarray:
    """Soft coloured ground that pans, with the grain of a camera."""
    import cv2

    rng = np.random.default_rng(seed)
    ground = cv2.resize(rng.integers(40, 215, (6, 8, 3), dtype=np.uint8), size[::-1], interpolation=cv2.INTER_CUBIC)
    panned = np.stack([np.roll(ground, 2 * k, axis=1) for k in range(count)]).astype(np.int16)
    return np.clip(panned + rng.integers(-4, 5, panned.shape), 0, 255).astype(np.uint8)


FRAMES, OTHER = clip(1), clip(2, count=9, size=(200, 260))
FACE, DONOR = Tile(70, 40, 90, 90), Tile(30, 20, 70, 80)
BLENDS: dict[str, Blend] = {
    "spliced": lambda rng: spliced(FRAMES, OTHER, rng),
    "spliced with less": lambda rng: spliced(FRAMES, OTHER[:2, :90, :100], rng),
    "self-blended": lambda rng: self_blended(FRAMES, None, rng),
    "self-blended face": lambda rng: self_blended(FRAMES, [FACE], rng),
    "swapped": lambda rng: face_swapped(FRAMES, [FACE], OTHER, [DONOR], rng),
}


@pytest.mark.parametrize("name", BLENDS)
def test_only_what_the_mask_covers_changes_and_inputs_stay(name: str) -> None:
    before, other = FRAMES.copy(), OTHER.copy()
    changed = 0
    for seed in range(20):
        made, mask = BLENDS[name](np.random.default_rng(seed))
        assert made.shape == FRAMES.shape and made.dtype == np.uint8
        assert mask.shape == FRAMES.shape[:3] and mask.dtype == np.float32
        assert 0 <= mask.min() and 0.5 < mask.max() <= 1
        assert np.array_equal(made[mask == 0], FRAMES[mask == 0])
        changed += bool((made[mask > 0.9] != FRAMES[mask > 0.9]).mean() > 0.2)
    assert changed >= 18
    assert np.array_equal(FRAMES, before) and np.array_equal(OTHER, other)


@pytest.mark.parametrize("name", BLENDS)
def test_the_same_chance_makes_the_same(name: str) -> None:
    for seed in range(6):
        one, two = BLENDS[name](np.random.default_rng(seed)), BLENDS[name](np.random.default_rng(seed))
        assert np.array_equal(one[0], two[0]) and np.array_equal(one[1], two[1])


def test_splices_are_of_regions_and_of_time_and_of_a_fair_size() -> None:
    masks = [spliced(FRAMES, OTHER, np.random.default_rng(seed))[1] for seed in range(60)]
    whole = [mask for mask in masks if set(mask.reshape(len(mask), -1).min(axis=1)) == {0.0, 1.0}]
    assert 4 <= len(whole) <= 24
    regions = [mask for mask in masks if not any(mask is one for one in whole)]
    shares = [mask[mask.reshape(len(mask), -1).any(axis=1)].mean() for mask in regions]
    assert 0.03 < min(shares) and max(shares) < 0.45
    assert any((mask[0] > 0).any() != (mask[-1] > 0).any() for mask in regions)  # some come or go
    assert any((mask[0] != mask[-1]).any() and mask[0].any() and mask[-1].any() for mask in regions)  # some move


def test_a_splice_keeps_the_other_clips_pixels_at_their_own_scale() -> None:
    code = np.arange(200 * 260, dtype=np.uint32).reshape(200, 260)
    other = np.repeat(np.stack([code >> 16, code >> 8, code], axis=-1).astype(np.uint8)[None], 9, axis=0)
    for seed in range(40):
        made, mask = spliced(FRAMES, other, np.random.default_rng(seed))
        inner = made[2][mask[2] == 1].astype(np.uint32)
        if not len(inner) or len(inner) == mask[2].size:
            continue
        read = (inner[:, 0] << 16) + (inner[:, 1] << 8) + inner[:, 2]
        if (
            len(set(read)) == len(read) and np.isin(read, code).all()
        ):  # neither matched nor cloned: every pixel is named
            rows, columns = np.nonzero(mask[2] == 1)
            shifts = {(int(v) // 260 - y, int(v) % 260 - x) for v, y, x in zip(read, rows, columns, strict=True)}
            assert len(shifts) == 1
            return
    pytest.fail("no splice was a plain one")


def test_a_self_blend_changes_little_and_a_swap_brings_the_donor() -> None:
    smooth = np.full((3, 80, 80, 3), (200, 60, 60), np.uint8)
    for seed in range(10):
        made, mask = self_blended(FRAMES, [FACE], np.random.default_rng(seed))
        assert 0 < np.abs(made.astype(int) - FRAMES)[mask > 0.5].mean() < 40
        assert mask[:, :130].mean() > 5 * mask[:, 130:].mean()  # it lies on the face
        swapped, where = face_swapped(FRAMES, [FACE], smooth, [Tile(0, 0, 80, 80)], np.random.default_rng(seed))
        assert where[:, 85, 115].min() > 0.999
        assert grain(swapped[:, 75:95, 105:125]) < 0.6 * grain(FRAMES[:, 75:95, 105:125])


def grain(pictures: np.ndarray) -> float:
    """How much neighbours differ."""
    return float(np.abs(np.diff(pictures.astype(int), axis=2)).mean())


def test_edges_of_the_picture_and_small_sizes_hold() -> None:
    small = clip(4, count=1, size=(48, 40))
    for seed in range(20):
        rng = np.random.default_rng(seed)
        for made, mask in (
            spliced(small, FRAMES, rng),
            self_blended(small, [Tile(-5, 30, 30, 30)], rng),
            face_swapped(small, [Tile(25, 30, 30, 30)], FRAMES, [Tile(200, 150, 60, 60)], rng),
        ):
            assert made.shape == small.shape and mask.shape == small.shape[:3]


def test_a_swap_wants_faces() -> None:
    with pytest.raises(ValueError, match="both sides"):
        face_swapped(FRAMES, [], OTHER, [DONOR], np.random.default_rng(0))
