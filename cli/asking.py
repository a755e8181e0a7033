"""What `generate` was asked for on the command line, as typed: read into a request, or into what every line says."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import typer

if TYPE_CHECKING:
    from enum import StrEnum

    from ..generator import Brush, Camera, Keyframe, Request
    from ..generator.door import Audio

    Word = TypeVar("Word", bound=StrEnum)

SOUNDS = ("synthetic", "recorded", "unsaid")


@dataclass(frozen=True)
class Asked:
    """Options by their names."""

    model: str | None
    image: Path | None
    last_frame: Path | None
    keyframes: tuple[str, ...]
    video: Path | None
    extend: Path | None
    strength: float | None
    camera: str | None
    brush: str | None
    negative: str | None
    seconds: float | None
    size: str | None
    fps: str | None
    seed: int
    steps: int | None
    guidance: float | None
    sound: bool
    audio: Path | None
    audio_is: str

    def request(self, prompt: str) -> Request:
        """Read it; what makes no sense as an option is a matter of usage, what no model could make is not."""
        from ..generator import Request
        from .judging import parse_rate, parse_size

        return Request(
            prompt,
            size=None if self.size is None else parse_size(self.size),
            seconds=self.seconds,
            frame_rate=None if self.fps is None else parse_rate(self.fps),
            seed=self.seed,
            image=self.image,
            last_image=self.last_frame,
            keyframes=self._keyframes(),
            video=self.video,
            extend=self.extend,
            strength=self.strength,
            camera=self._camera(),
            brush=self._brush(),
            negative=self.negative,
            steps=self.steps,
            guidance=self.guidance,
            sound=self.sound,
        )

    def track(self) -> Audio | None:
        """Give the sound that goes with it."""
        from ..generator.door import Audio

        if self.audio_is not in SOUNDS:
            raise typer.BadParameter(f"{self.audio_is!r} is no kind of sound; there are {', '.join(SOUNDS)}")
        if self.audio is None and self.audio_is != "unsaid":
            raise typer.BadParameter("--audio-is says what the sound of --audio is; give that, too")
        return None if self.audio is None else Audio(self.audio, self.audio_is)  # type: ignore[arg-type]

    def defaults(self) -> dict[str, Any]:
        """Say it as the fields of a line of requests that says nothing else; files by their whole paths."""
        brush, track = self._brush(), self.track()
        said = {
            **{"model": self.model, "size": self.size, "seconds": self.seconds, "fps": self.fps, "seed": self.seed},
            **{"image": self.image, "last_frame": self.last_frame, "video": self.video, "extend": self.extend},
            **{"strength": self.strength, "camera": self.camera, "negative": self.negative, "steps": self.steps},
            **{"guidance": self.guidance, "sound": self.sound, "audio": self.audio},
            "audio_is": track and track.sound,
            "brush": brush and {"mask": str(brush.mask.absolute()), "direction": str(brush.direction)},
            "keyframes": [{"seconds": one.seconds, "image": str(one.image.absolute())} for one in self._keyframes()],
        }
        return {
            name: str(value.absolute()) if isinstance(value, Path) else value
            for name, value in said.items()
            if value is not None
        }

    def _keyframes(self) -> tuple[Keyframe, ...]:
        from ..generator import Keyframe

        found = []
        for one in self.keyframes:
            seconds, _, name = one.partition("=")
            try:
                at = float(seconds)
            except ValueError:
                name = ""
            if not name:
                raise typer.BadParameter(f"{one!r} is no keyframe; give SECONDS=FILE, such as 2.5=middle.png")
            found.append(Keyframe(at, Path(name)))
        return tuple(found)

    def _brush(self) -> Brush | None:
        from ..generator import Brush, Direction

        if self.brush is None:
            return None
        name, _, direction = self.brush.rpartition(":")
        if not name:
            raise typer.BadParameter(f"{self.brush!r} is no brush; give MASK:DIRECTION, such as mask.png:left")
        return Brush(Path(name), _word(Direction, direction, "direction"))

    def _camera(self) -> Camera | None:
        from ..generator import Camera

        return None if self.camera is None else _word(Camera, self.camera, "move of a camera")


def _word(kind: type[Word], given: str, what: str) -> Word:
    try:
        return kind(given)
    except ValueError:
        raise typer.BadParameter(f"{given!r} is no {what}; there are {', '.join(kind)}") from None
