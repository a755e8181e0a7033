"""The curve that a temperature is compared with, on readings whose truth is known."""

import numpy as np

from countermark.detector.pooling import GENERATED, MANIPULATED
from countermark.detector.statistics import NAMES
from countermark.training.detector.calibration_trial import SURE, isotonic
from countermark.training.detector.folds import FOLDS
from countermark.training.detector.readings import Numbers


def readings(count: int = 60) -> list[Numbers]:
    rng = np.random.default_rng(11)
    return [
        Numbers(
            clip=str(i), label="synthetic" if i % 2 else "real", group=f"{i % 2}-{i % 20}", kind="",
            fold=i // 2 % FOLDS, condition="crf23", stratum="good", generated=tuple(rng.normal(0, 1, len(GENERATED))),
            manipulated=(0.0,) * len(MANIPULATED), statistics=tuple(rng.normal(0, 1, len(NAMES))), embedding=(0.0,),
            judged=True,
        )
        for i in range(count)
    ]  # fmt: skip


def test_a_curve_rises_and_is_never_wholly_sure() -> None:
    rows = readings()
    truth = np.array([one.synthetic for one in rows], float)
    probability = isotonic(rows, truth * 6 - 3 + np.arange(len(rows)) / 1000, truth)
    said = [probability(odds, "good") for odds in (-20.0, -3.0, 0.0, 3.2, 20.0)]
    assert said == sorted(said) and (said[0], said[-1]) == (SURE, 1 - SURE)
