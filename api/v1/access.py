"""Who may see which check, and who may change it. What is not for the caller is not there: 404, never 403.

A check belongs to a tenant. What was asked without a key belongs to the public tenant: whoever has its id, which nobody
can guess, may see it; whoever has the secret that came with it, and the operator's own people, may end and delete it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ...accounts import PUBLIC, SOMEBODY, Caller, Scope
from ...accounts.values import MAIN
from ...docket import Check
from ...errors import CheckMissing
from .. import personal
from ..problems import Problem
from ..who import refuse_without
from . import shapes

if TYPE_CHECKING:
    from starlette.requests import Request

    from ..service import Service

MANAGE_HEADER = "x-manage-token"
_OF_OTHERS: Scope = "findings:write"  # to end what somebody else of one's tenant asked for


def readable(service: Service, caller: Caller, check_id: str) -> Check:
    """Give a check that the caller may see, whole; 404 where it may not, 410 where it is gone."""
    refuse_without(caller, "checks:read")
    return standing(service, caller, check_id)


def standing(service: Service, caller: Caller, check_id: str) -> Check:
    """Give a check that is there for the caller, whatever it wants of it."""
    check = service.docket.get(check_id)
    if check.tenant_id not in (caller.tenant_id, PUBLIC):
        raise missing("check", check_id)
    if check.deleted_at is not None:
        more = {"check": shapes.gone(check).model_dump()}
        raise Problem("gone", f"there is no check {check_id} any more", more=more)
    return check


def shown(service: Service, caller: Caller, check_id: str) -> Check:
    """Give a check without what the caller may not see; what is public never shows personal provenance."""
    return without_closed(service, shown_of(readable(service, caller, check_id), caller))


def shown_to_everybody(service: Service, caller: Caller, check_id: str) -> Check:
    """Give a check that its tenant shows to everybody, as everybody sees it; 404 where none does, or it is closed."""
    refuse_without(caller, "checks:read")
    check = service.docket.get(check_id)
    if check.deleted_at is not None or service.docket.published(check_id) is None or service.banks.closed(check_id):
        raise missing("check", check_id)
    return personal.check_shown_to_everybody(check)


def without_closed(service: Service, check: Check) -> Check:
    """Give a check with no picture, and no way to its media, where a match in a restricted bank has closed it."""
    if check.pictures == () and check.url is None and check.rendition is None:
        return check
    return replace(check, pictures=(), url=None, rendition=None) if service.banks.closed(check.id) else check


def shown_of(check: Check, caller: Caller) -> Check:
    """Give a check as it stands without what the caller may not see."""
    return personal.check_shown_to(check, SOMEBODY if check.tenant_id == PUBLIC else caller)


def of_staff(service: Service, caller: Caller, check_id: str) -> Check:
    """Give a check to hold or to judge: the caller's tenant's, or a public one where the caller is the operator's."""
    check = standing(service, caller, check_id)
    if not is_staff(caller, check):
        raise missing("check", check_id)
    return check


def is_staff(caller: Caller, check: Check) -> bool:
    """Say whether a check is among those that the caller may hold or judge, if it may do that at all."""
    return caller.tenant_id in (check.tenant_id, MAIN)


def owned(service: Service, caller: Caller, check_id: str, request: Request) -> Check:
    """Give a check that the caller may end."""
    refuse_without(caller, "checks:write")
    check = standing(service, caller, check_id)
    if may_end(service, caller, check, request.headers.get(MANAGE_HEADER, "")):
        return check
    if check.tenant_id != PUBLIC:
        refuse_without(caller, _OF_OTHERS)
    advice = "send the secret `manage` that came with the check: X-Manage-Token"
    raise Problem("forbidden", "only whoever asked for this check may change it", advice=advice)


def may_end(service: Service, caller: Caller, check: Check, secret: str) -> bool:
    """Say whether whoever asks may cancel or delete a check: their own, or any of their tenant's as a reviewer.

    Who asked without a key has the secret that came with the check.
    """
    if check.tenant_id != PUBLIC:
        return caller.may("checks:write") and (check.made_by == caller.made_by or caller.may(_OF_OTHERS))
    owns = service.docket.may_manage(check.id, secret)
    return owns or (caller.tenant_id == MAIN and caller.may("holds:write"))


def missing(what: str, id: str) -> CheckMissing:
    """Say that there is no such thing, or not for whoever asks."""
    return CheckMissing(f"there is no {what} {id}")
