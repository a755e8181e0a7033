"""What a detector that runs beside the live one has seen, and how the two compare. No verdict or policy reads it.

Alarms are held to each other as each means them: at its own threshold of high precision, whose rate of false alarms it
states itself. Where blind people agreed on a video, both are held to them. Looks at nothing.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

from ..docket import Check, times
from ..docket.desk import Desk
from ..docket.packing import text as fit
from ..evidence import DetectorDetails, Evidence
from .people import samples
from .people.agreement import cohen_kappa_of, share
from .people.values import Finding, Share

Target = Literal["generated", "manipulated"]
TARGETS: tuple[Target, ...] = ("generated", "manipulated")
_SHADOW = 200  # letters of a name that are kept, from its end
_EXAMPLES = 10
PAGE = 1000  # looks that are in memory at once
_REASONS, _OTHER = 1000, "another reason"  # that are told apart
# Of a target: what people say of a video that it should find, and of one that it should not.
_IS: dict[Target, Finding] = {"generated": "synthetic", "manipulated": "manipulated"}


@dataclass(frozen=True)
class Look:
    """What one detector says of one video."""

    model: str
    finding: str
    score: float | None
    fpr: float | None  # at this score; None: it could not judge
    alarm_fpr: float | None  # that its alarm means

    @property
    def alarm(self) -> bool:
        """Whether it raises one."""
        return self.finding == "present"


@dataclass(frozen=True)
class Decided:
    """Both held to what blind people agreed on."""

    found: tuple[Share, Share]  # of what they say it is: the live one, the shadow
    false: tuple[Share, Share]  # of what they say is genuine


@dataclass(frozen=True)
class Pairing:
    """What was compared: two releases, each at its own threshold. Another release of the same name is another one."""

    target: Target
    live: str
    beside: str
    live_fpr: float | None  # that an alarm means, as it states itself
    beside_fpr: float | None


@dataclass(frozen=True)
class Compared:
    """Both on one question."""

    pairing: Pairing
    since: str  # of the looks
    until: str
    judged: int  # by both
    both: int  # raise an alarm
    live_only: int
    beside_only: int
    neither: int
    agreed: Share
    kappa: float | None
    people: Decided
    only_live: tuple[str, ...]  # some checks that one alone flags
    only_beside: tuple[str, ...]


@dataclass(frozen=True)
class Comparison:
    """A shadow beside the live one."""

    shadow: str
    checks: int
    failed: int  # at which it could not look
    why: Mapping[str, int]  # of the most frequent reasons
    unjudged: int  # looks at which it could not judge
    seconds: float | None  # that a look took on average
    compared: tuple[Compared, ...]  # the one that was looked at last comes first


def live_looks(check: Check) -> dict[Target, Look]:
    """Give what the live detector said in the first verdict; nothing where it was not asked."""
    if not check.revisions or check.deleted_at is not None:
        return {}
    return {target: look for target, look in _by_target(check.revisions[0].verdict.evidence).items() if look.model}


class Shadows:
    """What shadows have seen."""

    def __init__(self, desk: Desk) -> None:
        """Take the desk."""
        self._desk = desk

    def keep(self, check_id: str, shadow: str, found: Iterable[Evidence], seconds: float) -> None:
        """Keep what it saw beside what the live one had seen; what is there already stays."""
        self._add(check_id, shadow, _by_target(found), "", seconds)

    def failed(self, check_id: str, shadow: str, why: str, seconds: float) -> None:
        """Keep that it could not look, and why."""
        self._add(check_id, shadow, {}, fit(why)[:500], seconds)

    def names(self) -> tuple[str, ...]:
        """Give the shadows that have looked at anything."""
        from ..store import shadow_rows

        with self._desk.reading() as connection:
            return () if connection is None else tuple(shadow_rows.names(connection))

    def compared(self, shadow: str, tenant_id: str = "", since: str = "", until: str = times.LAST) -> Comparison:
        """Hold one to the live detector, and both to what blind people found; tenant_id: empty: of all.

        However many looks there are, a page of them is in memory at a time.
        """
        counting = _Counting(_named(shadow))
        for page in self._pages(_named(shadow), tenant_id, since, until):
            labels = samples.labels_of(self._desk, {row["check_id"] for row in page})
            counting.add(page, {one.check_id: one.label for one in labels})
        return counting.comparison()

    def _pages(self, shadow: str, tenant_id: str, since: str, until: str) -> Iterator[list[dict[str, Any]]]:
        from ..store import shadow_rows

        after = ("", "")
        while True:
            with self._desk.reading() as connection:
                of = (shadow, tenant_id, since, until, after, PAGE)
                page = [] if connection is None else shadow_rows.looks(connection, *of)
            if page:
                yield page
            if len(page) < PAGE:
                return
            after = (page[-1]["check_id"], page[-1]["target"])

    def _add(self, check_id: str, shadow: str, beside: Mapping[Target, Look], why: str, seconds: float) -> None:
        from ..docket.opening import read
        from ..store import check_rows, shadow_rows

        with self._desk.changing() as connection:
            row = check_rows.locked(connection, check_id)
            if row is None or row["deleted_at"] is not None:
                return  # nothing of it is kept
            live = live_looks(read(connection, check_id))
            common = {"check_id": check_id, "shadow": _named(shadow), "tenant_id": row["tenant_id"]}
            rows = [
                {
                    **{**common, "target": target, "at": self._desk.now(), "live": json.dumps(asdict(look))},
                    **{"beside": json.dumps(asdict(beside[target])) if target in beside else None},
                    **{"why": why, "seconds": seconds},
                }
                for target, look in live.items()
            ]
            shadow_rows.add(connection, rows)


def _by_target(evidence: Iterable[Evidence]) -> dict[Target, Look]:
    """Give what our own examiners say; a model without a name: it could not judge."""
    found: dict[Target, Look] = {}
    for one in evidence:
        target: Target | None = {"detector": "generated", "detector-changes": "manipulated"}.get(one.examiner)  # type: ignore[assignment]
        if target is None:
            continue
        if isinstance(one.details, DetectorDetails):
            limits = one.details.thresholds
            alarm = limits.high_precision_fpr if limits.high_precision < 1.0 else None
            found[target] = Look(one.details.model, one.finding, one.score, one.details.fpr, alarm)
        else:
            found[target] = Look("", one.finding, None, None, None)
    return found


class _Counting:
    """Counts looks as they come, by check."""

    def __init__(self, shadow: str) -> None:
        self._shadow, self._checks, self._failed, self._unjudged = shadow, 0, 0, 0
        self._last = ""  # check that was seen
        self._seen, self._seconds = 0, 0.0
        self._why: Counter[str] = Counter()
        self._tallies: dict[Pairing, _Tally] = {}

    def add(self, rows: Iterable[dict[str, Any]], labels: Mapping[str, Finding]) -> None:
        """Count some more; a check's looks come one after the other."""
        for row in rows:
            first, self._last = row["check_id"] != self._last, row["check_id"]
            self._checks += first
            if row["beside"] is None:
                if first:
                    self._fail(row["why"])
                continue
            self._seen, self._seconds = self._seen + first, self._seconds + row["seconds"] * first
            self._pair(row, labels.get(row["check_id"]))

    def comparison(self) -> Comparison:
        """Give what came of it."""
        return Comparison(
            shadow=self._shadow,
            checks=self._checks,
            failed=self._failed,
            why=dict(self._why.most_common(_EXAMPLES)),
            unjudged=self._unjudged,
            seconds=self._seconds / self._seen if self._seen else None,
            compared=tuple(
                tally.compared(pairing)
                for pairing, tally in sorted(self._tallies.items(), key=lambda each: each[1].until, reverse=True)
            ),
        )

    def _pair(self, row: dict[str, Any], label: Finding | None) -> None:
        live, beside = Look(**json.loads(row["live"])), Look(**json.loads(row["beside"]))
        if not beside.model:
            self._unjudged += 1
            return
        pairing = Pairing(row["target"], live.model, beside.model, live.alarm_fpr, beside.alarm_fpr)
        self._tallies.setdefault(pairing, _Tally()).add(row, live.alarm, beside.alarm, label)

    def _fail(self, why: str) -> None:
        self._failed += 1
        self._why[why if why in self._why or len(self._why) < _REASONS else _OTHER] += 1


class _Tally:
    """The counts of one pairing."""

    def __init__(self) -> None:
        self.since, self.until = times.LAST, ""
        self._alarms: Counter[tuple[bool, bool]] = Counter()
        self._labelled: Counter[tuple[Finding, bool, bool]] = Counter()
        self._alone: dict[bool, list[str]] = {True: [], False: []}  # by whether it was the live one

    def add(self, row: Mapping[str, Any], live: bool, beside: bool, label: Finding | None) -> None:
        """Count one look of both."""
        self.since, self.until = min(self.since, row["at"]), max(self.until, row["at"])
        self._alarms[live, beside] += 1
        if label is not None:
            self._labelled[label, live, beside] += 1
        if live != beside and len(self._alone[live]) < _EXAMPLES:
            self._alone[live].append(row["check_id"])

    def compared(self, pairing: Pairing) -> Compared:
        """Give what came of it."""
        both, neither = self._alarms[True, True], self._alarms[False, False]
        return Compared(
            pairing=pairing,
            since=self.since,
            until=self.until,
            judged=self._alarms.total(),
            both=both,
            live_only=self._alarms[True, False],
            beside_only=self._alarms[False, True],
            neither=neither,
            agreed=share(both + neither, self._alarms.total()),
            kappa=cohen_kappa_of(self._alarms),
            people=Decided(self._rates(_IS[pairing.target]), self._rates("genuine")),
            only_live=tuple(self._alone[True]),
            only_beside=tuple(self._alone[False]),
        )

    def _rates(self, label: Finding) -> tuple[Share, Share]:
        of = [(live, beside, count) for (said, live, beside), count in self._labelled.items() if said == label]
        every = sum(count for _, _, count in of)
        return share(sum(n for live, _, n in of if live), every), share(sum(n for _, beside, n in of if beside), every)


def _named(shadow: str) -> str:
    return shadow[-_SHADOW:]
