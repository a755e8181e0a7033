"""Visible labels as pictures: how big, where, and in which colours. Knows pixels, no video.

A label is letters on a plate that lets a little of the picture through. Its size comes from the picture's shorter side,
its place from a safe area: 5 % of each side, and in portrait what apps cover with their buttons and captions.
"""

from __future__ import annotations

import base64
import math
from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from ...errors import LabelUnfit
from ...evidence import LabelClaim, Region, Span
from ...media.overlay import Overlay
from .colours import Colour, colour, opacity
from .icon import SIDE, tile
from .setting import CAP, Block, set_text
from .wanted import VisibleLabel

if TYPE_CHECKING:
    from PIL import Image

LEAST_LETTERS = 8  # pixels of a capital letter: below, they can't be told apart
_MOST_LINES = 3
_SAFE = (0.05, 0.05, 0.05, 0.05)  # left, top, right, bottom, in shares of the width or height
_SAFE_PORTRAIT = (0.05, 0.08, 0.14, 0.2)
_SUPERSAMPLED = 4
# Of a plate, in ems: the space beside and above the letters, around the icon and behind it; then the radius of its
# corners, and the line at its edge.
_PAD_ACROSS, _PAD_DOWN, _INSET, _GAP, _ROUND, _EDGE, _EDGE_OPACITY = 0.5, 0.4, 0.2, 0.36, 0.42, 0.045, 0.6
_KEPT_HEIGHT, _KEPT_BYTES = 64, 6000  # of the picture in the claim; in base64 it is a third longer

Box = tuple[int, int, int, int]  # left, top, right, bottom


@dataclass(frozen=True)
class Drawn:
    """A label as it goes into the pictures, and as the manifest tells of it."""

    overlay: Overlay
    claim: LabelClaim
    to_end: bool  # where the clip's duration was not known, the claim's span ends where it starts


def draw(
    labels: Sequence[VisibleLabel],
    display_size: tuple[int, int],
    duration_s: float | None,
    fonts: tuple[Path, ...] | None = None,
) -> tuple[Drawn, ...]:
    """Draw labels for an upright picture of that size; `fonts` stand in for the system's."""
    import numpy as np

    taken: list[Box] = []
    drawn = []
    for label in labels:
        if duration_s is not None and label.start_s >= duration_s:
            raise LabelUnfit(
                f"the label '{_short(label.text)}' would start after the clip's end", advice="let it start earlier"
            )
        picture, said = _picture(label, display_size, fonts)
        box = _placed(label, (picture.width, picture.height), display_size, taken)
        taken.append(box)
        end = None if label.seconds is None else label.start_s + label.seconds
        if end is not None and duration_s is not None and end >= duration_s:
            end = None
        overlay = Overlay(np.array(picture), box[0], box[1], label.start_s, end, label.fade_s)
        claim = _claim(label, said, picture, box, display_size, duration_s if end is None else end)
        drawn.append(Drawn(overlay, claim, end is None))
    return tuple(drawn)


def _picture(label: VisibleLabel, size: tuple[int, int], fonts: tuple[Path, ...] | None) -> tuple[Image.Image, str]:
    """Draw one label in as few lines as fit, and give what it says."""
    em = math.ceil(_letters(label, size) / CAP)
    left, top, right, bottom = _safe(size)
    words = label.text.removeprefix("AI ") if label.icon else label.text  # the icon says it
    beside = _beside(label, em)
    for lines in range(1, _MOST_LINES + 1):
        block = set_text(words, em, right - left - beside, lines, fonts)
        if block is not None and block.height + 2 * round(_PAD_DOWN * em) <= bottom - top:
            return _on_plate(label, block), label.text
    icon_alone = words != label.text  # where the icon says a part of the text, it may stand for the whole
    if icon_alone and round(SIDE * em) <= min(right - left, bottom - top):
        return _even(_tile(label, em)), "AI"
    raise _unfit(label, words, em, size, fonts)


def _letters(label: VisibleLabel, size: tuple[int, int]) -> int:
    """Say how many pixels high its capital letters are."""
    return max(LEAST_LETTERS, math.ceil(label.height_share * min(size)))


def _tile(label: VisibleLabel, em: int) -> Image.Image:
    return tile(em, colour(label.colour), colour(label.background))


def _beside(label: VisibleLabel, em: int) -> int:
    """Say how much of a plate's width is not text."""
    before = round(_INSET * em) + round(SIDE * em) + round(_GAP * em) if label.icon else round(_PAD_ACROSS * em)
    return before + round(_PAD_ACROSS * em)


def _on_plate(label: VisibleLabel, block: Block) -> Image.Image:
    from PIL import Image

    letters, plate, em = colour(label.colour), colour(label.background), block.em
    ink = block.mask()
    if ink.getbbox() is None:
        raise LabelUnfit(f"nothing would be seen of the label '{_short(label.text)}'")
    inset = round(_INSET * em)
    height = max(block.height + 2 * round(_PAD_DOWN * em), round(SIDE * em) + 2 * inset if label.icon else 0)
    picture = _plate((block.width + _beside(label, em), height), em, plate, opacity(letters, plate), letters)
    layer = Image.new("RGBA", picture.size, (*letters, 0))
    across = picture.width - round(_PAD_ACROSS * em) - block.width
    down = (height - block.height + min(block.lines[-1].below, round(0.12 * em))) // 2
    cover = Image.new("L", picture.size)
    cover.paste(ink, (across, down))
    layer.putalpha(cover)
    picture = Image.alpha_composite(picture, layer)
    if label.icon:
        picture.alpha_composite(_tile(label, em), (inset, (height - round(SIDE * em)) // 2))
    return _even(picture)


def _plate(size: tuple[int, int], em: int, plate: Colour, share: float, line: Colour) -> Image.Image:
    """Draw what the letters stand on: round, and with a fine line that shows its edge on a ground of its own colour."""
    from PIL import Image, ImageDraw

    large = (size[0] * _SUPERSAMPLED, size[1] * _SUPERSAMPLED)
    corners, edge = round(_ROUND * em * _SUPERSAMPLED), max(1, round(_EDGE * em)) * _SUPERSAMPLED
    whole, inner = Image.new("L", large), Image.new("L", large)
    box = (0, 0, large[0] - 1, large[1] - 1)
    ImageDraw.Draw(whole).rounded_rectangle(box, corners, 255)
    ImageDraw.Draw(inner).rounded_rectangle((edge, edge, box[2] - edge, box[3] - edge), max(1, corners - edge), 255)
    picture = Image.new("RGBA", size, (*line, 0))
    picture.putalpha(whole.resize(size, Image.Resampling.BOX).point(lambda part: round(_EDGE_OPACITY * part)))
    ground = Image.new("RGBA", size, (*plate, round(255 * share)))
    picture.paste(ground, (0, 0), inner.resize(size, Image.Resampling.BOX))
    return picture


def _even(picture: Image.Image) -> Image.Image:
    """Add an empty line or column: where colour has half the pixels, an odd edge would smear."""
    from PIL import Image

    whole = Image.new("RGBA", (picture.width + picture.width % 2, picture.height + picture.height % 2))
    whole.paste(picture)
    return whole


def _unfit(
    label: VisibleLabel, words: str, em: int, size: tuple[int, int], fonts: tuple[Path, ...] | None
) -> LabelUnfit:
    """Say how large a picture the label needs, or that no size helps."""
    left, top, right, bottom = _safe(size)
    block = set_text(words, em, 1 << 30, _MOST_LINES, fonts)
    assert block is not None  # any text fits into that width
    factor = max(
        (block.width + _beside(label, em)) / max(1, right - left),
        (block.height + 2 * round(_PAD_DOWN * em)) / max(1, bottom - top),
    )
    needed = [math.ceil(factor * side) + 4 for side in size]
    message = f"the label '{_short(label.text)}' does not fit into a picture of {size[0]} x {size[1]} pixels"
    if label.height_share * min(needed) <= LEAST_LETTERS:
        return LabelUnfit(
            f"{message}: it needs about {needed[0]} x {needed[1]}", advice="scale it up first, or shorten it"
        )
    return LabelUnfit(f"{message} at its size of letters", advice="shorten it, or ask for smaller letters: 'TEXT [3%]'")


def _short(text: str) -> str:
    return text if len(text) <= 40 else f"{text[:39]}…"


def _safe(size: tuple[int, int]) -> Box:
    width, height = size
    left, top, right, bottom = _SAFE_PORTRAIT if height > width else _SAFE
    return (
        math.ceil(left * width),
        math.ceil(top * height),
        width - math.ceil(right * width),
        height - math.ceil(bottom * height),
    )


def _placed(label: VisibleLabel, own: tuple[int, int], size: tuple[int, int], taken: Sequence[Box]) -> Box:
    """Find the place of a label, beyond those that stand there already: downwards, at the lower edge upwards."""
    left, top, right, bottom = _safe(size)
    gap = max(2, min(size) // 60)
    x = {"left": left, "right": right - own[0]}.get(label.place.split("-")[-1], (left + right - own[0]) // 2)
    down = label.place.split("-")[0]
    y = {"upper": top, "lower": bottom - own[1]}.get(down, (top + bottom - own[1]) // 2)
    box = _even_box(x, y, own)
    while (other := next((one for one in taken if _meet(box, one, gap)), None)) is not None:
        box = _even_box(x, other[1] - gap - own[1] if down == "lower" else other[3] + gap + 1, own)
        if box[1] < top - 1 or box[3] > bottom + 1:
            raise LabelUnfit(
                f"the label '{_short(label.text)}' finds no place beside the others in {size[0]} x {size[1]} pixels",
                advice="ask for fewer labels, or scale the video up first",
            )
    return box


def _even_box(x: int, y: int, own: tuple[int, int]) -> Box:
    x, y = max(0, x - x % 2), max(0, y - y % 2)
    return x, y, x + own[0], y + own[1]


def _meet(one: Box, other: Box, gap: int) -> bool:
    across = one[0] < other[2] + gap and other[0] < one[2] + gap
    return across and one[1] < other[3] + gap and other[1] < one[3] + gap


def _claim(
    label: VisibleLabel, said: str, picture: Image.Image, box: Box, size: tuple[int, int], end_s: float | None
) -> LabelClaim:
    width, height = size
    region = Region(box[0] / width, box[1] / height, picture.width / width, picture.height / height)
    span = Span(label.start_s, label.start_s if end_s is None else end_s)
    letters = _letters(label, size) / min(size)
    return LabelClaim(label.profile, said, label.icon, region, span, _kept(picture), letters, label.fade_s)


def _kept(picture: Image.Image) -> str:
    """Make a small PNG of a label, in base64: a manifest keeps it."""
    from PIL import Image

    height = min(_KEPT_HEIGHT, picture.height)
    while True:
        size = (max(1, round(picture.width * height / picture.height)), height)
        content = BytesIO()
        small = picture.resize(size, Image.Resampling.LANCZOS).quantize(32, Image.Quantize.FASTOCTREE)
        small.save(content, "PNG", optimize=True)
        if content.tell() <= _KEPT_BYTES or height <= 8:
            return base64.b64encode(content.getvalue()).decode()
        height = height * 3 // 4
