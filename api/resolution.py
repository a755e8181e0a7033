"""The C2PA Soft Binding Resolution API 2.2 over a registry, with the parts of 2.4 that fit: a router, and an app alone.

    python -m uvicorn --factory countermark.api.resolution:alone

Knows paths, parameters and errors; what is answered, `matching` knows. Who may ask, whoever mounts the router says.
"""
# FastAPI reads the annotations of what is defined inside functions: they must not be put off.

import asyncio
import contextlib
import ipaddress
import logging
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from .. import fetch
from ..errors import (
    CountermarkError,
    FetchFailed,
    InputEmpty,
    NetworkRefused,
    NoFrames,
    NoPictures,
    OverLimit,
    ReaderDied,
    TooSmall,
    UnreadableVideo,
)
from ..provenance import Registry
from ..settings import Settings, settings
from . import intake, matching, shapes, uploads
from .matching import MOST_RESULTS, WATERMARKS, Refusal, Wanted
from .problems import Problem
from .uploads import Bounds

if TYPE_CHECKING:
    from fastapi import APIRouter, FastAPI
    from fastapi.routing import APIRoute
    from starlette.requests import Request as AnyRequest

log = logging.getLogger(__name__)

VERSION = "2.4.0"  # of the specification: its discovery is of 2.4, and what 2.2 asks is asked by 2.4 as well
PREFIX = "/v1"
STORE_TYPE = "application/c2pa"
ERRORS: dict[int | str, dict[str, Any]] = {
    400: {"description": "Invalid query"},
    404: {"description": "Not found"},
    413: {"description": "Body too large"},
    414: {"description": "Query too long, use POST instead"},
    415: {"description": "Invalid asset type"},
    500: {"description": "Service failure"},
    503: {"description": "Busy"},
}
REFUSED: dict[int | str, dict[str, Any]] = {
    401: {"description": "Nobody is known"},
    403: {"description": "Not allowed"},
    429: {"description": "Too many requests"},
}
_NO_VIDEO = (InputEmpty, UnreadableVideo, NoFrames, NoPictures, TooSmall, ReaderDied)
Authorise = Callable[["AnyRequest"], Awaitable[None] | None]


def router(
    options: Settings,
    *,
    authorise: Authorise | None = None,
    count: Authorise | None = None,
    references: fetch.Guard | None = None,
    bounds: Bounds | None = None,
) -> "APIRouter":
    """Serve the registry of these settings.

    authorise: called with each request for matches or manifests (the scope `fetch:manifests`); refuses by raising
    FastAPI's HTTPException 401 or 403. None: whoever reaches this may ask.
    count: called with each request for how the registry does, which everybody may ask; refuses as `authorise` does.
    references: which addresses may be asked for files that a URL names; None: /matches/byReference is not there.
    """
    from fastapi import APIRouter, Depends

    made = APIRouter(route_class=_route_class(), tags=["soft binding resolution"])
    guarded = APIRouter(route_class=_route_class(), dependencies=[Depends(_hook(authorise))] if authorise else [])
    bounds = bounds or Bounds()
    intakes = uploads.Intakes(bounds)
    _queries(guarded, options, bounds)
    _contents(guarded, options, intakes)
    if references is not None:
        _references(guarded, options, intakes, references)
    _services(made, options, references is not None, count)
    made.include_router(guarded, responses=REFUSED if authorise else {})
    return made


def discovery(prefix: str = PREFIX) -> "APIRouter":
    """Serve, at the root of the host, where the API lies."""
    from fastapi import APIRouter

    made = APIRouter(tags=["soft binding resolution"])

    @made.get("/.well-known/c2pa-soft-binding-resolution")
    def well_known() -> shapes.Discovery:
        return shapes.Discovery(
            apiEndpoint=prefix,
            c2paSpecificationVersion=VERSION,
            capabilitiesEndpoint=f"{prefix}/services/capabilities",
            statusEndpoint=f"{prefix}/services/status",
        )

    return made


def alone() -> "FastAPI":
    """Give an app with this API and nothing else, for this machine alone."""
    from fastapi import FastAPI

    app = FastAPI(title="Soft binding resolution", docs_url=None, redoc_url=None)
    app.include_router(router(settings(), authorise=from_this_machine), prefix=PREFIX)
    app.include_router(discovery())
    return app


def from_this_machine(request: "AnyRequest") -> None:
    """Refuse whoever asks from elsewhere; and by another name than this machine's own, as a page in a browser might."""
    from fastapi import HTTPException

    asker, host = request.client.host if request.client else "", request.url.hostname or ""
    if not (_local(asker) and (host == "localhost" or _local(host))):
        raise HTTPException(403, "this service answers its own machine alone")


def _local(address: str) -> bool:
    with contextlib.suppress(ValueError):
        return ipaddress.ip_address(address).is_loopback
    return False


# Paths ---------------------------------------------------------------------------------------------------------------


def _queries(api: "APIRouter", options: Settings, bounds: Bounds) -> None:
    from fastapi import Path as InPath
    from fastapi import Query, Request, Response

    registry = Registry(options.database_url)
    body = {"content": {"application/json": {"schema": shapes.Query.model_json_schema()}}, "required": True}

    @api.get("/matches/byBinding", responses=ERRORS, response_model_exclude_none=True)
    def by_binding(
        value: Annotated[str, Query(description="base64 of the binding")],
        alg: Annotated[str, Query(max_length=shapes.MAX_TEXT)],
        most: Annotated[int, Query(alias="maxResults", ge=1)] = 10,
    ) -> shapes.Matches:
        if len(value) > bounds.value_letters:
            raise Refusal(414, f"a value in a URL may have {bounds.value_letters} letters; use POST")
        return shapes.Matches(matches=matching.by_binding(alg, value, registry)[:most])

    @api.post(
        "/matches/byBinding",
        responses=ERRORS,
        response_model_exclude_none=True,
        openapi_extra={"requestBody": body},
    )
    async def by_large_binding(
        request: Request, most: Annotated[int, Query(alias="maxResults", ge=1)] = 10
    ) -> shapes.Matches:
        query = shapes.Query.model_validate_json(await intake.text(request, bounds.text_bytes, bounds.upload_s))
        found = await asyncio.to_thread(matching.by_binding, query.alg, query.value, registry)
        return shapes.Matches(matches=found[:most])

    @api.get("/manifests/{manifest_id:path}", responses=ERRORS, response_class=Response)
    def manifest(
        manifest_id: Annotated[str, InPath(max_length=512)],
        active: Annotated[bool, Query(alias="returnActiveManifest")] = False,
    ) -> Response:
        store = matching.manifest(manifest_id, active, registry)
        return Response(store, media_type=STORE_TYPE, headers={"X-Content-Type-Options": "nosniff"})


def _contents(api: "APIRouter", options: Settings, intakes: uploads.Intakes) -> None:
    from fastapi import Depends, Request

    binary = {"schema": {"type": "string", "format": "binary"}}
    kinds = {f"{kind}*": binary for kind in intake.LOOKED_AT}
    bounds = {"upload_bytes": intakes.bounds.upload_bytes, "upload_s": intakes.bounds.upload_s}
    taking = options.model_copy(update={"service": options.service.model_copy(update=bounds)})

    @api.post(
        "/matches/byContent",
        responses=ERRORS,
        response_model_exclude_none=True,
        openapi_extra={"requestBody": {"content": kinds, "required": True}},
    )
    async def by_content(request: Request, wanted: Annotated[Wanted, Depends(_wanted())]) -> shapes.Matches:
        async with intakes.folder() as folder:
            sent = await intake.body(request, taking, folder)
            return await _looked_at(sent.file, wanted, options, intakes)


def _references(api: "APIRouter", options: Settings, intakes: uploads.Intakes, guard: fetch.Guard) -> None:
    from fastapi import Depends, Request

    bounds = intakes.bounds
    body = {"content": {"application/json": {"schema": shapes.Reference.model_json_schema()}}, "required": True}

    @api.post(
        "/matches/byReference",
        responses=ERRORS,
        response_model_exclude_none=True,
        openapi_extra={"requestBody": body},
    )
    async def by_reference(request: Request, wanted: Annotated[Wanted, Depends(_wanted())]) -> shapes.Matches:
        asked = shapes.Reference.model_validate_json(await intake.text(request, bounds.text_bytes, bounds.upload_s))
        if asked.assetLength > bounds.upload_bytes:
            raise Refusal(400, f"a file may have {bounds.upload_bytes:,} bytes")
        allowed = {"fetch_bytes": asked.assetLength, "fetch_s": bounds.upload_s}
        limits = options.limits.model_copy(update=allowed)
        async with intakes.folder() as folder:
            try:
                got = await asyncio.to_thread(fetch.fetch, asked.referenceUrl, folder, limits, guard=guard)
            except (NetworkRefused, FetchFailed, OverLimit) as error:
                raise Refusal(400, str(error)) from None
            if not got.final_url.startswith("https:"):
                raise Refusal(400, "the file does not lie under https")
            kind = (got.content_type or "").partition(";")[0].strip()
            if asked.assetType is not None and kind != asked.assetType.strip().lower():
                raise Refusal(400, "what the URL brings is of another type than assetType says")
            return await _looked_at(got.path, wanted, options, intakes)


def _services(api: "APIRouter", options: Settings, references: bool, count: Authorise | None) -> None:
    from fastapi import Depends

    registry = Registry(options.database_url)

    @api.get("/services/supportedAlgorithms")
    def supported() -> shapes.Algorithms:
        return shapes.Algorithms(watermarks=[shapes.Watermark(alg=alg) for alg in WATERMARKS], fingerprints=[])

    @api.get("/services/capabilities")
    def capabilities() -> shapes.Capabilities:
        offered = ["queryByContent", *(["queryByReference"] if references else [])]
        return shapes.Capabilities(c2paSpecificationVersion=VERSION, supportedCapabilities=offered)

    @api.get("/services/status", dependencies=[Depends(_hook(count))] if count else [])
    def status() -> shapes.Status:
        now = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
        return shapes.Status(status="ok" if matching.readable(registry) else "down", timestamp=now)


async def _looked_at(path: Path, wanted: Wanted, options: Settings, intakes: uploads.Intakes) -> shapes.Matches:
    bounds = intakes.bounds
    cpu_s = min(bounds.look_cpu_s, options.limits.child_cpu_s)
    strict = options.model_copy(update={"limits": options.limits.model_copy(update={"child_cpu_s": cpu_s})})
    async with intakes.look():
        return shapes.Matches(matches=await asyncio.to_thread(matching.by_content, path, wanted, strict))


# What all paths share ------------------------------------------------------------------------------------------------


def _wanted() -> Callable[..., Wanted]:
    """Make the reader of the parameters that a query by a file has."""
    from fastapi import Query

    def read(
        alg: Annotated[str | None, Query(max_length=shapes.MAX_TEXT)] = None,
        most: Annotated[int, Query(alias="maxResults", ge=1)] = 10,
        hint_alg: Annotated[str | None, Query(alias="hintAlg", max_length=shapes.MAX_TEXT)] = None,
        hint_value: Annotated[str | None, Query(alias="hintValue", max_length=shapes.MAX_TEXT)] = None,
    ) -> Wanted:
        if (hint_alg is None) != (hint_value is None):
            raise Refusal(400, "hintAlg and hintValue belong together")
        hint = matching.payload_in(hint_alg, hint_value) if hint_alg is not None and hint_value is not None else None
        return Wanted(min(most, MOST_RESULTS), alg, hint)

    return read


def _hook(authorise: Authorise) -> Callable[..., Awaitable[None]]:
    from fastapi import Request

    async def asked(request: Request) -> None:
        answer = authorise(request)
        if answer is not None:
            await answer

    return asked


def _route_class() -> "type[APIRoute]":
    """Make routes that answer errors in the API's numbers: 400 where FastAPI says 422, and ours by what they mean."""
    from fastapi.exceptions import RequestValidationError
    from fastapi.responses import JSONResponse
    from fastapi.routing import APIRoute
    from pydantic import ValidationError
    from starlette.requests import Request
    from starlette.responses import Response

    class Route(APIRoute):
        def get_route_handler(self) -> Callable[[Request], Any]:
            handle = super().get_route_handler()

            async def answer(request: Request) -> Response:
                try:
                    return await handle(request)
                except (RequestValidationError, ValidationError, Refusal, Problem, CountermarkError) as error:
                    status, detail = _explained(error)
                    headers = error.headers if isinstance(error, Problem) else None
                    return JSONResponse({"detail": detail}, status, headers)

            return answer

    return Route


def _explained(error: Exception) -> tuple[int, str]:
    """Give the status of an error, and what whoever asked may know of it."""
    if isinstance(error, Refusal):
        return error.status, error.detail
    if isinstance(error, Problem):
        return 400 if error.kind.status == 422 else error.kind.status, error.detail
    if isinstance(error, _NO_VIDEO):
        return 415, str(error)
    if isinstance(error, OverLimit):
        return 413, str(error)
    if isinstance(error, CountermarkError):
        log.error("a query failed: %s", error)
        return 500, "the service failed; its log says why"
    first = next(iter(getattr(error, "errors", list)()), {"loc": (), "msg": "it cannot be read"})
    return 400, f"{'.'.join(str(part) for part in first['loc'])}: {first['msg']}"[:300]
