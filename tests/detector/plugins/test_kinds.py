"""Detectors of the user's own, opened: an ONNX file, a timm checkpoint, a Python class."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from countermark.detector import plugins
from countermark.detector.plugins.described import Installed, TimmFile
from countermark.detector.plugins.kinds import opened, prepared, scores_of
from countermark.errors import NetworkUnfit, PluginInvalid
from countermark.settings import Limits
from tests.detector.plugins.own import added, described, graph


def _pictures(*colours: tuple[int, int, int]) -> np.ndarray:
    return np.array([np.full((48, 64, 3), colour) for colour in colours], np.uint8)


@pytest.mark.parametrize("batch", ["n", 1])
def test_an_onnx_file_is_copied_and_asked(home: Path, tmp_path: Path, batch: int | str) -> None:
    file = graph(tmp_path / "their model.onnx", batch=batch)
    words = {"side": 32, "normalisation": "unit", "logit": 0, "against": 1}
    plugins.add(home, described(tmp_path, name="mine", kind="onnx", file=file.name, **words), Limits())
    file.unlink()
    (one,) = plugins.installed(home)
    assert one == Installed.from_wire(one.to_wire()), "as it travels to the child"
    detector = opened(one)
    assert (detector.name, detector.wants, one.calibration, one.problem) == ("mine", "frames", None, "")
    assert detector.version.startswith("1+")
    scores = scores_of(detector, _pictures((255, 0, 0), (0, 9, 255), (51, 200, 0)))
    assert scores == pytest.approx([1, -1, 0.2], abs=1e-6)


def test_a_file_that_was_exchanged_after_it_was_added_is_refused(home: Path, tmp_path: Path) -> None:
    file = graph(tmp_path / "g.onnx")
    one = plugins.add(home, described(tmp_path, name="mine", kind="onnx", file=file.name, side=32), Limits())
    assert one.file is not None
    one.file.write_bytes(one.file.read_bytes()[:-1] + b"\1")
    with pytest.raises(NetworkUnfit, match="not the file that was meant"):
        opened(one)


def test_a_timm_checkpoint_is_loaded_without_pickle(home: Path, tmp_path: Path) -> None:
    import timm
    import torch
    from safetensors.torch import save_file

    torch.manual_seed(1)
    torch.set_num_threads(1)
    model = timm.create_model("test_vit", pretrained=False, num_classes=2).eval()
    save_file(model.state_dict(), tmp_path / "w.safetensors")
    side = model.default_cfg["input_size"][1]
    words = {"name": "vit", "kind": "timm", "model": "test_vit", "classes": 2, "logit": 1, "side": side}
    patient = Limits(child_silence_s=500)  # the child starts torch, and other work may starve it
    one = plugins.add(home, described(tmp_path, file="w.safetensors", **words), patient)
    pictures = np.random.default_rng(0).integers(0, 256, (3, 200, 220, 3), dtype=np.uint8)
    with torch.inference_mode():
        wanted = model(torch.from_numpy(prepared(pictures, side, "imagenet")))[:, 1]
    assert scores_of(opened(one), pictures) == pytest.approx(wanted.tolist(), abs=1e-5)

    torch.save(model.state_dict(), tmp_path / "w.pth")
    with pytest.raises(PluginInvalid, match="file"):
        plugins.add(home, described(tmp_path, file="w.pth", **{**words, "name": "pickled"}), patient)
    assert isinstance(one.description, TimmFile) and one.file is not None
    pickled = (tmp_path / "w.pth").read_bytes()
    renamed = replace(one.description, sha256=hashlib.sha256(pickled).hexdigest())
    with pytest.raises(PluginInvalid):
        opened(replace(one, description=replace(one.description, classes=3)))
    one.file.write_bytes(pickled)
    with pytest.raises(PluginInvalid, match="(?i)header"):
        opened(replace(one, description=renamed))


def test_a_class_is_imported_when_it_is_opened_and_not_before(home: Path, written: Path) -> None:
    added(home, written, "Moving")
    del sys.modules["users_own"]
    (one,) = plugins.installed(home)
    assert "users_own" not in sys.modules
    detector = opened(one)
    assert "users_own" in sys.modules
    assert (detector.name, detector.version, detector.wants) == ("mine", "3", "tiles")
    pairs = np.zeros((2, 2, 128, 128, 3), np.uint8)
    pairs[1, 1] = 7
    assert scores_of(detector, pairs) == [0, 7]


def test_importing_plugins_imports_nothing_heavy() -> None:
    code = (
        "import sys, countermark.detector.plugins, countermark.detector.plugins.examiner;"
        "print({'torch', 'timm', 'sklearn', 'onnxruntime', 'cv2', 'numpy'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout.strip() == "set()", done.stderr
