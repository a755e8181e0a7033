"""The procedural renderer, as the door sees every model. Knows requests, and what the renderer makes of them."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from ...errors import FeatureLacking
from ..maker import Frames, Kept, Origin, Plan, Progress
from ..request import Camera, Feature, Request
from .scene import Move, Shot
from .vocabulary import understood

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

NAME = "procedural"
ORIGIN = Origin("countermark-procedural", "1", source_type="algorithmicMedia")
REMARK = "drawn by a procedural renderer, not by a trained model; the manifest says algorithmicMedia"
_BYTES_PER_PIXEL = 220  # of the picture, for drawing it: measured 210 at 854x480, 153 at 1920x1080
_MOVES: dict[Camera, Move] = {
    Camera.STILL: "still",
    Camera.PAN_LEFT: "pan_left",
    Camera.PAN_RIGHT: "pan_right",
    Camera.ZOOM_IN: "zoom_in",
    Camera.ZOOM_OUT: "zoom_out",
}


class Procedural:
    """Draws what a prompt's words say."""

    name = NAME
    features = frozenset({Feature.TEXT, Feature.CAMERA})

    def plan(self, request: Request) -> Plan:
        """Say what will be drawn, and which words will not be."""
        shot = _shot(request)
        wide, high = shot.size
        remarks = (REMARK, *understood(shot.prompt).warnings)
        how = (("drawn by", "rules, on one processor core"),)
        memory = wide * high * _BYTES_PER_PIXEL
        return Plan(shot.size, shot.frames, shot.frame_rate, how, memory, remarks=remarks, costly=False)

    def make(self, request: Request, plan: Plan, folder: Path, progress: Progress) -> Frames:
        """Draw it, frame by frame, as they are asked for."""
        shot = _shot(request)

        def pictures(kept: Kept) -> Iterator[NDArray[np.uint8]]:
            from .painting import render

            return islice(render(shot), kept.count, None)

        return Frames(pictures, plan, ORIGIN)


def _shot(request: Request) -> Shot:
    """Choose what the request leaves open."""
    usual = Shot(request.prompt)
    return Shot(
        request.prompt,
        size=request.size or usual.size,
        seconds=request.seconds or usual.seconds,
        frame_rate=Fraction(request.frame_rate or usual.frame_rate),
        seed=request.seed,
        move=_move(request.camera),
    )


def _move(camera: Camera | None) -> Move | None:
    if camera is None:
        return None
    if camera not in _MOVES:
        raise FeatureLacking(
            f"the procedural renderer's camera cannot move like that: {camera}",
            advice=f"it can do {', '.join(_MOVES)}",
        )
    return _MOVES[camera]
