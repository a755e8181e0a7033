"""One picture of the whole chain: the original, the platform's copy, the mark between them, and the verdicts beside.

The mark's row is the difference of brightness between the picture as drawn and the same picture marked, amplified; it
is made again here from the original's own pixels, since no unmarked file ever leaves the generator.
"""

from __future__ import annotations

import io
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..settings import Limits
from ..verdict import Verdict

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from PIL import Image

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
    size = (
        2 * MARGIN + COLUMNS * (wide + 8) + PANEL,
        2 * MARGIN + len(rows) * (PICTURE_HEIGHT + CAPTION + 8),
    )
    sheet = Image.new("RGB", size, PAPER)
    pen = ImageDraw.Draw(sheet)
    for number, (caption, pictures) in enumerate(thumbs):
        top = MARGIN + number * (PICTURE_HEIGHT + CAPTION + 8)
        pen.text((MARGIN, top), caption, INK, _font(17))
        for column, picture in enumerate(pictures):
            sheet.paste(picture, (MARGIN + column * (wide + 8), top + CAPTION))
    _write_panel(pen, size[0] - PANEL + MARGIN, prompt, payload, (clip, copy), verdicts)
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


def _write_panel(
    pen: Any, left: int, prompt: str, payload: str, files: tuple[Path, Path], verdicts: tuple[Verdict, Verdict]
) -> None:
    top = _lines(pen, left, MARGIN, ["Countermark"], 26, INK)
    top = _lines(pen, left, top + 4, [f"prompt: {prompt}", f"mark: {payload}"], 15, SOFT)
    for path, verdict in zip(files, verdicts, strict=True):
        top = _lines(pen, left, top + 16, [path.name], 18, INK)
        top = _lines(pen, left, top, [f"{verdict.outcome}, {verdict.sureness}"], 20, PROVEN)
        top = _lines(pen, left, top + 2, [f"by {verdict.by}", *verdict.reasons], 14, INK)
        missing = [f"not looked at: {words}" for words in verdict.not_looked_at]
        top = _lines(pen, left, top + 2, missing, 13, SOFT)


def _lines(pen: Any, left: int, top: int, paragraphs: list[str], size: int, colour: tuple[int, int, int]) -> int:
    """Write paragraphs, wrapped to the panel; give where the next may begin."""
    font = _font(size)
    letters = int((PANEL - 2 * MARGIN) / font.getlength("n"))
    for paragraph in paragraphs:
        for line in textwrap.wrap(paragraph, letters):
            pen.text((left, top), line, colour, font)
            top += round(size * 1.3)
        top += 3
    return top


def _font(size: int) -> Any:
    from PIL import ImageFont

    return ImageFont.load_default(size)
