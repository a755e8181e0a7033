"""What happens to a check, as it happens: server-sent events, read from the docket, whichever process wrote them.

Each event has its number; who comes again with Last-Event-ID hears what came since. The stream ends when the check is
over, when it was deleted, or after a quarter of an hour, after which a browser comes again by itself.
"""
# FastAPI reads the annotations of what is defined inside functions: they must not be put off.

import asyncio
import json
import time
from collections import Counter
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Annotated

from ...accounts import Caller
from ...accounts.rates import neighbourhood
from ...docket import Check, CheckEvent
from ...errors import CountermarkError
from ..problems import Problem
from ..who import client_address, needs
from . import access, shapes
from .examples import answers

if TYPE_CHECKING:
    from fastapi import APIRouter

    from ..service import Service

MEDIA_TYPE = "text/event-stream"
FIRST_S, SLOWEST_S = 0.2, 1.0  # how often the docket is asked: less and less while nothing happens
ALIVE_S = 15.0  # a line that says nothing, so that nobody between takes the silence for an end
LONGEST_S = 900.0
MOST_STREAMS, MOST_OF_ONE = 500, 20  # of one process: in all, and of one who listens
LAST = frozenset({"finished", "failed", "cancelled", "deleted"})
EXAMPLE = (
    'id: 3\nevent: evidence\ndata: {"at": "2026-11-22T09:00:02.000000+00:00", "number": 1, "examiner": "watermark"}'
)


def router(service: "Service") -> "APIRouter":
    """Serve the streams."""
    from fastapi import APIRouter, Depends, Header, Query, Request, Response
    from fastapi.responses import StreamingResponse

    made = APIRouter(tags=["checks"])
    open_now = _Open()

    @made.get(
        "/checks/{check_id}/events",
        response_class=StreamingResponse,
        responses={
            **answers(None, None, 404, 410, 503),
            204: {"description": "It is over, and there was nothing after that event"},
            200: {
                "description": "The events",
                "content": {MEDIA_TYPE: {"example": EXAMPLE}},
            },
        },
    )
    async def stream_events(
        check_id: str,
        request: Request,
        caller: Annotated[Caller, Depends(needs("checks:read"))],
        last: Annotated[str, Header(alias="Last-Event-ID", max_length=20)] = "0",
        after: Annotated[int, Query(ge=0, description="as Last-Event-ID, for who can't set headers")] = 0,
    ) -> Response:
        """Stream what happens, from an event's number on; ends when the check is over."""
        check = await asyncio.to_thread(access.readable, service, caller, check_id)
        from_number = min(shapes.MOST_NUMBER, max(after, int(last) if last.isascii() and last.isdigit() else 0))
        if check.over and not await asyncio.to_thread(service.docket.events, check.id, from_number):
            return Response(status_code=204)  # by which a browser knows not to come again
        asker = caller.made_by if caller.known else neighbourhood(client_address(request, service.options))
        open_now.room_for(asker)
        told = open_now.counted(asker, _events(service, check, from_number))
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        return StreamingResponse(told, media_type=MEDIA_TYPE, headers=headers)

    return made


class _Open:
    """Counts who is listening."""

    def __init__(self) -> None:
        self._by: Counter[str] = Counter()

    def room_for(self, asker: str) -> None:
        """Refuse one more where there are too many."""
        headers, advice = {"Retry-After": "10"}, "ask for the check itself"
        if self._by[asker] >= MOST_OF_ONE:
            raise Problem("too-many-requests", f"{MOST_OF_ONE} streams are open", advice=advice, headers=headers)
        if self._by.total() >= MOST_STREAMS:
            raise Problem("away", "too many are listening", advice=advice, headers=headers)

    async def counted(self, asker: str, events: AsyncIterator[str]) -> AsyncIterator[str]:
        self._by[asker] += 1
        try:
            async for event in events:
                yield event
        finally:
            self._by -= Counter([asker])  # and forget who has none left


async def _events(service: "Service", check: Check, after: int) -> AsyncIterator[str]:
    """Give events as they come, and signs of life between them; what is over has been told once all events are."""
    began = spoke = time.monotonic()
    over = check.over
    pause = FIRST_S
    yield "retry: 2000\n\n"
    while time.monotonic() - began < LONGEST_S:
        try:
            found = await asyncio.to_thread(service.docket.events, check.id, after, tenant_id=check.tenant_id)
        except CountermarkError:
            return  # the docket is away: whoever listens comes again
        for event in found:
            yield written(event)
            after, spoke, pause = event.number, time.monotonic(), FIRST_S
        if over or any(event.kind in LAST for event in found):
            return
        if time.monotonic() - spoke >= ALIVE_S:
            yield ": still at it\n\n"
            spoke = time.monotonic()
            over = await asyncio.to_thread(_is_over, service, check)  # for who names a number that is still to come
        await asyncio.sleep(pause)
        pause = min(SLOWEST_S, pause * 1.3)


def _is_over(service: "Service", check: Check) -> bool:
    try:
        return service.docket.get(check.id).over
    except CountermarkError:
        return True


def written(event: CheckEvent) -> str:
    """Write one event as a stream carries it."""
    body = json.dumps(shapes.event(event), separators=(",", ":"))
    return f"id: {event.number}\nevent: {event.kind}\ndata: {body}\n\n"
