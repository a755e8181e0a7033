"""What scores of a user's detector mean, measured out of fold, and how several detectors add up."""

from __future__ import annotations

import numpy as np
import pytest

from countermark.detector.plugins.scores import COUNTED_FROM, Calibrated, calibrate, fused, parts, said, weight_of
from countermark.errors import PluginInvalid
from tests.detector.plugins.own import scored


def test_the_line_that_made_the_scores_is_found() -> None:
    """Two normals of deviation 1, d apart from the middle: the true log-odds are 2 d x."""
    scores, truth, groups = scored(3000, 1000, 0.7)
    found = calibrate("mine", "1", [50 + 10 * s for s in scores], truth, groups)
    assert found.slope * 10 == pytest.approx(1.4, abs=0.12)
    assert found.probability(50) == pytest.approx(0.5, abs=0.03), "classes count alike whatever their sizes"
    assert (found.synthetic, len(found.reals)) == (3000, 1000)
    assert list(found.reals) == sorted(found.reals)


def test_a_score_that_runs_backwards_is_turned_round() -> None:
    scores, truth, groups = scored(80, 80, 1.5)
    there, back = (calibrate("mine", "1", [sign * s for s in scores], truth, groups) for sign in (1, -1))
    assert back.slope == pytest.approx(-there.slope)
    assert back.probability(-2.0) == pytest.approx(there.probability(2.0))
    assert back.weight == pytest.approx(there.weight)


def test_chance_weighs_next_to_nothing_and_certainty_stays_bounded() -> None:
    scores, truth, groups = scored(100, 100, 0.0)
    assert calibrate("mine", "1", scores, truth, groups).weight < 0.02
    sure = calibrate("mine", "1", [float(one) for one in truth], truth, groups)
    assert 0.8 < sure.weight < 1
    assert 0.9 < sure.probability(1.0) < 0.999, "a hundred videos without an error prove no more"
    assert weight_of([0.1, 0.9], [True, False]) == 0.0, "what misleads weighs nothing"


def test_too_few_videos_and_scores_that_are_none_are_refused() -> None:
    with pytest.raises(PluginInvalid, match="9 synthetic"):
        calibrate("mine", "1", *scored(9, 50, 1.0))
    scores, truth, groups = scored(20, 20, 1.0)
    with pytest.raises(PluginInvalid, match="finite"):
        calibrate("mine", "1", [float("nan"), *scores[1:]], truth, groups)
    with pytest.raises(PluginInvalid, match="one finite score for each"):
        calibrate("mine", "1", scores[1:], truth, groups)


REALS = tuple(i / 1000 for i in range(200))  # of 200 real videos none reaches .2


def test_two_that_agree_are_more_alike_than_sure() -> None:
    ours = Calibrated("ours", 0.9, 0.6, REALS)
    alone = fused(ours, [])
    assert (alone.counted, alone.shown) == (("ours",), ())
    assert alone.probability == pytest.approx(0.9)
    both = fused(ours, [Calibrated("theirs", 0.5, 0.3, REALS)])
    assert both.probability == pytest.approx(1 / (1 + (1 / 9) ** (2 / 3)))
    assert both.counted == ("ours", "theirs")
    assert alone.fpr < both.fpr < 0.05, "two may be wrong in more ways than one"


def test_what_is_not_calibrated_or_on_too_few_is_shown_and_not_counted() -> None:
    ours = Calibrated("ours", 0.9, 0.6, REALS)
    few = calibrate("few", "1", *scored(COUNTED_FROM, COUNTED_FROM - 1, 2.0))
    many = calibrate("many", "1", *scored(COUNTED_FROM, COUNTED_FROM, 2.0))
    useless = Calibrated("useless", 0.5, 0.0, REALS)
    found = fused(ours, [said("raw", 99.0, None), said("few", 9.0, few), said("many", 9.0, many), useless])
    assert found.counted == ("ours", "many")
    assert found.shown == ("raw", "few", "useless")


def test_false_alarms_of_the_fused_stay_under_what_is_stated() -> None:
    """Real videos on which both err together: the bound holds whatever they have in common."""
    random = np.random.default_rng(5)
    common = random.normal(0, 1, 320)
    share = 1 / (1 + np.exp(-(common[:, None] + random.normal(0, 0.7, (320, 2)))))
    known = [tuple(sorted(share[:200, i])) for i in (0, 1)]
    found = [
        fused(Calibrated("a", float(a), 0.5, known[0]), [Calibrated("b", float(b), 0.4, known[1])])
        for a, b in share[200:]
    ]
    rates = np.array([one.fpr for one in found])
    for stated in (0.2, 0.4):
        assert 0 < np.mean(rates <= stated) <= stated


def test_clips_of_one_group_are_held_out_together() -> None:
    """Were they not, a detector that knows its clips by their source would be told to know what is synthetic."""
    truth = [True] * 60 + [False] * 60
    groups = [f"made by {i % 7}" for i in range(60)] + [f"seen by {i % 9}" for i in range(59)] + ["made by 0"]
    part = parts(truth, groups).tolist()
    assert {len({p for p, g in zip(part, groups, strict=True) if g == group}) for group in groups} == {1}
    for kind in (True, False):
        sizes = [sum(p == i and y is kind for p, y in zip(part, truth, strict=True)) for i in range(5)]
        assert 6 <= min(sizes) and max(sizes) <= 20, "a fifth is 12, and no group is split to get there"
    order = np.random.default_rng(4).permutation(120)
    moved = parts([truth[i] for i in order], [groups[i] for i in order])
    assert moved.tolist() == [part[i] for i in order], "the order of rows says nothing"


def test_what_a_detector_knows_by_its_source_weighs_less_where_sources_are_held_out() -> None:
    random = np.random.default_rng(8)
    truth = [True] * 80 + [False] * 80
    groups = [f"{i // 20}" for i in range(160)]
    middle = dict(zip(sorted(set(groups)), random.normal(0, 1, 8), strict=True))
    scores = [0.3 * (1 if y else -1) + middle[g] + 0.1 * random.normal() for y, g in zip(truth, groups, strict=True)]
    alone = [str(i) for i in range(160)]
    honest, fooled = (calibrate("mine", "1", scores, truth, named).weight for named in (groups, alone))
    assert honest < fooled


@pytest.mark.parametrize("only", ["synthetic", "real"])
def test_one_group_of_a_class_leaves_nothing_to_fit_to(only: str) -> None:
    scores, truth, groups = scored(20, 20, 1.0)
    groups = ["one" if (only == "synthetic") == y else group for y, group in zip(truth, groups, strict=True)]
    with pytest.raises(PluginInvalid, match="nothing is left to fit to") as caught:
        calibrate("mine", "1", scores, truth, groups)
    assert "two generators" in caught.value.advice
