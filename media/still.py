"""One small picture of a video, for whoever lists it. Knows pictures and JPEG; knows nothing of manifests."""

from __future__ import annotations

from ..settings import Limits
from .decode import show
from .facts import Video
from .plan import Plan

SHORT_SIDE = 180
QUALITY = 80
SHARE, LATEST_S = 0.1, 2.0  # of the video: past a black start, and little to decode


def still(video: Video, limits: Limits) -> bytes:
    """Give a JPEG of an early picture, upright; nothing where there is none to show."""
    import cv2

    at = min(SHARE * video.duration_s, LATEST_S)
    side = min(SHORT_SIDE, *video.geometry.display_size)
    for _, view in show(video, (Plan((at,), "rgb", side),), limits=limits):
        made, data = cv2.imencode(".jpg", view.pixels[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
        return data.tobytes() if made else b""
    return b""
