"""What happens to a clip between whoever made it and us: scaled, captioned, encoded once or twice by real encoders.

Knows codecs and their ranges; never knows whether a clip is real or synthetic: one draw serves both, so that nothing
of it can tell them apart.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from ...media import EncodeSettings, encode, probe, show
from ...media.codecs import CodecName
from ...media.plan import Plan
from ...settings import Limits

Frames = NDArray[np.uint8]  # (T, H, W, 3)

_CODECS: tuple[CodecName, ...] = ("h264", "hevc", "vp9", "av1")
_SHARES = (0.64, 0.14, 0.12, 0.1)
_PRESETS: dict[CodecName, tuple[str, ...]] = {
    "h264": ("veryfast", "fast", "medium"),
    "hevc": ("ultrafast", "veryfast"),
    "vp9": ("5", "7"),
    "av1": ("10", "12"),
}
_WORSE: dict[CodecName, float] = {"h264": 0, "hevc": 2, "vp9": 8, "av1": 9}  # what CRF means about the same
_SCALERS = (cv2.INTER_AREA, cv2.INTER_LINEAR, cv2.INTER_CUBIC, cv2.INTER_LANCZOS4)


@dataclass(frozen=True)
class Pass:
    """One encoding."""

    codec: CodecName
    preset: str
    crf: float


@dataclass(frozen=True)
class Chain:
    """One draw, to be used for a real clip and a synthetic one alike."""

    scale: float
    scaler: int
    fps: int  # as it is written; frames are neither doubled nor dropped for it
    passes: tuple[Pass, ...]
    palette: int = 0  # colours of a GIF; 0: none
    caption: int | None = None  # the seed of what is pasted over it; None: nothing
    gain: float = 1.0  # of brightness, before the encoder


MATCHED: dict[str, Chain] = {
    "crf23": Chain(1.0, cv2.INTER_AREA, 24, (Pass("h264", "medium", 23),)),
    "crf35": Chain(1.0, cv2.INTER_AREA, 24, (Pass("h264", "medium", 35),)),
    "half-crf28": Chain(0.5, cv2.INTER_AREA, 24, (Pass("h264", "medium", 28),)),
}


def random_chain(rng: np.random.Generator) -> Chain:
    """Draw one chain."""
    scale = 1.0 if rng.random() < 0.5 else float(rng.choice([0.5, 0.5, 0.667, 0.75, rng.uniform(0.5, 1.0)]))
    passes = [_pass(rng, 18, 38)]
    if rng.random() < 0.25:
        passes.insert(0, _pass(rng, 18, 28))
    return Chain(
        scale=scale,
        scaler=int(rng.choice(_SCALERS)) if scale < 1 else cv2.INTER_AREA,
        fps=int(rng.choice([8, 15, 24, 24, 25, 30])),
        passes=tuple(passes),
        palette=int(rng.choice([64, 128, 256])) if rng.random() < 0.04 else 0,
        caption=int(rng.integers(1 << 31)) if rng.random() < 0.15 else None,
        gain=float(rng.uniform(0.85, 1.15)) if rng.random() < 0.3 else 1.0,
    )


def _pass(rng: np.random.Generator, low: float, high: float) -> Pass:
    codec = _CODECS[int(rng.choice(len(_CODECS), p=_SHARES))]
    return Pass(codec, str(rng.choice(_PRESETS[codec])), round(float(rng.uniform(low, high)) + _WORSE[codec]))


def through(frames: Frames, chain: Chain) -> Frames:
    """Give what frames (T, H, W, 3) look like after the chain: as many, smaller where it scales."""
    shown = frames
    if chain.scale != 1.0:
        shown = _scaled(shown, chain.scale, chain.scaler)
    if chain.gain != 1.0:
        shown = np.clip(shown.astype(np.float32) * chain.gain, 0, 255).round().astype(np.uint8)
    if chain.caption is not None:
        shown = captioned(shown, np.random.default_rng(chain.caption))
    if chain.palette:
        shown = _in_palette(shown, chain.palette)
    for step in chain.passes:
        shown = encoded(shown, step, chain.fps)
    return shown


def encoded(frames: Frames, step: Pass, fps: int) -> Frames:
    """Write the frames by a real encoder and read them back."""
    high, wide = frames.shape[1] // 2 * 2, frames.shape[2] // 2 * 2
    settings = EncodeSettings(step.codec, step.preset, step.crf, bit_depth=8, threads=1)
    limits = Limits()
    with tempfile.TemporaryDirectory(prefix="countermark-chain-") as folder:
        path = Path(folder) / "copy.mp4"
        encode(
            (frame[:high, :wide] for frame in frames), path, size=(wide, high), frame_rate=Fraction(fps),
            settings=settings,
        )  # fmt: skip
        video = probe(path, limits, digest="0" * 64)
        times = tuple((i + 0.25) / fps for i in range(len(frames)))
        shown = [view.pixels for _, view in show(video, (Plan(times, "rgb"),), limits=limits)]
    return np.stack(shown)


def captioned(frames: Frames, rng: np.random.Generator) -> Frames:
    """Paste a logo, a caption or a box over all frames, as platforms and pages do with real and synthetic clips."""
    made = frames.copy()
    high, wide = frames.shape[1:3]
    colour = tuple(int(c) for c in rng.choice([0, 255, int(rng.integers(256))], 3))
    words = "".join(rng.choice(list("ABCDEFGHJKLMNPRSTUVWXYZ 0123456789"), int(rng.integers(3, 18))))
    at = (int(rng.uniform(0, 0.6) * wide), int(rng.uniform(0.1, 0.95) * high))
    size, thick = float(rng.uniform(0.3, 1.2)) * high / 360, int(rng.integers(1, 3))
    blended = rng.random() < 0.4
    for frame in made:
        layer = frame.copy()
        cv2.putText(layer, words, at, cv2.FONT_HERSHEY_DUPLEX, size, colour, thick, cv2.LINE_AA)
        if not blended:
            frame[:] = layer
        else:
            cv2.addWeighted(layer, 0.5, frame, 0.5, 0, dst=frame)
    return made


def _scaled(frames: Frames, scale: float, scaler: int) -> Frames:
    size = (max(2, round(frames.shape[2] * scale)), max(2, round(frames.shape[1] * scale)))
    return np.stack([cv2.resize(frame, size, interpolation=scaler) for frame in frames])


def _in_palette(frames: Frames, colours: int) -> Frames:
    from PIL import Image

    palette = Image.fromarray(frames[len(frames) // 2]).quantize(colours, method=Image.Quantize.MEDIANCUT)
    done: list[NDArray[Any]] = []
    for frame in frames:
        done.append(np.asarray(Image.fromarray(frame).quantize(palette=palette).convert("RGB")))
    return np.stack(done)
