"""The reference bank: clips that a model was trained with, in numbers: a head is fitted without their pixels.

Lies beside a model's weights as NAME.reference.npz: plain arrays, never pickled. Knows Samples and files; fits nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zipfile import BadZipFile

from ...errors import DetectorUnreadable
from .samples import STRATA, Sample, Seen

if TYPE_CHECKING:
    from numpy.typing import NDArray

_FIELDS = ("network", "clip", "segments", "whole", "statistics", "stratum", "names", "groups", "synthetic", "seconds")


def bank_of(weights: Path) -> Path:
    """Name the bank that belongs to weights."""
    return weights.with_name(f"{weights.stem}.reference.npz")


def read_bank(path: Path, network: str) -> tuple[Sample, ...]:
    """Read the clips of a bank; `network` is the version that it must have been written for."""
    import numpy as np

    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = {field: file[field] for field in _FIELDS}
        if str(arrays["network"]) != network:
            raise DetectorUnreadable(f"{path.name} was written for the network {arrays['network']}, not {network}")
        return _samples(arrays)
    except FileNotFoundError:
        raise DetectorUnreadable(
            f"no reference bank lies beside {path.name.split('.')[0]}: there are no real clips to hold new ones to",
            advice="write one with `python -m countermark.training.detector.reference`, from clips of your own",
        ) from None
    except (OSError, ValueError, KeyError, IndexError, EOFError, BadZipFile) as error:
        what = getattr(error, "strerror", None) or error
        raise DetectorUnreadable(f"{path.name}: {what}") from None


def write_bank(samples: Sequence[Sample], path: Path, network: str) -> None:
    """Write a bank; numbers are kept at half precision, which is finer than any two looks agree."""
    import numpy as np

    copies = [(number, one) for number, sample in enumerate(samples) for one in sample.copies]
    long = max(len(one.statistics) for _, one in copies)
    measured = np.full((len(copies), long), np.nan, np.float32)
    for row, (_, one) in enumerate(copies):
        measured[row, : len(one.statistics)] = one.statistics
    with path.open("wb") as file:
        np.savez_compressed(
            file,
            network=np.array(network),
            clip=np.array([(number, len(one.segments)) for number, one in copies], np.int32),
            segments=np.concatenate([one.segments for _, one in copies]).astype(np.float16),
            whole=np.stack([one.whole for _, one in copies]),
            statistics=measured,
            stratum=np.array([STRATA.index(one.stratum) for _, one in copies], np.uint8),
            names=np.array([sample.name for sample in samples]),
            groups=np.array([sample.group for sample in samples]),
            synthetic=np.array([sample.synthetic for sample in samples]),
            seconds=np.array([sample.seconds for sample in samples], np.float32),
        )


def _samples(arrays: dict[str, NDArray[Any]]) -> tuple[Sample, ...]:
    import numpy as np

    copies: dict[int, list[Seen]] = {}
    start = 0
    for row, (clip, segments) in enumerate(arrays["clip"].tolist()):
        measured = arrays["statistics"][row].astype(np.float32)
        copies.setdefault(clip, []).append(
            Seen(
                segments=arrays["segments"][start : start + segments].astype(np.float32),
                whole=arrays["whole"][row].astype(np.float32),
                statistics=measured if np.isfinite(measured).all() else np.zeros(0, np.float32),
                stratum=STRATA[int(arrays["stratum"][row])],
            )
        )
        start += segments
    titles = zip(arrays["names"], arrays["groups"], arrays["synthetic"], arrays["seconds"], strict=True)
    return tuple(
        Sample(str(name), str(group), bool(synthetic), float(seconds), tuple(copies[number]))
        for number, (name, group, synthetic, seconds) in enumerate(titles)
    )
