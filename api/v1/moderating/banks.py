"""Banks of known content: what is in them, what is like it, and media that a match has closed."""
# FastAPI reads the annotations of what is defined inside functions: they must not be put off.

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

from ....accounts import Caller
from ....docket import Check
from ....errors import CheckUnfit
from ....evidence import FingerprintDetails
from ....moderation.banks import BankContent, BankMatch, Opinion, Signals, SignalUnfit
from ... import intake
from ...problems import Problem
from ...who import needs
from .. import access
from ..examples import AT, CHECK_ID, answers, body
from ..shapes import MOST_NUMBER
from . import banks_shapes as shapes

if TYPE_CHECKING:
    from fastapi import APIRouter

    from ...service import Service

MOST_FILE = 32 << 20  # bytes of an exchange file that one request brings
FILE_TYPE = "text/plain; charset=utf-8"
_TEXT = {"requestBody": {"required": True, "content": {"text/plain": {"schema": {"type": "string"}}}}}


def router(service: "Service") -> "APIRouter":
    """Serve them."""
    from fastapi import APIRouter

    made = APIRouter(tags=["banks"])
    _looking_up(made, service)
    _banks(made, service)
    _contents(made, service)
    _files(made, service)
    _closed(made, service)
    return made


@contextmanager
def told_of_signals() -> Iterator[None]:
    """Say of a signal that can't be read that it does not fit, and why."""
    try:
        yield
    except SignalUnfit as error:
        raise Problem("unprocessable", str(error), advice=error.advice) from None


def _banks(made: "APIRouter", service: "Service") -> None:
    from fastapi import Depends, Response
    from fastapi import Path as InPath

    Reader = Annotated[Caller, Depends(needs("moderation:read"))]
    Keeper = Annotated[Caller, Depends(needs("banks:write"))]
    Name = Annotated[str, InPath(max_length=80)]

    @made.get("/banks", responses=answers(200, {"banks": [shapes.BANK]}, 401, 403))
    def list_banks(caller: Reader) -> shapes.BanksShown:
        """List your banks, by name."""
        return shapes.BanksShown(banks=[shapes.bank(one) for one in service.banks.listed(caller.tenant_id)])

    @made.post(
        "/banks",
        status_code=201,
        openapi_extra=body(shapes.BANK_WISH),
        responses=answers(201, shapes.BANK, 401, 403, 409),
    )
    def make_bank(wish: shapes.BankWish, caller: Keeper, response: Response) -> shapes.BankShown:
        """Begin a bank; 409 where there is one of that name."""
        bank = service.banks.create(
            caller.tenant_id,
            wish.name,
            caller.made_by,
            restricted=wish.restricted,
            enabled_share=wish.enabled_share,
        )
        response.headers["Location"] = f"/v1/banks/{bank.name}"
        return shapes.bank(bank)

    @made.get("/banks/{bank}", responses=answers(200, shapes.BANK, 401, 403, 404))
    def get_bank(bank: Name, caller: Reader) -> shapes.BankShown:
        """Look at a bank."""
        return shapes.bank(service.banks.get(caller.tenant_id, bank))

    @made.patch(
        "/banks/{bank}",
        openapi_extra=body(shapes.BANK_CHANGE),
        responses=answers(200, {**shapes.BANK, **shapes.BANK_CHANGE}, 401, 403, 404),
    )
    def change_bank(bank: Name, change: shapes.BankChange, caller: Keeper) -> shapes.BankShown:
        """Change what a match in a bank does from now on, or how much is held to it."""
        changed = service.banks.change(
            caller.tenant_id,
            bank,
            caller.made_by,
            restricted=change.restricted,
            enabled_share=change.enabled_share,
        )
        return shapes.bank(changed)

    @made.delete("/banks/{bank}", status_code=204, responses=answers(None, None, 401, 403, 404))
    def drop_bank(bank: Name, caller: Keeper) -> Response:
        """Take away a bank and all that is in it; what checks were found to be like stays with them."""
        service.banks.drop(caller.tenant_id, bank, caller.made_by)
        return Response(status_code=204)


def _contents(made: "APIRouter", service: "Service") -> None:
    from fastapi import Depends, Query, Response
    from fastapi import Path as InPath

    Reader = Annotated[Caller, Depends(needs("moderation:read"))]
    Keeper = Annotated[Caller, Depends(needs("banks:write"))]
    Name = Annotated[str, InPath(max_length=80)]
    Id = Annotated[str, InPath(max_length=80)]

    @made.get(
        "/banks/{bank}/contents",
        responses=answers(200, {"contents": [shapes.CONTENT], "next": None}, 401, 403, 404),
    )
    def list_contents(
        bank: Name,
        caller: Reader,
        after: Annotated[int, Query(ge=0, le=MOST_NUMBER)] = 0,
        limit: Annotated[int, Query(ge=1, le=200)] = 50,
    ) -> shapes.ContentsShown:
        """List what is in a bank, by number."""
        found = service.banks.contents(caller.tenant_id, bank, after=after, limit=limit)
        more = found[-1].number if len(found) == limit else None
        return shapes.ContentsShown(contents=[shapes.content(one) for one in found], next=more)

    @made.post(
        "/banks/{bank}/contents",
        status_code=201,
        openapi_extra=body(shapes.CONTENT_WISH),
        responses=answers(201, shapes.CONTENT, 401, 403, 404, 409),
    )
    def add_content(bank: Name, wish: shapes.ContentWish, caller: Keeper, response: Response) -> shapes.ContentShown:
        """Put a content into a bank, by signals or as a past check saw it; one that it knows stays as it is."""
        made_one = _added(service, caller, bank, wish)
        response.headers["Location"] = f"/v1/banks/{bank}/contents/{made_one.id}"
        return shapes.content(made_one)

    @made.get("/banks/{bank}/contents/{content_id}", responses=answers(200, shapes.CONTENT, 401, 403, 404))
    def get_content(bank: Name, content_id: Id, caller: Reader) -> shapes.ContentShown:
        """Look at one content."""
        return shapes.content(service.banks.content(caller.tenant_id, bank, content_id))

    @made.patch(
        "/banks/{bank}/contents/{content_id}",
        openapi_extra=body(shapes.CONTENT_CHANGE),
        responses=answers(200, {**shapes.CONTENT, "opinion": "DISPUTED", "disabled_at": AT}, 401, 403, 404),
    )
    def change_content(bank: Name, content_id: Id, change: shapes.ContentChange, caller: Keeper) -> shapes.ContentShown:
        """Say what is thought of a content from now on; disable it, or enable it again."""
        of = (caller.tenant_id, bank, content_id)
        service.banks.content(*of)
        if change.opinion is not None:
            service.banks.judge(*of, change.opinion, caller.made_by)
        if change.disabled is not None:
            (service.banks.disable if change.disabled else service.banks.enable)(*of, caller.made_by)
        return shapes.content(service.banks.content(*of))

    @made.delete("/banks/{bank}/contents/{content_id}", status_code=204, responses=answers(None, None, 401, 403, 404))
    def remove_content(bank: Name, content_id: Id, caller: Keeper) -> Response:
        """Take a content away."""
        service.banks.remove(caller.tenant_id, bank, content_id, caller.made_by)
        return Response(status_code=204)


def _files(made: "APIRouter", service: "Service") -> None:
    from fastapi import Depends, Query, Request
    from fastapi import Path as InPath
    from fastapi.responses import StreamingResponse

    Reader = Annotated[Caller, Depends(needs("moderation:read"))]
    Keeper = Annotated[Caller, Depends(needs("banks:write"))]
    Name = Annotated[str, InPath(max_length=80)]

    @made.post(
        "/banks/{bank}/import",
        openapi_extra=_TEXT,
        responses=answers(200, {"added": 2, "known": 0}, 401, 403, 404, 409),
    )
    async def import_signals(
        bank: Name,
        request: Request,
        caller: Keeper,
        opinion: Annotated[Opinion, Query(description="of all that is in the file")] = "POSITIVE_CLASS",
    ) -> shapes.ImportShown:
        """Put the signals of an exchange file, which is the body, into a bank; none if one is wrong."""
        await asyncio.to_thread(service.banks.get, caller.tenant_id, bank)
        data = await intake.text(request, MOST_FILE, service.options.service.upload_s)
        try:
            lines = data.decode("utf-8").splitlines()
        except UnicodeDecodeError:
            raise Problem("unprocessable", "the file is no text in UTF-8") from None
        with told_of_signals():
            taken = await asyncio.to_thread(
                service.banks.take_in, caller.tenant_id, bank, lines, caller.made_by, opinion=opinion
            )
        return shapes.ImportShown(**vars(taken))

    @made.get(
        "/banks/{bank}/export",
        response_class=StreamingResponse,
        responses={
            **answers(None, None, 401, 403, 404),
            200: {"description": "An exchange file: a line a signal", "content": {"text/plain": {}}},
        },
    )
    def export_signals(bank: Name, caller: Reader) -> StreamingResponse:
        """Fetch the signals of a bank as an exchange file, but for contents that are disabled."""
        service.banks.get(caller.tenant_id, bank)
        headers = {"Content-Disposition": f'attachment; filename="{bank}.txt"'}
        lines = service.banks.give_out(caller.tenant_id, bank)
        return StreamingResponse(lines, media_type=FILE_TYPE, headers=headers)


def _looking_up(made: "APIRouter", service: "Service") -> None:
    from fastapi import Depends

    @made.post(
        "/banks/lookup",
        openapi_extra=body(shapes.LOOKUP),
        responses=answers(200, {"matches": [shapes.MATCH]}, 401, 403, 404, 409, 410),
    )
    def look_up(
        asked: shapes.Named, caller: Annotated[Caller, Depends(needs("moderation:read"))]
    ) -> shapes.MatchesShown:
        """Ask whether your banks know something like it. A match is likeness, and nothing else."""
        with told_of_signals():
            found = _found(service, caller, asked)
        return shapes.MatchesShown(matches=shapes.matches(found))


def _closed(made: "APIRouter", service: "Service") -> None:
    from fastapi import Depends, Query
    from fastapi import Path as InPath

    Keeper = Annotated[Caller, Depends(needs("banks:write"))]
    shown = {"checks": [{"check_id": CHECK_ID, "matches": [{**shapes.MATCH, "restricted": True}]}], "next": None}

    @made.get("/quarantine", responses=answers(200, shown, 401, 403))
    def list_closed(
        caller: Keeper,
        after: Annotated[str, Query(max_length=80)] = "",
        limit: Annotated[int, Query(ge=1, le=100)] = 50,
    ) -> shapes.QuarantineShown:
        """List checks whose media a match in a restricted bank has closed, by id."""
        ids = service.banks.quarantined(caller.tenant_id, after=after, limit=limit)
        checks = [shapes.ClosedShown(check_id=id, matches=shapes.matches(service.banks.kept(id))) for id in ids]
        return shapes.QuarantineShown(checks=checks, next=ids[-1] if len(ids) == limit else None)

    @made.post(
        "/checks/{check_id}/reopen",
        responses=answers(200, {"check_id": CHECK_ID, "closed": False}, 401, 403, 404, 409, 410),
    )
    def reopen(check_id: Annotated[str, InPath(max_length=80)], caller: Keeper) -> shapes.OpenedShown:
        """Open media again that a match has closed. Its hold stands until it is lifted."""
        check = _own(service, caller, check_id)
        service.banks.reopen(check, caller.made_by)
        return shapes.OpenedShown(check_id=check.id, closed=service.banks.closed(check.id))


def looked_up(service: "Service", caller: Caller, signals: Signals, seed: str = "") -> tuple[BankMatch, ...]:
    """Look each of some signals up, as one of others' alone."""
    each = (Signals(sha256=signals.sha256), Signals(pdq=signals.pdq), Signals(vpdq=signals.vpdq))
    return tuple(
        match for one in each if one != Signals() for match in service.banks.looked_up(caller.tenant_id, one, seed)
    )


def fingerprint_of(check: Check) -> FingerprintDetails | None:
    """Give the fingerprint that was taken of a check last."""
    looks = [one.details for one in check.evidence if isinstance(one.details, FingerprintDetails)]
    return looks[-1] if looks else None


def _added(service: "Service", caller: Caller, bank: str, wish: shapes.ContentWish) -> BankContent:
    of, who = (caller.tenant_id, bank), caller.made_by
    with told_of_signals():
        if wish.check_id is not None:
            service.banks.get(*of)
            check = _own(service, caller, wish.check_id)
            return service.banks.add_check(*of, check, who, opinion=wish.opinion, note=wish.note)
        assert wish.signals is not None
        signals = shapes.signals_of(wish.signals)
        return service.banks.add(*of, signals, who, opinion=wish.opinion, note=wish.note)


def _found(service: "Service", caller: Caller, asked: shapes.Named) -> tuple[BankMatch, ...]:
    if asked.check_id is None:
        assert asked.signals is not None
        return looked_up(service, caller, shapes.signals_of(asked.signals))
    check = _own(service, caller, asked.check_id)
    if check.content_hash is None:
        raise CheckUnfit(f"check {check.id} has no digest yet", advice="wait until its media is here")
    return service.banks.matches(caller.tenant_id, fingerprint_of(check), check.content_hash)


def _own(service: "Service", caller: Caller, check_id: str) -> Check:
    """Give a check of the caller's tenant."""
    check = access.standing(service, caller, check_id)
    if check.tenant_id != caller.tenant_id:
        raise access.missing("check", check_id)
    return check
