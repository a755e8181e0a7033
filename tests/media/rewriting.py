"""Small clips to write anew, and settings that cost little time."""

from pathlib import Path
from typing import Any

from countermark.media.codecs import EncodeSettings
from countermark.tests.recipes import clip

FAST = {"h264": "ultrafast", "hevc": "ultrafast", "av1": "10", "vp9": "8"}
CODECS = ("h264", "hevc", "av1", "vp9")


def fast(codec: Any = "h264", **more: Any) -> EncodeSettings:
    return EncodeSettings(codec, preset=FAST[codec], **more)


def small(path: Path, **more: Any) -> Path:
    return clip(path, **{"size": (98, 58), "seconds": 0.4, **more})
