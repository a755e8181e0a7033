"""From a profile and what was seen of a file to a table of duties: the same subject and day give the same table."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

from .profile import Duty, Profile
from .rules import AllOf, Ask
from .subject import Basis, Subject
from .vocabulary import Nothing

Outcome = Literal["met", "not met", "not decidable"]
_OUTCOMES: dict[bool | None, Outcome] = {True: "met", False: "not met", None: "not decidable"}
_STAYS = Ask("operator", Nothing())


@dataclass(frozen=True)
class Row:
    """One duty, and what the file shows of it."""

    duty: str
    article: str
    who: str  # whom the law asks: provider, deployer, platform, distributor
    says: str  # in our own words
    since: str  # ISO 8601
    until: str | None
    in_force: bool  # on the day of the audit
    outcome: Outcome
    basis: Basis | None  # what a duty that is met rests on: the file, the mark in its pictures, or its looks
    evidence: str
    advice: str | None  # what to do; None where it is met
    sources: tuple[str, ...]  # ids


@dataclass(frozen=True)
class Reference:
    """Where duties can be read up."""

    id: str
    title: str
    url: str
    seen: str
    kind: str


@dataclass(frozen=True)
class Audit:
    """One file, held to one law on one day."""

    profile: str
    title: str
    law: str
    jurisdiction: str
    version: str  # of the profile's file: a date
    on: str
    rows: tuple[Row, ...]
    sources: tuple[Reference, ...] = ()

    @property
    def failed(self) -> tuple[Row, ...]:
        """Duties in force that are not met."""
        return tuple(row for row in self.rows if row.in_force and row.outcome == "not met")

    def count(self, outcome: Outcome, in_force: bool = True) -> int:
        """Count rows."""
        return sum(row.outcome == outcome and row.in_force is in_force for row in self.rows)


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
        advice=None if answer.met else duty.advice,
        sources=duty.sources,
    )
