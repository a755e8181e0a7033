"""The network that reads attributes from a clip: one tower sees a few frames sharply, one sees all at half size.

Both also say where the objects are, which teaches them to look there; what an object is like is then read there alone.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

FRAMES = 9  # of a clip, evenly spread
SIDE = 128
SHARP = (1, 4, 7)  # those that are seen in full size
GRID = 16  # rows and columns of the maps of objects
CELLS = 5  # rows and columns in which the picture's own motion is told
FLOWS = 16 + 2 * CELLS**2
_LITTLE = 0.03  # of all slopes: what noise could make
LOOK, MOVE, HIDDEN, CAMERA = 96, 96, 128, 64


class Block(nn.Module):
    """A convolution, normalised; with `stays`, it adds to what it reads."""

    def __init__(self, into: int, out: int, stride: int = 1) -> None:
        """Lay out the weights."""
        super().__init__()
        self.conv = nn.Conv2d(into, out, 3, stride, 1, bias=False)
        self.norm = nn.BatchNorm2d(out)
        self.stays = stride == 1 and into == out

    def forward(self, x: Tensor) -> Tensor:
        """Read and add."""
        y = functional.silu(self.norm(self.conv(x)))
        return x + y if self.stays else y


class Probe(nn.Module):
    """(N, 9, 128, 128, 3) bytes to logits (N, all answers), and maps of objects (N, 9 + 3, 16, 16) for training.

    The last answers are a camera's, read from how what lies behind moves and from which scene it is, and from no more:
    whatever else is known of a clip would only be learnt by heart. `scenes` says which answers are scenes.
    """

    def __init__(self, answers: int, cameras: int, scenes: slice) -> None:
        """Lay out the weights."""
        super().__init__()
        self.scenes = scenes
        self.sharp = nn.Sequential(
            Block(3, 16, 2), Block(16, 48, 2), Block(48, 48), Block(48, LOOK, 2), Block(LOOK, LOOK)
        )
        self.stack = nn.Sequential(Block(3 * FRAMES, 32, 2), Block(32, 64, 2), Block(64, 64))
        self.deep = nn.Sequential(Block(64, MOVE, 2), Block(MOVE, MOVE))
        self.where_sharp, self.where_all = nn.Conv2d(LOOK, 1, 1), nn.Conv2d(64, FRAMES, 1)
        self.laid = nn.Conv2d(MOVE, 8, 1)
        self.hidden = nn.Linear(3 * LOOK + MOVE + 8 * (GRID // 2) ** 2 + 6 * FRAMES + FLOWS, HIDDEN)
        self.norm = nn.BatchNorm1d(HIDDEN)
        self.answer = nn.Linear(HIDDEN, answers - cameras)
        context = FLOWS + scenes.stop - scenes.start
        self.camera = nn.Sequential(
            nn.BatchNorm1d(context), nn.Linear(context, CAMERA), nn.SiLU(), nn.Linear(CAMERA, cameras)
        )

    def forward(self, clips: Tensor) -> tuple[Tensor, Tensor]:
        """Answer for a clip's bytes."""
        return self.read(*prepared(clips, SHARP))

    def read(self, few: Tensor, stacked: Tensor) -> tuple[Tensor, Tensor]:
        """Answer for what `prepared` gave."""
        features, maps = self.features(few, stacked)
        return self.decide(features), maps

    def features(self, few: Tensor, stacked: Tensor) -> tuple[Tensor, Tensor]:
        """Give what is seen, in numbers, and the maps of objects."""
        number, sharp = few.shape[:2]
        seen = self.sharp(few.flatten(0, 1))
        there = self.where_sharp(seen)
        share = functional.softmax(there.flatten(2).float(), -1)
        at_objects = (seen.flatten(2).float() * share).sum(-1).reshape(number, sharp, -1).mean(1)
        overall = seen.float().mean((2, 3)).reshape(number, sharp, -1).mean(1)
        strongest = seen.float().amax((2, 3)).reshape(number, sharp, -1).mean(1)
        moving = self.stack(stacked)
        tracks = self.where_all(moving)
        deep = self.deep(moving)
        laid = self.laid(deep).float().flatten(1)
        flows = _flows(stacked, torch.sigmoid(tracks.float()).detach())
        found = [at_objects, overall, deep.float().mean((2, 3)), laid, _courses(tracks.float()), strongest, flows]
        maps = torch.cat([tracks, there.reshape(number, sharp, GRID, GRID)], 1)
        return torch.cat(found, 1), maps

    def decide(self, features: Tensor) -> Tensor:
        """Give the logits."""
        logits = self.answer(functional.silu(self.norm(self.hidden(features)))).float()
        scene = functional.softmax(logits[:, self.scenes], -1).detach()
        return torch.cat([logits, self.camera(torch.cat([features[:, -FLOWS:], scene], 1)).float()], 1)


def prepared(clips: Tensor, sharp: Sequence[int]) -> tuple[Tensor, Tensor]:
    """Give light between -1 and 1: some frames (N, k, 3, 128, 128), and all at half size as planes (N, 27, 64, 64)."""
    small = clips.reshape(-1, FRAMES, SIDE // 2, 2, SIDE // 2, 2, 3).to(torch.float32).mean((3, 5))
    stacked = small.permute(0, 1, 4, 2, 3).flatten(1, 2)
    few = torch.stack([clips[:, frame] for frame in sharp], 1).permute(0, 1, 4, 2, 3).to(torch.float32)
    return few / 127.5 - 1, stacked / 127.5 - 1


def _courses(tracks: Tensor) -> Tensor:
    """Where the objects are in each frame, how much there is of them, and how far they spread: (N, 6 * 9)."""
    cover = torch.sigmoid(tracks)
    mass = cover.sum((2, 3)) + 0.05
    line = torch.linspace(-1, 1, GRID, device=tracks.device)
    across, down = cover.sum(2), cover.sum(3)
    x, y = (across * line).sum(2) / mass, (down * line).sum(2) / mass
    wide, high = (across * line**2).sum(2) / mass - x**2, (down * line**2).sum(2) / mass - y**2
    peak = cover.amax((2, 3))
    return torch.cat([2 * x, 2 * y, mass.log(), 4 * wide, 4 * high, peak], 1)


def _flows(stacked: Tensor, cover: Tensor) -> Tensor:
    """How what lies behind moves on, by Lucas and Kanade's least squares: (N, FLOWS).

    As one camera (pan, tilt, zoom, orbit) over all frames and over each half of them, and cell by cell. `cover` says
    where objects are, which don't count. A camera's way is a product of slopes, which convolutions learn slowly.
    """
    grey = stacked.reshape(-1, FRAMES, 3, *stacked.shape[2:]).mean(2)
    grey = functional.avg_pool2d(functional.avg_pool2d(grey, 2), 3, 1)
    middle, later = (grey[:, 1:] + grey[:, :-1]) / 2, (grey[:, 1:] - grey[:, :-1])[..., 1:-1, 1:-1]
    across = (middle[..., 1:-1, 2:] - middle[..., 1:-1, :-2]) / 2
    down = (middle[..., 2:, 1:-1] - middle[..., :-2, 1:-1]) / 2
    near = functional.max_pool2d(cover, 3, 1, 1)
    near = functional.interpolate(torch.maximum(near[:, 1:], near[:, :-1]), scale_factor=2.0)
    edge = (near.shape[-1] - later.shape[-1]) // 2
    free = (1 - 2 * near[..., edge:-edge, edge:-edge]).clamp(0, 1)
    energy = (free * (across.square() + down.square())).mean((1, 2, 3), keepdim=True)
    bright = (energy + 1e-5).rsqrt()  # by night as by day
    across, down, later = across * bright, down * bright, later * bright
    line = torch.linspace(-1, 1, later.shape[-1], device=later.device)
    ways = [across, down, across * line + down * line[:, None], across * line[:, None]]
    found = [_fitted(ways, later, free, part, _LITTLE) for part in (slice(0, 8), slice(0, 4), slice(4, 8))]
    return torch.cat([*found, _fitted(ways, later, free, slice(0, 8), 5 * _LITTLE), _cells(ways, later, free)], 1)


def _fitted(ways: list[Tensor], later: Tensor, free: Tensor, part: slice, little: float) -> Tensor:
    """Solve for how much of each way explains what comes later, by elimination: (N, ways)."""
    rows = []
    for number, one in enumerate(ways):
        weighed = (free * one)[:, part]
        row = [(weighed * other[:, part]).mean((1, 2, 3)) for other in (*ways, later)]
        row[number] = row[number] + little
        rows.append(row)
    for number, row in enumerate(rows):
        for below in range(len(rows)):
            if below != number:
                share = rows[below][number] / row[number]
                rows[below] = [value - share * own for value, own in zip(rows[below], row, strict=True)]
    return torch.stack([-row[-1] / row[number] for number, row in enumerate(rows)], 1).clamp(-4, 4)


def _cells(ways: list[Tensor], later: Tensor, free: Tensor) -> Tensor:
    """Give how each cell moves across and down: (N, 2 * CELLS ** 2)."""
    across, down = ways[:2]
    pairs = (across * across, down * down, across * down, across * later, down * later)
    side = later.shape[-1] // CELLS
    sums = [functional.avg_pool2d((free * pair).sum(1, keepdim=True), side).flatten(1) for pair in pairs]
    xx, yy, xy, xt, yt = sums[0] + 10 * _LITTLE, sums[1] + 10 * _LITTLE, *sums[2:]
    whole = xx * yy - xy * xy
    return torch.cat([(xy * yt - yy * xt) / whole, (xy * xt - xx * yt) / whole], 1).clamp(-3, 3)
