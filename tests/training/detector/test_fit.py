import hashlib
import json
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from countermark.detector.network import names, read_card, weights
from countermark.training.detector.__main__ import train
from countermark.training.detector.fit import FitSettings, allowed, fit, scores
from countermark.training.detector.shards import NO_DECODER, Rows, read, write

QUICK = FitSettings(steps=6, batch=12, seed=3)


def _rows(job: tuple[int, int]) -> list[Rows]:
    """Noise; what is synthetic has a trace of doubled columns."""
    number, _ = job
    rng = np.random.default_rng(number)
    pairs = rng.integers(0, 255, (6, 2, 128, 128, 3), dtype=np.uint8)
    synthetic = number % 2
    if synthetic:
        pairs[..., 1::2, :] = pairs[..., ::2, :]
    target = np.full(6, float(synthetic), np.float32)
    decoder_fold = 4 if number == 9 else NO_DECODER
    making = "reconstruction" if number == 9 else "clip"
    return [Rows(pairs, target, np.zeros(6, np.float32), number % 5, decoder_fold, f"c{number}", f"g{number}", making)]


@pytest.fixture(scope="module")
def shards(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("shards")
    assert write(_rows, [(number, 0) for number in range(12)], folder / "made", 1) == 72  # type: ignore[arg-type]
    return folder


def test_the_same_seed_gives_the_same_weights(shards: Path, tmp_path: Path) -> None:
    folders = [shards / "made"]
    first = train(folders, QUICK, tmp_path / "a", "tiny")
    assert train(folders, QUICK, tmp_path / "b", "tiny") == first
    assert train(folders, FitSettings(steps=6, batch=12, seed=4), tmp_path / "c", "tiny") != first
    last = json.loads((tmp_path / "a" / "tiny.log.jsonl").read_text().splitlines()[-1])
    assert last["sha256"] == hashlib.sha256((tmp_path / "a" / "tiny.safetensors").read_bytes()).hexdigest() == first


def test_nothing_of_the_fold_that_is_held_out_is_seen(shards: Path) -> None:
    (shard,) = read([shards / "made"])
    seen = allowed(shard, 4)
    assert not (shard.fold[seen] == 4).any() and not (shard.decoder_fold[seen] == 4).any()
    assert (shard.decoder_fold == 4).any() and seen.sum() == 60
    assert allowed(shard, None).all()


def test_it_learns_a_trace_and_not_what_is_not_there(shards: Path) -> None:
    (shard,) = read([shards / "made"])
    held = shard.fold == 2
    network = fit([shard], FitSettings(steps=25, batch=16, held_out=2, own_share=0.0, average=0.8), lambda _: None)
    found = scores(network, np.asarray(shard.pairs[held]))[:, 0]
    assert roc_auc_score(shard.synthetic[held], found) > 0.9


@pytest.mark.parametrize("name", names())
def test_committed_logs_end_with_the_hash_of_the_committed_weights(name: str) -> None:
    path = weights(name)
    log = [json.loads(line) for line in path.with_suffix(".log.jsonl").read_text().splitlines()]
    assert log[-1] == {"weights": path.name, "sha256": hashlib.sha256(path.read_bytes()).hexdigest()}
    held_out = next(row["settings"] for row in log if "settings" in row)["held_out"]
    card = read_card(path)
    assert card.files[path.name] == log[-1]["sha256"]
    graph = path.with_suffix(".onnx")
    assert card.files[graph.name] == hashlib.sha256(graph.read_bytes()).hexdigest()
    assert name == ("release" if held_out is None else f"fold-{held_out}")
    losses = [row["loss"] for row in log if "loss" in row]
    assert losses[-1] < losses[0]


def test_weights_are_there_for_every_fold() -> None:
    assert set(names()) >= {"release", *(f"fold-{k}" for k in range(5))}
