"""What may be asked for, and what is refused with the nearest that can be made."""

from fractions import Fraction
from pathlib import Path

import pytest

from countermark.errors import PromptInvalid
from countermark.generator import Brush, Camera, Direction, Feature, Keyframe, Request

PICTURE = Path("a.png")


@pytest.mark.parametrize("prompt", ["", "  \n", "sea " * 501])
def test_prompts_that_say_nothing_or_too_much_are_refused(prompt: str) -> None:
    with pytest.raises(PromptInvalid):
        Request(prompt)


@pytest.mark.parametrize(
    ("size", "nearest"),
    [((64, 200), "128x200"), ((321, 240), "320x240"), ((5000, 100), "4096x128"), ((0, -4), "128x128")],
)
def test_sizes_are_refused_with_the_nearest_one(size: tuple[int, int], nearest: str) -> None:
    with pytest.raises(PromptInvalid) as refused:
        Request("sea", size=size)
    assert nearest in refused.value.advice


@pytest.mark.parametrize(
    "given",
    [
        {"seconds": 0.0},
        {"seconds": float("nan")},
        {"seconds": 1e9},
        {"frame_rate": Fraction(0)},
        {"frame_rate": Fraction(1000)},
        {"seed": -1},
        {"strength": 0.5},
        {"strength": 1.5, "video": PICTURE},
        {"video": PICTURE, "extend": PICTURE},
        {"steps": 0},
        {"guidance": float("inf")},
        {"keyframes": (Keyframe(3.0, PICTURE),), "seconds": 2.0},
        {"keyframes": (Keyframe(float("nan"), PICTURE),)},
        {"negative": "no " * 1000},
    ],
)
def test_what_makes_no_sense_is_refused(given: dict[str, object]) -> None:
    with pytest.raises(PromptInvalid):
        Request("sea", **given)  # type: ignore[arg-type]


def test_needs_are_what_was_asked_for_and_no_more() -> None:
    assert Request("sea").needs == {Feature.TEXT}
    assert Request("sea", image=PICTURE).needs == {Feature.IMAGE}
    assert Request("sea", camera=Camera.STILL, steps=4, guidance=0.0).needs == {
        *(Feature.TEXT, Feature.CAMERA, Feature.STEPS, Feature.GUIDANCE)
    }
    brushed = Request("sea", image=PICTURE, brush=Brush(Path("m.png"), Direction.LEFT))
    assert brushed.needs == {Feature.IMAGE, Feature.BRUSH}
    keyed = Request("sea", keyframes=(Keyframe(0.5, PICTURE),), last_image=Path("b.png"), sound=True)
    assert keyed.needs == {Feature.KEYFRAMES, Feature.LAST_FRAME, Feature.SOUND}
    assert keyed.inputs == (Path("b.png"), PICTURE)
