"""The generator's only exit: what it draws leaves through `stamp`, marked, signed and registered. Knows no pixels."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

from ..settings import Settings
from ..stamp import Stamped, facts, stamp_frames
from . import MODEL, MODEL_VERSION, SOURCE_TYPE, Request, render, understood

REMARK = "drawn by a procedural renderer, not by a trained model; the manifest says algorithmicMedia"


def generate(
    request: Request,
    target: Path,
    *,
    force: bool = False,
    progress: Callable[[float], None] | None = None,
    options: Settings | None = None,
) -> Stamped:
    """Draw what was asked for and label it on the way out; `progress` is told the share done."""
    length = request.frames / request.frame_rate
    stamped = stamp_frames(
        lambda: render(request),
        target,
        size=request.size,
        frame_rate=Fraction(request.frame_rate),
        facts=facts(
            source_type=SOURCE_TYPE,
            prompt=request.prompt,
            model=MODEL,
            model_version=MODEL_VERSION,
            software_agent="Countermark",
            provider=options.provider if options else None,
        ),
        force=force,
        progress=(lambda seconds: progress(seconds / float(length))) if progress else None,
        options=options,
    )
    return replace(stamped, remarks=(REMARK, *understood(request.prompt).warnings, *stamped.remarks))
