"""From a profile and what was seen of a file to a table of duties: the same subject and day give the same table."""

from __future__ import annotations

from datetime import date

from .profile import Duty, Profile
from .rules import AllOf, Ask
from .subject import Subject
from .table import Audit, Outcome, Reference, Row
from .vocabulary import Nothing

_OUTCOMES: dict[bool | None, Outcome] = {True: "met", False: "not met", None: "not decidable"}
_STAYS = Ask("operator", Nothing())


def audit(subject: Subject, profile: Profile, on: date) -> Audit:
    """Hold what was seen of a file to a law as it stands on that day."""
    about = profile.profile
    return Audit(
        profile=about.id,
        title=about.title,
        law=about.law,
        jurisdiction=about.jurisdiction,
        version=about.version.isoformat(),
        on=on.isoformat(),
        rows=tuple(_row(duty, subject, on) for duty in profile.duty),
        sources=tuple(Reference(s.id, s.title, s.url, s.seen.isoformat(), s.kind) for s in profile.source),
    )


def _row(duty: Duty, subject: Subject, on: date) -> Row:
    partly = duty.stays_with_operator and duty.check != _STAYS
    answer = (AllOf((duty.check, _STAYS)) if partly else duty.check).answer(subject)
    return Row(
        duty=duty.id,
        article=duty.article,
        who=duty.who,
        says=duty.says,
        since=duty.since.isoformat(),
        until=duty.until.isoformat() if duty.until else None,
        in_force=duty.in_force(on),
        outcome=_OUTCOMES[answer.met],
        basis=answer.basis,
        evidence=answer.evidence,
        advice=None if answer.met else answer.advice or duty.advice,
        sources=duty.sources,
    )
