import base64
import struct
import zlib
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from countermark.disclosure.visible.drawing import Drawn, draw
from countermark.disclosure.visible.examiner import LabelExaminer
from countermark.disclosure.visible.wanted import labels_for
from countermark.evidence import (
    Evidence,
    FailureDetails,
    LabelClaim,
    LabelDetails,
    Region,
    Span,
    evidence_from_json,
)
from countermark.media import EncodeSettings, encode, frames, look, probe, transcode
from countermark.settings import Limits
from countermark.tests.recipes import HDR10, HDR10_TAGS, clip, pictures

SIZE, RATE, SECONDS = (640, 360), Fraction(24), 1.0
QUICK = EncodeSettings(crf=20, preset="ultrafast")
Picture = NDArray[np.uint8]


@pytest.fixture(scope="module", params=["eu", "ca", "Made by a machine [upper-left]"])
def drawn(request: pytest.FixtureRequest) -> Drawn:
    [one] = draw(labels_for([request.param]), SIZE, SECONDS)
    return one


@pytest.fixture(scope="module")
def labelled(drawn: Drawn, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(tmp_path_factory.mktemp("labelled") / "a.mp4", pictures(24, SIZE), drawn)


def written(path: Path, shown: Any, *drawn: Drawn, rate: Fraction = RATE) -> Path:
    first, *rest = shown
    size = (first.shape[1], first.shape[0])
    overlays = [one.overlay for one in drawn]
    return encode([first, *rest], path, size=size, frame_rate=rate, settings=QUICK, overlays=overlays).path


def seen(path: Path, claim: LabelClaim) -> Evidence:
    found = look(path, (), [LabelExaminer(claim)], Limits()).evidence[-1]
    assert evidence_from_json([found.to_json()]) == (found,)
    return found


def decoded(path: Path) -> list[Picture]:
    return [one.frame.to_ndarray(format="rgb24") for one in frames(path, limits=Limits())]


def rectangle(drawn: Drawn) -> tuple[slice, slice]:
    over = drawn.overlay
    return slice(over.y, over.y + over.size[1]), slice(over.x, over.x + over.size[0])


# Left and gone -------------------------------------------------------------------------------------------------------


def test_a_label_is_seen_where_it_was_drawn(labelled: Path, drawn: Drawn) -> None:
    found = seen(labelled, drawn.claim)
    assert (found.finding, found.examiner, found.track) == ("present", "label", "video")
    assert isinstance(found.details, LabelDetails) and found.details.claim == drawn.claim
    assert found.details.likeness > 0.6 and found.details.frames == 17
    assert found.regions == (drawn.claim.region,) and found.spans == (drawn.claim.span,)


@pytest.mark.parametrize(
    "settings",
    [
        EncodeSettings(crf=28, preset="ultrafast", scale=0.5),
        EncodeSettings(crf=33, preset="veryfast"),
        EncodeSettings("hevc", "ultrafast", 30),
    ],
)
def test_it_is_seen_in_copies_of_platforms(
    labelled: Path, drawn: Drawn, settings: EncodeSettings, tmp_path: Path
) -> None:
    transcode(probe(labelled, Limits()), tmp_path / "b.mp4", settings)
    assert seen(tmp_path / "b.mp4", drawn.claim).finding == "present"


def test_it_is_seen_at_half_the_frame_rate_and_in_a_dimmed_copy(labelled: Path, drawn: Drawn, tmp_path: Path) -> None:
    shown = [(picture * 0.7).astype(np.uint8) for picture in decoded(labelled)[::2]]
    assert seen(written(tmp_path / "b.mp4", shown, rate=RATE / 2), drawn.claim).finding == "present"


def blurred(picture: Picture, place: tuple[slice, slice]) -> Picture:
    picture[place] = cv2.GaussianBlur(picture[place], (0, 0), picture[place].shape[0] / 6)
    return picture


def covered(picture: Picture, place: tuple[slice, slice]) -> Picture:
    picture[place] = (40, 60, 40)
    return picture


def half_covered(picture: Picture, place: tuple[slice, slice]) -> Picture:
    rows, columns = place
    picture[rows, (columns.start + columns.stop) // 2 : columns.stop] = (40, 60, 40)
    return picture


def inpainted(picture: Picture, place: tuple[slice, slice]) -> Picture:
    mask = np.zeros(picture.shape[:2], np.uint8)
    mask[place] = 255
    return np.asarray(cv2.inpaint(picture, mask, 2, cv2.INPAINT_TELEA), np.uint8)


def cropped(picture: Picture, place: tuple[slice, slice]) -> Picture:
    return np.ascontiguousarray(picture[90:-90, 120:-120])


@pytest.mark.parametrize("change", [blurred, covered, half_covered, inpainted, cropped])
def test_one_that_was_done_away_with_is_absent(
    labelled: Path, drawn: Drawn, change: Callable[[Picture, tuple[slice, slice]], Picture], tmp_path: Path
) -> None:
    shown = [change(picture, rectangle(drawn)) for picture in decoded(labelled)[:12]]
    found = seen(written(tmp_path / "b.mp4", shown), replace(drawn.claim, span=Span(0, 0.5)))
    assert found.finding == "absent" and isinstance(found.details, LabelDetails)
    assert found.details.likeness < 0.35


def test_where_it_never_was_or_another_stands_it_is_absent(drawn: Drawn, tmp_path: Path) -> None:
    assert seen(written(tmp_path / "a.mp4", pictures(12, SIZE)), drawn.claim).finding == "absent"
    place = "upper-right" if drawn.claim.region.y < 0.5 < drawn.claim.region.x else "upper-left"
    [other] = draw(labels_for([f"Holidays by the sea [{place}]"]), SIZE, SECONDS)
    moved = replace(drawn.claim, region=other.claim.region)
    assert seen(written(tmp_path / "b.mp4", pictures(24, SIZE), other), moved).finding == "absent"


@pytest.mark.parametrize(
    ("first", "last", "finding"),
    [(0, 8, "absent"), (0, 16, "present"), (8, 24, "present"), (16, 24, "absent"), (4, 20, "present")],
)
def test_when_it_was_seen_is_said(
    labelled: Path, drawn: Drawn, first: int, last: int, finding: str, tmp_path: Path
) -> None:
    bare = list(pictures(24, SIZE))
    shown = [*bare[:first], *decoded(labelled)[first:last], *bare[last:]]
    found = seen(written(tmp_path / "b.mp4", shown), drawn.claim)
    assert found.finding == finding
    [span] = found.spans
    assert first - 0.01 <= 24 * span.start_s <= first + 3
    assert last - 3 <= 24 * span.end_s <= last + 0.01
    assert isinstance(found.details, LabelDetails) and found.details.likeness < 0.35


def test_one_that_fades_is_looked_at_between(tmp_path: Path) -> None:
    [faded] = draw(labels_for(["Made by a machine [from:0.5s 1.5s fade:0.4s]"]), SIZE, 2.5)
    assert faded.claim.fade_s == 0.4
    path = written(tmp_path / "a.mp4", pictures(60, SIZE), faded)
    found = seen(path, faded.claim)
    assert isinstance(found.details, LabelDetails) and found.details.likeness > 0.6
    [span] = found.spans
    assert (span.start_s, span.end_s) == (pytest.approx(0.9), pytest.approx(1.6))
    hard = seen(path, replace(faded.claim, fade_s=0.0))
    assert isinstance(hard.details, LabelDetails) and hard.details.likeness < 0.35, "at its edges it is faint"
    for wrong in (-1.0, float("nan")):
        assert seen(path, replace(faded.claim, fade_s=wrong)).spans == hard.spans
    shifted = seen(path, replace(faded.claim, span=Span(0.7, 2.2)))
    assert 0.4 <= sum(one.end_s - one.start_s for one in shifted.spans) <= 0.8, "a copy that begins sooner"


def test_it_begins_with_a_copy_of_fewer_pictures_and_stays_to_its_end(
    labelled: Path, drawn: Drawn, tmp_path: Path
) -> None:
    shown = decoded(labelled)
    copy = written(tmp_path / "b.mp4", (shown[round(i * 1.6)] for i in range(15)), rate=Fraction(15))
    assert seen(copy, drawn.claim).spans == (drawn.claim.span,)
    late = written(tmp_path / "c.mp4", shown[6:])
    [span] = seen(late, drawn.claim).spans
    assert (span.start_s, span.end_s) == (0.0, pytest.approx(0.75))


def test_of_one_picture_alone_it_is_seen_throughout(labelled: Path, drawn: Drawn, tmp_path: Path) -> None:
    [span] = seen(written(tmp_path / "b.mp4", decoded(labelled)[:1]), drawn.claim).spans
    assert span.start_s == 0.0 and span.end_s > 0


def test_in_hdr_it_is_held_to_what_was_painted_there(tmp_path: Path) -> None:
    path = clip(
        tmp_path / "a.mp4", size=(320, 180), seconds=0.4, codec="libx265", pixel_format="yuv420p10le",
        tags=HDR10_TAGS, options=HDR10,
    )  # fmt: skip
    [one] = draw(labels_for(["ca"]), (320, 180), 0.4)
    settings = EncodeSettings("hevc", "ultrafast", 16)
    transcode(probe(path, Limits()), tmp_path / "b.mp4", settings, overlays=(one.overlay,))
    found = seen(tmp_path / "b.mp4", one.claim)
    assert found.finding == "present"
    assert isinstance(found.details, LabelDetails) and found.details.likeness > 0.6
    assert seen(path, one.claim).finding == "absent"


# What can't be told ---------------------------------------------------------------------------------------------------


def png(wide: int, high: int) -> str:
    """A picture that says it is so large, and isn't."""
    header = b"IHDR" + struct.pack(">IIBBBBB", wide, high, 8, 6, 0, 0, 0)
    body = b"IDAT" + zlib.compress(b"\0" * 64)
    chunks = [struct.pack(">I", len(one) - 4) + one + struct.pack(">I", zlib.crc32(one)) for one in (header, body)]
    return base64.b64encode(b"\x89PNG\r\n\x1a\n" + b"".join(chunks)).decode()


@pytest.fixture(scope="module")
def one() -> Drawn:
    return draw(labels_for(["eu"]), SIZE, SECONDS)[0]


@pytest.fixture(scope="module")
def shown(one: Drawn, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(tmp_path_factory.mktemp("shown") / "a.mp4", pictures(6, SIZE), one)


BLANK = base64.b64encode(cv2.imencode(".png", np.zeros((20, 60, 4), np.uint8))[1].tobytes()).decode()
OPAQUE = base64.b64encode(cv2.imencode(".png", np.zeros((20, 60, 3), np.uint8))[1].tobytes()).decode()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"picture": ""}, "no picture of the label was kept"),
        ({"picture": "???"}, "broken"),
        ({"picture": base64.b64encode(b"GIF89a").decode()}, "broken"),
        ({"picture": png(60000, 60000)}, "broken"),
        ({"picture": png(2000, 2000)}, "broken"),
        ({"picture": png(60, 20)}, "broken"),
        ({"picture": OPAQUE}, "broken"),
        ({"picture": "A" * 70_000}, "broken"),
        ({"picture": BLANK}, "shows nothing"),
        ({"region": Region(0.1, 0.1, 0.02, 0.02)}, "too small"),
        ({"span": Span(7, 9)}, "ends before"),
    ],
)
def test_what_it_can_not_be_held_to_is_said(shown: Path, one: Drawn, change: dict[str, Any], said: str) -> None:
    found = seen(shown, replace(one.claim, **change))
    assert found.finding == "inconclusive" and isinstance(found.details, FailureDetails)
    assert said in found.details.error
