"""Our own detector as the bench asks it: what findings add up to, and that they are those of `detect`."""

from pathlib import Path

import pytest

from countermark.bench.detector.ours import Ours, scored
from countermark.bench.detector.scoring import Scored
from countermark.detector.looking import detect
from countermark.detector.network import names
from countermark.detector.pooling import GENERATED
from countermark.detector.statistics import NAMES
from countermark.evidence import DetectorDetails, Evidence, FailureDetails
from countermark.evidence.judges import Thresholds
from countermark.settings import Settings
from tests import recipes

DIGEST = "0" * 64
THRESHOLDS = Thresholds(0.9, 0.01, 0.6, 0.05)


def finding(target: str, score: float) -> Evidence:
    details = DetectorDetails(target, "m", 0.02, THRESHOLDS, quality=("soft",), family="unknown")
    found = "present" if score >= 0.9 else "inconclusive" if score >= 0.6 else "absent"
    name = "detector" if target == "generated" else "detector-changes"
    return Evidence(DIGEST, "video", name, "1", found, score, (), (), details)


@pytest.mark.parametrize(
    ("generated", "manipulated", "outcome"),
    [
        (0.95, 0.1, "likely_ai"),
        (0.2, 0.95, "likely_manipulated"),
        (0.7, 0.1, "inconclusive"),
        (0.1, 0.1, "no_evidence"),
    ],
)
def test_findings_add_up(generated: float, manipulated: float, outcome: str) -> None:
    said = scored(finding("generated", generated), finding("manipulated", manipulated), 1.5)
    assert said == Scored(generated, manipulated, outcome, ("soft",), "unknown", 1.5)


def test_what_could_not_be_judged_is_undecided_and_says_why() -> None:
    failed = Evidence(
        DIGEST,
        "video",
        "detector",
        "1",
        "inconclusive",
        None,
        (),
        (),
        FailureDetails("can't judge, because it is black"),
    )
    said = scored(failed, finding("manipulated", 0.1), 0.1)
    assert (said.score, said.outcome, said.quality) == (0.5, "inconclusive", ("can't judge, because it is black",))
    assert not said.judged and scored(finding("generated", 0.1), failed, 0.1).judged


@pytest.mark.parametrize("wrong", [{"score": 1.2}, {"manipulated": -0.1}, {"outcome": "authentic"}])
def test_scores_are_probabilities_and_outcomes_are_known(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError):
        Scored(**{"score": 0.5, "manipulated": 0.5, "outcome": "no_evidence", **wrong})


def test_the_bench_judges_as_detect_does(tmp_path: Path) -> None:
    if "release" not in names():
        pytest.skip("this clone has no weights")
    clip = recipes.clip(tmp_path / "clip.mp4", size=(320, 240), seconds=1)
    scorer = Ours().scorer("release")
    said, found = scorer(clip), detect(clip, Settings(home=tmp_path))
    assert said.score == pytest.approx(found.generated.score)
    assert said.outcome == found.outcome()
    assert said.judged and len(said.numbers) == len(GENERATED) + 1 + len(NAMES)
    assert scorer.version == Ours().scorer("release").version and said.seconds > 0
