"""Looking files up in banks, and filling these, in the forms of Hasher-Matcher-Actioner.

What differs from it: everything takes a key; an id of a content counts within its bank; a URL is fetched by the one
door to the network, which reaches nothing inside; what does not fit is 422, in the errors of this service.
"""
# FastAPI reads the annotations of what is defined inside functions: they must not be put off.

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from .. import fetch
from ..accounts import Caller
from ..errors import ModerationMissing, NoFrames, NoPictures, ReaderDied, TooSmall
from ..evidence import FingerprintDetails
from ..moderation.banks import Posted, Signals, banked, hashed, posted, signals, vpdq
from ..moderation.banks import looked_up as told_as_hma
from ..moderation.banks.exchange import PDQ, SHA256, VPDQ, Answer
from ..moderation.banks.filling import MOST_NOTE
from ..verify import look_at
from . import exchange_shapes as shapes
from . import intake
from .matching import Refusal
from .problems import RETRY_S, Problem
from .uploads import Bounds, Intakes
from .v1.asking import TEXT_BYTES, TEXT_S
from .v1.examples import answers, body
from .v1.moderating.banks import looked_up, told_of_signals
from .v1.shapes import MOST_NUMBER
from .who import for_check, needs, refuse_to_spend_from_elsewhere

if TYPE_CHECKING:
    from fastapi import APIRouter
    from starlette.requests import Request as AnyRequest

    from ..settings import Settings
    from .service import Service

PHOTO, VIDEO = "photo", "video"  # its types of content, and the fields of its forms
MOST_SIGNAL = 60_000  # letters of what stands in a URL
_NOT_SHOWN = (NoFrames, NoPictures, TooSmall, ReaderDied)
_FILE = {"schema": {"type": "string", "format": "binary"}}
_FORM = {
    "multipart/form-data": {
        "schema": {"type": "object", "properties": {one: _FILE["schema"] for one in (VIDEO, PHOTO, intake.FILE)}}
    }
}
_FILES = {"requestBody": {"required": True, "content": {**_FORM, "video/*": _FILE, "image/*": _FILE}}}
_CONTENT = {"requestBody": {"content": {**_FORM, "application/json": {"schema": {"type": "object"}}}}}
_SIGNALS = body(shapes.BANKED["signals"])


def router(service: "Service") -> "APIRouter":
    """Serve them."""
    from fastapi import APIRouter

    made = APIRouter(tags=["banks"])
    hasher = _Hasher(service)
    _hashing(made, service, hasher)
    _matching(made, service, hasher)
    _banks(made, service)
    _contents(made, service, hasher)
    return made


# Hashing -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Hashed:
    """What a file is known by."""

    answer: dict[str, str]  # as HMA gives it
    signals: Signals  # as a bank takes it in

    def only(self, kinds: tuple[str, ...]) -> dict[str, str]:
        return {kind: signal for kind, signal in self.answer.items() if kind in kinds}


class _Hasher:
    """Hashes files, a few at a time, each in a limited child."""

    def __init__(self, service: "Service") -> None:
        self._options = service.options
        ours = service.options.service
        self._intakes = Intakes(Bounds(upload_bytes=ours.upload_bytes, upload_s=ours.upload_s))

    @asynccontextmanager
    async def _folder(self) -> AsyncIterator[Path]:
        async with AsyncExitStack() as stack:
            try:
                folder = await stack.enter_async_context(self._intakes.folder())
            except Refusal as error:
                raise Problem("away", error.detail, headers={"Retry-After": str(RETRY_S)}) from None
            yield folder

    async def sent(self, request: "AnyRequest", kind: str | None) -> _Hashed:
        """Hash the file that a request brings."""
        async with self._folder() as folder:
            named = (VIDEO, PHOTO, intake.FILE)
            got = await intake.received(request, self._options, folder, named=named)
            path = got.file
            by_type = PHOTO if request.headers.get("content-type", "").lower().startswith("image/") else VIDEO
            return await self._of(path, kind or (PHOTO if got.called == PHOTO else by_type))

    async def fetched(self, url: str, kind: str | None) -> _Hashed:
        """Hash the file that a URL leads to."""
        service = self._options.service
        guard = fetch.UnsafeAllowPrivate() if service.unsafe_private_addresses else fetch.PublicOnly()
        bounds = {"fetch_bytes": min(service.upload_bytes, self._options.limits.fetch_bytes)}
        limits = self._options.limits.model_copy(update=bounds)
        async with self._folder() as folder:
            got = await asyncio.to_thread(fetch.fetch, url, folder, limits, guard=guard)
            by_type = PHOTO if (got.content_type or "").lower().startswith("image/") else VIDEO
            return await self._of(got.path, kind or by_type)

    async def _of(self, path: Path, kind: str) -> _Hashed:
        cpu_s = min(self._intakes.bounds.look_cpu_s, self._options.limits.child_cpu_s)
        strict = self._options.limits.model_copy(update={"child_cpu_s": cpu_s})
        async with self._intakes.look():
            options = self._options.model_copy(update={"limits": strict})
            return await asyncio.to_thread(_looked_at, path, kind == PHOTO, options)


def _looked_at(path: Path, picture: bool, options: "Settings") -> _Hashed:
    try:
        looked = look_at(path, options=options, only="pictures")
    except _NOT_SHOWN as error:
        raise Problem("unprocessable", str(error), advice=error.advice) from None
    if looked.video is None:
        raise Problem("unprocessable", "nothing in the file can be shown: it has no signals")
    found = [one.details for one in looked.evidence if isinstance(one.details, FingerprintDetails)]
    answer = hashed(looked.digest, found[0] if found else None, picture=picture)
    frames = vpdq.read(answer[VPDQ]) if VPDQ in answer else ()
    known = Signals(looked.digest, answer.get(PDQ) or None, frames if vpdq.usable(frames) else ())
    return _Hashed(answer, known)


def _hashing(made: "APIRouter", service: "Service", hasher: _Hasher) -> None:
    from fastapi import Depends, Query, Request

    Reader = Annotated[Caller, Depends(needs("moderation:read"))]
    Kind = Annotated[str | None, Query(alias="content_type", pattern=f"^({PHOTO}|{VIDEO})$")]
    Types = Annotated[str | None, Query(max_length=200, description="types of signals, by commas")]

    @made.get("/h/hash", responses=answers(200, shapes.HASHES, 401, 403, 422))
    async def hash_url(
        request: Request,
        caller: Reader,
        url: Annotated[str, Query(max_length=4096, description="where the media lies")],
        kind: Kind = None,
        types: Types = None,
    ) -> dict[str, str]:
        """Give the signals of what a URL leads to."""
        refuse_to_spend_from_elsewhere(request)
        wanted = _types(types)
        async with _counted(request, service, caller):
            return (await hasher.fetched(url, kind)).only(wanted)

    @made.post("/h/hash", openapi_extra=_FILES, responses=answers(200, shapes.HASHES, 401, 403, 413, 415, 422))
    async def hash_file(request: Request, caller: Reader, kind: Kind = None, types: Types = None) -> dict[str, str]:
        """Give the signals of a file: a form's `video` or `photo`, or the body."""
        wanted = _types(types)
        async with _counted(request, service, caller):
            return (await hasher.sent(request, kind)).only(wanted)


@asynccontextmanager
async def _counted(request: "AnyRequest", service: "Service", caller: Caller) -> AsyncIterator[None]:
    """Count what is hashed as a check: it costs as much to look at."""
    with for_check(request, service, caller) as asked:
        yield
        asked.laid = True


def _types(said: str | None) -> tuple[str, ...]:
    """Read the types of signals that are wanted."""
    known = (SHA256, PDQ, VPDQ)
    if said is None:
        return known
    wanted = tuple(filter(None, map(str.strip, said.split(","))))
    if not wanted or set(wanted) - set(known):
        raise Problem("unprocessable", f"types names some of {', '.join(known)}", advice="leave types out for all")
    return wanted


# Matching ------------------------------------------------------------------------------------------------------------


def _matching(made: "APIRouter", service: "Service", hasher: _Hasher) -> None:
    from fastapi import Depends, Query, Request

    Reader = Annotated[Caller, Depends(needs("moderation:read"))]
    Seed = Annotated[str, Query(max_length=200, description="decides whether a bank that is enabled in part is asked")]
    by_type = {"vpdq": {"TAKEN_DOWN": [{"bank_content_id": 1, "distance": "90%[80%]"}]}}

    @made.get("/m/lookup", responses=answers(200, shapes.LOOKED_UP, 401, 403, 422))
    def look_up(
        caller: Reader,
        signal: Annotated[str, Query(max_length=MOST_SIGNAL)],
        signal_type: Annotated[str, Query(max_length=40)],
        seed: Seed = "",
    ) -> dict[str, list[shapes.Match]]:
        """Give by bank what is like a signal, and how far it is. A match is likeness, and nothing else."""
        with told_of_signals():
            return _shown(told_as_hma(service.banks.looked_up(caller.tenant_id, signals(signal_type, signal), seed)))

    @made.post("/m/lookup", openapi_extra=_FILES, responses=answers(200, by_type, 401, 403, 413, 415, 422))
    async def look_up_file(
        request: Request, caller: Reader, seed: Seed = ""
    ) -> dict[str, dict[str, list[shapes.Match]]]:
        """Give, by type of signal, what is like a file."""
        async with _counted(request, service, caller):
            found = await hasher.sent(request, None)
        return await asyncio.to_thread(_by_type, service, caller, found, seed)


def _by_type(service: "Service", caller: Caller, found: _Hashed, seed: str) -> dict[str, dict[str, list[shapes.Match]]]:
    each = {kind: signals(kind, signal) for kind, signal in found.answer.items() if signal}
    return {kind: _shown(told_as_hma(looked_up(service, caller, one, seed))) for kind, one in each.items()}


def _shown(answer: Answer) -> dict[str, list[shapes.Match]]:
    return {bank: [shapes.Match.model_validate(one) for one in found] for bank, found in answer.items()}


# Banks ---------------------------------------------------------------------------------------------------------------


def _banks(made: "APIRouter", service: "Service") -> None:
    from fastapi import Depends
    from fastapi import Path as InPath

    Keeper = Annotated[Caller, Depends(needs("banks:write"))]
    Name = Annotated[str, InPath(max_length=80)]

    @made.get("/c/banks", responses=answers(200, [shapes.BANK], 401, 403))
    def list_banks(caller: Keeper) -> list[shapes.BankShown]:
        """List your banks."""
        return [shapes.bank(one) for one in service.banks.listed(caller.tenant_id)]

    @made.post(
        "/c/banks",
        status_code=201,
        openapi_extra=body(shapes.BANK_WISH),
        responses=answers(201, shapes.BANK, 401, 403, 409, 422),
    )
    def make_bank(wish: shapes.BankWish, caller: Keeper) -> shapes.BankShown:
        """Begin a bank."""
        part = shapes.share(wish)
        share = 1.0 if part is None else part
        return shapes.bank(service.banks.create(caller.tenant_id, wish.name, caller.made_by, enabled_share=share))

    @made.get("/c/bank/{bank}", responses=answers(200, shapes.BANK, 401, 403, 404))
    def get_bank(bank: Name, caller: Keeper) -> shapes.BankShown:
        """Look at a bank."""
        return shapes.bank(service.banks.get(caller.tenant_id, bank))

    @made.put(
        "/c/bank/{bank}",
        openapi_extra=body({"enabled": True}),
        responses=answers(200, shapes.BANK, 401, 403, 404, 422),
    )
    def change_bank(bank: Name, change: shapes.BankChange, caller: Keeper) -> shapes.BankShown:
        """Change how much is held to a bank. Its name stays."""
        share = shapes.share(change)
        return shapes.bank(service.banks.change(caller.tenant_id, bank, caller.made_by, enabled_share=share))

    @made.delete("/c/bank/{bank}", responses=answers(200, {"message": "Done"}, 401, 403, 404))
    def drop_bank(bank: Name, caller: Keeper) -> shapes.Done:
        """Take away a bank and all that is in it."""
        service.banks.drop(caller.tenant_id, bank, caller.made_by)
        return shapes.Done(message="Done")

    @made.get("/c/signal_type", responses=answers(200, [{"name": PDQ, "enabled_ratio": 1.0}], 401, 403))
    def list_types(caller: Keeper) -> list[shapes.Known]:
        """List the types of signals that are known here."""
        return [shapes.Known(name=kind, enabled_ratio=1.0) for kind in (PDQ, VPDQ, SHA256)]


def _contents(made: "APIRouter", service: "Service", hasher: _Hasher) -> None:
    from fastapi import Depends, Query, Request
    from fastapi import Path as InPath

    Keeper = Annotated[Caller, Depends(needs("banks:write"))]
    Name = Annotated[str, InPath(max_length=80)]

    @made.post(
        "/c/bank/{bank}/content",
        response_model=shapes.Banked,
        openapi_extra=_CONTENT,
        responses=answers(200, shapes.BANKED, 401, 403, 404, 409, 413, 415, 422),
    )
    async def add_content(
        bank: Name,
        request: Request,
        caller: Keeper,
        url: Annotated[str | None, Query(max_length=4096, description="where the media lies")] = None,
        kind: Annotated[str | None, Query(alias="content_type", pattern=f"^({PHOTO}|{VIDEO})$")] = None,
    ) -> dict[str, Any]:
        """Put a file into a bank: a form's `video` or `photo`, or what `url` leads to."""
        await asyncio.to_thread(service.banks.get, caller.tenant_id, bank)
        note = ""
        if url is None and _brings_a_file(request):
            async with _counted(request, service, caller):
                found = (await hasher.sent(request, kind)).signals
        else:
            asked = await _posted(request)
            if asked.url is None:
                raise Problem("unprocessable", "no content was sent", advice="signals go to /c/bank/NAME/signal")
            note = asked.note
            async with _counted(request, service, caller):
                found = (await hasher.fetched(asked.url, kind)).signals
        return await asyncio.to_thread(_banked, service, caller, bank, found, note)

    @made.post(
        "/c/bank/{bank}/signal",
        response_model=shapes.Banked,
        openapi_extra=_SIGNALS,
        responses=answers(200, shapes.BANKED, 401, 403, 404, 409, 422),
    )
    async def add_signals(bank: Name, request: Request, caller: Keeper) -> dict[str, Any]:
        """Put signals of one content into a bank, by type."""
        await asyncio.to_thread(service.banks.get, caller.tenant_id, bank)
        asked = await _posted(request)
        if asked.signals is None:
            raise Problem("unprocessable", "no signals were sent", advice="a URL goes to /c/bank/NAME/content")
        return await asyncio.to_thread(_banked, service, caller, bank, asked.signals, asked.note)

    @made.delete("/c/bank/{bank}/content/{number}", responses=answers(200, {"deleted": 1}, 401, 403, 404))
    def remove_content(bank: Name, number: Annotated[int, InPath(ge=1, le=MOST_NUMBER)], caller: Keeper) -> shapes.Gone:
        """Take a content away, by its number within the bank."""
        found = service.banks.contents(caller.tenant_id, bank, after=number - 1, limit=1)
        if not found or found[0].number != number:
            raise ModerationMissing(f"bank {bank} has no content {number}")
        service.banks.remove(caller.tenant_id, bank, found[0].id, caller.made_by)
        return shapes.Gone(deleted=1)


def _banked(service: "Service", caller: Caller, bank: str, found: Signals, note: str) -> dict[str, Any]:
    with told_of_signals():
        return banked(service.banks.add(caller.tenant_id, bank, found, caller.made_by, note=note[:MOST_NOTE]))


async def _posted(request: "AnyRequest") -> Posted:
    """Read a POST that names a content."""
    data = await intake.text(request, TEXT_BYTES, TEXT_S)
    with told_of_signals():
        return posted(data, request.query_params)


def _brings_a_file(request: "AnyRequest") -> bool:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    return kind == intake.FORM or kind.startswith(("video/", "image/")) or kind == "application/octet-stream"
