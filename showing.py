"""What people are shown beside a verdict: frames of the video, heat where a detector looked, a map of what was changed.

Knows which moments a verdict speaks of, and how to say each picture for who can't see it. Every picture is drawn in a
limited child; one that can't be drawn is left out, since a verdict holds without it.
"""

from __future__ import annotations

import base64
import logging
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Literal, TypeVar

from .case import change_words, comparison_of
from .errors import CountermarkError
from .evidence import ChangesDetails, DetectorDetails, Region
from .evidence.judges import FrameLook
from .media import isolation
from .media.key_frames import KeyFrames, key_frames
from .settings import Settings
from .verdict import Verdict

log = logging.getLogger(__name__)

MOST_FRAMES, MOST_HEAT = 6, 4  # pictures of each kind
_MOST_BYTES = 4 << 20  # of a map
_PNG = b"\x89PNG\r\n\x1a\n"
_LOOKS = {"generated": "generated", "manipulated": "changed"}
T = TypeVar("T")


@dataclass(frozen=True)
class Drawn:
    """One picture, ready to be kept and shown."""

    name: str  # unique within the check: key-1.jpg, heat-1.png, changes.png
    kind: Literal["key_frame", "heat_map", "changes"]
    seconds: float
    words: str  # what is to be seen, for who can't see it
    data: bytes

    def __repr__(self) -> str:
        """Sizes, not bytes."""
        return f"Drawn({self.name!r}, {self.seconds:.3f} s, {self.words!r}, {len(self.data)} bytes)"


def pictures(path: Path, verdict: Verdict, options: Settings) -> tuple[Drawn, ...]:
    """Draw what goes with a verdict: key frames, heat maps of the worst frames, the map of changes; what can be."""
    detector, changes = _detector(verdict), _changes(verdict)
    moments = [*(_moments(changes) if changes else ()), *(look.seconds for look in detector.frames)]
    also = moments[: MOST_FRAMES // 2]  # the others show the whole of it
    keys = _if_it_can(path, "key frames", lambda: key_frames(path, MOST_FRAMES, options.limits, also))
    heat = _if_it_can(path, "heat maps", lambda: _heat_maps(path, detector, keys, options))
    changed = _if_it_can(path, "map of changes", lambda: _map(path, changes, keys, options)) if changes else None
    frames = _key_frames(keys, detector, changes) if keys else ()
    return (*frames, *(heat or ()), *((changed,) if changed else ()))


def _if_it_can(path: Path, what: str, draw: Callable[[], T]) -> T | None:
    try:
        return draw()
    except CountermarkError as error:
        log.warning("%s: no %s: %s", path.name, what, error)
        return None


def _detector(verdict: Verdict) -> DetectorDetails:
    """Give what is worth a picture: of the finding that makes the outcome, else of what was generated."""
    ours = (e for e in verdict.evidence if ":" not in e.examiner)  # a user's own detectors tell of no frames
    found = [e.details for e in ours if isinstance(e.details, DetectorDetails)]
    wanted = "manipulated" if verdict.outcome == "likely_manipulated" else "generated"
    nothing = DetectorDetails("generated", "", 1.0)
    return next((details for details in found if details.target == wanted), nothing)


def _changes(verdict: Verdict) -> ChangesDetails | None:
    """Give the comparison that the verdict rests on, where there is something to draw."""
    held = comparison_of(verdict.evidence)
    return held.details if held and isinstance(held.details, ChangesDetails) and held.details.heat else None


def _moments(changes: ChangesDetails) -> tuple[float, ...]:
    """Give the middles of changes, the plainest first."""
    plainest = sorted(changes.changes, key=lambda change: -change.strength)
    return tuple((change.span.start_s + change.span.end_s) / 2 for change in plainest)


def _differs_at(changes: ChangesDetails, seconds: float) -> bool:
    """Say whether a change is on show then for sure: where it begins and ends is known to half a window."""
    for span in (change.span for change in changes.changes):
        middle, reach = (span.start_s + span.end_s) / 2, (span.end_s - span.start_s - changes.window_s) / 2
        if abs(seconds - middle) <= max(reach, 0.05):
            return True
    return False


# Each with its words -------------------------------------------------------------------------------------------------


def _key_frames(keys: KeyFrames, detector: DetectorDetails, changes: ChangesDetails | None) -> tuple[Drawn, ...]:
    worst = {round(look.seconds, 3) for look in detector.frames}
    drawn = []
    for number, key in enumerate(keys.frames, 1):
        words = f"Second {key.seconds:.1f} of {keys.duration_s:.1f}: the picture as it is shown"
        if round(key.seconds, 3) in worst:
            words += f"; one of those that look most as if {_LOOKS[detector.target]}"
        if changes and _differs_at(changes, key.seconds):
            words += "; here it differs from the original"
        drawn.append(Drawn(f"key-{number}.jpg", "key_frame", key.seconds, words, key.jpeg))
    return tuple(drawn)


def _heat_maps(path: Path, detector: DetectorDetails, keys: KeyFrames | None, options: Settings) -> tuple[Drawn, ...]:
    from .detector.pictures import heat_maps

    chosen = replace(detector, frames=detector.frames[:MOST_HEAT])
    looks = {look.seconds: look for look in chosen.frames}
    drawn = []
    for number, one in enumerate(heat_maps(path, chosen, options), 1):
        words = (
            f"Second {one.seconds:.1f}: heat where squares look {_LOOKS[detector.target]}; this frame alone scores"
            f" {one.score:.2f} of 1{_warmest(looks[one.seconds], keys)}"
        )
        drawn.append(Drawn(f"heat-{number}.png", "heat_map", one.seconds, words, one.png))
    return tuple(drawn)


def _warmest(look: FrameLook, keys: KeyFrames | None) -> str:
    """Say which square speaks loudest, and where it lies, as far as that is known."""
    if not look.tiles:
        return ""
    tile = max(look.tiles, key=lambda one: one.score)
    said = f", its warmest square {tile.score:.2f}"
    try:
        wide, high = keys.size if keys else (0, 0)
        return f"{said} ({Region(tile.x / wide, tile.y / high, tile.width / wide, tile.height / high)})"
    except (ValueError, ZeroDivisionError):
        return said


def _map(path: Path, changes: ChangesDetails, keys: KeyFrames | None, options: Settings) -> Drawn:
    moment = next(iter(_moments(changes)), 0.0)
    ground = keys.nearest(moment) if keys else None
    request = {"details": asdict(changes), "ground": base64.b64encode(ground.jpeg).decode() if ground else None}

    def rebuilt(answer: Any) -> bytes:
        png = base64.b64decode(answer, validate=True)
        if not png.startswith(_PNG) or len(png) > _MOST_BYTES:
            raise ValueError("no picture of ours")
        return png

    png = isolation.checked(path, rebuilt, isolation.run(_mapped, path, request, limits=options.limits))
    original = "the original that was named" if changes.against is None else "what was signed"
    differs = f"it differs from {original}: {change_words(changes)}"
    words = differs if changes.changes else f"no change against {original} is to be seen"
    return Drawn("changes.png", "changes", moment, f"Second {moment:.1f}, and a map of all of it: {words}", png)


def _mapped(path: Path, request: Any, report: Callable[[Any], None]) -> str:
    """In the child: lay the heat over a frame."""
    from pydantic import TypeAdapter

    from .provenance.changes import heat_map

    details = TypeAdapter(ChangesDetails).validate_python(request["details"])
    ground = None if request["ground"] is None else base64.b64decode(request["ground"])
    return base64.b64encode(heat_map(details, ground)).decode()
