"""A detector for tests that anyone can foretell: reddish squares were generated, greenish ones were changed.

Its network is a real graph of a few nodes, run as the real ones are; its heads are read as theirs are.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from countermark.detector.pooling import GENERATED, MANIPULATED

REALS = tuple(round(0.01 * i, 2) for i in range(60))  # what real videos scored: alarms begin just above .59
LEVELS = 12.0  # of red over blue, or green over both, that are one in log-odds


def model(folder: Path, name: str = "small", *, reals: Sequence[float] = REALS, family: str = "reds") -> Path:
    """Write the files of a detector into a folder, and give the folder."""
    import onnx
    from onnx import helper, numpy_helper
    from safetensors.numpy import save

    folder.mkdir(exist_ok=True)
    weight = np.array([[1, -0.5], [0, 1], [-1, -0.5]], np.float32) / LEVELS  # from red, green, blue to two logits
    parts = {"weight": weight, "axes": np.array([1, 2, 3]), "full": np.array([255], np.float32)}
    nodes = [
        helper.make_node("Cast", ["pairs"], ["levels"], to=onnx.TensorProto.FLOAT),
        helper.make_node("ReduceMean", ["levels", "axes"], ["colour"], keepdims=0),
        helper.make_node("MatMul", ["colour", "weight"], ["logits"]),
        helper.make_node("Div", ["colour", "full"], ["embedding"]),
    ]
    graph = helper.make_graph(
        nodes,
        name,
        [helper.make_tensor_value_info("pairs", onnx.TensorProto.UINT8, ["n", 2, 128, 128, 3])],
        [helper.make_tensor_value_info(out, onnx.TensorProto.FLOAT, ["n", k]) for out, k in _OUTPUTS],
        [numpy_helper.from_array(part, key) for key, part in parts.items()],
    )
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10)
    files = {f"{name}.onnx": made.SerializeToString(), f"{name}.safetensors": save({"weight": weight})}
    for file, content in files.items():
        (folder / file).write_bytes(content)
    digests = {file: hashlib.sha256(content).hexdigest() for file, content in files.items()}
    card = {"name": name, "backbone": "colours", "parameters": weight.size, "embedding": 3, "files": digests}
    (folder / f"{name}.json").write_text(json.dumps(card))
    (folder / f"{name}.heads.json").write_text(json.dumps(heads(reals, family)))
    return folder


def heads(reals: Sequence[float] = REALS, family: str = "reds") -> dict[str, Any]:
    """Coefficients: what all squares say on average, and the squares that say most, are all that counts."""
    calibration = {
        "temperatures": {"good": 1.0, "soft": 1.0, "small": 1.0},
        "reals": list(reals),
        "weight": 0.5,
        "high_precision_fpr": 0.05,
        "high_recall_fpr": 0.2,
    }
    return {
        "version": "0123abcd",
        "statistics": None,
        "generated": {"head": _head((*GENERATED, "statistics"), "mean"), "calibration": calibration},
        "manipulated": {"head": _head(MANIPULATED, "strongest joins"), "calibration": calibration},
        "families": {
            "names": [family, "blues"],
            "mean": [0.5, 0.5, 0.5],
            "weights": [[20.0, 0.0, -20.0], [-20.0, 0.0, 20.0]],
            "bias": [0.0, 0.0],
            "least": 0.8,
        },
    }


_OUTPUTS = (("logits", 2), ("embedding", 3))


def _head(names: tuple[str, ...], counts: str) -> dict[str, Any]:
    return {
        "names": list(names),
        "mean": [0.0] * len(names),
        "scale": [1.0] * len(names),
        "weights": [1.0 if name == counts else 0.0 for name in names],
        "bias": 0.0,
    }
