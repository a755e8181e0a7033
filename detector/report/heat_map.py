"""Draws where in a frame the squares speak for what is looked for. Knows pictures and scores; decodes nothing.

The frame lies beneath in grey. Heat goes from dark blue over orange to pale yellow: it grows lighter all the way, so
that it is told without seeing colours. Where no square looked, there is no heat but a hatching.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ...evidence.judges import FrameLook, TileLook

if TYPE_CHECKING:
    from numpy.typing import NDArray

LONGEST, SHORTEST = 960, 480  # pixels of the drawn picture's longer side
LEGEND = 40  # pixels of the strip below
_CELL = 16  # native pixels of a cell that scores are averaged in
_SMOOTH = 1.5  # cells
_COVER = 0.6  # of the heat over the picture
_STOPS = ((0.0, (24, 28, 110)), (0.35, (60, 95, 185)), (0.65, (228, 126, 48)), (1.0, (255, 243, 160)))
_INK, _PAPER, _HATCH = (235, 235, 235), (24, 24, 26), (150, 150, 150)
_STRIPE = 14  # pixels from one line of the hatching to the next


def draw(picture: NDArray[Any], look: FrameLook) -> bytes:
    """Give a PNG of a native RGB picture (H, W, 3) with the scores of its squares over it, and a legend."""
    import cv2
    import numpy as np

    heat, covered = spread(look.tiles, picture.shape[1], picture.shape[0])
    size = _size(picture.shape[1], picture.shape[0])
    way = cv2.INTER_AREA if size[0] < picture.shape[1] else cv2.INTER_LINEAR
    grey = cv2.cvtColor(cv2.resize(picture, size, interpolation=way), cv2.COLOR_RGB2GRAY)
    ground = np.repeat(grey[:, :, None].astype(np.float32), 3, axis=2) * 0.8 + 20
    level = cv2.resize(heat, size, interpolation=cv2.INTER_LINEAR)
    looked = cv2.resize(covered.astype(np.uint8), size, interpolation=cv2.INTER_NEAREST).astype(bool)
    laid = np.where(looked[:, :, None], ground * (1 - _COVER) + colours(level) * _COVER, ground)
    laid[_hatching(size) & ~looked] = _HATCH
    sheet = np.full((size[1] + LEGEND, size[0], 3), _PAPER, np.uint8)
    sheet[: size[1]] = np.clip(laid, 0, 255)
    _legend(sheet[size[1] :], look)
    made, data = cv2.imencode(".png", sheet[:, :, ::-1])
    if not made:
        raise ValueError(f"no picture of {size[0]}x{size[1]} could be made")
    return bytes(data)


def spread(tiles: Sequence[TileLook], width: int, height: int) -> tuple[NDArray[Any], NDArray[Any]]:
    """Average the squares' scores on cells of a picture: heat (rows, columns), and where any square lies."""
    import cv2
    import numpy as np

    rows, columns = -(-height // _CELL), -(-width // _CELL)
    sums, counts = np.zeros((2, rows, columns), np.float32)
    for tile in tiles:
        part = (
            slice(max(0, tile.y) // _CELL, -(-(tile.y + tile.height) // _CELL)),
            slice(max(0, tile.x) // _CELL, -(-(tile.x + tile.width) // _CELL)),
        )
        sums[part] += tile.score
        counts[part] += 1
    blurred, weight = (cv2.GaussianBlur(plane, (0, 0), _SMOOTH) for plane in (sums, counts))
    return np.clip(blurred / np.maximum(weight, 1e-6), 0, 1), counts > 0


def colours(level: NDArray[Any]) -> NDArray[Any]:
    """Give the colour of each level between 0 and 1, (..., 3) in levels of 8 bits."""
    import numpy as np

    stops = [stop for stop, _ in _STOPS]
    return np.stack([np.interp(level, stops, [colour[i] for _, colour in _STOPS]) for i in range(3)], -1)


def _size(width: int, height: int) -> tuple[int, int]:
    longer = max(width, height)
    scale = min(max(longer, SHORTEST), LONGEST) / longer
    return max(1, round(width * scale)), max(1, round(height * scale))


def _hatching(size: tuple[int, int]) -> NDArray[Any]:
    import numpy as np

    across, down = np.arange(size[0])[None, :], np.arange(size[1])[:, None]
    return (across + down) % _STRIPE < 1


def _legend(strip: NDArray[Any], look: FrameLook) -> None:
    """Write beneath: when, what colours mean, and what hatching means, as far as there is room."""
    import cv2
    import numpy as np

    def say(text: str, at: int) -> int:
        place, face = (at, LEGEND // 2 + 5), cv2.FONT_HERSHEY_SIMPLEX
        cv2.putText(strip, text, place, face, 0.42, _INK, 1, cv2.LINE_AA)
        return at + int(cv2.getTextSize(text, face, 0.42, 1)[0][0]) + 8

    at = say(f"{look.seconds:.2f} s", 8)
    at = say("0", at + 10)
    if at + 130 > strip.shape[1]:
        return
    strip[12 : LEGEND - 12, at : at + 110] = colours(np.linspace(0, 1, 110))[None]
    at = say("1", at + 118)
    if at + 150 > strip.shape[1]:
        return
    swatch = strip[12 : LEGEND - 12, at + 10 : at + 34]
    swatch[_hatching((24, swatch.shape[0]))] = _HATCH
    say("not looked at", at + 42)
