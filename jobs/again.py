"""A check judged anew, since what its verdict rests on is another by now.

Where its media is still kept, it is looked at again; else what the first look brought is judged as registry and trust
stand now. Makes a revision only where that tells people something else. What people found stays in force.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from .. import verify
from ..docket import Change, Check, Why
from ..errors import CheckMissing, CheckUnfit, CountermarkError, ObjectMissing, RegistryUnavailable
from ..evidence import CredentialDetails, Evidence, RecordDetails
from ..media import isolation
from ..rejudging import as_it_stands, looked_again, recovered_again
from ..settings import Settings
from ..verdict import Verdict
from . import at_hand, delivering, moderating
from .patience import Stopped, patiently
from .telling import short
from .work import Work, at_work

if TYPE_CHECKING:
    from ..media import Looked
    from ..provenance import Record

SERVICE = "the service"
SEEN = "the file was looked at again"
GONE = "media gone, stays"
DELETED = "it was deleted meanwhile"
KEPT = "judged anew by what is kept: the file is gone, and its pictures were not looked at again"
AS_READ = "; the credentials that it carried count as they were read then"
# New ones of these, or the day on which a list was brought, give no other result of themselves.
_NO_GROUND = frozenset({"countermark", "c2pa", "av", "trust brought"})
_UNREADABLE = "not readable"
NOT_OF_LOOK = frozenset({"recovered", "versions", "taken_over"})  # of what a check keeps

log = logging.getLogger(__name__)


def changed(then: Mapping[str, str], now: Mapping[str, str]) -> dict[str, str]:
    """Give what is another now of what results depend on; what can't be read now is taken to be as it was.

    >>> changed({"trust": "a", "av": "1"}, {"trust": "b", "av": "2"})
    {'trust': 'b'}
    """
    counts = {name: value for name, value in now.items() if name not in _NO_GROUND}
    new = {name: value for name, value in counts.items() if then.get(name) != value}
    gone = {name: "" for name in then if name not in now and name not in _NO_GROUND}
    return {name: value for name, value in {**new, **gone}.items() if not value.startswith(_UNREADABLE)}


def rejudge(check_id: str, who: str) -> None:
    """Judge a check anew: the workflow, under the name that the queue knows."""
    from dbos import DBOS

    work = at_work()
    if work.draining.is_set():
        raise Stopped
    DBOS.run_step({"name": "again"}, judge_anew, work, check_id, who)


def judge_anew(work: Work, check_id: str, who: str) -> str:
    """Judge a check anew, which may be begun twice; say why that could not be done, or nothing."""
    with at_hand.private_folder(work.folder) as folder:
        return _Again(work, check_id, who, at_hand.AtHand(work.objects, folder)).judged()


def catch_up(work: Work, check_id: str) -> None:
    """Take in what has changed between a look and its result, when no round could find the check yet."""
    from ..provenance import Registry

    check = work.docket.get(check_id)
    if check.verdict is None or check.deleted_at is not None:
        return
    registry = Registry(work.options.database_url)
    found = (registry.by_manifest(name) for name in _own_records(check.verdict))
    as_records_stand(work, check_id, tuple(record for record in found if record is not None))
    if changed(check.revisions[0].versions, verify.versions(work.options_of(check.tenant_id))):
        work.jobs.enqueue_again(check_id, SERVICE, "finished", "bulk")


def as_records_stand(work: Work, check_id: str, records: Iterable[Record]) -> None:
    """Revise a verdict that rests on records which were taken back."""
    for record in records:
        try:
            work.docket.revise_from(check_id, partial(_taken_back, record))
        except (CheckMissing, CheckUnfit) as error:  # it was deleted meanwhile
            log.info("not revised: %s", short(error))


def kept_look(kept: Mapping[str, Any]) -> Looked:
    """Read the look out of what a check keeps for the steps after it."""
    from ..media.look import looked_from_json

    return looked_from_json({name: value for name, value in kept.items() if name not in NOT_OF_LOOK})


class _Again:
    """One check that is judged anew in this process."""

    def __init__(self, work: Work, check_id: str, who: str, media: at_hand.AtHand) -> None:
        self._work, self._id, self._who, self._media = work, check_id, who, media

    def judged(self) -> str:
        """Take the one step: may be begun twice, and then finds that nothing is left to change."""
        try:
            return patiently(self._judged, self._work.stopping)
        except (CheckMissing, CheckUnfit):
            return DELETED
        except CountermarkError as error:  # who can't look takes no verdict back
            log.warning("check %s is not judged anew: %s", short(self._id), short(error))
            return str(error)

    def _judged(self) -> str:
        check = self._work.docket.get(self._id)
        if check.verdict is None or check.deleted_at is not None:
            return DELETED
        options = self._work.options_of(check.tenant_id)
        versions = verify.versions(options)
        fresh = changed(check.revisions[-1].versions, versions)
        seen = self._seen(check, options)
        if seen is not None:
            change = partial(self._by_look, *seen, options, versions, fresh)
        elif (kept := self._work.docket.looked(self._id)) is None or (self._by_round and "trust" not in fresh):
            log.info("check %s can't be judged anew: its file is gone", short(self._id))
            return GONE
        else:
            change = partial(self._by_what_is_kept, kept_look(kept), options, versions)
        self._work.docket.revise_from(self._id, change)
        delivering.owe(self._work, self._id)
        moderating.decide(self._work, check)
        return ""

    @property
    def _by_round(self) -> bool:
        return self._who == SERVICE

    def _seen(self, check: Check, options: Settings) -> tuple[Looked, tuple[Evidence, ...]] | None:
        """Look again; None where the media is gone."""
        if check.object_key is None:
            return None
        try:
            path = self._media.path(check)
        except ObjectMissing:
            return None
        with isolation.watched(self._still_wanted):
            looked = at_hand.looked_worded(verify.looked_at(path, options), path)
            return looked, tuple(at_hand.seen_worded(one, path) for one in verify.recovered(path, looked, options))

    def _by_look(
        self,
        looked: Looked,
        found: tuple[Evidence, ...],
        options: Settings,
        versions: Mapping[str, str],
        fresh: Mapping[str, str],
        check: Check,
    ) -> Change | None:
        former = _verdict(check)
        _refuse_less((*looked.evidence, *found), former)
        verdict = looked_again(looked, found, former, options)
        if _says(verdict) == _says(former):
            return None
        why: Why = "model" if fresh and "trust" not in fresh else "trust"
        return Change(verdict, self._who, why, SEEN, versions)

    def _by_what_is_kept(
        self, looked: Looked, options: Settings, versions: Mapping[str, str], check: Check
    ) -> Change | None:
        former = _verdict(check)
        verdict = recovered_again(looked, former, options)
        if _says(verdict) == _says(former):
            return None
        trust = {name: value for name, value in versions.items() if name in ("trust", "trust brought", "registry")}
        as_read = any(isinstance(one.details, CredentialDetails) for one in former.evidence if one in verdict.evidence)
        note = KEPT + (AS_READ if as_read else "")
        return Change(verdict, self._who, "trust", note, {**check.revisions[-1].versions, **trust})

    def _still_wanted(self) -> None:
        if self._work.stopping.is_set():
            raise Stopped


def _taken_back(record: Record, check: Check) -> Change | None:
    former = _verdict(check)
    verdict = as_it_stands(former, record)
    if verdict == former:
        return None
    return Change(verdict, SERVICE, "revoked", record.status_reason or "", check.revisions[-1].versions)


def _own_records(verdict: Verdict) -> dict[str, None]:
    found = (one.details for one in verdict.evidence if isinstance(one.details, RecordDetails))
    return dict.fromkeys(one.manifest_id for one in found if one.manifest_id and one.resolver is None)


def _verdict(check: Check) -> Verdict:
    if check.verdict is None:
        raise CheckUnfit(f"check {check.id} has no verdict that could be revised")
    return check.verdict


def _refuse_less(evidence: Iterable[Evidence], former: Verdict) -> None:
    """Raise where an examiner fails that did not: what nobody could see now takes nothing of what was seen then."""
    failed = {one.examiner for one in former.evidence if one.finding == "failed"}
    for one in evidence:
        if one.finding == "failed" and one.examiner not in failed:
            said = f"{one.examiner}: {getattr(one.details, 'error', 'it failed')}"
            raise RegistryUnavailable(said) if one.examiner == "registry" else CountermarkError(said)


def _says(verdict: Verdict) -> tuple[object, ...]:
    """Give what people are told by a verdict."""
    return verdict.outcome, verdict.also, verdict.sureness, verdict.reasons
