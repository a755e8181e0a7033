"""The pages of what is decided and why: policies to read, and the decisions about a check, with undo and appeal."""

# FastAPI reads the annotations of what is defined inside functions: they must not be put off.

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import quote

from ...accounts import Caller, Scope
from ...docket import Check
from ...moderation import decided, recording
from ...moderation.deciding import Deciding
from ...moderation.people import AppealRequest, appeals
from ...moderation.shelf import Version
from ...moderation.values import ACTIONS, Decision, Ruling
from ..problems import Problem
from ..v1.moderating.reviews import refuse_programs
from ..who import counted, refuse_without
from . import reviewed, words
from .forms import Fields, fields
from .member import member, to_sign_in
from .shell import page

if TYPE_CHECKING:
    from fastapi import APIRouter
    from starlette.requests import Request as AnyRequest
    from starlette.responses import Response as AnyResponse

    from ..service import Service

READ: Scope = "moderation:read"
WRITE: Scope = "reviews:write"
_MOST_DECISIONS, _MOST_COUNTED = 50, 500


def add(made: "APIRouter", service: "Service") -> None:
    """Serve them."""
    _policies(made, service)
    _decisions(made, service)


def values(request: "AnyRequest", service: "Service", caller: Caller, check: Check) -> dict[str, Any]:
    """Give what the page of a check shows of decisions to those of its tenant who may see them."""
    if caller.role is None or caller.tenant_id != check.tenant_id or not caller.may(READ):
        return {"decisions": None}
    found = decided.of_check(service.desk, caller.tenant_id, check.id, None, _MOST_DECISIONS)
    if found is None:
        return {"decisions": None}
    names, now = reviewed.people(service, caller.tenant_id), service.desk.now()
    may = caller.may(WRITE)

    def may_undo(one: Decision) -> bool:
        return may and one.undone_at is None and not one.background and bool(one.actions) and one.effective_at > now

    def may_appeal(one: Decision) -> bool:
        return may and one.undone_at is None and not one.background and bool(one.actions) and one.effective_at <= now

    return {
        "decisions": found.decisions,
        "decision_done": words.DONE.get(request.query_params.get("done", "")),
        "who": lambda made_by: names.get(made_by, ""),
        "why": decided.why,
        "may_undo": may_undo,
        "may_appeal": may_appeal,
    }


def _policies(made: "APIRouter", service: "Service") -> None:
    from fastapi import Request, Response

    @made.get("/policies")
    def policies(request: Request) -> Response:
        """List the policies with their versions, and what came of each."""
        caller = member(request, service, READ)
        if caller is None:
            return to_sign_in(request)
        found = service.shelf.listed(caller.tenant_id)
        counts = _counts(service, caller.tenant_id)
        return page(request, service.options, "policies.html", caller=caller, policies=found, counts=counts)

    @made.get("/policies/{policy}/{version}")
    def version(policy: str, version: str, request: Request) -> Response:
        """Show the document of a version."""
        caller = member(request, service, READ)
        if caller is None:
            return to_sign_in(request)
        if not re.fullmatch("[1-9][0-9]{0,8}", version):
            raise Problem("not-found", f"policy {policy} has no such version")
        number = int(version)
        found = service.shelf.version(caller.tenant_id, policy, number)
        history = [one for one in service.shelf.history(caller.tenant_id, policy) if one.version == number]
        names = reviewed.people(service, caller.tenant_id)
        shown: dict[str, Any] = {"version": found, "history": history, "who": lambda made_by: names.get(made_by, "")}
        shown["came"] = came_of(_rulings(service, found))
        return page(request, service.options, "policy.html", caller=caller, **shown)


@dataclass(frozen=True)
class CameOf:
    """What the latest decisions under a version came to; of one that runs in the background, would have."""

    decisions: int
    nothing: int
    people: int  # were to look first
    actions: tuple[tuple[str, int], ...]  # by kind


def came_of(rulings: Sequence[Ruling]) -> CameOf:
    """Count what some rulings come to."""
    effects = Counter(one.effect for one in rulings)
    kinds = Counter(kind for one in rulings for kind in {a.kind for a in one.actions} if one.effect == "actions")
    actions = tuple((kind, kinds[kind]) for kind in ACTIONS if kinds[kind])
    return CameOf(len(rulings), effects["none"], effects["review"], actions)


def _counts(service: "Service", tenant_id: str) -> dict[tuple[str, int], int]:
    from ...store import decision_rows

    with service.desk.reading() as connection:
        rows = [] if connection is None else decision_rows.numbers(connection, tenant_id)
    return {(name, number): count for name, number, count in rows}


def _rulings(service: "Service", version: Version) -> list[Ruling]:
    """Give what the service ruled of the latest submissions under a version."""
    from ...store import decision_rows

    of = version.tenant_id, version.policy_id, version.number
    with service.desk.reading() as connection:
        if connection is None:
            return []
        rows = decision_rows.by_version(connection, *of, _MOST_COUNTED)
        named = decision_rows.submissions_named(connection, {str(row["submission_id"]) for row in rows})
    submissions = {row["id"]: recording.submission(row) for row in named}
    found = (recording.decision(row, submissions[row["submission_id"]]) for row in rows)
    return [one.ruling for one in found if one.automated]


def _decisions(made: "APIRouter", service: "Service") -> None:
    from fastapi import Depends, Request, Response

    @made.post("/decisions/{decision_id}/undo")
    def undo(decision_id: str, request: Request, form: Annotated[Fields, Depends(fields())]) -> Response:
        """Take a decision back before its effects go out."""
        caller = _reviewer(request, service)
        note = _reason(form)
        old = decided.undo(service.desk, caller.tenant_id, decision_id, by=caller.made_by, note=note)
        return _back(old, "decision_undone")

    @made.post("/decisions/{decision_id}/appeal")
    def appeal(decision_id: str, request: Request, form: Annotated[Fields, Depends(fields())]) -> Response:
        """Take in what the uploader says against a decision; others look at it."""
        caller = _reviewer(request, service)
        asked = AppealRequest("uploader", _reason(form))
        taken = appeals.appeal(service.desk, caller.tenant_id, decision_id, asked)
        made_by_it = Deciding(service.options, desk=service.desk).get(taken.decision_id, caller.tenant_id)
        return _back(made_by_it, "appealed")


def _reason(form: Fields) -> str:
    reason = form.one("reason")
    if not reason:
        raise Problem("unprocessable", "no reason was given", advice="say why, in a sentence or two")
    return reason


def _reviewer(request: "AnyRequest", service: "Service") -> Caller:
    caller = counted(request, service)
    refuse_without(caller, WRITE)
    refuse_programs(caller)
    return caller


def _back(decision: Decision, done: str) -> "AnyResponse":
    from starlette.responses import RedirectResponse

    return RedirectResponse(f"/c/{quote(decision.submission.check_id)}?done={done}#decisions", 303)
