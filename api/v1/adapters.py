"""Adapters of the detector: heads that know one generator more, sent as files, and which of them a tenant's checks ask.

A head is a file of numbers: it is held to its shape, its bounds and the model's version before it is kept. Heads of
different tenants lie in one folder under names that do not meet; nobody sees another's. Those that the operator made on
the machine itself belong to the operator's own tenant.
"""
# FastAPI reads the annotations of what is defined inside functions: they must not be put off.

import asyncio
import hashlib
import json
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BaseModel

from ...accounts import Caller
from ...accounts.values import MAIN
from ...errors import HeadUnfit
from .. import intake
from ..problems import Problem
from ..who import needs
from . import access
from .examples import HEAD, answers

if TYPE_CHECKING:
    from fastapi import APIRouter

    from ...detector.adapting.adapted import AdaptedHead, HeadFacts
    from ..service import Service

MOST_BYTES, MOST_S = 1 << 16, 30.0
MOST_HEADS = 100  # of one tenant
NAME = r"^[a-z0-9][a-z0-9._-]{0,35}$"


class AdapterShown(BaseModel):
    """A head, what it was made for, and what it was worth on clips that it was not fitted to."""

    name: str
    active: bool
    made: str | None
    model: str | None
    version: str | None
    figures: dict[str, float] | None
    problem: str | None


class Adapters(BaseModel):
    """The heads of a tenant."""

    adapters: list[AdapterShown]


def router(service: "Service") -> "APIRouter":
    """Serve them."""
    from fastapi import APIRouter

    made = APIRouter(tags=["adapters"])
    _keeping(made, service)
    _choosing(made, service)
    return made


def _keeping(made: "APIRouter", service: "Service") -> None:
    from fastapi import Depends, Request, Response
    from fastapi import Path as InPath

    Reader = Annotated[Caller, Depends(needs("adapters:read"))]
    Writer = Annotated[Caller, Depends(needs("adapters:write"))]
    Name = Annotated[str, InPath(pattern=NAME)]
    file = {"content": {"application/json": {"schema": {"type": "object"}}}, "required": True}

    @made.get("/adapters", response_model=Adapters, responses=answers(200, {"adapters": [HEAD]}, 401, 403))
    def list_adapters(caller: Reader) -> Adapters:
        """List the heads of the caller's tenant."""
        return Adapters(adapters=_listed(service, caller))

    @made.put(
        "/adapters/{name}",
        status_code=201,
        response_model=AdapterShown,
        openapi_extra={"requestBody": file},
        responses=answers(201, {**HEAD, "active": False}, 401, 403, 408, 409),
    )
    async def put_adapter(name: Name, request: Request, caller: Writer) -> AdapterShown:
        """Keep a head, as `countermark heads export` writes it, under a name. One of that name is replaced."""
        data = await intake.text(request, MOST_BYTES, MOST_S)
        return await asyncio.to_thread(_kept, service, caller, name, data)

    @made.delete("/adapters/{name}", status_code=204, responses=answers(None, None, 401, 403, 404))
    def delete_adapter(name: Name, caller: Writer) -> Response:
        """Forget a head; one that was active is asked no more."""
        from ...detector.adapting import adapted

        found = _found(service, caller, name)
        if found.active:
            service.accounts.set_detector_head(caller.tenant_id, None)
        adapted.remove(service.options.home, _stored(caller.tenant_id, name))
        return Response(status_code=204)


def _choosing(made: "APIRouter", service: "Service") -> None:
    from fastapi import Depends
    from fastapi import Path as InPath

    Writer = Annotated[Caller, Depends(needs("adapters:write"))]
    Name = Annotated[str, InPath(pattern=NAME)]

    @made.post(
        "/adapters/{name}/activate", response_model=AdapterShown, responses=answers(200, HEAD, 401, 403, 404, 409)
    )
    def activate_adapter(name: Name, caller: Writer) -> AdapterShown:
        """Let every check of the tenant ask this head too, from now on."""
        found = _found(service, caller, name)
        if found.problem is not None:
            raise Problem("conflict", f"{name} can't be asked: {found.problem}", advice="send it anew")
        service.accounts.set_detector_head(caller.tenant_id, _stored(caller.tenant_id, name))
        return found.model_copy(update={"active": True})

    @made.post(
        "/adapters/{name}/deactivate",
        response_model=AdapterShown,
        responses=answers(200, {**HEAD, "active": False}, 401, 403, 404),
    )
    def deactivate_adapter(name: Name, caller: Writer) -> AdapterShown:
        """Let checks of the tenant ask this head no more."""
        found = _found(service, caller, name)
        if found.active:
            service.accounts.set_detector_head(caller.tenant_id, None)
        return found.model_copy(update={"active": False})


def _listed(service: "Service", caller: Caller) -> list[AdapterShown]:
    from ...detector.adapting import adapted

    active = service.accounts.detector_head(caller.tenant_id)
    facts = adapted.listing(service.options.home)
    named = ((_own_name(caller.tenant_id, one.name), one) for one in facts)
    return [_shown(name, one, one.name == active) for name, one in named if name is not None]


def _found(service: "Service", caller: Caller, name: str) -> AdapterShown:
    found = next((one for one in _listed(service, caller) if one.name == name), None)
    if found is None:
        raise access.missing("adapter", name)
    return found


def _kept(service: "Service", caller: Caller, name: str, data: bytes) -> AdapterShown:
    """Hold a file to what a head is, then keep it."""
    from ...detector.adapting import adapted
    from ...detector.model import load

    home, stored = service.options.home, _stored(caller.tenant_id, name)
    if _own_name(caller.tenant_id, stored) != name:
        raise Problem("unprocessable", f"names that begin with {_TENANT} are given by the service alone")
    if len([one for one in _listed(service, caller) if one.name != name]) >= MOST_HEADS:
        raise Problem("conflict", f"{MOST_HEADS} adapters are kept already", advice="delete one first")
    try:
        head = replace(adapted.from_json(json.loads(data, parse_constant=_no_number)), name=stored)
    except (ValueError, TypeError, KeyError, RecursionError, OverflowError) as error:
        why = " ".join(str(error).split())[:160]
        raise HeadUnfit(f"this is no head that can be read: {why}") from None
    adapted.check_model(load(), head)
    adapted.keep(home, head, force=True)
    active = service.accounts.detector_head(caller.tenant_id) == stored
    return _of_head(name, head, active)


def _no_number(given: str) -> float:
    raise ValueError(f"{given} is no number")


def _stored(tenant_id: str, name: str) -> str:
    """Give the name under which a head lies; the operator's own lie under theirs."""
    return name if tenant_id == MAIN else f"{_prefix(tenant_id)}{name}"


def _own_name(tenant_id: str, stored: str) -> str | None:
    """Give a head's name as its tenant knows it; None: it is another's."""
    if tenant_id == MAIN:
        return None if stored.startswith(_TENANT) else stored
    prefix = _prefix(tenant_id)
    return stored.removeprefix(prefix) if stored.startswith(prefix) else None


_TENANT = "t--"


def _prefix(tenant_id: str) -> str:
    return f"{_TENANT}{hashlib.sha256(tenant_id.encode()).hexdigest()[:7]}--"


def _shown(name: str, facts: "HeadFacts", active: bool) -> AdapterShown:
    if facts.head is not None:
        return _of_head(name, facts.head, active)
    nothing: dict[str, Any] = dict.fromkeys(("made", "model", "version", "figures"))
    return AdapterShown(name=name, active=active, problem="it can't be read any more", **nothing)


def _of_head(name: str, head: "AdaptedHead", active: bool) -> AdapterShown:
    plain = {"made": head.made, "model": head.model, "version": head.version}
    return AdapterShown(name=name, active=active, figures=asdict(head.figures), problem=None, **plain)
