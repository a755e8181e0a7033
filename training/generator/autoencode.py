"""Trains the autoencoder: `python -m countermark.training.generator.autoencode FOLDER`. It goes on from its checkpoint.

It begins as the principal components of blocks of pixels, and learns what a straight line cannot do.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from ...bench.generator.rendered.clips import SHAPES, clips
from ...generator.sketch.form.autoencoder import SPACE, TIME, SketchAutoencoder, fold
from .encode import trained
from .fitting import Log, Muon, Schedule, resume, save

NOISE = 0.05  # of a latent's deviation; what is drawn later is never exact
LOOSE = 0.5  # at most, of each channel's own deviation, once the encoder is held fast: neighbours that do not fit
FIRST = 3.0  # how much more a first frame counts: pictures that are given are all first frames
SQUARES = 4.0  # how much large faults count beside all faults
PULL = 2e-5  # towards latents that are small


def prepare(folder: Path, number: int) -> None:
    """Render the clips once, if they are not there."""
    for kind, (height, width) in SHAPES.items():
        path = folder / f"{kind}.npy"
        if path.exists():
            continue
        count = number // 2 if kind == "square" else number // 4
        part = path.with_suffix(".part.npy")
        pixels = np.lib.format.open_memmap(part, "w+", np.uint8, (count, 25, height, width, 4))
        for index, (_, frames, masks) in enumerate(clips(kind, range(10_000_000, 10_000_000 + count))):
            pixels[index, ..., :3], pixels[index, ..., 3] = frames, masks
        pixels.flush()
        part.rename(path)


def begin(network: SketchAutoencoder, folder: Path) -> None:
    """Set the straight lines to the principal components of the clips' blocks."""
    pixels = np.load(folder / "square.npy", mmap_mode="r")
    rng, firsts, rows = np.random.default_rng(0), [], []
    for index in rng.choice(len(pixels), min(400, len(pixels)), replace=False):
        x = torch.from_numpy(np.array(pixels[index, ..., :3]))[None].float() / 127.5 - 1
        firsts.append(fold(x[:, ::TIME], 1, SPACE).flatten(0, 3))
        rows.append(fold(x[:, 1:], TIME, SPACE).flatten(0, 3))
    _components(torch.cat(firsts), network.line_first_in, network.line_first_out)
    _components(torch.cat(rows), network.line_in, network.line_out)


@torch.no_grad()
def _components(blocks: Tensor, to: nn.Linear, back: nn.Linear) -> None:
    mean = blocks.mean(0)
    _, values, ways = torch.pca_lowrank(blocks - mean, q=to.out_features, center=False, niter=3)
    scale = (values / len(blocks) ** 0.5).mean()  # one for all, so that pulling does not flatten the first
    to.weight.copy_((ways / scale).T)
    to.bias.copy_(-(mean @ ways) / scale)
    back.weight.copy_(ways * scale)
    back.bias.copy_(mean)


def _shaken(latents: Tensor) -> Tensor:
    spread = latents.float().flatten(2).std(-1).mean().detach()
    return latents + NOISE * spread * torch.randn_like(latents)


def _loosened(network: SketchAutoencoder, latents: Tensor) -> Tensor:
    """Shake each clip by another strength, from not at all: what is given stays exact, what is drawn is smoothed."""
    strength = LOOSE * torch.rand(len(latents), 1, 1, 1, 1, device=latents.device)
    return network.plain(network.normed(latents.float()) + strength * torch.randn_like(latents.float()))


def loss_of(network: SketchAutoencoder, batch: Tensor, decoder: bool) -> tuple[Tensor, dict[str, float]]:
    """Give the loss for (B, T, H, W, 4) bytes: what differs, edges more, objects more."""
    clip = batch[..., :3].float() / 127.5 - 1
    with torch.set_grad_enabled(not decoder):
        latents = network.encode(clip.permute(0, 4, 1, 2, 3))
    decoded = network.decode(_loosened(network, latents) if decoder else _shaken(latents))
    wrong = decoded.permute(0, 2, 3, 4, 1).float() - clip
    weight = 1 + 2 * (batch[..., 3:].float() / 255)
    weight[:, 0] *= FIRST
    loss = (wrong.abs() * weight).mean() + SQUARES * (wrong.square() * weight).mean()
    some = wrong[:, int(torch.randint(3, ())) :: 3]
    loss = loss + 0.6 * some.diff(dim=2).abs().mean() + 0.6 * some.diff(dim=3).abs().mean()
    pull = latents.float().square().mean()
    psnr, first = (-10 * torch.log10((part.detach() / 2).square().mean()) for part in (wrong, wrong[:, 0]))
    told = {"loss": float(loss.detach()), "psnr": float(psnr), "first": float(first), "pull": float(pull.detach())}
    return loss + PULL * pull, told


def train(asked: argparse.Namespace) -> None:
    """Train until the time is up."""
    asked.folder.mkdir(parents=True, exist_ok=True)
    if (asked.folder / "moments.json").exists() and not asked.decoder:
        raise SystemExit("the latents are in use: only --decoder may still be trained, or begin in another folder")
    prepare(asked.folder, asked.clips)
    torch.manual_seed(0)
    checkpoint = asked.folder / "autoencoder.pt"
    network = (trained(asked.folder) if asked.decoder else SketchAutoencoder()).train().to(asked.device)
    optimizer = Muon(network, asked.rate, thin=("line_",))
    step = resume(checkpoint, network, optimizer)
    if step == 0 and not asked.decoder:
        begin(network, asked.folder)
    if asked.compile:
        for name in ("encode", "decode"):
            setattr(network, name, torch.compile(getattr(network, name), dynamic=False))
    sets = [np.load(asked.folder / f"{kind}.npy", mmap_mode="r") for kind in SHAPES]
    schedule, rng = Schedule(asked.rate, asked.minutes * 60), np.random.default_rng(step)
    log = Log(asked.folder / "autoencoder.jsonl")
    while schedule.going:
        pixels = sets[int(rng.choice(3, p=(0.6, 0.2, 0.2)))]
        numbers = np.sort(rng.choice(len(pixels), asked.batch, replace=False))
        batch = torch.from_numpy(np.stack([pixels[number] for number in numbers])).to(asked.device)
        if rng.random() < 0.5:
            batch = batch.flip(3)
        for group in optimizer.param_groups:
            group["lr"] = schedule.rate()
        with torch.autocast(asked.device, torch.bfloat16):
            loss, seen = loss_of(network, batch, asked.decoder)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()
        step += 1
        log.note(asked.batch, seen)
        if step % 100 == 0:
            log.write(step)
        if step % 500 == 0:
            save(checkpoint, network, optimizer, step)
    save(checkpoint, network, optimizer, step)


def main() -> None:
    """Read the arguments and train."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--clips", type=int, default=4000)
    parser.add_argument("--minutes", type=float, default=40)
    parser.add_argument("--batch", type=int, default=3)
    parser.add_argument("--rate", type=float, default=4e-4)
    parser.add_argument("--decoder", action="store_true", help="leave the encoder, whose latents are in use, as it is")
    parser.add_argument("--compile", action="store_true", help="let torch compile it; needs g++")
    parser.add_argument("--device", default="cpu", help="cpu or cuda")
    train(parser.parse_args())


if __name__ == "__main__":
    main()
