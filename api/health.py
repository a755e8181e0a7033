"""Whether the service lives, whether it can do its work, and its numbers; and the description of its API.

What is asked often by machines costs little here. Numbers go to this machine, and to those that a setting names.
"""
# FastAPI reads the annotations of what is defined inside functions: they must not be put off.

import ipaddress
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel

from ..errors import CountermarkError
from .problems import Problem
from .telemetry import Telemetry
from .who import client_address, count_by

if TYPE_CHECKING:
    from fastapi import APIRouter
    from starlette.requests import Request as AnyRequest

    from .service import Service

State = Literal["good", "away"]


class Health(BaseModel):
    """It lives."""

    status: Literal["good"] = "good"


class Readiness(BaseModel):
    """What it needs, and whether that is there."""

    status: State
    database: State
    objects: State
    queue: State


def router(service: "Service", telemetry: Telemetry) -> "APIRouter":
    """Serve them."""
    from fastapi import APIRouter, Request, Response
    from fastapi.responses import JSONResponse
    from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

    made = APIRouter(tags=["service"])

    @made.get("/healthz")
    async def healthz() -> Health:
        """Say that the process answers."""
        return Health()

    @made.get("/readyz", response_model=Readiness, responses={503: {"model": Readiness, "description": "Not ready"}})
    def readyz(request: Request) -> Response:
        """Say whether database, objects and queue can be reached."""
        count_by(request, service, client_address(request, service.options), "request")
        found = {name: _state(ask) for name, ask in _asked(service).items()}
        status: State = "good" if set(found.values()) == {"good"} else "away"
        said = Readiness(status=status, **found)
        return JSONResponse(said.model_dump(), 200 if status == "good" else 503)

    @made.get("/metrics", include_in_schema=False)
    def metrics(request: Request) -> Response:
        _only_the_operator(request, service.options.service.metrics_from)
        return Response(generate_latest(telemetry.registry), media_type=CONTENT_TYPE_LATEST)

    @made.get("/openapi.json", include_in_schema=False)
    def openapi(request: Request) -> Response:
        return JSONResponse(request.app.openapi(), headers={"Cache-Control": "public, max-age=300"})

    return made


def _asked(service: "Service") -> dict[str, Callable[[], Any]]:
    return {
        "database": service.registry.last_position,
        "objects": service.objects.readable,
        "queue": service.jobs.ready,
    }


def _state(ask: Callable[[], Any]) -> State:
    try:
        return "away" if ask() is False else "good"
    except CountermarkError:
        return "away"


def _only_the_operator(request: "AnyRequest", allowed: str) -> None:
    """Refuse whoever asks neither from this machine nor from where the operator says.

    What came through a proxy came from elsewhere, wherever the proxy runs.
    """
    passed = {"forwarded", "x-forwarded-for"} & set(request.headers)
    networks = ["127.0.0.0/8", "::1", *filter(None, (one.strip() for one in allowed.split(",")))]
    try:
        address = ipaddress.ip_address(request.client.host if request.client else "")
        known = any(address in ipaddress.ip_network(network, strict=False) for network in networks)
    except ValueError:
        known = False
    if passed or not known:
        advice = "ask from the machine itself, or let the operator set `service.metrics_from`"
        raise Problem("forbidden", "numbers are for the operator", advice=advice)
