"""What our own decoders are built of: how they shrink pictures, how they bring them back. Knows torch, not clips.

Every network takes and gives pictures (N, 3, T, H, W) in -1..1, whose sides divide by the kind's factor and whose
frames divide by its time. Only the size of the ladder differs from what real generators end with: the steps up
(nearest and convolution, transposed, pixel shuffle, smooth), the number of channels in between, norms, and whether one
latent picture stands for one frame, for two or for four.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

Family = Literal["ladder", "video", "kl", "tiny"]
Up = Literal["nearest", "transposed", "shuffle", "smooth"]
Loss = Literal["l1", "l2", "edges", "adversarial"]

_HALF_LEVELS = 3.5  # a quantised latent has eight values
_PIXELS_AT_ONCE = 2_500_000  # of a video; what is kept in memory is some eighty bytes for each


@dataclass(frozen=True)
class Kind:
    """One decoder's make and how it learns."""

    family: Family  # ladder, video: ours; kl, tiny: AutoencoderKL and AutoencoderTiny of diffusers
    factor: Literal[4, 8]
    latent: int
    up: Up
    loss: Loss
    width: int = 12  # channels at full size
    norm: bool = False
    quantised: bool = False
    steps: int = 450
    rate: float = 4e-3  # three dimensions bear half of it

    @property
    def time(self) -> int:
        """How many frames one latent picture stands for."""
        return 1 if self.family != "video" else 2 if self.factor == 4 else 4

    @property
    def name(self) -> str:
        """One word that says all of it."""
        packed = f"t{self.time}" if self.time > 1 else ""
        extras = ("-norm" if self.norm else "") + ("-quantised" if self.quantised else "")
        return f"{self.family}-f{self.factor}{packed}z{self.latent}-{self.up}-{self.loss}{extras}"


# Decoder j is of fold j mod 5. Each fold has one that packs time, or one of diffusers, and no two folds hold out alike.
KINDS: tuple[Kind, ...] = (
    Kind("kl", 4, 4, "nearest", "edges", norm=True, width=8),
    Kind("ladder", 4, 4, "transposed", "l2"),
    Kind("ladder", 8, 16, "shuffle", "l1"),
    Kind("video", 8, 16, "nearest", "edges", width=8, steps=600, rate=2e-3),
    Kind("tiny", 8, 8, "nearest", "l1", width=16),
    Kind("ladder", 4, 6, "shuffle", "adversarial"),
    Kind("video", 4, 8, "transposed", "l2", width=8, steps=4000, rate=2e-3),
    Kind("kl", 8, 8, "nearest", "l2", norm=True, width=8),
    Kind("ladder", 8, 12, "transposed", "adversarial"),
    Kind("ladder", 4, 8, "smooth", "l1", norm=True),
    Kind("video", 4, 12, "shuffle", "edges", width=8, rate=2e-3),
    Kind("tiny", 4, 6, "nearest", "adversarial", width=16, rate=2e-3),
    Kind("ladder", 4, 8, "nearest", "l2", quantised=True),
    Kind("ladder", 8, 16, "smooth", "adversarial"),
    Kind("video", 8, 16, "smooth", "l1", width=8, steps=4000, rate=2e-3),
)


def build(kind: Kind) -> nn.Module:
    """Make the network of one kind, its weights drawn from torch's generator; channels last is half the time."""
    made = {"kl": _kl, "tiny": _tiny, "ladder": _ladder, "video": _ladder}[kind.family](kind)
    return made.to(memory_format=torch.channels_last_3d if kind.family == "video" else torch.channels_last)


def through(kind: Kind, network: Any, pictures: Tensor) -> Tensor:
    """Send pictures (N, 3, T, H, W) into the latent and back."""
    if kind.family == "video":
        video: Tensor = network["decoder"](network["encoder"](pictures))
        return video
    count, _, frames, height, width = pictures.shape
    flat = pictures.transpose(1, 2).reshape(count * frames, 3, height, width)
    if kind.family == "kl":
        spread = network.encode(flat).latent_dist
        flat = network.decode(spread.sample() if network.training else spread.mode()).sample
    elif kind.family == "tiny":
        flat = network.decode(network.encode(flat).latents).sample
    else:
        flat = network["decoder"](network["encoder"](flat))
    out: Tensor = flat.reshape(count, frames, 3, height, width).transpose(1, 2)
    return out


def judge(width: int = 24) -> nn.Module:
    """Make a small network that says of each patch of a frame whether it was taken or decoded."""
    slope = 0.2
    return nn.Sequential(
        *(nn.Conv2d(3, width, 4, 2, 1), nn.LeakyReLU(slope)),
        *(nn.Conv2d(width, 2 * width, 4, 2, 1), nn.LeakyReLU(slope)),
        *(nn.Conv2d(2 * width, 2 * width, 3, 1, 1), nn.LeakyReLU(slope)),
        nn.Conv2d(2 * width, 1, 3, 1, 1),
    )


def _kl(kind: Kind) -> nn.Module:
    """AutoencoderKL, tiny: residual blocks with group norm, nearest and convolution."""
    from diffusers import AutoencoderKL

    widths = _widths(kind)
    make: Any = AutoencoderKL
    made: nn.Module = make(
        block_out_channels=widths,
        down_block_types=("DownEncoderBlock2D",) * len(widths),
        up_block_types=("UpDecoderBlock2D",) * len(widths),
        layers_per_block=1,
        latent_channels=kind.latent,
        norm_num_groups=4,
        mid_block_add_attention=False,  # its cost grows with the square of the picture
    )
    return made


def _tiny(kind: Kind) -> nn.Module:
    """AutoencoderTiny, as small as it goes: rectified convolutions without norm."""
    from diffusers import AutoencoderTiny

    depth = len(_widths(kind))
    make: Any = AutoencoderTiny
    made: nn.Module = make(
        encoder_block_out_channels=(kind.width,) * depth,
        decoder_block_out_channels=(kind.width,) * depth,
        num_encoder_blocks=(1,) * depth,
        num_decoder_blocks=(1,) * depth,
        latent_channels=kind.latent,
    )
    return made


def _ladder(kind: Kind) -> nn.Module:
    """Our own: steps down, steps up, one residual block on each."""
    return nn.ModuleDict({"encoder": _shrink(kind), "decoder": _grow(kind)})


def _widths(kind: Kind) -> tuple[int, ...]:
    """Give the channels at full size, a half, a quarter and so on, down to the latent's size."""
    return tuple(kind.width * min(2**level, 4) for level in range(kind.factor.bit_length()))


def _time(kind: Kind, level: int) -> int:
    """How many frames become one between a level and the one above: two at the smallest two, but for the topmost."""
    return 2 if kind.family == "video" and level >= max(2, kind.factor.bit_length() - 2) else 1


def _shrink(kind: Kind) -> nn.Module:
    """Full size to latent; the first halving is a pixel shuffle backwards, the last two of a video take time along."""
    widths, video = _widths(kind), kind.family == "video"
    layers: list[nn.Module] = [_unshuffle() if video else nn.PixelUnshuffle(2), _conv(kind, 12, widths[1])]
    for level in range(2, len(widths)):
        time = _time(kind, level)
        step = [nn.SiLU(), _conv(kind, widths[level - 1], widths[level], stride=(time, 2, 2))]
        layers += [*(_summed(step, partial(_beside_smaller, time)) if video else step), _residual(kind, widths[level])]
    layers += [nn.SiLU(), _conv(kind, widths[-1], kind.latent, gain=1.0)]
    return nn.Sequential(*layers, *([_rounded()] if kind.quantised else []))


def _grow(kind: Kind) -> nn.Module:
    """Latent to full size, by the steps that the kind is named for."""
    widths = _widths(kind)
    layers: list[nn.Module] = [_conv(kind, kind.latent, widths[-1], gain=1.0), _residual(kind, widths[-1])]
    for level in range(len(widths) - 1, 0, -1):
        time = _time(kind, level)
        step = [nn.SiLU(), *_up(kind, widths[level], widths[level - 1], time)]
        layers += _summed(step, partial(_beside_larger, time)) if kind.family == "video" else step
        layers += [_residual(kind, widths[level - 1])] if level > 1 else []
    return nn.Sequential(*layers, nn.SiLU(), _conv(kind, widths[0], 3, gain=0.5))


def _up(kind: Kind, before: int, after: int, time: int) -> list[nn.Module]:
    """One step up: twice the size, and `time` as many frames."""
    scale = (time, 2, 2) if kind.family == "video" else (2, 2)
    if kind.up == "transposed":
        if kind.family == "video":
            layer = nn.ConvTranspose3d(before, after, (time + 2, 4, 4), (time, 2, 2), 1)
            return [_drawn(layer, before * 4 * (time + 2) // time, 1.6)]
        return [_drawn(nn.ConvTranspose2d(before, after, 4, 2, 1), before * 4, 1.6)]
    if kind.up == "shuffle":
        cells = after * 4 * time
        return [_conv(kind, before, cells), _shuffle(scale) if kind.family == "video" else nn.PixelShuffle(2)]
    if kind.up == "nearest":
        return [nn.Upsample(scale_factor=scale, mode="nearest"), _conv(kind, before, after)]
    mode = "trilinear" if kind.family == "video" else "bilinear"
    return [nn.Upsample(scale_factor=scale, mode=mode, align_corners=False), _conv(kind, before, after)]


def _conv(
    kind: Kind, before: int, after: int, stride: tuple[int, int, int] = (1, 1, 1), gain: float = 1.6
) -> nn.Module:
    """Make a convolution over 3x3 pixels, and three frames of a video, that keeps what passes about as strong."""
    if kind.family == "video":
        return _drawn(nn.Conv3d(before, after, 3, stride, 1), before * 27, gain)
    return _drawn(nn.Conv2d(before, after, 3, stride[1:], 1), before * 9, gain)


def _drawn(
    layer: nn.Conv2d | nn.Conv3d | nn.ConvTranspose2d | nn.ConvTranspose3d, inputs: int, gain: float
) -> nn.Module:
    """Draw weights for as many inputs as make one output; torch's own draw lets a ladder fade and learn slowly."""
    nn.init.normal_(layer.weight, 0.0, gain / inputs**0.5)
    if layer.bias is not None:
        nn.init.zeros_(layer.bias)
    return layer


def _residual(kind: Kind, width: int) -> nn.Module:
    """Two convolutions whose sum with what came in goes on; at first they add little."""
    norm = [nn.GroupNorm(4, width)] if kind.norm else []
    last = _conv(kind, width, width, gain=0.2)
    block = nn.Sequential(*norm, nn.SiLU(), _conv(kind, width, width), nn.SiLU(), last)
    block.register_forward_hook(lambda _, given, out: given[0] + out)
    return block


def _summed(step: list[nn.Module], beside: Callable[..., Tensor]) -> list[nn.Module]:
    """Let a step only add to a plain one beside it."""
    block = nn.Sequential(*step)
    block.register_forward_hook(beside)
    return [block]


def _beside_smaller(time: int, _: nn.Module, given: tuple[Tensor, ...], out: Tensor) -> Tensor:
    """Add what came in, averaged down: a video's ladder learns in hundreds of steps what else takes thousands."""
    small = functional.avg_pool3d(given[0], (time, 2, 2))
    return out + small.repeat_interleave(out.shape[1] // small.shape[1], dim=1)


def _beside_larger(time: int, _: nn.Module, given: tuple[Tensor, ...], out: Tensor) -> Tensor:
    """Add what came in, each value over all the pixels it becomes."""
    count, channels, *sizes = given[0].shape
    mean = given[0].reshape(count, out.shape[1], channels // out.shape[1], *sizes).mean(dim=2)
    return out + functional.interpolate(mean, scale_factor=(time, 2, 2), mode="nearest")


def _rounded() -> nn.Module:
    """Eight values a channel; the gradient passes as if they were any."""
    squashed = nn.Tanh()
    squashed.register_forward_hook(
        lambda _, __, out: out + ((out * _HALF_LEVELS + 0.5).round() - 0.5 - out * _HALF_LEVELS).detach() / _HALF_LEVELS
    )
    return squashed


def _unshuffle() -> nn.Module:
    """Fold each 2x2 of pixels into channels, frame by frame."""

    def fold(_: nn.Module, given: tuple[Tensor, ...], __: Tensor) -> Tensor:
        count, channels, frames, height, width = given[0].shape
        cells = given[0].reshape(count, channels, frames, height // 2, 2, width // 2, 2)
        return cells.permute(0, 1, 4, 6, 2, 3, 5).reshape(count, channels * 4, frames, height // 2, width // 2)

    layer = nn.Identity()
    layer.register_forward_hook(fold)
    return layer


def _shuffle(scale: tuple[int, ...]) -> nn.Module:
    """Unfold channels into frames and pixels."""
    time, tall, wide = scale

    def unfold(_: nn.Module, given: tuple[Tensor, ...], __: Tensor) -> Tensor:
        count, channels, frames, height, width = given[0].shape
        cells = given[0].reshape(count, channels // (time * tall * wide), time, tall, wide, frames, height, width)
        flat = cells.permute(0, 1, 5, 2, 6, 3, 7, 4)
        return flat.reshape(count, -1, frames * time, height * tall, width * wide)

    layer = nn.Identity()
    layer.register_forward_hook(unfold)
    return layer


def rebuilt(kind: Kind, network: Any, frames: NDArray[Any]) -> NDArray[Any]:
    """Send frames (T, H, W, 3) of 8 bits into the latent and back; sides that do not fit are mirrored, frames kept."""
    count, height, width, _ = frames.shape
    tall, wide = -height % kind.factor, -width % kind.factor
    padded = np.pad(frames, ((0, -count % kind.time), (0, 0), (0, 0), (0, 0)), mode="edge")
    padded = np.pad(padded, ((0, 0), (0, tall), (0, wide), (0, 0)), mode="reflect")
    batch = max(kind.time, _PIXELS_AT_ONCE // (padded.shape[1] * padded.shape[2]) // kind.time * kind.time)
    batch = batch if kind.time > 1 else 1  # single frames stay in the processor's cache
    out = []
    with torch.inference_mode():
        for start in range(0, padded.shape[0], batch):
            spans = padded[start : start + batch].reshape(-1, kind.time, *padded.shape[1:])  # as long as it has learnt
            given = torch.from_numpy(spans).permute(0, 4, 1, 2, 3).to(torch.float32) / 127.5 - 1
            pictures = through(kind, network, given)
            levels = (pictures.clamp(-1, 1) * 127.5 + 127.5).round().to(torch.uint8)
            out.append(levels.permute(0, 2, 3, 4, 1).flatten(0, 1).numpy())
    whole: NDArray[Any] = np.ascontiguousarray(np.concatenate(out)[:count, :height, :width])
    return whole
