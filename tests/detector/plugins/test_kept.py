"""Detectors of the user's own in the home: tried and taken in, listed, measured, forgotten."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from onnx import TensorProto, helper, numpy_helper

from countermark.detector import plugins
from countermark.detector.plugins.described import Installed
from countermark.detector.plugins.kinds import opened
from countermark.detector.plugins.scores import Coefficients, calibrate
from countermark.errors import NetworkUnfit, PluginInvalid
from countermark.settings import Limits
from tests.detector.plugins.own import added, described, graph, scored


def _hungry(path: Path, gigabytes: int) -> Path:
    """A graph of a few bytes that fills memory when it is run, and answers as one that is harmless."""
    many = numpy_helper.from_array(np.array([gigabytes << 28], np.int64), "many")
    nodes = [
        helper.make_node("ConstantOfShape", ["many"], ["full"]),
        helper.make_node("ReduceMax", ["full"], ["none"], keepdims=0),
        helper.make_node("ReduceMean", ["x"], ["mean"], axes=[1, 2, 3], keepdims=0),
        helper.make_node("Add", ["mean", "none"], ["y"]),
    ]
    x = helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", 3, 32, 32])
    y = helper.make_tensor_value_info("y", TensorProto.FLOAT, ["n"])
    body = helper.make_graph(nodes, "g", [x], [y], [many])
    model = helper.make_model(body, opset_imports=[helper.make_opsetid("", 17)], ir_version=10)
    path.write_bytes(model.SerializeToString())
    return path


def test_a_graph_that_takes_more_than_it_may_is_ended_in_its_child(home: Path, tmp_path: Path) -> None:
    file = _hungry(tmp_path / "g.onnx", gigabytes=4)
    spec = described(tmp_path, name="mine", kind="onnx", file=file.name, side=32)
    with pytest.raises(PluginInvalid, match="mine"):
        plugins.add(home, spec, Limits())
    assert list((home / "detectors").iterdir()) == [], "nothing is left of it"


def test_a_file_is_opened_in_a_child_alone(home: Path, tmp_path: Path) -> None:
    graph(tmp_path / "g.onnx")
    spec = described(tmp_path, name="mine", kind="onnx", file="g.onnx", side=32)
    code = (
        "import sys; from pathlib import Path; from countermark.detector import plugins;"
        "from countermark.settings import Limits;"
        f"print(plugins.add(Path({str(home)!r}), Path({str(spec)!r}), Limits()).name, 'onnxruntime' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout.strip() == "mine False", done.stderr


@pytest.mark.parametrize(
    ("python", "why"),
    [
        ("users_own:Broken", "no pictures today"),
        ("users_own:Leaving", "mine fails: SystemExit: 3"),
        ("users_own:Fleeing", "mine: users_own:Fleeing: Gone: not at home"),
        ("users_own:Mute", "no finite number"),
        ("users_own:Shapeless", "lacks"),
        ("users_own:Nobody", "AttributeError"),
        ("nowhere_at_all:Bright", "ModuleNotFoundError"),
        ("users_own.Bright", "python"),
    ],
)
def test_a_class_that_does_not_work_is_not_taken_in(home: Path, written: Path, python: str, why: str) -> None:
    with pytest.raises(PluginInvalid, match=why):
        plugins.add(home, described(written, name="mine", kind="python", python=python), Limits())
    assert plugins.installed(home) == ()


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"kind": "pickle"}, "kind"),
        ({"kind": "timm"}, "model|safetensors"),
        ({"name": "../up"}, "name"),
        ({"file": "gone.onnx"}, "No such file"),
        ({"logit": 2}, "no output 2"),
        ({"normalisation": "best"}, "normalisation"),
        ({"colour": "red"}, "colour"),
        ({"side": 64}, "mine"),  # the graph takes 32
        ({"sha256": "0"}, "not the file that was meant"),
        ({"file": "no.onnx"}, "no.onnx|mine.onnx"),
        ({"file": "bytes.onnx"}, r"it takes tensor\(uint8\)"),
    ],
)
def test_what_is_described_wrongly_is_refused(home: Path, tmp_path: Path, change: dict, why: str) -> None:
    graph(tmp_path / "g.onnx")
    graph(tmp_path / "bytes.onnx", takes=TensorProto.UINT8)
    (tmp_path / "no.onnx").write_bytes(b"no graph")
    words = {"name": "mine", "kind": "onnx", "file": "g.onnx", "side": 32, **change}
    with pytest.raises((PluginInvalid, NetworkUnfit), match=why):
        plugins.add(home, described(tmp_path, **words), Limits())
    assert plugins.installed(home) == ()


def test_names_are_taken_once_and_given_back(home: Path, written: Path) -> None:
    added(home, written)
    with pytest.raises(PluginInvalid, match="added already"):
        added(home, written)
    plugins.keep_calibration(home, calibrate("mine", "3", *scored(10, 10, 1.0)))
    plugins.remove(home, "mine")
    assert list((home / "detectors").iterdir()) == []
    with pytest.raises(PluginInvalid, match="none yet"):
        plugins.remove(home, "mine")


def test_a_broken_description_in_the_home_is_listed_with_its_fault(home: Path, written: Path) -> None:
    added(home, written)
    plugins.place(home, "bad").write_text("name = ")
    bad, mine = plugins.installed(home)
    assert (bad.name, bad.description, mine.problem) == ("bad", None, "")
    assert "bad.toml" in bad.problem
    with pytest.raises(PluginInvalid, match="bad.toml"):
        opened(Installed.from_wire(bad.to_wire()))
    plugins.remove(home, "bad")
    assert plugins.installed(home) == (mine,)


def test_coefficients_come_back_as_they_were_kept(home: Path, written: Path) -> None:
    added(home, written)
    coefficients = calibrate("mine", "3", *scored(20, 30, 1.0))
    kept = plugins.keep_calibration(home, coefficients)
    assert kept.calibration == coefficients
    assert isinstance(plugins.find(home, "mine").calibration, Coefficients)
    assert Installed.from_wire(kept.to_wire()) == kept
    (home / "detectors" / "mine.calibration.json").write_text("{}")
    assert "mine.calibration.json" in plugins.find(home, "mine").problem
