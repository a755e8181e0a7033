"""Sums, forms and what is measured of a frame."""

import shutil
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from countermark.bench.machine import Machine
from countermark.bench.watermark.attacks import named
from countermark.bench.watermark.clips import Chosen, Source
from countermark.bench.watermark.journal import Journal, key_of, sources
from countermark.bench.watermark.marking import Measure, psnr, ssim
from countermark.bench.watermark.pieces import Piece, Setting, marked_file
from countermark.bench.watermark.results import AttackRow, Range, WatermarkReport, interval
from countermark.bench.watermark.run import find_peers
from countermark.bench.watermark.sums import About, Outcomes, encoders, report_of
from countermark.bench.watermark.written import table, verdict

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
    assert found.psnr_rgb == pytest.approx(psnr((2 * 255 / 219) ** 2))  # of limited range; nothing is rounded
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


def test_a_change_anywhere_in_reading_or_marking_makes_another_key(tmp_path: Path) -> None:
    root = Path(__file__).resolve().parents[2]
    for folder in ("bench/watermark", "watermark", "media"):
        shutil.copytree(root / folder, tmp_path / "0" / folder, ignore=shutil.ignore_patterns("__pycache__"))
    known = {sources(tmp_path / "0")}
    names = ("media/through.py", "media/look.py", "watermark/code.py", "bench/watermark/shapes.py")
    for number, name in enumerate(names, 1):
        copy = tmp_path / str(number)
        shutil.copytree(tmp_path / "0", copy)
        assert sources(copy) == sources(tmp_path / "0")
        sources.cache_clear()
        (copy / name).write_bytes((copy / name).read_bytes() + b"# another line\n")
        known.add(sources(copy))
    assert len(known) == 5


# Sums ----------------------------------------------------------------------------------------------------------------

SIZE = (640, 480)
QUALITY = {"psnr_rgb": 41.0, "psnr_y": 42.0, "ssim": 0.99, "flicker_rms": 0.2, "max_delta": 6.0}


def source(name: str) -> Source:
    return Source(name, Path(name), "0" * 64, SIZE, SIZE, Fraction(25))


def look(trials: int, keys: int = 1, accept: bool = False) -> dict[str, object]:
    return {"trials": trials, "keys": keys, "accept": accept}


def attacked(**more: object) -> dict[str, object]:
    read = {"recovered": True, "bit_accuracy": 0.9, "direct": True, "cpu_s": 0.1, "problem": None, "wrong": []}
    return {"encoded": "x264", "kbit_s": 900.0, **read, **more}


@pytest.fixture
def report() -> WatermarkReport:
    """Two clips: one read, one that could not be; three unmarked files, two of which could not be looked at."""
    one, other = source("a/one.mp4"), source("b/one.mp4")
    lost = attacked(recovered=False, bit_accuracy=None, direct=False, problem="no frame")
    outcomes = Outcomes(
        (
            *((Piece("mark", each), {"frames": 10, "bitrate_delta_crf23": 0.04, **QUALITY}) for each in (one, other)),
            (Piece("attack", one, "identity"), attacked(wrong=[look(6016)])),
            (Piece("attack", other, "identity"), lost),
            (Piece("unmarked", name="a/one.mp4"), {"wrong": [look(8192, 13)], "problem": None}),
            (Piece("unmarked", name="c/late.mp4"), {"wrong": [], "problem": "broken at its end"}),
            (Piece("unmarked", name="c/none.mp4"), {"wrong": [], "problem": "c/none.mp4: no video"}),
        )
    )
    chosen = Chosen((one, other), (), ("c/none.mp4: no video",))
    setting = Setting((one, other), Path("work"), 2.0, wrong_key=True)
    return report_of(About("quick", "a command", ()), (named("identity"),), chosen, outcomes, setting)


def test_a_look_is_one_file_whatever_the_number_of_keys(report: WatermarkReport) -> None:
    found = report.false_accepts
    assert (found.looks, found.keys, found.trials, found.accepts) == (2, 14, 6016 + 8192, 0)
    assert found.decodings == 188 + 256
    assert f"0 in {found.looks} looks" in table(report)


def test_only_attacks_are_lost_and_files_that_were_not_seen_are_named_once(report: WatermarkReport) -> None:
    assert report.problems == ("b/one.mp4 · identity: no frame",)
    assert report.unreadable == ("c/none.mp4: no video", "c/late.mp4: broken at its end")
    assert report.attacks[0].lost == ("b/one.mp4",)


def test_a_report_says_what_it_was_made_with(report: WatermarkReport) -> None:
    assert isinstance(report.machine, Machine) and report.machine.cores >= 1 and report.machine.processor
    assert {"python", "av", "numpy"} <= set(report.versions) and len(report.date) == 10
    assert all(word in table(report) for word in (report.date, report.machine.processor, report.versions["av"]))


def test_the_same_clip_in_two_folders_is_marked_in_two_files() -> None:
    files = {marked_file(source(name), Path("work")) for name in ("a/one.mp4", "b/one.mp4")}
    assert len(files) == 2 and files == {marked_file(source(f"{name}/one.mp4"), Path("work")) for name in "ab"}


def test_peers_that_cannot_be_imported_are_a_remark(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "imwatermark.py").write_text("import what_nobody_has\n")
    facts = tmp_path / "invisible_watermark-9.9.dist-info" / "METADATA"
    facts.parent.mkdir()
    facts.write_text("Metadata-Version: 2.1\nName: invisible-watermark\nVersion: 9.9\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    peers = find_peers()
    assert peers.package is None
    assert peers.lacking and "9.9" in peers.lacking and "what_nobody_has" in peers.lacking
