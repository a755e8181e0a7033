"""Trying policies: on tables of cases, and on the past; and bringing one to the past, which workers do."""
# FastAPI reads the annotations of what is defined inside functions: they must not be put off.

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Annotated

from ....accounts import Caller
from ....errors import ModerationMissing
from ....moderation.policies import read
from ....moderation.policies.tables import read_cases, tried, untried
from ....moderation.retroacting import Retroactions
from ....moderation.trying import Trying
from ...problems import Problem
from ...who import needs
from .. import asking
from ..examples import answers, body
from ..shapes import MOST_NUMBER
from . import policies_examples as examples
from . import policies_shapes as shapes

if TYPE_CHECKING:
    from fastapi import APIRouter

    from ...service import Service

BACKTESTS, WAIT_S, BACKTEST_S = 2, 5.0, 20.0  # at once in this process; how long the next waits; how long one may take
MOST_TRIED = 100_000  # cases times rules, in one request


def routes(made: "APIRouter", service: "Service") -> None:
    """Add them to those of policies."""
    _testing(made, service)
    _bringing(made, service)


def _testing(made: "APIRouter", service: "Service") -> None:
    from fastapi import Depends
    from fastapi import Path as InPath

    Reader = Annotated[Caller, Depends(needs("moderation:read"))]
    Name = Annotated[str, InPath(max_length=100)]
    Number = Annotated[int, InPath(ge=1, le=MOST_NUMBER)]
    trying = _Trying(service)

    @made.post(
        "/policies/test",
        openapi_extra=body(examples.TEST),
        responses=answers(200, examples.TESTED, 401, 403, 404),
    )
    def test_policy(asked: shapes.TestAsked, caller: Reader) -> shapes.Tests:
        """Try a policy on a table of cases; nothing is kept."""
        if asked.document is not None:
            policy = read(shapes.text_of(asked.document), "document")
        else:
            one = service.shelf.version(caller.tenant_id, asked.policy_id or "", asked.version)
            policy = read(one.text, one.policy_id)
        cases = read_cases(shapes.text_of(asked.cases), "cases")
        if len(cases) * len(policy.rules) > MOST_TRIED:
            said = f"{len(cases)} cases of {len(policy.rules)} rules are more than {MOST_TRIED:,} to be tried at once"
            raise Problem("unprocessable", said, advice="send some of the cases at a time")
        results = tried(policy, cases)
        return shapes.tests(results, untried(policy, results))

    @made.post(
        "/policies/{policy}/versions/{number}/backtest",
        openapi_extra=body(examples.BACKTEST),
        responses=answers(200, examples.BACKTESTED, 401, 403, 404),
    )
    def backtest(
        policy: Name, number: Number, caller: Reader, asked: shapes.BacktestAsked | None = None
    ) -> shapes.BacktestShown:
        """Say what would change if a version were live, over past checks: counts and examples. Nothing is done."""
        return trying.backtest(caller, policy, number, asked or shapes.BacktestAsked())


def _bringing(made: "APIRouter", service: "Service") -> None:
    from fastapi import Depends, Header, Query, Request, Response
    from fastapi import Path as InPath

    Editor = Annotated[Caller, Depends(needs("policies:write"))]
    Reader = Annotated[Caller, Depends(needs("moderation:read"))]
    Name = Annotated[str, InPath(max_length=100)]
    Id = Annotated[str, InPath(max_length=80)]
    runs = Retroactions(service.desk)

    def of_policy(caller: Caller, policy: str, id: str) -> shapes.RunShown:
        one = runs.get(id, caller.tenant_id)
        if one.policy_id != policy:
            raise ModerationMissing(f"there is no retroaction {id} of {policy}")
        return shapes.run(one)

    @made.post(
        "/policies/{policy}/retroactions",
        status_code=202,
        openapi_extra=body(examples.RETROACTION),
        responses=answers(202, examples.RAN, 401, 403, 404, 409),
    )
    def ask_retroaction(
        policy: Name,
        asked: shapes.RetroactionAsked,
        request: Request,
        caller: Editor,
        response: Response,
        key: Annotated[str | None, Header(alias="Idempotency-Key", description="the same request again")] = None,
    ) -> shapes.RunShown:
        """Have past submissions decided anew under the version that is live, where that changes anything.

        A worker does so, one of a policy at a time; what people decided goes to people again.
        """
        once = asking.Once(service, caller, request, f"POST /v1/policies/{policy}/retroactions")
        since, until = asked.model_dump().values()
        span = {"since": since or "", "until": until}
        ask = partial(runs.ask, caller.tenant_id, policy, by=caller.made_by, **span)
        laid = once.laid(asked, None, lambda claim: ask(claim=claim).id)
        response.headers.update({"Location": f"/v1/policies/{policy}/retroactions/{laid.id}", **laid.headers})
        return of_policy(caller, policy, laid.id)

    @made.get(
        "/policies/{policy}/retroactions",
        responses=answers(200, {"retroactions": [examples.RAN], "next": None}, 401, 403, 404),
    )
    def list_retroactions(
        policy: Name,
        caller: Reader,
        cursor: Annotated[str | None, Query(max_length=200)] = None,
        limit: Annotated[int, Query(ge=1, le=200)] = 50,
    ) -> shapes.RunsShown:
        """List a policy's retroactions, the last asked first."""
        found = runs.listed(caller.tenant_id, policy, cursor, limit)
        return shapes.RunsShown(retroactions=[shapes.run(one) for one in found.runs], next=found.next)

    @made.get("/policies/{policy}/retroactions/{retroaction_id}", responses=answers(200, examples.RAN, 401, 403, 404))
    def get_retroaction(policy: Name, retroaction_id: Id, caller: Reader) -> shapes.RunShown:
        """Say how far a retroaction is."""
        return of_policy(caller, policy, retroaction_id)

    @made.post(
        "/policies/{policy}/retroactions/{retroaction_id}/cancel",
        responses=answers(200, {**examples.RAN, "state": "cancelled"}, 401, 403, 404, 409),
    )
    def cancel_retroaction(policy: Name, retroaction_id: Id, caller: Editor) -> shapes.RunShown:
        """End one that goes on; what it has decided stays."""
        of_policy(caller, policy, retroaction_id)
        one = runs.end(retroaction_id, "cancelled", by=caller.made_by, tenant_id=caller.tenant_id)
        if one.state != "cancelled":
            raise Problem("conflict", f"retroaction {retroaction_id} has ended: {one.state}")
        return shapes.run(one)


class _Trying:
    """Backtests, few at once: each takes a core for as long as it goes on."""

    def __init__(self, service: "Service") -> None:
        self._service, self._trying = service, Trying(service.options)
        self._places = threading.BoundedSemaphore(BACKTESTS)

    def backtest(self, caller: Caller, policy: str, number: int, asked: shapes.BacktestAsked) -> shapes.BacktestShown:
        """Try a version on the past of a tenant."""
        one = self._service.shelf.version(caller.tenant_id, policy, number)
        since, until = asked.span(self._service.desk.now())
        with self._place():
            found = self._trying.backtest(
                caller.tenant_id,
                policy,
                one.text,
                since=since,
                until=until,
                limit=asked.limit,
                examples=asked.examples,
                most_s=BACKTEST_S,
            )
        return shapes.backtest(one, since, found)

    @contextmanager
    def _place(self) -> Iterator[None]:
        if not self._places.acquire(timeout=WAIT_S):
            headers = {"Retry-After": str(round(BACKTEST_S))}
            raise Problem("too-many-requests", "others try policies on the past just now", headers=headers)
        try:
            yield
        finally:
            self._places.release()
