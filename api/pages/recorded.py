"""The public, permanent page of a registered record. It names who released it with what, and nobody else.

Whoever has a manifest's id, which the file carries, may read it; no account is asked for, and nothing personal is told.
"""

# FastAPI reads the annotations of what is defined inside functions: they must not be put off.

from typing import TYPE_CHECKING

from ...errors import UnknownRecord
from ...evidence.text import plain
from ..v1.records import known as found_public
from ..v1.records import public
from ..who import count_anybody, known
from . import staff
from .shell import page

if TYPE_CHECKING:
    from fastapi import APIRouter

    from ..service import Service

MOST_ID = 512


def add(made: "APIRouter", service: "Service") -> None:
    """Serve it."""
    from fastapi import Request, Response

    options = service.options
    staff.add_revoking(made, service)  # before the page of a record, which takes any path

    @made.get("/r/{manifest_id:path}")
    def record_page(manifest_id: str, request: Request) -> Response:
        """Show what is known of a record."""
        count_anybody(request, service)
        if len(manifest_id) > MOST_ID:
            raise UnknownRecord(f"no record of {plain(manifest_id)[:80]}")
        caller, found = known(request, service), found_public(service, manifest_id)
        more = staff.record_values(request, caller, found)
        return page(request, options, "record.html", caller=caller, record=public(found, options), **more)
