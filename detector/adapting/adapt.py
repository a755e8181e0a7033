"""Fits a head to a generator of the user's, from under a minute of its clips and without torch.

Knows samples and the reference bank; knows nothing of pixels and networks. Fitting needs the extra `fit`. What a head
is worth is measured on clips that it was not fitted to; one that would harm what the model knows is refused.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from ...errors import AdaptationRefused, CountermarkError, InputMissing, Interrupted, NetworkUnfit, PackageMissing
from ...settings import Settings
from ..calibration import Calibration, Head
from ..model import Model
from ..network import read_card
from .adapted import AdaptedHead, Figures, check_name, keep, recalibrated
from .bank import bank_of, read_bank
from .head_fit import KNOWN, NEW, REAL, TAUGHT, Fitted, Table, auc, fitted_head
from .samples import COLUMNS, Sample, sample

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

LEAST_CLIPS = 2  # of the new generator: one to fit to, one to try it on
MOST_CLIPS = 200  # of a folder
MOST_FALL = 0.02  # of the AUC among what is known
OWN = "the user's own"

Progress = Callable[[float], None]


@dataclass(frozen=True)
class Adaptation:
    """A head, where it is kept, and what could not be learnt from."""

    head: AdaptedHead
    path: Path
    left_out: tuple[str, ...]
    harm: str  # in plain words; empty: none


def adapt(
    synthetic: Path,
    real: Path | None,
    name: str,
    *,
    model: Model,
    options: Settings,
    force: bool = False,
    progress: Progress = lambda share: None,
) -> Adaptation:
    """Fit a head to the clips of a folder, against real ones, and keep it under a name."""
    if find_spec("sklearn") is None:
        raise PackageMissing("fitting needs scikit-learn", advice="pip install 'countermark[fit]'")
    check_name(options.home, name, force)
    known = read_bank(bank_of(model.weights), model)
    files = [(path, NEW, True) for path in clips_in(synthetic)]
    files += [(path, camera(path, real), False) for path in clips_in(real)] if real else []
    read, left_out = _read(files, model, options, progress)
    clips, repeated = _apart(read)
    if sum(clip.synthetic for clip in clips) < LEAST_CLIPS:
        whys = "; ".join(left_out[:3])
        raise AdaptationRefused(
            f"{sum(clip.synthetic for clip in clips)} of the {len(clips_in(synthetic))} files in {synthetic}"
            f" can be learnt from, and {LEAST_CLIPS} are the least" + (f" ({whys})" if whys else "")
        )
    head = fit((*clips, *known), model, name)
    harm = harm_of(head.figures)
    if harm and not force:
        raise AdaptationRefused(
            f"the head was not kept: {harm}",
            advice="give more clips that differ in what they show, and real ones of your own by --real;"
            " or keep it all the same with --force",
        )
    return Adaptation(head, keep(options.home, head, force), (*left_out, *repeated), harm)


def fit(clips: Sequence[Sample], model: Model, name: str) -> AdaptedHead:
    """Fit a head to the clips of the group NEW and to known generators, against all real ones."""
    table = Table.of(clips)
    fitted = fitted_head(table)
    highest = fitted.out_of_fold[table.kind == REAL].max(axis=1)
    reals = tuple(sorted(round(float(score), 4) for score in highest))
    least = threshold(recalibrated(model, reals))
    return AdaptedHead(
        name=name,
        made=datetime.now(UTC).isoformat(timespec="seconds"),
        model=model.name,
        version=model.version,
        network=read_card(model.weights).version,
        head=Head(
            names=COLUMNS,
            mean=_short(fitted.mean),
            scale=_short(fitted.scale),
            weights=_short(fitted.weights),
            bias=round(float(fitted.bias), 6),
        ),
        reals=reals,
        figures=_figures(table, fitted, model, least, sum(clip.seconds for clip in clips if clip.group == NEW)),
    )


def harm_of(figures: Figures) -> str:
    """Say what a head would spoil, in plain words; nothing where it spoils nothing to speak of.

    False alarms can't rise: a head's thresholds are its own, set by real clips for the rates that the model's are.
    """
    if figures.known_auc_without - figures.known_auc > MOST_FALL:
        return (
            f"the generators that are known would be told less well (AUC {figures.known_auc_without:.3f} to"
            f" {figures.known_auc:.3f})"
        )
    return ""


def camera(path: Path, folder: Path) -> str:
    """Name the source of a real clip: its folder within the one that was given, or what lies in no folder, together.

    Clips of one source are held out together: a head that knows the camera must not be tried on it.
    """
    inner = path.relative_to(folder).parts[:-1]
    return f"{OWN}: {inner[0] if inner else '.'}"


def clips_in(folder: Path) -> tuple[Path, ...]:
    """Give the files of a folder and of those in it, but for hidden ones."""
    if not folder.is_dir():
        raise InputMissing(f"{folder}: no such folder", advice="name a folder of clips")
    found = sorted(
        path
        for path in folder.rglob("*")
        if path.is_file() and not any(part.startswith(".") for part in path.relative_to(folder).parts)
    )
    if not found:
        raise AdaptationRefused(f"{folder}: no clips in it")
    if len(found) > MOST_CLIPS:
        raise AdaptationRefused(f"{folder}: {len(found)} files; {MOST_CLIPS} are read at most", advice="give fewer")
    return tuple(found)


def _read(
    files: Sequence[tuple[Path, str, bool]], model: Model, options: Settings, progress: Progress
) -> tuple[list[Sample], tuple[str, ...]]:
    """Read every clip, two at a time; say which can't be judged, and why."""

    def one(path: Path, group: str, synthetic: bool) -> Sample | str:
        try:
            return sample(path, model, options.limits, group=group, synthetic=synthetic)
        except (NetworkUnfit, Interrupted):
            raise
        except CountermarkError as error:
            return str(error)

    found: list[Sample] = []
    left_out: list[str] = []
    pool = ThreadPoolExecutor(min(2, os.cpu_count() or 1))
    try:
        waiting = [(path, pool.submit(one, path, group, synthetic)) for path, group, synthetic in files]
        for number, (path, future) in enumerate(waiting, 1):
            said = future.result()
            if isinstance(said, str):
                left_out.append(said if path.name in said else f"{path.name}: {said}")
            else:
                found.append(said)
            progress(number / len(waiting))
    finally:
        pool.shutdown(cancel_futures=True)
    return found, tuple(left_out)


def _apart(read: Sequence[Sample]) -> tuple[list[Sample], tuple[str, ...]]:
    """Take each file once; refuse what is called both real and synthetic."""
    kept: dict[str, Sample] = {}
    repeated = []
    for clip in read:
        first = kept.setdefault(clip.digest, clip)
        if first.synthetic != clip.synthetic:
            raise AdaptationRefused(
                f"{first.name} and {clip.name} are the same file, once among the synthetic and once among the real",
                advice="sort them apart: --synthetic and --real are two folders",
            )
        if first is not clip:
            repeated.append(f"{clip.name}: the same file as {first.name}")
    return list(kept.values()), tuple(repeated)


def _figures(table: Table, fitted: Fitted, model: Model, after: float, seconds: float) -> Figures:
    """Measure the head on clips that it was not fitted to; known generators, too, each while it was left out."""
    before = threshold(model.calibrations["generated"])

    def told(kind: int, scores: NDArray[np.float64]) -> float:
        both = (table.kind == kind) | (table.kind == REAL)
        if not (table.kind == kind).any():
            return 1.0
        copies = scores[both][:, 1:]
        return round(auc((table.kind[both] == kind).repeat(copies.shape[1]), copies.ravel()), 4)

    def above(kind: int, scores: NDArray[np.float64], least: float) -> float:
        return round(float((scores[table.kind == kind] >= least).mean()), 4)

    return Figures(
        clips=int((table.kind == TAUGHT).sum()),
        seconds=round(seconds, 2),
        reals=int((table.kind == REAL).sum()),
        auc=told(TAUGHT, fitted.out_of_fold),
        auc_without=told(TAUGHT, table.alone),
        found=above(TAUGHT, fitted.out_of_fold, after),
        found_without=above(TAUGHT, table.alone, before),
        false_alarms=above(REAL, fitted.out_of_fold, after),
        false_alarms_without=above(REAL, table.alone, before),
        known_auc=told(KNOWN, fitted.out_of_fold),
        known_auc_without=told(KNOWN, table.alone),
    )


def threshold(calibration: Calibration) -> float:
    """Give the default threshold in log-odds; no finite one where too few real clips were measured."""
    share = calibration.high_precision
    return math.log(share / (1 - share)) if 0 < share < 1 else math.inf


def _short(values: NDArray[np.float64]) -> tuple[float, ...]:
    return tuple(float(f"{value:.6g}") for value in values)
