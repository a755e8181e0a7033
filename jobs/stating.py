"""Statements of reasons and the uploader's notice, laid where effects go out; and the round that sends statements.

Statements are laid where the settings ask for them, since not every platform owes them. What can't be made says what it
lacks, and stays so: a later decision has a statement of its own. Sending is off unless the environment names where to.
"""

from __future__ import annotations

import logging

from ..docket.desk import Desk
from ..errors import CheckMissing, StatementInvalid
from ..moderation.judging import read_once
from ..moderation.people import telling
from ..moderation.people.values import Told
from ..moderation.policies import Ground, Policy
from ..moderation.statements import ItemFacts, Source, Statements, built, database, send
from ..moderation.statements.building import held_of
from ..moderation.values import Decision
from ..verdict import Outcome, Verdict
from .telling import short
from .work import Work

_ROUNDS = 50  # requests of up to a hundred statements, in one round
_NOT_SYNTHETIC: frozenset[Outcome] = frozenset({"no_evidence", "inconclusive", "credentials_intact"})
# The first of these that somebody sent is how the platform came to look; own initiative is what is left.
_SOURCES: tuple[tuple[str, Source], ...] = (
    ("trusted_flagger", "trusted_flagger"),
    ("article_16", "article_16"),
    ("other", "other_notification"),
)

log = logging.getLogger(__name__)


def lay(work: Work, decision: Decision) -> None:
    """Lay what is owed with a decision whose effects go out now; may be called twice."""
    _tell_uploader(work, decision)
    if not work.options.service.statements or decision.background or not decision.actions:
        return
    statements = Statements(work.options)
    try:
        statements.lay(decision, built(decision, _ground(work, decision), _facts(work, decision)))
    except StatementInvalid as error:
        log.warning("there is no statement of decision %s: %s", short(decision.id), error)
        statements.lack(decision, str(error))


def send_all(work: Work) -> None:
    """Send what is laid, where the environment says where to."""
    to = database()
    if to is None:
        return
    statements = Statements(work.options)
    for _ in range(_ROUNDS):
        if work.draining.is_set():
            return
        sent = send(statements, to)
        if not sent.taken and not sent.refused:  # nothing is due, or it is away
            return


def _tell_uploader(work: Work, decision: Decision) -> None:
    """Note what the uploader is to be told of what the service decided; where people did, that is noted by then."""
    desk = Desk(work.options)
    if not decision.automated or any(one.side == "uploader" for one in _told(desk, decision)):
        return
    why = " ".join(dict.fromkeys(one.why for one in held_of(decision))) if decision.actions else ""
    words = f"Your upload was checked by automated means: {telling.in_words(decision.actions)}. {why}".strip()
    with desk.changing() as connection:
        telling.tell(
            desk,
            connection,
            decision.tenant_id,
            decision.submission.item,
            side="uploader",
            of=None,
            about=decision.id,
            kind="decision.made",
            words=words,
            redress=telling.APPEAL_REDRESS,
        )


def _told(desk: Desk, decision: Decision) -> tuple[Told, ...]:
    return telling.about(desk, decision.tenant_id, decision.id)


def _ground(work: Work, decision: Decision) -> Ground:
    """Give the ground of the rule that held; of what people decided otherwise, that of the rules that do the same."""
    policy = _policy(work, decision)
    held = {one.rule for one in held_of(decision)}
    rules = () if policy is None else policy.rules
    found = [one.ground for one in rules if one.id in held and one.ground is not None]
    if not found and not decision.automated:
        of_people = (one for one in rules if set(one.actions) & set(decision.actions))
        found = list(dict.fromkeys(one.ground for one in of_people if one.ground is not None))[:2]
        if len(found) > 1:
            raise StatementInvalid("several grounds would fit what people decided", advice="name one in its rule")
    if not found:
        advice = "say `ground` in the rules of the policy whose actions restrict"
        raise StatementInvalid("no rule that led to the decision names its ground", advice=advice)
    return found[0]


def _policy(work: Work, decision: Decision) -> Policy | None:
    from ..store import policy_rows

    of = (decision.tenant_id, decision.policy_id, decision.policy_version)
    with Desk(work.options).reading() as connection:
        row = None if connection is None else policy_rows.version(connection, *of)
    return None if row is None else read_once(row["document"], decision.policy_id)


def _facts(work: Work, decision: Decision) -> ItemFacts:
    verdict = _verdict(work, decision)
    found = () if verdict is None else (verdict.meaning,)
    synthetic = verdict is None or verdict.outcome not in _NOT_SYNTHETIC
    return ItemFacts(source=_source(work, decision), found=found, synthetic=synthetic)


def _verdict(work: Work, decision: Decision) -> Verdict | None:
    """Give the verdict that was decided on; None: the check failed, or its record is gone."""
    try:
        revisions = work.docket.get(decision.submission.check_id).revisions
    except CheckMissing:
        return None
    return next((one.verdict for one in revisions if one.number == decision.revision), None)


def _source(work: Work, decision: Decision) -> Source:
    """Say how the platform came to look: by a notice, where people decided and one had come by then."""
    from ..store import report_rows, review_rows

    if decision.automated:
        return "voluntary"
    item, kinds = decision.submission.item, set[str]()
    with Desk(work.options).reading() as connection:
        if connection is not None:
            for review in review_rows.of_item(connection, decision.tenant_id, item.type_id, item.id):
                notices = report_rows.of_review(connection, review["id"])
                kinds |= {one["kind"] for one in notices if one["made_at"] <= decision.made_at}
    return next((source for kind, source in _SOURCES if kind in kinds), "voluntary")
