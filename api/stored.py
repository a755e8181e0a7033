"""Reads what the manifest store of a record says of the system that made the film, in a limited child, once for each.

A manifest never changes, so what was read is kept in this process's memory, for as many as are asked for often.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ..media import isolation
from ..provenance import Record
from ..settings import Settings

MOST_KEPT = 4096
_kept: dict[str, str | None] = {}  # by the manifest's id, the oldest first


def version_of(record: Record, options: Settings) -> str | None:
    """Give the version of the system that made a film, which its manifest alone says."""
    if record.manifest_id not in _kept:
        found = _read(record, options)
        while len(_kept) >= MOST_KEPT:
            _kept.pop(next(iter(_kept)), None)
        _kept[record.manifest_id] = found
    return _kept.get(record.manifest_id)


def _read(record: Record, options: Settings) -> str | None:
    with tempfile.TemporaryDirectory(prefix="countermark-") as folder:
        path = Path(folder) / "manifest.c2pa"
        path.write_bytes(record.manifest_store)
        found = isolation.run(version_in, path, str(options.home), limits=options.limits)
    return found if isinstance(found, str) else None


def version_in(path: Path, home: str, report: Callable[[Any], None]) -> str | None:
    """Read the version out of a manifest store; runs in the child."""
    from ..provenance import read_store, trust

    facts = read_store(path.read_bytes(), trust.load(Path(home))).ai_facts
    said = (fact.partition(": ") for fact in facts)
    return next((value for name, _, value in said if name.rpartition(".")[2] == "modelVersion" and value), None)
