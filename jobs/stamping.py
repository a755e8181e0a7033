"""A stamp as a job: a file is labelled, and lies in the store for as long as the tenant's media does.

Knows the order; how a film is labelled is `stamp`'s. What is begun again is labelled anew: a film that nobody was given
leaves a record that leads nowhere.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any, TypeVar

from .. import stamp as labelling
from ..docket import CheckError, Stamp, Stamps
from ..errors import CheckMissing, CheckUnfit, CountermarkError, ObjectMissing
from ..media import isolation
from ..settings import Settings
from .at_hand import REPORT, private_folder, suffix_of, worded
from .patience import Stopped, patiently
from .telling import short
from .work import Work, at_work

T = TypeVar("T")
log = logging.getLogger(__name__)


def stamp(stamp_id: str) -> None:
    """Label a film: the workflow, under the name that the queue knows."""
    from dbos import DBOS

    work = at_work()
    if work.draining.is_set():
        raise Stopped
    DBOS.run_step({"name": "stamp"}, _taken, work, stamp_id)


def _taken(work: Work, stamp_id: str) -> str:
    stamps = Stamps(work.options, objects=work.objects)

    def patient(attempt: Callable[[], T]) -> T:
        return patiently(attempt, work.stopping)

    with suppress(CheckMissing, CheckUnfit), private_folder(work.folder) as folder:
        one = patient(lambda: stamps.begin(stamp_id))
        if one.over:
            return "over"
        try:
            key, stamped = patient(lambda: _stamped(work, one, folder))
            patient(lambda: stamps.finish(stamp_id, key, stamped))
            return "done"
        except CountermarkError as error:
            why = CheckError(type(error).__name__, worded(str(error), folder, one.id, one.name), error.advice)
        except Exception as error:  # a fault of ours; it is said once, not tried three times
            log.exception("stamp %s", short(stamp_id))
            why = CheckError("CountermarkError", f"unexpected: {type(error).__name__}", REPORT)
        log.info("stamp %s has failed: %s", short(stamp_id), why.type)
        patient(lambda: stamps.fail(stamp_id, why))
        return "failed"
    return "over"


def _stamped(work: Work, one: Stamp, folder: Path) -> tuple[str, dict[str, Any]]:
    """Label it and put it where it stays; give its key, and what is to be said of it."""
    if one.source_key is None:
        raise ObjectMissing(f"{one.name}: it is not kept any more")
    source = folder / _name(one)
    work.objects.fetch_to(one.source_key, source)
    asked = dict(one.options)
    remark = bool(asked.pop("remark", False))
    facts = _facts(work.options, one, asked)
    with isolation.watched(lambda: _go_on(work)):
        made = labelling.stamp(source, folder, facts=facts, remark=remark, force=True, options=work.options)
    key, size = f"stamps/{one.id}/out", made.path.stat().st_size
    work.objects.put_file(key, made.path)
    told = {name: value for name, value in asdict(made).items() if name not in ("path", "beside")}
    return key, {**told, "name": made.path.name.replace(one.id, Path(one.name).stem or one.id), "bytes": size}


def _facts(options: Settings, one: Stamp, asked: dict[str, Any]) -> Any:
    """Describe it as was asked; the rest is as the settings say."""
    usual = {"provider": options.provider, "training_mining": options.training_mining, "title": Path(one.name).stem}
    return labelling.facts(**{**usual, **asked})


def _go_on(work: Work) -> None:
    if work.stopping.is_set():
        raise Stopped


def _name(one: Stamp) -> str:
    return f"{one.id}{suffix_of(one.name)}"
