"""What the embedder puts in: little where it is seen, the same from frame to frame, at any depth, any way round."""

import math
from fractions import Fraction

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from countermark.errors import TooSmall
from countermark.media.facts import Geometry
from countermark.watermark import FLOOR, OPEN_KEY, STRONGEST, Embedder
from countermark.watermark.code import CODED_BITS
from countermark.watermark.embedder import LEAST_SHARE, MOST_SHARE, PEAK, RMS, shared

from .copies import PAYLOAD, details_of, look
from .scenes import scene


def coded(upright: NDArray[np.uint8], geometry: Geometry) -> NDArray[np.uint8]:
    """The plane that a player turns into the upright picture."""
    turned = np.rot90(upright, -geometry.rotation // 90)
    plane = turned[:, ::-1] if geometry.flipped else turned
    return np.asarray(cv2.resize(np.ascontiguousarray(plane), (geometry.width, geometry.height)))


def shown(plane: NDArray[np.uint8], geometry: Geometry) -> NDArray[np.uint8]:
    """What a player shows: mirrored if so tagged, then turned counter-clockwise, pixels made square."""
    upright = np.rot90(plane[:, ::-1] if geometry.flipped else plane, geometry.rotation // 90)
    return np.asarray(cv2.resize(np.ascontiguousarray(upright), geometry.display_size, interpolation=cv2.INTER_AREA))


def marked(geometry: Geometry, frames: int = FLOOR.frames, payload: str = PAYLOAD) -> list[NDArray[np.uint8]]:
    """Coded planes with a mark."""
    embed = Embedder(payload, OPEN_KEY, geometry)
    planes = [coded(upright, geometry) for upright in scene(*geometry.display_size, frames)]
    for i, plane in enumerate(planes):
        embed(plane, i / 25)
    return planes


@pytest.mark.parametrize("flipped", [False, True])
@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
def test_what_a_player_shows_upright_is_marked_upright(rotation: int, flipped: bool) -> None:
    geometry = Geometry(320, 192, rotation, flipped)
    details = details_of(look([shown(plane, geometry) for plane in marked(geometry)], search_s=0))
    assert details.payload == PAYLOAD and details.geometry.plain
    assert not details.geometry.mirrored and details.geometry.quarter_turns == 0


@settings(max_examples=8, deadline=None, derandomize=True)
@given(
    width=st.integers(128, 400),
    height=st.integers(128, 400),
    aspect=st.sampled_from([Fraction(1), Fraction(12, 11), Fraction(4, 3), Fraction(8, 9)]),
    rotation=st.sampled_from([0, 90, 180, 270]),
    payload=st.integers(1, 2**64 - 1).map(lambda number: f"{number:016x}"),
)
def test_any_size_shape_and_payload(width: int, height: int, aspect: Fraction, rotation: int, payload: str) -> None:
    geometry = Geometry(width, height, rotation, sample_aspect=aspect)
    if min(geometry.display_size) < FLOOR.short_side:
        with pytest.raises(TooSmall):
            Embedder(payload, OPEN_KEY, geometry)
        return
    planes = [shown(plane, geometry) for plane in marked(geometry, payload=payload)]
    assert details_of(look(planes, search_s=0)).payload == payload


@pytest.mark.parametrize("bits", [10, 12])
def test_deeper_planes_are_marked_at_their_own_depth(bits: int) -> None:
    levels = 1 << (bits - 8)
    embed = Embedder(PAYLOAD, OPEN_KEY, Geometry(320, 180), bit_depth=bits)
    pictures = []
    for i, upright in enumerate(scene(320, 180, FLOOR.frames)):
        plane = upright.astype(np.uint16) * levels + 1
        before = plane.astype(int)
        embed(plane, i / 25)
        change = np.abs(plane.astype(int) - before)
        assert plane.max() < 1 << bits and change.max() <= PEAK * levels and np.unique(change % levels).size == levels
        pictures.append((plane / levels).astype(np.float32))
    assert details_of(look(pictures, search_s=0)).payload == PAYLOAD


@pytest.mark.parametrize(("bits", "kind"), [(8, np.uint8), (10, np.uint16), (12, np.uint16)])
def test_the_darkest_and_the_brightest_stay_inside(bits: int, kind: type) -> None:
    most = (1 << bits) - 1
    for level in (0, most):
        plane = np.full((180, 320), level, kind)
        Embedder(PAYLOAD, OPEN_KEY, Geometry(320, 180), bit_depth=bits)(plane, 0.0)
        assert plane.max() <= most and np.abs(plane.astype(int) - level).max() <= PEAK * (1 << (bits - 8))
        assert (plane != level).any()


def test_it_keeps_to_its_limits_and_hardly_moves() -> None:
    """Of a still picture, so that what changes is the mark's own doing."""
    still = scene(480, 320, 1)[0]
    embed = Embedder(PAYLOAD, OPEN_KEY, Geometry(480, 320))
    changes = []
    for i in range(14):
        plane = still.copy()
        embed(plane, i / 25)
        changes.append(plane.astype(np.float32) - still)
    errors = [float(np.mean(change**2)) for change in changes]
    rounding = 1 / 6  # of the fixed noise before rounding, and of the rounding
    assert max(errors) <= (STRONGEST * RMS) ** 2 + rounding and np.abs(changes).max() <= PEAK
    for before, after in zip(changes, changes[1:], strict=False):
        assert float(np.mean((after - before) ** 2)) < 0.05 * errors[0]


def _strength(picture: NDArray[np.uint8], strength: float = 1.0) -> float:
    plane = picture.copy()
    Embedder(PAYLOAD, OPEN_KEY, Geometry(*picture.shape[::-1]), strength=strength)(plane, 0.0)
    return float(np.std(plane.astype(float) - picture))


def test_what_is_asked_for_is_put_in_and_no_more_than_the_most() -> None:
    picture = scene(1280, 720, 1)[0]
    usual, less, most = (_strength(picture, strength) for strength in (1.0, 0.7, STRONGEST))
    assert less < usual <= most + 0.01 and most <= STRONGEST * RMS + 0.1


def _page(ink: int = 20) -> NDArray[np.uint8]:
    """Full of lettering."""
    page = np.full((240, 320), 230, np.uint8)
    for row in range(12, 240, 12):
        cv2.putText(page, "The quick brown fox jumps over 0123456789", (2, row), cv2.FONT_HERSHEY_PLAIN, 0.8, (ink,), 1)
    return page


def test_a_picture_that_speaks_against_the_mark_gets_more_and_says_how_it_stands() -> None:
    """A large calm picture, and a small one full of lettering."""
    calm, lettered = Embedder(PAYLOAD, OPEN_KEY, Geometry(1280, 720)), Embedder(PAYLOAD, OPEN_KEY, Geometry(320, 240))
    plane, page = scene(1280, 720, 1)[0], _page()
    assert _strength(page) > 1.1 * RMS  # the usual strength is not enough for it
    calm(plane, 0.0)
    lettered(page, 0.0)
    assert calm.margin_db > 0 > lettered.margin_db


def test_what_is_said_of_the_strongest_mark_is_said_of_the_mark_that_is_put_in() -> None:
    """The page asks for the most in each case: the marks are the same, and so is what is said of them."""
    said, put_in = [], []
    for strength in (1.0, STRONGEST, 2 * STRONGEST):
        page = _page(ink=200)
        embed = Embedder(PAYLOAD, OPEN_KEY, Geometry(320, 240), strength=strength)
        embed(page, 0.0)
        said.append(embed.margin_db)
        put_in.append(float(np.std(page.astype(float) - _page(ink=200))))
    assert said == pytest.approx([said[0]] * 3, abs=0.5)  # 1.9 dB lie between the usual strength and the strongest
    assert put_in == pytest.approx([put_in[0]] * 3, rel=0.01)


def test_the_dark_gets_less() -> None:
    picture = scene(480, 320, 1)[0]
    picture[:, :160] = 16  # a black bar
    plane = picture.copy()
    Embedder(PAYLOAD, OPEN_KEY, Geometry(480, 320))(plane, 0.0)
    change = (plane.astype(float) - picture) ** 2
    assert change[:, :140].mean() < 0.5 * change[:, 200:].mean()


def test_the_same_frames_give_the_same_mark() -> None:
    one, other = (marked(Geometry(320, 240), 3) for _ in range(2))
    assert all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))


def test_wrong_planes_and_depths_are_refused() -> None:
    embed = Embedder(PAYLOAD, OPEN_KEY, Geometry(320, 240))
    for plane in (np.zeros((320, 240), np.uint8), np.zeros((240, 320), np.uint16)):
        with pytest.raises(ValueError, match="expected a plane"):
            embed(plane, 0.0)
    with pytest.raises(ValueError, match="9 bits"):
        Embedder(PAYLOAD, OPEN_KEY, Geometry(320, 240), bit_depth=9)


@pytest.mark.parametrize("strength", [0.0, -1.0, math.nan, math.inf])
def test_a_strength_that_is_none_is_refused(strength: float) -> None:
    with pytest.raises(ValueError, match="as strong as usual"):
        Embedder(PAYLOAD, OPEN_KEY, Geometry(320, 240), strength=strength)


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 2**32), gain=st.floats(0.1, 4.0))
def test_sharing_helps_the_weakest_and_costs_nothing(seed: int, gain: float) -> None:
    favour = np.random.default_rng(seed).normal(size=CODED_BITS).astype(np.float32)
    shares = shared(favour, gain)
    assert float(np.mean(shares**2)) == pytest.approx(1, abs=1e-3)
    assert shares.min() > LEAST_SHARE / 2 and shares.max() < 1.2 * MOST_SHARE
    margins = favour + gain * shares
    assert np.sort(margins)[: CODED_BITS // 10].mean() > np.sort(favour + gain)[: CODED_BITS // 10].mean()


def test_where_the_mark_gains_nothing_nothing_is_shared_anew() -> None:
    assert np.array_equal(shared(np.ones(CODED_BITS, np.float32), 0.0), np.ones(CODED_BITS, np.float32))
