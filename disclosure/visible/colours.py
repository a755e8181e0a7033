"""Whether letters stand out from what is behind them. Knows numbers, no pictures.

Contrast is the ratio of WCAG 2: from 1 (the same) to 21 (black and white); 4.5 is what it asks of text.
"""

from __future__ import annotations

import re

from ...errors import LabelUnfit

LEAST_CONTRAST = 4.5
LEAST_OPACITY = 0.68  # of a plate: what is behind it shows through and does not disturb
_NAMED = {"black": (0, 0, 0), "white": (255, 255, 255)}

Colour = tuple[int, int, int]


def colour(text: str) -> Colour:
    """Read a colour.

    >>> colour("white"), colour("#ff8000")
    ((255, 255, 255), (255, 128, 0))
    """
    if text in _NAMED:
        return _NAMED[text]
    if not re.fullmatch("#[0-9a-fA-F]{6}", text):
        raise LabelUnfit(f"'{text}' is no colour", advice="give black, white, or #rrggbb")
    red, green, blue = bytes.fromhex(text[1:])
    return red, green, blue


def contrast(one: Colour, other: Colour) -> float:
    """Say how far two colours are apart in lightness.

    >>> contrast((0, 0, 0), (255, 255, 255))
    21.0
    """
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return round((lighter + 0.05) / (darker + 0.05), 3)


def opacity(letters: Colour, plate: Colour) -> float:
    """Say how opaque a plate must be for letters on it to be read over black and over white alike."""
    for percent in range(round(100 * LEAST_OPACITY), 101, 2):
        if all(contrast(letters, _over(plate, percent / 100, under)) >= LEAST_CONTRAST for under in (0, 255)):
            return percent / 100
    raise LabelUnfit(
        f"letters of the colour {hexed(letters)} can't be read on {hexed(plate)}: "
        f"their contrast is {contrast(letters, plate):.1f}, and {LEAST_CONTRAST} is needed",
        advice="choose a light and a dark colour",
    )


def hexed(one: Colour) -> str:
    """Write a colour."""
    return "#" + bytes(one).hex()


def _over(plate: Colour, share: float, under: int) -> Colour:
    red, green, blue = (round(share * part + (1 - share) * under) for part in plate)
    return red, green, blue


def _luminance(one: Colour) -> float:
    parts = [part / 255 for part in one]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
