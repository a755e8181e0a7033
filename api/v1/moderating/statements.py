"""Statements of reasons, the notices beside them, and the transparency report. Sends nothing."""
# FastAPI reads the annotations of what is defined inside functions: they must not be put off.

import io
import tempfile
import zipfile
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal
from urllib.parse import urlsplit

from ....accounts import Caller
from ....docket import cursors
from ....errors import ModerationMissing
from ....moderation.deciding import Deciding
from ....moderation.statements import Gathering, Kept, Period, Redress, Report, Statements, write
from ....moderation.statements import notice as told
from ....moderation.statements.language import Language
from ....moderation.statements.notice import To
from ....moderation.statements.values import State
from ...problems import Problem
from ...who import needs
from ..examples import answers
from . import statements_shapes as shapes

if TYPE_CHECKING:
    from fastapi import APIRouter

    from ....settings import Settings
    from ...service import Service

ZIP = "application/zip"
MOST_DAYS = 366  # of one report


def router(service: "Service") -> "APIRouter":
    """Serve them."""
    from fastapi import APIRouter

    made = APIRouter(tags=["statements"])
    gathering, statements = Gathering(service.options), Statements(service.options)
    _stating(made, service, gathering, statements)
    _telling(made, service, gathering)
    _reporting(made, service, gathering)
    return made


def _stating(made: "APIRouter", service: "Service", gathering: Gathering, statements: Statements) -> None:
    from fastapi import Depends, Query
    from fastapi import Path as InPath

    Reader = Annotated[Caller, Depends(needs("moderation:read"))]
    Id = Annotated[str, InPath(max_length=80)]
    listed = {"statements": [shapes.STATEMENT], "next": None}
    deciding = Deciding(service.options, desk=service.desk)

    @made.get("/statements", responses=answers(200, listed, 401, 403, 409))
    def list_statements(
        caller: Reader,
        state: State | None = None,
        cursor: Annotated[str | None, Query(max_length=200)] = None,
        limit: Annotated[int, Query(ge=1, le=200)] = 50,
    ) -> shapes.StatementsShown:
        """List statements that are laid down, oldest first."""
        found = statements.of_tenant(caller.tenant_id, state=state, after=cursors.place(cursor), limit=limit)
        return shapes.StatementsShown(statements=[shapes.kept(one) for one in found], next=_next(found, limit))

    @made.get("/statements/{decision_id}", responses=answers(200, shapes.STATEMENT, 401, 403, 404))
    def get_statement(decision_id: Id, caller: Reader) -> shapes.StatementShown:
        """Look at a statement that is laid down; its id is that of its decision."""
        return shapes.kept(statements.get(decision_id, caller.tenant_id))

    @made.get("/decisions/{decision_id}/statement", responses=answers(200, shapes.STATEMENT, 401, 403, 404))
    def get_statement_of(decision_id: Id, caller: Reader, language: Language = "en") -> shapes.StatementShown:
        """Give the statement of a decision: as it was laid down, else as it would be. 422 says what it lacks."""
        decision = deciding.get(decision_id, caller.tenant_id)
        try:
            return shapes.kept(statements.get(decision_id, caller.tenant_id))
        except ModerationMissing:
            return shapes.draft(decision.id, gathering.statement(decision, language))


def _telling(made: "APIRouter", service: "Service", gathering: Gathering) -> None:
    from fastapi import Depends
    from fastapi import Path as InPath

    Reader = Annotated[Caller, Depends(needs("moderation:read"))]
    deciding, redress = Deciding(service.options, desk=service.desk), _redress(service.options)

    @made.get("/decisions/{decision_id}/notice", responses=answers(200, shapes.NOTICE, 401, 403, 404))
    def get_notice(
        decision_id: Annotated[str, InPath(max_length=80)],
        caller: Reader,
        to: To = "uploader",
        language: Language = "en",
    ) -> shapes.NoticeShown:
        """Give what one side is told of a decision: what, why, by whom, and how to contest it."""
        decision = deciding.get(decision_id, caller.tenant_id)
        facts = gathering.facts(decision)
        return shapes.notice(told(decision, gathering.ground(decision), facts, redress, to, language))


def _reporting(made: "APIRouter", service: "Service", gathering: Gathering) -> None:
    from fastapi import Depends, Query, Response

    shown: dict[Any, Any] = answers(200, shapes.REPORT, 401, 403)
    shown[200]["content"][ZIP] = {"schema": {"type": "string", "format": "binary"}}

    @made.get("/transparency", response_model=shapes.ReportShown, responses=shown)
    def get_report(
        caller: Annotated[Caller, Depends(needs("moderation:read"))],
        first: Annotated[date, Query(alias="from", description="the first day, in UTC")],
        last: Annotated[date, Query(alias="to", description="the last day")],
        form: Annotated[Literal["json", "zip"], Query(description="zip: the template's files, as CSV")] = "json",
    ) -> Any:
        """Count what was decided, noticed and complained about from one day to another."""
        if not 0 <= (last - first).days < MOST_DAYS or last == date.max:
            raise Problem("unprocessable", f"a report is of 1 to {MOST_DAYS} days, from the first to the last")
        period = Period(_platform(service.options), first, last)
        report = gathering.report(caller.tenant_id, first, last)
        if form == "json":
            return shapes.report(period.service, first, last, report)
        name = f"transparency-{first}-{last}.zip"
        return Response(_packed(report, period), media_type=ZIP, headers=_attached(name))


def _next(found: tuple[Kept, ...], limit: int) -> str | None:
    if len(found) < limit:
        return None
    return cursors.after({"created_at": found[-1].made_at, "id": found[-1].decision_id})


def _packed(report: Report, period: Period) -> bytes:
    packed = io.BytesIO()
    with tempfile.TemporaryDirectory(prefix="countermark-") as folder:
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            for path in write(report, period, Path(folder)):
                archive.write(path, path.name)
    return packed.getvalue()


def _attached(name: str) -> dict[str, str]:
    return {"Content-Disposition": f'attachment; filename="{name}"'}


def _platform(options: "Settings") -> str:
    """Give who runs the service; without a name, where it is reached."""
    return options.service.operator.strip() or urlsplit(options.service.public_url).netloc


def _redress(options: "Settings") -> Redress:
    ours = options.service
    return Redress(_platform(options), ours.operator_contact.strip() or ours.public_url)
