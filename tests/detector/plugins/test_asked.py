"""Detectors of the user's own among the examiners: what they say of a video, and what becomes of it."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from countermark.detector import plugins
from countermark.detector.asking import Asked, panel
from countermark.detector.looker import Looker
from countermark.detector.model import load
from countermark.detector.plugins.examiner import PluginExaminer
from countermark.detector.plugins.looking import Known, measured, raw_score
from countermark.detector.plugins.scores import Coefficients, calibrate
from countermark.errors import PluginInvalid
from countermark.evidence import DetectorDetails, Evidence, FailureDetails
from countermark.media import look, probe
from countermark.media.plan import Plan, View
from countermark.settings import Limits, Settings
from tests import recipes
from tests.detector import heads, small
from tests.detector.plugins.own import MODULE, added, scored


def _shown(examiner: PluginExaminer, path: Path) -> Evidence:
    video = probe(path, Limits())
    random = np.random.default_rng(3)
    for seconds in examiner.plan(video).times_s:
        examiner.see(View(seconds, random.integers(100, 110, (240, 320, 3), dtype=np.uint8)))
    return examiner.conclude(video)


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return recipes.clip(tmp_path_factory.mktemp("clip") / "clip.mp4", seconds=4, fps=24)


@pytest.mark.parametrize(("kind", "raw", "most"), [("Bright", 104.5, 16), ("Moving", 3.3, 64)])
def test_it_looks_with_the_others_and_never_finds_alone(
    home: Path, written: Path, video: Path, kind: str, raw: float, most: int
) -> None:
    examiner = PluginExaminer(added(home, written, kind))
    assert examiner.plan(probe(video, Limits())) == Looker(None).plan(probe(video, Limits())), "one decode serves both"
    evidence = _shown(examiner, video)
    assert (evidence.finding, evidence.score) == ("inconclusive", None)
    assert isinstance(evidence.details, DetectorDetails)
    assert evidence.details.fpr == 1.0
    assert 1 < evidence.details.pictures <= most
    assert examiner.raw() == ("3", pytest.approx(raw, abs=0.2))
    assert not examiner.calibrated().counts


def test_calibrated_it_says_how_likely_and_when(home: Path, written: Path, video: Path) -> None:
    added(home, written)
    scores, truth, groups = scored(80, 80, 2.0)
    one = plugins.keep_calibration(home, calibrate("mine", "3", [100 + 4 * s for s in scores], truth, groups))
    examiner = PluginExaminer(one)
    evidence = _shown(examiner, video)
    assert evidence.score == pytest.approx(examiner.calibrated().probability)
    assert evidence.score > 0.8
    assert evidence.details.fpr < 0.2
    assert len(evidence.details.timeline) >= 2
    assert examiner.calibrated().counts
    other = plugins.keep_calibration(home, calibrate("mine", "4", scores, truth, groups))
    assert _shown(PluginExaminer(other), video).score is None, "measured on another version"


def test_a_limited_child_scores_a_file_for_calibrating(home: Path, written: Path, video: Path) -> None:
    version, score = raw_score(video, added(home, written), Limits())
    assert version == "3"
    assert 20 < score < 230
    (written / "none.mp4").write_text("no video")
    table = [Known(video, True, "a"), Known(written / "none.mp4", False, "b")]
    with pytest.raises(PluginInvalid, match="1 synthetic and 0 real"):
        measured("mine", table, Settings(home=home), lambda share: None)
    plugins.place(home, "still").write_text("name = ")
    with pytest.raises(PluginInvalid, match="still.toml"):
        raw_score(video, plugins.find(home, "still"), Limits())


def test_it_is_not_even_imported_where_nobody_need_look(home: Path, written: Path, video: Path) -> None:
    one = added(home, written)
    del sys.modules["users_own"]
    examiner = PluginExaminer(one, lambda: "a trusted signature says that it is synthetic")
    assert examiner.plan(probe(video, Limits())) == Plan()
    assert "users_own" not in sys.modules
    evidence = examiner.conclude(probe(video, Limits()))
    assert evidence.finding == "inconclusive" and evidence.score is None
    assert evidence.details == FailureDetails("not asked, since a trusted signature says that it is synthetic")
    assert not examiner.calibrated().counts


def test_where_it_fails_it_says_so(home: Path, written: Path, video: Path) -> None:
    one = added(home, written)
    source = written / "users_own.py"
    source.write_text(MODULE.replace("return pictures.reshape", "pictures.nothing; return pictures.reshape"))
    del sys.modules["users_own"]
    evidence = _shown(PluginExaminer(one), video)
    assert isinstance(evidence.details, FailureDetails)
    assert "nothing" in evidence.details.error
    source.unlink()
    del sys.modules["users_own"]
    evidence = _shown(PluginExaminer(one), video)
    assert "ModuleNotFoundError" in evidence.details.error


def test_beside_an_adapted_head_it_is_weighed_by_what_that_head_gives_real_videos(
    home: Path, written: Path, video: Path
) -> None:
    """And not by what the model gives them without it."""
    added(home, written)
    one = plugins.keep_calibration(home, Coefficients("mine", "3", 0.0, 2.0, 0.5, 80, (0.01,) * 100))
    model, rates = str(small.model(written / "small")), []
    for reals in (-5.0, 5.0):
        asked = Asked(model, heads.adding(load(model), 0.5, reals), (one,))
        found = {e.examiner: e.details for e in look(video, (), panel(asked).examiners, Limits()).evidence}
        details = found["detector"]
        assert isinstance(details, DetectorDetails) and details.model.endswith(" + mine")
        rates.append(details.fpr)
    assert rates[0] < 0.15 and rates[1] == 1.0
