"""The conformance programme's form of what a file carries (crJSON), written in the limited child.

Knows that a file is read there, and nothing of what the form says: the words are the library's own.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from ...errors import NoCredentials, OverLimit
from ...media import isolation
from ...media.probe import check_input
from ...settings import Settings
from ..trust import TrustAnchors, load
from ..trust.validator import context, steady
from .loose import plain
from .opening import (
    Given,
    alone,
    beside,
    nothing_inside,
    readers,
    store_in,
    unread,
)

if TYPE_CHECKING:
    import c2pa


def crjson_of(path: Path, options: Settings, given: Given | None = None) -> str:
    """Give a file's crJSON, read in a limited child; raises NoCredentials where there is none to give."""
    check_input(path, options.limits)
    most = options.limits.child_answer_bytes // 2  # the answer is JSON within JSON
    request = {
        "anchors": load(options.home).to_json(),
        "given": (given or Given()).to_wire(),
        "most": most,
    }
    return isolation.checked(path, str, isolation.run(_crjson, path, request, limits=options.limits))


def _crjson(path: Path, request: Any, report: Callable[[Any], None]) -> str:
    """In the child."""
    found = crjson(path, TrustAnchors.from_json(request["anchors"]), Given.from_wire(request["given"]))
    if len(found.encode("utf-8", "replace")) > request["most"]:
        raise OverLimit(f"{path.name}: its credentials are too large to write out")
    return found


def crjson(path: Path, trust: TrustAnchors, given: Given) -> str:
    """Write out what a file carries; with fragments, as it stands with the last of them."""
    import c2pa

    path = given.init or path
    with steady(path) as stream, context(trust) as ground:
        if (part := alone(stream)) is not None:
            raise NoCredentials(f"{path.name}: {part.error}")
        try:
            try:
                return _written(stream, ground, given.manifest, given.fragments)
            except c2pa.C2paError as error:
                sidecar = beside(path) if nothing_inside(error) and given.manifest is None else None
                if sidecar is None:
                    raise
                return _written(stream, ground, sidecar, given.fragments)
        except c2pa.C2paError as error:
            raise NoCredentials(f"{path.name}: {_why(error)}") from None


def _written(stream: BinaryIO, ground: c2pa.Context, manifest: Path | None, fragments: tuple[Path, ...]) -> str:
    found = ""
    for reader in readers(stream, ground, store_in(manifest) if manifest else None, fragments):
        found = reader.crjson()
    return json.dumps(json.loads(found), ensure_ascii=True, indent=2)  # strangers' words do nothing to a terminal


def _why(error: Exception) -> str:
    import c2pa

    if isinstance(error, c2pa.C2paError.ManifestNotFound):
        return "it carries no credentials"
    told = unread(error)
    return told[1].error if told else f"what lies in the place of credentials can't be read: {plain(error)}"
