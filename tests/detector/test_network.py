"""ONNX Runtime and torch say the same, and what runs needs no torch."""

import json
import os
import subprocess
import sys
from pathlib import Path
from shutil import copy

import numpy as np
import pytest
import torch
from safetensors.numpy import load_file

from countermark.detector.network import TileReader, names, read_card, weights
from countermark.errors import NetworkUnfit
from countermark.training.detector.export import export
from countermark.training.detector.network import TileNetwork

SAME = 1e-4  # logits: both add up float32, in another order
WITHOUT_TORCH = """
import sys

class Refuse:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {"torch", "timm", "sklearn", "safetensors", "onnx"}:
            raise ImportError(name)

sys.meta_path.insert(0, Refuse())
import numpy
from pathlib import Path
from countermark.detector.network import TileReader
pairs = numpy.load(sys.argv[2])
print(TileReader(Path(sys.argv[1])).read(pairs)[0].tolist())
"""


@pytest.fixture(scope="module")
def pairs() -> np.ndarray:
    """Noise of many strengths over grounds of many levels, moving; more than one batch, and not a whole number."""
    random = np.random.default_rng(14)
    ground = random.uniform(0, 255, (19, 1, 1, 1, 3)) + np.linspace(-60, 60, 128)[:, None]
    noise = random.normal(0, 1, (19, 2, 128, 128, 3)) * random.uniform(0, 90, (19, 1, 1, 1, 1))
    return np.clip(ground + noise, 0, 255).astype(np.uint8)


@pytest.fixture(scope="module")
def network(pairs: np.ndarray) -> TileNetwork:
    """Random weights, and normalisations that have seen these tiles and do something of their own besides."""
    torch.manual_seed(14)
    torch.set_num_threads(1)
    network = TileNetwork()
    with torch.no_grad():
        for part in network.modules():
            if isinstance(part, torch.nn.BatchNorm2d):
                part.momentum = 1.0  # one look is enough
                part.weight.uniform_(0.5, 1.5)
                part.bias.normal_(0, 0.2)
        network.train()(torch.from_numpy(pairs))
    return network.eval()


@pytest.fixture(scope="module")
def exported(network: TileNetwork, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return export(network, tmp_path_factory.mktemp("weights"), "random")[0]


@pytest.fixture
def own(exported: Path, tmp_path: Path) -> Path:
    """Copies that a test may damage."""
    for ending in (".safetensors", ".onnx", ".json"):
        copy(exported.with_suffix(ending), tmp_path)
    return tmp_path / exported.name


def test_both_say_the_same(network: TileNetwork, exported: Path, pairs: np.ndarray) -> None:
    logits, embeddings = TileReader(exported).read(pairs)
    with torch.inference_mode():
        wanted, summed = network(torch.from_numpy(pairs))
    assert np.abs(logits - wanted.numpy()).max() < SAME
    assert np.abs(embeddings - summed.numpy()).max() < SAME
    assert logits.dtype == embeddings.dtype == np.float32
    assert logits.std(axis=0).min() > 100 * SAME, "the scores differ among themselves, or nothing was compared"


def test_running_needs_no_torch(exported: Path, pairs: np.ndarray, tmp_path: Path) -> None:
    np.save(tmp_path / "pairs.npy", pairs[:3])
    command = [sys.executable, "-c", WITHOUT_TORCH, str(exported), str(tmp_path / "pairs.npy")]
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "OMP_NUM_THREADS": "1"})
    assert done.returncode == 0, done.stderr
    assert np.allclose(json.loads(done.stdout), TileReader(exported).read(pairs[:3])[0], atol=1e-6)


def test_the_weights_lie_in_one_small_file(network: TileNetwork, exported: Path) -> None:
    content = load_file(exported)
    assert sum(part.size for part in content.values()) < sum(part.numel() for part in network.parameters())
    assert exported.stat().st_size < 6e6
    assert exported.with_suffix(".onnx").stat().st_size < 60e3, "the graph brings none of its own"
    card = read_card(exported)
    assert (card.name, card.embedding) == ("random", network.shape.embedding)
    assert TileReader(exported).card.version == card.version == card.files["random.safetensors"][:12]


def test_none_gives_none(exported: Path, pairs: np.ndarray) -> None:
    logits, embeddings = TileReader(exported).read(pairs[:0])
    assert logits.shape == (0, 2)
    assert embeddings.shape == (0, read_card(exported).embedding)


def test_what_are_no_tile_pairs_is_refused(exported: Path, pairs: np.ndarray) -> None:
    reader = TileReader(exported)
    for wrong in (pairs.astype(np.float32), pairs[:, 0], pairs[:, :, :64]):
        with pytest.raises(ValueError, match="tile pairs are bytes"):
            reader.read(wrong)


@pytest.mark.parametrize("ending", [".safetensors", ".onnx"])
def test_one_changed_bit_is_noticed(own: Path, ending: str) -> None:
    path = own.with_suffix(ending)
    content = bytearray(path.read_bytes())
    content[-3] ^= 4
    path.write_bytes(content)
    with pytest.raises(NetworkUnfit, match="not the file that was meant"):
        TileReader(own)


@pytest.mark.parametrize(
    "change",
    [
        {"files": {"random.onnx": "0"}},
        {"files": {"random.onnx": "0", "../random.safetensors": "0"}},
        {"files": 3},
        {"name": "other"},
        {"embedding": 0},
    ],
)
def test_a_card_of_another_network_is_refused(own: Path, change: dict[str, object]) -> None:
    card = own.with_suffix(".json")
    card.write_text(json.dumps({**json.loads(card.read_text()), **change}))
    with pytest.raises(NetworkUnfit, match="random.json"):
        TileReader(own)


def test_a_card_that_is_gone_or_cut_is_refused(own: Path) -> None:
    card = own.with_suffix(".json")
    card.write_bytes(card.read_bytes()[:-20])
    with pytest.raises(NetworkUnfit, match="random.json"):
        TileReader(own)
    card.unlink()
    with pytest.raises(NetworkUnfit, match=r"random.json: No such file"):
        TileReader(own)


def test_every_network_that_is_shipped_is_the_one_its_card_states() -> None:
    with pytest.raises(NetworkUnfit, match="no network called nobody"):
        weights("nobody")
    sizes = 0
    for name in names():
        assert np.isfinite(TileReader(weights(name)).read(np.zeros((1, 2, 128, 128, 3), np.uint8))[0]).all()
        sizes += weights(name).stat().st_size
    assert sizes <= 25e6
