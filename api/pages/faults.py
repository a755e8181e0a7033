"""Errors as pages: what is wrong, and what to do. A route of pages answers every error of ours so."""

# FastAPI reads the annotations of what is defined inside functions: they must not be put off.

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ...errors import CountermarkError
from ...settings import Settings
from .. import problems
from ..problems import Problem
from .shell import page

if TYPE_CHECKING:
    from fastapi.routing import APIRoute
    from starlette.requests import Request
    from starlette.responses import Response

log = logging.getLogger(__name__)


def page_of(request: "Request", options: Settings, problem: Problem) -> "Response":
    """Answer with the page of a problem."""
    state = request.scope.get("state", {})
    return page(
        request,
        options,
        "error.html",
        caller=state.get("caller"),
        status=problem.kind.status,
        headers=problem.headers,
        problem=problem,
        request_id=state.get("request_id", ""),
    )


def route_class(options: Settings) -> "type[APIRoute]":
    """Make routes whose errors are pages."""
    from fastapi.exceptions import RequestValidationError
    from fastapi.routing import APIRoute
    from starlette.exceptions import HTTPException

    class Route(APIRoute):
        def get_route_handler(self) -> Callable[["Request"], Any]:
            handle = super().get_route_handler()

            async def answer(request: "Request") -> "Response":
                try:
                    return await handle(request)
                except Problem as problem:
                    found = problem
                except CountermarkError as error:
                    found = problems.of_error(error)
                except HTTPException as error:
                    found = problems.of_status(error.status_code, error.detail, error.headers)
                except RequestValidationError as error:
                    found = problems.of_validation(error)
                if found.kind.status >= 500:
                    log.error("a page failed: %s: %s", found.kind.name, found.__cause__ or found.__context__)
                return page_of(request, options, found)

            return answer

    return Route
