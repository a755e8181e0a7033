"""Uploads that resume: tus 1.0, or straight into the store of objects by a signed URL, on the same resources.

`tus` reads its headers. Where an upload stands, the docket knows: only bytes that are on the disk count there. They
wait in `objects.Arriving`, and are hashed and brought into the store once the last is here.
"""
# FastAPI reads the annotations of what is defined inside functions: they must not be put off.

import asyncio
import base64
import hashlib
import math
import time
from collections.abc import Mapping
from contextlib import ExitStack, suppress
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from ...accounts import Caller
from ...accounts.rates import neighbourhood
from ...docket.uploads import SIGNED_S, Upload, Uploads, Way
from ...errors import CheckMissing, CheckUnfit, CountermarkError
from ...objects import Arriving, Objects, Piece
from ...settings import Settings
from .. import intake
from ..problems import Problem
from ..who import client_address, count, needs
from . import tus
from .tus import CHECKSUMS, PIECE_TYPE, VERSION

if TYPE_CHECKING:
    from fastapi import APIRouter
    from starlette.requests import Request as AnyRequest
    from starlette.responses import Response as AnyResponse

    from ..service import Service

SETTLED = 16 << 20  # bytes after which an upload is known to have come so far, also if the server dies
TOLD_S = 60.0  # after which it is noted again that bytes come
BRINGING = 2  # uploads that one process brings into the store at once
_ID = "upl_k5zq3v7w2m4x6yaabcdefghij2"
_SHOWN: dict[str, Any] = {
    "id": _ID,
    "name": "clip.mp4",
    "bytes": 10485760,
    "offset": 0,
    "way": "tus",
    "status": "arriving",
    "content_hash": None,
    "created_at": "2026-11-22T09:00:00.000000+00:00",
    "until": "2026-11-22T09:10:00.000000+00:00",
    "url": f"/v1/uploads/{_ID}",
}
_NEXT: dict[str, Any] = {
    "method": "PATCH",
    "url": f"/v1/uploads/{_ID}",
    "headers": {"Tus-Resumable": VERSION, "Content-Type": PIECE_TYPE, "Upload-Offset": "0"},
    "then": f"/v1/uploads/{_ID}/complete",
}
_PIECE = {"requestBody": {"content": {PIECE_TYPE: {"schema": {"type": "string", "format": "binary"}}}}}


class UploadWish(BaseModel):
    """A file that is to be sent."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"name": "clip.mp4", "bytes": 10485760}]})

    name: str = Field(min_length=1, max_length=1000, description="of the file; shown, never used as a path")
    bytes: int = Field(ge=1, le=1 << 53, description="that it has")
    way: Way = Field(default="tus", description="by pieces that resume, or straight into the store where it takes that")


class NextStep(BaseModel):
    """How the bytes are sent, and what is asked when all of them are."""

    method: Literal["PATCH", "PUT"]
    url: str
    headers: dict[str, str]
    then: str = Field(description="ask this by POST when all bytes are sent; by pieces it need not be asked")


class UploadShown(BaseModel):
    """An upload as it stands."""

    model_config = ConfigDict(json_schema_extra={"examples": [_SHOWN]})

    id: str
    name: str
    bytes: int = Field(description="that it will have")
    offset: int = Field(description="that are here, and stay")
    way: Way
    status: Literal["arriving", "whole", "used"] = Field(description="used: it became a check or a stamp")
    content_hash: str | None = Field(description="SHA-256, once it is whole; null where it came straight to the store")
    created_at: str
    until: str = Field(description="when it is forgotten; soon where no byte of it came, or comes")
    url: str


class UploadBegun(UploadShown):
    """An upload that was begun just now."""

    model_config = ConfigDict(json_schema_extra={"examples": [{**_SHOWN, "next": _NEXT}]})

    next: NextStep


class Shared:
    """What the routes share: where uploads stand, where they wait, where they go."""

    def __init__(self, options: Settings, objects: Objects, uploads: Uploads | None = None) -> None:
        """Take the settings and the store; `uploads` is for those whose clock can be moved."""
        self.most, self.seconds = options.service.upload_bytes, options.service.upload_s
        self.kept_s = options.service.upload_kept_s
        self.uploads = uploads or Uploads(options, objects=objects)
        self.arriving = Arriving(options, objects)
        self._bringing = asyncio.Semaphore(BRINGING)

    def begin(self, caller: Caller, address: str | None, name: str, size: int, way: Way) -> Upload:
        """Begin an upload that could also be kept; `address`: of who has no key."""
        if size > self.most:
            raise Problem("too-large", f"a file may have {self.most:,} bytes here")
        if way == "presigned" and not caller.known:  # the store takes what is sent there, of any size
            raise Problem("unauthenticated", "a signed URL takes a key", advice='send it by pieces: "way": "tus"')
        if way == "presigned" and self.arriving.presigned("asked", 1) is None:
            raise Problem("unprocessable", "this store signs no URLs", advice='send it by pieces: "way": "tus"')
        if way == "tus":
            self.arriving.make_room(size)
        return self.uploads.begin(caller.tenant_id, caller.made_by, intake.plain_name(name), size, way, address)

    def signed(self, upload: Upload) -> str:
        """Give the URL at which the store takes it; `begin` saw that it makes some."""
        url = self.arriving.presigned(upload.id, round(min(SIGNED_S, self.kept_s)))
        assert url is not None
        return url

    def whole(self, upload: Upload) -> Upload:
        """Bring what came into the store, if all of it did; whoever dies in between leaves this to be asked again."""
        if upload.whole_at is not None:
            return upload
        if upload.way == "presigned":
            self.arriving.adopt(upload.id, upload.object_key, upload.bytes)
            return self.uploads.whole(upload.id, None, upload.bytes)
        if upload.offset < upload.bytes:
            here = f"{upload.offset:,} of {upload.bytes:,} bytes are here"
            raise CheckUnfit(f"upload {upload.id} is not whole: {here}", advice="send the rest first")
        return self.uploads.whole(upload.id, self.arriving.deliver(upload.id, upload.object_key, upload.bytes))

    async def brought(self, upload: Upload) -> Upload:
        """Do so in a thread, few at once: what is large takes its time, and pieces of others shall not wait for it."""
        async with self._bringing:
            return await asyncio.to_thread(self.whole, upload)

    def again(self, upload: Upload) -> Upload:
        """Look again; nothing waits for one that was broken off meanwhile."""
        try:
            return self.uploads.get(upload.id)
        except CheckMissing:
            self.arriving.drop(upload.id)
            raise

    def drop(self, upload: Upload) -> None:
        """Break it off; what became a check's or a stamp's stays theirs."""
        self.uploads.drop(upload.id)


def whole(service: "Service", upload_id: str, tenant_id: str) -> Upload:
    """Give an upload that is whole and in the store, brought there now if need be: what a check or a stamp begins with.

    CheckMissing where it is not this tenant's, CheckUnfit where bytes are lacking.
    """
    if "\0" in upload_id:  # PostgreSQL would refuse the question itself
        raise CheckMissing("there is no such upload")
    shared = Shared(service.options, service.objects)
    return shared.whole(shared.uploads.get(upload_id, tenant_id))


def router(service: "Service", uploads: Uploads | None = None) -> "APIRouter":
    """Serve uploads; each is its tenant's alone."""
    from fastapi import APIRouter, Depends, Request, Response
    from fastapi import Path as InPath

    made = APIRouter(prefix="/uploads", tags=["uploads"], dependencies=[Depends(tus.spoken())])
    Asker = Annotated[Caller, Depends(needs("checks:write"))]  # noqa: N806
    Id = Annotated[str, InPath(max_length=40, examples=[_ID])]  # noqa: N806
    shared = Shared(service.options, service.objects, uploads)
    wish = {"application/json": {"schema": UploadWish.model_json_schema()}}

    @made.options("", status_code=204, summary="What of tus is spoken", response_class=Response)
    @made.options("/{upload_id}", status_code=204, include_in_schema=False, response_class=Response)
    def spoken() -> Response:
        return _answered(204, tus.offered(shared.most))

    @made.post(
        "",
        status_code=201,
        summary="Begin an upload",
        response_model=UploadBegun,
        openapi_extra={"requestBody": {"content": wish, "description": "or none, with the headers of tus"}},
    )
    async def begin(request: Request, caller: Asker) -> Response:
        return await _begun(request, caller, service, shared)

    @made.get("/{upload_id}", summary="How an upload stands")
    def status(upload_id: Id, request: Request, caller: Asker) -> UploadShown:
        upload = shared.uploads.get(upload_id, caller.tenant_id)
        return UploadShown(**_shown(upload, _url(request, upload)))

    @made.head("/{upload_id}", summary="How an upload stands, by tus", response_class=Response)
    def head(upload_id: Id, caller: Asker) -> Response:
        upload = shared.uploads.get(upload_id, caller.tenant_id)
        name = base64.b64encode(upload.name.encode()).decode()
        told = {"Upload-Length": str(upload.bytes), "Upload-Metadata": f"filename {name}", "Cache-Control": "no-store"}
        return _answered(200, {**tus.stands(upload), **told})

    @made.patch(
        "/{upload_id}",
        status_code=204,
        summary="Send a piece",
        response_class=Response,
        openapi_extra=_PIECE,
    )
    async def piece(upload_id: Id, request: Request, caller: Asker) -> Response:
        upload = await asyncio.to_thread(shared.uploads.get, upload_id, caller.tenant_id)
        upload = await _taken(request, upload, shared)
        if upload.offset == upload.bytes:
            upload = await shared.brought(upload)
        return _answered(204, tus.stands(upload))

    @made.post("/{upload_id}/complete", summary="Say that all was sent")
    async def complete(upload_id: Id, request: Request, caller: Asker) -> UploadShown:
        upload = await shared.brought(await asyncio.to_thread(shared.uploads.get, upload_id, caller.tenant_id))
        return UploadShown(**_shown(upload, _url(request, upload)))

    @made.delete("/{upload_id}", status_code=204, summary="Break an upload off", response_class=Response)
    def drop(upload_id: Id, caller: Asker) -> Response:
        shared.drop(shared.uploads.get(upload_id, caller.tenant_id))
        return _answered(204, {})

    return made


# A piece -------------------------------------------------------------------------------------------------------------


async def _taken(request: "AnyRequest", upload: Upload, shared: Shared) -> Upload:
    """Write a piece to the disk; what came before it broke off counts, unless a checksum was to hold it together."""
    if upload.way != "tus":
        raise Problem("conflict", "this upload goes straight to the store", advice="send it to the URL that was given")
    offset = tus.number(request, "upload-offset")
    if request.headers.get("content-type", "") != PIECE_TYPE:
        raise Problem("unsupported-media", f"a piece is sent as {PIECE_TYPE}")
    wanted = tus.checksum(request)
    _fits(upload, offset)
    if upload.offset == upload.bytes:  # nothing is left to come; it may have to be brought into the store still
        return upload
    with ExitStack() as stack:
        writing = await asyncio.to_thread(stack.enter_context, shared.arriving.piece(upload.id, first=offset == 0))
        upload = await asyncio.to_thread(shared.again, upload)  # nobody else can move it from here on
        _fits(upload, offset)
        await asyncio.to_thread(writing.stand, offset)
        taking = _Taking(upload, writing, shared, wanted)
        try:
            async for block in intake.blocks(request, upload.bytes - offset, shared.seconds):
                await asyncio.to_thread(taking.write, block)
        except Problem:
            if wanted is None:
                with suppress(CountermarkError):  # the first error is the one to tell
                    await asyncio.to_thread(taking.note)
            raise
        if wanted is not None and taking.digest.digest() != wanted[1]:
            raise Problem("checksum-mismatch", "the piece is not what its checksum says; nothing of it was kept")
        return await asyncio.to_thread(taking.note)


class _Taking:
    """A piece that is being written, and noted as it comes to the disk."""

    def __init__(self, upload: Upload, piece: Piece, shared: Shared, wanted: tuple[str, bytes] | None) -> None:
        self._upload, self._piece, self._uploads, self._arriving = upload, piece, shared.uploads, shared.arriving
        self._checked, self._new = wanted is not None, 0
        self._told_at = -math.inf
        self.digest = hashlib.new(wanted[0] if wanted else CHECKSUMS[0], usedforsecurity=False)

    def write(self, block: bytes) -> None:
        if block and time.monotonic() - self._told_at >= TOLD_S:
            self._uploads.comes(self._upload.id)
            self._told_at = time.monotonic()
        self._arriving.make_room(len(block))
        self._piece.write(block)
        self._new += len(block)
        if self._checked:
            self.digest.update(block)
        elif self._new >= SETTLED:
            self.note()

    def note(self) -> Upload:
        """Bring it to the disk, then say so: an offset that was told never goes back."""
        if self._new:
            self._piece.settle()
            self._upload = self._uploads.advance(self._upload.id, self._upload.offset, self._new)
            self._new = 0
        return self._upload


def _fits(upload: Upload, offset: int) -> None:
    if offset != upload.offset:
        detail = f"the upload stands at {upload.offset}, not at {offset}"
        raise Problem("conflict", detail, advice="ask where it stands, go on from there", headers=tus.stands(upload))


# Requests and answers ------------------------------------------------------------------------------------------------


async def _begun(request: "AnyRequest", caller: Caller, service: "Service", shared: Shared) -> "AnyResponse":
    """Begin an upload, and say how its bytes are sent."""
    asked = await _asked(request)
    address = None if caller.known else neighbourhood(client_address(request, service.options))
    # Counted as a check is, apart from those: it takes room, whether a check comes of it or not.
    count(request, service, caller, "upload")
    upload = await asyncio.to_thread(shared.begin, caller, address, asked.name, asked.bytes, asked.way)
    url = _url(request, upload)
    told = UploadBegun(**_shown(upload, url), next=await asyncio.to_thread(_step, shared, upload, url))
    return _answered(201, {**tus.expires(upload), "Location": url}, told)


async def _asked(request: "AnyRequest") -> UploadWish:
    """Read what is to be sent: of JSON, or of the headers of tus."""
    if not tus.begins(request):
        from ..middleware import TEXT_BYTES, TEXT_S

        return UploadWish.model_validate_json(await intake.text(request, TEXT_BYTES, TEXT_S))
    return UploadWish(name=tus.file_name(request), bytes=tus.number(request, "upload-length"))


def _step(shared: Shared, upload: Upload, url: str) -> NextStep:
    if upload.way == "tus":
        headers = {"Tus-Resumable": VERSION, "Content-Type": PIECE_TYPE, "Upload-Offset": "0"}
        return NextStep(method="PATCH", url=url, headers=headers, then=f"{url}/complete")
    return NextStep(method="PUT", url=shared.signed(upload), headers={}, then=f"{url}/complete")


def _shown(upload: Upload, url: str) -> dict[str, Any]:
    state = "used" if upload.used_at else "whole" if upload.whole_at else "arriving"
    names = ("id", "name", "bytes", "offset", "way", "content_hash", "created_at", "until")
    return {**{name: getattr(upload, name) for name in names}, "status": state, "url": url}


def _url(request: "AnyRequest", upload: Upload) -> str:
    """Give where an upload lies, seen from the root of the host."""
    before, _, _ = request.url.path.partition("/uploads")
    return f"{before}/uploads/{upload.id}"


def _answered(status: int, headers: Mapping[str, str], told: BaseModel | None = None) -> "AnyResponse":
    from starlette.responses import Response

    headers = {"Tus-Resumable": VERSION, **headers}
    if told is None:
        return Response(None, status, headers=headers)
    return Response(told.model_dump_json(), status, headers=headers, media_type="application/json")
