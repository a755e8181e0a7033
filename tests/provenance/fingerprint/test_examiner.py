"""Fingerprints: the same content fits through re-encoding, other content differs, what is too little stays unclear."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from countermark.evidence import FingerprintDetails
from countermark.media import EncodeSettings, encode, look, probe
from countermark.media.facts import Geometry
from countermark.media.plan import View
from countermark.provenance.fingerprint import examiner as fingerprint
from countermark.provenance.fingerprint.examiner import Fingerprinter, FingerprintExaminer
from countermark.provenance.fingerprint.matching import compare
from countermark.settings import Limits
from countermark.tests.recipes import clip, pictures

SIZE = (320, 240)


def _luma(seed: int, count: int = 50) -> list[NDArray[np.uint8]]:
    return [(rgb @ np.array([0.299, 0.587, 0.114])).astype(np.uint8) for rgb in pictures(count, SIZE, seed)]


def _original(seed: int = 0, fps: int = 25) -> FingerprintDetails:
    taken = Fingerprinter(Geometry(*SIZE))
    for number, luma in enumerate(_luma(seed)):
        taken(luma, number / fps)
    return taken.details()


def _seen(path: Path) -> FingerprintDetails:
    found = [e.details for e in look(path, (), (FingerprintExaminer(),), Limits()).evidence]
    return next(details for details in found if isinstance(details, FingerprintDetails))


def _copy(path: Path, change: Any = None, size: tuple[int, int] = (240, 180), seed: int = 0) -> FingerprintDetails:
    import cv2

    changed = (change(rgb) if change else rgb for rgb in pictures(50, SIZE, seed))
    scaled = (cv2.resize(np.ascontiguousarray(rgb), size, interpolation=cv2.INTER_AREA) for rgb in changed)
    settings = EncodeSettings(crf=28, preset="ultrafast")
    encode(scaled, path, size=size, frame_rate=Fraction(25), settings=settings)
    return _seen(path)


def test_a_smaller_poorer_copy_fits(tmp_path: Path) -> None:
    result = compare(_copy(tmp_path / "copy.mp4"), _original())
    assert result.fit == "fits" and result.matching == 8
    assert "8 of 8" in result.reason


def test_other_content_differs(tmp_path: Path) -> None:
    result = compare(_copy(tmp_path / "other.mp4", seed=5), _original())
    assert result.fit == "differs" and result.matching == 0


def test_bars_of_any_kind_are_cut_off(tmp_path: Path) -> None:
    for level in (0, 255):
        bars = ((40, 40), (0, 0), (0, 0))
        copy = _copy(
            tmp_path / f"{level}.mp4", lambda rgb, b=bars, v=level: np.pad(rgb, b, constant_values=v), (240, 240)
        )
        assert compare(copy, _original()).fit == "fits"


def test_a_mirrored_copy_fits_when_told(tmp_path: Path) -> None:
    copy = _copy(tmp_path / "mirrored.mp4", lambda rgb: rgb[:, ::-1])
    assert compare(copy, _original(), mirrored=True).fit == "fits"
    assert compare(copy, _original()).fit != "fits"


def test_a_crop_off_a_corner_fits(tmp_path: Path) -> None:
    copy = _copy(tmp_path / "cropped.mp4", lambda rgb: rgb[24:, 32:])
    assert compare(copy, _original()).fit == "fits"


def test_half_of_each_is_unclear(tmp_path: Path) -> None:
    mine, theirs = _copy(tmp_path / "a.mp4"), _copy(tmp_path / "b.mp4", seed=5)
    half = len(mine.hashes) // 2
    mixed = replace(
        mine, hashes=mine.hashes[:half] + theirs.hashes[half:], parts=mine.parts[:half] + theirs.parts[half:]
    )
    assert compare(mixed, _original()).fit == "unclear"


def test_nothing_to_see_is_unclear() -> None:
    flat = Fingerprinter(Geometry(*SIZE))
    for number in range(50):
        flat(np.full((240, 320), 90, np.uint8), number / 25)
    assert compare(flat.details(), _original()).fit == "unclear"
    assert compare(_original(), flat.details()).fit == "unclear"
    assert compare(replace(_original(), algorithm="other"), _original()).fit == "unclear"


@pytest.mark.parametrize(
    "turned", [{"rotation": 90}, {"rotation": 180}, {"flip": True}, {"sample_aspect": Fraction(4, 3)}]
)
def test_planes_are_hashed_as_a_person_sees_them(tmp_path: Path, turned: dict[str, Any]) -> None:
    path = clip(tmp_path / "turned.mp4", size=SIZE, seconds=1, **turned)
    taken = Fingerprinter(probe(path, Limits()).geometry)
    for number, luma in enumerate(_luma(0, 25)):
        taken(luma, number / 25)
    assert compare(_seen(path), taken.details()).fit == "fits"


def test_ten_bits_give_the_same_hashes() -> None:
    eight, ten = Fingerprinter(Geometry(*SIZE)), Fingerprinter(Geometry(*SIZE), 10)
    for number, luma in enumerate(_luma(0, 10)):
        eight(luma, number / 10)
        ten(luma.astype(np.uint16) * 4, number / 10)
    assert eight.details().hashes == ten.details().hashes


def test_memory_is_bounded_and_times_stay_on_the_grid() -> None:
    taken = Fingerprinter(Geometry(16, 16))
    luma = np.random.default_rng(0).integers(0, 255, (16, 16), dtype=np.uint8)
    for number in range(2400):
        taken(luma, number * 0.25)
    rows = taken.details()
    whole = [t for i, t in enumerate(rows.times_s) if i == 0 or t > rows.times_s[i - 1]]
    assert fingerprint.MOST_SAMPLES / 2 <= len(whole) <= len(rows.hashes) <= fingerprint.MOST_SAMPLES
    assert set(fingerprint.grid(600.0, 24)) <= set(rows.times_s[: fingerprint.MOST_SAMPLES])


def test_the_plane_is_left_as_it_was() -> None:
    luma = _luma(0, 1)[0]
    before = luma.copy()
    Fingerprinter(Geometry(*SIZE))(luma, 0.0)
    assert (luma == before).all()


@pytest.mark.parametrize(
    ("duration", "most"), [(0.1, 24), (1.0, 24), (59.99, 24), (60.0, 24), (7200.0, 24), (43200, 6)]
)
def test_the_grid_is_a_plan(duration: float, most: int) -> None:
    times = fingerprint.grid(duration, most)
    assert 1 <= len(times) <= most and times[0] >= 0 and times[-1] < duration
    assert list(times) == sorted(set(times))


def test_an_examiner_that_saw_nothing_says_so(tmp_path: Path) -> None:
    video = probe(clip(tmp_path / "a.mp4", size=(64, 48), seconds=0.2), Limits())
    examiner = FingerprintExaminer()
    assert examiner.plan(video).short_side == 256
    assert examiner.conclude(video).finding == "failed"
    examiner.see(View(0.0, np.full((48, 64), 120.4, np.float32)))
    assert examiner.conclude(video).finding == "present"


def test_a_few_seconds_among_dark_ones_are_not_the_whole() -> None:
    """Nine tenths of another, too dark to be compared, must not ride on one tenth that fits."""
    hashes = tuple(f"{number:064x}" for number in (3, 5 << 60, 7 << 120, 9 << 180))
    times = tuple(float(number) for number in range(24))
    original = FingerprintDetails("pdq", times[:4], hashes, (100,) * 4)
    spliced = FingerprintDetails("pdq", times, hashes[:3] + (hashes[3],) * 21, (100,) * 3 + (10,) * 21)
    assert compare(spliced, original).fit == "unclear"
    dark = FingerprintDetails("pdq", times, hashes[:3] + (hashes[3],) * 21, (100,) * 3 + (10,) * 21)
    assert compare(dark, dark).fit == "fits", "an original that is as dark is its own copy"
