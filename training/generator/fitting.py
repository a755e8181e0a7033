"""What both trainings share: a rate that rises and falls with the clock, and checkpoints that training goes on from."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn


class Schedule:
    """A rate over a given time: it rises for a while, stays, and falls in the last part."""

    def __init__(
        self, rate: float, seconds: float, rise: float = 0.03, fall: float = 0.35, least: float = 0.02
    ) -> None:
        """rise, fall: shares of the time; least: what stays of the rate at the end."""
        self.top, self.seconds, self.rise, self.fall, self.least = rate, seconds, rise, fall, least
        self.begun = time.monotonic()

    @property
    def share(self) -> float:
        """How much of the time has gone."""
        return (time.monotonic() - self.begun) / self.seconds

    @property
    def going(self) -> bool:
        """Whether there is time left."""
        return self.share < 1

    def rate(self) -> float:
        """The rate for now."""
        share = self.share
        if share < self.rise:
            return self.top * max(share / self.rise, 0.01)
        return self.top * max(self.least, min(1.0, (1 - share) / self.fall))


class Muon(torch.optim.Optimizer):
    """Adam for what is thin or named, and for every other weight the nearest turn of its momentum.

    The momentum of a matrix is brought to singular values of about 1 (five steps of a polynomial), so that weak ways
    learn as fast as strong ones. A convolution counts as the matrix of its outputs by everything else.
    """

    def __init__(self, network: nn.Module, rate: float, thin: tuple[str, ...] = (), decay: float = 0.01) -> None:
        """thin: beginnings of names of weights that Adam moves, whatever their shape."""
        wide: list[nn.Parameter] = []
        rest: list[nn.Parameter] = []
        for name, part in network.named_parameters():
            alone = part.ndim == 4 and part.shape[1] == 1  # a convolution of each channel by itself
            (rest if part.ndim < 2 or alone or name.startswith(thin) else wide).append(part)
        groups = [{"params": wide, "turned": True}, {"params": rest, "turned": False}]
        super().__init__([group for group in groups if group["params"]], {"lr": rate, "decay": decay, "step": 0})

    @torch.no_grad()
    def step(self, closure: None = None) -> None:  # type: ignore[override]
        """Move every weight."""
        for group in self.param_groups:
            group["step"] += 1
            for part in group["params"]:
                if part.grad is not None:
                    move = self._turn if group["turned"] else self._adam
                    move(part, part.grad, self.state[part], group)

    def _turn(self, part: Tensor, grad: Tensor, state: dict[str, Any], group: dict[str, Any]) -> None:
        momentum = state.setdefault("momentum", torch.zeros_like(part))
        momentum.lerp_(grad, 0.05)
        way = turned(torch.lerp(grad, momentum, 0.95).flatten(1))
        size = 0.2 * max(way.shape) ** 0.5  # as long a step as Adam's would be
        part.mul_(1 - group["lr"] * group["decay"])
        part.add_(way.reshape(part.shape).to(part.dtype), alpha=-group["lr"] * size)

    def _adam(self, part: Tensor, grad: Tensor, state: dict[str, Any], group: dict[str, Any]) -> None:
        mean = state.setdefault("mean", torch.zeros_like(part))
        square = state.setdefault("square", torch.zeros_like(part))
        mean.lerp_(grad, 0.1)
        square.lerp_(grad.square(), 0.02)
        right = (1 - 0.98 ** group["step"]) ** 0.5 / (1 - 0.9 ** group["step"])
        share = SLOW if part.ndim > 1 and part.shape[-1] > 1000 or part.ndim > 1 and len(part) > 1000 else 1.0
        part.addcdiv_(mean, square.sqrt().add_(1e-8), value=-group["lr"] * right * share)


SLOW = 0.03  # a weight of many inputs is small, and Adam's steps are as large for it as for any


def turned(matrix: Tensor, steps: int = 5) -> Tensor:
    """Bring a matrix's singular values near 1 (Newton and Schulz's iteration, of the fifth degree)."""
    x = matrix.bfloat16()
    high = x.shape[0] > x.shape[1]
    x = x.T if high else x
    x = x / (x.norm() + 1e-7)
    for _ in range(steps):
        square = x @ x.T
        x = 3.4445 * x + (-4.7750 * square + 2.0315 * square @ square) @ x
    return x.T if high else x


class Average:
    """A running mean of the weights, which draws better than they do."""

    def __init__(self, network: nn.Module) -> None:
        """Begin with the weights as they are."""
        self.weights = {name: part.detach().clone() for name, part in network.state_dict().items()}

    @torch.no_grad()
    def take(self, network: nn.Module, step: int) -> None:
        """Go a little towards the weights; at first, as fast as they do."""
        stay = min(0.998, (step + 1) / (step + 20))
        for name, part in network.state_dict().items():
            self.weights[name].lerp_(part, 1 - stay)


def save(
    path: Path, network: nn.Module, optimizer: torch.optim.Optimizer, step: int, average: Average | None = None
) -> None:
    """Write a checkpoint, whole or not at all."""
    part = path.with_suffix(".part")
    kept = {"network": network.state_dict(), "optimizer": optimizer.state_dict(), "step": step}
    torch.save(kept | ({"average": average.weights} if average else {}), part)
    part.replace(path)


def resume(path: Path, network: nn.Module, optimizer: torch.optim.Optimizer, average: Average | None = None) -> int:
    """Take up a checkpoint where there is one; give its step."""
    if not path.exists():
        return 0
    kept = torch.load(path, map_location=next(network.parameters()).device, weights_only=True)
    network.load_state_dict(kept["network"])
    optimizer.load_state_dict(kept["optimizer"])
    if average is not None:
        average.weights = kept["average"]
    return int(kept["step"])


class Log:
    """One line for every hundred steps, in a file that grows."""

    def __init__(self, path: Path) -> None:
        """Open it."""
        self.file = path.open("a")
        self.samples, self.seen, self.since = 0, list[dict[str, float]](), time.monotonic()

    def note(self, samples: int, seen: dict[str, float] | None) -> None:
        """Count a step, and what was seen in it."""
        self.samples += samples
        self.seen += [seen] if seen else []

    def write(self, step: int, **more: float) -> None:
        """Write the means since the last line."""
        names = self.seen[0] if self.seen else ()
        mean = {name: round(sum(one[name] for one in self.seen) / len(self.seen), 4) for name in names}
        line = {"step": step, "samples": self.samples, "seconds": round(time.monotonic() - self.since, 1)}
        print(json.dumps(line | more | mean), file=self.file, flush=True)
        self.samples, self.seen, self.since = 0, [], time.monotonic()
