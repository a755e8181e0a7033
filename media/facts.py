"""What is known of a video without looking at its pictures. Values only."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path


@dataclass(frozen=True)
class Geometry:
    """From coded pixels to the upright picture that a person sees."""

    width: int  # coded
    height: int
    rotation: int = 0  # degrees counter-clockwise that a player turns the coded picture: 0, 90, 180, 270
    flipped: bool = False  # mirrored left to right, before it is turned
    sample_aspect: Fraction = Fraction(1)  # width of a coded pixel over its height

    def __post_init__(self) -> None:
        """Refuse what is no picture."""
        if self.width < 1 or self.height < 1 or self.rotation not in (0, 90, 180, 270) or self.sample_aspect <= 0:
            raise ValueError(f"no geometry of a picture: {self}")

    @property
    def display_size(self) -> tuple[int, int]:
        """Width and height as shown: square pixels, upright."""
        wide, high = round(self.width * self.sample_aspect), self.height
        return (high, wide) if self.rotation in (90, 270) else (wide, high)


@dataclass(frozen=True)
class Colour:
    """The tags that say how to read the numbers, as ISO/IEC 23091-2 code points; 2 means unspecified."""

    primaries: int = 2
    transfer: int = 2
    matrix: int = 2
    full_range: bool = False

    @property
    def hdr(self) -> bool:
        """PQ or HLG."""
        return self.transfer in (16, 18)


@dataclass(frozen=True)
class Mastering:
    """HDR10 static metadata; chromaticities as (red, green, blue) x, y; luminance in cd/m2."""

    primaries: tuple[tuple[float, float], tuple[float, float], tuple[float, float]] | None = None
    white_point: tuple[float, float] | None = None
    luminance: tuple[float, float] | None = None  # least, greatest
    max_content_light: int | None = None
    max_frame_average_light: int | None = None


@dataclass(frozen=True)
class Sound:
    """One audio stream."""

    codec: str
    sample_rate: int
    channels: int
    language: str | None = None


@dataclass(frozen=True)
class Subtitle:
    """One subtitle stream."""

    codec: str
    language: str | None = None


@dataclass(frozen=True)
class Video:
    """A file that was opened and found to hold moving pictures."""

    path: Path
    digest: str  # SHA-256 of the file, in hexadecimal
    bytes: int
    container: str  # mp4, mov, matroska, webm, avi, mpegts, gif ...
    codec: str
    geometry: Geometry
    pixel_format: str
    bit_depth: int
    duration_s: float
    frame_rate: Fraction  # exact; the average where `variable_rate`
    variable_rate: bool
    frames: int | None  # None where only counting would tell
    colour: Colour = Colour()
    mastering: Mastering | None = None
    sounds: tuple[Sound, ...] = ()
    subtitles: tuple[Subtitle, ...] = ()
    data_streams: int = 0
    anomalies: tuple[str, ...] = ()  # boxes whose sizes disagree, bytes after the end
    encoder: str | None = None
    tags: tuple[tuple[str, str], ...] = ()
