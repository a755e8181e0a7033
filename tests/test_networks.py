"""What is run is what was checked: a graph over weights that lie in another file."""

from hashlib import sha256
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper
from onnx.external_data_helper import set_external_data

from countermark import networks
from countermark.errors import NetworkUnfit

WEIGHTS = np.arange(6, dtype=np.float32).reshape(2, 3)
SKIPPED = 16  # bytes before the weights


@pytest.fixture
def graph(tmp_path: Path) -> Path:
    """y = x @ W, with W in a file beside the graph."""
    weight = onnx.numpy_helper.from_array(WEIGHTS, "w")
    set_external_data(weight, "w.bin", offset=SKIPPED, length=WEIGHTS.nbytes)
    weight.ClearField("raw_data")
    x, y = (helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", size]) for name, size in (("x", 2), ("y", 3)))
    body = helper.make_graph([helper.make_node("MatMul", ["x", "w"], ["y"])], "g", [x], [y], [weight])
    model = helper.make_model(body, opset_imports=[helper.make_opsetid("", 18)], ir_version=10)
    (tmp_path / "w.bin").write_bytes(bytes(SKIPPED) + WEIGHTS.tobytes())
    (tmp_path / "g.onnx").write_bytes(model.SerializeToString())
    return tmp_path / "g.onnx"


def _sealed(graph: Path) -> dict[str, str]:
    return {name: sha256((graph.parent / name).read_bytes()).hexdigest() for name in ("g.onnx", "w.bin")}


def test_a_sealed_graph_takes_its_weights_from_what_was_checked(graph: Path) -> None:
    x = np.array([[1, 2], [3, 4]], np.float32)
    session = networks.load(graph, threads=2, sealed=_sealed(graph))
    (graph.parent / "w.bin").write_bytes(bytes(64))  # later is too late
    assert np.array_equal(session.run(None, {"x": x})[0], x @ WEIGHTS)
    assert session.get_session_options().intra_op_num_threads == 2
    assert session.get_providers() == ["CPUExecutionProvider"]


def test_an_unsealed_graph_finds_them_beside_itself(graph: Path) -> None:
    x = np.ones((1, 2), np.float32)
    assert np.array_equal(networks.load(graph).run(None, {"x": x})[0], x @ WEIGHTS)


@pytest.mark.parametrize("name", ["g.onnx", "w.bin"])
def test_a_file_that_was_changed_is_refused(graph: Path, name: str) -> None:
    sealed = _sealed(graph)
    content = bytearray((graph.parent / name).read_bytes())
    content[-1] ^= 1
    (graph.parent / name).write_bytes(content)
    with pytest.raises(NetworkUnfit, match=f"{name} is not the file that was meant"):
        networks.load(graph, sealed=sealed)


@pytest.mark.parametrize("name", ["g.onnx", "w.bin"])
def test_a_file_that_is_gone_is_refused(graph: Path, name: str) -> None:
    sealed = _sealed(graph)
    (graph.parent / name).unlink()
    with pytest.raises(NetworkUnfit, match="No such file"):
        networks.load(graph, sealed=sealed)


def test_a_seal_that_leaves_out_the_graph_is_refused(graph: Path) -> None:
    sealed = _sealed(graph)
    del sealed["g.onnx"]
    with pytest.raises(NetworkUnfit, match="no hash is stated"):
        networks.load(graph, sealed=sealed)


def test_what_is_no_graph_is_refused_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "no.onnx").write_bytes(b"no graph at all")
    with pytest.raises(NetworkUnfit, match="no.onnx"):
        networks.load(tmp_path / "no.onnx")
    with pytest.raises(NetworkUnfit, match="no such file"):
        networks.load(tmp_path / "gone.onnx")


def test_a_device_that_is_not_here_is_refused(graph: Path) -> None:
    assert "cpu" in networks.devices()
    if "cuda" in networks.devices():
        assert networks.load(graph, device="cuda").get_providers()[-1] == "CPUExecutionProvider"
        return
    with pytest.raises(NetworkUnfit, match="cuda") as caught:
        networks.load(graph, device="cuda")
    assert "onnxruntime-gpu" in caught.value.advice
