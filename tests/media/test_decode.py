import random
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from countermark.errors import OverLimit, UnreadableVideo
from countermark.media.decode import DecodeReport, frames, show
from countermark.media.plan import Plan, Tile, View, spread
from countermark.media.probe import probe
from countermark.media.views import luma, upright
from countermark.settings import Limits
from countermark.tests import recipes


def limits(**values: Any) -> Limits:
    return Limits.model_validate(values)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("decode")
    for name in recipes.RECIPES:
        recipes.make(name, made)
    small: dict[str, Any] = {"seconds": 4, "size": (96, 64), "keyframes": 24}
    recipes.clip(made / "open.mp4", options={"x264-params": "open-gop=1:bframes=3"}, **small)
    recipes.clip(made / "open.mkv", options={"x264-params": "open-gop=1:bframes=3"}, **small)
    recipes.clip(made / "open.ts", options={"x264-params": "open-gop=1:bframes=3"}, **small)
    recipes.clip(made / "refresh.mp4", options={"x264-params": "intra-refresh=1"}, **small)
    hevc = {"x265-params": "log-level=none:open-gop=1:bframes=3", "preset": "ultrafast"}
    recipes.clip(made / "open-hevc.mp4", codec="libx265", options=hevc, **small)
    return made


def shown(path: Path, plan: Plan, **values: Any) -> list[View]:
    return [view for _, view in show(probe(path, limits()), [plan], limits=limits(**values))]


def test_frames_have_exact_times(folder: Path) -> None:
    for name in ("plain.mp4", "late.mp4", "stream.ts", "matroska.mkv", "old.avi"):
        times = [moment.seconds for moment in frames(folder / name, limits=limits())]
        assert times == pytest.approx([i / 25 for i in range(25)], abs=1e-3), name
    uneven = [moment.seconds for moment in frames(folder / "uneven.mp4", limits=limits())]
    steps = np.diff(uneven)
    assert steps == pytest.approx([3 / 25 if i % 3 == 2 else 1 / 25 for i in range(24)], abs=1e-4)


@pytest.mark.parametrize("name", ["gops.mp4", "open.ts", "open.mkv", "plain.mp4"])
def test_a_stretch_of_frames(folder: Path, name: str) -> None:
    everything = [moment.seconds for moment in frames(folder / name, limits=limits())]
    part = [moment.seconds for moment in frames(folder / name, start_s=0.5, end_s=0.81, limits=limits())]
    assert part == [t for t in everything if 0.475 < t < 0.81]  # the frame on show at the start is among them


CLIPS = [*recipes.RECIPES, "open.mp4", "open.mkv", "open.ts", "refresh.mp4", "open-hevc.mp4"]


@pytest.mark.parametrize("name", CLIPS)
def test_what_is_shown_is_what_a_whole_decode_shows(folder: Path, name: str) -> None:
    """Leaping over gaps and leaving out frames nobody wants changes no pixel and no time."""
    video = probe(folder / name, limits())
    whole = [(m.seconds, luma(m.frame)) for m in frames(folder / name, limits=limits())]
    chance = random.Random(name)
    for count in (1, 2, 3, 9):
        times = tuple(sorted({chance.uniform(0, video.duration_s * 1.05) for _ in range(count)}))
        on_show = [max((i for i, (s, _) in enumerate(whole) if s <= time), default=0) for time in times]
        expected = [whole[i] for i in dict.fromkeys(on_show)]
        found = [view for _, view in show(video, [Plan(times)], limits=limits())]
        assert [view.seconds for view in found] == [seconds for seconds, _ in expected]
        for view, (_, coded) in zip(found, expected, strict=True):
            np.testing.assert_array_equal(view.pixels, upright(coded, video.geometry, None))


def test_gaps_are_leapt_over_and_unwanted_frames_left_out(folder: Path) -> None:
    report = DecodeReport()
    video = probe(folder / "gops.mp4", limits())
    list(show(video, [Plan((0.1, 3.7))], limits=limits(), report=report))
    assert report.seeks == 1
    assert report.frames < 30
    report = DecodeReport()
    list(show(probe(folder / "plain.mp4", limits()), [Plan((0.9,))], limits=limits(), report=report))
    assert report.frames < 25


def test_plans_share_one_pass(folder: Path) -> None:
    video = probe(folder / "plain.mp4", limits())
    report = DecodeReport()
    plans = [Plan((0.2, 0.6)), Plan(), Plan((0.2, 0.4), short_side=64), Plan((0.6,), "rgb"), Plan((0.6,))]
    found = list(show(video, plans, limits=limits(), report=report))
    assert [(number, view.seconds) for number, view in found] == [
        *((0, 0.2), (2, 0.2), (2, 0.4), (0, 0.6), (3, 0.6), (4, 0.6))
    ]
    assert found[3][1].pixels is found[5][1].pixels
    assert report.packets <= 26
    assert not found[0][1].pixels.flags.writeable


def test_times_at_and_past_the_end(folder: Path) -> None:
    assert [view.seconds for view in shown(folder / "plain.mp4", Plan((0.0, 0.01, 0.96, 7.0, 9.0)))] == [0.0, 0.96]


def test_tiles_are_native_cuts(folder: Path) -> None:
    tiles = (Tile(10, 20, 64, 32), Tile(150, 300, 64, 64), Tile(900, 0, 8, 8))
    whole = shown(folder / "turned.mp4", Plan((0.5,)))[0].pixels
    found = shown(folder / "turned.mp4", Plan((0.5,), tiles=tiles))
    assert [view.tile for view in found] == list(tiles[:2])
    np.testing.assert_array_equal(found[0].pixels, whole[20:52, 10:74])
    assert found[1].pixels.shape == (20, 30)


def corners(count: int, size: tuple[int, int], seed: int) -> Iterator[NDArray[np.uint8]]:
    """Each corner its own brightness: 40, 90, 160, 220 clockwise from the top left."""
    picture = np.zeros((size[1], size[0], 3), np.uint8)
    high, wide = size[1] // 2, size[0] // 2
    picture[:high, :wide], picture[:high, wide:] = 40, 90
    picture[high:, wide:], picture[high:, :wide] = 160, 220
    for _ in range(count):
        yield picture


@pytest.mark.parametrize(
    ("rotation", "flip", "clockwise"),
    [
        *((0, False, (40, 90, 160, 220)), (90, False, (90, 160, 220, 40)), (180, False, (160, 220, 40, 90))),
        *((270, False, (220, 40, 90, 160)), (0, True, (90, 40, 220, 160)), (90, True, (40, 220, 160, 90))),
    ],
)
def test_views_are_upright(tmp_path: Path, rotation: int, flip: bool, clockwise: tuple[int, ...]) -> None:
    path = recipes.clip(
        tmp_path / "a.mp4", seconds=0.2, size=(64, 48), rotation=rotation, flip=flip, source=corners, tags=(1, 1, 1, 1)
    )
    for plan in (Plan((0.1,), "rgb"), Plan((0.1,), "rgb", short_side=24)):
        seen = shown(path, plan)[0].pixels[..., 1]
        high, wide = seen.shape
        assert (wide > high) == (rotation in (0, 180))
        top, bottom, left, right = high // 4, -high // 4, wide // 4, -wide // 4
        found = (seen[top, left], seen[top, right], seen[bottom, right], seen[bottom, left])
        assert np.abs(np.array(found, int) - clockwise).max() < 8


def grey(level: int) -> Any:
    def source(count: int, size: tuple[int, int], seed: int) -> Iterator[NDArray[np.uint8]]:
        for _ in range(count):
            yield np.full((size[1], size[0], 3), level, np.uint8)

    return source


@pytest.mark.parametrize(
    ("name", "settings", "expected"),
    [
        ("limited.mp4", {"tags": (1, 1, 1, 1)}, 16 + 128 * 219 / 255),
        ("full.mp4", {"tags": (1, 1, 1, 2)}, None),
        ("ten.mp4", {"codec": "libx265", "pixel_format": "yuv420p10le", "tags": (1, 1, 1, 1)}, 16 + 128 * 219 / 255),
        ("rgb.mkv", {"codec": "ffv1", "pixel_format": "bgr0"}, 16 + 128 * 219 / 255),
        ("loop.gif", {"codec": "gif", "pixel_format": "rgb8"}, None),
    ],
)
def test_luma_is_in_levels_of_eight_bits(
    tmp_path: Path, name: str, settings: dict[str, Any], expected: float | None
) -> None:
    path = recipes.clip(tmp_path / name, seconds=0.2, size=(64, 48), source=grey(128), **settings)
    view = shown(path, Plan((0.1,)))[0]
    assert view.pixels.dtype == np.float32
    coded = luma(next(frames(path, limits=limits())).frame).mean()
    assert view.pixels.mean() == pytest.approx(coded if expected is None else expected, abs=1)
    colours = shown(path, Plan((0.1,), "rgb"))[0].pixels
    if name not in ("full.mp4", "loop.gif"):
        assert np.abs(colours.astype(int) - 128).max() <= 3


def test_ten_bits_keep_their_fractions(folder: Path) -> None:
    levels = shown(folder / "hdr10.mp4", Plan((0.1,)))[0].pixels
    assert levels.max() <= 255.75
    assert set(np.unique(levels % 1)) == {0, 0.25, 0.5, 0.75}


@pytest.mark.parametrize(("matrix", "tags"), [(1, (1, 1, 1, 1)), (9, (9, 16, 9, 1)), (5, (6, 6, 6, 1))])
def test_colours_by_the_tagged_matrix(tmp_path: Path, matrix: int, tags: tuple[int, int, int, int]) -> None:
    def red(count: int, size: tuple[int, int], seed: int) -> Iterator[NDArray[np.uint8]]:
        for _ in range(count):
            yield np.full((size[1], size[0], 3), (200, 30, 60), np.uint8)

    path = recipes.clip(tmp_path / "red.mp4", seconds=0.2, size=(64, 48), tags=tags, source=red, options={"crf": "5"})
    found = shown(path, Plan((0.1,), "rgb"))[0].pixels.reshape(-1, 3).mean(0)
    assert np.abs(found - (200, 30, 60)).max() < 5


def test_square_pixels_and_scale(folder: Path) -> None:
    assert shown(folder / "wide-pixels.mp4", Plan((0.1,)))[0].pixels.shape == (240, 320)
    assert shown(folder / "wide-pixels.mp4", Plan((0.1,), short_side=120))[0].pixels.shape == (120, 160)
    assert shown(folder / "turned.mp4", Plan((0.1,), short_side=90))[0].pixels.shape == (160, 90)
    assert shown(folder / "one-pixel.mkv", Plan((0.1,), "rgb", short_side=8))[0].pixels.shape == (8, 8, 3)


def test_scaling_keeps_the_mean_and_the_fractions(folder: Path) -> None:
    native = shown(folder / "plain.mp4", Plan((0.5,)))[0].pixels
    small = shown(folder / "plain.mp4", Plan((0.5,), short_side=60))[0].pixels
    assert small.mean() == pytest.approx(native.mean(), abs=0.01)
    assert (small % 1 != 0).mean() > 0.5


def test_a_break_in_the_middle_is_reported(folder: Path) -> None:
    content = bytearray((folder / "gops.mp4").read_bytes())
    at = content.index(b"mdat") + 4
    chance = random.Random(1)
    content[at + 30_000 : at + 50_000] = chance.randbytes(20_000)
    path = folder / "broken.mp4"
    path.write_bytes(content)
    report = DecodeReport()
    found = list(show(probe(path, limits()), [Plan(spread(4, 40))], limits=limits(), report=report))
    assert len(found) > 15
    assert report.broken_packets > 0
    assert "could not be decoded" in report.problems()[0]


def test_a_file_cut_short_shows_what_is_there(folder: Path) -> None:
    path = recipes.cut(folder / "front.mp4", folder / "half.mp4", 0.6)
    found = shown(path, Plan(tuple(i / 10 for i in range(10))))
    assert found[0].seconds == 0
    assert 0.1 < found[-1].seconds < 0.9


def test_nothing_decodes(folder: Path) -> None:
    video = probe(folder / "front.mp4", limits())
    content = bytearray((folder / "front.mp4").read_bytes())
    at = content.index(b"mdat") + 4
    content[at:] = random.Random(2).randbytes(len(content) - at)
    (folder / "noise.mp4").write_bytes(content)
    from dataclasses import replace

    with pytest.raises(UnreadableVideo, match="not one picture"):
        list(show(replace(video, path=folder / "noise.mp4"), [Plan((0.5,))], limits=limits()))


def test_limits_hold_while_decoding(folder: Path) -> None:
    video = probe(folder / "plain.mp4", limits())
    for values in ({"max_pixels": 1000}, {"max_frames": 5}, {"max_duration_s": 0.3}):
        with pytest.raises(OverLimit):
            list(show(video, [Plan(spread(1, 25))], limits=limits(**values)))


def test_a_size_that_changes_midway_is_brought_to_the_first(tmp_path: Path) -> None:
    small = recipes.clip(tmp_path / "a.ts", seconds=0.4, size=(96, 64))
    large = recipes.clip(tmp_path / "b.ts", seconds=0.4, size=(192, 128), start_s=0.4)
    both = tmp_path / "both.ts"
    both.write_bytes(small.read_bytes() + large.read_bytes())
    found = shown(both, Plan(spread(0.8, 10)))
    assert {view.pixels.shape for view in found} == {(64, 96)}
    with pytest.raises(OverLimit, match="192x128"):
        shown(both, Plan(spread(0.8, 10)), max_pixels=96 * 64)


def test_recipes_are_odd_where_they_say(folder: Path) -> None:
    assert probe(folder / "broadcast.mp4", limits()).frame_rate == Fraction(30000, 1001)
