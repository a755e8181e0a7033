"""A submission becomes decisions: once its check is over, at each other verdict, under another policy, and by people.

What is decided follows from the verdict as it is kept and the versions of policies that run for the item. It is worked
out beside other work, and written in one short transaction if all that it rests on is still so. What people decided is
not taken back by the service: where it would decide otherwise, people look again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from ..docket import times
from ..docket.desk import Desk
from ..docket.opening import read as read_check
from ..errors import ModerationMissing, ModerationUnfit, RegistryUnavailable
from ..settings import Settings
from . import banking, recording
from .judging import Basis, Known, basis, judged, policy_of, read_once, would_change
from .policies import Policy
from .policies.ruling import hardest_first
from .recording import NOTHING, SERVICE, New
from .shelf import Side, Version
from .values import Action, Decision, Item, Occasion, Ruling, Submission

if TYPE_CHECKING:
    from sqlalchemy import Connection

AGAIN_S = 300.0  # so long after it could not be decided, it is tried again
_TRIES = 20  # as often may verdict or policies change meanwhile
_MOST_KEY = 190
_WITH_END = ("succeeded", "failed")
Hand = Callable[["Connection", Decision], None]
Write = Callable[["Connection", Basis, list[Ruling]], tuple[Decision, ...]]


class Deciding:
    """The decisions of a service; threads and workers may share the database."""

    def __init__(
        self,
        options: Settings,
        *,
        clock: times.Clock = times.now,
        known: Known | None = None,
        desk: Desk | None = None,
    ) -> None:
        """Take the settings; nothing is opened before it is asked.

        known: what is known beside the verdict; without it, what banks know.
        desk: whose transactions it works in; without one, it has its own.
        """
        self._desk = desk or Desk(options, clock=clock)
        self._known = known or banking.Banking(options, clock=clock).facts

    # By the service --------------------------------------------------------------------------------------------------

    def decide(self, check_id: str) -> tuple[Decision, ...]:
        """Decide what is owed about a check's submission; none where nothing is, since it is no item or was decided."""
        from ..store import decision_rows

        def write(connection: Connection, case: Basis, rulings: list[Ruling]) -> tuple[Decision, ...]:
            made = []
            for (side, version), ruling in zip(case.running, rulings, strict=True):
                made.append(self._by_service(connection, case, side, version, ruling, f"revision {case.revision}"))
            decision_rows.change_submission(connection, check_id, decide_at=None)
            banking.want_people(self._desk, connection, case.submission)
            return tuple(made)

        return self._consistently(check_id, lambda case: case.owed_since is not None, write)

    def owed(self, seconds: float = 0.0, limit: int = 100) -> tuple[str, ...]:
        """Give the checks whose submissions have waited for a decision for so long, the longest waiting first."""
        from ..store import decision_rows

        before = times.later(self._desk.now(), seconds=-seconds)
        with self._desk.reading() as connection:
            return () if connection is None else tuple(decision_rows.owed(connection, before, limit))

    def put_off(self, check_id: str) -> None:
        """Try one that could not be decided later, so that it holds up no other."""
        from ..store import decision_rows

        with self._desk.changing() as connection:
            row = decision_rows.submission_of(connection, check_id)
            if row is not None and row["decide_at"] is not None:
                later = times.later(self._desk.now(), seconds=AGAIN_S)
                decision_rows.change_submission(connection, check_id, decide_at=later)

    def reconsider(self, check_id: str, policy_id: str, occasion_key: str) -> Decision | None:
        """Decide anew under the version of a policy that is live now; None where nothing changes by it."""

        def write(connection: Connection, case: Basis, rulings: list[Ruling]) -> tuple[Decision, ...]:
            for (side, version), ruling in zip(case.running, rulings, strict=True):
                if (side, version.policy_id) == ("live", policy_id):
                    before = _before(connection, case.submission.id, policy_id)
                    if would_change(before, ruling):
                        return (self._by_service(connection, case, side, version, ruling, occasion_key, "policy"),)
            return ()

        made = self._consistently(check_id, lambda case: case.owed_since is None and case.status in _WITH_END, write)
        return made[0] if made else None

    def _consistently(self, check_id: str, wanted: Callable[[Basis], bool], write: Write) -> tuple[Decision, ...]:
        """Judge beside others' work, and write if nothing has changed meanwhile; else begin again."""
        from ..store import decision_rows

        for _ in range(_TRIES):
            with self._desk.reading() as reading:
                case = None if reading is None else basis(reading, self._desk.options, check_id)
                if reading is None or case is None or case.deleted_at is not None or not wanted(case):
                    return ()
                check = read_check(reading, check_id)
                asked = [(policy_of(reading, version), version) for _, version in case.running]
            failed = None if check.error is None else check.error.type
            known = self._known(case.submission, check.verdict) if asked else {}
            rulings = [judged(*one, case.submission, check.verdict, failed, known) for one in asked]
            with self._desk.writing() as connection:
                decision_rows.locked(connection, case.submission.id)
                if basis(connection, self._desk.options, check_id) == case:
                    return write(connection, case, rulings)
        raise RegistryUnavailable(f"what is decided about {check_id} changes all the time", advice="try again later")

    def _by_service(
        self,
        connection: Connection,
        case: Basis,
        side: Side,
        version: Version,
        ruling: Ruling,
        key: str,
        occasion: Occasion | None = None,
    ) -> Decision:
        from .people import following  # people decide too, by this file

        before = _before(connection, case.submission.id, version.policy_id)
        policy = policy_of(connection, version)
        in_force = recording.standing(before)
        background = side == "background"
        stands = not background and ruling.effect != "review"
        if not background and in_force is not None and recording.overruled(before):
            # What people decided stays in force; they are asked again only over what they had not seen.
            differs, stands = stands and recording.actions_of(in_force) != ruling.actions, False
            if in_force["revision"] >= case.revision and in_force["policy_version"] >= version.number:
                ruling = replace(ruling, review=None)
            elif differs:
                ruling = replace(ruling, review=policy.unknown)
        earlier = any(one["side"] == "live" for one in before)
        new = New(
            submission=case.submission,
            policy_id=version.policy_id,
            policy_version=version.number,
            revision=case.revision,
            occasion=occasion or ("verdict" if earlier else "first"),
            key=key,
            ruling=ruling,
            actions=ruling.actions if stands else (),
            stands=stands,
            by=SERVICE,
            undo_s=policy.undo_s,
            background=background,
        )
        made = recording.record(connection, self._desk, new)
        following.follow(self._desk, connection, made, policy.sample_share)
        return made

    # By people -------------------------------------------------------------------------------------------------------

    def decide_by_person(
        self,
        submission_id: str,
        actions: tuple[Action, ...],
        *,
        by: str,
        note: str,
        occasion: Literal["review", "appeal"],
        key: str,
        policy_id: str | None = None,
        after: int | None = None,
        tenant_id: str | None = None,
    ) -> Decision:
        """Write down what people decided; `key`: the id of the review or appeal, of which each is decided once.

        policy_id: without one, that of the latest decision; empty: none. after: the number of the decision that they
        looked at; ModerationUnfit where there is a later one.
        """
        from ..store import check_rows

        if by == SERVICE or not 0 < len(key) <= _MOST_KEY:
            raise ModerationUnfit("a decision of people says by whom, and of which review or appeal")
        with self._desk.writing() as connection:
            submission = self._submission(connection, submission_id, tenant_id, lock=True)
            rows = _live(connection, submission_id)
            of = policy_id if policy_id is not None else max(rows, key=_made)["policy_id"] if rows else ""
            before = [one for one in rows if one["policy_id"] == of]
            last = before[-1] if before else None
            done = next((one for one in before if one["occasion_key"] == f"{occasion} {key}"), None)
            if done is not None:
                return recording.decision(done, submission)
            if after is not None and after != (last["number"] if last else 0):
                advice = "look at it anew, then decide"
                raise ModerationUnfit("something else was decided about it meanwhile", advice=advice)
            ruling = recording.decision(last, submission).ruling if last else NOTHING
            check = check_rows.one(connection, submission.check_id)
            new = New(
                submission=submission,
                policy_id=of,
                policy_version=last["policy_version"] if last else 0,
                revision=check["revision"] if check else 0,
                occasion=occasion,
                key=f"{occasion} {key}",
                ruling=replace(ruling, review=None),
                actions=hardest_first(actions),
                stands=True,
                by=by,
                note=note,
                undo_s=_undo_s(connection, submission.tenant_id, of, last),
            )
            return recording.record(connection, self._desk, new)

    def undo(self, decision_id: str, *, by: str, note: str, tenant_id: str | None = None) -> Decision:
        """Take a decision back before its effects go out, and give the one by which all is as before it."""
        from ..store import decision_rows, event_rows

        with self._desk.writing() as connection:
            row = _decision_row(connection, decision_id, tenant_id)
            submission = self._submission(connection, row["submission_id"], tenant_id, lock=True)
            row, now = _decision_row(connection, decision_id, tenant_id), self._desk.now()
            before = _before(connection, submission.id, row["policy_id"])
            if not row["standing"]:
                raise ModerationUnfit("nothing is done by it that could be undone", advice="decide its review instead")
            if row["undone_at"] is not None:
                raise ModerationUnfit("it was undone already")
            if recording.standing(before) != row:
                raise ModerationUnfit("another decision has taken its place", advice="undo that one, or decide anew")
            if row["out_at"] is not None or now >= row["effective_at"]:
                raise ModerationUnfit("its effects have gone out", advice="decide anew: a later decision replaces it")
            decision_rows.change(connection, row["id"], undone_at=now, due_at=None)
            event_rows.take_back(connection, row["id"])
            former = recording.standing(_before(connection, submission.id, row["policy_id"]))
            new = New(
                submission=submission,
                policy_id=row["policy_id"],
                policy_version=row["policy_version"],
                revision=row["revision"],
                occasion="undo",
                key=f"{recording.TAKES_BACK}{row['id']}",
                ruling=recording.decision(former, submission).ruling if former else NOTHING,
                actions=recording.actions_of(former) if former else (),
                stands=True,
                by=by,
                note=note,
                not_before=former["effective_at"] if former else "",
            )
            return recording.record(connection, self._desk, new)

    # Reading ---------------------------------------------------------------------------------------------------------

    def get(self, decision_id: str, tenant_id: str | None = None) -> Decision:
        """Give a decision."""
        with self._desk.reading() as connection:
            if connection is None:
                raise ModerationMissing(f"there is no decision {decision_id}")
            row = _decision_row(connection, decision_id, tenant_id)
            return recording.decision(row, self._submission(connection, row["submission_id"], tenant_id))

    def submission(self, submission_id: str, tenant_id: str | None = None) -> Submission:
        """Give a submission."""
        with self._desk.reading() as connection:
            if connection is None:
                raise ModerationMissing(f"there is no submission {submission_id}")
            return self._submission(connection, submission_id, tenant_id)

    def of_check(self, check_id: str) -> Submission | None:
        """Give what was submitted with a check; None: it is of no item."""
        from ..store import decision_rows

        with self._desk.reading() as connection:
            row = None if connection is None else decision_rows.submission_of(connection, check_id)
        return None if row is None else recording.submission(row)

    def of_submission(self, submission_id: str, tenant_id: str | None = None) -> tuple[Decision, ...]:
        """Give all that was decided about a submission, also in the background, policy by policy, oldest first."""
        from ..store import decision_rows

        with self._desk.reading() as connection:
            if connection is None:
                return ()
            submission = self._submission(connection, submission_id, tenant_id)
            rows = decision_rows.of_submissions(connection, [submission_id])
        return tuple(recording.decision(row, submission) for row in rows)

    def in_force(self, tenant_id: str, item: Item) -> tuple[Action, ...]:
        """Give what stands against an item, the hardest first: of all its submissions and policies, each action once.

        Where people are to look, what stood before goes on until they have.
        """
        from ..store import decision_rows

        with self._desk.reading() as connection:
            if connection is None:
                return ()
            of_item = decision_rows.of_item(connection, tenant_id, item.type_id, item.id)
            rows = decision_rows.of_submissions(connection, [one["id"] for one in of_item])
        grouped: dict[tuple[str, str], list[recording.Row]] = {}
        for row in rows:
            grouped.setdefault((row["submission_id"], row["policy_id"]), []).append(row)
        found = [recording.standing(group) for group in grouped.values()]
        return hardest_first([action for row in found if row for action in recording.actions_of(row)])

    # Effects ---------------------------------------------------------------------------------------------------------

    def due(self, limit: int = 100) -> tuple[Decision, ...]:
        """Give the decisions whose effects go out by now, the longest due first."""
        from ..store import decision_rows

        with self._desk.reading() as connection:
            rows = [] if connection is None else decision_rows.due(connection, self._desk.now(), limit)
            if connection is None:
                return ()
            return tuple(
                recording.decision(row, self._submission(connection, row["submission_id"], None)) for row in rows
            )

    def handed_on(self, decision_id: str, tell: Hand = lambda connection, decision: None) -> None:
        """Let a decision's effects go out, once: `tell` lays what is owed over it, in the transaction that notes it."""
        with self._desk.writing() as connection:
            submission_id = _decision_row(connection, decision_id, None)["submission_id"]
            submission = self._submission(connection, submission_id, None, lock=True)
            row = _decision_row(connection, decision_id, None)  # as it stands now that nobody else changes it
            if row["out_at"] is None and row["undone_at"] is None:
                tell(connection, recording.decision(row, submission))
                recording.gone_out(connection, self._desk, row)

    def put_off_effects(self, decision_id: str) -> None:
        """Let effects that could not be told of go out later, so that they hold up no others."""
        from ..store import decision_rows

        with self._desk.writing() as connection:
            row = _decision_row(connection, decision_id, None)
            if row["due_at"] is not None:
                decision_rows.change(connection, decision_id, due_at=times.later(self._desk.now(), seconds=AGAIN_S))

    def _submission(
        self, connection: Connection, submission_id: str, tenant_id: str | None, lock: bool = False
    ) -> Submission:
        from ..store import decision_rows

        if lock:
            decision_rows.locked(connection, submission_id)
        row = decision_rows.submission(connection, submission_id)
        if row is None or tenant_id not in (None, row["tenant_id"]):
            raise ModerationMissing(f"there is no submission {submission_id}")
        return recording.submission(row)


def _undo_s(connection: Connection, tenant_id: str, policy_id: str, last: recording.Row | None) -> float:
    from ..store import policy_rows

    row = None if last is None else policy_rows.version(connection, tenant_id, policy_id, last["policy_version"])
    return Policy.undo_s if row is None else read_once(row["document"], policy_id).undo_s


def _before(connection: Connection, submission_id: str, policy_id: str) -> list[recording.Row]:
    from ..store import decision_rows

    rows = decision_rows.of_submissions(connection, [submission_id])
    return [one for one in rows if one["policy_id"] == policy_id]


def _live(connection: Connection, submission_id: str) -> list[recording.Row]:
    from ..store import decision_rows

    return [one for one in decision_rows.of_submissions(connection, [submission_id]) if one["side"] == "live"]


def _made(row: recording.Row) -> tuple[str, int]:
    return row["made_at"], row["number"]


def _decision_row(connection: Connection, decision_id: str, tenant_id: str | None) -> recording.Row:
    from ..store import decision_rows

    row = decision_rows.one(connection, decision_id)
    if row is None or tenant_id not in (None, row["tenant_id"]):
        raise ModerationMissing(f"there is no decision {decision_id}")
    return row
