"""What the uploader and the reporter are told of a decision: as text, and as HTML that is safe to show. No I/O.

It has what Articles 16(5) and 17(3) of Regulation (EU) 2022/2065 ask for: the measure, where and for how long, facts,
automated means, the ground, and how to contest it. Nobody who reported is named.
"""

from __future__ import annotations

import html
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from ...errors import StatementInvalid
from ..policies import Ground
from ..values import Decision
from . import fields
from .building import automated, detected_by_automated_means, facts, visibility
from .language import N_, Language, catalogue
from .values import ItemFacts

To = Literal["uploader", "reporter"]
APPEAL_DAYS = 184  # six months at least, Article 20
_BODIES = "https://digital-strategy.ec.europa.eu/en/policies/dsa-out-court-dispute-settlement"

_DONE = {
    fields.REMOVED: N_("removed"),
    fields.DISABLED: N_("made inaccessible"),
    fields.DEMOTED: N_("shown less prominently"),
    fields.AGE_RESTRICTED: N_("shown only to those of a certain age"),
    fields.INTERACTION_RESTRICTED: N_("restricted in how others may interact with it"),
    fields.LABELLED: N_("labelled"),
}


@dataclass(frozen=True)
class Redress:
    """How a decision is contested at this platform."""

    platform: str
    appeal_address: str  # where complaints are handed in: a page or an address
    settlement_address: str = _BODIES  # where the certified bodies are listed


@dataclass(frozen=True)
class Part:
    """One point of a notice."""

    name: str  # for tests and styles, the same in every language
    title: str
    lines: tuple[str, ...]


@dataclass(frozen=True)
class Notice:
    """What one person is told."""

    subject: str
    parts: tuple[Part, ...]
    language: Language

    @property
    def text(self) -> str:
        """As plain text."""
        said = [self.subject]
        for part in self.parts:
            said += ["", part.title, *part.lines]
        return "\n".join(said) + "\n"

    @property
    def html(self) -> str:
        """As one element of HTML, in which everything that was said is escaped."""
        said = "".join(
            f'<section class="{part.name}"><h3>{html.escape(part.title)}</h3>'
            + "".join(f"<p>{html.escape(line)}</p>" for line in part.lines)
            + "</section>"
            for part in self.parts
        )
        return f'<article lang="{self.language}"><h2>{html.escape(self.subject)}</h2>{said}</article>'


def notice(
    decision: Decision, ground: Ground | None, item: ItemFacts, redress: Redress, to: To, language: Language = "en"
) -> Notice:
    """Tell one of both sides; `ground` may lack only where nothing was done, of which only the reporter is told."""
    if not redress.platform.strip() or not redress.appeal_address.strip():
        raise StatementInvalid("a notice names the platform, and where a complaint is handed in")
    if decision.actions and ground is None:
        raise StatementInvalid(
            "a notice of a restriction names its ground, and no rule that was followed has one",
            advice="set `ground` in the policy's rule: kind, reference, explanation, category; later decisions have it",
        )
    if not decision.actions and to == "uploader":
        raise StatementInvalid(
            "the uploader is told of restrictions, and this decision restricts nothing",
            advice="ask with to=reporter for what a reporter is told; the uploader needs no notice",
        )
    _ = catalogue(language).gettext
    named = decision.submission.item.key
    subject = _("Decision on your video {item}") if to == "uploader" else _("Decision on your report of {item}")
    parts = [_measure(decision, item, to, language)]
    if ground is not None and decision.actions:
        parts += [_place(item, language), _ground(ground, item, language)]
    parts.append(Part("facts", _("Facts"), tuple(facts(decision, item, language).split("\n"))))
    parts.append(_means(decision, item, language))
    parts.append(_redress(decision, redress, language))
    parts.append(Part("reference", _("Reference"), (decision.id,)))
    return Notice(subject.format(item=named), tuple(parts), language)


def _measure(decision: Decision, item: ItemFacts, to: To, language: Language) -> Part:
    _ = catalogue(language).gettext
    title = _("What was decided")
    if not decision.actions:
        return Part("measure", title, (_("No action was taken on the video."),))
    done = dict.fromkeys(visibility(action) for action in decision.actions)
    since = decision.effective_at[:10]
    lines = [_("The video was {done}, with effect from {day}.").format(done=_(_DONE[one]), day=since) for one in done]
    if to == "uploader":
        labels = [action.value for action in decision.actions if action.kind == "label" and action.value]
        lines += [_("The label says: {words}").format(words=words) for words in labels]
    return Part("measure", title, tuple(lines))


def _place(item: ItemFacts, language: Language) -> Part:
    _ = catalogue(language).gettext
    if set(item.territories) == set(fields.EU):
        where = _("It holds in all countries of the European Union.")
    elif set(item.territories) == set(fields.VALUES["territorial_scope"]):
        where = _("It holds in all countries of the European Economic Area.")
    else:
        where = _("It holds in: {countries}.").format(countries=", ".join(item.territories))
    until = _("It ends on {day}.").format(day=item.ends) if item.ends else _("It has no end date.")
    return Part("scope", _("Where and for how long"), (where, until))


def _ground(ground: Ground, item: ItemFacts, language: Language) -> Part:
    _ = catalogue(language).gettext
    law = _("The content is considered illegal. Legal ground: {reference}")
    terms = _("The content is considered incompatible with the terms and conditions. Clause: {reference}")
    lines = [(law if ground.kind == "illegal" else terms).format(reference=ground.reference), ground.explanation]
    return Part("ground", _("Ground"), (*lines, *((item.ground_url,) if item.ground_url else ())))


def _means(decision: Decision, item: ItemFacts, language: Language) -> Part:
    _ = catalogue(language).gettext
    by_machine = _("The video was detected by automated means.")
    found = by_machine if detected_by_automated_means(decision, item.source) else None
    taken = {
        fields.FULLY: _("The decision was taken by automated means alone."),
        fields.PARTIALLY: _("Automated means were used in taking the decision; a person took it."),
        fields.NOT_AUTOMATED: _("No automated means were used in taking the decision."),
    }[automated(decision)]
    return Part(
        "automated", _("Automated means"), (found or _("The video was not detected by automated means."), taken)
    )


def _redress(decision: Decision, redress: Redress, language: Language) -> Part:
    _ = catalogue(language).gettext
    until = (date.fromisoformat(decision.effective_at[:10]) + timedelta(days=APPEAL_DAYS)).isoformat()
    appeal = _("You can complain to {platform} free of charge until {day} ({days} days): {address}")
    return Part(
        "redress",
        _("How to contest this decision"),
        (
            appeal.format(platform=redress.platform, day=until, days=APPEAL_DAYS, address=redress.appeal_address),
            _("People decide on complaints, not automated means alone."),
            _("You can turn to a certified out-of-court dispute settlement body: {address}").format(
                address=redress.settlement_address
            ),
            _("You can go to court at any time."),
        ),
    )
