"""Pictures of files that a stranger may have made, as arrays for a model to begin from: a still, or frames of a clip.

A limited child decodes, and leaves plain samples in a folder that is this process's own; what it says of them is
checked against what lies there. Knows files and pictures; knows no model.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from ..errors import OverLimit, UnreadableVideo
from ..settings import Limits
from . import isolation
from .decode import frames
from .plan import Plan
from .probe import check_input, probe
from .views import Pictures

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MOST_PIXELS = 64_000_000  # of a still: what cameras give; and what four decoded copies of it leave of a child's memory
MOST_BYTES = 256 << 20  # of a still's file
_SAMPLES = "samples"


@dataclass(frozen=True)
class Clip:
    """Frames of a video, upright, RGB (H, W, 3) uint8, in the order they are shown."""

    pictures: tuple[NDArray[np.uint8], ...]
    frame_rate: Fraction


def read_still(path: Path, limits: Limits) -> NDArray[np.uint8]:
    """Give a picture, turned as its EXIF says, RGB (H, W, 3) uint8; what is transparent is given as if it were not."""
    with TemporaryDirectory() as folder:
        answer = _ask(_still, path, {}, 3 * MOST_PIXELS, Path(folder), limits)
        (picture,) = isolation.checked(path, lambda plain: _taken(Path(folder), plain), answer)
    return picture


def read_clip(
    path: Path,
    limits: Limits,
    most_frames: int,
    *,
    last: bool = False,
    thinned: int | None = None,
    covering: tuple[int, int] | None = None,
) -> Clip:
    """Give the first frames of a video, or the `last`.

    thinned: no more frames a second than that. covering: scaled down until they just cover that width and height.
    """
    asked = {"most": most_frames, "last": last, "thinned": thinned, "covering": covering}
    with TemporaryDirectory() as folder:
        room = 3 * limits.max_pixels * most_frames
        answer = _ask(_clip, path, asked, room, Path(folder), limits)
        found = isolation.checked(path, lambda plain: _taken(Path(folder), plain), answer)
    rate: Fraction = isolation.checked(path, lambda plain: Fraction(*map(int, plain["rate"])), answer)
    return Clip(found, rate)


def _ask(job: isolation.Job, path: Path, asked: dict[str, Any], room: int, folder: Path, limits: Limits) -> Any:
    request = {**asked, "folder": str(folder), "limits": limits.model_dump()}
    return isolation.run(job, path, request, limits=limits, writes=room, writes_in=folder)


def _still(path: Path, request: Any, report: Callable[[Any], None]) -> Any:
    """In the child: decode one picture."""
    import cv2
    import numpy as np

    if path.stat().st_size > MOST_BYTES:
        raise OverLimit(f"{path.name}: {path.stat().st_size >> 20} MiB, too large for a picture")
    cv2.setNumThreads(1)
    found = cv2.imdecode(np.fromfile(path, np.uint8), cv2.IMREAD_COLOR)
    if found is None:
        raise UnreadableVideo(f"{path.name}: no picture of a kind that is known here")
    high, wide = found.shape[:2]
    if wide * high > MOST_PIXELS:
        raise OverLimit(f"{path.name}: a picture of {wide}x{high} pixels, over the limit")
    cv2.cvtColor(found, cv2.COLOR_BGR2RGB, dst=found)
    found.tofile(Path(request["folder"]) / _SAMPLES)
    return {"size": [wide, high], "count": 1}


def _clip(path: Path, request: Any, report: Callable[[Any], None]) -> Any:
    """In the child: decode frames into as many places as were asked for, over and over where the last are wanted."""
    limits, most, last = Limits.model_validate(request["limits"]), request["most"], request["last"]
    check_input(path, limits)
    video = probe(path, limits, digest="not needed")
    isolation.grant(video.geometry.width * video.geometry.height, video.duration_s)
    wide, high = video.geometry.display_size
    own = video.frame_rate or Fraction(25)
    rate = min(own, Fraction(request["thinned"] or own))
    size = _just_covering((wide, high), request["covering"])
    start = max(0.0, video.duration_s - float(most / rate) - 1) if last else 0.0
    count = 0
    with (Path(request["folder"]) / _SAMPLES).open("wb") as out:
        for number, moment in enumerate(frames(path, start_s=start, limits=limits)):
            if count == most and not last:
                break
            if number and int(number * rate / own) == int((number - 1) * rate / own):
                continue
            ((picture, _),) = Pictures(moment.frame, video.geometry).of(Plan(pixels="rgb"))
            if picture.shape != (high, wide, 3):
                raise UnreadableVideo(f"{path.name}: its pictures change their size")
            picture = _scaled(picture, size)
            out.seek(count % most * picture.nbytes)
            out.write(picture.data)
            count += 1
    begins = count % most if count > most else 0
    return {"size": [*size], "count": min(count, most), "begins": begins, "rate": [*rate.as_integer_ratio()]}


def _just_covering(size: tuple[int, int], wanted: tuple[int, int] | None) -> tuple[int, int]:
    """Give the least size of that shape that covers what is wanted; nothing is scaled up."""
    scale = min(1.0, max(wanted[0] / size[0], wanted[1] / size[1])) if wanted else 1.0
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))


def _scaled(picture: NDArray[np.uint8], size: tuple[int, int]) -> NDArray[np.uint8]:
    import cv2
    import numpy as np

    if (picture.shape[1], picture.shape[0]) == size:
        return picture
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)


def _taken(folder: Path, answer: Any) -> tuple[NDArray[np.uint8], ...]:
    """Read what the child left; what does not fit what it said of it is nonsense."""
    import numpy as np

    (wide, high), count, begins = answer["size"], answer["count"], answer.get("begins", 0)
    samples = folder / _SAMPLES
    if not (all(type(number) is int and number > 0 for number in (wide, high, count)) and 0 <= begins < count):
        raise ValueError("no pictures")
    if samples.is_symlink() or samples.stat().st_size != wide * high * 3 * count:
        raise ValueError("other samples than were told of")
    every = np.fromfile(samples, np.uint8).reshape(count, high, wide, 3)
    return tuple(every[(begins + number) % count] for number in range(count))
