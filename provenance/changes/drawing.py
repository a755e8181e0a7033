"""Draws where and when a copy was changed. Knows Pillow and the numbers of a comparison, and no file.

Above, the picture in grey with the strongest heat of all windows over it; below, one small panel for each of some
windows, those with a change framed. Heat goes from dark blue over orange to pale yellow: light and dark tell it too.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

from ...evidence import ChangesDetails

if TYPE_CHECKING:
    from numpy.typing import NDArray

WIDE, MOST_PANELS, GAP = 960, 12, 4
_STOPS = ((0.0, (13, 8, 80)), (0.5, (40, 70, 160)), (0.75, (225, 120, 40)), (1.0, (255, 245, 170)))
_FRAME = (255, 245, 170)
_MOST_PIXELS = 64 << 20


def heat_map(details: ChangesDetails, picture: bytes | None = None) -> bytes:
    """Give a PNG; `picture`: an encoded picture of the copy to lay the heat over."""
    import numpy as np
    from PIL import Image

    volume = _volume(details)
    if not len(volume):
        raise ValueError("nothing was compared: there is no heat to draw")
    high = max(1, round(WIDE * details.rows / details.columns))
    under = _grey(picture, (WIDE, high))
    large = _laid(np.max(volume, axis=0), under, (WIDE, high))
    chosen = np.unique(np.linspace(0, len(volume) - 1, min(MOST_PANELS, len(volume))).round().astype(int))
    wide = (WIDE - GAP * (len(chosen) - 1)) // len(chosen)
    wide = min(wide, WIDE // 4)
    small = max(1, round(wide * details.rows / details.columns))
    sheet = Image.new("RGB", (WIDE, high + 2 * GAP + small), (30, 30, 30))
    sheet.paste(large, (0, 0))
    for at, window in enumerate(chosen):
        # a panel stands for the windows up to the next one
        until = chosen[at + 1] if at + 1 < len(chosen) else len(volume)
        cells = np.max(volume[window:until], axis=0)
        panel = _laid(cells, None, (wide, small))
        if cells.max() >= 1:
            panel = _framed(panel)
        sheet.paste(panel, (at * (wide + GAP), high + 2 * GAP))
    file = io.BytesIO()
    sheet.save(file, "PNG")
    return file.getvalue()


def _volume(details: ChangesDetails) -> NDArray[Any]:
    """Read the heat: (windows, rows, columns), 1 is the threshold."""
    import numpy as np

    cells = details.rows * details.columns
    rows = [np.frombuffer(bytes.fromhex(text), np.uint8) for text in details.heat]
    if any(len(row) != cells for row in rows):
        raise ValueError(f"heat is of {details.rows} x {details.columns} cells, a byte each")
    if not rows or not cells:
        return np.zeros((0, 1, 1), np.float32)
    return np.stack(rows).reshape(-1, details.rows, details.columns).astype(np.float32) / 128


def _grey(picture: bytes | None, size: tuple[int, int]) -> Any:
    """Open a picture as the ground; anything that is none is left out by its error."""
    from PIL import Image

    if picture is None:
        return None
    with Image.open(io.BytesIO(picture)) as opened:
        if opened.width * opened.height > _MOST_PIXELS:
            raise ValueError(f"a picture of {opened.width}x{opened.height} is too large to draw on")
        return opened.convert("L").resize(size).convert("RGB")


def _laid(cells: NDArray[Any], under: Any, size: tuple[int, int]) -> Any:
    """Colour cells, and lay them over a picture where there is one: the hotter, the less of it shows through."""
    import numpy as np
    from PIL import Image

    level = np.clip(cells / 2, 0, 1)  # the threshold is in the middle
    stops = [stop for stop, _ in _STOPS]
    colours = np.stack([np.interp(level, stops, [colour[i] for _, colour in _STOPS]) for i in range(3)], -1)
    heat = Image.fromarray(colours.astype(np.uint8)).resize(size, Image.Resampling.NEAREST)
    if under is None:
        return heat
    cover = np.clip((level - 0.35) * 2, 0, 0.75) * 255
    return Image.composite(heat, under, Image.fromarray(cover.astype(np.uint8)).resize(size, Image.Resampling.NEAREST))


def _framed(panel: Any) -> Any:
    from PIL import ImageDraw

    edge = (panel.width - 1, panel.height - 1)
    ImageDraw.Draw(panel).rectangle(((0, 0), edge), outline=_FRAME, width=2)
    return panel
