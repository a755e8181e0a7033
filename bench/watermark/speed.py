"""What marking and reading cost on one thread, on 720p made in code. Knows clocks; counts no recoveries."""

from __future__ import annotations

import time
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from ...media import EncodeSettings, Geometry, encode, probe, show
from ...settings import Limits
from ...watermark import OPEN_KEY, Embedder, MarkExaminer
from .footage import Picture
from .reading import read
from .results import Speed

SIZE, RATE, FRAMES = (1280, 720), Fraction(30), 150
PAYLOAD = "0123456789abcdef"


def measure_speed(work: Path) -> Speed:
    """Measure CPU time: of marking planes; of reading 5 s with a mark, and without; and of decoding alone."""
    fast = EncodeSettings(crf=23, preset="veryfast", threads=1)
    embed = Embedder(PAYLOAD, OPEN_KEY, Geometry(*SIZE))
    with TemporaryDirectory(dir=work) as place:
        marked, plain = Path(place) / "marked.mp4", Path(place) / "plain.mp4"
        touch = Embedder(PAYLOAD, OPEN_KEY, Geometry(*SIZE))
        encode(_pictures(), marked, size=SIZE, frame_rate=RATE, settings=fast, touch=touch)
        encode(_pictures(), plain, size=SIZE, frame_rate=RATE, settings=fast)
        planes = [np.ascontiguousarray(picture[..., 1]) for _, picture in zip(range(60), _pictures(), strict=False)]
        begun = time.process_time()
        for number, plane in enumerate(planes):
            embed(plane, number / float(RATE))
        marking = time.process_time() - begun
        read(marked)  # tables that are made once, for all videos
        direct, miss = read(marked), read(plain)
        video = probe(plain, Limits())
        begun = time.process_time()
        for _ in show(video, [MarkExaminer().plan(video)], limits=Limits()):
            pass
        decoding = time.process_time() - begun
    return Speed(
        embed_fps=round(len(planes) / marking, 1),
        extract_direct_s=round(direct.cpu_s, 3),
        extract_miss_s=round(miss.cpu_s, 3),
        decode_only_s=round(decoding, 3),
    )


def _pictures() -> Iterator[Picture]:
    """Clouds of many sizes that drift."""
    import cv2

    random = np.random.Generator(np.random.Philox(key=7))
    beyond = (SIZE[0] + 256, SIZE[1] + 256)
    clouds = np.full((beyond[1], beyond[0], 3), 115, np.float32)
    for cells in (6, 24, 96, 384):
        small = random.normal(0, 200 / np.sqrt(cells), (cells, cells, 3)).astype(np.float32)
        clouds += np.asarray(cv2.resize(small, beyond, interpolation=cv2.INTER_CUBIC), np.float32)
    whole = np.clip(clouds, 0, 255).astype(np.uint8)
    for number in range(FRAMES):
        x, y = number % 256, (2 * number) % 256
        yield np.ascontiguousarray(whole[y : y + SIZE[1], x : x + SIZE[0]])
