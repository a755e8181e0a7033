"""Checks that their tenant shows to everybody: who has the link sees the result, and nothing of where it came from."""
# FastAPI reads the annotations of what is defined inside functions: they must not be put off.

from typing import TYPE_CHECKING, Annotated
from urllib.parse import quote

from ...accounts import Caller
from ...errors import CheckUnfit
from ..who import needs
from . import access, people_shapes
from .examples import PUBLICATION, PUBLICATION_NONE, answers

if TYPE_CHECKING:
    from fastapi import APIRouter

    from ...docket import Check
    from ..service import Service


def router(service: "Service") -> "APIRouter":
    """Serve them."""
    from fastapi import APIRouter, Depends

    made = APIRouter(tags=["checks"])
    Reviewer = Annotated[Caller, Depends(needs("findings:write"))]

    @made.get(
        "/checks/{check_id}/publication",
        response_model=people_shapes.PublicationShown,
        responses=answers(200, PUBLICATION, 401, 403, 404, 410),
    )
    def get_publication(check_id: str, caller: Reviewer) -> people_shapes.PublicationShown:
        """Say whether a check is shown to everybody, and since when."""
        check = access.of_staff(service, caller, check_id)
        return _shown(service, check, service.docket.published(check.id))

    @made.put(
        "/checks/{check_id}/publication",
        response_model=people_shapes.PublicationShown,
        responses=answers(200, PUBLICATION, 401, 403, 404, 409, 410),
    )
    def publish(check_id: str, caller: Reviewer) -> people_shapes.PublicationShown:
        """Show a check to everybody: verdict, reasons, what was found, and the history as it goes on.

        Neither names nor addresses of the file, its pictures, people, what they wrote, nor what was decided about it.
        """
        check = access.of_staff(service, caller, check_id)
        return _shown(service, check, published_by(service, check, caller))

    @made.delete(
        "/checks/{check_id}/publication",
        response_model=people_shapes.PublicationShown,
        responses=answers(200, PUBLICATION_NONE, 401, 403, 404, 410),
    )
    def withdraw(check_id: str, caller: Reviewer) -> people_shapes.PublicationShown:
        """Show it to everybody no more."""
        check = access.of_staff(service, caller, check_id)
        withdrawn_by(service, check, caller)
        return _shown(service, check, None)

    return made


def published_by(service: "Service", check: "Check", caller: Caller) -> str:
    """Show a check to everybody, and give since when; not what a restricted bank has closed."""
    if service.banks.closed(check.id):
        raise CheckUnfit(f"check {check.id} is closed by a bank", advice="what a restricted bank closes is not shown")
    return service.docket.publish(check.id, caller.made_by, tenant_id=check.tenant_id)


def withdrawn_by(service: "Service", check: "Check", caller: Caller) -> None:
    """Show it to everybody no more."""
    service.docket.withdraw(check.id, caller.made_by, tenant_id=check.tenant_id)


def _shown(service: "Service", check: "Check", since: str | None) -> people_shapes.PublicationShown:
    base = service.options.service.public_url.rstrip("/")
    return people_shapes.PublicationShown(check=check.id, since=since, address=f"{base}/c/{quote(check.id)}")
