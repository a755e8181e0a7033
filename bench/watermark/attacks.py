"""The table of attacks: name, bar, and how a copy is made. Knows no clip and no mark.

Each starts from the marked file and ends in a file that an encoder wrote. What names no codec ends in x264 CRF 23,
preset veryfast. Bars are the share of clips whose 64 bits must come back.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import Literal

from ...media import EncodeSettings
from . import colours, hostile, shapes, timing
from .footage import Change, drawn, each, in_turn

MOST, MANY, SOME = 0.98, 0.90, 0.70
Kind = Literal["codec", "size", "colour", "time", "shape", "overlay", "hostile"]
Reads = Literal["payload", "second", "any"]  # the clip's own; that of the key it was marked anew with; anything at all

ENDING = EncodeSettings(crf=23, preset="veryfast", threads=1)
PRESETS: dict[str, str] = {"h264": "medium", "hevc": "fast", "av1": "10", "vp9": "6"}


@dataclass(frozen=True)
class Step:
    """One generation: pictures changed, or none, and written."""

    change: Change | None = None
    coding: EncodeSettings | None = ENDING  # None: a GIF
    marks_again: bool = False  # with another key, while it is written


@dataclass(frozen=True)
class Attack:
    """What is done to a marked file, and how often the mark must come back."""

    name: str
    kind: Kind
    bar: float | None
    steps: tuple[Step, ...]
    reads: Reads = "payload"
    note: str = ""


def h264(crf: float, scale: float = 1.0) -> EncodeSettings:
    """x264 at its default preset."""
    return EncodeSettings("h264", PRESETS["h264"], crf, threads=1, scale=scale)


def _coded(name: str, bar: float | None, *codings: EncodeSettings, kind: Kind = "codec") -> Attack:
    return Attack(name, kind, bar, tuple(Step(None, coding) for coding in codings))


def _other(codec: Literal["hevc", "av1", "vp9"], crf: float) -> EncodeSettings:
    return EncodeSettings(codec, PRESETS[codec], crf, threads=1)


def _changed(name: str, kind: Kind, bar: float | None, *changes: Change, note: str = "") -> Attack:
    return Attack(name, kind, bar, (Step(in_turn(*changes)),), note=note)


def _crop(removed: float) -> Change:
    return drawn(partial(shapes.crop, removed))


def _turn(degrees: float) -> Change:
    return drawn(partial(shapes.rotation, degrees))


_CODECS = (
    Attack("identity", "codec", MOST, (), note="the stamped file itself"),
    *(_coded(f"H.264 CRF {crf}", MOST, h264(crf)) for crf in (23, 30, 40)),
    *(_coded(f"HEVC CRF {crf}", MOST, _other("hevc", crf)) for crf in (30, 35)),
    *(_coded(f"AV1 CRF {crf}", MOST, _other("av1", crf)) for crf in (40, 55)),
    _coded("VP9 CRF 45", MOST, _other("vp9", 45)),
    _coded("H.264 CRF 30, then AV1 CRF 45", MOST, h264(30), _other("av1", 45)),
    _coded("HEVC CRF 40", MANY, _other("hevc", 40)),
    _coded("H.264 CRF 45", MANY, h264(45)),
    _coded("H.264 CRF 50", None, h264(50)),
    _coded("0.5x, CRF 28", MOST, h264(28, 0.5), kind="size"),
    _coded("0.33x, CRF 28", MANY, h264(28, 1 / 3), kind="size"),
)
_COLOURS = (
    *(_changed(f"brightness {by:g}", "colour", MOST, each(colours.brightness(by))) for by in (0.5, 1.5)),
    *(_changed(f"contrast {by:g}", "colour", MOST, each(colours.contrast(by))) for by in (0.5, 1.5)),
    *(_changed(f"saturation {by:g}", "colour", MOST, each(colours.saturation(by))) for by in (0.0, 1.5)),
    _changed("hue +0.1 turn", "colour", MOST, each(colours.hue(0.1))),
    _changed("gamma 1.8", "colour", MOST, each(colours.gamma(1.8))),
    _changed("grey", "colour", MOST, each(colours.grey)),
    _changed("blur 1.5", "colour", MOST, each(colours.blur(1.5))),
    _changed("noise 8", "colour", MOST, drawn(partial(colours.noise, 8.0))),
    _changed("JPEG 40 each frame", "colour", MOST, each(colours.jpeg(40))),
)
_TIMES = (
    _changed("half of the frames dropped", "time", MOST, timing.picked(timing.half_dropped)),
    _changed("trimmed to 2 s", "time", MOST, timing.picked(timing.window(2.0))),
    _changed("16 frames", "time", MOST, timing.picked(timing.run_of(16))),
    _changed("2x speed", "time", MOST, timing.picked(timing.faster)),
    _changed("0.5x speed", "time", MOST, timing.picked(timing.slower)),
    *(_changed(f"to {rate} fps", "time", MOST, timing.resampled(rate)) for rate in (24, 30, 60)),
    _changed("reversed", "time", MOST, timing.picked(timing.backwards)),
    Attack(
        "one frame, JPEG 75",
        "time",
        MANY,
        (Step(in_turn(timing.picked(timing.run_of(1)), each(colours.jpeg(75))), replace(ENDING, crf=5)),),
        note="in an mp4 of that frame, CRF 5: the reader takes no stills",
    ),
    Attack("GIF, 12 fps", "time", MANY, (Step(timing.resampled(12), None),), note="256 colours a frame"),
)
_SHAPES = (
    _changed("flip", "shape", MOST, each(shapes.flip)),
    *(_changed(f"crop {area} %", "shape", MOST, _crop(area / 100)) for area in (10, 30, 50)),
    *(_changed(f"rotation {degrees}", "shape", MOST, _turn(degrees)) for degrees in (5, 10)),
    _changed("crop 70 %", "shape", MANY, _crop(0.7)),
    _changed("letterbox", "shape", MANY, drawn(shapes.letterbox), note="black, to a square"),
    _changed("pillarbox", "shape", MANY, drawn(shapes.pillarbox), note="black, to 16:9; from 16:9, to 2.4:1"),
    _changed("rotation 90", "shape", MANY, each(shapes.quarter_turn)),
    _changed("perspective 0.5", "shape", MANY, drawn(partial(shapes.perspective, 0.5))),
    Attack(
        "screen capture",
        "shape",
        MANY,
        (
            Step(
                in_turn(
                    _turn(2),
                    drawn(partial(shapes.trim_sides, 0.05)),
                    drawn(partial(shapes.scaled, 0.8)),
                    each(colours.gamma(1.2)),
                ),
                replace(ENDING, crf=32),
            ),
        ),
        note="turned by 2 degrees, 5 % cut off each side, 0.8x, gamma 1.2, CRF 32",
    ),
    Attack(
        "combo at CRF 40",
        "shape",
        SOME,
        (Step(None, h264(40)), Step(in_turn(_crop(0.5), each(colours.brightness(0.5))))),
        note="H.264 CRF 40, then crop 50 %, then brightness 0.5",
    ),
)
_OVERLAYS = (
    _changed("picture in picture 60 %", "overlay", MANY, drawn(partial(shapes.picture_in_picture, 0.6))),
    _changed("caption bar", "overlay", MANY, drawn(shapes.caption), note="the bottom 15 %, opaque"),
    _changed("logo", "overlay", MANY, drawn(shapes.logo), note="6 % of the area, opaque"),
    _changed("emoji", "overlay", MANY, drawn(shapes.emoji), note="seven"),
)
_FROM_ELSEWHERE = "wanted: 0"
_FIFTY = "50 marked pieces of 8 frames, of the chosen clips in turn: fewer clips than 50 come round again"
AVERAGE_REMOVED, AVERAGE_PASTED = "average of 50 removed", "average of 50 pasted"
_HOSTILE = (
    _changed(AVERAGE_REMOVED, "hostile", None, hostile.average_removed, note=_FIFTY),
    Attack(
        AVERAGE_PASTED, "hostile", None, (Step(hostile.average_pasted),), "any",
        f"on the unmarked clip; any mark that is read counts, {_FROM_ELSEWHERE}; {_FIFTY}",
    ),
    _changed(
        "copy of one clip pasted", "hostile", None, hostile.copied,
        note=f"on another, unmarked clip; its payload counts, {_FROM_ELSEWHERE}",
    ),
    Attack("marked anew: the first mark", "hostile", None, (Step(in_turn(), marks_again=True),)),
    Attack("marked anew: the second mark", "hostile", None, (Step(in_turn(), marks_again=True),), "second"),
    _changed("non-local means", "hostile", None, colours.denoised, note="h 10, of 16 frames"),
    _changed("frames interpolated", "hostile", None, timing.interpolated, note="every second one"),
)  # fmt: skip

ATTACKS: tuple[Attack, ...] = (*_CODECS, *_COLOURS, *_TIMES, *_SHAPES, *_OVERLAYS, *_HOSTILE)
QUICK = (
    "identity", "H.264 CRF 30", "H.264 CRF 40", "0.5x, CRF 28", "brightness 0.5", "noise 8",
    "half of the frames dropped", "flip", "crop 30 %", "rotation 5", "caption bar", "combo at CRF 40",
)  # fmt: skip


def named(name: str) -> Attack:
    """Give one of the table."""
    return next(attack for attack in ATTACKS if attack.name == name)
