"""The face of the docket: one method a thing that can be asked of it, or done to it.

Each call is one short transaction. `tenant_id` says who asks: what is not theirs is CheckMissing, as is what was never
there; None is the service itself. What can't be reached is RegistryUnavailable, with nothing half written.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

from ..evidence import Evidence
from ..settings import Settings
from ..verdict import Outcome, Verdict
from . import deleting, holding, opening, progressing, publishing, revising, splitting, sweeping, times
from .arriving import Arrived
from .desk import Desk
from .idempotency import Claim
from .values import (
    Change,
    Check,
    CheckError,
    CheckEvent,
    CheckPicture,
    Feedback,
    Hold,
    HoldReason,
    Opened,
    Page,
    Request,
    Revision,
    Stage,
    Status,
    Swept,
    Why,
)

if TYPE_CHECKING:
    from ..objects import Objects


class Docket:
    """The checks of a service; threads and forks may share it."""

    def __init__(self, options: Settings, *, objects: Objects | None = None, clock: times.Clock = times.now) -> None:
        """Take the settings; nothing is opened before it is asked. Without `objects`, those of the settings are."""
        self._desk = Desk(options, objects, clock)

    # Opening and reading ---------------------------------------------------------------------------------------------

    def open(self, request: Request, *, upload_id: str | None = None, claim: Claim | Arrived | None = None) -> Opened:
        """Lay a check; `upload_id`: of its media, which is taken in the same transaction and can't be used again.

        claim: an idempotency key, or an arrival of a stream, that is taken in that transaction too; KeyTaken where
        somebody else has it, or the arrival became something before.
        """
        return opening.open_check(self._desk, request, upload_id, claim)

    def get(self, check_id: str, tenant_id: str | None = None) -> Check:
        """Give one check whole. Of a deleted one, the tombstone: `deleted_at` is set, and it is over."""
        return opening.get(self._desk, check_id, tenant_id)

    def listed(
        self,
        tenant_id: str,
        *,
        cursor: str | None = None,
        limit: int = 50,
        outcome: Outcome | None = None,
        status: Status | None = None,
    ) -> Page:
        """Give a page of a tenant's checks, the last laid first; new ones do not move what a cursor names.

        The public tenant has no list: who asks without a key has links.
        """
        return opening.listed(self._desk, tenant_id, cursor, limit, outcome, status)

    def grouped(self, group_id: str, tenant_id: str) -> tuple[Check, ...]:
        """Give the checks of one post, without their evidence."""
        return opening.grouped(self._desk, group_id, tenant_id)

    def manage_of(self, check: Check) -> str | None:
        """Give the secret of a check that was asked for without a key, to whoever proved to have asked for it."""
        return opening.manage_of(self._desk, check)

    def may_manage(self, check_id: str, secret: str) -> bool:
        """Say whether this is the secret that was given to whoever asked without a key."""
        return opening.may_manage(self._desk, check_id, secret)

    def events(self, check_id: str, after: int = 0, *, tenant_id: str | None = None) -> tuple[CheckEvent, ...]:
        """Give what happened since the event of this number."""
        return opening.events(self._desk, check_id, after, tenant_id)

    def with_manifest(self, manifest_id: str) -> tuple[str, ...]:
        """Give the ids of the checks whose latest verdict rests on a manifest."""
        return opening.with_manifest(self._desk, manifest_id)

    # Going on: what a worker says. Each call may come twice ----------------------------------------------------------

    def at_stage(self, check_id: str, stage: Stage) -> None:
        """Note that it has come to a stage. CheckUnfit where it was cancelled or has failed, here and below."""
        progressing.at_stage(self._desk, check_id, stage)

    def fetched(
        self,
        check_id: str,
        object_key: str,
        content_hash: str,
        bytes: int,
        rendition: Mapping[str, Any] | None = None,
    ) -> None:
        """Note where its media lies, and which of several it is."""
        progressing.fetched(self._desk, check_id, object_key, content_hash, bytes, rendition)

    def split(self, check_id: str, renditions: Sequence[Mapping[str, Any]]) -> tuple[Check, ...]:
        """Make several checks of one, where a post has several media: it keeps the first, others get one each.

        Gives them all, as `grouped` does; a second call gives what the first made.
        """
        return splitting.split(self._desk, check_id, renditions)

    def add_evidence(self, check_id: str, number: int, evidence: Evidence) -> None:
        """Note what an examiner saw; the first of a number stays."""
        progressing.add_evidence(self._desk, check_id, number, evidence)

    def keep_looked(self, check_id: str, plain: Mapping[str, Any]) -> None:
        """Keep what the look gave, as plain values, for the steps that follow."""
        progressing.keep_looked(self._desk, check_id, plain)

    def looked(self, check_id: str) -> dict[str, Any] | None:
        """Give what was kept of the look; None: nothing was."""
        return progressing.looked(self._desk, check_id)

    def finish(
        self, check_id: str, verdict: Verdict, versions: Mapping[str, str], pictures: Sequence[CheckPicture] = ()
    ) -> Check:
        """Write the first verdict, start both clocks, lay the callback. The first call counts, others give its check.

        CheckMissing where it was deleted: what the worker brought for it is erased.
        """
        return progressing.finish(self._desk, check_id, verdict, versions, pictures)

    def fail(self, check_id: str, error: CheckError) -> Check:
        """Write why there is no verdict, start both clocks, lay the callback."""
        return progressing.fail(self._desk, check_id, error)

    def cancel(self, check_id: str, who: str, *, tenant_id: str | None = None) -> Check:
        """End it before it is over; CheckUnfit where it is."""
        return progressing.cancel(self._desk, check_id, who, tenant_id)

    # After the result ------------------------------------------------------------------------------------------------

    def revise(
        self,
        check_id: str,
        verdict: Verdict,
        *,
        who: str,
        why: Why,
        note: str,
        versions: Mapping[str, str],
        after: int | None = None,
        tenant_id: str | None = None,
    ) -> Revision:
        """Add a verdict; where the outcome changes, an event and a callback tell of it.

        `after`: the number of the revision that this one was made from; CheckUnfit where another came between. The
        same verdict, by the same, for the same reason, is not added twice.
        """
        return revising.revise(
            self._desk,
            check_id,
            verdict,
            who=who,
            why=why,
            note=note,
            versions=versions,
            after=after,
            tenant_id=tenant_id,
        )

    def revise_from(
        self, check_id: str, change: Callable[[Check], Change | None], *, tenant_id: str | None = None
    ) -> Revision:
        """Add the verdict that `change` makes of the check as it stands, if any, and give the latest.

        Where another revision comes between, it is asked again: no finding is lost over it.
        """
        return revising.revise_from(self._desk, check_id, change, tenant_id)

    def give_feedback(
        self,
        check_id: str,
        says: Literal["right", "wrong", "unclear"],
        comment: str,
        made_by: str,
        *,
        tenant_id: str | None = None,
    ) -> Feedback:
        """Note what somebody thinks of a result; no verdict changes by it. CheckUnfit without one, or with too many."""
        return revising.give_feedback(self._desk, check_id, says, comment, made_by, tenant_id)

    def feedback(self, check_id: str, *, tenant_id: str | None = None) -> tuple[Feedback, ...]:
        """Give what people said of a result, oldest first."""
        return revising.feedback(self._desk, check_id, tenant_id)

    def place_hold(
        self, check_id: str, reason: HoldReason, note: str, who: str, *, tenant_id: str | None = None
    ) -> Hold:
        """Stop both clocks; nothing is taken away, and nobody can delete it, while a hold stands."""
        return holding.place(self._desk, check_id, reason, note, who, tenant_id)

    def lift_hold(self, check_id: str, hold_id: str, who: str, *, tenant_id: str | None = None) -> Hold:
        """Let the clocks go on; the record of an enforcement is kept for its own time from here."""
        return holding.lift(self._desk, check_id, hold_id, who, tenant_id)

    def published(self, check_id: str) -> str | None:
        """Give since when a check is shown to everybody; None: it is not."""
        return publishing.since(self._desk, check_id)

    def publish(self, check_id: str, who: str, *, tenant_id: str | None = None) -> str:
        """Show it to everybody, and give since when. CheckUnfit without a verdict, or where a link does so already."""
        return publishing.publish(self._desk, check_id, who, tenant_id)

    def withdraw(self, check_id: str, who: str, *, tenant_id: str | None = None) -> None:
        """Show it to everybody no more."""
        publishing.withdraw(self._desk, check_id, who, tenant_id)

    # The end ---------------------------------------------------------------------------------------------------------

    def delete(self, check_id: str, who: str, *, tenant_id: str | None = None) -> None:
        """Leave a tombstone and a line in the ledger; CheckUnfit while it is held."""
        deleting.delete(self._desk, check_id, who, tenant_id)

    def sweep(self, limit: int = 200) -> Swept:
        """Take away what is past its time, up to so many of each kind; several may sweep at once."""
        return sweeping.sweep(self._desk, limit)
