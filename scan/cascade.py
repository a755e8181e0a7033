"""One object, looked at cheap-first, until a look settles it or the last is taken. Gives a line.

What settles is a proven verdict of the kinds that the plan names. What was spared is said in the line: a verdict that
rests on fewer looks must not read like one that rests on all of them.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .. import outputs, verify
from ..errors import CountermarkError, DiskFull, RegistryUnavailable
from ..evidence import DetectorDetails
from ..moderation import Item, Submission
from ..objects import Listed, Place
from ..settings import Settings
from ..verdict import Verdict
from .values import STAGES, Outcomes, Plan, ScanStage

if TYPE_CHECKING:
    from ..media import Looked
    from ..moderation.policies import Policy

log = logging.getLogger(__name__)

Known = Callable[[str], Outcomes | None]

SPARED: dict[ScanStage, str] = {
    "container": "what the file says of itself",
    "pictures": "its pictures: marks, and what they lead to",
    "detector": "the pixels of what carries no mark: the detector was not asked",
}


class Cascade:
    """Looks at objects by one plan."""

    def __init__(self, plan: Plan, options: Settings) -> None:
        """Take the plan; its policy is read once."""
        self._plan, self._options = plan, options
        asked = STAGES[: STAGES.index(plan.to) + 1]
        self._stages = tuple(one for one in asked if one != "detector" or options.detector != "never")
        self._policy: Policy | None = None
        if plan.policy is not None:
            from ..moderation.policies import read

            self._policy = read(plan.policy, "the scan's policy")

    def line(self, place: Place, listed: Listed, folder: Path, known: Known) -> Outcomes:
        """Look at one object; raises only what is no fault of it: our database is away, our disk is full.

        known: gives the line of another with the same bytes, by their digest.
        """
        one = _One(place, listed)
        try:
            return self._looked(one, folder, known)
        except (RegistryUnavailable, DiskFull):
            raise
        except CountermarkError as error:
            return self._failed(one, type(error).__name__, one.worded(str(error)), error.advice)
        except Exception as error:  # a fault of ours; the shard goes on
            log.exception("%s", listed.name)
            return self._failed(one, "Unexpected", type(error).__name__, "report it")

    def given_up(self, place: Place, listed: Listed, why: str, advice: str) -> Outcomes:
        """Say why an object has no result, without a look at it."""
        return self._failed(_One(place, listed), "ObjectGivenUp", why, advice)

    def _looked(self, one: _One, folder: Path, known: Known) -> Outcomes:
        with one.clock.running("digest"):
            path, digest = one.brought(folder)
        same = known(digest) if self._stages[1:] else None  # where no look is spared by it, nothing is asked
        if same is not None:
            return self._same(one, same)
        looked: Looked | None = None
        verdict: Verdict | None = None
        stage: ScanStage = "digest"
        for stage in self._stages[1:]:
            with one.clock.running(stage):
                looked = self._with(path, stage, looked)
                found = verify.recovered(path, looked, self._options) if stage == "pictures" else ()
                looked = replace(looked, evidence=(*looked.evidence, *found))
                verdict = verify.judged(looked, (), self._options)
            if verdict.outcome in self._plan.settled_by and verdict.sureness == "proven":
                break
        return self._ruled(_told(one.line, verdict, stage), verdict)

    def _same(self, one: _One, known: Outcomes) -> Outcomes:
        """Give the line of an object whose bytes were looked at under another name."""
        line = replace(known, url=one.line.url, name=one.line.name, seconds=one.line.seconds)
        return replace(line, stage="digest", same_as=known.same_as or known.name)

    def _with(self, path: Path, stage: ScanStage, looked: Looked | None) -> Looked:
        """Take one more look, and lay it to those before."""
        options = self._options
        if stage == "container" or looked is None:
            return verify.with_remote(path, verify.look_at(path, options=options, only="container"), options)
        if stage == "pictures":
            new = verify.look_at(path, options=options, only="pictures")
            later = {one.examiner: one for one in new.evidence}
            kept = tuple(later.pop(one.examiner, one) for one in looked.evidence)
            problems = tuple(dict.fromkeys((*looked.problems, *new.problems)))
            return replace(new, evidence=(*kept, *later.values()), problems=problems)
        # It shows fewer pictures; what those before have shown of the file stands.
        new = verify.look_at(path, options=options, only="detector", detector="always")
        told = {one.examiner for one in looked.evidence}
        more = tuple(one for one in new.evidence if one.examiner not in told)
        return replace(new, evidence=(*looked.evidence, *more), problems=looked.problems or new.problems)

    def _ruled(self, made: Outcomes, verdict: Verdict | None) -> Outcomes:
        if self._policy is None:
            return made
        from ..moderation.policies import facts, ruled

        item = Submission("scan", "scan", Item(made.name, "object"), "", "", made.sha256)
        failed = None if made.error is None else made.error["type"]
        ruling = ruled(self._policy, facts(verdict, item, failed=failed))
        plain: dict[str, Any] = {
            "effect": ruling.effect,
            "actions": [one.words for one in ruling.actions],
            "rules": [one.rule for one in ruling.held],
            "unsure": [one.rule for one in ruling.unsure],
        }
        return replace(made, ruling=plain)

    def _failed(self, one: _One, kind: str, message: str, advice: str) -> Outcomes:
        error = {"type": kind, "message": message, "advice": advice}
        return self._ruled(replace(one.line, stage=one.clock.last, error=error), None)


class _One:
    """One object that is looked at, and what is known of it so far."""

    def __init__(self, place: Place, listed: Listed) -> None:
        self._place, self._listed = place, listed
        self.clock = _Clock()
        self.line = Outcomes(place.url, listed.name, listed.bytes, "digest", self.clock.seconds)
        self._path: Path | None = None

    def brought(self, folder: Path) -> tuple[Path, str]:
        """Have its bytes at hand; give the file and its digest."""
        from ..media.probe import digest_of

        path = self._path = self._place.at_hand(self._listed.name, folder)
        outputs.check_input(path)
        digest = digest_of(path)
        self.line = replace(self.line, bytes=path.stat().st_size, sha256=digest)
        return path, digest

    def worded(self, message: str) -> str:
        """Say the name that it has there, not where it was looked at."""
        if self._path is None:
            return message
        return message.replace(f"{self._path.parent}/", "").replace(self._path.name, self._listed.name)


def _told(begun: Outcomes, verdict: Verdict | None, stage: ScanStage) -> Outcomes:
    if verdict is None:
        return replace(begun, stage=stage)
    spared = tuple(SPARED[one] for one in STAGES[STAGES.index(stage) + 1 :])
    scores: dict[str, Mapping[str, float]] = {
        one.details.target: {"score": one.score, "fpr": one.details.fpr}
        for one in verdict.evidence
        if isinstance(one.details, DetectorDetails) and one.score is not None
    }
    return replace(
        begun,
        stage=stage,
        outcome=verdict.outcome,
        also=verdict.also,
        sureness=verdict.sureness,
        basis=verdict.basis,
        reasons=verdict.reasons,
        not_looked_at=tuple(dict.fromkeys((*verdict.not_looked_at, *spared))),
        scores=scores,
    )


class _Clock:
    """How long each look took."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self.last: ScanStage = "digest"

    @contextmanager
    def running(self, stage: ScanStage) -> Iterator[None]:
        """Time one."""
        self.last, begun = stage, time.monotonic()
        try:
            yield
        finally:
            self.seconds[stage] = round(time.monotonic() - begun, 4)
