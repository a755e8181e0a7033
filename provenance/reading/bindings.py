"""Which marks the credentials of a file speak of: soft bindings and watermarks, all through its history.

Reads what was declared, and looks at no picture: none of it need be there, or be true.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ..signing.manifest import MARK_LABEL, MARKED_ACTION
from ..trust import TrustAnchors
from ..trust.validator import context, steady
from .loose import MAX_ITEMS, mapping, mappings, plain

_ACTIONS = ("c2pa.watermarked", "c2pa.watermarked.bound", "c2pa.watermarked.unbound", MARKED_ACTION)


def soft_bindings(source: Path | bytes) -> tuple[str, ...]:
    """Name the marks that a file's manifests, or those of a manifest store, declare: "algorithm: value".

    A watermark that is declared by an action alone is named by it and by who claimed it. What can't be read declares
    nothing.
    """
    import c2pa

    try:
        if isinstance(source, bytes):
            report = _report("application/c2pa", io.BytesIO(source))
        else:
            with steady(source) as stream:
                report = _report(None, stream)
    except (c2pa.C2paError, OSError, ValueError, RecursionError):
        return ()
    manifests = mappings(list(mapping(mapping(report).get("manifests")).values()))
    found = [said for manifest in manifests for said in _declared(manifest)]
    return tuple(dict.fromkeys(found))[:MAX_ITEMS]


def _report(mime: str | None, stream: io.BufferedIOBase) -> Any:
    import c2pa

    with context(TrustAnchors()) as ground, c2pa.Reader(mime, stream, context=ground) as reader:
        return json.loads(reader.json())


def _declared(manifest: dict[str, Any]) -> Iterator[str]:
    """Name what one manifest declares; an action says more than nothing only where no assertion does."""
    named, acted = [], []
    for assertion in mappings(manifest.get("assertions")):
        label, data = plain(assertion.get("label")).split("__")[0], assertion.get("data")
        if not isinstance(data, dict):
            continue
        if label == "c2pa.soft-binding":
            values = [plain(block.get("value")) for block in mappings(data.get("blocks"))]
            named += [f"{plain(data.get('alg')) or 'no algorithm'}: {value}" for value in values or [""]]
        elif label == MARK_LABEL:
            named.append(f"{plain(data.get('algorithm'))}: {plain(data.get('payload'))}")
        elif label in ("c2pa.actions", "c2pa.actions.v2"):
            acted += [plain(action.get("action")) for action in mappings(data.get("actions"))]
    if named:
        yield from named
        return
    generators = [plain(info.get("name")) for info in mappings(manifest.get("claim_generator_info"))]
    for action in acted:
        if action in _ACTIONS:
            yield f"{action} by {' '.join(generators) or plain(manifest.get('claim_generator')) or 'no one named'}"
