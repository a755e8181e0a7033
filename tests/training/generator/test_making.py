"""The whole making of the embedded model, a few steps of each: it runs, goes on, and what it writes can be run."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch")
pytest.importorskip("onnx")


def run(monkeypatch: pytest.MonkeyPatch, name: str, folder: Path, *options: str) -> None:
    from importlib import import_module

    monkeypatch.setattr(sys, "argv", [name, str(folder), *options])
    import_module(f"countermark.training.generator.{name}").main()


def test_from_clips_to_what_is_shipped(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from countermark.generator.sketch.engine import Engine
    from countermark.generator.sketch.graphs import Graphs

    run(monkeypatch, "autoencode", tmp_path, "--clips", "16", "--minutes", "0.02", "--batch", "2")
    run(monkeypatch, "encode", tmp_path, "--shards", "2", "--size", "4")
    shards = sorted((tmp_path / "shards").glob("*.npz"))
    assert [path.stem for path in shards] == ["0000-square", "0001-wide"]
    with np.load(shards[1]) as shard:
        assert shard["latents"].shape == (4, 4, 6, 11, 96) and shard["ends"].shape == (4, 3, 6, 11, 96)
        assert shard["cells"].shape == (4, 4, 6, 11, 32) and shard["words"].shape == (4, 16)

    import torch

    steps = []
    for _ in range(2):
        run(monkeypatch, "denoise", tmp_path, "--minutes", "0.03", "--batch", "2", "--pictures", "0.5")
        steps.append(torch.load(tmp_path / "transformer.pt", weights_only=True)["step"])
    assert 0 < steps[0] < steps[1]

    run(monkeypatch, "export", tmp_path, "--target", str(tmp_path / "shipped"))
    frames = Engine(Graphs.load(1, tmp_path / "shipped")).make("a red ball", steps=1, height=96, width=176)
    assert frames.shape == (25, 96, 176, 3)
    card = json.loads((tmp_path / "shipped" / "card.json").read_text())
    assert card["weights_bytes"] <= 25_000_000 and card["clips_taught"] == {"square": 4, "wide": 4}
    assert not [text for text in (tmp_path / "shipped").rglob("*.json") if str(tmp_path) in text.read_text()]

    (tmp_path / "autoencoder.pt").unlink()  # as where only the transformer was trained on: the shipped one is taken
    run(monkeypatch, "export", tmp_path, "--target", str(tmp_path / "shipped"))
    assert not [text for text in (tmp_path / "shipped").rglob("*.json") if "_name_or_path" in text.read_text()]


def test_what_taught_the_former_weights_counts_where_training_went_on_from_them(tmp_path: Path) -> None:
    from countermark.training.generator.export import with_former

    (tmp_path / "card.json").write_text(json.dumps({"clips_taught": {"square": 9, "tall": 2}}))
    assert with_former({"square": 4, "wide": 3}, tmp_path / "card.json") == {"square": 9, "wide": 3, "tall": 2}


def test_the_shipped_decoder_can_be_trained_on(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    import torch
    from safetensors.torch import load_file

    from countermark.generator.sketch.graphs import WEIGHTS

    run(monkeypatch, "autoencode", tmp_path, "--clips", "16", "--minutes", "0.02", "--batch", "2", "--decoder")
    before = load_file(WEIGHTS / "autoencoder" / "diffusion_pytorch_model.safetensors")
    after = torch.load(tmp_path / "autoencoder.pt", weights_only=True)["network"]
    assert torch.equal(after["fine_in.weight"], before["fine_in.weight"].float())
    assert not torch.equal(after["fine_out.weight"], before["fine_out.weight"].float())
    (tmp_path / "moments.json").write_text("{}")
    with pytest.raises(SystemExit, match="latents are in use"):
        run(monkeypatch, "autoencode", tmp_path, "--clips", "16", "--minutes", "0.02")
