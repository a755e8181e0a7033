"""What a template needs to show one check: its words and addresses. Knows values; asks no database."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from ...bundle import may_sign
from ...detector.report.words import DRIVERS
from ...docket.values import PUBLIC, Check, CheckPicture, Revision
from ...evidence import Evidence
from ...settings import Settings
from ...verdict import Verdict
from ..links import Links
from ..v1.shapes import picture_path
from . import explained, words
from .cards import cards
from .languages import N_, Language, catalogue

if TYPE_CHECKING:
    from ..service import Service

AND = N_(" and ")
LOOKED_FOR = ("credentials", "declarations", "watermark", "detector", "detector-changes")  # by every check


def result_values(check: Check, verdict: Verdict, service: Service, language: Language) -> dict[str, Any]:
    """Give what `result.html` shows, but for what depends on who asks."""
    say = catalogue(language).gettext
    basis = say(AND).join(say(explained.BASIS[one]) for one in verdict.basis)
    return {
        "check": check,
        "verdict": verdict,
        "cards": cards(verdict, () if service.banks.closed(check.id) else check.pictures),
        "basis": basis,
        "permalink": permalink(check, service.options),
        "anonymous": check.tenant_id == PUBLIC,
        "picture": lambda one: picture_address(check, one, service.links),
        "signs": may_sign(service.options),
        "revised_by": revised_by,
        "driver_words": lambda name: say(DRIVERS.get(str(name), str(name))),
    }


def progress_values(check: Check) -> dict[str, Any]:
    """Give what a page shows while a check is under way."""
    return {"check": check, "examiners": examiners(check.evidence)}


def examiners(evidence: Sequence[Evidence]) -> tuple[tuple[str, Evidence | None], ...]:
    """Give each examiner's name, with what it saw so far: first those that every check asks.

    >>> [name for name, _ in examiners(())]
    ['credentials', 'declarations', 'watermark', 'detector', 'detector-changes']
    """
    seen = {one.examiner: one for one in evidence}
    names = dict.fromkeys((*LOOKED_FOR, *(name for name in words.EXAMINERS if name in seen), *seen))
    return tuple((name, seen.get(name)) for name in names)


def permalink(check: Check, options: Settings) -> str:
    """Give the address under which people find a check."""
    return f"{options.service.public_url.rstrip('/')}/c/{quote(check.id)}"


def picture_address(check: Check, picture: CheckPicture, links: Links) -> str:
    """Give a link to a picture that holds for a short time: for this view."""
    return links.made(picture_path(check.id, picture.name), time.time()).path


def revised_by(revision: Revision) -> str:
    """Give who made a revision, without an account's id.

    >>> from types import SimpleNamespace
    >>> revised_by(SimpleNamespace(who="person:per_abc Ann")), revised_by(SimpleNamespace(who="person:per_abc"))
    ('Ann', 'a person')
    """
    kind, _, name = revision.who.partition(" ")
    if not kind.startswith("person:"):
        return revision.who
    return name or "a person"
