"""Queues, reviews of people, and what their blind samples say.

Only people review: a decision of a review is no automated one, and two keys are not two people. A program with the
scope sees reviews, and is refused where it would take part in one.
"""
# FastAPI reads the annotations of what is defined inside functions: they must not be put off.

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

from ....accounts import Caller
from ....docket import cursors, times
from ....moderation.people import ReviewJob, Said, claiming, queues, reviewing, samples
from ....moderation.values import Item
from ...problems import Problem
from ...who import needs
from ..examples import answers, body
from . import reviews_shapes as shapes

if TYPE_CHECKING:
    from fastapi import APIRouter

    from ...service import Service

PERSON = "person:"


def router(service: "Service") -> "APIRouter":
    """Serve them."""
    from fastapi import APIRouter

    made = APIRouter(tags=["reviews"])
    _queues(made, service)
    _reading(made, service)
    _claims(made, service)
    _opinions(made, service)
    _samples(made, service)
    return made


def settled_by(service: "Service", caller: Caller, review_id: str, said: Said) -> ReviewJob:
    """Give a person's opinion of a review that they are at, and the review as it stands then.

    Where enough people agree by it, decision, answer and the verdict's revision stand in this one transaction.
    """
    _person(service, caller, review_id)
    return reviewing.give(service.desk, caller.tenant_id, review_id, caller.made_by, said)


def _queues(made: "APIRouter", service: "Service") -> None:
    from fastapi import Depends
    from fastapi import Path as InPath

    Reader = Annotated[Caller, Depends(needs("moderation:read"))]
    Editor = Annotated[Caller, Depends(needs("policies:write"))]

    @made.get("/queues", responses=answers(200, shapes.QUEUES, 401, 403))
    def list_queues(caller: Reader) -> shapes.QueuesShown:
        """List the queues that you may work with what waits in each; with `policies:write`, all."""
        who = None if caller.may("policies:write") else caller.made_by
        found = {one.name: one for one in queues.listed(service.desk, caller.tenant_id, who)}
        counts = queues.waiting(service.desk, caller.tenant_id, who)
        return shapes.QueuesShown(
            queues=[shapes.waiting(found[one.queue], one) for one in counts if one.queue in found]
        )

    @made.put(
        "/queues/{queue}",
        openapi_extra=body(shapes.QUEUE),
        responses=answers(200, {"name": "restricted", **shapes.QUEUE}, 401, 403, 409),
    )
    def put_queue(
        queue: Annotated[str, InPath(min_length=1, max_length=100, pattern=r"^[^\x00-\x1f\x7f]+$")],
        wish: shapes.QueueWish,
        caller: Editor,
    ) -> shapes.QueueShown:
        """Make a queue, or say how it is from now on. Who is no longer named loses their claims' reviews from sight."""
        values: dict[str, Any] = wish.model_dump(exclude_none=True)
        if wish.people is not None:
            values["people"] = frozenset(wish.people)
        return shapes.queue(queues.changed(service.desk, caller.tenant_id, queue, values, by=caller.made_by))


def _reading(made: "APIRouter", service: "Service") -> None:
    from fastapi import Depends, Query
    from fastapi import Path as InPath

    Reviewer = Annotated[Caller, Depends(needs("reviews:write"))]

    @made.get("/reviews", responses=answers(200, {"reviews": [shapes.REVIEW], "next": None}, 401, 403, 409))
    def list_reviews(
        caller: Reviewer,
        item_type: Annotated[str | None, Query(min_length=1, max_length=64)] = None,
        item_id: Annotated[str | None, Query(min_length=1, max_length=500)] = None,
        queue: Annotated[str | None, Query(min_length=1, max_length=100)] = None,
        cursor: Annotated[str | None, Query(max_length=200)] = None,
        limit: Annotated[int, Query(ge=1, le=200)] = 50,
    ) -> shapes.ReviewsShown:
        """List what waits in queues that you may work, or all reviews of an item there; oldest first."""
        if (item_type is None) != (item_id is None):
            raise Problem("unprocessable", "an item is named by item_type and item_id together")
        item = None if item_type is None or item_id is None else Item(item_id, item_type)
        place = cursors.place(cursor)
        of = {"item": item, "queue": queue, "after": place, "limit": limit + 1}
        found = reviewing.listed(service.desk, caller.tenant_id, caller.made_by, **of)  # type: ignore[arg-type]
        shown = found[:limit]
        last = {"created_at": shown[-1].made_at, "id": shown[-1].id} if len(found) > limit else None
        return shapes.ReviewsShown(
            reviews=[_shown(service, caller, one) for one in shown], next=None if last is None else cursors.after(last)
        )

    @made.get("/reviews/{review_id}", responses=answers(200, shapes.REVIEW, 401, 403, 404))
    def get_review(review_id: Annotated[str, InPath(max_length=80)], caller: Reviewer) -> shapes.ReviewShown:
        """Look at a review of a queue that you may work; a blind one says nothing of the verdict until it is over."""
        return _shown(service, caller, reviewing.get(service.desk, caller.tenant_id, review_id, caller.made_by))


def _claims(made: "APIRouter", service: "Service") -> None:
    from fastapi import Depends, Response
    from fastapi import Path as InPath

    Reviewer = Annotated[Caller, Depends(needs("reviews:write"))]
    Id = Annotated[str, InPath(max_length=80)]
    claimed = answers(200, shapes.REVIEW, 401, 403, 404, 409)

    @made.post(
        "/reviews/next",
        response_model=shapes.ReviewShown,
        responses={**claimed, 204: {"description": "Nothing waits for you"}},
    )
    def take_next(caller: Reviewer, asked: shapes.NextAsked | None = None) -> Any:
        """Claim what is next for you: what you are at, else by priority, then by age. 204: nothing waits."""
        refuse_programs(caller)
        queue = None if asked is None else asked.queue
        job = claiming.take_next(service.desk, caller.tenant_id, caller.made_by, queue)
        return Response(status_code=204) if job is None else _shown(service, caller, job)

    @made.post("/reviews/{review_id}/claim", responses=claimed)
    def claim(review_id: Id, caller: Reviewer) -> shapes.ReviewShown:
        """Claim this one."""
        _person(service, caller, review_id)
        return _shown(service, caller, claiming.take(service.desk, caller.tenant_id, review_id, caller.made_by))

    @made.post("/reviews/{review_id}/extend", responses=claimed)
    def extend(review_id: Id, caller: Reviewer) -> shapes.ReviewShown:
        """Begin your claim's time anew, while it lasts."""
        _person(service, caller, review_id)
        return _shown(service, caller, claiming.extend(service.desk, caller.tenant_id, review_id, caller.made_by))

    @made.post("/reviews/{review_id}/release", status_code=204, responses=answers(None, None, 401, 403, 404))
    def release(review_id: Id, caller: Reviewer) -> Response:
        """Let others have it."""
        _person(service, caller, review_id)
        claiming.give_back(service.desk, caller.tenant_id, review_id, caller.made_by)
        return Response(status_code=204)


def _opinions(made: "APIRouter", service: "Service") -> None:
    from fastapi import Depends
    from fastapi import Path as InPath

    Reviewer = Annotated[Caller, Depends(needs("reviews:write"))]
    Id = Annotated[str, InPath(max_length=80)]

    @made.post("/reviews/{review_id}/opinion", responses=answers(200, shapes.SETTLED, 401, 403, 404, 409))
    def give_opinion(review_id: Id, asked: shapes.OpinionAsked, caller: Reviewer) -> shapes.ReviewShown:
        """Say what you think of the review that you are at.

        Once enough people agree, it is decided, and the check's verdict gets a revision.
        """
        if any(one.kind in ("label", "restrict") and not one.value for one in asked.actions):
            raise Problem("unprocessable", "a label needs words, a restriction whom it is for: say `value`")
        return _shown(service, caller, settled_by(service, caller, review_id, shapes.said(asked)))

    @made.post(
        "/reviews/{review_id}/undo",
        responses=answers(200, {**shapes.REVIEW, "round": 2, "state": "waiting"}, 401, 403, 404, 409),
    )
    def undo(review_id: Id, asked: shapes.UndoAsked, caller: Reviewer) -> shapes.ReviewShown:
        """Take back what a review decided before its effects go out; it waits again, and so does the verdict."""
        _person(service, caller, review_id)
        of = (caller.tenant_id, review_id, caller.made_by, asked.reason)
        return _shown(service, caller, reviewing.undo(service.desk, *of))


def _samples(made: "APIRouter", service: "Service") -> None:
    from fastapi import Depends, Query

    Reader = Annotated[Caller, Depends(needs("moderation:read"))]
    Since = Annotated[str | None, Query(max_length=40, description="2026-11-01, or a time; from then on")]
    Until = Annotated[str | None, Query(max_length=40, description="2026-12-01, or a time; before then")]

    @made.get("/agreement", responses=answers(200, shapes.AGREEMENT, 401, 403))
    def agreement(caller: Reader, since: Since = None, until: Until = None) -> shapes.AgreementShown:
        """Say how far blind reviewers agree beyond chance."""
        return shapes.agreement(samples.agreement(service.desk, caller.tenant_id, *_span(since, until)))

    @made.get("/overruled", responses=answers(200, shapes.OVERRULED, 401, 403))
    def overruled(caller: Reader, since: Since = None, until: Until = None) -> shapes.AllOverruled:
        """Say how often people found otherwise than the verdict, by outcome and by kind of change."""
        found = samples.overruled(service.desk, caller.tenant_id, *_span(since, until))
        return shapes.AllOverruled(overruled=[shapes.overruled(one) for one in found])

    @made.get("/labels", responses=answers(200, shapes.LABELS, 401, 403))
    def labels(caller: Reader, since: Since = None, until: Until = None) -> shapes.LabelsShown:
        """List what blind people agreed on: no other label may teach the detector."""
        found = samples.for_adapting(service.desk, caller.tenant_id, *_span(since, until))
        return shapes.LabelsShown(labels=[shapes.label(one) for one in found])


def refuse_programs(caller: Caller) -> None:
    """Refuse who is no person."""
    if not caller.made_by.startswith(PERSON):
        advice = "sign in as one of the tenant's reviewers, in a browser or by its cookie"
        raise Problem("forbidden", "only people take part in reviews, and a key is a program's", advice=advice)


def _person(service: "Service", caller: Caller, review_id: str) -> None:
    """Refuse who can't see this review, and then who is no person."""
    reviewing.get(service.desk, caller.tenant_id, review_id, caller.made_by)
    refuse_programs(caller)


def _span(since: str | None, until: str | None) -> tuple[str, str]:
    """Give both ends as the tables write times: what comes first as text is earlier."""
    first, last = "" if since is None else _time(since), times.LAST if until is None else _time(until)
    if first > last:
        raise Problem("unprocessable", "since comes after until", advice="name the earlier one as since")
    return first, last


def _time(given: str) -> str:
    try:
        at = datetime.fromisoformat(given)
        return times.written((at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC))
    except (ValueError, OverflowError):
        raise Problem("unprocessable", "a time is written as 2026-11-01 or 2026-11-01T09:00:00Z") from None


def _shown(service: "Service", caller: Caller, job: ReviewJob) -> shapes.ReviewShown:
    return shapes.review(job, caller.made_by, service.desk.now())
