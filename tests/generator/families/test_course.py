"""How a request is laid out: sizes, frames, calls, and which picture is which frame."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from countermark.errors import FeatureLacking, PromptInvalid
from countermark.generator import Request
from countermark.generator.families.camera import intrinsics, path, said
from countermark.generator.families.course import Course, Given, lacking, laid
from countermark.generator.families.dragging import dragged
from countermark.generator.families.family import Grid
from countermark.generator.families.folder import Checkpoint
from countermark.generator.families.registry import by_hub, by_name
from countermark.generator.request import Brush, Camera, Direction, Keyframe

PICTURE, OTHER = Path("first.png"), Path("last.png")


def _laid(family: str, kind: str, given: Given | None = None, **asked: object) -> Course:
    known = by_name(family)
    assert known is not None
    checkpoint = Checkpoint(Path("x"), known, kind, (), "x")
    course = laid(Request("a ball", **asked), checkpoint, given or Given())  # type: ignore[arg-type]
    assert course is not None
    return course


@pytest.mark.parametrize(
    ("asked", "nearest", "enough"), [(1, 5, 5), (5, 5, 5), (6, 5, 9), (8, 9, 9), (80, 81, 81), (400, 81, 81)]
)
def test_frames_come_in_steps(asked: int, nearest: int, enough: int) -> None:
    grid = Grid(step=4, first=1, usual=81, most=81)
    assert (grid.nearest(asked), grid.enough(asked)) == (nearest, enough)


def test_a_model_makes_its_own_size_unless_asked() -> None:
    assert _laid("wan", "WanPipeline").size == (832, 480)
    assert _laid("wan", "WanPipeline", size=(1920, 1080)).size == (1280, 720)
    assert _laid("ltx", "LTXPipeline", size=(500, 500)).size == (512, 512)
    assert _laid("allegro", "AllegroPipeline", size=(640, 640)).size == (560, 720), "whole tiles only"
    tall = _laid("wan", "WanImageToVideoPipeline, no image_encoder", Given((900, 1600)), image=PICTURE).size
    assert tall[1] > 1.7 * tall[0] and abs(tall[0] * tall[1] / (832 * 480) - 1) < 0.1


@pytest.mark.parametrize(
    ("hub", "kind", "size", "longest", "steps", "guidance"),
    [
        ("Wan-AI/Wan2.1-T2V-1.3B-Diffusers", "WanPipeline", (832, 464), 81, 50, 5.0),
        ("Wan-AI/Wan2.1-T2V-14B-Diffusers", "WanPipeline", (1280, 720), 81, 50, 5.0),
        ("Wan-AI/Wan2.2-TI2V-5B-Diffusers", "WanPipeline, expand_timesteps", (1280, 704), 121, 50, 5.0),
        ("zai-org/CogVideoX-2b", "CogVideoXPipeline", (768, 432), 49, 50, 6.0),
        ("Lightricks/LTX-Video-0.9.8-13B-distilled", "LTXConditionPipeline", (1216, 672), 257, 8, 1.0),
    ],
)
def test_each_set_of_weights_has_its_own_bounds(
    hub: str, kind: str, size: tuple[int, int], longest: int, steps: int, guidance: float
) -> None:
    found = by_hub(hub)
    assert found is not None
    family = found[0].as_published(found[1])
    course = laid(Request("a ball", size=(1280, 720)), Checkpoint(Path("x"), family, kind, (), "x"), Given())
    assert course is not None
    assert (course.size, family.grid.most) == (size, longest)
    assert (course.steps, course.guidance) == (steps, guidance)
    assert course.size[0] * course.size[1] <= family.most_pixels


def test_a_rate_is_the_models_own_unless_it_takes_another() -> None:
    assert _laid("wan", "WanPipeline", frame_rate=Fraction(30)).frame_rate == 16
    assert _laid("ltx", "LTXPipeline", frame_rate=Fraction(30)).frame_rate == 30
    assert _laid("ltx", "LTXPipeline", frame_rate=Fraction(120)).frame_rate == 25


def test_a_long_film_is_cut_into_calls_of_bounded_length() -> None:
    course = _laid("ltx", "LTXPipeline", seconds=60.0)
    assert course.calls[0].way.pipeline == "LTXPipeline"
    assert {call.way.pipeline for call in course.calls[1:]} == {"LTXConditionPipeline"}
    assert all(call.before == 17 for call in course.calls[1:]) and course.longest == 161
    assert 1500 <= course.frames < 1508
    assert _laid("skyreels-v2", "SkyReelsV2DiffusionForcingPipeline", seconds=60.0).longest == 97


def test_what_can_not_go_on_says_who_can() -> None:
    with pytest.raises(FeatureLacking, match="at most 5.4 s") as lacking:
        _laid("mochi", "MochiPipeline", seconds=60.0)
    assert "ltx" in lacking.value.advice
    assert not {"svd", "cogvideox", "mochi"} & set(lacking.value.advice.replace(",", " ").split())


def test_what_can_not_go_on_is_followed_by_weights_of_its_family_that_can() -> None:
    def weights(hub: str, kind: str) -> Checkpoint:
        found = by_hub(hub)
        assert found is not None
        return Checkpoint(Path(hub), found[0].as_published(found[1]), kind, (), hub)

    words = weights("zai-org/CogVideoX-5b", "CogVideoXPipeline")
    pictures = weights("zai-org/CogVideoX-5b-I2V", "CogVideoXImageToVideoPipeline")
    larger = weights("zai-org/CogVideoX1.5-5B-I2V", "CogVideoXImageToVideoPipeline")
    request = Request("a ball", seconds=20.0)
    course = laid(request, words, Given(), (words, larger, pictures))
    assert course is not None and course.checkpoints == (words, pictures), "the larger has another frame rate"
    assert {call.way.pipeline for call in course.calls[1:]} == {"CogVideoXImageToVideoPipeline"}
    assert all(call.before == 1 for call in course.calls[1:]) and course.longest_of(pictures) <= 49
    short = laid(replace(request, seconds=4.0), words, Given(), (words, pictures))
    assert short is not None and short.checkpoints == (words,)
    with pytest.raises(FeatureLacking) as lacks:
        laid(request, words, Given(), (words, larger))
    assert "--model cogvideox, where weights of it" in lacks.value.advice


def test_pictures_have_their_places() -> None:
    keys = (Keyframe(0.0, PICTURE), Keyframe(1.0, OTHER), Keyframe(9.0, OTHER))
    (call,) = _laid("ltx", "LTXPipeline", seconds=2.0, keyframes=keys[:2], last_image=OTHER).calls
    assert call.stills == ((0, PICTURE), (25, OTHER), (48, OTHER))
    first, second = _laid("ltx", "LTXPipeline", seconds=12.0, keyframes=keys, last_image=OTHER).calls
    assert first.stills == ((0, PICTURE), (25, OTHER))
    assert second.stills == ((225 - 161 + 17, OTHER), (second.frames - 1, OTHER))


@pytest.mark.parametrize(
    ("keys", "image"),
    [
        ((Keyframe(99.0, OTHER),), None),
        ((Keyframe(0.0, OTHER),), PICTURE),
        ((Keyframe(1.0, OTHER), Keyframe(1.001, PICTURE)), None),
    ],
)
def test_a_picture_that_would_be_left_out_is_refused(keys: tuple[Keyframe, ...], image: Path | None) -> None:
    with pytest.raises(PromptInvalid):
        _laid("ltx", "LTXPipeline", keyframes=keys, image=image)


BRUSH = Brush(Path("mask.png"), Direction.LEFT)


@pytest.mark.parametrize(
    ("family", "kind", "asked"),
    [
        ("wan", "WanImageToVideoPipeline, no image_encoder", {"image": PICTURE, "extend": OTHER}),
        ("ltx", "LTXPipeline", {"image": PICTURE, "extend": OTHER}),
        ("svd", "StableVideoDiffusionPipeline", {"image": PICTURE, "extend": OTHER}),
        ("cosmos", "CosmosVideoToWorldPipeline", {"image": PICTURE, "extend": OTHER}),
        ("wan-vace", "WanVACEPipeline", {"image": PICTURE, "video": OTHER}),
        ("wan-vace", "WanVACEPipeline", {"last_image": PICTURE, "video": OTHER}),
        ("wan-vace", "WanVACEPipeline", {"brush": BRUSH, "video": OTHER}),
        ("wan-vace", "WanVACEPipeline", {"brush": BRUSH, "image": PICTURE, "last_image": OTHER}),
        ("wan-vace", "WanVACEPipeline", {"brush": BRUSH, "image": PICTURE, "keyframes": (Keyframe(1.0, OTHER),)}),
        ("wan-vace", "WanVACEPipeline", {"brush": BRUSH, "extend": OTHER}),
    ],
)
def test_what_would_be_left_out_is_refused(family: str, kind: str, asked: dict[str, Any]) -> None:
    known = by_name(family)
    assert known is not None
    request = Request("a ball", **asked)
    assert laid(request, Checkpoint(Path("x"), known, kind, (), "x"), Given()) is None
    assert "at once" in str(lacking(request, family, known.ways_of(kind)))


def test_a_clip_is_made_over_at_its_own_rate() -> None:
    course = _laid("wan", "WanPipeline", Given((64, 64), 50, Fraction(30)), video=PICTURE)
    assert (course.frames, course.frame_rate) == (49, 30)


def test_what_goes_on_begins_with_what_was() -> None:
    course = _laid("skyreels-v2", "SkyReelsV2DiffusionForcingPipeline", extend=PICTURE, seconds=1.0)
    (call,) = course.calls
    assert (call.before, call.skips, call.gives) == (17, 34, course.frames)
    assert course.frames >= 24


def test_a_camera_is_led_where_its_word_says() -> None:
    ends = {move: path(move, 17, 16.0)[-1] for move in Camera}
    assert np.array_equal(ends[Camera.STILL], np.eye(4))
    assert ends[Camera.PAN_RIGHT][0, 2] > 0 > ends[Camera.PAN_LEFT][0, 2]  # what is ahead lies to the right
    assert ends[Camera.TILT_UP][1, 2] < 0 < ends[Camera.TILT_DOWN][1, 2]  # y is down
    assert ends[Camera.ZOOM_IN][2, 3] > 0 > ends[Camera.ZOOM_OUT][2, 3]
    for move, side in ((Camera.ORBIT_RIGHT, 1), (Camera.ORBIT_LEFT, -1)):
        place, ahead = ends[move][:3, 3], ends[move][:3, 2]
        assert place[0] * side > 0 and np.allclose(place + ahead, [0, 0, 1], atol=1e-6), (
            "it looks at what it goes round"
        )
    assert all(np.allclose(end[:3, :3] @ end[:3, :3].T, np.eye(3), atol=1e-6) for end in ends.values())
    assert intrinsics((200, 100))[2:] == [100, 50]
    assert said("a ball", Camera.PAN_LEFT) == "the camera pans left; a ball"


@pytest.mark.parametrize(("direction", "by"), [(Direction.RIGHT, (0, 30)), (Direction.UP, (-30, 0))])
def test_what_is_brushed_is_cut_out_and_moved(direction: Direction, by: tuple[int, int]) -> None:
    picture = np.full((100, 100, 3), 50, np.uint8)
    picture[40:60, 40:60] = 200
    mask = picture[..., 0] == 200
    frames, holes = dragged(picture, mask, direction, 9)
    assert len(frames) == len(holes) == 9 and np.array_equal(frames[0], picture) and not holes[0].any()
    middle = (50 + by[0], 50 + by[1])
    assert frames[-1][middle].tolist() == [200, 200, 200] and not holes[-1][middle].any()
    assert holes[-1][50, 50].all(), "what it leaves is to be made"
    far = (90, 10)
    assert not any(hole[far].any() for hole in holes) and all(frame[far].tolist() == [50] * 3 for frame in frames)
