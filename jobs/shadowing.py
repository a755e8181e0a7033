"""A second detector looks beside the live one, after the result and in a lane of its own; nobody waits for it.

Its look is a job: one that fails, is slow or dies leaves a line that says so, and nothing else. It looks at media that
is still kept, and keeps none. What it saw goes to `moderation.shadowing` alone.
"""

from __future__ import annotations

import hashlib
import logging
import time
from contextlib import suppress
from pathlib import Path

from ..detector.looking import Detected, detect
from ..docket import Check
from ..docket.desk import Desk
from ..errors import CheckMissing, CountermarkError, ObjectMissing
from ..media import isolation
from ..moderation.shadowing import Shadows, live_looks
from ..settings import Settings
from . import at_hand, queue
from .again import GONE
from .patience import Stopped, patiently
from .telling import short
from .work import Work, at_work

HEAD = "head:"  # before the name of an adapted head, where the settings name a shadow

log = logging.getLogger(__name__)


def ask(work: Work, check: Check) -> None:
    """Have the shadow look at a check that is over, if it is of the share; raises nothing."""
    shadow = work.options.service.shadow
    if not shadow or not _chosen(check.id, work.options.service.shadow_share):
        return
    try:
        work.jobs.enqueue_shadow(check.id, shadow, hashlib.sha256(shadow.encode()).hexdigest()[:16])
    except Exception as error:  # the check has its result, whatever becomes of this
        log.warning("no shadow looks at check %s: %s: %s", short(check.id), type(error).__name__, short(error))


def shadow(check_id: str, name: str) -> None:
    """Look beside the live one: the workflow, under the name that the queue knows."""
    from dbos import DBOS

    work = at_work()
    if work.draining.is_set():
        raise Stopped
    DBOS.run_step({"name": "shadow"}, _looked, work, check_id, name)


def give_up(work: Work, number: str) -> None:
    """Write down that nobody survived a look."""
    check_id, name = number.partition(".")[0], work.options.service.shadow
    if name and number.endswith(hashlib.sha256(name.encode()).hexdigest()[:16]):
        _keep(work, check_id, name, f"whoever looked died over it, {queue.TRIES} times", 0.0)


def _looked(work: Work, check_id: str, name: str) -> None:
    """Look, and keep both scores; what fails is kept as that."""
    with suppress(CheckMissing):
        check = patiently(lambda: work.docket.get(check_id), work.stopping)
        if not live_looks(check):
            return  # the live one was not asked, or could not judge: there is nothing to hold it to
        began = time.monotonic()
        try:
            with at_hand.private_folder(work.folder) as folder, isolation.watched(lambda: _go_on(work)):
                path = at_hand.AtHand(work.objects, folder).path(check)
                seen = _seen(path, work.options, name)
        except ObjectMissing:
            _keep(work, check_id, name, GONE, 0.0)
        except CountermarkError as error:
            _keep(work, check_id, name, str(error), time.monotonic() - began)
        except Stopped:
            raise
        except Exception as error:  # a fault of the shadow's; it leaves a line all the same
            log.exception("the shadow's look at check %s", short(check_id))
            _keep(work, check_id, name, f"unexpected: {type(error).__name__}", time.monotonic() - began)
        else:
            found, took = (seen.generated, seen.manipulated), time.monotonic() - began
            patiently(lambda: Shadows(Desk(work.options)).keep(check_id, name, found, took), work.stopping)


def _keep(work: Work, check_id: str, name: str, why: str, seconds: float) -> None:
    shadows = Shadows(Desk(work.options))
    patiently(lambda: shadows.failed(check_id, name, why, seconds), work.stopping)


def _seen(path: Path, options: Settings, name: str) -> Detected:
    """Ask the shadow alone: a head with the model that it was adapted to, or a model without any head."""
    if name.startswith(HEAD):
        return detect(path, options, head=name.removeprefix(HEAD))
    return detect(path, options, model=name, head="")


def _chosen(check_id: str, share: float) -> bool:
    return int(hashlib.sha256(f"shadow {check_id}".encode()).hexdigest()[:12], 16) < share * (1 << 48)


def _go_on(work: Work) -> None:
    if work.stopping.is_set():
        raise Stopped
