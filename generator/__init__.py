"""A request becomes frames by one model or another, and leaves through `stamp` alone: no way out without a label.

`door.generate` is the way in and the only way out; `request` says what may be asked, `maker` what a model looks like
from the door.

>>> from countermark.generator import Camera, Request
>>> sorted(Request("a red ball falls", camera=Camera.PAN_LEFT).needs)
[<Feature.CAMERA: 'camera'>, <Feature.TEXT: 'text'>]
"""

from .maker import File, Frames, Kept, Maker, Origin, Plan, Running
from .request import Brush, Camera, Direction, Feature, Keyframe, Request

__all__ = [
    "Brush",
    "Camera",
    "Direction",
    "Feature",
    "File",
    "Frames",
    "Kept",
    "Keyframe",
    "Maker",
    "Origin",
    "Plan",
    "Request",
    "Running",
]
