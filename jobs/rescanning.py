"""Past checks judged again because something they rest on is another: explicit, counted, bounded, gone on with.

What follows by itself is `revising`'s; this goes over what somebody names, and says of each check what came of it. How
a check is judged anew is `again`'s, what a policy makes of it `deciding`'s, and which checks can change `past`'s; here
stands that each has its line, whatever dies. Checks are dealt out in shards. A shard ends after a moment, whatever is
left of it, so that what is new is never far behind it; what is left is dealt out anew.
"""

from __future__ import annotations

import math
import time
from contextlib import suppress
from functools import partial

from ..docket import Check
from ..docket.desk import Desk
from ..errors import CheckMissing, CheckUnfit, CountermarkError, RegistryUnavailable
from ..moderation.deciding import Deciding
from ..moderation.shelf import shelved
from . import delivering, queue
from .again import DELETED, GONE, SERVICE, as_records_stand, judge_anew
from .past import Past, taken_back
from .patience import Stopped, patiently
from .rescans import Because, End, Line, Plan, Rescans, Standing
from .work import Work, at_work

LIST_S = 0.5  # for which is listed in a round: others wait for what else it does
SHARD = 64  # checks that are dealt out together, at most
AHEAD = 64  # shards of one rescan that wait or are under way
SHARD_S = 1.0  # after which none of a shard is begun any more
MOST_TRIES = 3  # at a check that ends otherwise than it can
BROKEN_OFF = f"it was broken off {MOST_TRIES} times: whoever looked at it died over it, or failed"
_LOOKS: tuple[Because, ...] = ("model", "adapter", "trust")  # seconds each, as a rule; the rest takes milliseconds


# The round ----------------------------------------------------------------------------------------------------------


def ask(work: Work) -> None:
    """Go on with every rescan that is under way; end what is through."""
    rescans = Rescans(Desk(work.options))
    going = rescans.going()
    for rescan_id in going:
        one, until = rescans.standing(rescan_id), time.monotonic() + LIST_S / len(going)
        past = None if one.listed else Past(work.options, one.plan)
        while past and not one.listed and one.waiting < SHARD * AHEAD and _goes_on(work) and time.monotonic() < until:
            _list(rescans, past, one)
            one = rescans.standing(rescan_id)
        if one.listed and not one.waiting:
            rescans.finish(rescan_id)
        elif one.waiting:
            _deal(work, rescans, one)


def _goes_on(work: Work) -> bool:
    return not work.draining.is_set()


def _list(rescans: Rescans, past: Past, one: Standing) -> None:
    found, after = past.page(one.after)
    limit = one.plan.limit
    if limit is not None and (left := limit - rescans.listed(one.id)) <= len(found):
        found, after = found[:left], None
    rescans.list(one.id, one.after, after, found)


def _deal(work: Work, rescans: Rescans, one: Standing) -> None:
    """Have shards looked at: new ones, and what is left of those that are over."""
    from dbos import DBOS

    dealt = {queue.rescan_number(one.id, shard): shard for shard in rescans.dealt(one.id)}
    known = DBOS.list_workflows(workflow_ids=list(dealt), load_input=False, load_output=False) if dealt else []
    alive = {job.workflow_id for job in known if job.status in (queue.WAITS, queue.UNDER_WAY, queue.DEAD)}
    over = [shard for number, shard in dealt.items() if number not in alive]
    # Where each takes seconds, all workers are to have some.
    size = min(SHARD, math.ceil(one.waiting / AHEAD)) if one.plan.because in _LOOKS else SHARD
    for _ in range(AHEAD - len(alive)):
        shard = rescans.deal(one.id, over, size) if _goes_on(work) else None
        if shard is None:
            return
        work.jobs.enqueue_rescan(one.id, shard)


# One shard ----------------------------------------------------------------------------------------------------------


def rescan(rescan_id: str, shard: int) -> None:
    """Come to the checks of a shard: the workflow, under the name that the queue knows."""
    from dbos import DBOS

    work = at_work()
    if work.draining.is_set():
        raise Stopped
    DBOS.run_step({"name": "rescan"}, _made, work, rescan_id, shard)


def _made(work: Work, rescan_id: str, shard: int) -> str:
    rescans, until = Rescans(Desk(work.options)), time.monotonic() + SHARD_S
    plan = patiently(lambda: rescans.standing(rescan_id).plan, work.stopping)
    for check_id in patiently(lambda: rescans.of_shard(rescan_id, shard), work.stopping):
        if work.draining.is_set():
            raise Stopped
        if not _told(work, rescans, plan, rescan_id, shard, check_id):
            return "needless"
        if time.monotonic() > until:
            return "in time"
    return "done"


def _told(work: Work, rescans: Rescans, plan: Plan, rescan_id: str, shard: int, check_id: str) -> bool:
    """Come to a check, and write what came of it; False where the rescan is over."""
    began = time.monotonic()
    line = patiently(lambda: rescans.begun(rescan_id, check_id, shard), work.stopping)
    if line is None:
        return patiently(lambda: rescans.standing(rescan_id).state == "going", work.stopping)
    try:
        end, note = _ended(work, plan, rescan_id, line)
        took = time.monotonic() - began
        patiently(partial(rescans.told, rescan_id, check_id, end, note, took), work.stopping)
    except Stopped:
        with suppress(CountermarkError):  # nobody died over it
            rescans.left(rescan_id, line)
        raise
    return True


def _ended(work: Work, plan: Plan, rescan_id: str, line: Line) -> tuple[End, str]:
    given_up = line.attempt > MOST_TRIES  # and whoever was at it may have changed it before they died
    try:
        if plan.because == "policy":
            end = patiently(partial(_decided, work, rescan_id, line, anew=not given_up), work.stopping)
            return ("failed", BROKEN_OFF) if given_up and end == "same" else (end, "")
        if given_up:
            said = BROKEN_OFF
        elif plan.because == "revoked":
            patiently(partial(_as_records_stand, work, line.check_id), work.stopping)
            said = ""
        else:
            said = judge_anew(work, line.check_id, SERVICE)
        check = patiently(lambda: work.docket.get(line.check_id), work.stopping)
    except (CheckMissing, CheckUnfit):
        return "failed", DELETED
    except RegistryUnavailable:
        raise
    except CountermarkError as error:
        return "failed", str(error)
    if _revised(check, line):  # also where a worker died between that and the note of it
        return "changed", ""
    return ("gone" if said == GONE else "failed" if said else "same"), said


def _revised(check: Check, line: Line) -> bool:
    """Whether it was revised since it was found, and not by people."""
    return any(each.number > line.revision and each.why != "human" for each in check.revisions)


def _as_records_stand(work: Work, check_id: str) -> None:
    as_records_stand(work, check_id, taken_back(work.options, check_id))
    delivering.owe(work, check_id)


def _decided(work: Work, rescan_id: str, line: Line, *, anew: bool) -> End:
    """Decide anew under what is live, as a retroaction does; or only say whether that was done."""
    from ..store import decision_rows

    if work.docket.get(line.check_id).deleted_at is not None:
        raise CheckMissing(f"check {line.check_id} was deleted")
    deciding, desk, key = Deciding(work.options), Desk(work.options), f"policy {rescan_id}"
    with desk.reading() as connection:
        submission = None if connection is None else decision_rows.submission_of(connection, line.check_id)
        if connection is None or submission is None:
            raise CheckMissing(f"nothing was submitted with check {line.check_id}")
        policies = [each.policy_id for each in shelved(connection, submission["tenant_id"]) if each.live is not None]
    for policy_id in policies if anew else ():
        deciding.reconsider(line.check_id, policy_id, key)
    with desk.reading() as connection:
        made = [] if connection is None else decision_rows.of_submissions(connection, [submission["id"]])
    return "changed" if any(each["occasion_key"] == key for each in made) else "same"
