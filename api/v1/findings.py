"""What people concluded, having looked: their own Evidence, folded with the rest into a verdict of its own revision.

Also the pages of a check's history: each revision stays as it was written.
"""
# FastAPI reads the annotations of what is defined inside functions: they must not be put off.

from typing import TYPE_CHECKING, Annotated

from ...accounts import Caller
from ...errors import CheckUnfit
from ...evidence import Evidence, HumanDetails
from ...rejudging import judged_again, recovered_again
from ...verdict import Verdict
from ...verify import versions
from ..who import needs
from . import access, shapes
from .examples import FINDING, REVISION, answers, body

if TYPE_CHECKING:
    from fastapi import APIRouter

    from ...docket import Check, Revision
    from ..service import Service

EXAMINER, VERSION = "human", "1"


def router(service: "Service") -> "APIRouter":
    """Serve findings and revisions."""
    from fastapi import APIRouter

    made = APIRouter(tags=["checks"])
    _findings(made, service)
    _history(made, service)
    return made


def _findings(made: "APIRouter", service: "Service") -> None:
    from fastapi import Depends

    @made.post(
        "/checks/{check_id}/findings",
        status_code=201,
        response_model=shapes.RevisionWhole,
        openapi_extra=body(FINDING),
        responses=answers(201, REVISION, 401, 403, 404, 409, 410),
    )
    def add_finding(
        check_id: str, asked: shapes.FindingAsked, caller: Annotated[Caller, Depends(needs("findings:write"))]
    ) -> shapes.RevisionWhole:
        """Add what a person concluded; the verdict is folded anew, as a revision with who, when and why."""
        check = access.of_staff(service, caller, check_id)
        revision = found_by(service, check, caller, asked)
        return shapes.revision_whole(revision)

    @made.post(
        "/checks/{check_id}/again",
        response_model=shapes.RevisionWhole,
        responses=answers(200, REVISION, 401, 403, 404, 409, 410),
    )
    def look_up_again(
        check_id: str, caller: Annotated[Caller, Depends(needs("findings:write"))]
    ) -> shapes.RevisionWhole:
        """Look up again what the file leads to: its record may be revoked by now, or its signer believed.

        Pictures are not looked at again. Where nothing has changed, the latest verdict is given, and stays the latest.
        """
        check = access.of_staff(service, caller, check_id)
        return shapes.revision_whole(looked_up_again(service, check, caller))


def _history(made: "APIRouter", service: "Service") -> None:
    from fastapi import Depends

    @made.get(
        "/checks/{check_id}/revisions/{number}",
        response_model=shapes.RevisionWhole,
        responses=answers(200, REVISION, 404, 410),
    )
    def get_revision(
        check_id: str, number: int, caller: Annotated[Caller, Depends(needs("checks:read"))]
    ) -> shapes.RevisionWhole:
        """Give one verdict of a check's history as it was written."""
        check = access.shown(service, caller, check_id)
        found = next((one for one in check.revisions if one.number == number), None)
        if found is None:
            raise access.missing("revision", f"{number} of check {check_id}")
        return shapes.revision_whole(found)


def found_by(service: "Service", check: "Check", caller: Caller, asked: shapes.FindingAsked) -> "Revision":
    """Fold a person's finding with what was seen; whoever changes their mind takes the place of what they said."""
    verdict, latest = _verdict(check), check.revisions[-1]
    who = named(caller)
    human = HumanDetails(asked.says, who, asked.why)
    finding = Evidence(verdict.subject, "video", EXAMINER, VERSION, "present", details=human)
    return service.docket.revise(
        check.id,
        judged_again(verdict, finding),
        who=who,
        why="human",
        note=asked.why,
        versions=latest.versions,
        after=asked.after or latest.number,
        tenant_id=check.tenant_id,
    )


def looked_up_again(service: "Service", check: "Check", caller: Caller) -> "Revision":
    """Look up anew what the check's file leads to: by whom we trust now, and how its record stands."""
    from ...media.look import looked_from_json

    verdict, latest = _verdict(check), check.revisions[-1]
    kept = service.docket.looked(check.id)
    if kept is None:
        raise CheckUnfit(f"what was seen of check {check.id} is not kept", advice="check the file again")
    looked = looked_from_json({name: value for name, value in kept.items() if name != "recovered"})
    again = recovered_again(looked, verdict, service.options)
    if again == verdict:
        return latest
    return service.docket.revise(
        check.id,
        again,
        who=named(caller),
        why="trust",
        note="looked up again",
        versions=versions(service.options),
        after=latest.number,
        tenant_id=check.tenant_id,
    )


def named(caller: Caller) -> str:
    """Name who did something, as a revision keeps it: the account, and the name that people know."""
    return f"{caller.made_by} {caller.name}".strip()


def _verdict(check: "Check") -> Verdict:
    if check.verdict is None:
        raise CheckUnfit(f"check {check.id} has no verdict yet", advice="wait for its result")
    return check.verdict
