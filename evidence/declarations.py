"""What a file says of itself without proof, and the labels that people are meant to see."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from .places import Region, Span

# synthetic: made or changed by AI or another algorithm; possibly: it may be (a platform suspects so); captured: taken
# by a camera; other: something of how it was made that is neither.
Says = Literal["synthetic", "possibly", "captured", "other"]
Form = Literal["aigc", "iptc", "xmp", "tag", "workflow"]

DISAGREE = "fields disagree"  # how the problem begins that one field says captured, and another synthetic


@dataclass(frozen=True)
class Declaration:
    """One field that says how the file was made. Whoever can write a file can write this."""

    says: Says
    form: Form
    field: str  # exactly where it stands: the place in the file, and the field's own name
    value: str  # as it stands, cut to a length and harmless
    generator: str | None = None  # who or what made it, where the field says so


@dataclass(frozen=True)
class DeclarationsDetails:
    """All that a file declares, unsigned."""

    declarations: tuple[Declaration, ...] = ()
    problems: tuple[str, ...] = ()  # broken, doubled, nested, or in a place where it does not belong
    kind: Literal["declarations"] = "declarations"


@dataclass(frozen=True)
class LabelClaim:
    """One visible label that a manifest says was drawn into the pictures."""

    profile: str  # whose form it has: eu, cn, in, kr, ca; own: any other text
    text: str  # what it says; an icon says it too, for those who can't see it
    icon: bool
    region: Region  # of the upright picture
    span: Span
    picture: str = field(
        default="", repr=False
    )  # what was drawn, small: a PNG with transparency, in base64; empty: not kept
    letters: float = 0.0  # how high its capital letters are, of the picture's shorter side; 0: not said
    fade_s: float = 0.0  # in and out, within its span; not where it begins with the video, or stays to its end


@dataclass(frozen=True)
class LabelDetails:
    """Whether a label that was signed for is still to be seen."""

    claim: LabelClaim
    likeness: float  # of the pictures at that place to what was drawn, -1 to 1; the least of the frames looked at
    frames: int
    kind: Literal["label"] = "label"
