"""Puts a signed manifest into a finished file. Knows containers and the C2PA builder, not what the manifest says."""

from __future__ import annotations

import json
import logging
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import (
    DiskFull,
    InputMissing,
    OutputFolderMissing,
    OutputIsInput,
    OutputUnwritable,
    SigningFailed,
)
from ..keyring import Identity
from .credentials import read_store
from .manifest import PARENT_LABEL
from .trust import TrustAnchors
from .validator import context

if TYPE_CHECKING:
    import c2pa

log = logging.getLogger(__name__)

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
        return not _no_place(error)
    except OSError as error:
        raise InputMissing(f"{path}: {error.strerror or error}") from None
    return True


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
    handle, name = _scratch(target)
    scratch = Path(name)
    try:
        with os.fdopen(handle, "w+b") as output:
            store = _sign(source, output, mime, description, identity, trust, parent)
            output.flush()
            os.fsync(output.fileno())
        scratch.chmod(0o666 & ~_umask())
        os.replace(scratch, target)
    except OSError as error:
        kind = DiskFull if error.errno == 28 else OutputUnwritable
        raise kind(f"{target}: {error.strerror or error}") from None
    finally:
        scratch.unlink(missing_ok=True)
    log.info("signed %s as %s by %s", target.name, description["label"], identity.name)
    read = read_store(store, trust)
    return Signed(str(description["label"]), store, read.ingredient_failures)


def _sign(
    source: Path,
    output: Any,
    mime: str,
    description: dict[str, Any],
    identity: Identity,
    trust: TrustAnchors,
    parent: Path | None,
) -> bytes:
    import c2pa

    key = identity.key_pem()
    try:
        info = c2pa.C2paSignerInfo(identity.algorithm.encode(), identity.chain_pem, key, None)
        with context(trust, c2pa.Signer.from_info(info)) as ground:
            builder = c2pa.Builder(json.dumps({**description, "format": mime}), ground)
            if parent is not None:
                _add_parent(builder, parent)
            with source.open("rb") as stream:
                store = builder.sign(mime, stream, output)
    except c2pa.C2paError as error:
        raise _failed(error, output) from None
    if not store:
        raise SigningFailed(f"{source.name}: the C2PA library gave no manifest back")
    return bytes(store)


def _add_parent(builder: c2pa.Builder, parent: Path) -> None:
    import c2pa

    builder.set_intent(c2pa.C2paBuilderIntent.EDIT)
    ingredient = {"title": parent.name, "relationship": "parentOf", "label": PARENT_LABEL}
    mime = _MIME.get(parent.suffix.lower(), "video/mp4")
    try:
        with parent.open("rb") as stream:
            builder.add_ingredient(json.dumps(ingredient), mime, stream)
    except c2pa.C2paError as error:
        raise SigningFailed(
            f"{parent.name}: the credentials it carries can't be kept ({error})",
            advice="signing without them would hide where it came from; use the file as it was before they broke",
        ) from None


def _failed(error: Exception, output: Any) -> SigningFailed | DiskFull:
    text = str(error)
    if "No space left" in text or "os error 28" in text:
        return DiskFull("the disk filled up while the manifest was written")
    return SigningFailed(f"C2PA: {text}")


def _no_place(error: Exception) -> bool:
    import c2pa

    return isinstance(error, c2pa.C2paError.NotSupported)


def _check_paths(source: Path, target: Path) -> str:
    mime = _MIME.get(target.suffix.lower())
    if mime is None:
        raise SigningFailed(f"C2PA has no place for a manifest in {target.suffix or 'this'} files", advice="use mp4")
    if not source.is_file():
        raise InputMissing(f"{source} is not there")
    if target.exists() and os.path.samefile(source, target):
        raise OutputIsInput(f"{target} is the file to be signed")
    if not target.parent.is_dir():
        raise OutputFolderMissing(f"{target.parent} is not there")
    return mime


def _scratch(target: Path) -> tuple[int, str]:
    try:
        return tempfile.mkstemp(prefix=f".{target.stem[:40]}-", suffix=target.suffix, dir=target.parent)
    except OSError as error:
        raise OutputUnwritable(f"{target.parent}: {error.strerror or error}") from None


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
