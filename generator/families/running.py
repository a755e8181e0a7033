"""Calls a pipeline, and when the device runs out of memory, tries the next stronger offload. Knows no file format."""

from __future__ import annotations

import gc
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from inspect import signature
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ...errors import CountermarkError, MemoryShort, ModelUnfit, PromptInvalid
from ..pictures import as_bytes
from .calling import Shot, arguments
from .folder import Checkpoint
from .loading import loaded, offline, switched
from .looking import torch_module
from .machine import Choice, Load, Machine, stronger

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ..maker import Progress

_SEEDS = 1 << 64


@dataclass(frozen=True)
class Taken:
    """What one call gave."""

    frames: NDArray[np.uint8]  # (F, H, W, 3)
    sound: NDArray[np.float32] | None = None  # (channels, samples)
    sound_rate: int = 0


class Runner:
    """Weights, and the pipeline that they are in, as long as there is something to call."""

    def __init__(self, checkpoint: Checkpoint, machine: Machine, load: Load, choice: Choice) -> None:
        """Take what is known; nothing is read until the first call."""
        self._checkpoint, self._machine, self._load = checkpoint, machine, load
        self.choice = choice
        self._pipe: Any = None
        self._pipeline = ""

    def take(self, shot: Shot, seed: int, progress: Progress) -> Taken:
        """Call the pipeline; the same shot and seed give the same frames on one machine."""
        while True:
            try:
                return self._called(self._ready(shot.call.way.pipeline), shot, seed, progress)
            except CountermarkError:
                raise
            except Exception as fault:  # of code that is not ours, which raises what it likes
                if not _is_memory(fault):
                    raise ModelUnfit(
                        f"{self._checkpoint.name} failed: {type(fault).__name__}: {fault}",
                        advice="other weights of this family, or another size or length, may do; see its own page",
                    ) from fault
                used, following = self.choice, stronger(self.choice, self._machine, self._checkpoint.family, self._load)
            self.free()  # out here, where the fault no longer holds what filled the memory
            if following is None:
                raise _short(self._checkpoint, used, shot)
            self.choice = following

    def free(self) -> None:
        """Let go of the weights."""
        self._pipe = None
        gc.collect()
        torch = torch_module()
        if torch.cuda.is_available():
            torch.cuda.empty_cache()

    def _ready(self, pipeline: str) -> Any:
        if self._pipe is None:
            self._pipe = loaded(self._checkpoint, pipeline, self.choice)
        elif self._pipeline != pipeline:
            self._pipe = switched(self._pipe, pipeline, self._checkpoint, self.choice)
        self._pipeline = pipeline
        return self._pipe

    def _called(self, pipe: Any, shot: Shot, seed: int, progress: Progress) -> Taken:
        torch = torch_module()
        values = arguments(shot, pipe)
        values["generator"] = torch.Generator("cpu").manual_seed(seed % _SEEDS)
        if "callback_on_step_end" in signature(type(pipe).__call__).parameters:
            values["callback_on_step_end"] = _telling(progress, shot.steps)
        guider = getattr(pipe, "guider", None)
        if guider is not None:
            pipe.guider = guider.new(guidance_scale=shot.guidance)
        try:
            with offline(), torch.inference_mode():
                found = pipe(**values)
        except ValueError as fault:
            raise PromptInvalid(f"{self._checkpoint.name} refused it: {fault}") from fault
        frames = np.asarray(found.frames)
        frames = frames[0] if frames.ndim == 5 else frames
        return Taken(
            as_bytes(frames)[shot.call.skips :], *_heard(found, pipe, float(shot.call.before / shot.frame_rate))
        )


class Runners:
    """One for each set of weights that has a part in a film, of which one at a time is in memory."""

    def __init__(self, runners: Mapping[tuple[Path, ...], Runner]) -> None:
        """Take them by the folders of their weights."""
        self._runners = runners
        self._busy: Runner | None = None

    def of(self, checkpoint: Checkpoint) -> Runner:
        """Give the one of these weights; another lets go of its own first."""
        wanted = self._runners[checkpoint.folders]
        if self._busy is not wanted:
            self.free()
        self._busy = wanted
        return wanted

    def free(self) -> None:
        """Let go of all weights."""
        if self._busy is not None:
            self._busy.free()


def _heard(found: Any, pipe: Any, since_s: float) -> tuple[NDArray[np.float32] | None, int]:
    """Give what is to be heard after what went before."""
    sound = getattr(found, "audio", None)
    if sound is None:
        return None, 0
    rate = int(pipe.vocoder.config.output_sampling_rate)
    return sound[0].float().cpu().numpy()[..., round(since_s * rate) :], rate


def _telling(progress: Progress, steps: int) -> Callable[..., dict[str, Any]]:
    def told(pipe: Any, step: int, timestep: Any, values: dict[str, Any]) -> dict[str, Any]:
        progress(min(1.0, (step + 1) / (getattr(pipe, "_num_timesteps", None) or steps)))
        return values

    return told


def _is_memory(fault: Exception) -> bool:
    words = str(fault).casefold()
    return (
        isinstance(fault, MemoryError | torch_module().OutOfMemoryError)
        or "out of memory" in words
        or "can't allocate" in words
    )


def _short(checkpoint: Checkpoint, choice: Choice, shot: Shot) -> MemoryShort:
    """Say what would fit, by the size of what did not."""
    family, (wide, high) = checkpoint.family, shot.size
    half = family.fitting((round(wide / 1.42), round(high / 1.42)))
    frames = max(family.grid.least, family.grid.nearest(shot.call.frames // 2))
    seconds = float(frames / shot.frame_rate)
    return MemoryShort(
        f"{checkpoint.name} ran out of memory on {choice.device}, even with {choice.offload} offload",
        advice=f"about half of it is taken by --size {half[0]}x{half[1]}, or by --seconds {seconds:.1f}",
    )
