"""Endpoints that are told of events: set up, tried, given new secrets; and what was owed to them, to be sent again.

Only what is reached by HTTP is set up here. What goes to a broker is the operator's.
"""
# FastAPI reads the annotations of what is defined inside functions: they must not be put off.

import json
from typing import TYPE_CHECKING, Annotated, Any

from ....accounts import Caller
from ....docket import Claim, cursors, times
from ....errors import ModerationMissing
from ....jobs import endpoint_secret
from ....moderation.hooks import Delivery, Endpoint
from ....moderation.hooks.values import State
from ...problems import Problem
from ...who import needs
from ..asking import Once
from ..examples import answers, body
from . import endpoints_shapes as shapes

if TYPE_CHECKING:
    from fastapi import APIRouter

    from ...service import Service

ROUTE = "POST /v1/endpoints"


def router(service: "Service") -> "APIRouter":
    """Serve them."""
    from fastapi import APIRouter

    made = APIRouter(tags=["endpoints"])
    _setting_up(made, service)
    _changing(made, service)
    _sending(made, service)
    _owed(made, service)
    return made


def _setting_up(made: "APIRouter", service: "Service") -> None:
    from fastapi import Depends, Header, Request, Response

    Keeper = Annotated[Caller, Depends(needs("hooks:write"))]

    @made.get("/endpoints", responses=answers(200, {"endpoints": [shapes.ENDPOINT]}, 401, 403))
    def list_endpoints(caller: Keeper) -> shapes.EndpointsShown:
        """List your endpoints, oldest first; never their secrets."""
        return shapes.EndpointsShown(endpoints=[_shown(one) for one in service.endpoints.of_tenant(caller.tenant_id)])

    @made.post(
        "/endpoints",
        status_code=201,
        openapi_extra=body(shapes.WISH),
        responses=answers(201, shapes.MADE, 401, 403, 409),
    )
    def make_endpoint(
        wish: shapes.EndpointWish,
        caller: Keeper,
        request: Request,
        response: Response,
        key: Annotated[str | None, Header(alias="Idempotency-Key", description="the same request again")] = None,
    ) -> shapes.EndpointMade:
        """Have somebody told of events; the secret that signs them is told this once."""
        _refuse_plain(service, wish.url)

        def lay(claim: Claim | None) -> str:
            endpoint = service.endpoints.create(
                caller.tenant_id,
                wish.url,
                who=caller.made_by,
                kinds=wish.kinds,
                form=wish.form,
                description=wish.description,
                claim=claim,
            )
            return endpoint.id

        laid = Once(service, caller, request, ROUTE).laid(wish, None, lay)
        response.headers["Location"] = f"/v1/endpoints/{laid.id}"
        response.headers.update(laid.headers)
        return _with_secret(service, service.endpoints.get(caller.tenant_id, laid.id), response)


def _changing(made: "APIRouter", service: "Service") -> None:
    from fastapi import Depends, Response
    from fastapi import Path as InPath

    Keeper = Annotated[Caller, Depends(needs("hooks:write"))]
    Id = Annotated[str, InPath(max_length=80)]

    @made.get("/endpoints/{endpoint_id}", responses=answers(200, shapes.ENDPOINT, 401, 403, 404))
    def get_endpoint(endpoint_id: Id, caller: Keeper) -> shapes.EndpointShown:
        """Look at an endpoint."""
        return _shown(service.endpoints.get(caller.tenant_id, endpoint_id))

    @made.patch(
        "/endpoints/{endpoint_id}",
        openapi_extra=body(shapes.CHANGE),
        responses=answers(200, {**shapes.ENDPOINT, "kinds": []}, 401, 403, 404, 409),
    )
    def change_endpoint(endpoint_id: Id, change: shapes.EndpointChange, caller: Keeper) -> shapes.EndpointShown:
        """Change where and of what it is told; disable it, or enable it again."""
        service.endpoints.get(caller.tenant_id, endpoint_id)
        if change.url is not None:
            _refuse_plain(service, change.url)
        changed = service.endpoints.change(
            caller.tenant_id,
            endpoint_id,
            who=caller.made_by,
            url=change.url,
            kinds=change.kinds,
            description=change.description,
            enabled=change.enabled,
        )
        return _shown(changed)

    @made.delete("/endpoints/{endpoint_id}", status_code=204, responses=answers(None, None, 401, 403, 404))
    def remove_endpoint(endpoint_id: Id, caller: Keeper) -> Response:
        """Tell it nothing more; what is owed to it is given up."""
        service.endpoints.remove(caller.tenant_id, endpoint_id, who=caller.made_by)
        return Response(status_code=204)

    @made.post(
        "/endpoints/{endpoint_id}/rotate",
        openapi_extra=body(shapes.ROTATION),
        responses=answers(200, shapes.ROTATED, 401, 403, 404),
    )
    def rotate_secret(
        endpoint_id: Id, asked: shapes.Rotation, caller: Keeper, response: Response
    ) -> shapes.EndpointMade:
        """Make the next secret, told this once; the one before signs as well for a time."""
        overlap_s = asked.overlap_s
        changed = service.endpoints.rotate(caller.tenant_id, endpoint_id, who=caller.made_by, overlap_s=overlap_s)
        return _with_secret(service, changed, response)


def _sending(made: "APIRouter", service: "Service") -> None:
    from fastapi import Depends
    from fastapi import Path as InPath

    Keeper = Annotated[Caller, Depends(needs("hooks:write"))]
    Id = Annotated[str, InPath(max_length=80)]

    @made.post(
        "/endpoints/{endpoint_id}/test",
        status_code=202,
        responses=answers(202, {"delivery_id": shapes.DELIVERY_ID}, 401, 403, 404, 409),
    )
    def send_test(endpoint_id: Id, caller: Keeper) -> shapes.Sent:
        """Send an event that tells of nothing, whatever kinds are wanted."""
        return shapes.Sent(delivery_id=service.endpoints.test(caller.tenant_id, endpoint_id))

    @made.post(
        "/endpoints/{endpoint_id}/replay",
        status_code=202,
        openapi_extra=body(shapes.REPLAY),
        responses=answers(202, {"count": 3}, 401, 403, 404, 409),
    )
    def replay(endpoint_id: Id, asked: shapes.ReplayAsked, caller: Keeper) -> shapes.Replayed:
        """Send again what is over: all since a time, else all that was given up; with id and number as before."""
        since = None if asked.since is None else times.written(asked.since)
        count = service.outbox.replay(caller.tenant_id, endpoint_id, who=caller.made_by, since=since)
        return shapes.Replayed(count=count)


def _owed(made: "APIRouter", service: "Service") -> None:
    from fastapi import Depends, Query
    from fastapi import Path as InPath

    Keeper = Annotated[Caller, Depends(needs("hooks:write"))]
    Id = Annotated[str, InPath(max_length=80)]

    @made.get(
        "/endpoints/{endpoint_id}/deliveries",
        responses=answers(200, {"deliveries": [shapes.LISTED], "next": None}, 401, 403, 404, 409),
    )
    def list_deliveries(
        endpoint_id: Id,
        caller: Keeper,
        state: State | None = None,
        cursor: Annotated[str | None, Query(max_length=200)] = None,
        limit: Annotated[int, Query(ge=1, le=200)] = 50,
    ) -> shapes.DeliveriesShown:
        """List what is, or was, owed to an endpoint, oldest first; what is over stays for 30 days."""
        service.endpoints.get(caller.tenant_id, endpoint_id)
        after = cursors.place(cursor) or ("", "")
        found = service.outbox.page(caller.tenant_id, endpoint_id=endpoint_id, state=state, after=after, limit=limit)
        listed = [shapes.DeliveryListed(**shapes.delivery(one)) for one in found]
        return shapes.DeliveriesShown(deliveries=listed, next=_next(found, limit))

    @made.get("/deliveries/{delivery_id}", responses=answers(200, shapes.DELIVERY, 401, 403, 404))
    def get_delivery(delivery_id: Id, caller: Keeper) -> shapes.DeliveryShown:
        """Look at one, with what is sent."""
        return _delivery(_own(service, caller, delivery_id))

    @made.post(
        "/deliveries/{delivery_id}/retry",
        status_code=202,
        responses=answers(202, shapes.RETRIED, 401, 403, 404, 409),
    )
    def retry_delivery(delivery_id: Id, caller: Keeper) -> shapes.DeliveryShown:
        """Send one again that is over."""
        one = _own(service, caller, delivery_id)
        service.outbox.replay(caller.tenant_id, one.endpoint_id, who=caller.made_by, delivery_id=delivery_id)
        return _delivery(_own(service, caller, delivery_id))


def _own(service: "Service", caller: Caller, delivery_id: str) -> Delivery:
    """Give a delivery to an endpoint that is still there."""
    one = service.outbox.get(caller.tenant_id, delivery_id)
    try:
        service.endpoints.get(caller.tenant_id, one.endpoint_id)
    except ModerationMissing:
        raise ModerationMissing(f"there is no delivery {delivery_id}") from None
    return one


def _next(found: tuple[Delivery, ...], limit: int) -> str | None:
    if len(found) < limit:
        return None
    return cursors.after({"created_at": found[-1].made_at, "id": found[-1].id})


def _delivery(one: Delivery) -> shapes.DeliveryShown:
    return shapes.DeliveryShown(**shapes.delivery(one), event=json.loads(one.body))


def _shown(one: Endpoint) -> shapes.EndpointShown:
    return shapes.EndpointShown(**shapes.endpoint(one))


def _with_secret(service: "Service", one: Endpoint, response: Any) -> shapes.EndpointMade:
    response.headers["Cache-Control"] = "no-store"
    secret = endpoint_secret(service.options, one.id, one.generation)
    return shapes.EndpointMade(**shapes.endpoint(one), secret=secret)


def _refuse_plain(service: "Service", url: str) -> None:
    """Refuse what anybody on the way could read, unless machines inside may be told."""
    inside = service.options.service.unsafe_private_addresses
    if not url.lower().startswith("https://") and not (inside and url.lower().startswith("http://")):
        raise Problem("unprocessable", "an endpoint's URL begins with https://", advice="give one of a server with TLS")
