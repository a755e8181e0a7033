"""What may stand in a query: the names that a route knows. Who says another wants something, and would not get it."""
# FastAPI reads the annotations of what is defined inside functions: they must not be put off.

from collections.abc import Callable
from typing import Any

from ..problems import Problem
from ..who import SAFE


def only_known() -> Callable[..., None]:
    """Make a dependency of reading routes that refuses other names than the route's own."""
    from fastapi import Request

    def refuse(request: Request) -> None:
        route: Any = request.scope["route"]
        known = sorted(one.alias for one in route.dependant.query_params)
        unknown = sorted(set(request.query_params) - set(known))
        if unknown and request.method in SAFE:
            advice = f"this route takes {', '.join(known)}" if known else "this route takes nothing in its query"
            raise Problem("unprocessable", f"nothing here is called {unknown[0][:80]!r}", advice=advice)

    return refuse
