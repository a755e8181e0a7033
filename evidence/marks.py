"""What was read of invisible watermarks, and how the picture lies that carries them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from .places import Span


@dataclass(frozen=True)
class MarkGeometry:
    """How the picture that was marked lies in the copy at hand."""

    scale: float = 1.0  # its short side over the copy's: above 1 in a crop, below 1 inside borders
    stretch: float = 1.0  # width against height, over what it was
    rotation: float = 0.0  # degrees by which the copy was turned, counter-clockwise
    mirrored: bool = False  # left to right, before it was turned
    shift: tuple[float, float] = (0.0, 0.0)  # of its centre, in shares of its short side, but for whole tiles
    perspective: bool = False  # lines that were parallel no longer are
    searched: bool = False  # it took a search to find this

    @property
    def quarter_turns(self) -> int:
        """The nearest number of quarter turns counter-clockwise, 0 to 3."""
        return round(self.rotation / 90) % 4

    @property
    def plain(self) -> bool:
        """Whether the whole picture is there as it was, but for mirrors and quarter turns."""
        return (
            max(abs(self.scale - 1), abs(self.stretch - 1)) <= _PLAIN_SCALE
            and abs(self.rotation - 90 * round(self.rotation / 90)) <= _PLAIN_TURN
            and max(map(abs, self.shift)) <= _PLAIN_SHIFT
            and not self.perspective
        )

    def __str__(self) -> str:
        """In words.

        >>> str(MarkGeometry(scale=1.41, rotation=-5, mirrored=True))
        'cropped to about 0.71 of its short side, turned by 5.0 degrees clockwise, mirrored'
        """
        turn = (self.rotation + 180) % 360 - 180
        said = (
            (self.scale > 1 + _PLAIN_SCALE, f"cropped to about {1 / self.scale:.2f} of its short side"),
            (self.scale < 1 - _PLAIN_SCALE, f"inside borders, where it fills about {self.scale:.2f} of the short side"),
            (abs(self.stretch - 1) > _PLAIN_SCALE, f"stretched to about {self.stretch:.2f} of its width"),
            (max(map(abs, self.shift)) > _PLAIN_SHIFT, "moved aside"),
            (abs(turn) > _PLAIN_TURN, f"turned by {abs(turn):.1f} degrees {'counter-' if turn > 0 else ''}clockwise"),
            (self.mirrored, "mirrored"),
            (self.perspective, "seen at a slant"),
        )
        return ", ".join(words for holds, words in said if holds) or "upright and whole"


_PLAIN_SCALE, _PLAIN_SHIFT, _PLAIN_TURN = 0.03, 0.05, 0.5  # shares, shares of the short side, degrees


@dataclass(frozen=True)
class OtherMark:
    """One more mark in the same video, where two marked videos were joined or one was marked again."""

    payload: str
    key: str
    bit_accuracy: float
    spans: tuple[Span, ...]
    geometry: MarkGeometry | None = None  # None: not found out


@dataclass(frozen=True)
class MarkDetails:
    """An invisible watermark that was read. Where in time it lies, the evidence's spans say."""

    payload: str  # 16 hexadecimal digits
    key: str  # the name of the key that read it; never the key
    trials: int
    false_accept_bound: float  # the chance that an unmarked video yields this, from the trials really made
    bit_accuracy: float  # share of coded bits right before error correction
    geometry: MarkGeometry = MarkGeometry()
    also: tuple[OtherMark, ...] = ()
    frames: int = 0
    kind: Literal["mark"] = "mark"


@dataclass(frozen=True)
class NoMarkDetails:
    """How hard was looked for a mark that is not there."""

    keys: tuple[str, ...]
    trials: int
    frames: int
    kind: Literal["no_mark"] = "no_mark"
