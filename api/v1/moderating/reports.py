"""Notices of people about items, and what both sides are told.

What kind a notice is follows from what its sender may do: to say that a trusted flagger sent it, or that the platform
looked by itself, takes `reviews:write` besides. Nobody flags in trust by their own word. Whom to tell is personal: it
is shown with `provenance:personal` alone.
"""
# FastAPI reads the annotations of what is defined inside functions: they must not be put off.

from typing import TYPE_CHECKING, Annotated

from ....accounts import Caller, Scope
from ....docket import cursors
from ....docket.idempotency import Claim
from ....moderation.deciding import Deciding
from ....moderation.people import contacts, notices, telling
from ....moderation.people.values import Contact, NoticeKind
from ....moderation.values import Item
from ...problems import Problem
from ...who import needs
from ..asking import Once
from ..examples import AT, answers, body
from . import reports_shapes as shapes

if TYPE_CHECKING:
    from fastapi import APIRouter

    from ...service import Service

ROUTE = "POST /v1/reports"
PERSONAL: Scope = "provenance:personal"
_TAKES: dict[NoticeKind, Scope] = {"trusted_flagger": "reviews:write", "own_initiative": "reviews:write"}


def router(service: "Service") -> "APIRouter":
    """Serve them."""
    from fastapi import APIRouter

    made = APIRouter(tags=["reports"])
    _sending(made, service)
    _reading(made, service)
    _telling(made, service)
    return made


def _sending(made: "APIRouter", service: "Service") -> None:
    from fastapi import Depends, Header, Request, Response
    from fastapi import Path as InPath

    Reporter = Annotated[Caller, Depends(needs("reports:write"))]

    @made.post(
        "/reports",
        status_code=201,
        openapi_extra=body(shapes.REPORT),
        responses=answers(201, shapes.RECEIVED, 401, 403, 404, 409),
    )
    def send_report(
        asked: shapes.ReportAsked,
        caller: Reporter,
        request: Request,
        response: Response,
        key: Annotated[str | None, Header(alias="Idempotency-Key", description="the same request again")] = None,
    ) -> shapes.NoticeReceived:
        """Hand in a notice about an item. One that lacks something is taken all the same, and `missing` says what."""
        refuse_kind(caller, asked.kind)
        known = set[str]()

        def lay(claim: Claim | None) -> str:
            item = Item(asked.item_id, asked.item_type)
            got = notices.receive(service.desk, caller.tenant_id, item, shapes.report(asked), claim=claim)
            known.update([got.notice.id] if got.again else [])
            return got.notice.id

        laid = Once(service, caller, request, ROUTE).laid(asked, None, lay)
        response.headers["Location"] = f"/v1/reports/{laid.id}"
        response.headers.update(laid.headers)
        notice = notices.get(service.desk, caller.tenant_id, laid.id)
        return shapes.received(notice, laid.again or laid.id in known)

    @made.delete("/reports/{report_id}/contact", status_code=204, responses=answers(None, None, 401, 403, 404))
    def erase_contact(report_id: Annotated[str, InPath(max_length=80)], caller: Reporter) -> Response:
        """Forget who sent a notice; what they said stays, and they are told nothing more."""
        notice = notices.get(service.desk, caller.tenant_id, report_id)
        contacts.erase(service.desk, caller.tenant_id, notice.id, caller.made_by)
        return Response(status_code=204)

    @made.post("/contacts/erase", responses=answers(200, {"count": 2}, 401, 403))
    def erase_person(asked: shapes.PersonAsked, caller: Reporter) -> shapes.Erased:
        """Forget one person in all notices and appeals, by e-mail or account; what they said stays."""
        count = contacts.erase_person(service.desk, caller.tenant_id, shapes.contact(asked), caller.made_by)
        return shapes.Erased(count=count)


def _reading(made: "APIRouter", service: "Service") -> None:
    from fastapi import Depends, Query
    from fastapi import Path as InPath

    Reader = Annotated[Caller, Depends(needs("moderation:read"))]
    Id = Annotated[str, InPath(max_length=80)]

    @made.get("/reports", responses=answers(200, {"reports": [shapes.NOTICE], "next": None}, 401, 403, 409))
    def list_reports(
        caller: Reader,
        item_type: Annotated[str, Query(min_length=1, max_length=64)],
        item_id: Annotated[str, Query(min_length=1, max_length=500)],
        cursor: Annotated[str | None, Query(max_length=200)] = None,
        limit: Annotated[int, Query(ge=1, le=200)] = 50,
    ) -> shapes.NoticesShown:
        """List the notices about an item, the last made first."""
        item, before = Item(item_id, item_type), cursors.place(cursor)
        found = notices.of_item(service.desk, caller.tenant_id, item, before, limit + 1)
        shown = found[:limit]
        last = {"created_at": shown[-1].made_at, "id": shown[-1].id} if len(found) > limit else None
        return shapes.NoticesShown(
            reports=[shapes.notice(one) for one in shown], next=None if last is None else cursors.after(last)
        )

    @made.get("/reports/{report_id}", responses=answers(200, shapes.NOTICE, 401, 403, 404))
    def get_report(report_id: Id, caller: Reader) -> shapes.NoticeShown:
        """Look at a notice, without who sent it."""
        return shapes.notice(notices.get(service.desk, caller.tenant_id, report_id))

    @made.get("/reports/{report_id}/told", responses=answers(200, {"told": [shapes.TOLD]}, 401, 403, 404))
    def told_of_report(report_id: Id, caller: Reader) -> shapes.AllTold:
        """List what was, or is to be, told about a notice."""
        notice = notices.get(service.desk, caller.tenant_id, report_id)
        found = telling.about(service.desk, caller.tenant_id, notice.id)
        return shapes.AllTold(told=[shapes.told(one) for one in found])

    @made.get("/decisions/{decision_id}/told", responses=answers(200, {"told": [shapes.TOLD]}, 401, 403, 404))
    def told_of_decision(decision_id: Id, caller: Reader) -> shapes.AllTold:
        """List what both sides were, or are to be, told about a decision."""
        decision = Deciding(service.options, desk=service.desk).get(decision_id, caller.tenant_id)
        found = telling.about(service.desk, caller.tenant_id, decision.id)
        return shapes.AllTold(told=[shapes.told(one) for one in found])


def _telling(made: "APIRouter", service: "Service") -> None:
    from fastapi import Depends, Query
    from fastapi import Path as InPath

    Teller = Annotated[Caller, Depends(needs("reports:write"))]

    @made.get("/told", responses=answers(200, {"told": [shapes.OWED], "next": None}, 401, 403, 409))
    def list_owed(
        caller: Teller,
        cursor: Annotated[str | None, Query(max_length=200)] = None,
        limit: Annotated[int, Query(ge=1, le=200)] = 50,
    ) -> shapes.AllOwed:
        """List what people are to be told by now and have not been, the longest due first.

        Whom to tell is shown to who has `provenance:personal`.
        """
        found = telling.due(service.desk, limit + 1, caller.tenant_id, cursors.place(cursor))
        shown = found[:limit]
        last = {"created_at": shown[-1].due_at, "id": shown[-1].id} if len(found) > limit else None
        personal = caller.may(PERSONAL)

        def whom(of: str | None) -> Contact | None:
            return telling.contact(service.desk, caller.tenant_id, of) if personal and of is not None else None

        owed = [shapes.owed(one, whom(one.of)) for one in shown]
        return shapes.AllOwed(told=owed, next=None if last is None else cursors.after(last))

    @made.post(
        "/told/{told_id}/sent",
        responses=answers(200, {**shapes.TOLD, "due_at": None, "sent_at": AT}, 401, 403, 404, 409),
    )
    def note_sent(told_id: Annotated[str, InPath(max_length=80)], caller: Teller) -> shapes.ToldShown:
        """Note that somebody was told; a second note changes nothing, and 409 says that it was undone before."""
        return shapes.told(telling.sent(service.desk, told_id, caller.tenant_id))


def refuse_kind(caller: Caller, kind: NoticeKind) -> None:
    """Refuse a kind of notice that the caller's word does not make."""
    scope = _TAKES.get(kind)
    if scope is not None and not caller.may(scope):
        advice = f"send it as article_16 or other, or with a key that has {scope}"
        raise Problem("forbidden", f"that a notice is of the kind {kind} takes the scope {scope}", advice=advice)
