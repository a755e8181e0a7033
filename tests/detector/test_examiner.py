"""What a Reading adds up to: two findings, where, when and why; or that nothing can be said."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from countermark.detector.examiner import (
    ADAPTED,
    VERSION,
    WORST_FRAMES,
    GeneratedExaminer,
    ManipulatedExaminer,
    judged,
    together,
)
from countermark.detector.looker import Looker, Reading
from countermark.detector.model import Model, Target, load, reader
from countermark.detector.plugins.scores import Calibrated
from countermark.evidence import DetectorDetails, Evidence, FailureDetails, Span, evidence_from_json
from countermark.media import View, look
from countermark.settings import Limits
from tests import recipes
from tests.detector import heads, small
from tests.detector.readings import PLACES, reading, video


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small.model(tmp_path_factory.mktemp("model"))


@pytest.fixture(scope="module")
def model(folder: Path) -> Model:
    return load(str(folder))


def _seen(segments: list[list[float]], **facts: object) -> Reading:
    seen = reading(segments, **facts)
    for frame in seen.frames:
        frame.embeddings[:] = 0.5
    return replace(seen, frames=tuple(replace(frame, embeddings=frame.embeddings[:, :3]) for frame in seen.frames))


def _judged(seen: Reading, model: Model, target: Target = "generated") -> tuple[Evidence, DetectorDetails]:
    found = judged(seen, video(), model, target, "detector")
    assert isinstance(found.details, DetectorDetails)
    return found, found.details


def test_a_score_is_told_with_its_rate_and_both_thresholds(model: Model) -> None:
    found, details = _judged(_seen([[2.0] * 8] * 4), model)
    assert found.finding == "present" and found.score == pytest.approx(1 / (1 + np.exp(-2)), abs=1e-6)
    assert details.fpr == pytest.approx(0.0487, abs=1e-3), "none of 60 real videos scored as high"
    limits = details.thresholds
    assert limits.high_precision == pytest.approx(0.59) and limits.high_recall < limits.high_precision
    assert details.drivers[0].name == "mean" and details.drivers[0].weight == pytest.approx(2.0)
    assert (details.pictures, details.model) == (36, "countermark-detector small 0123abcd")


def test_findings_go_by_the_thresholds(model: Model) -> None:
    scores = {"absent": 0.3, "inconclusive": 0.57, "present": 0.7}
    for finding, score in scores.items():
        found, _ = _judged(_seen([[float(np.log(score / (1 - score)))] * 8]), model)
        assert found.finding == finding


def test_the_timeline_has_each_segment_and_spans_name_what_speaks_for_it(model: Model) -> None:
    found, details = _judged(_seen([[5.0] * 8, [-1.0] * 8, [5.0] * 8]), model)
    assert [round(one.score, 2) for one in details.timeline] == [0.99, 0.27, 0.99]
    assert details.timeline[1].start_s == 1.0 and details.timeline[1].end_s == pytest.approx(1 + 8 / 25)
    assert found.spans == (Span(0.0, details.timeline[0].end_s), Span(2.0, details.timeline[2].end_s))
    everywhere, _ = _judged(_seen([[5.0] * 8] * 2), model)
    assert everywhere.spans == (), "all of it needs no spans"


def test_the_worst_frames_come_first_with_the_squares_of_their_segment(model: Model) -> None:
    _, details = _judged(_seen([[0.0] * 8, [0.0] * 7 + [4.0]] + [[-2.0] * 8] * 6), model)
    assert len(details.frames) == WORST_FRAMES
    worst = details.frames[0]
    assert worst.seconds == pytest.approx(1 + 7 / 25) and worst.score == pytest.approx(0.982, abs=1e-3)
    assert len(worst.tiles) == 8 * len(PLACES) and {t.width for t in worst.tiles} == {128}


def test_a_frame_that_two_segments_share_is_told_once(model: Model) -> None:
    seen = _seen([[3.0] * 8, [3.0] * 8])
    shared = [replace(frame, seconds=frame.seconds % 1) for frame in seen.frames]
    _, details = _judged(replace(seen, frames=tuple(shared)), model)
    assert len({frame.seconds for frame in details.frames}) == len(details.frames) == 2


def test_changes_are_judged_by_the_other_column(model: Model) -> None:
    found, details = _judged(_seen([[-5.0] * 8], joins=3.0), model, "manipulated")
    assert (found.finding, details.target, details.family) == ("present", "manipulated", "")
    assert all(one.score > 0.9 for one in details.timeline)


def test_a_family_is_guessed_or_unknown(model: Model) -> None:
    seen = _seen([[2.0] * 8])
    assert _judged(seen, model)[1].family == "unknown"
    for frame in seen.frames:
        frame.embeddings[:] = (0.9, 0.5, 0.1)
    details = _judged(seen, model)[1]
    assert details.family == "reds" and details.family_score > 0.99


@pytest.mark.parametrize("bias", [None, 1.5])
def test_what_moved_a_score_adds_up_to_it(model: Model, bias: float | None) -> None:
    """At a temperature other than one as well, and with what an adapted head adds."""
    warm = replace(model.calibrations["generated"], temperatures={"good": 2.5})
    plain = model.heads["generated"]
    biased = replace(model, calibrations={**model.calibrations, "generated": warm})
    biased = replace(biased, heads={**model.heads, "generated": replace(plain, weights=(0.7,) * len(plain.weights))})
    head = None if bias is None else heads.adding(biased, bias, 0.0)
    found = judged(_seen([[0.4] * 8, [0.9] * 8]), video(), biased, "generated", "detector", head)
    assert isinstance(found.details, DetectorDetails) and found.score is not None
    moved = {driver.name: driver.weight for driver in found.details.drivers}
    assert sum(moved.values()) == pytest.approx(np.log(found.score / (1 - found.score)), abs=0.01)
    assert (ADAPTED in moved) == (bias is not None)


def test_what_tells_nothing_is_weighed_with_nobody(model: Model) -> None:
    useless = replace(model.calibrations["generated"], weight=0.0)
    alone, _ = _judged(_seen([[2.0] * 8] * 4), model)
    assert together(alone, useless, [Calibrated("mine", 0.1, 0.5, (0.0,) * 100)]) == alone


def test_what_cannot_be_judged_has_no_score(model: Model) -> None:
    found = judged(_seen([[5.0] * 8], flat=1.0), video(), model, "generated", "detector")
    assert (found.finding, found.score) == ("inconclusive", None)
    assert isinstance(found.details, FailureDetails) and found.details.error.startswith("can't judge, because")


def test_evidence_survives_json(model: Model) -> None:
    found, _ = _judged(_seen([[5.0] * 8, [-5.0] * 8]), model)
    assert evidence_from_json([found.to_json()]) == (found,)


def test_one_decode_serves_both(folder: Path, model: Model, tmp_path: Path) -> None:
    clip = recipes.clip(tmp_path / "clip.mp4", size=(384, 256))
    generated = GeneratedExaminer(model, Looker(reader(str(folder))))
    looked = look(clip, (), (generated, ManipulatedExaminer(model, generated)), Limits())
    found = {one.examiner: one for one in looked.evidence}
    assert set(found) == {"container", "detector", "detector-changes"}
    assert isinstance(found["detector-changes"].details, DetectorDetails)
    assert found["detector-changes"].version == VERSION and looked.problems == ()


def test_nobody_looks_where_it_is_needless(folder: Path, model: Model) -> None:
    first = GeneratedExaminer(model, Looker(reader(str(folder))), lambda: "it is signed")
    assert first.plan(video()).times_s == ()
    for one in (first.conclude(video()), ManipulatedExaminer(model, first).conclude(video())):
        assert one.finding == "inconclusive" and one.details == FailureDetails("not asked, since it is signed")


def test_a_look_that_broke_off_says_nothing_of_changes_either(folder: Path, model: Model) -> None:
    first = GeneratedExaminer(model, Looker(reader(str(folder))))
    first.plan(video())
    first.see(View(0.1, np.zeros((200, 200, 3), np.uint8)))
    found = ManipulatedExaminer(model, first).conclude(video())
    assert (found.finding, found.score) == ("failed", None)
