"""Trains one decoder on the real clips of one fold. Knows losses and crops; writes nothing.

Every sixth clip of the fold is kept from training, and is what PSNR is measured on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from ...media import Plan, Tile, probe, show
from ...settings import settings
from .decoder_kinds import Kind, build, judge, rebuilt, through
from .folds import Clip

_SPANS = 5
_SPAN = 8  # contiguous frames
_SIDE = 512  # of the native square that is cut from a span, at most
_CROP = 64
_BATCH = 16  # frames
_KEPT_EVERY = 6
_JUDGED_FROM = 0.35  # of the steps: a network that draws nothing yet has nothing to hide
_JUDGED_WEIGHT = 0.6  # of the gradient of what is compared


@dataclass(frozen=True)
class Material:
    """Spans of native frames (8, H, W, 3) of one fold's clips."""

    learned: tuple[NDArray[Any], ...]
    kept: tuple[NDArray[Any], ...]


@dataclass(frozen=True)
class Fitted:
    """One decoder, trained."""

    network: Any
    loss: float  # mean absolute difference of the last steps, in -1..1
    psnr: float  # on the clips that were kept from training


def material(clips: Sequence[Clip], seed: int) -> Material:
    """Cut spans from clips, and keep every sixth clip apart."""
    draw = np.random.default_rng(seed)
    learned, kept = list[NDArray[Any]](), list[NDArray[Any]]()
    for number, clip in enumerate(clips):
        (kept if number % _KEPT_EVERY == 1 else learned).extend(_spans(clip, draw))
    return Material(tuple(learned), tuple(kept))


def fit(kind: Kind, of: Material, seed: int) -> Fitted:
    """Train one decoder; the same seed gives the same weights on the same machine."""
    torch.set_num_threads(1)
    torch.manual_seed(seed)
    draw = np.random.default_rng(seed)
    network, critic = build(kind), judge()
    learning = torch.optim.AdamW(network.parameters(), lr=kind.rate, weight_decay=1e-4)
    pace = torch.optim.lr_scheduler.OneCycleLR(learning, kind.rate, total_steps=kind.steps, pct_start=0.1)
    criticising = torch.optim.Adam(critic.parameters(), lr=5e-4, betas=(0.5, 0.9))
    network.train()
    short = not kind.norm and kind.family != "video"  # half the time; norms gain nothing, Conv3d's gradients break
    last: list[float] = []
    for step in range(kind.steps):
        pictures = _batch(kind, of.learned, draw)
        with torch.autocast("cpu", torch.bfloat16, enabled=short):
            out = through(kind, network, pictures).float()
        difference = _difference(kind, out, pictures)
        learning.zero_grad()
        if kind.loss == "adversarial" and step >= _JUDGED_FROM * kind.steps:
            torch.autograd.backward(out, _judged_gradient(critic, criticising, difference, out, pictures))
        else:
            torch.autograd.backward(difference)
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        learning.step()
        pace.step()
        last = [*last[-49:], float((out.detach() - pictures).abs().mean())]
    network.half().float()  # what is written has 16 bits
    network.eval()
    return Fitted(network, sum(last) / len(last), psnr(kind, network, of.kept))


def psnr(kind: Kind, network: Any, spans: Sequence[NDArray[Any]]) -> float:
    """Give the mean over spans of the peak signal-to-noise ratio, in native crops of at most 256 pixels."""
    ratios = []
    for span in spans:
        crop = span[:, :256, :256]
        error = np.square(rebuilt(kind, network, crop).astype(np.float32) - crop).mean()
        ratios.append(10 * np.log10(255**2 / max(float(error), 1e-6)))
    return float(np.mean(ratios))


def _spans(clip: Clip, draw: np.random.Generator) -> list[NDArray[Any]]:
    """Cut contiguous frames at a few times, each from a place of its own."""
    video = probe(clip.path, settings().limits)
    width, height = video.geometry.display_size
    wide, tall = min(width, _SIDE), min(height, _SIDE)
    apart = 1 / float(video.frame_rate)
    room = max(video.duration_s - (_SPAN + 1) * apart, 0.0)
    plans = []
    for start in np.linspace(0, room, _SPANS) if room else [0.0]:
        place = Tile(int(draw.integers(width - wide + 1)), int(draw.integers(height - tall + 1)), wide, tall)
        times = tuple(float(start) + (i + 0.5) * apart for i in range(_SPAN))
        plans.append(Plan(times, "rgb", tiles=(place,)))
    seen: list[list[NDArray[Any]]] = [[] for _ in plans]
    for number, view in show(video, plans):
        seen[number].append(np.array(view.pixels))
    return [np.stack(span) for span in seen if len(span) == _SPAN]


def _batch(kind: Kind, spans: Sequence[NDArray[Any]], draw: np.random.Generator) -> Tensor:
    """Crop a batch (N, 3, T, H, W); half of the crops are shrunk before, since small pictures are sharp ones."""
    cut = []
    for _ in range(_BATCH // kind.time):
        span = spans[int(draw.integers(len(spans)))]
        first = int(draw.integers(_SPAN - kind.time + 1))
        most = min(span.shape[1:3]) / _CROP
        scale = float(draw.uniform(1, min(2.5, most))) if draw.random() < 0.5 else 1.0
        side = int(_CROP * scale)
        y, x = (int(draw.integers(length - side + 1)) for length in span.shape[1:3])
        frames = span[first : first + kind.time, y : y + side, x : x + side]
        if draw.random() < 0.5:
            frames = frames[:, :, ::-1]
        if side != _CROP:
            frames = np.stack([cv2.resize(f, (_CROP, _CROP), interpolation=cv2.INTER_AREA) for f in frames])
        cut.append(torch.from_numpy(np.ascontiguousarray(frames)))
    return torch.stack(cut).permute(0, 4, 1, 2, 3).to(torch.float32) / 127.5 - 1


def _difference(kind: Kind, out: Tensor, pictures: Tensor) -> Tensor:
    """Compare by the kind's loss; what a critic adds comes later."""
    if kind.loss == "l2":
        return functional.mse_loss(out, pictures)
    plain = functional.l1_loss(out, pictures)
    if kind.loss != "edges":
        return plain
    return (
        plain
        + functional.l1_loss(out.diff(dim=-1), pictures.diff(dim=-1))
        + functional.l1_loss(out.diff(dim=-2), pictures.diff(dim=-2))
    )


def _judged_gradient(critic: nn.Module, criticising: Any, difference: Tensor, out: Tensor, pictures: Tensor) -> Tensor:
    """Teach the critic one step, then give the gradient at the pictures of both aims, the critic's held in measure."""
    taken, drawn = _flat(pictures), _flat(out)
    criticising.zero_grad()
    torch.autograd.backward(torch.relu(1 - critic(taken)).mean() + torch.relu(1 + critic(drawn.detach())).mean())
    criticising.step()
    (compared,) = torch.autograd.grad(difference, out, retain_graph=True)
    (judged,) = torch.autograd.grad(-critic(drawn).mean(), out, retain_graph=True)
    both: Tensor = compared + judged * (_JUDGED_WEIGHT * compared.norm() / judged.norm().clamp(min=1e-12))
    return both


def _flat(pictures: Tensor) -> Tensor:
    """Give the frames of all clips as one batch."""
    count, channels, frames, height, width = pictures.shape
    return pictures.transpose(1, 2).reshape(count * frames, channels, height, width)
