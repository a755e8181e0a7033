"""Sums, forms and what is measured of a frame."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from countermark.bench.watermark.journal import Journal, key_of
from countermark.bench.watermark.marking import Measure, psnr, ssim
from countermark.bench.watermark.results import AttackRow, Range, interval
from countermark.bench.watermark.sums import encoders
from countermark.bench.watermark.written import verdict

ROW = AttackRow("crop", "shape", 0.98, 12, 12, 0.75, 0.97, 0.9, 3, 0.2, (), "x264", 900.0)


def test_an_interval_holds_its_rate_and_narrows() -> None:
    for hits, trials in ((0, 5), (3, 5), (5, 5), (60, 100)):
        low, high = interval(hits, trials)
        assert 0 <= low <= hits / trials <= high <= 1
    assert np.diff(interval(60, 100)) < np.diff(interval(6, 10))
    assert interval(0, 0) == (0.0, 1.0)


def test_a_bar_is_met_or_missed_by_so_much() -> None:
    assert verdict(ROW) == "met"
    assert verdict(replace(ROW, recovered=6)) == "MISSED by 48.0 %"
    assert verdict(replace(ROW, bar=None, recovered=0)) == "no bar"


def test_ranges_keep_five_digits() -> None:
    assert Range.of([1.0, 1000.123456, 3.0]) == Range(1.0, 3.0, 1000.1)


def test_quality_is_that_of_a_known_change() -> None:
    """Two levels up on every pixel, and then two down."""
    shift = iter((2, -2))

    def move(luma: np.ndarray, seconds: float) -> None:
        luma += np.uint8(next(shift) % 256)

    measure = Measure(move)
    grey = [np.full((64, 64, 3), 128, np.uint8)] * 2
    for number, _ in enumerate(measure.watched(iter(grey))):
        measure(np.full((64, 64), 126, np.uint8), float(number))
    found = measure.result()
    assert found.psnr_y == pytest.approx(10 * np.log10(255**2 / 4))
    assert found.psnr_rgb == pytest.approx(psnr(4.0))  # 2 levels of luma are 2.3 of each colour, which rounds to 2
    assert (found.max_delta, found.flicker_rms, found.frames) == (2, 4, 2)


def test_ssim_is_one_for_equals_and_falls_with_noise() -> None:
    random = np.random.default_rng(0)
    plane = random.normal(120, 30, (64, 64)).astype(np.float32)
    noisy = plane + random.normal(0, 20, plane.shape).astype(np.float32)
    assert ssim(plane, plane) == pytest.approx(1)
    assert 0.3 < ssim(plane, noisy) < 0.95


def test_encoders_have_versions() -> None:
    assert [facts.name for facts in encoders()] == ["h264", "hevc", "av1", "vp9"]
    assert all(facts.version and facts.preset for facts in encoders())


def test_a_journal_survives_a_line_that_was_cut(tmp_path: Path) -> None:
    path = tmp_path / "work.ndjson"
    Journal(path).add("one", {"what": "attack"}, {"recovered": True})
    with path.open("a") as file:
        file.write('{"key": "two", "outc')
    journal = Journal(path)
    assert journal.done == {"one": {"recovered": True}}
    journal.add("three", {}, {"recovered": False})
    assert Journal(path).done == {"one": {"recovered": True}, "three": {"recovered": False}}


def test_keys_tell_every_part_apart() -> None:
    keys = {key_of(clip="a", attack="b"), key_of(clip="b", attack="a"), key_of(clip="a", attack="b", seconds=2)}
    assert len(keys) == 3 and key_of(attack="b", clip="a") in keys
