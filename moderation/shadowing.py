"""What a detector that runs beside the live one has seen, and how the two compare. No verdict or policy reads it.

Alarms are held to each other as each means them: at its own threshold of high precision, whose rate of false alarms it
states itself. Where blind people agreed on a video, both are held to them. Looks at nothing.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

from ..docket import Check
from ..docket.desk import Desk
from ..docket.packing import text as fit
from ..evidence import DetectorDetails, Evidence
from .people import samples
from .people.agreement import cohen_kappa, share
from .people.values import Finding, Share

Target = Literal["generated", "manipulated"]
TARGETS: tuple[Target, ...] = ("generated", "manipulated")
_SHADOW = 200  # letters of a name that are kept, from its end
_EXAMPLES = 10
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
class Pair:
    """One video, looked at by both."""

    check_id: str
    tenant_id: str
    live: Look
    beside: Look


@dataclass(frozen=True)
class Decided:
    """Both held to what blind people agreed on."""

    found: tuple[Share, Share]  # of what they say it is: the live one, the shadow
    false: tuple[Share, Share]  # of what they say is genuine


@dataclass(frozen=True)
class Compared:
    """Both on one question."""

    target: Target
    looks: int
    judged: int  # by both
    both: int  # raise an alarm
    live_only: int
    beside_only: int
    neither: int
    agreed: Share
    kappa: float | None
    live_fpr: float | None  # that alarms mean, as each states it; the highest that was stated
    beside_fpr: float | None
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
    seconds: float | None  # that a look took on average
    models: tuple[str, ...]  # of the live one
    beside: tuple[str, ...]
    targets: tuple[Compared, ...]


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

    def compared(self, shadow: str, tenant_id: str = "", since: str = "", until: str = "~") -> Comparison:
        """Hold one to the live detector, and both to what blind people found; tenant_id: empty: of all."""
        from ..store import shadow_rows

        name = _named(shadow)
        with self._desk.reading() as connection:
            rows = [] if connection is None else shadow_rows.looks(connection, name, tenant_id, since, until)
        tenants = sorted({row["tenant_id"] for row in rows})
        labels = {one.check_id: one.label for tenant in tenants for one in samples.for_adapting(self._desk, tenant)}
        failures = {row["check_id"]: row["why"] for row in rows if row["beside"] is None}
        seen = {row["check_id"]: row["seconds"] for row in rows if row["beside"] is not None}
        pairs = {
            target: [_pair(row) for row in rows if row["target"] == target and row["beside"]] for target in TARGETS
        }
        every = [pair for some in pairs.values() for pair in some]
        return Comparison(
            shadow=name,
            checks=len({row["check_id"] for row in rows}),
            failed=len(failures),
            why=_counted(failures.values()),
            seconds=sum(seen.values()) / len(seen) if seen else None,
            models=tuple(sorted({one.live.model for one in every})),
            beside=tuple(sorted({one.beside.model for one in every if one.beside.model})),
            targets=tuple(_compared(target, pairs[target], labels) for target in TARGETS if pairs[target]),
        )

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


def _compared(target: Target, pairs: list[Pair], labels: Mapping[str, Finding]) -> Compared:
    judged = [one for one in pairs if one.beside.model]
    alarms = [(one.live.alarm, one.beside.alarm) for one in judged]
    agreed = sum(a == b for a, b in alarms)
    return Compared(
        target=target,
        looks=len(pairs),
        judged=len(judged),
        both=alarms.count((True, True)),
        live_only=alarms.count((True, False)),
        beside_only=alarms.count((False, True)),
        neither=alarms.count((False, False)),
        agreed=share(agreed, len(judged)),
        kappa=cohen_kappa([(str(a), str(b)) for a, b in alarms]),
        live_fpr=max((one.live.alarm_fpr for one in judged if one.live.alarm_fpr is not None), default=None),
        beside_fpr=max((one.beside.alarm_fpr for one in judged if one.beside.alarm_fpr is not None), default=None),
        people=Decided(_rates(judged, labels, _IS[target]), _rates(judged, labels, "genuine")),
        only_live=tuple(one.check_id for one in judged if one.live.alarm and not one.beside.alarm)[:_EXAMPLES],
        only_beside=tuple(one.check_id for one in judged if one.beside.alarm and not one.live.alarm)[:_EXAMPLES],
    )


def _rates(pairs: list[Pair], labels: Mapping[str, Finding], label: Finding) -> tuple[Share, Share]:
    of = [one for one in pairs if labels.get(one.check_id) == label]
    return share(sum(one.live.alarm for one in of), len(of)), share(sum(one.beside.alarm for one in of), len(of))


def _pair(row: dict[str, Any]) -> Pair:
    live, beside = Look(**json.loads(row["live"])), Look(**json.loads(row["beside"]))
    return Pair(row["check_id"], row["tenant_id"], live, beside)


def _counted(words: Iterable[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for one in words:
        found[one] = found.get(one, 0) + 1
    return dict(sorted(found.items(), key=lambda each: (-each[1], each[0]))[:_EXAMPLES])


def _named(shadow: str) -> str:
    return shadow[-_SHADOW:]
