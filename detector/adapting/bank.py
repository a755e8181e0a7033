"""The reference bank: the clips that detectors were trained with, in numbers: a head is fitted without their pixels.

Lies beside a model's weights as NAME.reference.npz: plain arrays, never pickled. Each clip was read by the network that
was trained without its family, so that what the bank says of real clips is what is said of clips that nobody knows.
Knows Samples and files; fits nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zipfile import BadZipFile

from ...errors import DetectorUnreadable
from ..network import read_card
from .samples import COLUMNS, COPIES, Sample, Seen

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ..model import Model

_FIELDS = ("written_for", "names", "rows", "groups", "synthetic", "seconds")


def bank_of(weights: Path) -> Path:
    """Name the bank that belongs to weights."""
    return weights.with_name(f"{weights.stem}.reference.npz")


def read_bank(path: Path, model: Model) -> tuple[Sample, ...]:
    """Read the clips of a bank that was written for this very model."""
    import numpy as np

    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = {field: file[field] for field in _FIELDS}
        if str(arrays["written_for"]) != _version(model):
            raise DetectorUnreadable(f"{path.name} was written for {arrays['written_for']}, not for {_version(model)}")
        return _samples(arrays)
    except FileNotFoundError:
        raise DetectorUnreadable(
            f"{path.name} is missing: the numbers of the real clips that new ones are held to",
            advice="install countermark again; a model of your own wants one made by training.detector.reference",
        ) from None
    except (OSError, ValueError, KeyError, IndexError, EOFError, BadZipFile) as error:
        what = getattr(error, "strerror", None) or error
        raise DetectorUnreadable(f"{path.name}: {what}") from None


def write_bank(samples: Sequence[Sample], path: Path, model: Model) -> None:
    """Write a bank."""
    import numpy as np

    with path.open("wb") as file:
        np.savez_compressed(
            file,
            written_for=np.array(_version(model)),
            rows=np.array([[look.row for look in one.looks] for one in samples], np.float32),
            names=np.array([one.name for one in samples]),
            groups=np.array([one.group for one in samples]),
            synthetic=np.array([one.synthetic for one in samples]),
            seconds=np.array([one.seconds for one in samples], np.float32),
        )


def _version(model: Model) -> str:
    return f"network {read_card(model.weights).version}, coefficients {model.version}"


def _samples(arrays: dict[str, NDArray[Any]]) -> tuple[Sample, ...]:
    if arrays["rows"].shape[1:] != (1 + len(COPIES), len(COLUMNS)):
        raise ValueError("its rows are of another shape than this version's")
    columns = (arrays[field] for field in ("names", "groups", "synthetic", "seconds", "rows"))
    found = []
    for name, group, synthetic, seconds, rows in zip(*columns, strict=True):
        first, *copies = map(Seen, rows)
        found.append(Sample(str(name), str(group), bool(synthetic), float(seconds), first, tuple(copies)))
    return tuple(found)
