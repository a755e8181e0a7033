"""The training loop: batches drawn evenly over generators, sources and makings; the same seed gives the same weights.

Knows shards and torch; nothing of clips, videos or thresholds.
"""

from __future__ import annotations

import copy
import json
import math
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from .network import BLENDED, SYNTHETIC, Shape, TileNetwork
from .shards import NO_DECODER, Shard

Say = Callable[[str], None]


@dataclass(frozen=True)
class FitSettings:
    """All that a run depends on, beside the shards."""

    shape: Shape = field(default_factory=Shape)
    held_out: int | None = None  # a fold; None: trained on all of them
    seed: int = 1
    steps: int = 2000
    batch: int = 96
    rate: float = 3e-3
    decay: float = 0.05
    smoothing: float = 0.05
    blended_weight: float = 0.5
    own_share: float = 0.3  # of the synthetic half: fakes of our own making
    average: float = 0.998  # of the weights that are kept
    threads: int = 1


@dataclass(frozen=True)
class Pool:
    """Rows of one label that may be drawn, with the chance of each."""

    shard: int
    rows: NDArray[np.int64]
    chance: NDArray[np.float64]


def fit(shards: Sequence[Shard], settings: FitSettings, say: Say = print) -> TileNetwork:
    """Train; what is kept is the running average of the weights."""
    torch.set_num_threads(settings.threads)
    torch.manual_seed(settings.seed)
    torch.use_deterministic_algorithms(True)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    network = TileNetwork(settings.shape).to(device).to(memory_format=torch.channels_last)
    kept = copy.deepcopy(network)
    optimiser = torch.optim.AdamW(network.parameters(), settings.rate, weight_decay=settings.decay)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda step: _rate(step, settings.steps))
    say(json.dumps({"settings": asdict(settings), "device": device.type}))
    network.train()
    started, losses = time.monotonic(), []
    for step, (pairs, synthetic, blended) in enumerate(_batches(shards, settings), 1):
        logits, _ = network(pairs.to(device))
        loss = _loss(logits, synthetic.to(device), blended.to(device), settings)
        optimiser.zero_grad(set_to_none=True)
        torch.autograd.backward(loss)
        optimiser.step()
        schedule.step()
        _average(kept, network, min(settings.average, step / (step + 10)))
        losses.append(loss.item())
        if step % 100 == 0 or step == settings.steps:
            speed = step * settings.batch / (time.monotonic() - started)
            say(json.dumps({"step": step, "loss": round(float(np.mean(losses[-100:])), 4), "tiles_s": round(speed)}))
    return kept.eval().cpu()


def allowed(shard: Shard, held_out: int | None) -> NDArray[np.bool_]:
    """Say which rows a run may see: none of a clip, and none made by a decoder, of the fold that is held out."""
    if held_out is None:
        return np.ones(len(shard.fold), bool)
    seen: NDArray[np.bool_] = (shard.fold != held_out) & (shard.decoder_fold != held_out)
    return seen


def scores(network: TileNetwork, pairs: NDArray[np.uint8], batch: int = 256) -> NDArray[np.float32]:
    """Give the logits of pairs, (N, 2)."""
    with torch.inference_mode():
        parts = [
            network(torch.from_numpy(np.ascontiguousarray(pairs[i : i + batch])))[0]
            for i in range(0, len(pairs), batch)
        ]
    return torch.cat(parts).numpy()


def _rate(step: int, steps: int) -> float:
    warm = max(1, min(100, steps // 10))
    return min(1.0, (step + 1) / warm) * 0.5 * (1 + math.cos(math.pi * min(1.0, step / steps)))


def _loss(logits: Tensor, synthetic: Tensor, blended: Tensor, settings: FitSettings) -> Tensor:
    total = _told(logits[:, SYNTHETIC], synthetic, settings.smoothing)
    return total + settings.blended_weight * _told(logits[:, BLENDED], blended, settings.smoothing)


def _told(logits: Tensor, targets: Tensor, smoothing: float) -> Tensor:
    known = ~torch.isnan(targets)
    if not known.any():
        return logits.sum() * 0
    soft = targets[known] * (1 - smoothing) + smoothing / 2
    return functional.binary_cross_entropy_with_logits(logits[known], soft)


def _average(kept: TileNetwork, network: TileNetwork, share: float) -> None:
    with torch.no_grad():
        for old, new in zip(kept.parameters(), network.parameters(), strict=True):
            old.lerp_(new, 1 - share)
        for past, now in zip(kept.buffers(), network.buffers(), strict=True):
            if now.dtype.is_floating_point:
                past.lerp_(now, 1 - share)
            else:
                past.copy_(now)


def _batches(shards: Sequence[Shard], settings: FitSettings) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
    """Draw and load ahead; each batch has a chance of its own, so that the order of loading changes nothing."""
    kinds = _kinds(shards, settings.held_out)
    shares = _shares(kinds, settings)

    def load(step: int) -> tuple[Tensor, Tensor, Tensor]:
        rng = np.random.default_rng((settings.seed, step))
        parts = [_drawn(shards, kinds[name], count, rng) for name, count in shares.items() if count]
        pairs, synthetic, blended = (np.concatenate(column) for column in zip(*parts, strict=True))
        return torch.from_numpy(_varied(pairs, rng)), torch.from_numpy(synthetic), torch.from_numpy(blended)

    ahead = 4
    with ThreadPoolExecutor(1) as pool:
        waiting = [pool.submit(load, step) for step in range(ahead)]
        for step in range(settings.steps):
            yield waiting.pop(0).result()
            if step + ahead < settings.steps:
                waiting.append(pool.submit(load, step + ahead))


def _kinds(shards: Sequence[Shard], held_out: int | None) -> dict[str, list[Pool]]:
    """Sort the rows that may be seen: real, synthetic, and of our own making."""
    kinds: dict[str, list[Pool]] = {"real": [], "synthetic": [], "own": []}
    for number, shard in enumerate(shards):
        may = allowed(shard, held_out)
        plain = np.array([making == "clip" for making in shard.makings])[shard.making]
        real = np.nan_to_num(shard.synthetic) < 0.5
        for name, which in (("real", plain & real), ("synthetic", plain & ~real), ("own", ~plain)):
            rows = np.flatnonzero(may & which)
            if len(rows):
                kinds[name].append(Pool(number, rows, _evenly(shard, rows)))
    return kinds


def _evenly(shard: Shard, rows: NDArray[np.int64]) -> NDArray[np.float64]:
    """Give each row a chance such that generators and sources weigh by the square root of what they brought."""
    _, inverse, counts = np.unique(
        shard.group[rows].astype(np.int64) * 1000 + shard.making[rows], return_inverse=True, return_counts=True
    )
    weight = 1 / np.sqrt(counts[inverse])
    return np.asarray(weight / weight.sum())


def _shares(kinds: dict[str, list[Pool]], settings: FitSettings) -> dict[str, int]:
    half = settings.batch // 2
    own = round(half * settings.own_share) if kinds["own"] else 0
    return {"real": settings.batch - half, "synthetic": half - own, "own": own}


def _drawn(
    shards: Sequence[Shard], pools: list[Pool], count: int, rng: np.random.Generator
) -> tuple[NDArray[np.uint8], NDArray[np.float32], NDArray[np.float32]]:
    sizes = np.array([len(pool.rows) for pool in pools], float)
    split = rng.multinomial(count, sizes / sizes.sum())
    parts = []
    for pool, number in zip(pools, split, strict=True):
        rows = np.sort(rng.choice(pool.rows, number, p=pool.chance))
        shard = shards[pool.shard]
        parts.append((shard.pairs[rows], shard.synthetic[rows], shard.blended[rows]))
    pairs, synthetic, blended = (np.concatenate(column) for column in zip(*parts, strict=True))
    return pairs, synthetic, blended


def _varied(pairs: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    """Mirror some pairs and shift the levels of some; what compression left stays what it was."""
    made = pairs.copy()
    for i in range(len(made)):
        if rng.random() < 0.5:
            made[i] = made[i][:, :, ::-1]
        if rng.random() < 0.3:
            made[i] = made[i][:, ::-1]
        if rng.random() < 0.3:
            made[i] = made[i][..., rng.permutation(3)]
        if rng.random() < 0.3:
            levels = np.clip(np.arange(256) * rng.uniform(0.8, 1.2) + rng.uniform(-16, 16), 0, 255)
            made[i] = levels.round().astype(np.uint8)[made[i]]
    return made


__all__ = ["NO_DECODER", "FitSettings", "allowed", "fit", "scores"]
