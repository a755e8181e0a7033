"""Puts a signed manifest into a finished file. Knows containers and the C2PA builder, not what the manifest says."""

from __future__ import annotations

import hashlib
import io
import json
import logging
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from .. import outputs
from ..errors import (
    DiskFull,
    InputMissing,
    OutputFolderMissing,
    OutputIsInput,
    OverLimit,
    SigningFailed,
)
from ..keyring import Identity
from .credentials import plain, read_store
from .manifest import PARENT_LABEL
from .trust import TrustAnchors
from .validator import context

if TYPE_CHECKING:
    import c2pa

log = logging.getLogger(__name__)

MOST_BYTES = 64 << 20  # of a manifest store that is taken over
_BOX = bytes.fromhex("d8fec3d61b0e483c92975828877ec481")  # where mp4 and mov keep it
_MIME = {".mp4": "video/mp4", ".m4v": "video/x-m4v", ".mov": "video/quicktime", ".avi": "video/avi"}


@dataclass(frozen=True)
class Signed:
    """What signing gave beside the file."""

    manifest_id: str
    store: bytes  # the whole manifest store, ingredients included
    ingredient_failures: tuple[str, ...] = ()  # what is wrong with the credentials that the input brought along

    def __repr__(self) -> str:
        """Sizes, not bytes."""
        return f"Signed({self.manifest_id}, {len(self.store)} bytes, ingredient_failures={self.ingredient_failures})"


def embeds(suffix: str) -> bool:
    """Say whether C2PA has a place for a manifest in files of that ending."""
    return suffix.lower() in _MIME


def carries_manifest(path: Path) -> bool:
    """Say whether a file brings credentials of its own, sound or not, which signing must not drop."""
    import c2pa

    try:
        with path.open("rb") as stream, context(TrustAnchors()) as ground:
            c2pa.Reader(None, stream, context=ground).close()
    except c2pa.C2paError.ManifestNotFound:
        return False
    except c2pa.C2paError as error:
        return not isinstance(error, c2pa.C2paError.NotSupported)
    except OSError as error:
        raise InputMissing(f"{path}: {error.strerror or error}") from None
    return True


def check_size(path: Path) -> None:
    """Refuse an mp4 or mov whose manifest would fill the memory of whoever takes it over as an ingredient."""
    with path.open("rb") as stream:
        end, at = path.stat().st_size, 0
        while at + 24 <= end:
            stream.seek(at)
            head = stream.read(32)
            size = int.from_bytes(head[:4], "big")
            long = size == 1 and len(head) == 32
            size = int.from_bytes(head[8:16], "big") if long else size or end - at
            start = 16 if long else 8
            if head[4:8] == b"uuid" and head[start : start + 16] == _BOX and min(size, end - at) > MOST_BYTES:
                raise OverLimit(f"{path.name}: a manifest of {size >> 20} MiB", advice="no honest one is that large")
            if size < 8:
                return
            at += size


def sign(
    source: Path,
    target: Path,
    description: dict[str, Any],
    identity: Identity,
    trust: TrustAnchors,
    parent: Path | None = None,
) -> Signed:
    """Write `target`, the bytes of `source` with a manifest in them; whole or not at all.

    `parent` is the file that `source` was made from, where that carries a manifest: it becomes an ingredient.
    """
    mime = _check_paths(source, target)
    with outputs.staged(target) as name:
        part = name(target.suffix)
        with outputs.translated(target), part.open("w+b") as output:
            store, unkept = _sign(source, output, {**description, "format": mime}, identity, trust, parent)
            output.flush()
            os.fsync(output.fileno())
        outputs.release(part, target, force=True)
    log.info("signed %s as %s by %s", target.name, description["label"], identity.name)
    failures = (unkept,) if unkept else read_store(store, trust).ingredient_failures
    return Signed(str(description["label"]), store, failures)


def _sign(
    source: Path,
    output: BinaryIO,
    definition: dict[str, Any],
    identity: Identity,
    trust: TrustAnchors,
    parent: Path | None,
) -> tuple[bytes, str | None]:
    """Write the signed file to `output`; say why, if the parent's own credentials could not be kept."""
    import c2pa

    def write(add: Callable[[c2pa.Builder], None] | None) -> bytes:
        info = c2pa.C2paSignerInfo(identity.algorithm.encode(), identity.chain_pem, identity.key_pem(), None)
        with context(trust, c2pa.Signer.from_info(info)) as ground, source.open("rb") as stream:
            builder = c2pa.Builder(json.dumps(definition), ground)
            if add:
                builder.set_intent(c2pa.C2paBuilderIntent.EDIT)
                add(builder)
            return bytes(builder.sign(definition["format"], stream, output))

    try:
        if parent is None:
            return write(None), None
        try:
            store = write(lambda builder: _keep(builder, parent))
            if _kept(store):
                return store, None
            why = "the library passed over them"
        except c2pa.C2paError as error:
            why = plain(error)
        log.warning("the credentials of %s can't be kept: %s", parent.name, why)
        output.seek(0)
        output.truncate()
        return write(lambda builder: _name(builder, parent, why)), f"the credentials it carried are past reading: {why}"
    except c2pa.C2paError as error:
        raise _failed(error) from None


def _keep(builder: c2pa.Builder, parent: Path) -> None:
    """Take over the credentials that the input carries, sound or not."""
    ingredient = {"title": parent.name, "relationship": "parentOf", "label": PARENT_LABEL}
    with parent.open("rb") as stream:
        builder.add_ingredient(json.dumps(ingredient), _MIME.get(parent.suffix.lower(), "video/mp4"), stream)


def _kept(store: bytes) -> bool:
    """Look whether they are there: damaged ones can be passed over without an error."""
    import c2pa

    with (
        context(TrustAnchors()) as ground,
        c2pa.Reader("application/c2pa", io.BytesIO(store), context=ground) as reader,
    ):
        active = reader.get_active_manifest() or {}
    return any("active_manifest" in ingredient for ingredient in active.get("ingredients", []))


def _name(builder: c2pa.Builder, parent: Path, why: str) -> None:
    """Name as ingredient a file whose credentials can't be read, with its digest and the reason."""
    with parent.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    description = f"SHA-256 {digest}; its own credentials are past reading: {why}"
    ingredient = {
        "title": parent.name,
        "relationship": "parentOf",
        "label": PARENT_LABEL,
        "description": description,
    }
    builder.add_ingredient(json.dumps(ingredient), "application/octet-stream", io.BytesIO())


def _failed(error: Exception) -> SigningFailed | DiskFull:
    text = str(error)
    if "No space left" in text or "os error 28" in text:
        return DiskFull("the disk filled up while the manifest was written")
    return SigningFailed(f"C2PA: {text}")


def _check_paths(source: Path, target: Path) -> str:
    mime = _MIME.get(target.suffix.lower())
    if mime is None:
        raise SigningFailed(f"C2PA has no place for a manifest in {target.suffix or 'this'} files", advice="use mp4")
    if not source.is_file():
        raise InputMissing(f"{source} is not there")
    if target.exists() and target.samefile(source):
        raise OutputIsInput(f"{target} is the file to be signed")
    if not target.parent.is_dir():
        raise OutputFolderMissing(f"{target.parent} is not there")
    return mime
