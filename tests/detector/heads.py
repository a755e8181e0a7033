"""Adapted heads for tests, of numbers that were chosen."""

from __future__ import annotations

from countermark.detector.adapting.adapted import AdaptedHead, Figures
from countermark.detector.adapting.samples import COLUMNS
from countermark.detector.calibration import Head
from countermark.detector.model import Model
from countermark.detector.network import read_card


def adding(model: Model, bias: float, reals: float) -> AdaptedHead:
    """A head that adds `bias` to what the model says alone, and gave each of 60 real clips `reals`: log-odds."""
    counts = tuple(1.0 if name == "alone" else 0.0 for name in COLUMNS)
    return AdaptedHead(
        name="greens",
        made="2026-01-02T03:04:05+00:00",
        model=model.name,
        version=model.version,
        network=read_card(model.weights).version,
        head=Head(COLUMNS, (0.0,) * len(COLUMNS), (1.0,) * len(COLUMNS), counts, bias),
        reals=(reals,) * 60,
        figures=Figures(3, 30.0, 60, 0.9, 0.6, 0.8, 0.2, 0.05, 0.05, 0.8, 0.8),
    )
