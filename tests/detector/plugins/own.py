"""Detectors of a user's own, for tests: classes, a graph, their descriptions, and scores of chosen worth."""

import json
from pathlib import Path

import numpy as np
from onnx import TensorProto, helper, numpy_helper

from countermark.detector import plugins
from countermark.detector.plugins.described import Installed
from countermark.settings import Limits

MODULE = """
import numpy

class Bright:
    name, version, wants = "bright", "3", "frames"

    def score(self, pictures):
        return pictures.reshape(len(pictures), -1).mean(axis=1)

class Moving(Bright):
    wants = "tiles"

    def score(self, pictures):
        return numpy.abs(pictures[:, 1].astype(float) - pictures[:, 0]).mean(axis=(1, 2, 3))

class Broken(Bright):
    def score(self, pictures):
        raise RuntimeError("no pictures today")

class Leaving(Bright):
    def score(self, pictures):
        raise SystemExit(3)

class Fleeing(Bright):
    class Gone(BaseException):
        pass

    def __init__(self):
        raise self.Gone("not at home")

class Mute(Bright):
    def score(self, pictures):
        return [float("nan")] * len(pictures)

class Shapeless:
    pass
"""


def described(folder: Path, **values: object) -> Path:
    path = folder / "mine.toml"
    path.write_text("".join(f"{key} = {json.dumps(value)}\n" for key, value in values.items()))
    return path


def added(home: Path, folder: Path, python: str = "Bright", name: str = "mine") -> Installed:
    """Add a class of the module above."""
    return plugins.add(home, described(folder, name=name, kind="python", python=f"users_own:{python}"), Limits())


def graph(path: Path, side: int = 32, batch: int | str = "n", takes: int = TensorProto.FLOAT) -> Path:
    """Two outputs: the mean of red, and that of blue."""
    x = helper.make_tensor_value_info("x", takes, [batch, 3, side, side])
    y = helper.make_tensor_value_info("y", TensorProto.FLOAT, [batch, 2])
    pick = numpy_helper.from_array(np.array([[1, 0], [0, 0], [0, 1]], np.float32), "pick")
    nodes = [
        helper.make_node("Cast", ["x"], ["floats"], to=TensorProto.FLOAT),
        helper.make_node("ReduceMean", ["floats"], ["m"], axes=[2, 3], keepdims=0),
        helper.make_node("MatMul", ["m", "pick"], ["y"]),
    ]
    body = helper.make_graph(nodes, "g", [x], [y], [pick])
    model = helper.make_model(body, opset_imports=[helper.make_opsetid("", 17)], ir_version=10)
    path.write_bytes(model.SerializeToString())
    return path


def scored(synthetic: int, real: int, apart: float, seed: int = 0) -> tuple[list[float], list[bool], list[str]]:
    """Scores of videos, each of a source of its own, their truth and their groups."""
    random = np.random.default_rng(seed)
    truth = [True] * synthetic + [False] * real
    scores = [float(random.normal(apart * (1 if one else -1), 1)) for one in truth]
    return scores, truth, [f"group {i}" for i in range(len(truth))]
