"""How many of the pictures and videos given show a face. Knows files and faces; knows nobody, and no rule.

It is looked at more finely than the detector does: a face that is missed is one that nobody was asked about, a false
alarm a question too many. Of a video, the part that a model is given is looked at closely: its beginning where it is
made over, its end where it is gone on from.
"""

from __future__ import annotations

from collections.abc import Callable
from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...media import Plan, isolation, probe, show, spread
from ...media.faces import available, find
from ...settings import Limits, Settings
from ..inputs import clip, fit, picture
from ..request import Request

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

FRAMES = 16  # of a video, spread over it
END = 16  # of one that is gone on from, in its last second: no model is given more than that
BEGINNING_S, BEGINNING = 8, 32  # of one that is made over: so long at the least, and so many frames of that
AGREEING = 2  # of these must show a face: a cascade errs in single pictures
WORKING = 480  # pixels of the longer side: a face of a twenty-fourth of that is found
_SHORT_SIDE = 480


def inputs_with_faces(request: Request, options: Settings) -> int | None:
    """Count the inputs that show a face; None where this machine can't look for faces."""
    if not available():
        return None
    videos = {path for path in (request.video, request.extend) if path is not None}
    stills = [path for path in request.inputs if path not in videos]
    shown = sum(bool(find(picture(path, options), WORKING)) for path in dict.fromkeys(stills))
    return shown + sum(_in_given(path, request, options) or _anywhere(path, options) for path in videos)


def _in_given(path: Path, request: Request, options: Settings) -> bool:
    """Look at what a model is given of it, by the reader that gives it; some are given the last frame alone."""
    cover = (_SHORT_SIDE, _SHORT_SIDE)
    if path == request.extend:
        last, _ = clip(path, options, 1, last=True, covering=cover)
        end, _ = clip(path, options, END, last=True, thinned=END, covering=cover)
        return bool(find(last[-1], WORKING)) or _several(end)
    seconds = max(BEGINNING_S, ceil(request.seconds or 0))
    pace = max(1, BEGINNING // seconds)
    beginning, _ = clip(path, options, pace * seconds, thinned=pace, covering=cover)
    return _several(beginning)


def _several(pictures: list[NDArray[np.uint8]]) -> bool:
    return sum(bool(find(one, WORKING)) for one in pictures) >= min(AGREEING, len(pictures))


def _anywhere(path: Path, options: Settings) -> bool:
    with fit(path):
        answer = isolation.run(_look, path, options.limits.model_dump(), limits=options.limits)
    return isolation.checked(path, lambda plain: bool(plain["faces"] >= min(AGREEING, plain["looked"]) > 0), answer)


def _look(path: Path, request: Any, report: Callable[[Any], None]) -> Any:
    """In the child: count the frames that were looked at, and those that show a face."""
    limits = Limits.model_validate(request)
    video = probe(path, limits, digest="not needed")
    isolation.grant(video.geometry.width * video.geometry.height, video.duration_s)
    side = min(_SHORT_SIDE, *video.geometry.display_size)
    plan = Plan(spread(video.duration_s, FRAMES), "rgb", side)
    faces = looked = 0
    for _, view in show(video, (plan,), limits=limits):
        faces += bool(find(view.pixels, WORKING))
        looked += 1
        isolation.alive()
    return {"faces": faces, "looked": looked}
