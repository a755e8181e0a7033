"""Other marks beside ours: the same 16 frames, the same attacks, the same run. Knows their library; tunes nothing.

Each of theirs carries 32 bits in every frame, and is read frame by frame at the size a frame comes in; the bits are
taken by vote. Ours carries 64 bits, and is read by its examiner. The library brings torch; only a worker of the bench
that compares imports it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from fractions import Fraction
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...media import Geometry, encode
from ...watermark import OPEN_KEY, Embedder
from .attacks import named
from .clips import Source, pictures
from .copies import make
from .footage import Case, Picture, decoded
from .marking import STAMPED, Measure, psnr
from .reading import read

FRAMES, BITS = 16, 32
METHODS = ("dwtDct", "dwtDctSvd", "rivaGan")
UNDER = (
    "identity", "H.264 CRF 23", "H.264 CRF 30", "H.264 CRF 40", "0.5x, CRF 28", "crop 10 %", "rotation 5", "flip",
    "half of the frames dropped",
)  # fmt: skip

Row = dict[str, Any]


def compare(source: Source, seconds: float, work: Path) -> list[Row]:
    """Mark 16 frames by each method, attack them alike, and read them."""
    shown = list(islice(pictures(source, seconds), FRAMES))
    with TemporaryDirectory(dir=work) as place:
        rows = _ours(source, shown, Path(place))
        for method in METHODS:
            rows += _theirs(method, source, shown, Path(place))
    return rows


def _ours(source: Source, shown: list[Picture], place: Path) -> list[Row]:
    measure = Measure(Embedder(source.payload, OPEN_KEY, Geometry(*source.size)))
    marked = place / "ours.mp4"
    _stamp(measure.watched(iter(shown)), marked, source, measure)
    quality, rows = measure.result().psnr_rgb, []
    for name, copy in _copies(source, marked, place):
        seen = read(copy)
        accuracy = seen.accuracy(source.payload)
        rows.append(_row("ours (64 bits)", name, accuracy is not None, accuracy, quality))
    return rows


def _theirs(method: str, source: Source, shown: list[Picture], place: Path) -> list[Row]:
    from imwatermark import WatermarkDecoder, WatermarkEncoder

    if method == "rivaGan":
        WatermarkDecoder.loadModel()
    digest = np.frombuffer(hashlib.sha256(source.name.encode()).digest(), np.uint8)
    bits: NDArray[np.uint8] = np.unpackbits(digest)[:BITS]
    encoder = WatermarkEncoder()
    encoder.set_watermark("bits", bits.tolist())
    frames = [_swapped(np.asarray(encoder.encode(_swapped(picture), method), np.uint8)) for picture in shown]
    errors = [np.mean(np.square(a.astype(float) - b)) for a, b in zip(frames, shown, strict=True)]
    marked = place / f"{method}.mp4"
    _stamp(iter(frames), marked, source, None)
    rows = []
    for name, copy in _copies(source, marked, place):
        decoder = WatermarkDecoder("bits", BITS)
        votes = [np.asarray(decoder.decode(_swapped(picture), method), float) for picture in decoded(copy)]
        right = (np.mean(votes, axis=0) > 0.5) == bits
        rows.append(_row(method, name, bool(right.all()), float(right.mean()), psnr(float(np.mean(errors)))))
    return rows


def _stamp(shown: Iterator[Picture], target: Path, source: Source, measure: Measure | None) -> None:
    rate = Fraction(source.rate)
    encode(shown, target, size=source.size, frame_rate=rate, settings=STAMPED, touch=measure)


def _copies(source: Source, marked: Path, place: Path) -> Iterator[tuple[str, Path]]:
    for name in UNDER:
        made: list[Path] = []
        case = Case(source, name, (source,), place, seconds=0.0)
        yield name, make(named(name), case, marked, place / "copy", made)[0]
        for path in made:
            path.unlink(missing_ok=True)


def _row(method: str, attack: str, exact: bool, accuracy: float | None, quality: float) -> Row:
    return {"method": method, "attack": attack, "exact": exact, "accuracy": accuracy, "psnr_rgb": quality}


def _swapped(picture: Picture) -> Picture:
    """From RGB to BGR, or back."""
    return np.ascontiguousarray(picture[..., ::-1])
