"""Puts a signed manifest into a finished file. Knows containers and the C2PA builder, not what the manifest says."""

from __future__ import annotations

import io
import json
import logging
import os
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ... import outputs
from ...errors import (
    DiskFull,
    InputMissing,
    OutputFolderMissing,
    OutputIsInput,
    SigningFailed,
)
from ...keyring import Identity
from ..reading.credentials import read_store
from ..reading.loose import plain
from ..trust import TrustAnchors
from ..trust.validator import context, steady, steady_output
from .ingredients import VIDEO_TYPES, Ingredient, gather, has_one_mdat, kept
from .manifest import IngredientFacts
from .signers import native_signer, use

if TYPE_CHECKING:
    import c2pa

log = logging.getLogger(__name__)

WHOLE_MB = 256  # what is larger is hashed in pieces: the library would take two buffers of that size to hash it whole
_THUMBNAIL = "thumbnail.jpg"  # names it until the library replaces it by a hashed link


@dataclass(frozen=True)
class Signed:
    """What signing gave beside the file."""

    manifest_id: str
    store: bytes  # the whole manifest store, ingredients included
    ingredient_failures: tuple[str, ...] = ()  # what is wrong with the credentials that inputs brought along

    def __repr__(self) -> str:
        """Sizes, not bytes."""
        return f"Signed({self.manifest_id}, {len(self.store)} bytes, ingredient_failures={self.ingredient_failures})"


def embeds(suffix: str) -> bool:
    """Say whether C2PA has a place for a manifest in files of that ending."""
    return suffix.lower() in VIDEO_TYPES


def sign(
    source: Path,
    target: Path,
    description: dict[str, Any],
    identity: Identity,
    trust: TrustAnchors,
    parent: Path | None = None,
    *,
    parent_store: bytes | None = None,
    ingredients: Sequence[IngredientFacts] = (),
    thumbnail: bytes | None = None,
    timestamp: str | None = None,
) -> Signed:
    """Write `target`, the bytes of `source` with a manifest in them; whole or not at all.

    `parent` is the file that `source` was made from, where that carries a manifest, inside or beside it, or where its
    manifest store is known from elsewhere (`parent_store`): it becomes an ingredient, and so do `ingredients`, the same
    that the description was made with. `timestamp` is the URL of an authority to ask.
    """
    definition = {**description, "format": _check_paths(source, target)}
    if thumbnail:
        definition["thumbnail"] = {"format": "image/jpeg", "identifier": _THUMBNAIL}
    pieces = source.stat().st_size > WHOLE_MB << 20 and has_one_mdat(source)
    order = _Order(source, definition, identity, trust, gather(parent, parent_store, ingredients), thumbnail, pieces)
    with outputs.staged(target) as name:
        part = name(target.suffix)
        with outputs.translated(target), use(identity, str(description["label"])):
            store, unkept = _sign(order, part, timestamp)
        outputs.release(part, target, force=True)
    log.info("signed %s as %s by %s", target.name, description["label"], identity.name)
    failures = dict.fromkeys((*unkept, *read_store(store, trust).ingredient_failures))
    return Signed(str(description["label"]), store, tuple(failures))


@dataclass(frozen=True)
class _Order:
    """What is to be signed, the same for every try."""

    source: Path
    definition: dict[str, Any]
    identity: Identity
    trust: TrustAnchors
    ingredients: list[Ingredient]
    thumbnail: bytes | None
    pieces: bool


def _sign(order: _Order, part: Path, timestamp: str | None) -> tuple[bytes, list[str]]:
    """Write the signed file; say of each ingredient why its own credentials could not be kept.

    Whose fault a failure is shows when none is kept, then each alone, and no authority is asked: one that is down must
    never cost a file its history.
    """
    carriers = {place for place, given in enumerate(order.ingredients) if given.carries}
    store, error = _try(order, part, carriers, {}, timestamp)
    if not error:
        return store, []
    if not carriers or _try(order, part, (), {}, None)[1]:
        raise _failed(error) from None
    unkept: dict[int, str] = {}
    for place in sorted(carriers):
        if alone := _try(order, part, {place}, {}, None)[1]:
            unkept[place] = plain(alone)
            log.warning("the credentials of %s can't be kept: %s", order.ingredients[place].path.name, unkept[place])
    if not unkept:
        raise _failed(error) from None
    store, error = _try(order, part, carriers - unkept.keys(), unkept, timestamp)
    if error:
        raise _failed(error) from None
    return store, [f"the credentials it carried are past reading: {why}" for why in unkept.values()]


def _try(
    order: _Order, part: Path, keep: Collection[int], unkept: Mapping[int, str], timestamp: str | None
) -> tuple[bytes, Exception | None]:
    """Write it with these ingredients' credentials, and no others'; give the store, or the reason why not."""
    import c2pa

    try:
        signer = native_signer(order.identity, timestamp)
        with context(order.trust, signer, pieces=order.pieces) as ground:
            builder = c2pa.Builder(json.dumps(order.definition), ground)
            if order.thumbnail:
                builder.add_resource(_THUMBNAIL, io.BytesIO(order.thumbnail))
            if any(given.relationship == "parentOf" for given in order.ingredients):
                builder.set_intent(c2pa.C2paBuilderIntent.EDIT)
            for place, given in enumerate(order.ingredients):
                given.keep(builder) if place in keep else given.name(builder, unkept.get(place))
            store = _write(builder, order, part)
        if kept(store) < len(keep):
            return store, SigningFailed("the library passed over them")
    except c2pa.C2paError as error:
        return b"", error
    return store, None


def _write(builder: c2pa.Builder, order: _Order, part: Path) -> bytes:
    with steady(order.source) as stream, steady_output(part) as output:
        store = bytes(builder.sign(order.definition["format"], stream, output))
        output.flush()
        os.fsync(output.fileno())
    return store


def _failed(error: Exception) -> SigningFailed | DiskFull:
    text = str(error)
    if "No space left" in text or "os error 28" in text:
        return DiskFull("the disk, or that of the temporary folder, filled up while the manifest was written")
    return SigningFailed(f"C2PA: {text}")


def _check_paths(source: Path, target: Path) -> str:
    mime = VIDEO_TYPES.get(target.suffix.lower())
    if mime is None:
        raise SigningFailed(f"C2PA has no place for a manifest in {target.suffix or 'this'} files", advice="use mp4")
    if not source.is_file():
        raise InputMissing(f"{source} is not there")
    if target.exists() and target.samefile(source):
        raise OutputIsInput(f"{target} is the file to be signed")
    if not target.parent.is_dir():
        raise OutputFolderMissing(f"{target.parent} is not there")
    return mime
