"""One picture of the whole chain: the original, the platform's copy, the mark between them, and the verdicts beside.

The mark's row is the difference of brightness between the picture as drawn and the same picture marked, amplified; it
is made again here from the original's own pixels, since no unmarked file ever leaves the generator.
"""

from __future__ import annotations

import io
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..settings import Limits
from ..verdict import Verdict

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from PIL import Image

_LEADING = 1.3
COLUMNS = 4
PICTURE_HEIGHT = 200
AMPLIFIED = 24
MARGIN, CAPTION, PANEL = 16, 30, 470
PAPER, INK, SOFT, PROVEN = (250, 249, 246), (28, 30, 33), (105, 108, 112), (18, 104, 74)


def contact_sheet(
    prompt: str, payload: str, clip: Path, copy: Path, verdicts: tuple[Verdict, Verdict], limits: Limits
) -> bytes:
    """Draw the sheet, as PNG."""
    from PIL import Image, ImageDraw

    originals, copies = _pictures(clip, limits), _pictures(copy, limits)
    marks = [_mark(picture, payload) for picture in originals]
    rows = [
        ("the original: marked and signed", originals),
        ("the platform's copy: scaled, re-encoded, its manifest gone", copies),
        (f"the mark in the original, amplified {AMPLIFIED} times", marks),
    ]
    thumbs = [(caption, [_thumb(picture) for picture in row]) for caption, row in rows]
    wide = thumbs[0][1][0].width
    panel = list(_panel(prompt, payload, (clip, copy), verdicts))
    rows_end = MARGIN + len(rows) * (PICTURE_HEIGHT + CAPTION + 8)
    size = (2 * MARGIN + COLUMNS * (wide + 8) + PANEL, MARGIN + max(rows_end, *(line.bottom for line in panel)))
    sheet = Image.new("RGB", size, PAPER)
    pen = ImageDraw.Draw(sheet)
    for number, (caption, pictures) in enumerate(thumbs):
        top = MARGIN + number * (PICTURE_HEIGHT + CAPTION + 8)
        pen.text((MARGIN, top), caption, INK, _font(17))
        for column, picture in enumerate(pictures):
            sheet.paste(picture, (MARGIN + column * (wide + 8), top + CAPTION))
    for line in panel:
        pen.text((size[0] - PANEL + MARGIN, line.top), line.text, line.colour, _font(line.letters))
    out = io.BytesIO()
    sheet.save(out, "PNG")
    return out.getvalue()


def _pictures(path: Path, limits: Limits) -> list[NDArray[Any]]:
    from ..media import Plan, probe, show, spread

    video = probe(path, limits)
    plan = Plan(times_s=spread(video.duration_s, COLUMNS), pixels="rgb")
    return [view.pixels for _, view in show(video, (plan,), limits=limits)]


def _mark(picture: NDArray[Any], payload: str) -> NDArray[Any]:
    """Draw what marking does to the brightness of a picture, around middle grey."""
    import cv2
    import numpy as np

    from ..media import Geometry
    from ..watermark import OPEN_KEY, Embedder

    plain = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
    marked = plain.copy()
    Embedder(payload, OPEN_KEY, Geometry(plain.shape[1], plain.shape[0]))(marked, 0.0)
    change = (marked.astype(np.float32) - plain) * AMPLIFIED + 128
    return np.repeat(np.clip(change, 0, 255).astype(np.uint8)[..., None], 3, axis=2)


def _thumb(picture: NDArray[Any]) -> Image.Image:
    from PIL import Image

    whole = Image.fromarray(picture)
    wide = round(PICTURE_HEIGHT * whole.width / whole.height)
    return whole.resize((wide, PICTURE_HEIGHT), Image.Resampling.LANCZOS)


@dataclass(frozen=True)
class _Line:
    """One line of the panel, and where it stands."""

    text: str
    top: int
    letters: int  # their size
    colour: tuple[int, int, int]

    @property
    def bottom(self) -> int:
        return self.top + round(self.letters * _LEADING)


def _panel(prompt: str, payload: str, files: tuple[Path, Path], verdicts: tuple[Verdict, Verdict]) -> Iterator[_Line]:
    """Give the words beside the pictures, from the top down: the sheet is as high as they need."""
    said = [(0, 26, INK, ["Countermark"]), (4, 15, SOFT, [f"prompt: {prompt}", f"mark: {payload}"])]
    for path, verdict in zip(files, verdicts, strict=True):
        said.append((16, 18, INK, [path.name]))
        said.append((0, 20, PROVEN, [f"{verdict.outcome}, {verdict.sureness}"]))
        said.append((2, 14, INK, [f"by {verdict.by}", *verdict.reasons]))
        said.append((2, 13, SOFT, [f"not looked at: {words}" for words in verdict.not_looked_at]))
    top = MARGIN
    for gap, letters, colour, paragraphs in said:
        top += gap
        for paragraph in paragraphs:
            for text in _wrapped(paragraph, letters):
                line = _Line(text, top, letters, colour)
                yield line
                top = line.bottom
            top += 3


def _wrapped(paragraph: str, letters: int) -> list[str]:
    """Break it where the panel ends: by the width that it has in that font."""
    font, lines = _font(letters), [""]
    room = PANEL - 2 * MARGIN
    wide = max(1, int(room / font.getlength("W")))  # a word longer than the panel is cut
    for word in (part for said in paragraph.split() for part in textwrap.wrap(said, wide) or [said]):
        longer = f"{lines[-1]} {word}".strip()
        if font.getlength(longer) <= room:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines


def _font(size: int) -> Any:
    from PIL import ImageFont

    return ImageFont.load_default(size)
