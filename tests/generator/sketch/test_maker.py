from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest

from countermark.errors import FeatureLacking, PromptInvalid
from countermark.generator import Brush, Camera, Direction, Keyframe, Request
from countermark.generator.maker import Frames
from countermark.generator.sketch.engine import BLOCK
from countermark.generator.sketch.film import CARRIED
from countermark.generator.sketch.maker import Sketch, dragged, own_frames, prompt_of, shape_for, stills
from countermark.settings import Settings
from tests import recipes


class NoneKept:
    count = 0

    def last(self, most: int) -> list[np.ndarray]:
        return []


@pytest.fixture
def sketch() -> Sketch:
    return Sketch(Settings())


def made(sketch: Sketch, request: Request, folder: Path) -> list[np.ndarray]:
    plan = sketch.plan(request)
    frames = sketch.make(request, plan, folder, lambda share: None)
    assert isinstance(frames, Frames)
    found = list(frames.pictures(NoneKept()))
    assert len(found) == plan.frames and found[0].shape == (plan.size[1], plan.size[0], 3)
    return found


def test_what_is_planned_is_made(sketch: Sketch, tmp_path: Path) -> None:
    request = Request("a red ball over the sea", size=(320, 180), seconds=1.0, frame_rate=Fraction(24), steps=2)
    assert len(made(sketch, request, tmp_path)) == 24


def test_the_manifest_is_told_what_was_not_the_models_work(sketch: Sketch, tmp_path: Path) -> None:
    request = Request("a red ball", size=(320, 180))
    frames = sketch.make(request, sketch.plan(request), tmp_path, lambda share: None)
    assert isinstance(frames, Frames)
    assert frames.changed == (
        "upscaled from 176x96 to 320x180, and cut to its shape",
        "interpolated from 12 to 24 frames per second (optical flow)",
    )


@pytest.mark.parametrize(
    ("size", "shape"), [((512, 512), (128, 128)), ((1920, 1080), (96, 176)), ((720, 1280), (176, 96))]
)
def test_the_shape_nearest_to_the_size_is_drawn(size: tuple[int, int], shape: tuple[int, int]) -> None:
    assert shape_for(size) == shape


def test_the_camera_is_said_in_words() -> None:
    assert prompt_of(Request("a ball", camera=Camera.ORBIT_LEFT)) == "a ball, camera orbits left"


def test_words_it_does_not_know_are_told_before_it_draws(sketch: Sketch) -> None:
    assert any("'unicorn'" in remark for remark in sketch.plan(Request("a red unicorn")).remarks)


def test_long_films_are_planned_in_parts(sketch: Sketch) -> None:
    assert "in 4 parts" in dict(sketch.plan(Request("a ball", seconds=6.0)).how)["drawn at"]


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    path = tmp_path / "picture.png"
    frame = np.full((128, 128, 3), 200, np.uint8)
    frame[50:80, 20:50] = (40, 40, 220)  # red, as cv2 writes it
    cv2.imwrite(str(path), frame)
    return path


def psnr(frame: np.ndarray, picture: Path) -> float:
    given = cv2.imread(str(picture))[..., ::-1]
    return float(-10 * np.log10(((frame.astype(float) - given) ** 2).mean() / 255**2))


def test_it_begins_with_the_picture_given(sketch: Sketch, tmp_path: Path, picture: Path) -> None:
    request = Request("a red square", size=(128, 128), seconds=0.5, image=picture, steps=3)
    assert psnr(made(sketch, request, tmp_path)[0], picture) > 22


def test_keyframes_are_shown_where_blocks_end_and_it_says_so(sketch: Sketch, picture: Path) -> None:
    remarks = sketch.plan(Request("a ball", keyframes=(Keyframe(0.5, picture),))).remarks
    assert any("is shown at 0.67 s" in remark for remark in remarks)
    assert not sketch.plan(Request("a ball", keyframes=(Keyframe(2 / 3, picture),))).remarks


@pytest.mark.parametrize(
    ("size", "rate", "said"),
    [
        ((128, 128), 12, ()),
        ((128, 128), 6, ("thinned from 12 to 6 frames per second",)),
        ((512, 512), 12, ("upscaled from 128x128 to 512x512",)),
    ],
)
def test_only_what_is_done_is_told(
    sketch: Sketch, tmp_path: Path, size: tuple[int, int], rate: int, said: tuple[str, ...]
) -> None:
    request = Request("a red ball", size=size, frame_rate=Fraction(rate))
    frames = sketch.make(request, sketch.plan(request), tmp_path, lambda share: None)
    assert isinstance(frames, Frames) and frames.changed == said


@pytest.mark.parametrize(
    ("keyframes", "match"),
    [((5.0,), "ends before"), ((0.7, 0.6), "two pictures"), ((0.1,), "two pictures")],
)
def test_pictures_that_would_not_be_seen_are_refused(
    sketch: Sketch, picture: Path, keyframes: tuple[float, ...], match: str
) -> None:
    frames = tuple(Keyframe(seconds, picture) for seconds in keyframes)
    with pytest.raises(PromptInvalid, match=match):
        sketch.plan(Request("a ball", image=picture, keyframes=frames, seconds=None))


def test_what_goes_on_begins_with_no_other_picture(sketch: Sketch, tmp_path: Path, picture: Path) -> None:
    clip = recipes.clip(tmp_path / "clip.mp4", size=(128, 128))
    first, later = (Keyframe(seconds, picture) for seconds in (0.2, 0.7))
    sketch.plan(Request("a ball", extend=clip, keyframes=(later,)))
    with pytest.raises(PromptInvalid, match="its first picture already") as refused:
        sketch.plan(Request("a ball", extend=clip, keyframes=(first, later)))
    assert "0.33" in refused.value.advice


@pytest.mark.parametrize("seconds", [None, 4.0, 2 / 3])
def test_a_length_that_a_block_ends_at_is_kept(sketch: Sketch, picture: Path, seconds: float | None) -> None:
    plan = sketch.plan(Request("a ball", last_image=picture, seconds=seconds))
    assert plan.seconds == pytest.approx(seconds or 2.0) and not plan.remarks


@pytest.mark.parametrize(("seconds", "nearest"), [(1.0, 4 / 3), (0.2, 2 / 3), (5.5, 16 / 3)])
def test_with_a_last_picture_it_ends_at_the_nearest_block(
    sketch: Sketch, picture: Path, seconds: float, nearest: float
) -> None:
    plan = sketch.plan(Request("a ball", last_image=picture, seconds=seconds))
    assert plan.seconds == pytest.approx(nearest) and f"it lasts {nearest:.2f} s, not {seconds:g} s" in plan.remarks[0]


def test_two_pictures_for_the_end_are_refused(sketch: Sketch, picture: Path) -> None:
    with pytest.raises(PromptInvalid, match="at the end"):
        sketch.plan(Request("a ball", last_image=picture, keyframes=(Keyframe(2.0, picture),)))


def test_pictures_lie_where_blocks_end(picture: Path) -> None:
    middle = (Keyframe(4 / 3, picture),)
    request = Request("a ball", seconds=2.1, keyframes=middle, last_image=picture, frame_rate=Fraction(30000, 1001))
    assert (own_frames(request), set(stills(request, own_frames(request)))) == (25, {16, 24})
    request = Request("a ball", seconds=3.0, extend=picture, keyframes=middle, last_image=picture)
    places = stills(request, own_frames(request))
    assert own_frames(request) == max(places) + 1 and set(places) == {15, 39}
    assert not any((place + CARRIED) % BLOCK for place in places), "it goes on from frames that are no whole block"


@pytest.mark.parametrize("rate", [Fraction(24), Fraction(30000, 1001)])
def test_what_ends_with_a_picture_is_made_at_any_rate(
    sketch: Sketch, tmp_path: Path, picture: Path, rate: Fraction
) -> None:
    request = Request("a red square", size=(128, 128), seconds=0.7, frame_rate=rate, last_image=picture, steps=1)
    assert len(made(sketch, request, tmp_path)) == round(2 / 3 * rate)


@pytest.mark.parametrize(
    ("shape", "size", "planned", "cut"),
    [
        ((128, 128), None, (512, 512), None),
        ((640, 360), None, (640, 360), "6%"),  # what is drawn is a little wider
        ((300, 500), None, (360, 640), "12%"),
        ((400, 300), None, (512, 512), "25%"),
        ((640, 360), (512, 512), (512, 512), "44%"),
    ],
)
def test_without_a_size_it_has_the_shape_of_its_picture(
    sketch: Sketch, tmp_path: Path, shape: tuple[int, int], size: tuple[int, int] | None,
    planned: tuple[int, int], cut: str | None,
) -> None:  # fmt: skip
    cv2.imwrite(str(tmp_path / "picture.png"), np.full((shape[1], shape[0], 3), 90, np.uint8))
    plan = sketch.plan(Request("a ball", image=tmp_path / "picture.png", size=size))
    assert plan.size == planned and [remark.split()[0] for remark in plan.remarks] == ([cut] if cut else [])


def test_a_brush_needs_a_picture(sketch: Sketch, picture: Path) -> None:
    brush = Brush(picture, Direction.LEFT)
    with pytest.raises(PromptInvalid, match="needs a picture"):
        sketch.plan(Request("a ball", brush=brush))
    with pytest.raises(FeatureLacking, match="not on a video"):
        sketch.plan(Request("a ball", brush=brush, image=picture, video=picture))


def test_a_brush_moves_what_it_covers(sketch: Sketch, tmp_path: Path, picture: Path) -> None:
    mask = np.zeros((128, 128), np.uint8)
    mask[48:82, 18:52] = 255
    cv2.imwrite(str(tmp_path / "mask.png"), mask)
    request = Request(
        "a red square", size=(128, 128), seconds=2.0, image=picture, steps=3,
        brush=Brush(tmp_path / "mask.png", Direction.RIGHT),
    )  # fmt: skip
    assert len(made(sketch, request, tmp_path)) == 48


def test_dragging_leaves_no_copy_behind() -> None:
    picture = np.full((64, 64, 3), 200, np.uint8)
    picture[20:40, 5:20] = (220, 40, 40)
    mask = np.zeros((64, 64), bool)
    mask[20:40, 5:20] = True
    last = dragged(picture, mask, Direction.RIGHT, 25)[-1].astype(int)
    red = last[..., 0] - last[..., 1] > 90
    assert 20 < np.nonzero(red)[1].mean() < 36  # 12 + .3 * 64
    assert red[:, :12].sum() == 0
