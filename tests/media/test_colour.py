from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from countermark.media.codecs import EncodeSettings
from countermark.media.colour import Normaliser, colour_of, luma, target_colour, transparent
from countermark.media.encode import encode
from countermark.media.facts import Colour
from countermark.media.transcode import transcode
from countermark.tests.media.reading import frames_of, luma_of, video_of
from countermark.tests.recipes import clip

BARS = ((255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 0), (0, 255, 255), (255, 0, 255), (250,) * 3, (90, 40, 9))
FINE = EncodeSettings("h264", crf=1, preset="ultrafast")


def bars(size: tuple[int, int] = (160, 96)) -> NDArray[np.uint8]:
    picture = np.zeros((size[1], size[0], 3), np.uint8)
    for i, colour in enumerate(BARS):
        picture[:, i * size[0] // 8 : (i + 1) * size[0] // 8] = colour
    return picture


BT709, BT601 = (0.2126, 0.0722), (0.299, 0.114)  # shares of red and blue in brightness


def shown(frame: av.VideoFrame, shares: tuple[float, float] = BT709) -> NDArray[Any]:
    """RGB of a limited-range 4:2:0 frame by the formula of the standard: swscale loses a level from 10 bits."""
    ten = frame.format.name.endswith("10le")
    planes = []
    for plane in frame.planes:
        lines = np.frombuffer(plane, np.uint16 if ten else np.uint8).reshape(plane.height, -1)[:, : plane.width]
        planes.append(lines / (4 if ten else 1))
    y, u, v = planes[0], *(plane.repeat(2, 0).repeat(2, 1) for plane in planes[1:])
    y, u, v = (y - 16) / 219, (u - 128) / 224, (v - 128) / 224
    kr, kb = shares
    red, blue = y + 2 * (1 - kr) * v, y + 2 * (1 - kb) * u
    green = (y - kr * red - kb * blue) / (1 - kr - kb)
    return np.clip(np.stack([red, green, blue], -1) * 255, 0, 255)


def error(frame: av.VideoFrame, shares: tuple[float, float] = BT709) -> float:
    """Mean error in levels away from the edges between bars, where chroma is shared by neighbours."""
    wrong = np.abs(shown(frame, shares) - bars((frame.width, frame.height)))
    inside = np.ones(frame.width, bool)
    for edge in range(0, frame.width + 1, frame.width // 8):
        inside[max(edge - 4, 0) : edge + 4] = False
    return float(wrong[:, inside].mean())


@pytest.mark.parametrize(
    ("codec", "bit_depth"),
    [("h264", 8), ("hevc", 8), ("av1", 8), ("vp9", 8), ("h264", 10), ("hevc", 10), ("av1", 10)],
)
def test_made_pictures_keep_their_colours(tmp_path: Path, codec: Any, bit_depth: Any) -> None:
    preset = {"av1": "10", "vp9": "8"}.get(codec, "ultrafast")
    settings = EncodeSettings(codec, crf=4, preset=preset, bit_depth=bit_depth)
    encode([bars()] * 3, tmp_path / "a.mp4", size=(160, 96), frame_rate=25, settings=settings)
    frame = frames_of(tmp_path / "a.mp4")[1]
    assert (frame.color_primaries, frame.color_trc, frame.colorspace, frame.color_range) == (1, 1, 1, 1)
    assert error(frame) < 1.0
    assert error(frame, BT601) > 5  # the test sees a matrix that does not fit its tag


def test_a_gif_is_converted_and_tagged(tmp_path: Path) -> None:
    clip(tmp_path / "a.gif", codec="gif", pixel_format="rgb8", fps=10, size=(160, 96), source=lambda *_: [bars()] * 4)
    transcode(video_of(tmp_path / "a.gif"), tmp_path / "b.mp4", FINE)
    frame = frames_of(tmp_path / "b.mp4")[2]
    assert colour_of(frame) == Colour(1, 1, 1)
    before = frames_of(tmp_path / "a.gif")[2].to_ndarray(format="rgb24").astype(float)
    assert np.abs(shown(frame) - before)[:, 8:12].mean() < 2


@pytest.mark.parametrize("tags", [(1, 1, 1, 1), (1, 1, 1, 2), (9, 16, 9, 1), (5, 6, 5, 1), (2, 2, 2, 1)])
def test_numbers_and_tags_of_a_yuv_source_stay(tmp_path: Path, tags: tuple[int, int, int, int]) -> None:
    source = clip(tmp_path / "a.mp4", size=(160, 96), seconds=0.2, tags=tags)
    transcode(video_of(source), tmp_path / "b.mp4", FINE)
    before, after = frames_of(source)[2], frames_of(tmp_path / "b.mp4")[2]
    assert colour_of(after) == colour_of(before) == Colour(*tags[:3], tags[3] == 2)
    assert abs(luma_of(after).mean() - luma_of(before).mean()) < 0.2
    assert np.abs(luma_of(after) - luma_of(before)).mean() < 1.5


@pytest.mark.parametrize("kind", ["yuvj420p", "gray", "bgra", "yuv444p10le", "nv12", "yuv422p"])
def test_brightness_survives_every_way_in(kind: str) -> None:
    made = av.VideoFrame.from_ndarray(bars(), "rgb24")
    full = kind in ("yuvj420p", "gray")
    frame = made.reformat(format=kind, dst_colorspace=1, dst_color_range=2 if full or kind == "bgra" else 1)
    frame.color_range = 2 if full else frame.color_range
    colour = target_colour(frame)
    after = Normaliser("yuv420p", (160, 96), colour)(frame)
    assert after.format.name == "yuv420p"
    expected = made.reformat(format="yuv420p", dst_colorspace=1, dst_color_range=2 if colour.full_range else 1)
    expected = frame if kind == "gray" else expected
    assert np.abs(luma_of(after) - luma_of(expected)).max() <= 1


def test_limited_grey_is_not_squeezed_twice() -> None:
    frame = av.VideoFrame(64, 48, "gray")
    luma(frame)[:] = 200
    frame.color_range = 1
    colour = target_colour(frame)
    after = Normaliser("yuv420p", (64, 48), colour)(frame)
    assert not colour.full_range and set(np.unique(luma_of(after))) == {200}


def test_a_frame_that_fits_passes_untouched() -> None:
    frame = av.VideoFrame(64, 48, "yuv420p")
    assert Normaliser("yuv420p", (64, 48), Colour())(frame) is frame


def test_padding_repeats_the_last_pixels() -> None:
    frame = av.VideoFrame(33, 17, "yuv420p")
    frame.pts = 5
    luma(frame)[:] = np.arange(17 * 33).reshape(17, 33) % 251
    padded = Normaliser("yuv420p", (33, 17), Colour(), pad=True)(frame)
    assert (padded.width, padded.height, padded.pts) == (34, 18, 5)
    assert (luma(padded)[:17, :33] == luma(frame)).all()
    assert (luma(padded)[17] == luma(padded)[16]).all() and (luma(padded)[:, 33] == luma(padded)[:, 32]).all()


def test_transparency_is_seen() -> None:
    clear, solid = np.zeros((8, 8, 4), np.uint8), np.full((8, 8, 4), 255, np.uint8)
    assert transparent(av.VideoFrame.from_ndarray(clear, "rgba"))
    assert not transparent(av.VideoFrame.from_ndarray(solid, "rgba"))
    assert not transparent(av.VideoFrame(8, 8, "yuv420p"))
