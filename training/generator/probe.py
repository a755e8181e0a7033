"""Trains the probe that reads attributes from pixels: `python -m countermark.training.generator.probe FOLDER`.

It renders clips of trained combinations, learns from them, and is held to rendered clips of combinations that it never
saw, in a mirror neither, before it judges anything that was generated. What a generator blurs or discolours a little
shall not throw it.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from ...bench.generator import reading
from ...bench.generator.reading import NAME
from ...bench.generator.rendered.clips import clips, source
from ...bench.generator.rendered.grammar import (
    CAMERAS,
    COLOURS,
    LIGHTS,
    MOTIONS,
    NUMBERS,
    SCENES,
    SHAPES,
    SIZES,
    WEATHERS,
    Shot,
    any_shot,
    labels,
)
from ..export import traced, write
from .fitting import Muon, Schedule, resume, save
from .probe_network import FLOWS, GRID, SHARP, SIDE, Probe

ANSWERS = {  # in the order of labels
    "colour": COLOURS,
    "shape": SHAPES,
    "size": SIZES,
    "number": NUMBERS,
    "motion": MOTIONS,
    "background": SCENES,
    "light": LIGHTS,
    "weather": WEATHERS,
    "camera": CAMERAS,
}
TRAINED, FRESH = 10_000_000, 30_000_000  # the first numbers of clips to learn from, and of clips to be held to
READ = slice(0, 25, 3)  # which frames are looked at
BATCH = 32
SETTLING, LEFT_OUT = 1500, 0.15  # rounds of the last layers, and the share of what they see that is left out
SOME = 96  # clips that the log is told of
THIN = ("answer", "camera", "where_", "laid", "sharp.0", "stack.0")


def rendered(path: Path, first: int, count: int, held_out: bool, processes: int) -> NDArray[np.uint8]:
    """Give clips as (count, 9, 128, 128, 4), RGB and where objects are; rendered once, gone on with after a kill."""
    part = path.with_suffix(".part.npy")
    if not path.exists():
        mode = "r+" if part.exists() else "w+"
        pixels = np.lib.format.open_memmap(part, mode, np.uint8, None if mode == "r+" else (count, 9, SIDE, SIDE, 4))
        done = 0
        while done < count and pixels[done, 0, ..., :3].any():  # no rendered picture is black
            done += 1
        numbers = range(first + done, first + count)
        for index, (_, frames, masks) in enumerate(clips("square", numbers, processes, held_out), done):
            pixels[index, ..., 3] = masks[READ]
            pixels[index, ..., :3] = frames[READ]
        pixels.flush()
        part.rename(path)
    found: NDArray[np.uint8] = np.load(path, mmap_mode="r")[:count]
    return found


def answers(first: int, count: int, held_out: bool) -> Tensor:
    """Give the labels of those clips: what each shows is drawn before its pixels are."""
    numbers = range(first, first + count)
    return torch.tensor([labels(any_shot(source("square", number, held_out), held_out)) for number in numbers])


def _mirrored() -> list[Tensor]:
    """For each attribute, what each answer becomes in a mirror."""
    other = {"left": "right", "right": "left"}
    ways = []
    for names in ANSWERS.values():
        seen = [" ".join(other.get(word, word) for word in name.split()) for name in names]
        ways.append(torch.tensor([*(names.index(name) for name in seen), -1]))  # the last is for what is not there
    return ways


def held_out_in_mirror(told: Tensor) -> NDArray[np.bool_]:
    """Say of each clip, by its labels, whether it would show a combination in the mirror that is kept from training."""
    seen = torch.stack([way[told[:, index]] for index, way in enumerate(_mirrored())], 1)
    return np.asarray([_is_held_out(row.tolist()) for row in seen], bool)


def _is_held_out(said: list[int]) -> bool:
    if said[list(ANSWERS).index("shape")] < 0:
        return False  # a scene alone is never kept from training
    return Shot(*(names[place] for names, place in zip(ANSWERS.values(), said, strict=True))).held_out


def disturbed(few: Tensor, stacked: Tensor, rng: np.random.Generator) -> tuple[Tensor, Tensor]:
    """Blur, discolour, and add noise, a little and by chance: what a generator or a codec might do."""
    number = len(few)
    gain = torch.from_numpy(rng.uniform(0.93, 1.07, (number, 1, 3, 1, 1)).astype(np.float32))
    lift = torch.from_numpy(rng.uniform(-0.06, 0.06, (number, 1, 3, 1, 1)).astype(np.float32))
    clips = [few, stacked.reshape(number, -1, 3, *stacked.shape[2:])]
    if rng.random() < 0.6:  # soft, as what comes from few latents is; the whole batch, since it costs less
        coarse = int(rng.choice((2, 2, 3)))
        blend = torch.from_numpy(rng.uniform(0, 1, (number, 1, 1, 1, 1)).astype(np.float32))
        clips = [clip + blend * (_soft(clip, side) - clip) for clip, side in zip(clips, (coarse, 2), strict=True)]
    if rng.random() < 0.5:
        strength = float(rng.uniform(0, 0.08))
        clips = [clip + strength * share * torch.randn_like(clip) for clip, share in zip(clips, (1, 0.5), strict=True)]
    few, small = ((clip * gain + lift).clamp(-1.02, 1.02) for clip in clips)
    return few, small.flatten(1, 2)


def _soft(clip: Tensor, side: int) -> Tensor:
    flat = clip.flatten(0, 1)
    small = functional.avg_pool2d(flat, side, side, ceil_mode=True)
    return functional.interpolate(small, flat.shape[2:], mode="bilinear").reshape(clip.shape)


class Material:
    """Clips to learn from: their pixels on disk, and in memory all frames at half size, and where objects are."""

    def __init__(self, pixels: NDArray[np.uint8], told: Tensor) -> None:
        """Look through all clips once."""
        self.pixels, self.told, self.mirrors = pixels, told, ~held_out_in_mirror(told)
        count, half = len(pixels), SIDE // 2
        self.small = np.empty((count, 9, half, half, 3), np.uint8)
        self.cells = np.empty((count, 9, GRID, GRID), np.uint8)
        for index, clip in enumerate(pixels):
            for number, frame in enumerate(clip):
                self.small[index, number] = cv2.resize(frame[..., :3], (half, half), interpolation=cv2.INTER_AREA)
                self.cells[index, number] = cv2.resize(frame[..., 3], (GRID, GRID), interpolation=cv2.INTER_AREA)

    def clean(self, start: int) -> tuple[Tensor, Tensor]:
        """Give clips from a row on as they are run: sharp frames, and all at half size."""
        rows = slice(start, start + BATCH)
        few = torch.from_numpy(self.pixels[rows][:, SHARP, ..., :3].copy()).permute(0, 1, 4, 2, 3)
        small = torch.from_numpy(self.small[rows]).permute(0, 1, 4, 2, 3)
        return few.float() / 127.5 - 1, small.float().flatten(1, 2) / 127.5 - 1

    def batch(self, rng: np.random.Generator) -> tuple[tuple[Tensor, Tensor], Tensor, Tensor]:
        """Draw some clips, many of them mirrored, disturbed; their labels, and maps of where objects are."""
        rows = np.sort(rng.choice(len(self.pixels), BATCH, replace=False))
        sharp = sorted(int(frame) for frame in rng.choice(9, 2, replace=False))
        few = torch.from_numpy(np.stack([self.pixels[row][sharp, ..., :3] for row in rows])).permute(0, 1, 4, 2, 3)
        small = torch.from_numpy(self.small[rows]).permute(0, 1, 4, 2, 3)
        right, masks = self.told[torch.from_numpy(rows)], torch.from_numpy(self.cells[rows]).float() / 255
        turned = torch.from_numpy(self.mirrors[rows] & (rng.random(BATCH) < 0.5))
        for part in (few, small, masks):
            part[turned] = part[turned].flip(-1)
        right[turned] = torch.stack([way[right[turned, index]] for index, way in enumerate(_mirrored())], 1)
        light = few.float() / 127.5 - 1, small.float().flatten(1, 2) / 127.5 - 1
        return disturbed(*light, rng), right, torch.cat([masks, masks[:, sharp]], 1)


def loss_of(logits: Tensor, maps: Tensor, right: Tensor, masks: Tensor) -> Tensor:
    """Give what the answers miss, and the maps."""
    return _wrong(logits, right) + 4 * functional.binary_cross_entropy_with_logits(maps.float(), masks)


def _wrong(logits: Tensor, right: Tensor) -> Tensor:
    parts = logits.float().split([len(names) for names in ANSWERS.values()], 1)
    wrong = [functional.cross_entropy(part, right[:, index], ignore_index=-1) for index, part in enumerate(parts)]
    return torch.stack(wrong).sum()


@torch.no_grad()
def _shares_right(network: Probe, pixels: NDArray[np.uint8], told: Tensor) -> dict[str, float]:
    """Give the share of right answers by attribute, for the log."""
    network.eval()
    with torch.autocast("cpu", torch.bfloat16):
        logits = network(torch.from_numpy(pixels[..., :3].copy()))[0].float()
    network.train()
    parts = logits.split([len(names) for names in ANSWERS.values()], 1)
    return shares_right({name: part.argmax(1).numpy() for name, part in zip(ANSWERS, parts, strict=True)}, told)


def shares_right(said: dict[str, NDArray[np.int64]], told: Tensor) -> dict[str, float]:
    """Give the share of right answers by attribute, over clips where there is one."""
    shares = {}
    for index, name in enumerate(ANSWERS):
        right = told[:, index].numpy()
        shares[name] = round(float((said[name] == right)[right >= 0].mean()), 4)
    return shares


def untrained() -> Probe:
    """Lay the network out for these answers."""
    sizes = {name: len(names) for name, names in ANSWERS.items()}
    first = sum(list(sizes.values())[: list(sizes).index("background")])
    return Probe(sum(sizes.values()), sizes["camera"], slice(first, first + sizes["background"]))


def settle(network: Probe, material: Material, rounds: int = SETTLING) -> None:
    """Let the last layers alone learn on from clean clips, with much left out by chance and at a falling rate."""
    network.eval()
    with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
        parts = [network.features(*material.clean(start))[0] for start in range(0, len(material.pixels), BATCH)]
    seen = torch.cat(parts).float()
    layers = [network.hidden, network.norm, network.answer, network.camera]
    for layer in layers:
        layer.train()
    optimizer = torch.optim.AdamW([part for layer in layers for part in layer.parameters()], 1e-3, weight_decay=0.05)
    chance, torch_chance = np.random.default_rng(2), torch.Generator().manual_seed(2)
    for number in range(rounds):
        for group in optimizer.param_groups:
            group["lr"] = 1e-3 * (1 - number / rounds)
        rows = torch.from_numpy(chance.choice(len(seen), min(256, len(seen)), replace=False))
        kept = torch.where(
            torch.rand(len(rows), seen.shape[1], generator=torch_chance) > LEFT_OUT, 1 / (1 - LEFT_OUT), 0
        )
        kept[:, -FLOWS:] = 1  # they are few, and no two are alike
        optimizer.zero_grad(set_to_none=True)
        _wrong(network.decide(seen[rows] * kept), material.told[rows]).backward()
        optimizer.step()


def train(asked: argparse.Namespace, material: Material, fresh: NDArray[np.uint8]) -> tuple[Probe, int]:
    """Train until the time is up, from where it was left; give the network, and how many steps it took in all."""
    torch.manual_seed(0)
    network = untrained().to(memory_format=torch.channels_last)
    optimizer = Muon(network, asked.rate, THIN)
    checkpoint = asked.folder / "probe.pt"
    step = resume(checkpoint, network, optimizer)
    some, right = fresh[:SOME], answers(FRESH, SOME, True)
    schedule, rng = Schedule(asked.rate, asked.minutes * 60, fall=0.5), np.random.default_rng([1, step])
    log, losses, last = (asked.folder / "probe.jsonl").open("a"), [], time.monotonic()
    while asked.minutes and schedule.going:
        (few, stacked), labelled, masks = material.batch(rng)
        for group in optimizer.param_groups:
            group["lr"] = schedule.rate()
        with torch.autocast("cpu", torch.bfloat16):
            logits, maps = network.read(few, stacked.contiguous(memory_format=torch.channels_last))
            loss = loss_of(logits, maps, labelled, masks)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 10.0)
        optimizer.step()
        losses.append(float(loss.detach()))
        step += 1
        if step % 100 == 0:
            shown = {"step": step, "clips": step * BATCH, "seconds": round(time.monotonic() - last, 1)}
            shown |= {"loss": round(float(np.mean(losses)), 4), "rate": round(schedule.rate(), 6)}
            print(json.dumps(shown | {"right": _shares_right(network, some, right)}), file=log, flush=True)
            losses, last = [], time.monotonic()
            save(checkpoint, network, optimizer, step)
    save(checkpoint, network, optimizer, step)
    return network, step


class _Answers(nn.Module):
    """The probe without its maps."""

    def __init__(self, network: Probe) -> None:
        super().__init__()
        self.network = network.to("cpu").eval()

    def forward(self, clips: Tensor) -> Tensor:
        logits: Tensor = self.network(clips)[0]
        return logits


def ship(network: Probe, fresh: NDArray[np.uint8], folder: Path, facts: dict[str, Any]) -> dict[str, float]:
    """Write the probe as it is run, ask it as it is run, and state in its card how often it is right."""
    program = traced(
        _Answers(network).eval(), torch.zeros(3, 9, SIDE, SIDE, 3, dtype=torch.uint8), "clips", ("logits",)
    )
    stated = {
        "parameters": sum(part.numel() for part in network.parameters()),
        "answers": ANSWERS,
        "frames": [READ.start, READ.stop, READ.step],
        **facts,
    }
    write(program, folder, NAME, stated)
    ceiling = shares_right(reading.Probe.load(folder).see(fresh[..., :3]), answers(FRESH, len(fresh), True))
    card = folder / f"{NAME}.json"
    card.write_text(json.dumps(json.loads(card.read_bytes()) | {"ceiling": ceiling}, indent=1) + "\n")
    return ceiling


def main() -> None:
    """Render what is not there yet, train, write the probe down, and say what it reaches."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--clips", type=int, default=4000)
    parser.add_argument("--fresh", type=int, default=600)
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--minutes", type=float, default=20, help="0: write down what was trained before")
    parser.add_argument("--rate", type=float, default=2e-3)
    parser.add_argument("--target", type=Path, default=reading.FOLDER)
    asked = parser.parse_args()
    asked.folder.mkdir(parents=True, exist_ok=True)
    fresh = rendered(asked.folder / "probe_fresh.npy", FRESH, asked.fresh, True, asked.processes)
    pixels = rendered(asked.folder / "probe_trained.npy", TRAINED, asked.clips, False, asked.processes)
    material = Material(pixels, answers(TRAINED, len(pixels), False))
    network, steps = train(asked, material, fresh)
    settle(network, material)
    facts = {"steps": steps, "looks": steps * BATCH, "clips": len(pixels), "fresh": len(fresh)}
    print(json.dumps(ship(network, fresh, asked.target, facts), indent=1))


if __name__ == "__main__":
    main()
