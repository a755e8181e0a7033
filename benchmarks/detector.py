"""The detector's network: what a tile costs in ONNX Runtime and in torch, and how far apart their answers are.

    python -m benchmarks.detector [--quick]

Random weights of the shape that is trained, on noise; one thread; batches of eight tile pairs, in turns, the least of
each counts. `as shipped` is what `training.detector.export` writes, `as trained` the same network exported without
its rearrangements. Half precision: the shipped weights rounded to it, and what that moves.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.numpy import load_file

from countermark import networks
from countermark.detector.network import BATCH, TileReader
from countermark.training.detector.export import as_graph, export
from countermark.training.detector.network import TileNetwork

from .record import say, write

ROUNDS, QUICK = 40, 3


def main() -> None:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="a few rounds, to see that it runs")
    quick = parser.parse_args().quick
    torch.set_num_threads(1)
    torch.manual_seed(0)
    pairs = np.random.default_rng(0).integers(0, 256, (BATCH, 2, 128, 128, 3), dtype=np.uint8)
    network = _settled(TileNetwork(), pairs)
    with tempfile.TemporaryDirectory() as place:
        figures = _figures(network, pairs, Path(place), QUICK if quick else ROUNDS)
    for name, figure in figures.items():
        say(f"{name}: {figure}")
    write("detector-speed", figures, quick=quick)


def _figures(network: TileNetwork, pairs: NDArray[Any], folder: Path, rounds: int) -> dict[str, Any]:
    began = time.perf_counter()
    weights, graph = export(network, folder, "shipped")
    exporting = time.perf_counter() - began
    plain = folder / "plain.onnx"
    plain.write_bytes(as_graph(network).SerializeToString())
    began = time.perf_counter()
    reader = TileReader(weights)
    opening = time.perf_counter() - began
    session = networks.load(plain)
    given = torch.from_numpy(pairs)

    def in_torch() -> None:
        with torch.inference_mode():
            network(given)

    looks = {
        "as shipped": lambda: reader.read(pairs),
        "as trained": lambda: session.run(None, {"pairs": pairs}),
        "torch": in_torch,
    }
    ms = _least(looks, rounds, len(pairs))
    with torch.inference_mode():
        wanted = network(given)[0].numpy()
        logits = reader.read(pairs)[0]
        halved = _halved(network)(given)[0].numpy()
    return {
        "ms_a_tile": ms,
        "torch_to_shipped": round(ms["torch"] / ms["as shipped"], 2),
        "trained_to_shipped": round(ms["as trained"] / ms["as shipped"], 2),
        "largest_difference": float(np.abs(logits - wanted).max()),
        "largest_difference_in_half_precision": float(np.abs(halved - wanted).max()),
        "spread_of_logits": float(wanted.std()),
        "weights_bytes": weights.stat().st_size,
        "weights_numbers": sum(part.size for part in load_file(weights).values()),
        "graph_bytes": graph.stat().st_size,
        "open_ms": round(1000 * opening, 1),
        "export_s": round(exporting, 1),
    }


def _least(looks: dict[str, Callable[[], object]], rounds: int, count: int) -> dict[str, float]:
    """Give milliseconds a tile pair, of the fastest round of each; they take turns."""
    best = dict.fromkeys(looks, float("inf"))
    for _ in range(rounds):
        for name, look in looks.items():
            began = time.perf_counter()
            look()
            best[name] = min(best[name], time.perf_counter() - began)
    return {name: round(1000 * seconds / count, 3) for name, seconds in best.items()}


def _settled(network: TileNetwork, pairs: NDArray[Any]) -> TileNetwork:
    """Let normalisations see what they normalise, as after training."""
    for part in network.modules():
        if isinstance(part, torch.nn.BatchNorm2d):
            part.momentum = 1.0
    with torch.no_grad():
        network.train()(torch.from_numpy(pairs))
    return network.eval()


def _halved(network: TileNetwork) -> TileNetwork:
    """Give the network with weights rounded to half precision; sums stay single."""
    halved = TileNetwork(network.shape).eval()
    halved.load_state_dict(
        {name: part.half().float() if part.is_floating_point() else part for name, part in network.state_dict().items()}
    )
    return halved


if __name__ == "__main__":
    main()
