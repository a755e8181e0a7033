"""The public, permanent page of a registered record. It names who released it with what, and nobody else.

Whoever has a manifest's id, which the file carries, may read it; no account is asked for, and nothing personal is told.
"""

# FastAPI reads the annotations of what is defined inside functions: they must not be put off.

from typing import TYPE_CHECKING

from ...errors import UnknownRecord
from ...evidence.text import plain, without_places
from .shell import anybody, page

if TYPE_CHECKING:
    from fastapi import APIRouter

    from ..service import Service

MOST_ID = 512


def add(made: "APIRouter", service: "Service") -> None:
    """Serve it."""
    from fastapi import Request, Response

    options = service.options

    @made.get("/r/{manifest_id:path}")
    def record_page(manifest_id: str, request: Request) -> Response:
        """Show what is known of a record."""
        caller = anybody(request, service)
        found = service.registry.by_manifest(manifest_id) if len(manifest_id) <= MOST_ID else None
        if found is None:
            raise UnknownRecord(f"no record of {plain(manifest_id)[:80]}")
        shown = {name: without_places(plain(getattr(found, name))) for name in ("issuer", "model", "status_reason")}
        return page(request, options, "record.html", caller=caller, record=found, shown=shown, asked=manifest_id)
