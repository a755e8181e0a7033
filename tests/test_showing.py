"""Pictures beside a verdict: of the moments that it speaks of, each with its words, and never in its way."""

import io
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from countermark.evidence import ChangesDetails, DetectorDetails
from countermark.settings import Settings
from countermark.showing import Drawn, pictures
from countermark.verdict import Verdict
from countermark.verify import verify
from tests import recipes

SIZE = (640, 360)


def with_a_badge(count: int, size: tuple[int, int], seed: int) -> Iterator[NDArray[np.uint8]]:
    for number, picture in enumerate(recipes.pictures(count, size, seed)):
        shown = picture.copy()
        if 0.4 * count <= number < 0.8 * count:
            shown[120:200, 300:400] = (250, 250, 0)
        yield shown


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Verdict, Settings, tuple[Drawn, ...]]:
    folder = tmp_path_factory.mktemp("shown")
    options = Settings(home=folder / "home", detector="always")
    original = recipes.clip(folder / "original.mp4", size=SIZE, seconds=4)
    copy = recipes.clip(folder / "copy.mp4", size=SIZE, seconds=4, source=with_a_badge)
    verdict = verify(copy, options=options, against=original)
    return copy, verdict, options, pictures(copy, verdict, options)


def of_kind(drawn: tuple[Drawn, ...], kind: str) -> list[Drawn]:
    return [one for one in drawn if one.kind == kind]


def opened(one: Drawn) -> NDArray[np.uint8]:
    with Image.open(io.BytesIO(one.data)) as picture:
        assert picture.format == ("JPEG" if one.name.endswith(".jpg") else "PNG")
        return np.asarray(picture.convert("RGB"))


def test_all_that_a_verdict_speaks_of_is_drawn(judged: tuple[Path, Verdict, Settings, tuple[Drawn, ...]]) -> None:
    _, verdict, _, drawn = judged
    assert verdict.outcome == "altered"
    assert [one.name for one in drawn] == [
        *(f"key-{number}.jpg" for number in range(1, 7)),
        *(f"heat-{number}.png" for number in range(1, 5)),
        "changes.png",
    ]
    for kind in ("key_frame", "heat_map"):
        seconds = [one.seconds for one in of_kind(drawn, kind)]
        assert seconds == sorted(seconds)
    assert all(one.words.startswith(f"Second {one.seconds:.1f}") for one in drawn)
    assert "bytes" in repr(drawn[0]) and len(repr(drawn[0])) < 300


def test_key_frames_say_where_it_differs_and_show_it(
    judged: tuple[Path, Verdict, Settings, tuple[Drawn, ...]],
) -> None:
    frames = of_kind(judged[3], "key_frame")
    told = [one for one in frames if "differs from the original" in one.words]
    assert told and len(told) < len(frames)
    for one in frames:
        picture = opened(one)
        assert picture.shape == (360, 640, 3)
        yellow = (np.abs(picture[130:190, 310:390].astype(int) - [250, 250, 0]) < 30).all()
        assert yellow or one not in told
    worst = [one for one in frames if "look most as if generated" in one.words]
    assert 1 <= len(worst) <= 3


def test_heat_maps_are_of_the_frames_that_say_most(judged: tuple[Path, Verdict, Settings, tuple[Drawn, ...]]) -> None:
    _, verdict, _, drawn = judged
    details = next(d for e in verdict.evidence if isinstance(d := e.details, DetectorDetails))
    heat = of_kind(drawn, "heat_map")
    assert [one.seconds for one in heat] == sorted(frame.seconds for frame in details.frames[:4])
    assert all("this frame alone scores" in one.words and " % of it)" in one.words for one in heat)
    assert opened(heat[0]).shape == (400, 640, 3)


def test_the_map_lies_over_what_was_changed(judged: tuple[Path, Verdict, Settings, tuple[Drawn, ...]]) -> None:
    (one,) = of_kind(judged[3], "changes")
    assert "it differs from the original that was named: a part of the picture from" in one.words
    assert 1.5 < one.seconds < 3.3
    colour = np.ptp(opened(one)[:540].astype(int), axis=-1)  # the ground is grey
    changed, elsewhere = colour[190:290, 460:590], colour[400:520, 100:400]  # the latter may have a tint, far below
    assert changed.min() > 50 and elsewhere.max() < changed.min() / 2 and np.median(elsewhere) == 0


def test_a_verdict_without_pictures_has_none(tmp_path: Path) -> None:
    options = Settings(home=tmp_path / "home")
    tone = recipes.sound_only(tmp_path / "tone.m4a")
    assert pictures(tone, verify(tone, options=options), options) == ()


def test_what_cannot_be_drawn_is_left_out(judged: tuple[Path, Verdict, Settings, tuple[Drawn, ...]]) -> None:
    """Heat of a shape that no grid has, and frames at a time that no video has."""
    copy, verdict, options, drawn = judged
    broken = []
    for one in verdict.evidence:
        details = one.details
        if isinstance(details, ChangesDetails):
            details = replace(details, rows=1_000_000, heat=("00",))
        elif isinstance(details, DetectorDetails):
            details = replace(details, frames=tuple(replace(frame, seconds=0.0) for frame in details.frames))
        broken.append(replace(one, details=details))
    found = pictures(copy, replace(verdict, evidence=tuple(broken)), options)
    assert [one.kind for one in found] == ["key_frame"] * 6
    (left,) = pictures(copy.parent / "gone.mp4", verdict, options)
    assert left.kind == "changes" and opened(left).shape == opened(drawn[-1]).shape, "it takes numbers alone"


def test_a_file_without_any_finding_of_places_shows_what_it_is(tmp_path: Path) -> None:
    options = Settings(home=tmp_path / "home")
    clip = recipes.make("turned.mp4", tmp_path)
    drawn = pictures(clip, verify(clip, options=options), options)
    assert {one.kind for one in drawn} == {"key_frame"} and len(drawn) == 6
    assert opened(drawn[0]).shape == (320, 180, 3), "upright"
    assert all(one.words.endswith("the picture as it is shown") for one in drawn)
