"""A camera's move: as words at the beginning of a prompt, or as where the camera is in each frame. Knows no model."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..request import Camera

if TYPE_CHECKING:
    from numpy.typing import NDArray

WORDS = {
    Camera.STILL: "the camera stands still",
    Camera.PAN_LEFT: "the camera pans left",
    Camera.PAN_RIGHT: "the camera pans right",
    Camera.TILT_UP: "the camera tilts up",
    Camera.TILT_DOWN: "the camera tilts down",
    Camera.ZOOM_IN: "the camera zooms in",
    Camera.ZOOM_OUT: "the camera zooms out",
    Camera.ORBIT_LEFT: "the camera orbits to the left",
    Camera.ORBIT_RIGHT: "the camera orbits to the right",
}
_TURN = np.deg2rad(6)  # a second, of a pan, a tilt and an orbit
_SPEED = 0.25  # a second, along the line of sight, in the depth of what an orbit goes round
_DEPTH = 1.0
_FOCAL = 0.87  # widths: a view of 60 degrees, as nothing is known of the picture's own


def said(prompt: str, camera: Camera) -> str:
    """Give the prompt with the move at its beginning: models cut what is too long, at its end."""
    return f"{WORDS[camera]}; {prompt}"


def intrinsics(size: tuple[int, int]) -> list[float]:
    """Give focal lengths and centre, in pixels, of a picture of that size."""
    return [_FOCAL * size[0], _FOCAL * size[0], size[0] / 2, size[1] / 2]


def path(camera: Camera, frames: int, rate: float) -> NDArray[np.float32]:
    """Give where the camera is in each frame, (F, 4, 4) camera to world; x is right, y down, z ahead."""
    poses = np.tile(np.eye(4), (frames, 1, 1))
    for pose, seconds in zip(poses, np.arange(frames) / rate, strict=True):
        angle, way = _TURN * seconds, _SPEED * seconds
        if camera in (Camera.PAN_LEFT, Camera.PAN_RIGHT):
            pose[:3, :3] = _about_y(angle if camera is Camera.PAN_RIGHT else -angle)
        elif camera in (Camera.TILT_UP, Camera.TILT_DOWN):
            pose[:3, :3] = _about_x(angle if camera is Camera.TILT_UP else -angle)
        elif camera in (Camera.ZOOM_IN, Camera.ZOOM_OUT):
            pose[2, 3] = way if camera is Camera.ZOOM_IN else -way
        elif camera in (Camera.ORBIT_LEFT, Camera.ORBIT_RIGHT):
            turned = _about_y(-angle if camera is Camera.ORBIT_RIGHT else angle)
            pose[:3, :3] = turned
            pose[:3, 3] = np.array([0, 0, _DEPTH]) - _DEPTH * turned[:, 2]
    return poses.astype(np.float32)


def _about_y(angle: float) -> NDArray[np.float64]:
    """Turn to the right."""
    cos, sin = np.cos(angle), np.sin(angle)
    return np.array([[cos, 0, sin], [0, 1, 0], [-sin, 0, cos]])


def _about_x(angle: float) -> NDArray[np.float64]:
    """Turn upwards."""
    cos, sin = np.cos(angle), np.sin(angle)
    return np.array([[1, 0, 0], [0, cos, -sin], [0, sin, cos]])
