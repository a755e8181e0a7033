"""Our mark for what a machine made: the letters AI on a tag with one sharp corner. Drawn here, and nobody else's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .colours import Colour
from .fonts import BUILT_IN, sized

if TYPE_CHECKING:
    from PIL import Image

SIDE = 1.3  # of the tag, in ems of the letters beside it
_SUPERSAMPLED = 4
_ROUND = 0.26  # radius of the corners, of the side
_RIM = 0.055  # the line around the tag in a picture of its own, of the side


def tile(em: int, letters: Colour, plate: Colour) -> Image.Image:
    """Draw the tag in the letters' colour, and AI on it in the plate's: as large as a text of that size."""
    side = round(SIDE * em)
    return _tag(side, letters, plate, em / side)


def icon(pixels: int) -> Image.Image:
    """Draw the mark for a file: a white tag with a dark rim, to be seen on any background."""
    from PIL import Image

    rim = max(1, round(_RIM * pixels))
    outer = _tag(pixels, (16, 16, 16), (16, 16, 16), 0.0)
    inner = _tag(pixels - 2 * rim, (255, 255, 255), (16, 16, 16), 1 / SIDE)
    layer = Image.new("RGBA", (pixels, pixels))
    layer.paste(inner, (rim, rim))
    return Image.alpha_composite(outer, layer)


def _tag(side: int, ground: Colour, ink: Colour, em_share: float) -> Image.Image:
    from PIL import Image, ImageDraw

    large = side * _SUPERSAMPLED
    shape = Image.new("L", (large, large))
    corners = (True, True, True, False)  # from the upper left, clockwise: it points down to the left, as speech does
    ImageDraw.Draw(shape).rounded_rectangle((0, 0, large - 1, large - 1), _ROUND * large, 255, corners=corners)
    words = Image.new("L", (large, large))
    if em_share:
        em = round(em_share * large)
        at = (large / 2, large / 2 + sized(BUILT_IN, em).getbbox("AI", anchor="ls")[1] / -2)
        ImageDraw.Draw(words).text(at, "AI", 255, sized(BUILT_IN, em), anchor="ms", stroke_width=0.035 * em)
    picture = Image.new("RGBA", (side, side), (*ground, 0))
    picture.putalpha(shape.resize((side, side), Image.Resampling.BOX))
    letters = Image.new("RGBA", (side, side), (*ink, 0))
    letters.putalpha(words.resize((side, side), Image.Resampling.BOX))
    return Image.alpha_composite(picture, letters)
