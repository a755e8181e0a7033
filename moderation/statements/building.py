"""Makes a statement of reasons out of a decision, the ground of its rule, and facts about the item. No I/O."""

from __future__ import annotations

import re
from dataclasses import replace

from ...errors import StatementInvalid
from ..policies import Ground
from ..values import Action, ActionKind, Decision, Held
from . import fields
from .checking import check
from .language import Language, catalogue
from .personal import names_in
from .values import ItemFacts, Source, Statement

SOURCES: dict[Source, str] = {
    "article_16": "SOURCE_ARTICLE_16",
    "trusted_flagger": "SOURCE_TRUSTED_FLAGGER",
    "other_notification": "SOURCE_TYPE_OTHER_NOTIFICATION",
    "voluntary": fields.VOLUNTARY,
}
_VISIBILITY: dict[ActionKind, str] = {
    "label": fields.LABELLED,
    "demote": fields.DEMOTED,
    "remove": fields.REMOVED,
    "block": fields.DISABLED,
}
_OF_AGE = re.compile(r"\b(?:age[sd]?|adults?|minors?|mature|over|under|1[0-9]|2[01])\b", re.IGNORECASE)


def built(decision: Decision, ground: Ground, item: ItemFacts, language: Language = "en") -> Statement:
    """Give the statement of a decision that is in force; StatementInvalid names what is wrong or missing."""
    if decision.background or decision.undone_at is not None or not decision.actions:
        raise StatementInvalid(
            "no statement is owed: nothing is restricted by this decision",
            advice="statements are for decisions in force that restrict an item",
        )
    statement = Statement(
        puid=decision.id,
        decision_visibility=tuple(dict.fromkeys(visibility(action) for action in decision.actions)),
        end_date_visibility_restriction=item.ends,
        account_type=f"ACCOUNT_TYPE_{item.account_type.upper()}" if item.account_type else "",
        content_type=(*(("CONTENT_TYPE_SYNTHETIC_MEDIA",) if item.synthetic else ()), "CONTENT_TYPE_VIDEO"),
        category=ground.category,
        category_specification=ground.keywords,
        territorial_scope=item.territories,
        content_language=item.content_language,
        content_date=item.content_date or decision.submission.at[:10],
        application_date=decision.effective_at[:10],
        decision_facts=facts(decision, item, language),
        source_type=SOURCES[item.source],
        automated_detection="Yes" if detected_by_automated_means(decision, item.source) else "No",
        automated_decision=automated(decision),
        decision_ground_reference_url=item.ground_url,
        decision_ground=fields.ILLEGAL if ground.kind == "illegal" else fields.INCOMPATIBLE,
    )
    if ground.kind == "illegal":
        said = replace(
            statement, illegal_content_legal_ground=ground.reference, illegal_content_explanation=ground.explanation
        )
    else:
        said = replace(
            statement, incompatible_content_ground=ground.reference, incompatible_content_explanation=ground.explanation
        )
    check(said, (*names_in(decision.submission.uploader), *_people(decision)))
    return said


def visibility(action: Action) -> str:
    """Give what the database calls an action."""
    if action.kind == "restrict":
        return fields.AGE_RESTRICTED if _OF_AGE.search(action.value) else fields.INTERACTION_RESTRICTED
    return _VISIBILITY[action.kind]


def automated(decision: Decision) -> str:
    """Say how much of a decision machines took: all, what people then decided on, or none of it."""
    if decision.automated:
        return fields.FULLY
    return fields.PARTIALLY if decision.ruling.held else fields.NOT_AUTOMATED


def detected_by_automated_means(decision: Decision, source: Source) -> bool:
    """Whether a rule came upon it, and no notice and no person."""
    return source == "voluntary" and bool(decision.ruling.held)


def facts(decision: Decision, item: ItemFacts, language: Language = "en") -> str:
    """Tell in plain words what the decision rests on; whole sentences go from its end where it would be too long."""
    _ = catalogue(language).gettext
    rule = _("A rule of the platform's policy applied: {why}")
    pointed = _("A person took the decision, after automated means had pointed to the video.")
    beside = _("A person took the decision; automated means had looked at the video as well.")
    said = [
        {
            "article_16": _("A notice under Article 16 of Regulation (EU) 2022/2065 led to this decision."),
            "trusted_flagger": _("A notice by a trusted flagger led to this decision."),
            "other_notification": _("A report other than a notice led to this decision."),
            "voluntary": _("The platform looked at the video on its own initiative."),
        }[item.source],
        *(_("The check found: {found}").format(found=_sentence(found)) for found in item.found),
        *(rule.format(why=_sentence(held.why)) for held in held_of(decision)),
        {
            fields.FULLY: _("The decision was taken by automated means, without a person."),
            fields.PARTIALLY: pointed if detected_by_automated_means(decision, item.source) else beside,
            fields.NOT_AUTOMATED: _("A person took the decision, without automated means."),
        }[automated(decision)],
    ]  # fmt: skip
    while len("\n".join(said)) > fields.MOST["decision_facts"] and len(said) > 2:
        del said[-2]  # who decided stays
    return "\n".join(said)


def held_of(decision: Decision) -> tuple[Held, ...]:
    """Give the rules whose actions are in force; none where people decided otherwise."""
    return tuple(held for held in decision.ruling.held if set(held.actions) & set(decision.actions))


def _people(decision: Decision) -> tuple[str, ...]:
    kind, _, id = decision.by.partition(":")
    return (id,) if kind == "person" and id else ()


def _sentence(words: str) -> str:
    plain = " ".join(words.split())
    return plain if plain.endswith((".", "!", "?")) else f"{plain}."
