"""The mark lives through a real encoder and is found by the examiner in a real look."""

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from countermark.evidence import MarkDetails
from countermark.media import EncodeSettings, Geometry, encode, look, probe, transcode
from countermark.settings import Limits
from countermark.watermark import OPEN_KEY, Embedder, MarkExaminer

from .scenes import scene

PAYLOAD = "fedcba9876543210"


@pytest.fixture(scope="module")
def marked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `stamp` would write: 20 frames of 432x320, touched while x264 encodes them."""
    path = tmp_path_factory.mktemp("mark") / "marked.mp4"
    pictures = (np.repeat(plane[:, :, None], 3, axis=2) for plane in scene(432, 320, 20))
    encode(
        pictures,
        path,
        size=(432, 320),
        frame_rate=Fraction(20),
        settings=EncodeSettings(codec="h264", preset="veryfast"),
        touch=Embedder(PAYLOAD, OPEN_KEY, Geometry(432, 320)),
    )
    return path


@pytest.mark.parametrize(
    "settings",
    [
        EncodeSettings(codec="h264", crf=28, preset="veryfast", scale=0.75),
        EncodeSettings(codec="h264", crf=32, preset="veryfast"),
        EncodeSettings(codec="av1", crf=30, preset="9"),
    ],
    ids=lambda settings: f"{settings.codec}-{settings.crf}-{settings.scale}x",
)
def test_copies_still_say_it(marked: Path, tmp_path: Path, settings: EncodeSettings) -> None:
    copy = tmp_path / "copy.mp4"
    transcode(probe(marked, Limits()), copy, settings)
    (evidence,) = (e for e in look(copy, (), (MarkExaminer(),), Limits()).evidence if e.examiner == "watermark")
    assert evidence.finding == "present" and isinstance(evidence.details, MarkDetails)
    assert evidence.details.payload == PAYLOAD
    assert evidence.details.false_accept_bound <= 1e-9


def test_sixteen_frames_are_enough_for_stamps_own_check(marked: Path) -> None:
    (evidence,) = (
        e for e in look(marked, (), (MarkExaminer(max_frames=16),), Limits()).evidence if e.examiner == "watermark"
    )
    assert isinstance(evidence.details, MarkDetails) and evidence.details.frames <= 16
    assert evidence.details.payload == PAYLOAD
