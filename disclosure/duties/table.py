"""The table of an audit: one file, held to one law on one day. Values only, as reports carry them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from .subject import Basis

Outcome = Literal["met", "not met", "not decidable"]


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
