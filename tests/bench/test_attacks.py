"""What each attack does to pictures, and that the table holds what it says."""

import math
import os
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from countermark.bench.watermark import attacks, colours, shapes, timing
from countermark.bench.watermark.clips import Source
from countermark.bench.watermark.copies import make
from countermark.bench.watermark.footage import Case, Change, Footage, Picture, decoded, drawn, each
from countermark.media import EncodeSettings, encode, probe
from countermark.settings import Limits
from tests import recipes

WIDE, HIGH = 320, 180


def case(name: str = "a/clip.mp4", attack: str = "attack") -> Case:
    source = Source(name, Path(name), "0" * 64, (WIDE, HIGH), (WIDE, HIGH), Fraction(25))
    return Case(source, attack, (source,), Path("work"), 1.0)


def numbered(count: int, rate: Fraction = Fraction(25)) -> Footage:
    """Pictures that say their number by their level."""
    return Footage([np.full((HIGH, WIDE, 3), number, np.uint8) for number in range(count)], rate, count)


def shown(change: Change, footage: Footage, which: Case | None = None) -> tuple[list[int], Footage]:
    changed = change(footage, which or case())
    numbers = [int(picture[0, 0, 0]) for picture in changed.pictures]
    assert len(numbers) == changed.count
    return numbers, changed


def texture(seed: int = 0) -> Picture:
    return next(recipes.pictures(1, (WIDE, HIGH), seed))


def altered(change: Change, picture: Picture, which: Case | None = None) -> Picture:
    (one,) = change(Footage([picture], Fraction(25), 1), which or case()).pictures
    return one


# Time ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "numbers"),
    [
        (timing.picked(timing.faster), [0, 2, 4, 6, 8]),
        (timing.picked(timing.slower), [n // 2 for n in range(20)]),
        (timing.picked(timing.backwards), [9, 8, 7, 6, 5, 4, 3, 2, 1, 0]),
        (timing.spread_out(5), [0, 2, 4, 6, 8]),
    ],
)
def test_pictures_are_picked_by_their_numbers(change: Change, numbers: list[int]) -> None:
    assert shown(change, numbered(10))[0] == numbers


@pytest.mark.parametrize("rate", [24, 30, 60])
@pytest.mark.parametrize("given", [Fraction(25), Fraction(30000, 1001), Fraction(7)])
def test_resampling_keeps_the_duration_and_the_order(rate: int, given: Fraction) -> None:
    numbers, changed = shown(timing.resampled(rate), numbered(40, given))
    assert changed.rate == rate
    assert abs(len(numbers) / rate - 40 / given) <= 1 / rate
    assert numbers == sorted(numbers) and numbers[0] == 0
    assert max(np.diff(numbers)) <= math.ceil(given / rate)


def test_half_of_the_frames_are_dropped_and_not_the_same_ones_of_each_clip() -> None:
    change = timing.picked(timing.half_dropped)
    one, _ = shown(change, numbered(40), case("a"))
    again, _ = shown(change, numbered(40), case("a"))
    other, _ = shown(change, numbered(40), case("b"))
    assert one == again == sorted(set(one)) and len(one) == 20
    assert one != other


def test_a_stretch_is_cut_from_anywhere() -> None:
    starts = set()
    for name in "abcdef":
        numbers, _ = shown(timing.picked(timing.window(0.4)), numbered(40), case(name))
        assert numbers == list(range(numbers[0], numbers[0] + 10))
        starts.add(numbers[0])
    assert len(starts) > 2
    assert shown(timing.picked(timing.window(9.0)), numbered(40))[0] == list(range(40))


def test_every_second_frame_becomes_the_mean_of_its_neighbours() -> None:
    footage = Footage([np.full((4, 4, 3), level, np.uint8) for level in (0, 99, 20, 99, 60)], Fraction(25), 5)
    assert shown(timing.interpolated, footage)[0] == [0, 10, 20, 40, 60]
    assert shown(timing.interpolated, numbered(4))[0] == [0, 1, 2, 3]  # the last has no neighbour behind it


# Shape ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("removed", [0.1, 0.3, 0.5, 0.7])
def test_a_crop_leaves_its_share_of_the_area_and_lies_anywhere(removed: float) -> None:
    picture, places = texture(), set()
    for name in "abcd":
        left = altered(drawn(lambda size, random: shapes.crop(removed, size, random)), picture, case(name))
        high, wide = left.shape[:2]
        assert wide % 2 == high % 2 == 0
        assert abs(wide * high / (WIDE * HIGH) - (1 - removed)) < 0.015
        found = np.argwhere((picture[: HIGH - high + 1, : WIDE - wide + 1] == left[0, 0]).all(axis=-1))
        places |= {(y, x) for y, x in found.tolist() if np.array_equal(picture[y : y + high, x : x + wide], left)}
    assert len(places) == 4


def test_corners_of_a_perspective_are_drawn_once_for_a_clip_and_stay_within_their_share() -> None:
    outer = np.array([(0, 0), (WIDE - 1, 0), (WIDE - 1, HIGH - 1), (0, HIGH - 1)])
    drawings = [shapes.corners(0.5, (WIDE, HIGH), case(name).random()) for name in "aab"]
    for corners in drawings:
        inward = np.abs(corners - outer) / (WIDE / 2, HIGH / 2)
        assert (inward <= 0.5).all() and (inward > 0).all()
        assert ((corners >= 0) & (corners < (WIDE, HIGH))).all()
    assert np.array_equal(drawings[0], drawings[1]) and not np.array_equal(drawings[0], drawings[2])


def test_turning_keeps_the_frame_and_the_middle() -> None:
    picture = texture()
    turned = altered(drawn(lambda size, random: shapes.rotation(10, size, random)), picture)
    assert turned.shape == picture.shape
    assert not turned[0, 0].any() and not turned[-1, -1].any()
    middle = np.s_[HIGH // 2 - 1 : HIGH // 2 + 1, WIDE // 2 - 1 : WIDE // 2 + 1]
    assert np.abs(turned[middle].mean() - picture[middle].mean()) < 10


@pytest.mark.parametrize(
    ("make_it", "size"),
    [(shapes.letterbox, (WIDE, WIDE)), (shapes.pillarbox, (432, HIGH))],
)
def test_borders_are_black_and_the_picture_whole(make_it: object, size: tuple[int, int]) -> None:
    picture = texture()
    framed = altered(drawn(make_it), picture)  # type: ignore[arg-type]
    assert framed.shape[1::-1] == size
    x, y = (size[0] - WIDE) // 2, (size[1] - HIGH) // 2
    assert np.array_equal(framed[y : y + HIGH, x : x + WIDE], picture)
    assert framed.sum() == picture.sum()


def test_overlays_cover_what_they_say() -> None:
    picture = texture()
    for make_it, share in ((shapes.caption, 0.15), (shapes.logo, 0.06)):
        covered = (altered(drawn(make_it), picture) != picture).any(axis=-1)
        assert abs(covered.mean() - share) < 0.01
    faces = (altered(drawn(shapes.emoji), picture) != picture).any(axis=-1)
    assert 0.02 < faces.mean() < 0.25


def test_a_picture_in_a_picture_lies_over_something_that_moves() -> None:
    picture = texture()
    change = drawn(lambda size, random: shapes.picture_in_picture(0.6, size, random))
    one, other = change(Footage([picture, picture], Fraction(25), 2), case()).pictures
    still = (one == other).all(axis=-1).mean()
    assert one.shape == picture.shape
    assert 0.36 <= still < 0.5


# Colour --------------------------------------------------------------------------------------------------------------


def test_colours_change_as_they_are_called() -> None:
    picture = texture()
    mean = picture.mean()
    assert altered(each(colours.brightness(0.5)), picture).mean() == pytest.approx(mean / 2, abs=1)
    assert altered(each(colours.contrast(0.5)), picture).std() < 0.6 * picture.std()
    assert altered(each(colours.gamma(1.8)), picture).mean() < mean
    for change in (colours.saturation(0.0), colours.grey):
        grey = altered(each(change), picture)
        assert np.ptp(grey.astype(int), axis=-1).max() <= 1
    noisy = altered(
        drawn(lambda size, random: colours.noise(8.0, size, random)), np.full((HIGH, WIDE, 3), 128, np.uint8)
    )
    assert noisy.std() == pytest.approx(8, rel=0.05)
    red = np.full((8, 8, 3), (200, 20, 20), np.uint8)
    turned = altered(each(colours.hue(1 / 3)), red)[0, 0]
    assert turned[1] > 190 and turned[0] < 30 and turned[2] < 30


# The table -----------------------------------------------------------------------------------------------------------


def test_names_are_told_apart_and_the_quick_ones_are_among_them() -> None:
    names = [attack.name for attack in attacks.ATTACKS]
    assert len(set(names)) == len(names)
    assert set(attacks.QUICK) < set(names)
    assert {attack.bar for attack in attacks.ATTACKS} == {0.98, 0.9, 0.7, None}


def test_what_names_no_codec_ends_in_one_way() -> None:
    for attack in attacks.ATTACKS:
        ends = [step.coding for step in attack.steps if step.coding is not None]
        if ends and attack.kind not in ("codec", "size"):
            assert (ends[-1].codec, ends[-1].preset) == ("h264", "veryfast"), attack.name


@pytest.mark.parametrize("name", ["H.264 CRF 30, then AV1 CRF 45", "0.5x, CRF 28", "GIF, 12 fps", "screen capture"])
def test_copies_are_real_files(tmp_path: Path, name: str) -> None:
    marked = tmp_path / "marked.mp4"
    given = recipes.pictures(10, (WIDE, HIGH))
    encode(given, marked, size=(WIDE, HIGH), frame_rate=Fraction(25), settings=EncodeSettings(preset="veryfast"))
    made: list[Path] = []
    before = os.sched_getscheduler(0)
    copy, encoded = make(attacks.named(name), case(attack=name), marked, tmp_path / "copy", made)
    assert os.sched_getscheduler(0) == before, "an encoder left its priority behind"
    video = probe(copy, Limits())
    assert copy == made[-1] and len(made) == len(attacks.named(name).steps)
    wanted = {
        "H.264 CRF 30, then AV1 CRF 45": ("av1", (WIDE, HIGH), 10, "SVT-AV1 preset 10, crf 45"),
        "0.5x, CRF 28": ("h264", (WIDE // 2, HIGH // 2), 10, "x264 preset medium, crf 28"),
        "GIF, 12 fps": ("gif", (WIDE, HIGH), 5, "GIF"),
        "screen capture": ("h264", (230, 130), 10, "x264 preset veryfast, crf 32"),
    }[name]
    assert (video.codec, video.geometry.display_size, len(list(decoded(copy)))) == wanted[:3]
    assert encoded.startswith(wanted[3])
