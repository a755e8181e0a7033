"""A face for tests that is nobody's: drawn in code."""

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray


def face() -> NDArray[Any]:
    """Shades about eyes, nose and mouth, as a cascade knows them, on grey ground: RGB, 640x480."""
    picture = np.full((480, 640, 3), 96, np.uint8)
    cv2.ellipse(picture, (320, 240), (105, 140), 0, 0, 360, (205, 180, 165), -1, cv2.LINE_AA)
    cv2.ellipse(picture, (320, 130), (112, 60), 0, 180, 360, (50, 40, 36), -1, cv2.LINE_AA)
    for x in (278, 362):
        cv2.ellipse(picture, (x, 212), (30, 12), 0, 0, 360, (110, 85, 75), -1, cv2.LINE_AA)
        cv2.ellipse(picture, (x, 214), (20, 8), 0, 0, 360, (240, 238, 235), -1, cv2.LINE_AA)
        cv2.circle(picture, (x, 214), 8, (40, 30, 28), -1, cv2.LINE_AA)
        cv2.ellipse(picture, (x, 190), (30, 8), 0, 180, 360, (60, 45, 40), -1, cv2.LINE_AA)
    cv2.line(picture, (320, 220), (320, 268), (215, 192, 178), 12, cv2.LINE_AA)
    cv2.ellipse(picture, (320, 276), (22, 8), 0, 0, 180, (140, 105, 95), -1, cv2.LINE_AA)
    cv2.ellipse(picture, (320, 316), (40, 12), 0, 0, 360, (150, 70, 70), -1, cv2.LINE_AA)
    cv2.line(picture, (282, 316), (358, 316), (90, 40, 40), 3, cv2.LINE_AA)
    return cv2.GaussianBlur(picture, (0, 0), 2.5).astype(np.uint8)
