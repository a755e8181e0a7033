"""Opens a user's detector, whatever its kind. Knows pictures and networks; knows nothing of what scores mean."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from ... import networks
from ...errors import CountermarkError, PluginInvalid
from ..tiles import SIDE
from .described import Installed, Normalisation, OnnxFile, PythonClass, TimmFile, Wants

if TYPE_CHECKING:
    from numpy.typing import NDArray

_IMAGENET = ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
_CLIP = ((0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711))
# Mean and deviation of pixels from 0 to 1.
_NORMALS: dict[Normalisation, tuple[tuple[float, ...], tuple[float, ...]]] = {
    "bytes": ((0.0,) * 3, (1 / 255,) * 3),
    "unit": ((0.0,) * 3, (1.0,) * 3),
    "signed": ((0.5,) * 3, (0.5,) * 3),
    "imagenet": _IMAGENET,
    "clip": _CLIP,
}


@runtime_checkable
class Detector(Protocol):
    """What a detector of the user's is, written in Python or made from a file."""

    name: str
    version: str
    wants: Wants

    def score(self, pictures: NDArray[Any]) -> Sequence[float]:
        """Give one number each, higher where something is synthetic, on any scale.

        tiles: (N, 2, 128, 128, 3) bytes, RGB: native squares of a frame and the one after it.
        frames: (N, H, W, 3) bytes, RGB: whole native frames of one video.
        """
        ...


def opened(one: Installed) -> Detector:
    """Load a detector that was added; a Python class is imported here and nowhere else."""
    if isinstance(one.description, PythonClass):
        return _imported(one.description)
    if one.description is None or one.file is None:
        raise PluginInvalid(f"{one.name}: {one.problem}")
    if isinstance(one.description, TimmFile):
        from .timm_file import TimmDetector

        return TimmDetector(one.description, one.file)
    return OnnxDetector(one.description, one.file)


def tried(detector: Detector) -> None:
    """Have it score two grey pictures, so that what can't work is not taken in."""
    import numpy as np

    shape = (2, 2, SIDE, SIDE, 3) if detector.wants == "tiles" else (2, 256, 320, 3)
    scores_of(detector, np.full(shape, 128, np.uint8))


def scores_of(detector: Detector, pictures: NDArray[Any]) -> list[float]:
    """Ask a detector, and believe nothing of its answer but finite numbers, one a picture."""
    import numpy as np

    try:
        answer = np.asarray(detector.score(pictures), dtype=np.float64)
    except (CountermarkError, KeyboardInterrupt):
        raise
    except BaseException as error:  # it is somebody else's code, and may call sys.exit
        raise PluginInvalid(f"{detector.name} fails: {type(error).__name__}: {error}") from None
    if answer.shape != (len(pictures),) or not np.isfinite(answer).all():
        raise PluginInvalid(f"{detector.name}: {len(pictures)} pictures, and no finite number for each")
    return [float(score) for score in answer]


def prepared(pictures: NDArray[Any], side: int | None, normalisation: Normalisation) -> NDArray[Any]:
    """Give pictures (N, H, W, 3) as (N, 3, side, side) floats: the short side scaled to it, the middle cut out."""
    import numpy as np

    if side is not None and pictures.shape[1:3] != (side, side):
        pictures = np.stack([_middle(picture, side) for picture in pictures])
    mean, deviation = (np.array(part, np.float32) for part in _NORMALS[normalisation])
    return np.ascontiguousarray(((pictures.astype(np.float32) / 255 - mean) / deviation).transpose(0, 3, 1, 2))


def chosen(answer: NDArray[Any], description: OnnxFile | TimmFile) -> NDArray[Any]:
    """Give the number that counts of each row of outputs."""
    import numpy as np

    rows = np.asarray(answer, np.float64).reshape(len(answer), -1)
    asked = [index for index in (description.logit, description.against) if index is not None]
    if max(asked) >= rows.shape[1]:
        raise PluginInvalid(f"{description.name}: no output {max(asked)}; it gives {rows.shape[1]}")
    return rows[:, description.logit] - (rows[:, description.against] if description.against is not None else 0.0)


class OnnxDetector:
    """A graph of the user's."""

    def __init__(self, description: OnnxFile, graph: Path) -> None:
        """Check its hash, and open it."""
        self._session = networks.load(graph, sealed={graph.name: description.sha256})
        inputs = self._session.get_inputs()
        if [(one.type, len(one.shape)) for one in inputs] != [("tensor(float)", 4)]:
            given = ", ".join(f"{one.type} of {one.shape}" for one in inputs) or "nothing"
            raise PluginInvalid(f"{description.name}: it takes {given}, not (N, 3, H, W) floats")
        (taken,) = inputs
        self._description, self._taken = description, taken.name
        self._one_by_one = taken.shape[0] == 1
        self.name, self.wants = description.name, description.wants
        self.version = f"{description.version}+{description.sha256[:12]}"

    def score(self, pictures: NDArray[Any]) -> Sequence[float]:
        """Ask the graph."""
        import numpy as np

        shown = pictures[:, 0] if self.wants == "tiles" else pictures
        given = prepared(shown, self._description.side, self._description.normalisation)
        parts = np.split(given, len(given)) if self._one_by_one else [given]
        answers = [self._session.run(None, {self._taken: part})[0] for part in parts]
        scores: list[float] = chosen(np.concatenate([np.atleast_1d(a) for a in answers]), self._description).tolist()
        return scores


def _middle(picture: NDArray[Any], side: int) -> NDArray[Any]:
    import cv2

    high, wide = picture.shape[:2]
    scale = side / min(high, wide)
    size = (max(side, round(wide * scale)), max(side, round(high * scale)))
    scaled = cv2.resize(picture, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    top, left = (size[1] - side) // 2, (size[0] - side) // 2
    return scaled[top : top + side, left : left + side]


def _imported(description: PythonClass) -> Detector:
    module, _, name = description.python.partition(":")
    try:
        detector = getattr(importlib.import_module(module), name)()
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # it is somebody else's code, and may call sys.exit
        raise PluginInvalid(f"{description.name}: {description.python}: {type(error).__name__}: {error}") from None
    if not isinstance(detector, Detector) or detector.wants not in ("tiles", "frames"):
        raise PluginInvalid(f"{description.python} lacks name, version, wants (tiles or frames) or score")
    return _Named(description.name, detector)


class _Named:
    """A class of the user's, under the name that it was added by."""

    def __init__(self, name: str, detector: Detector) -> None:
        self.name, self.version, self.wants = name, str(detector.version), detector.wants
        self.score = detector.score
