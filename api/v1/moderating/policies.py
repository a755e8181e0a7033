"""Policies: versions, states, what they would change, promotion and roll-back; and bringing one to the past.

A policy is named in addresses by its own name. Whoever changes one may say, by If-Match, as which they have seen it.
"""
# FastAPI reads the annotations of what is defined inside functions: they must not be put off.

import asyncio
import hashlib
from typing import TYPE_CHECKING, Annotated, Any

from ....accounts import Caller
from ....errors import ModerationMissing
from ....moderation.policies import read
from ....moderation.policies.documents import MOST_BYTES
from ... import intake
from ...problems import Problem
from ...who import needs
from .. import asking
from ..examples import answers, body, sealed
from ..shapes import MOST_NUMBER
from . import policies_examples as examples
from . import policies_shapes as shapes
from . import policies_trying

if TYPE_CHECKING:
    from fastapi import APIRouter
    from starlette.requests import Request as AnyRequest

    from ....moderation.shelf import Shelved, Version
    from ...service import Service

TEXT_S = 30.0
_TYPES = ("application/json", "application/yaml", "application/x-yaml", "text/yaml", "text/x-yaml", "text/plain")
_DOCUMENT: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "description": "the document, as docs/policies.md tells: YAML or JSON",
        "content": {
            "application/json": {"schema": {"type": "object"}, "example": sealed(examples.DOCUMENT)},
            "application/yaml": {"schema": {"type": "string"}},
        },
    }
}


def router(service: "Service") -> "APIRouter":
    """Serve them."""
    from fastapi import APIRouter

    made = APIRouter(tags=["policies"])
    _looking(made, service)
    _keeping(made, service)
    _changing(made, service)
    policies_trying.routes(made, service)
    return made


def _looking(made: "APIRouter", service: "Service") -> None:
    from fastapi import Depends, Header, Query, Response
    from fastapi import Path as InPath

    Reader = Annotated[Caller, Depends(needs("moderation:read"))]
    Name = Annotated[str, InPath(max_length=100)]
    Number = Annotated[int, InPath(ge=1, le=MOST_NUMBER)]

    @made.get("/policies", responses=answers(200, {"policies": [examples.LISTED], "next": None}, 401, 403))
    def list_policies(
        caller: Reader,
        cursor: Annotated[str | None, Query(max_length=100)] = None,
        limit: Annotated[int, Query(ge=1, le=200)] = 50,
    ) -> shapes.Policies:
        """List your policies, by name."""
        found = [one for one in service.shelf.listed(caller.tenant_id) if cursor is None or one.policy_id > cursor]
        more = found[limit - 1].policy_id if len(found) > limit else None
        return shapes.Policies(policies=[shapes.listed(one) for one in found[:limit]], next=more)

    @made.get("/policies/{policy}", responses=answers(200, examples.SHOWN, 401, 403, 404))
    def get_policy(policy: Name, caller: Reader, response: Response) -> shapes.PolicyShown:
        """Look at a policy and how its versions stand; its ETag is what If-Match takes."""
        found = service.shelf.get(caller.tenant_id, policy)
        response.headers["ETag"] = _tag(found)
        return shapes.shown(found)

    @made.get(
        "/policies/{policy}/versions/{number}",
        response_model=shapes.VersionWhole,
        responses={
            **answers(200, examples.WHOLE, 401, 403, 404),
            304: {"description": "As it was, by If-None-Match"},
        },
    )
    def get_version(
        policy: Name,
        number: Number,
        caller: Reader,
        diff: Annotated[int | None, Query(ge=1, le=MOST_NUMBER, description="a version it is held to")] = None,
        known: Annotated[str | None, Header(alias="If-None-Match", max_length=4096)] = None,
    ) -> Response:
        """Fetch a version with its document."""
        one = service.shelf.version(caller.tenant_id, policy, number)
        differs = None if diff is None else service.shelf.diff(caller.tenant_id, policy, diff, number)
        text = shapes.whole(one, differs).model_dump_json()
        tag = f'"{hashlib.sha256(text.encode()).hexdigest()[:32]}"'
        headers = {"ETag": tag, "Cache-Control": "private, no-cache", "Vary": "Authorization, Cookie"}
        if known is not None and tag in _tags(known):
            return Response(status_code=304, headers=headers)
        return Response(text, headers=headers, media_type="application/json")

    @made.get("/policies/{policy}/history", responses=answers(200, examples.HISTORY, 401, 403, 404))
    def get_history(
        policy: Name,
        caller: Reader,
        before: Annotated[int | None, Query(ge=1, le=MOST_NUMBER)] = None,
        limit: Annotated[int, Query(ge=1, le=200)] = 50,
    ) -> shapes.History:
        """Say who changed what, the last change first."""
        changes = service.shelf.history(caller.tenant_id, policy)
        found = [one for one in reversed(changes) if before is None or one.number < before]
        more = found[limit - 1].number if len(found) > limit else None
        return shapes.History(changes=[shapes.change(one) for one in found[:limit]], next=more)


def _keeping(made: "APIRouter", service: "Service") -> None:
    from fastapi import Depends, Header, Query, Request, Response
    from fastapi import Path as InPath

    Editor = Annotated[Caller, Depends(needs("policies:write"))]
    Reader = Annotated[Caller, Depends(needs("moderation:read"))]
    Name = Annotated[str, InPath(max_length=100)]

    @made.put(
        "/policies/{policy}",
        status_code=201,
        response_model=shapes.VersionWhole,
        openapi_extra=_DOCUMENT,
        responses={
            **answers(201, examples.WHOLE, 401, 403, 409, 412, 415),
            200: {"description": "That text is a version already", "model": shapes.VersionWhole},
        },
    )
    async def put_policy(
        policy: Name,
        request: Request,
        caller: Editor,
        note: Annotated[str, Query(max_length=2000, description="why")] = "",
        seen: Annotated[str | None, Header(alias="If-Match", max_length=200)] = None,
        unless: Annotated[str | None, Header(alias="If-None-Match", max_length=200)] = None,
    ) -> Response:
        """Add a version, as a draft: nothing runs by it yet. If-None-Match: * makes sure that the policy is new."""
        text = await _document(request)
        return await asyncio.to_thread(_put, service, caller, policy, text, note, seen, unless)

    @made.post(
        "/policies/check",
        response_model=shapes.Looked,
        openapi_extra=_DOCUMENT,
        responses=answers(200, examples.LOOKED, 401, 403, 415),
    )
    async def check_policy(request: Request, caller: Reader) -> shapes.Looked:
        """Look a document over as PUT does, and keep nothing; 422 names each fault, with its place and line."""
        text = await _document(request)
        return shapes.looked(await asyncio.to_thread(read, text, "document"))


def _put(
    service: "Service", caller: Caller, policy: str, text: str, note: str, seen: str | None, unless: str | None
) -> Any:
    from starlette.responses import Response

    before = _now(service, caller, policy)
    if unless is not None and "*" in _tags(unless) and before is not None:
        raise _changed(f"there is a policy {policy} already")
    if seen is not None:
        _match(before, policy, seen)
    newest = before.versions[-1].number if before else 0
    after = None if seen is None and unless is None else newest
    one = service.shelf.add(caller.tenant_id, policy, text, by=caller.made_by, note=note, after=after)
    new = before is None or one.number not in {each.number for each in before.versions}
    headers = {"Location": f"/v1/policies/{policy}/versions/{one.number}", "ETag": _tag_of(service, caller, policy)}
    told = shapes.whole(one, None).model_dump_json()
    return Response(told, 201 if new else 200, headers=headers, media_type="application/json")


def _changing(made: "APIRouter", service: "Service") -> None:
    from fastapi import Depends, Header, Response
    from fastapi import Path as InPath

    Editor = Annotated[Caller, Depends(needs("policies:write"))]
    Name = Annotated[str, InPath(max_length=100)]
    Number = Annotated[int, InPath(ge=1, le=MOST_NUMBER)]
    Seen = Annotated[str | None, Header(alias="If-Match", max_length=200)]

    def told(caller: Caller, one: "Version", response: Response) -> shapes.VersionShown:
        response.headers["ETag"] = _tag_of(service, caller, one.policy_id)
        return shapes.version(one)

    @made.post(
        "/policies/{policy}/versions/{number}/state",
        openapi_extra=body(examples.STATE),
        responses=answers(200, examples.BROUGHT, 401, 403, 404, 409, 412),
    )
    def set_state(
        policy: Name, number: Number, asked: shapes.StateAsked, caller: Editor, response: Response, seen: Seen = None
    ) -> shapes.VersionShown:
        """Bring a version to BACKGROUND (it is counted, and does nothing), LIVE (of a share of items), or EXPIRED."""
        after = _expected(service, caller, policy, seen)
        one = service.shelf.set_state(
            caller.tenant_id,
            policy,
            number,
            asked.state,
            by=caller.made_by,
            note=asked.note,
            share=asked.share,
            after=after,
        )
        return told(caller, one, response)

    @made.post(
        "/policies/{policy}/promote",
        openapi_extra=body(examples.PROMOTION),
        responses=answers(200, {**examples.VERSION, "state": "LIVE", "former": 2}, 401, 403, 404, 409, 412),
    )
    def promote_rule(
        policy: Name, asked: shapes.PromotionAsked, caller: Editor, response: Response, seen: Seen = None
    ) -> shapes.VersionShown:
        """Let a rule act that ran in the background: makes a version of the live one, and brings it live."""
        _expected(service, caller, policy, seen)
        one = service.shelf.promote_rule(
            caller.tenant_id, policy, asked.rule, by=caller.made_by, note=asked.note, share=asked.share
        )
        return told(caller, one, response)

    @made.post(
        "/policies/{policy}/roll-back",
        openapi_extra=body(examples.ROLL_BACK),
        responses=answers(200, {**examples.VERSION, "number": 2, "state": "LIVE"}, 401, 403, 404, 409, 412),
    )
    def roll_back(
        policy: Name, asked: shapes.RollBackAsked, caller: Editor, response: Response, seen: Seen = None
    ) -> shapes.VersionShown:
        """End what went live last, and bring back what was live before; gives that."""
        after = _expected(service, caller, policy, seen)
        one = service.shelf.roll_back(caller.tenant_id, policy, by=caller.made_by, note=asked.note, after=after)
        return told(caller, one, response)

    @made.post(
        "/policies/{policy}/default",
        openapi_extra=body({"by_default": True}),
        responses=answers(200, examples.SHOWN, 401, 403, 404, 412),
    )
    def set_default(
        policy: Name, asked: shapes.DefaultAsked, caller: Editor, response: Response, seen: Seen = None
    ) -> shapes.PolicyShown:
        """Say whether it is also for checks that name no policy."""
        _expected(service, caller, policy, seen)
        found = service.shelf.set_default(caller.tenant_id, policy, asked.by_default, by=caller.made_by)
        response.headers["ETag"] = _tag(found)
        return shapes.shown(found)


# What routes share ---------------------------------------------------------------------------------------------------


async def _document(request: "AnyRequest") -> str:
    """Read a body that is a policy."""
    kind = asking.kind_of(request)
    if kind not in _TYPES:
        said = f"a policy is not sent as {kind[:100]}" if kind else "the request does not say what type its body has"
        advice = f"say as Content-Type one of {', '.join(_TYPES)}"
        raise Problem("unsupported-media", said, advice=advice)
    try:
        return (await intake.text(request, MOST_BYTES, TEXT_S)).decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Problem("bad-request", "the document is not UTF-8", advice="save it as UTF-8") from None


def _now(service: "Service", caller: Caller, policy: str) -> "Shelved | None":
    try:
        return service.shelf.get(caller.tenant_id, policy)
    except ModerationMissing:
        return None


def _expected(service: "Service", caller: Caller, policy: str, seen: str | None) -> int | None:
    """Hold a policy to what whoever changes it has seen; give its number of changes then."""
    if seen is None:
        return None
    found = service.shelf.get(caller.tenant_id, policy)
    _match(found, policy, seen)
    return found.changes


def _match(found: "Shelved | None", policy: str, seen: str) -> None:
    tags = _tags(seen)
    if found is None or not ("*" in tags or _tag(found) in tags):
        raise _changed(f"{policy} is not as you have seen it" if found else f"there is no policy {policy}")


def _changed(why: str) -> Problem:
    return Problem("precondition-failed", why, advice="look at it anew: GET gives its ETag; then decide")


def _tag(found: "Shelved") -> str:
    return f'"{found.changes}{"d" if found.by_default else ""}"'


def _tag_of(service: "Service", caller: Caller, policy: str) -> str:
    return _tag(service.shelf.get(caller.tenant_id, policy))


def _tags(given: str) -> set[str]:
    return {one.strip().removeprefix("W/") for one in given.split(",")}
