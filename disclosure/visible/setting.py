"""Sets a label's words in lines: which letters stand where. Knows fonts and sizes, no colours and no places."""

from __future__ import annotations

import math
import unicodedata
from dataclasses import dataclass
from itertools import groupby, pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from .fonts import BUILT_IN, Face, faces, runs_to_left, sized

if TYPE_CHECKING:
    from PIL import Image

CAP = 0.68  # the least height of a capital letter, in ems, of the fonts that are met
_PITCH = 1.28  # from line to line, in ems
_STRENGTH = 0.02  # how much Pillow's own font, which comes in one weight, is thickened on each side, in ems
_CLOSING = "、。，．：；！？）」』】》〉·・ー"  # they do not start a line
_ENDING = " ·"  # nor need these end one


@dataclass(frozen=True)
class Line:
    """One line: runs of letters, each of one font, from left to right; heights are measured from the baseline."""

    runs: tuple[tuple[str, Face], ...]
    width: int
    above: int
    below: int


@dataclass(frozen=True)
class Block:
    """Lines under each other, and the space that their ink takes."""

    lines: tuple[Line, ...]
    em: int

    @property
    def width(self) -> int:
        """The widest line decides."""
        return max(line.width for line in self.lines)

    @property
    def height(self) -> int:
        """From the highest ink of the first line to the lowest of the last."""
        return self.lines[0].above + sum(self._pitches()) + self.lines[-1].below

    def mask(self) -> Image.Image:
        """Paint the letters: 255 where there is ink."""
        from PIL import Image, ImageDraw

        canvas = Image.new("L", (self.width, self.height))
        pen = ImageDraw.Draw(canvas)
        baseline = self.lines[0].above
        for line, pitch in zip(self.lines, [*self._pitches(), 0], strict=True):
            at = (self.width - line.width) / 2
            for text, face in line.runs:
                pen.text(
                    (at, baseline), text, 255, sized(face, self.em), anchor="ls", stroke_width=_stroke(face, self.em)
                )
                at += _advance(text, face, self.em)
            baseline += pitch
        return canvas

    def _pitches(self) -> list[int]:
        return [max(round(_PITCH * self.em), upper.below + lower.above + 1) for upper, lower in pairwise(self.lines)]


def set_text(text: str, em: int, width: int, most_lines: int, files: tuple[Path, ...] | None) -> Block | None:
    """Set a text in at most so many lines of about the same length; None where it does not fit into the width."""
    chosen = faces(text, files)
    pieces = _pieces(text)
    widths = [_width(_runs(text, start, end, chosen), em) for start, end in pieces]
    low, high = max(widths), sum(widths)
    if len(_packed(widths, low)) > most_lines:
        while high - low > 1:
            middle = (low + high) / 2
            low, high = (low, middle) if len(_packed(widths, middle)) <= most_lines else (middle, high)
        low = high
    lines = []
    for first, after in _packed(widths, low):
        lines.append(_line(text, pieces[first][0], pieces[after - 1][1], chosen, em))
    block = Block(tuple(lines), em)
    return block if block.width <= width else None


def _packed(widths: list[float], limit: float) -> list[tuple[int, int]]:
    """Fill lines with pieces, one after the other: first piece, and the one after the last, of each line."""
    lines, start, filled = [], 0, 0.0
    for number, width in enumerate(widths):
        if filled + width > limit and number > start:
            lines.append((start, number))
            start, filled = number, 0.0
        filled += width
    return [*lines, (start, len(widths))]


def _pieces(text: str) -> list[tuple[int, int]]:
    """Cut a text where a line may end: after spaces and hyphens, and between letters as wide as they are high."""
    cuts = [0]
    for at in range(1, len(text)):
        before, after = text[at - 1], text[at]
        hyphen = before == "-" and at > 1 and text[at - 2].isalpha() and after.isalpha()
        if (
            (before == " " and after not in _ENDING)
            or hyphen
            or (_wide(before) and _wide(after) and after not in _CLOSING)
        ):
            cuts.append(at)
    return list(pairwise([*cuts, len(text)]))


def _wide(one: str) -> bool:
    return unicodedata.east_asian_width(one) == "W" and not unicodedata.name(one, "").startswith("HANGUL")


def _runs(text: str, start: int, end: int, chosen: tuple[Face, ...]) -> list[tuple[str, Face]]:
    """Cut a stretch where its font changes."""
    runs = []
    for face, places in groupby(range(start, end), key=chosen.__getitem__):
        runs.append(("".join(text[at] for at in places), face))
    return runs


def _line(text: str, start: int, end: int, chosen: tuple[Face, ...], em: int) -> Line:
    while text[end - 1] in _ENDING and end < len(text) and end > start + 1:  # it stood between what are two lines now
        end -= 1
    runs = _runs(text, start, end, chosen)
    boxes = [sized(face, em).getbbox(part, anchor="ls", stroke_width=_stroke(face, em)) for part, face in runs]
    above, below = max(-box[1] for box in boxes), max(box[3] for box in boxes)
    if runs_to_left(text):
        runs.reverse()
    return Line(
        tuple(runs), math.ceil(_width(runs, em)) + 1, max(math.ceil(above), round(CAP * em)), max(math.ceil(below), 0)
    )


def _width(runs: list[tuple[str, Face]], em: int) -> float:
    return sum(_advance(part, face, em) for part, face in runs)


def _advance(text: str, face: Face, em: int) -> float:
    return sized(face, em).getlength(text) + 2 * _stroke(face, em)


def _stroke(face: Face, em: int) -> float:
    return _STRENGTH * em if face == BUILT_IN else 0.0
