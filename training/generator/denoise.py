"""Trains the transformer: `python -m countermark.training.generator.denoise FOLDER`. It goes on from its checkpoint.

Flow matching: a token is drawn between its latent and noise, and the network says the way from one to the other.
Halfway it must also say where the objects are, which teaches it shapes early. Single pictures are part of it: they
cost less.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from ...generator.sketch.form.transformer import SketchTransformer, SketchWords
from ...generator.sketch.graphs import WEIGHTS
from ...generator.sketch.places import places
from .encode import CELLS
from .fitting import Average, Log, Muon, Schedule, resume, save

UNSAID = 0.1  # of the clips come without words
ON_OBJECTS = 4.0  # how much more a token counts that an object fills
WHERE = 0.3  # how much the map of objects counts

# What is given besides the words, and how often: nothing, the first picture, that and a later one, a later one alone,
# the first 9 frames.
GIVEN = {"nothing": 0.62, "first": 0.14, "both": 0.08, "end": 0.04, "begun": 0.12}


class Networks(nn.Module):
    """Everything that is trained together."""

    def __init__(self) -> None:
        """Begin anew."""
        super().__init__()
        self.words, self.transformer = SketchWords(), SketchTransformer()
        self.where = nn.Linear(self.transformer.config.width, 2 * CELLS * CELLS)

    def take_shipped(self) -> None:
        """Begin with what is shipped; only what says where objects are is learned anew."""
        for name, network in (("words", self.words), ("transformer", self.transformer)):
            shipped = type(network).from_pretrained(WEIGHTS / name)
            network.load_state_dict(shipped.float().state_dict())


class Shards:
    """The shards of a folder, in memory; new ones are found as they come."""

    def __init__(self, folder: Path) -> None:
        """Hold none until `look`."""
        self.folder, self.seen = folder, set[str]()
        self.rows: dict[str, list[dict[str, NDArray[np.generic]]]] = {}

    def look(self) -> int:
        """Read what is new; give how many there are."""
        for path in sorted(self.folder.glob("[0-9]*-*.npz")):
            if path.name not in self.seen and ".part" not in path.name:
                self.seen.add(path.name)
                with np.load(path) as content:
                    self.rows.setdefault(path.stem.split("-")[1], []).append(dict(content))
        return len(self.seen)

    def batch(self, rng: np.random.Generator, size: int) -> dict[str, Tensor]:
        """Draw clips of one shape."""
        kinds = sorted(self.rows)
        share = np.asarray([len(self.rows[kind]) for kind in kinds], float)
        shards = self.rows[kinds[int(rng.choice(len(kinds), p=share / share.sum()))]]
        picks = [(int(rng.integers(len(shards))), int(rng.integers(len(shards[0]["words"])))) for _ in range(size)]
        return {name: torch.from_numpy(np.stack([shards[one][name][row] for one, row in picks])) for name in shards[0]}


def loss_of(
    networks: Networks, batch: dict[str, Tensor], rng: np.random.Generator, picture: bool
) -> tuple[Tensor, dict[str, float]]:
    """Give the loss for a batch; `picture` looks at the first frames alone."""
    latents, ends, cells = (batch[name].float() for name in ("latents", "ends", "cells"))
    device = latents.device
    if picture:
        latents, cells = latents[:, :1], cells[:, :1]
    b, t, h, w, _ = latents.shape
    x, where = latents, cells / 255  # (B, T, H, W, C)
    numbers = batch["words"].long() * (torch.rand(b, 1, device=device) >= UNSAID)
    asked = "nothing" if picture else str(rng.choice(list(GIVEN), p=list(GIVEN.values())))
    at, given = places(t, h, w), np.zeros(t, np.float32)
    if asked in ("first", "both"):
        given[0] = 1
    if asked == "begun":
        given[:2] = 1
    if asked in ("end", "both"):
        block = t - 1 if rng.random() < 0.5 else int(rng.integers(1, t))
        x = torch.cat([x, ends[:, block - 1 : block]], 1)
        at = np.concatenate([at, places(1, h, w, block)])
        given = np.append(given, np.float32(1))
    clean = torch.from_numpy(given).to(device).expand(b, -1)
    level = torch.sigmoid(torch.randn(b, device=device) * 1.1 + 0.5)
    noise = torch.randn_like(x)
    blend = (level[:, None] * (1 - clean))[:, :, None, None, None]
    tokens = (1 - blend) * x + blend * noise
    spots = torch.from_numpy(at).to(device).expand(b, -1, -1, -1, -1)
    said = networks.words(numbers)
    way, half = networks.transformer.both(tokens, spots, clean if given.any() else None, level, said)
    weight = (1 + ON_OBJECTS * where.mean(-1)) * (1 - clean[:, :t, None, None])
    off = (way[:, :t].float() - (noise - x)[:, :t]).square().mean(-1)
    flow = (off * weight).sum() / weight.sum()
    seen = networks.where(half[:, :t]).float()
    found = nn.functional.binary_cross_entropy_with_logits(seen, where)
    told = {"flow": float(flow.detach()), "where": float(found.detach())}
    return flow + WHERE * found, told


def train(asked: argparse.Namespace) -> None:
    """Train until the time is up."""
    torch.manual_seed(asked.seed)
    networks = Networks().to(asked.device)
    checkpoint = asked.folder / "transformer.pt"
    if asked.from_shipped and not checkpoint.exists():
        networks.take_shipped()
    thin = ("words.embed", "words.place", "transformer.kinds", "transformer.leave", "where")
    optimizer, average = Muon(networks, asked.rate, thin=thin), Average(networks)
    step = resume(checkpoint, networks, optimizer, average)
    if asked.compile:
        torch._dynamo.config.recompile_limit = 64  # one for each shape of a batch
        networks.transformer.both = torch.compile(networks.transformer.both, dynamic=False)
    shards = Shards(asked.folder / "shards")
    while not shards.look():
        time.sleep(5)
    schedule = Schedule(asked.rate, asked.minutes * 60, fall=asked.fall)
    rng = np.random.default_rng([asked.seed, step])
    torch.manual_seed(asked.seed + step)
    log = Log(asked.folder / "transformer.jsonl")
    while schedule.going:
        picture = rng.random() < asked.pictures
        drawn = shards.batch(rng, asked.batch * (3 if picture else 1))
        batch = {name: part.to(asked.device) for name, part in drawn.items()}
        for group in optimizer.param_groups:
            group["lr"] = schedule.rate()
        with torch.autocast(asked.device, torch.bfloat16):
            loss, seen = loss_of(networks, batch, rng, picture)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(networks.parameters(), 1.0)
        optimizer.step()
        average.take(networks, step)
        step += 1
        log.note(len(batch["words"]), None if picture else seen)
        if step % 100 == 0:
            log.write(step, shards=shards.look(), rate=round(schedule.rate(), 6))
        if step % 200 == 0:
            save(checkpoint, networks, optimizer, step, average)
    save(checkpoint, networks, optimizer, step, average)


def main() -> None:
    """Read the arguments and train."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--rate", type=float, default=2e-3)
    parser.add_argument("--pictures", type=float, default=0.3, help="share of the steps that see first frames alone")
    parser.add_argument("--fall", type=float, default=0.25, help="share of the time in which the rate falls")
    parser.add_argument("--device", default="cpu", help="cpu or cuda")
    parser.add_argument("--compile", action="store_true", help="let torch compile it: half as fast again; needs g++")
    parser.add_argument("--from-shipped", action="store_true", help="begin with the shipped weights, not anew")
    parser.add_argument("--seed", type=int, default=0)
    train(parser.parse_args())


if __name__ == "__main__":
    main()
