"""Tries a detector that is to be added, on grey pictures: what can't work is not taken in. Knows the child.

A file is opened in a limited child alone: a graph that was made to do harm, harms nobody. A Python class is a program,
and is tried where it was asked for: to whom it is dangerous, it is so wherever it is imported.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from ...errors import CountermarkError, Interrupted, PluginInvalid
from ...media import isolation
from ...settings import Limits
from .described import Installed
from .kinds import opened, tried


def check(one: Installed, limits: Limits) -> None:
    """Raise what keeps a detector from working."""
    if one.file is None:
        tried(opened(one))
        return
    try:
        isolation.run(_tried, one.file, one.to_wire(), limits=limits)
    except (PluginInvalid, Interrupted):
        raise
    except CountermarkError as error:  # the child's end among them: it is the file that brought it about
        raise PluginInvalid(f"{one.name}: {error}") from None


def _tried(path: Path, request: Any, report: Callable[[Any], None]) -> None:
    tried(opened(Installed.from_wire(request)))
