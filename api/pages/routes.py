"""The addresses of the pages: the start, the style, the choice of language and theme, and those of each kind."""

# FastAPI reads the annotations of what is defined inside functions: they must not be put off.

from typing import TYPE_CHECKING, Annotated

from ...settings import Settings
from ..problems import Problem
from ..who import is_secure
from . import checking, explained, member, moderating, recorded, reviewing, staff
from .assets import assets
from .faults import route_class
from .forms import Fields, fields
from .languages import LANGUAGES
from .shell import LANGUAGE_COOKIE, THEME_COOKIE, THEMES, anybody, back_to, page

if TYPE_CHECKING:
    from fastapi import APIRouter

    from ..service import Service

_YEAR_S = 365 * 24 * 3600
_HOUR_S = 3600


def router(service: "Service") -> "APIRouter":
    """Serve all pages."""
    from fastapi import APIRouter

    made = APIRouter(route_class=route_class(service.options), include_in_schema=False)
    _statics(made)
    _look(made, service.options)
    _plain(made, service)
    checking.add(made, service)
    staff.add(made, service)
    recorded.add(made, service)
    member.add(made, service)
    reviewing.add(made, service)
    moderating.add(made, service)
    return made


def _statics(made: "APIRouter") -> None:
    from fastapi import Request, Response

    @made.get("/static/{name:path}")
    def static(name: str, request: Request) -> Response:
        asset = assets().get(name)
        if asset is None:
            raise Problem("not-found", "there is no such file")
        tag = f'"{asset.digest[:32]}"'
        kept = _YEAR_S if request.query_params.get("v") == asset.digest[:12] else _HOUR_S
        headers = {"ETag": tag, "Cache-Control": f"public, max-age={kept}{', immutable' if kept == _YEAR_S else ''}"}
        if request.headers.get("if-none-match") == tag:
            return Response(status_code=304, headers=headers)
        return Response(asset.data, media_type=asset.media_type, headers=headers)


def _look(made: "APIRouter", options: Settings) -> None:
    from fastapi import Depends, Response
    from fastapi.responses import RedirectResponse

    secure = is_secure(options)

    @made.post("/look")
    def look(form: Annotated[Fields, Depends(fields())]) -> Response:
        """Keep a choice of theme or language in the browser, and go back."""
        answer = RedirectResponse(back_to(form.one("back") or "/"), 303)
        for name, known, cookie in (("theme", THEMES, THEME_COOKIE), ("language", LANGUAGES, LANGUAGE_COOKIE)):
            chosen = form.one(name)
            if chosen in known:
                answer.set_cookie(cookie, chosen, _YEAR_S, path="/", secure=secure, httponly=True, samesite="lax")
        return answer


def _plain(made: "APIRouter", service: "Service") -> None:
    from fastapi import Request, Response

    options = service.options

    @made.get("/verdicts")
    def verdicts(request: Request) -> Response:
        return page(request, options, "verdicts.html", caller=anybody(request, service), rows=explained.TABLE)

    @made.get("/api")
    def api(request: Request) -> Response:
        """Say to people what the API is, and how one begins."""
        base = options.service.public_url.rstrip("/")
        return page(request, options, "api.html", caller=anybody(request, service), base=base)
