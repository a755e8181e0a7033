"""What people concluded, having looked: their own Evidence, folded with the rest into a verdict of its own revision.

Also the pages of a check's history: each revision stays as it was written.
"""
# FastAPI reads the annotations of what is defined inside functions: they must not be put off.

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated
from uuid import uuid4

from ...accounts import Caller
from ...docket import Change
from ...errors import CheckUnfit
from ...evidence import Evidence, HumanDetails
from ...rejudging import judged_again
from ...verdict import Verdict
from ..who import needs
from . import access, people_shapes, shapes
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
        check_id: str, asked: people_shapes.FindingAsked, caller: Annotated[Caller, Depends(needs("findings:write"))]
    ) -> shapes.RevisionWhole:
        """Add what a person concluded; the verdict is folded anew, as a revision with who, when and why."""
        check = access.of_staff(service, caller, check_id)
        return _shown(check, found_by(service, check, caller, asked), caller)

    @made.post(
        "/checks/{check_id}/again",
        status_code=202,
        response_model=shapes.RevisionWhole,
        responses=answers(202, REVISION, 401, 403, 404, 409, 410),
    )
    def look_up_again(
        check_id: str, caller: Annotated[Caller, Depends(needs("findings:write"))]
    ) -> shapes.RevisionWhole:
        """Have the check judged anew: by the model, the trust and the registry as they stand now.

        A worker looks at the file again; where that is gone, only what was seen of it is looked up anew. Gives the
        latest verdict as it is; it stays the latest unless the new one tells something else.
        """
        check = access.of_staff(service, caller, check_id)
        ask_again(service, check, caller)
        return _shown(check, check.revisions[-1], caller)


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


def found_by(service: "Service", check: "Check", caller: Caller, asked: people_shapes.FindingAsked) -> "Revision":
    """Fold a person's finding with what was seen; whoever changes their mind takes the place of what they said."""
    who = named(caller)

    def change(check: "Check") -> "Change":
        verdict, latest = _verdict(check), check.revisions[-1]
        if asked.after not in (None, latest.number):
            advice = "look at the check anew, then decide"
            raise CheckUnfit(f"check {check.id} has got revision {latest.number} meanwhile", advice=advice)
        human = HumanDetails(asked.says, who, asked.why)
        finding = Evidence(verdict.subject, "video", EXAMINER, VERSION, "present", details=human)
        return Change(judged_again(verdict, finding), who, "human", asked.why, latest.versions)

    return service.docket.revise_from(check.id, change, tenant_id=check.tenant_id)


def ask_again(service: "Service", check: "Check", caller: Caller) -> None:
    """Let a worker judge a check anew."""
    _verdict(check)
    if check.object_key is None and service.docket.looked(check.id) is None:
        raise CheckUnfit(f"what was seen of check {check.id} is not kept", advice="check the file again")
    service.jobs.enqueue_again(check.id, named(caller), uuid4().hex, "live")


def _shown(check: "Check", revision: "Revision", caller: Caller) -> shapes.RevisionWhole:
    """Give a revision of a check without what the caller may not see."""
    return shapes.revision_whole(access.shown_of(replace(check, revisions=(revision,)), caller).revisions[0])


def named(caller: Caller) -> str:
    """Name who did something, as a revision keeps it: the account, and the name that people know."""
    return f"{caller.made_by} {caller.name}".strip()


def _verdict(check: "Check") -> Verdict:
    if check.verdict is None:
        raise CheckUnfit(f"check {check.id} has no verdict yet", advice="wait for its result")
    return check.verdict
