"""Renders clips and keeps their latents, as shards: `python -m countermark.training.generator.encode FOLDER`.

A shard holds clips of one shape: latents, those of the frames that blocks end with (as pictures), words, what is
shown, and where its objects are. Needs a trained autoencoder, whose latents it measures first.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from ...bench.generator.rendered.clips import SHAPES, clips, source
from ...bench.generator.rendered.grammar import Shot, caption, labels
from ...generator.sketch.form.autoencoder import SPACE, TIME, SketchAutoencoder, fold
from ...generator.sketch.graphs import WEIGHTS
from ...generator.sketch.words import read

SHARD = 256
TURN = ("square", "wide", "square", "tall", "square")  # the shapes of shards, in turn
CELLS = 4  # of a token's side, in the map of objects


def trained(folder: Path) -> SketchAutoencoder:
    """Give the autoencoder as its training left it, its latents measured; or else the shipped one."""
    if not (folder / "autoencoder.pt").exists():
        shipped: SketchAutoencoder = SketchAutoencoder.from_pretrained(WEIGHTS / "autoencoder")
        return shipped.float().eval()
    moments = folder / "moments.json"
    told = json.loads(moments.read_text()) if moments.exists() else {}
    network = SketchAutoencoder(**told)
    network.load_state_dict(torch.load(folder / "autoencoder.pt", map_location="cpu", weights_only=True)["network"])
    return network.eval()


def measure(folder: Path) -> None:
    """Write down how each channel of the latents is brought near 0 and 1.

    By the root of its deviation, not by all of it: what tells most keeps standing out, and comes out of noise first.
    """
    network, found = trained(folder), []
    pixels = np.load(folder / "square.npy", mmap_mode="r")
    for index in range(0, min(len(pixels), 400), 4):
        found.append(network.encode(as_input(pixels[index : index + 4, ..., :3])).detach())
    latents = torch.cat(found).transpose(0, 1).flatten(1)
    spread = latents.std(1)
    told = {"shift": latents.mean(1).tolist(), "scale": (spread * spread.mean()).sqrt().tolist()}
    (folder / "moments.json").write_text(json.dumps(told))


def as_input(frames: NDArray[np.uint8]) -> torch.Tensor:
    """(B, T, H, W, 3) bytes to (B, 3, T, H, W), -1 to 1."""
    return (torch.from_numpy(np.ascontiguousarray(frames)).float() / 127.5 - 1).permute(0, 4, 1, 2, 3)


def cells(masks: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Where objects are in the first and the last frame of each token: (T, h, w, 2 * CELLS * CELLS), 0 to 255."""
    x = torch.from_numpy(np.concatenate([masks[:1].repeat(TIME - 1, 0), masks])[None, ..., None]).float()
    x = x.reshape(1, -1, TIME, *x.shape[2:])[:, :, [0, TIME - 1]].flatten(1, 2)
    side = SPACE // CELLS
    b, t, h, w, _ = x.shape
    x = x.reshape(b, t, h // side, side, w // side, side).mean((3, 5))[..., None]
    return np.asarray(fold(x, 2, CELLS)[0].round().to(torch.uint8))


@torch.no_grad()
def shard(
    network: SketchAutoencoder, kind: str, number: int, processes: int, size: int
) -> dict[str, NDArray[np.generic]]:
    """Render and encode one shard."""
    rows: dict[str, list[NDArray[np.generic]]] = {name: [] for name in ("latents", "ends", "words", "labels", "cells")}
    numbers = range(number * size, (number + 1) * size)
    for index, (shot, frames, masks) in zip(numbers, clips(kind, numbers, processes), strict=True):
        with torch.autocast("cpu", torch.bfloat16):
            latents = network.encode(as_input(frames[None]))
            ends = network.encode(as_input(frames[TIME::TIME, None]))
        rows["latents"].append(_kept(network, latents)[0])
        rows["ends"].append(_kept(network, ends)[:, 0])
        rows["words"].append(said(shot, kind, index))
        rows["labels"].append(np.asarray(labels(shot), np.int8))
        rows["cells"].append(cells(masks))
    return {name: np.stack(values) for name, values in rows.items()}


def said(shot: Shot, kind: str, index: int) -> NDArray[np.uint8]:
    """The numbers of a caption's words."""
    rng = np.random.default_rng([7, *source(kind, index).integers(0, 1 << 30, 2)])
    return np.asarray(read(caption(shot, rng)).numbers, np.uint8)


def _kept(network: SketchAutoencoder, latents: torch.Tensor) -> NDArray[np.generic]:
    return network.normed(latents.float()).permute(0, 2, 3, 4, 1).half().numpy()  # (B, T, h, w, C)


def main() -> None:
    """Write shards until there are enough; those that are there stay."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--shards", type=int, default=100)
    parser.add_argument("--size", type=int, default=SHARD, help="clips in a shard; the same for a whole folder")
    parser.add_argument("--processes", type=int, default=1)
    asked = parser.parse_args()
    own = (asked.folder / "autoencoder.pt").exists()
    if own and not (asked.folder / "moments.json").exists():
        measure(asked.folder)
    network = trained(asked.folder)
    counts = dict.fromkeys(SHAPES, 0)
    for number in range(asked.shards):
        kind = TURN[number % len(TURN)]
        path = asked.folder / "shards" / f"{number:04d}-{kind}.npz"
        path.parent.mkdir(exist_ok=True)
        if not path.exists():
            part = path.with_suffix(".part.npz")
            np.savez(part, **shard(network, kind, counts[kind], asked.processes, asked.size))  # type: ignore[arg-type]
            part.rename(path)
        counts[kind] += 1


if __name__ == "__main__":
    main()
