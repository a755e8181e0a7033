"""Fingerprints of real clips: an original, an honest copy, one with a face put in, and something else."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from countermark.evidence import FingerprintDetails
from countermark.media import look
from countermark.provenance.fingerprint.examiner import FingerprintExaminer
from countermark.settings import Limits
from countermark.tests.drawn_face import face
from countermark.tests.recipes import clip, pictures

SIZE, SECONDS = (320, 240), 4


@dataclass(frozen=True)
class Clips:
    original: FingerprintDetails
    copy: FingerprintDetails  # half as large, and poorer
    swapped: FingerprintDetails  # as large, with another face instead of its own
    excerpt: FingerprintDetails  # its hashes from the second second on
    other: FingerprintDetails


def made(folder: Path) -> Clips:
    def seen(name: str, **more: Any) -> FingerprintDetails:
        path = clip(folder / f"{name}.mp4", **{"seconds": SECONDS, "size": SIZE, **more})
        found = [one.details for one in look(path, (), (FingerprintExaminer(),), Limits()).evidence]
        return next(one for one in found if isinstance(one, FingerprintDetails))

    original = seen("original", source=_changed(_with_a_face))
    return Clips(
        original=original,
        copy=seen("copy", size=(160, 120), options={"crf": "34"}, source=_changed(_with_a_face)),
        swapped=seen("swapped", source=_changed(_with_another)),
        excerpt=_from(original, 2.0),
        other=seen("other", seed=5),
    )


def _changed(change: Callable[[NDArray[Any]], NDArray[Any]]) -> Callable[..., Iterator[NDArray[np.uint8]]]:
    def source(count: int, size: tuple[int, int], seed: int) -> Iterator[NDArray[np.uint8]]:
        for rgb in pictures(count, SIZE, seed):
            yield np.asarray(cv2.resize(change(rgb), size, interpolation=cv2.INTER_AREA), np.uint8)

    return source


def _with_a_face(rgb: NDArray[Any]) -> NDArray[Any]:
    return _put(rgb, face())


def _with_another(rgb: NDArray[Any]) -> NDArray[Any]:
    return _put(rgb, face()[::-1])  # its shades lie elsewhere


def _put(rgb: NDArray[Any], of: NDArray[Any]) -> NDArray[Any]:
    put = rgb.copy()
    put[90:116, 200:224] = cv2.resize(of[90:400, 200:440], (24, 26), interpolation=cv2.INTER_AREA)  # .8 % of the frame
    return put


def _from(details: FingerprintDetails, start_s: float) -> FingerprintDetails:
    kept = [i for i, at in enumerate(details.times_s) if at >= start_s]
    return FingerprintDetails(
        "pdq",
        tuple(details.times_s[i] - start_s for i in kept),
        tuple(details.hashes[i] for i in kept),
        tuple(details.qualities[i] for i in kept),
    )
