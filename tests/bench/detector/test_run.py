"""The bench on a few made clips with real workers: what it counts, what it passes over, and that it goes on."""

import json
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from countermark.bench.detector.results import DetectorReport
from countermark.bench.detector.run import WORK, Asked, run_detector
from countermark.bench.detector.speed import measure_speed
from countermark.errors import ClipTableInvalid, OutputIsInput
from tests import recipes
from tests.bench.detector.highpass import Highpass
from tests.cli.command import run

SPEED_ASIDE = ("frames_per_s", "cold_s", "ten_seconds_720p_s", "peak_mb")
FORMS = {
    "detector.json", "detector.md", "scores.tsv",
    "roc.png", "risk-coverage.png", "reliability.png", "generators.png",
}  # fmt: skip
ROWS = (
    ("real", "camera-1", "camera"), ("real", "camera-2", "camera"), ("real", "drawn", "animation"),
    ("synthetic", "gen-1", "diffusion"), ("synthetic", "gen-2", "diffusion"), ("synthetic", "gen-2", "talking-head"),
    ("synthetic", "cut", "splice"),
)  # fmt: skip
BESIDE = (
    ("real", "camera-1", "untouched", ""), ("real", "own-game", "screen", ""), ("synthetic", "cut", "face-swap", ""),
    ("synthetic", "own-camera-1", "own-decoder", "f8"), ("synthetic", "own-camera-2", "own-decoder", "f4"),
)  # fmt: skip
HELD_OUT = Highpass(
    held_out=(
        *{group: number % 2 for number, (_, group, _) in enumerate(ROWS)}.items(),
        ("own-camera-1", 0),
        ("own-camera-2", 1),
    )
)


def smooth(count, size, seed):
    return (np.asarray(cv2.GaussianBlur(picture, (0, 0), 2.5)) for picture in recipes.pictures(count, size, seed))


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Real clips are blurred, synthetic ones are not: steepness tells them apart. Two files are no videos."""
    folder = tmp_path_factory.mktemp("clips")
    lines = ["path\tlabel\tgroup\tkind"]
    for number, (label, group, kind) in enumerate(ROWS):
        source = smooth if label == "real" and kind == "camera" else recipes.pictures
        recipes.clip(folder / f"{number}.mp4", size=(96, 96), seconds=0.4, seed=number, source=source)
        lines.append(f"{number}.mp4\t{label}\t{group}\t{kind}")
    (folder / "broken.mp4").write_bytes(b"no video" * 100)
    lines += ["broken.mp4\treal\tcamera-1\tcamera", "gone.mp4\tsynthetic\tgen-1\tdiffusion"]
    (folder / "clips.tsv").write_text("\n".join(lines) + "\n")
    return folder


@pytest.fixture(scope="module")
def beside(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What is untouched is blurred, the rest is not."""
    folder = tmp_path_factory.mktemp("made")
    lines = ["path\tlabel\tgroup\tkind\tmaker"]
    for number, (label, group, kind, maker) in enumerate(BESIDE):
        source = smooth if kind == "untouched" else recipes.pictures
        recipes.clip(folder / f"{number}.mp4", size=(96, 96), seconds=0.4, seed=20 + number, source=source)
        lines.append(f"{number}.mp4\t{label}\t{group}\t{kind}\t{maker}")
    (folder / "clips.tsv").write_text("\n".join(lines) + "\n")
    return folder / "clips.tsv"


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("out")


@pytest.fixture(scope="module")
def asked(clips: Path, out: Path, beside: Path) -> Asked:
    return Asked(
        clips / "clips.tsv", out, "leave-generators-out", ("as-found", "crf23"), jobs=1, beside=(beside,)
    )  # fmt: skip


@pytest.fixture(scope="module")
def report(asked: Asked) -> DetectorReport:
    done: list[float] = []
    found, files = run_detector(asked, HELD_OUT, done.append)
    assert done == sorted(done) and done[-1] == 1
    assert {path.name for path in files} == FORMS
    return found


def test_the_report_is_what_is_written(report: DetectorReport, out: Path) -> None:
    written = json.loads((out / "detector.json").read_text())
    assert [row["name"] for row in written["conditions"]] == ["as-found", "crf23"]
    assert set(written["speed"]) == set(SPEED_ASIDE) and all(value > 0 for value in written["speed"].values())
    assert (written["headline"], written["protocol"]) == ("crf23", "leave-generators-out")
    assert written["models"] == {name: f"steepness of {name}" for name in ("fold-0", "fold-1", "release")}
    table = (out / "detector.md").read_text()
    assert all(words in table for words in ("steepness", "gen-2", "broken.mp4", "could not be judged"))
    assert {path.name for path in out.iterdir()} == FORMS | {"work.ndjson"}


def test_clips_are_pooled_or_stand_apart(report: DetectorReport) -> None:
    for row in report.conditions:
        assert (row.n_real, row.n_synthetic) == (3, 3), "what is spliced is no work of a generator"
        assert {name: group.n for name, group in row.by_group.items()} == {"gen-1": 1, "gen-2": 2}
        assert row.auc >= 2 / 3 and row.auc_low <= row.auc <= row.auc_high, "both cameras' clips lie below all"
        assert (row.declined, row.auc_judged) == ({"real": 0, "synthetic": 0}, row.auc)
        assert (row.tpr_at_fpr01, row.tpr_at_fpr05) == (None, None), "three real clips say nothing of so few alarms"
        assert {source: one.n for source, one in row.fpr_by_source.items()} == {
            "camera-1": 1,
            "camera-2": 1,
            "drawn": 1,
        }
        assert sum(row.outcomes["real"].values()) == sum(row.outcomes["synthetic"].values()) == 3
        assert row.quality == {"small": 6} and row.seconds > 0
        assert [point.coverage for point in row.risk_coverage][-1] == 1


def test_hard_negatives_of_both_tables_are_counted_by_kind_and_say_which_weights_judged_them(
    report: DetectorReport, beside: Path
) -> None:
    for row in report.conditions:
        hard = row.hard_negatives
        assert {(one.name, one.kind, one.by) for one in hard.clips} == {
            ("2.mp4", "animation", "fold-0"),
            (f"{beside.parent.name}/1.mp4", "screen", "release"),
        }
        assert (hard.n, {kind: one.n for kind, one in hard.by_kind.items()}) == (2, {"animation": 1, "screen": 1})
        for what in ("called_ai", "called_manipulated"):
            assert getattr(hard, what) == sum(getattr(one, what) for one in hard.by_kind.values())
    assert [remark for remark in report.remarks if "own-game" in remark and "released weights" in remark]


def test_what_was_made_is_held_to_what_it_was_made_from_by_the_same_weights(report: DetectorReport) -> None:
    """The untouched copy is of camera-1, which fold 0 holds out; nothing untouched lies in fold 1."""
    for row in report.conditions:
        against = {one.name: (one.n_synthetic, one.n_real, one.against, one.pooled) for one in row.apart}
        assert against == {
            "generators, without faces": (2, 3, "real clips", True),
            "splice, by the score for a part": (1, 1, "untouched copies", False),
            "face-swap, by the score for a part": (1, 1, "untouched copies", False),
            "fakes by decoders of our own": (2, 1, "untouched copies", False),
            "own decoder f8": (1, 1, "untouched copies", False),
            "own decoder f4": (1, 3, "real clips", False),
        }
        aucs = {one.name: one.auc for one in row.apart}
        assert aucs["own decoder f8"] == 1 and aucs["splice, by the score for a part"] == 0, "which is 1 - score"


def test_blurred_clips_are_told_from_sharp_ones(report: DetectorReport) -> None:
    for row in report.conditions:
        assert row.fpr_by_source["camera-1"].called_ai == 0
        assert min(group.auc for group in row.by_group.values()) >= 2 / 3, "above both cameras"


def test_what_is_lost_is_lost_against_the_matched_copies(report: DetectorReport) -> None:
    found, matched = report.conditions
    assert matched.auc_lost is None
    assert found.auc_lost == pytest.approx(matched.auc - found.auc, abs=1e-3)


def test_simpler_means_stand_beside_it_in_every_condition(report: DetectorReport) -> None:
    names = {row.name for row in report.baselines}
    assert len(report.baselines) == 2 * len(names) == 2 * 7
    controls = {row.name for row in report.baselines if row.control}
    assert controls == {"permuted labels", "permuted labels, co-occurrence"}
    assert {row.n for row in report.baselines} == {6}, "clips beside are in none of them"


def test_clips_that_cannot_be_judged_are_listed_and_spoil_nothing(report: DetectorReport) -> None:
    said = "\n".join(report.unreadable)
    assert "gone.mp4: " in said and "broken.mp4, as-found" in said and "broken.mp4, crf23" in said
    assert len(report.unreadable) == 3


def test_every_score_is_written_down(report: DetectorReport, out: Path) -> None:
    lines = (out / "scores.tsv").read_text().splitlines()
    assert len(lines) == 1 + 2 * (len(ROWS) + len(BESIDE))
    rows = [dict(zip(lines[0].split("\t"), line.split("\t"), strict=True)) for line in lines[1:]]
    assert {row["group"]: row["by"] for row in rows if row["condition"] == "crf23"} == {
        **{group: f"fold-{fold}" for group, fold in HELD_OUT.held_out},
        "own-game": "release",
    }


def test_done_is_done(report: DetectorReport, asked: Asked, out: Path) -> None:
    """The journal is read: no worker starts, and the last line, cut short, is done once more."""
    lines = (out / "work.ndjson").read_bytes().splitlines(keepends=True)
    (out / "work.ndjson").write_bytes(b"".join(lines[:-1]) + lines[-1][:40])
    done: list[float] = []
    again, _ = run_detector(asked, HELD_OUT, done.append)
    assert len(done) == 1
    assert replace(again, date="", conditions=()) == replace(report, date="", conditions=())
    assert [replace(row, seconds=0) for row in again.conditions] == [
        replace(row, seconds=0) for row in report.conditions
    ]


def test_a_quick_run_keeps_its_copies_where_asked(clips: Path, tmp_path: Path) -> None:
    asked = Asked(clips / "clips.tsv", tmp_path, quick=True, jobs=1, keep=True)
    found, _ = run_detector(asked, Highpass(), lambda share: None)
    assert (found.speed, found.baselines, found.protocol) == (None, (), "release")
    assert any("QUICK" in remark for remark in found.remarks)
    assert len(list((tmp_path / WORK).glob("*-crf23.mp4"))) == len(ROWS)


def test_other_weights_are_other_work(clips: Path, tmp_path: Path) -> None:
    from countermark.bench.detector.keys import key_of

    keys = {key_of("score", clip="a", judge=judge) for judge in ("one", "two")} | {
        key_of("numbers", clip="a", judge="one")
    }
    assert len(keys) == 3


def test_an_output_among_the_clips_is_refused(clips: Path) -> None:
    with pytest.raises(OutputIsInput):
        run_detector(Asked(clips / "clips.tsv", clips, quick=True), Highpass(), lambda share: None)


def test_a_class_without_a_readable_clip_is_no_measurement(clips: Path, tmp_path: Path) -> None:
    table = clips / "short.tsv"
    table.write_text("path\tlabel\tgroup\nbroken.mp4\treal\tcam\n3.mp4\tsynthetic\tgen-1\n")
    with pytest.raises(ClipTableInvalid, match="not one real clip"):
        run_detector(Asked(table, tmp_path, quick=True, jobs=1), Highpass(), lambda share: None)


def test_speed_is_that_of_a_process_of_its_own(clips: Path) -> None:
    found = measure_speed(Highpass().scorer("release"), clips / "0.mp4")
    assert found.cold_s > found.ten_seconds_720p_s > 0, "a cold start loads what a warm look has"
    assert 20 < found.peak_mb < 4000 and found.frames_per_s > 1


@pytest.mark.parametrize(
    ("given", "error", "code"),
    [(("--clips", "none.tsv"), "InputMissing", 11), (("--clips", "bad.tsv"), "ClipTableInvalid", 27)],
)
def test_the_command_says_what_is_wrong(tmp_path: Path, given: tuple[str, ...], error: str, code: int) -> None:
    (tmp_path / "bad.tsv").write_text("path\tlabel\n")
    ran = run(tmp_path, "bench", "detector", *given, "--out", "out", "--quick", "--json")
    (failure,) = ran.report()["failures"]
    assert (ran.code, failure["error"], failure["exit_code"]) == (code, error, code)
    assert failure["advice"] and "Traceback" not in ran.err


def test_the_command_takes_tables_beside(tmp_path: Path) -> None:
    (tmp_path / "good.tsv").write_text("path\tlabel\tgroup\na.mp4\treal\tcam\nb.mp4\tsynthetic\tgen\n")
    given = ("--clips", "good.tsv", "--beside", "none.tsv", "--out", "out", "--quick", "--json")
    (failure,) = run(tmp_path, "bench", "detector", *given).report()["failures"]
    assert failure["error"] == "InputMissing" and "none.tsv" in failure["message"]


def test_unknown_words_are_a_matter_of_usage(tmp_path: Path) -> None:
    for option in ("--conditions", "--protocol"):
        ran = run(tmp_path, "bench", "detector", "--clips", "x", "--out", "out", option, "crf99")
        assert ran.code == 2 and "crf99" in ran.err
