"""Times as commands take them: a year, a month, a day, or a moment; later ones come later as text, too."""

from __future__ import annotations

import re

import typer

_TIME = re.compile(r"(\d{4}(-\d{2}(-\d{2}(T[0-9:.+Z-]*)?)?)?)?")


def asked(given: str, option: str) -> str:
    """Give a time as it was asked for; an empty one is none."""
    if not _TIME.fullmatch(given):
        raise typer.BadParameter("a time begins with a year: 2026, 2026-11, 2026-11-21, ...", param_hint=option)
    return given


def till(said: str, option: str) -> str:
    """Give the same as what lies behind all times that begin so; empty: behind all."""
    from ..docket import times

    return f"{asked(said, option)}{times.LAST}"
