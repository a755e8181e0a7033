import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from countermark.errors import EncodeFailed
from countermark.media import Plan, probe
from countermark.media.codecs import EncodeSettings
from countermark.media.colour import luma, plane
from countermark.media.decode import DecodeReport, show
from countermark.media.encode import encode
from countermark.media.facts import Colour, Geometry
from countermark.media.overlay import Overlay, Painter, luma_of
from countermark.media.transcode import transcode
from countermark.settings import Limits
from countermark.tests.media.reading import frames_of
from countermark.tests.recipes import BT709_TAGS, clip

FINE = EncodeSettings(crf=2, preset="ultrafast")
SIZE = (96, 64)
RED, WHITE, BLUE = (200, 30, 30), (255, 255, 255), (20, 40, 220)
SHARES = {1: (0.2126, 0.0722), 5: (0.299, 0.114), 9: (0.2627, 0.0593)}  # of red and blue in brightness


def sheet(size: tuple[int, int] = (40, 24)) -> NDArray[np.uint8]:
    """Four quarters: white, red; blue, nothing."""
    wide, high = size
    picture = np.zeros((high, wide, 4), np.uint8)
    for (down, across), colour in {(0, 0): WHITE, (0, 1): RED, (1, 0): BLUE}.items():
        rows = slice(down * high // 2, (down + 1) * high // 2)
        picture[rows, across * wide // 2 : (across + 1) * wide // 2] = (*colour, 255)
    return picture


def plain(colour: tuple[int, int, int], alpha: int = 255, size: tuple[int, int] = (16, 12)) -> NDArray[np.uint8]:
    picture = np.empty((size[1], size[0], 4), np.uint8)
    picture[:] = (*colour, alpha)
    return picture


def upright(path: Path, seconds: float = 0.1) -> NDArray[Any]:
    plan = Plan((seconds,), "rgb")
    [(_, view)] = show(probe(path, Limits()), [plan], limits=Limits(), report=DecodeReport())
    return view.pixels.astype(float)


def frame_of(pixel_format: str, level: int, size: tuple[int, int] = SIZE) -> av.VideoFrame:
    frame = av.VideoFrame(*size, pixel_format)
    for number in range(3):
        samples(frame, number)[:] = level if number == 0 else 128 << (2 if pixel_format.endswith("10le") else 0)
    return frame


def samples(frame: av.VideoFrame, number: int) -> NDArray[Any]:
    return plane(frame, number, np.dtype(np.uint16 if frame.format.name.endswith("10le") else np.uint8))


def copies(frame: av.VideoFrame) -> list[NDArray[Any]]:
    return [samples(frame, number).copy() for number in range(3)]


# Place ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("aspect", [Fraction(1), Fraction(4, 3)])
@pytest.mark.parametrize("flip", [False, True])
@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
def test_it_lies_where_a_person_sees_it(tmp_path: Path, rotation: int, flip: bool, aspect: Fraction) -> None:
    path = clip(
        tmp_path / "a.mp4", size=(128, 96), seconds=0.2, rotation=rotation, flip=flip, sample_aspect=aspect,
        tags=BT709_TAGS,
    )  # fmt: skip
    before = upright(path)
    x, y = 21, 33
    copy = tmp_path / "b.mp4"
    transcode(probe(path, Limits()), copy, FINE, overlays=(Overlay(sheet(), x, y),))
    after = upright(copy)
    assert after.shape == before.shape
    for (across, down), colour in {(10, 6): WHITE, (30, 6): RED, (10, 18): BLUE}.items():
        found = after[y + down - 2 : y + down + 2, x + across - 4 : x + across + 4].reshape(-1, 3).mean(0)
        assert np.abs(found - colour).max() < 8
    untouched = np.ones(before.shape[:2], bool)
    untouched[y - 4 : y + 28, x - 4 : x + 44] = False
    untouched[y + 16 : y + 22, x + 25 : x + 38] = True  # its transparent quarter
    assert np.abs(after - before)[untouched].mean() < 3


@pytest.mark.parametrize(("codec", "suffix"), [("h264", "mp4"), ("vp9", "webm")])
def test_it_reaches_the_last_pixel_of_an_odd_size(tmp_path: Path, codec: Any, suffix: str) -> None:
    pictures = [np.full((75, 101, 3), 90, np.uint8)] * 3
    settings = EncodeSettings(codec, "8" if codec == "vp9" else "ultrafast", 4)
    over = Overlay(plain(WHITE, size=(7, 5)), 94, 70)
    target = tmp_path / f"a.{suffix}"
    encode(pictures, target, size=(101, 75), frame_rate=Fraction(25), settings=settings, overlays=(over,))
    shown = upright(target, 0.04)
    assert shown[71:75, 96:101].mean() > 245 and np.abs(shown[:68, :92] - 90).mean() < 4


def test_a_scaled_copy_has_it_scaled(tmp_path: Path) -> None:
    path = clip(tmp_path / "a.mp4", size=(128, 96), seconds=0.2, tags=BT709_TAGS)
    half = EncodeSettings(crf=2, preset="ultrafast", scale=0.5)
    transcode(probe(path, Limits()), tmp_path / "b.mp4", half, overlays=(Overlay(plain(RED, size=(64, 48)), 64, 48),))
    assert np.abs(upright(tmp_path / "b.mp4")[26:46, 34:62].reshape(-1, 3).mean(0) - RED).max() < 6


def test_what_leaves_the_picture_is_refused(tmp_path: Path) -> None:
    path = clip(tmp_path / "a.mp4", size=(128, 96), seconds=0.2, rotation=90)
    over = Overlay(plain(WHITE), 100, 0)  # it lies upright at 96x128
    with pytest.raises(EncodeFailed, match="leaves the picture of 96x128"):
        transcode(probe(path, Limits()), tmp_path / "b.mp4", FINE, overlays=(over,))
    assert not (tmp_path / "b.mp4").exists()


# Colours -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("colour", [RED, WHITE, BLUE])
@pytest.mark.parametrize("full", [False, True])
@pytest.mark.parametrize("matrix", sorted(SHARES))
@pytest.mark.parametrize("pixel_format", ["yuv420p", "yuv422p", "yuv444p", "yuv420p10le", "yuv444p10le"])
def test_its_colours_are_written_as_the_tags_say(
    pixel_format: str, matrix: int, full: bool, colour: tuple[int, int, int]
) -> None:
    unit = 4 if pixel_format.endswith("10le") else 1
    frame = frame_of(pixel_format, 60 * unit)
    before = copies(frame)
    tags = Colour(1, 1, matrix, full)
    Painter([Overlay(plain(colour), 20, 10)], Geometry(*SIZE), pixel_format, tags, SIZE)(frame, 0)
    most = 256 * unit - 1
    black, luma_reach, reach = (0, most, most) if full else (16 * unit, 219 * unit, 224 * unit)
    y, u, v = (float(samples(frame, n)[at].mean()) for n, at in enumerate(inside(frame)))
    y, u, v = (y - black) / luma_reach, (u - 128 * unit) / reach, (v - 128 * unit) / reach
    red, blue = SHARES[matrix]
    found = (y + 2 * (1 - red) * v, y + 2 * (1 - blue) * u)
    assert found == pytest.approx((colour[0] / 255, colour[2] / 255), abs=0.012)
    for number, at in enumerate(inside(frame, by=2)):
        samples(frame, number)[at] = before[number][at]
        assert (samples(frame, number) == before[number]).all(), "it spilt beyond its rectangle"


def inside(frame: av.VideoFrame, by: int = -2) -> list[tuple[slice, slice]]:
    """Where it was painted, larger or smaller by some pixels, for each plane."""
    found = []
    for number in range(3):
        part = frame.planes[number]
        across, down = SIZE[0] // part.width, SIZE[1] // part.height
        found.append((slice((10 - by) // down, (22 + by) // down), slice((20 - by) // across, (36 + by) // across)))
    return found


@pytest.mark.parametrize(("transfer", "share"), [(16, 0.58), (18, 0.75)])
def test_white_in_hdr_is_that_of_paper_and_not_of_the_sun(transfer: int, share: float) -> None:
    frame = frame_of("yuv420p10le", 200)
    Painter([Overlay(plain(WHITE), 20, 10)], Geometry(*SIZE), "yuv420p10le", Colour(9, transfer, 9), SIZE)(frame, 0)
    assert samples(frame, 0)[16, 28] == pytest.approx(64 + 876 * share, abs=4)
    assert [int(samples(frame, number)[8, 14]) for number in (1, 2)] == [512, 512]
    [[white, grey, black]] = luma_of(np.array([[WHITE, (128,) * 3, (0, 0, 0)]], np.uint8), Colour(9, transfer, 9), 64)
    assert white > grey > black == 16


def test_what_is_half_transparent_is_mixed_and_what_is_transparent_has_no_colour() -> None:
    half, none = plain(WHITE, 128), plain(RED, 0)
    frame = frame_of("yuv420p", 100)
    before = copies(frame)
    over = [Overlay(half, 20, 10), Overlay(none, 60, 40)]
    Painter(over, Geometry(*SIZE), "yuv420p", Colour(1, 1, 1), SIZE)(frame, 0)
    assert samples(frame, 0)[16, 28] == pytest.approx((235 + 100) / 2, abs=1)
    samples(frame, 0)[10:22, 20:36] = 100
    for number in range(3):
        assert (samples(frame, number) == before[number]).all()


# Time ----------------------------------------------------------------------------------------------------------------


def test_it_is_there_in_its_time_and_fades_at_its_ends() -> None:
    over = Overlay(plain(WHITE), 20, 10, start_s=1.0, end_s=3.0, fade_s=0.5)
    paint = Painter([over], Geometry(*SIZE), "yuv420p", Colour(1, 1, 1), SIZE)

    def level(seconds: float) -> int:
        frame = frame_of("yuv420p", 35)
        paint(frame, seconds)
        return int(samples(frame, 0)[16, 28])

    assert [level(s) for s in (0.9, 1.25, 1.5, 2.0, 2.5, 2.75, 3.0, 9.0)] == [35, 135, 235, 235, 235, 135, 35, 35]


def test_what_opens_or_ends_the_video_is_at_full_strength_there() -> None:
    over = Overlay(plain(WHITE), 0, 0, fade_s=0.5)
    assert over.weight(0.0) == over.weight(1e5) == 256
    assert Overlay(plain(WHITE), 0, 0, end_s=2.0, fade_s=0.5).weight(0.0) == 256


def test_frames_outside_its_time_stay_as_they_are(tmp_path: Path) -> None:
    path = clip(tmp_path / "a.mp4", size=SIZE, seconds=1, keyframes=25)
    video, over = probe(path, Limits()), Overlay(plain(WHITE, size=(60, 40)), 10, 10, start_s=0.2, end_s=0.24)
    settings = EncodeSettings(crf=1, preset="ultrafast")
    one = frames_of(transcode(video, tmp_path / "b.mp4", settings).path)
    other = frames_of(transcode(video, tmp_path / "c.mp4", settings, overlays=(over,)).path)
    wrong = [float(np.abs(luma(a).astype(float) - luma(b)).mean()) for a, b in zip(one, other, strict=True)]
    assert wrong[5] > 20 and max(wrong[:5] + wrong[6:]) < 1


def test_what_touches_brightness_sees_it(tmp_path: Path) -> None:
    seen: list[float] = []

    def touch(pixels: NDArray[Any], seconds: float) -> None:
        seen.append(float(pixels[10:20, 10:20].mean()))
        pixels[10:20, 10:20] = 16

    pictures = [np.full((64, 96, 3), 60, np.uint8)] * 2
    over = Overlay(plain(WHITE, size=(60, 40)), 4, 4)
    target = tmp_path / "a.mp4"
    encode(pictures, target, size=SIZE, frame_rate=Fraction(25), settings=FINE, overlays=(over,), touch=touch)
    assert seen == [235.0, 235.0]
    assert luma(frames_of(target)[0])[12:18, 12:18].mean() < 30


# As a value ----------------------------------------------------------------------------------------------------------


def test_it_travels_as_json() -> None:
    over = Overlay(sheet(), 3, 5, 1.0, None, 0.25)
    back = Overlay.from_wire(json.loads(json.dumps(over.to_wire())))
    assert (back.picture == over.picture).all()
    assert (back.x, back.y, back.start_s, back.end_s, back.fade_s) == (3, 5, 1.0, None, 0.25)


@pytest.mark.parametrize(
    "wrong",
    [
        {"picture": np.zeros((4, 4, 3), np.uint8)},
        {"picture": np.zeros((4, 4, 4), np.float32)},
        {"picture": np.zeros((0, 4, 4), np.uint8)},
        {"x": -1},
        {"start_s": 2.0, "end_s": 2.0},
        {"start_s": -1.0},
        {"fade_s": -0.1},
    ],
)
def test_no_overlay_without_picture_place_and_time(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="overlay"):
        Overlay(**{"picture": sheet(), "x": 0, "y": 0, **wrong})
