"""Brightness planes through an encoder and back, in memory: what a platform would leave of them.

Knows H.264 and planes; writes no file and looks at no input.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from numpy.typing import NDArray

RATE = Fraction(25)


def through_h264(planes: Sequence[NDArray[Any]], crf: float, preset: str = "veryfast") -> list[NDArray[Any]]:
    """Encode planes of one even size, 8 bits deep, and decode them again."""
    import av
    import numpy as np
    from av.video.frame import VideoFrame

    high, wide = planes[0].shape
    packed = io.BytesIO()
    with av.open(packed, "w", format="matroska") as out:
        stream: Any = out.add_stream("libx264", rate=RATE, width=wide, height=high)
        stream.pix_fmt = "gray"
        stream.codec_context.thread_count = 1
        ahead = {"rc-lookahead": str(min(10, len(planes))), "bf": str(min(3, len(planes) - 1))}
        stream.options = {"crf": str(crf), "preset": preset, **ahead}  # what is not there needs no memory
        for plane in planes:
            out.mux(stream.encode(VideoFrame.from_ndarray(np.ascontiguousarray(plane), format="gray")))
        out.mux(stream.encode())
    packed.seek(0)
    with av.open(packed, "r") as back:
        return [frame.to_ndarray(format="gray") for frame in back.decode(video=0)]
