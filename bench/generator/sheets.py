"""Draws contact sheets: a row a clip, its words above it. Knows pictures and words; measures nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from numpy.typing import NDArray

ROWS = 8  # of a sheet
_GAP, _LINE, _LETTERS = 4, 20, 13  # pixels
_PAPER, _INK = (250, 250, 248), (25, 25, 30)
_QUALITY = 92


@dataclass(frozen=True)
class Row:
    """A clip: what was asked for, and some of its frames."""

    words: str
    frames: tuple[NDArray[Any], ...]


def sheets(rows: Sequence[Row]) -> list[bytes]:
    """Draw as many sheets as are needed, as JPEG."""
    return [_sheet(rows[start : start + ROWS]) for start in range(0, len(rows), ROWS)]


def _sheet(rows: Sequence[Row]) -> bytes:
    from PIL import Image, ImageDraw, ImageFont

    high, wide = rows[0].frames[0].shape[:2]
    across = len(rows[0].frames) * (wide + _GAP) + _GAP
    sheet = Image.new("RGB", (across, len(rows) * (high + _LINE + _GAP) + _GAP), _PAPER)
    pen, font = ImageDraw.Draw(sheet), ImageFont.load_default(_LETTERS)
    for number, row in enumerate(rows):
        top = _GAP + number * (high + _LINE + _GAP)
        pen.text((_GAP, top), row.words, _INK, font)
        for place, frame in enumerate(row.frames):
            sheet.paste(Image.fromarray(frame), (_GAP + place * (wide + _GAP), top + _LINE))
    written = BytesIO()
    sheet.save(written, "JPEG", quality=_QUALITY, subsampling=0)
    return written.getvalue()
