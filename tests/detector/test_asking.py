"""What the child is asked with: what the home holds, and not where it is."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from countermark.detector import plugins
from countermark.detector.adapting import adapted
from countermark.detector.asking import Asked, panel
from countermark.detector.model import load
from countermark.detector.plugins.scores import calibrate
from countermark.errors import HeadUnfit
from countermark.settings import Limits, Settings
from countermark.verify import verify
from tests import recipes
from tests.detector import heads
from tests.detector.plugins import own


def _strings(values: object) -> list[str]:
    if isinstance(values, dict):
        values = [*values, *values.values()]
    if isinstance(values, list):
        return [text for value in values for text in _strings(value)]
    return [values] if isinstance(values, str) else []


@pytest.fixture
def options(tmp_path: Path) -> Settings:
    """A home with a head, a class that was calibrated, a graph, and a description that is broken."""
    home = tmp_path / "home"
    adapted.keep(home, replace(heads.adding(load(), 0.5, 0.0), version="of another model"))
    (home / "detectors").mkdir()
    own.described(home / "detectors", name="mine", kind="python", python="nowhere:Mine").rename(
        plugins.place(home, "mine")
    )
    plugins.keep_calibration(home, calibrate("mine", "3", *own.scored(20, 20, 1.0)))
    file = own.graph(tmp_path / "g.onnx")
    plugins.add(home, own.described(tmp_path, name="graph", kind="onnx", file=file.name, side=32), Limits())
    plugins.place(home, "bad").write_text("name = ")
    return Settings(home=home, detector_head="greens", detector="unproven")


def test_the_child_is_told_what_the_home_holds_and_not_where_it_is(options: Settings) -> None:
    asked = Asked.by(options)
    wire = json.loads(json.dumps(asked.to_wire()))
    assert Asked.from_wire(wire) == asked
    assert (
        asked.head is not None
        and asked.head.name == "greens"
        and [one.name for one in asked.others] == ["bad", "graph", "mine"]
    )
    assert asked.others[2].calibration is not None
    named = [text for text in _strings(wire) if str(options.home) in text]
    assert named == [str(options.home / "detectors" / "graph.onnx")], "the weights alone are opened there"


def test_a_head_of_another_model_is_refused_before_any_look(options: Settings) -> None:
    with pytest.raises(HeadUnfit, match="of another model"):
        panel(Asked.by(options))
    with pytest.raises(HeadUnfit, match="no head is called reds"):
        Asked.by(options, head="reds")
    examiners = panel(Asked.by(options, head="")).examiners
    assert [one.name for one in examiners] == [
        "detector:bad",
        "detector:graph",
        "detector:mine",
        "detector",
        "detector-changes",
    ]


@pytest.mark.parametrize(("head", "why"), [("greens", "of another model"), ("reds", "no head is called reds")])
def test_no_verdict_waits_for_a_detector_that_cannot_be_asked(options: Settings, head: str, why: str) -> None:
    clip = recipes.clip(options.home.parent / "clip.mp4", seconds=1, size=(160, 120))
    verdict = verify(clip, options=options.model_copy(update={"detector": "always", "detector_head": head}))
    (failed,) = [one for one in verdict.evidence if one.examiner == "detector"]
    assert failed.finding == "failed" and why in str(failed.details)
    assert {"credentials", "watermark"} <= {one.examiner.partition(":")[0] for one in verdict.evidence}
