"""The embedded model, as the door sees every model: what it can do, what it would do, and how. Runs without torch."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from ...errors import FeatureLacking, PromptInvalid
from ...settings import Settings
from .. import inputs
from ..beginning import shape_given
from ..maker import Frames, Kept, Origin, Plan, Progress
from ..pictures import covering, covering_mask, cut_off
from ..request import Camera, Direction, Feature, Request
from ..sealed import Shelf
from . import sampling
from .engine import BLOCK, FRAME_RATE, FRAMES, SHAPES, Engine
from .film import CARRIED, Script, film, parts_of
from .graphs import Graphs
from .words import NOTHING_SHOWN, read

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Pixels = NDArray[np.uint8]

NAME = "sketch"
MODEL = "countermark-sketch"
SECONDS, RATE = 2.0, Fraction(24)  # unless asked for otherwise
SIZES = {"square": (512, 512), "wide": (640, 360), "tall": (360, 640)}  # width, height; square unless a picture is not
STRENGTH = 0.6  # of a clip that is made over
_DRAGGED = 0.75  # how freely a brushed picture is made over
_MEMORY = 700_000_000  # the networks and one part, of a square clip, as `top` showed it once
_WIDER, _TALLER = 1.35, 1 / 1.35  # from these shares of width to height on, it is drawn wide or tall
_NOTICED = 0.05  # of a picture that does not show
_FAR = 0.3  # of the picture, how far a brush moves what it covers
_SAID = {
    Camera.STILL: "still camera",
    Camera.PAN_LEFT: "camera pans left",
    Camera.PAN_RIGHT: "camera pans right",
    Camera.TILT_UP: "camera tilts up",
    Camera.TILT_DOWN: "camera tilts down",
    Camera.ZOOM_IN: "camera zooms in",
    Camera.ZOOM_OUT: "camera zooms out",
    Camera.ORBIT_LEFT: "camera orbits left",
    Camera.ORBIT_RIGHT: "camera orbits right",
}
_WAYS = {Direction.LEFT: (-1, 0), Direction.RIGHT: (1, 0), Direction.UP: (0, -1), Direction.DOWN: (0, 1)}
FEATURES = frozenset(
    {
        Feature.TEXT,
        Feature.IMAGE,
        Feature.LAST_FRAME,
        Feature.KEYFRAMES,
        Feature.VIDEO,
        Feature.EXTEND,
        Feature.STRENGTH,
        Feature.CAMERA,
        Feature.BRUSH,
        Feature.NEGATIVE,
        Feature.STEPS,
        Feature.GUIDANCE,
    }
)


class Sketch:
    """The model that is shipped: small pictures, few words, no other software."""

    name = NAME
    features = FEATURES

    def __init__(self, options: Settings) -> None:
        """Keep what the limited child is told when it decodes what is given."""
        self.options = options

    def plan(self, request: Request) -> Plan:
        """Say how it would be drawn, and what was not understood."""
        _check(request)
        stills(request, own_frames(request))
        shape = shape_given(request, self.options)
        size, rate = request.size or SIZES[_drawn(shape or SIZES["square"])], Fraction(request.frame_rate or RATE)
        seconds = _lasts(request)
        high, wide = shape_for(size)
        parts = parts_of(own_frames(request), request.extend is not None)
        how = (
            ("drawn at", f"{wide}x{high}, {FRAME_RATE} frames/s, in {parts} part{'s' * (parts > 1)}"),
            ("steps", f"{request.steps or sampling.STEPS}, guidance {_guidance(request):g}"),
            ("run by", "ONNX Runtime on the processor"),
        )
        frames = max(1, round(seconds * rate))
        return Plan(size, frames, rate, how, _MEMORY, remarks=_remarks(request, size, shape), costly=False)

    def make(self, request: Request, plan: Plan, folder: Path, progress: Progress) -> Frames:
        """Draw it part by part, as its frames are asked for; parts that an earlier try finished are in the folder."""
        high, wide = shape_for(plan.size)
        changed = _changed((wide, high), plan)

        def pictures(kept: Kept) -> Iterator[Pixels]:
            from .finishing import finished

            script = self._gathered(request, plan)
            own = film(Engine.load(), script, Shelf(folder, self.options.home), progress)
            return islice(finished(own, FRAME_RATE, plan.frame_rate, plan.size, plan.frames), kept.count, None)

        return Frames(pictures, plan, Origin(MODEL, Graphs.load().version), changed=changed)

    def _gathered(self, request: Request, plan: Plan) -> Script:
        """Decode what is given, in the model's own size and rate."""
        import numpy as np

        script = _script(request, plan.size, own_frames(request))
        high, wide = script.shape
        size = (wide, high)

        def own(path: Path) -> Pixels:
            return covering(inputs.picture(path, self.options), size)

        pictures = {place: own(path) for place, path in stills(request, script.frames).items()}
        if request.brush is not None and request.image is not None:
            picture = inputs.picture(request.image, self.options)
            mask = inputs.mask(request.brush.mask, (picture.shape[1], picture.shape[0]), self.options)
            over = dragged(pictures[0], covering_mask(mask, size), request.brush.direction, FRAMES)
            return replace(script, stills=pictures, over=over, strength=_DRAGGED)
        if request.video is not None:
            clip, rate = inputs.clip(request.video, self.options, script.frames, thinned=FRAME_RATE, covering=size)
            return replace(
                script, stills=pictures, over=_at_own_rate(clip, rate, size), strength=request.strength or STRENGTH
            )
        if request.extend is not None:
            clip, rate = inputs.clip(
                request.extend, self.options, CARRIED, last=True, thinned=FRAME_RATE, covering=size
            )
            end = _at_own_rate(clip[::-1], rate, size)[:CARRIED][::-1]
            begun = np.stack([end[0]] * (CARRIED - len(end)) + end)
            return replace(script, stills=pictures, begun=begun)
        return replace(script, stills=pictures)


def _changed(own: tuple[int, int], plan: Plan) -> tuple[str, ...]:
    """Say what is done to the model's own frames, of that width and height."""
    told, size = [], plan.size
    if size != own:
        cut = "" if size[0] * own[1] == size[1] * own[0] else ", and cut to its shape"
        told.append(f"upscaled from {own[0]}x{own[1]} to {size[0]}x{size[1]}{cut}")  # no request is for less
    if plan.frame_rate > FRAME_RATE:
        told.append(f"interpolated from {FRAME_RATE} to {plan.frame_rate} frames per second (optical flow)")
    elif plan.frame_rate < FRAME_RATE:
        told.append(f"thinned from {FRAME_RATE} to {plan.frame_rate} frames per second")
    return tuple(told)


def shape_for(size: tuple[int, int]) -> tuple[int, int]:
    """Give the height and width that it draws for a size (width, height)."""
    return SHAPES[_drawn(size)]


def _drawn(size: tuple[int, int]) -> str:
    share = size[0] / size[1]
    return "wide" if share > _WIDER else "tall" if share < _TALLER else "square"


def dragged(picture: Pixels, mask: NDArray[np.bool_], way: Direction, frames: int) -> list[Pixels]:
    """Move what the mask covers, and paint over where it was: the model makes a clip of it."""
    import cv2
    import numpy as np

    behind = cv2.inpaint(picture, cv2.dilate(mask.astype(np.uint8), np.ones((5, 5), np.uint8)), 3, cv2.INPAINT_TELEA)
    high, wide = mask.shape
    found = []
    for number in range(frames):
        share = _FAR * number / (frames - 1)
        move = np.asarray([[1, 0, _WAYS[way][0] * share * wide], [0, 1, _WAYS[way][1] * share * high]], np.float32)
        cover = cv2.warpAffine(mask.astype(np.float32), move, (wide, high))[..., None]
        moved = cv2.warpAffine(picture, move, (wide, high))
        found.append(np.asarray(np.rint(behind * (1 - cover) + moved * cover), np.uint8))
    return found


def _check(request: Request) -> None:
    if request.brush is not None and request.image is None:
        raise PromptInvalid("a brush needs a picture that it paints on", advice="give the picture with --image")
    if request.brush is not None and request.video is not None:
        raise FeatureLacking("a brush paints on a picture, not on a video", advice="give --image instead of --video")
    if request.extend is not None and request.image is not None:
        raise PromptInvalid("a clip that goes on has its first picture already", advice="leave --image away")
    if request.extend is not None and any(_beat(one.seconds) == 0 for one in request.keyframes):
        raise PromptInvalid(
            "a clip that goes on has its first picture already",
            advice=f"give the keyframe a time from {BLOCK / FRAME_RATE / 2:.2f} s on",
        )


def _script(request: Request, size: tuple[int, int], frames: int) -> Script:
    return Script(
        prompt_of(request),
        shape_for(size),
        frames,
        seed=request.seed,
        steps=request.steps or sampling.STEPS,
        guidance=_guidance(request),
        negative=request.negative,
    )


def prompt_of(request: Request) -> str:
    """Give the words that the model reads: the camera's move is said in them."""
    if request.camera is None:
        return request.prompt
    return f"{request.prompt}, {_SAID[request.camera]}"


def _guidance(request: Request) -> float:
    return sampling.GUIDANCE if request.guidance is None else request.guidance


def _lasts(request: Request) -> float:
    """How many seconds it lasts: as many as asked, or where a block ends, if a picture is to be seen there."""
    seconds = request.seconds or SECONDS
    if request.last_image is None:
        return seconds
    return max(1, int(seconds * FRAME_RATE / BLOCK + 0.5)) * BLOCK / FRAME_RATE


def own_frames(request: Request) -> int:
    """How many of the model's own frames it takes."""
    seconds = _lasts(request)
    if request.last_image is not None:
        return round(seconds * FRAME_RATE) + 1 - _early(request)
    return max(2, int(-(-seconds * FRAME_RATE // 1)) + 1)


def _early(request: Request) -> int:
    """By how many frames blocks end earlier: what a clip goes on from is no whole number of them."""
    return CARRIED % BLOCK if request.extend is not None else 0


def stills(request: Request, frames: int) -> dict[int, Path]:
    """Which pictures are seen at which of the model's own frames: only whole blocks end with one."""
    found = {} if request.image is None else {0: request.image}
    for one in request.keyframes:
        place = _beat(one.seconds) * BLOCK - _early(request)
        if place in found:
            raise PromptInvalid(
                f"two pictures are to be seen at {_beat(one.seconds) * BLOCK / FRAME_RATE:.2f} s",
                advice=f"the embedded model shows one every {BLOCK / FRAME_RATE:.2f} s",
            )
        if place >= frames:
            raise PromptInvalid(f"no frame is at {one.seconds:g} s: it ends before", advice="ask for more --seconds")
        found[place] = one.image
    if request.last_image is not None:
        if frames - 1 in found:
            raise PromptInvalid(
                f"two pictures are to be seen at the end, at {_lasts(request):.2f} s",
                advice="leave one of them out, or ask for more --seconds",
            )
        found[frames - 1] = request.last_image
    return found


def _beat(seconds: float) -> int:
    """Which block of frames ends nearest to a time."""
    return round(seconds * FRAME_RATE / BLOCK)


def _at_own_rate(clip: list[Pixels], rate: Fraction, size: tuple[int, int]) -> list[Pixels]:
    """Give the frames of a clip that lie on the model's own beat, in its size."""
    count = max(1, int(len(clip) / rate * FRAME_RATE))
    return [covering(clip[min(len(clip) - 1, int(number * rate / FRAME_RATE))], size) for number in range(count)]


def _remarks(request: Request, size: tuple[int, int], shape: tuple[int, int] | None) -> tuple[str, ...]:
    seconds = _lasts(request)
    found = list(read(prompt_of(request)).warnings)
    if request.negative:
        found += [warning for warning in read(request.negative).warnings if NOTHING_SHOWN not in warning]
    for one in request.keyframes:
        shown = _beat(one.seconds) * BLOCK / FRAME_RATE
        if abs(one.seconds - shown) > 0.01:
            found.append(f"the picture at {one.seconds:g} s is shown at {shown:.2f} s")
    if abs(seconds - (request.seconds or SECONDS)) > 0.005:
        every = f"{BLOCK / FRAME_RATE:.2f} s"
        found.append(f"it lasts {seconds:.2f} s, not {request.seconds:g} s, as it can end with a picture every {every}")
    if shape is not None and (lost := _lost(shape, size)) > _NOTICED:
        found.append(f"{lost:.0%} of what it begins from is cut off at the edges, to fill {size[0]}x{size[1]}")
    if request.video is not None:
        found.append(f"of the video, its first {seconds:g} s are made over; where it is shorter, its last frame stays")
    if request.brush is not None and seconds > (FRAMES - 1) / FRAME_RATE:
        found.append(f"what the brush covers moves for {(FRAMES - 1) / FRAME_RATE:g} s, and then stays")
    if request.extend is not None:
        found.append("what follows the clip is made; the clip itself is not repeated")
    if max(size) > 1024:
        found.append("it draws small pictures: what is upscaled so far stays soft")
    return tuple(found)


def _lost(shape: tuple[int, int], size: tuple[int, int]) -> float:
    """Give the share of a picture that does not show: it is cut to what is drawn, and that to the size."""
    high, wide = shape_for(size)
    return 1 - (1 - cut_off(shape, (wide, high))) * (1 - cut_off((wide, high), size))
