"""The mark lives through real encoders, and is found by the examiner in a real look."""

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from countermark.evidence import Evidence
from countermark.media import EncodeSettings, Geometry, encode, look, probe, transcode
from countermark.media.decode import frames
from countermark.settings import Limits
from countermark.watermark import OPEN_KEY, Embedder, MarkExaminer
from countermark.watermark.reader import MOST_TRIALS

from .copies import PAYLOAD, details_of, recut
from .scenes import scene

SIZE, RATE = (432, 320), Fraction(16)
FAST = EncodeSettings(codec="h264", preset="veryfast")


@pytest.fixture(scope="module")
def marked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `stamp` would write: frames touched while x264 encodes them."""
    path = tmp_path_factory.mktemp("mark") / "marked.mp4"
    pictures = (np.repeat(plane[:, :, None], 3, axis=2) for plane in scene(*SIZE, 16))
    touch = Embedder(PAYLOAD, OPEN_KEY, Geometry(*SIZE))
    encode(pictures, path, size=SIZE, frame_rate=RATE, settings=FAST, touch=touch)
    return path


def seen(path: Path, most: int = 24) -> Evidence:
    looked = look(path, (), (MarkExaminer(max_frames=most),), Limits())
    return next(evidence for evidence in looked.evidence if evidence.examiner == "watermark")


@pytest.mark.parametrize(
    "settings",
    [
        EncodeSettings(codec="h264", crf=28, preset="veryfast", scale=0.75),
        EncodeSettings(codec="h264", crf=33, preset="veryfast"),
        EncodeSettings(codec="hevc", crf=28, preset="ultrafast"),
        EncodeSettings(codec="av1", crf=32, preset="10"),
        EncodeSettings(codec="vp9", crf=36, preset="8"),
    ],
    ids=lambda settings: f"{settings.codec}-{settings.crf}-{settings.scale}x",
)
def test_copies_still_say_it(marked: Path, tmp_path: Path, settings: EncodeSettings) -> None:
    copy = tmp_path / ("copy.webm" if settings.codec == "vp9" else "copy.mp4")
    transcode(probe(marked, Limits()), copy, settings)
    details = details_of(seen(copy))
    assert details.payload == PAYLOAD and details.geometry.plain
    assert details.trials <= MOST_TRIALS and details.false_accept_bound < 1e-9


def test_a_cropped_and_turned_copy_encoded_anew_still_says_it(marked: Path, tmp_path: Path) -> None:
    def recut_pictures() -> Iterator[NDArray[np.uint8]]:
        for moment in frames(marked):
            part = recut(moment.frame.to_ndarray(format="gray"), crop=0.8, turn=7)
            yield np.repeat(part[: part.shape[0] // 2 * 2, : part.shape[1] // 2 * 2, None], 3, axis=2)

    copy = tmp_path / "copy.mp4"
    size = next(recut_pictures()).shape[1::-1]
    encode(recut_pictures(), copy, size=size, frame_rate=RATE, settings=EncodeSettings(preset="veryfast", crf=26))
    details = details_of(seen(copy))
    assert details.payload == PAYLOAD and details.geometry.searched
    assert details.geometry.rotation == pytest.approx(7, abs=0.7)
    assert details.geometry.scale == pytest.approx(1.25, rel=0.02)


def test_sixteen_frames_are_enough_for_stamps_own_check(marked: Path) -> None:
    details = details_of(seen(marked, 16))
    assert details.frames <= 16 and details.payload == PAYLOAD


def test_ten_bits_through_an_encoder(tmp_path: Path) -> None:
    path = tmp_path / "deep.mp4"
    pictures = (np.repeat(plane[:, :, None], 3, axis=2) for plane in scene(*SIZE, 12))
    settings = EncodeSettings(codec="hevc", preset="ultrafast", bit_depth=10)
    touch = Embedder(PAYLOAD, OPEN_KEY, Geometry(*SIZE), bit_depth=10)
    encode(pictures, path, size=SIZE, frame_rate=RATE, settings=settings, touch=touch)
    assert probe(path, Limits()).bit_depth == 10 and details_of(seen(path)).payload == PAYLOAD
