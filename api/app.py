"""The verification service as one app: the API, the pages, health, and a worker beside them unless told otherwise.

    from countermark.api.app import app
    app(settings())

Knows what is mounted where and in which order a request passes; what routes do, they know.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from .. import __version__
from ..errors import CountermarkError
from ..settings import Settings
from . import problems
from .middleware import Bounded, Guarded, Heads, Hosts, Observed
from .service import Service, opened
from .telemetry import Telemetry
from .v1 import examples

if TYPE_CHECKING:
    from fastapi import APIRouter, FastAPI
    from starlette.middleware import Middleware

PREFIX = "/v1"
DESCRIPTION = """\
Check where a video comes from: what it carries of credentials and marks, what it declares, what detectors say of it.

Errors are `application/problem+json` (RFC 9457), each with `advice`. Keys go into `Authorization: Bearer cmk_…`; who
has none may check files as well, limited by address, and sees a result by its link alone.
"""
# Answers of everybody's, which FastAPI would describe in a shape of its own.
_TAKEN_OUT = ("HTTPValidationError", "ValidationError")
_OF_ITS_OWN = tuple(f"{PREFIX}/{part}" for part in ("matches", "manifests", "services"))


def app(options: Settings, *, work: bool = True) -> FastAPI:
    """Make the app; `work`: a worker of the queue runs in this process as well."""
    from fastapi import FastAPI

    from .pages.faults import page_of

    service, telemetry = opened(options), Telemetry(options)
    made = FastAPI(
        title="Countermark verification service",
        version=__version__,
        description=DESCRIPTION,
        docs_url=None,  # they would bring scripts from elsewhere
        redoc_url=None,
        openapi_url=None,
        lifespan=_lifespan(service, telemetry, work),
        middleware=_middleware(options, telemetry),
        telemetry={"tracing": False, "metrics": False, "logs": False},  # it would write down paths and queries
    )
    made.state.service = service
    problems.install(made, lambda request, problem: page_of(request, options, problem))
    for one in _version_1(service, telemetry):
        made.include_router(one, prefix=PREFIX)
    for one in _at_the_root(service, telemetry):
        made.include_router(one)
    _describe(made)
    telemetry.know(made)
    telemetry.watch(service)
    return made


def _version_1(service: Service, telemetry: Telemetry) -> tuple[APIRouter, ...]:
    from fastapi import APIRouter, Depends

    from .. import fetch
    from . import resolution
    from .v1 import (
        adapters,
        callbacks,
        checks,
        events,
        feedback,
        findings,
        holds,
        keys,
        publications,
        records,
        stamps,
        uploads,
    )
    from .v1 import submissions as many
    from .v1.moderating import appeals, banks, decisions, endpoints, policies, reports, reviews, statements
    from .v1.queries import only_known
    from .v1.records import authorised, counting

    private = service.options.service.unsafe_private_addresses
    guard = fetch.UnsafeAllowPrivate() if private else fetch.PublicOnly()
    looking = (checks, many, events, findings, holds, publications, feedback, uploads, stamps, adapters, records, keys)
    moderating = (policies, decisions, reports, reviews, appeals, banks, endpoints, statements)
    rooms = (*looking, *moderating, callbacks)
    ours = APIRouter(dependencies=[Depends(only_known())])
    for room in rooms:
        ours.include_router(room.router(service))
    return (
        ours,
        resolution.router(service.options, authorise=authorised(service), count=counting(service), references=guard),
        problems.router(),
    )


def _at_the_root(service: Service, telemetry: Telemetry) -> tuple[APIRouter, ...]:
    from . import exchange, health, pages, resolution, signing_in

    return (
        health.router(service, telemetry),
        exchange.router(service),
        resolution.discovery(PREFIX),
        signing_in.router(service),
        pages.router(service),
    )


def _middleware(options: Settings, telemetry: Telemetry) -> list[Middleware]:
    """Give what every request passes, the outermost first."""
    from starlette.middleware import Middleware

    from .who import StandingHeaders

    ours = options.service
    return [
        Middleware(Observed, telemetry=telemetry),
        Middleware(StandingHeaders),
        Middleware(Guarded, https=ours.public_url.lower().startswith("https:")),
        Middleware(Hosts, public_url=ours.public_url),
        Middleware(Bounded, file_bytes=ours.upload_bytes, file_s=ours.upload_s),
        Middleware(Heads),
    ]


def _lifespan(service: Service, telemetry: Telemetry, work: bool) -> Callable[[FastAPI], Any]:
    @asynccontextmanager
    async def living(made: FastAPI) -> AsyncIterator[None]:
        import asyncio

        from ..jobs import Worker
        from .v1.asking import sweep

        worker = Worker(service.options) if work else None
        try:
            await asyncio.to_thread(sweep, service.options)
            if worker is not None:
                await asyncio.to_thread(worker.start)
            yield
        except CountermarkError as error:
            made.state.failure = error  # for whoever serves, to say it in words
            raise
        finally:
            if worker is not None:
                await asyncio.to_thread(worker.stop)
            service.jobs.close()
            telemetry.close()

    return living


def _describe(made: FastAPI) -> None:
    """Let /openapi.json say how errors look here, everywhere alike."""
    from fastapi.openapi.utils import get_openapi

    def described() -> dict[str, Any]:
        if made.openapi_schema is None:
            said = get_openapi(title=made.title, version=made.version, description=made.description, routes=made.routes)
            schemas = said.setdefault("components", {}).setdefault("schemas", {})
            schemas |= {"Problem": examples.PROBLEM_SCHEMA, **_taken_by_hand()}
            for name in _TAKEN_OUT:
                schemas.pop(name, None)
            _with_problems(said)
            made.openapi_schema = examples.opened(said)
        return made.openapi_schema

    made.openapi = described  # type: ignore[method-assign]


def _taken_by_hand() -> dict[str, Any]:
    """Give the schemas of bodies that routes read themselves, since they come in several ways."""
    from pydantic.json_schema import models_json_schema

    from .v1.shapes import CheckAsked
    from .v1.stamps import StampAsked

    wanted: list[Any] = [(CheckAsked, "validation"), (StampAsked, "validation")]
    schemas: dict[str, Any] = models_json_schema(wanted, ref_template="#/components/schemas/{model}")[1]["$defs"]
    return schemas


def _with_problems(said: dict[str, Any]) -> None:
    """Give every route of version 1 the errors that all of them may answer; the resolution API has its own form."""
    for path, ways in said["paths"].items():
        ours = path.startswith(f"{PREFIX}/") and not path.startswith(_OF_ITS_OWN)
        for operation in ways.values():
            own = {status: one for status, one in operation["responses"].items() if not _is_of_fastapi(one)}
            shared = examples.problems() if ours else {}
            operation["responses"] = {**{str(status): one for status, one in shared.items()}, **own}


def _is_of_fastapi(answer: dict[str, Any]) -> bool:
    """Whether this is the error that FastAPI describes everywhere, and nobody answers here."""
    told = answer.get("content", {}).get("application/json", {}).get("schema", {}).get("$ref", "")
    return str(told).rpartition("/")[2] in _TAKEN_OUT
