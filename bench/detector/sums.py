"""From scores to the rows of a report. Knows counting; opens no file.

Spliced videos and fakes by decoders of our own are no work of a generator: they stand apart and are not pooled. Faces
are pooled, and stand apart as well.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import mean, median

import numpy as np

from ...errors import ClipTableInvalid
from . import metrics
from .conditions import MATCHED, Condition
from .metrics import Class
from .results import (
    ApartRow,
    BinRow,
    ConditionRow,
    GroupRow,
    HardNegative,
    HardNegatives,
    RiskPoint,
    SourceRow,
)
from .scoring import OUTCOMES, Scored
from .table import FACES, HARD, LABELS, OWN, SPLICED, UNTOUCHED, Clip

COVERAGE = 0.8
COVERAGES = tuple(step / 20 for step in range(1, 21))
DIGITS = 4


@dataclass(frozen=True)
class Judged:
    """One clip under a condition, and what the detector says of it."""

    clip: Clip
    scored: Scored
    by: str  # the weights

    @property
    def pooled(self) -> bool:
        """Whether it counts among a condition's own clips."""
        return self.clip.pooled


def condition_row(condition: Condition, judged: Sequence[Judged], draws: int) -> ConditionRow:
    """Sum up one condition; what it loses is filled in by who has them all."""
    pooled = [one for one in judged if one.pooled]
    real, synthetic = _classes(pooled)
    if not len(real.scores) or not len(synthetic.scores):
        lacking = LABELS[1] if len(real.scores) else LABELS[0]
        raise ClipTableInvalid(
            f"{condition.name}: not one {lacking} clip could be judged", advice="see the reasons with --verbose"
        )
    scores = np.array([one.scored.score for one in pooled])
    labels = np.array([one.clip.synthetic for one in pooled])
    low, high = metrics.auc_interval(real, synthetic, draws)
    by_group = metrics.auc_by_group(real, synthetic)
    sizes = Counter(synthetic.groups)
    return ConditionRow(
        name=condition.name,
        words=condition.words,
        n_real=len(real.scores),
        n_synthetic=len(synthetic.scores),
        declined=_declined(pooled),
        auc=_rounded(metrics.auc(real.scores, synthetic.scores)),
        auc_judged=_auc_judged(pooled),
        auc_low=_rounded(low),
        auc_high=_rounded(high),
        auc_lost=None,
        macro_auc=_rounded(mean(by_group.values())),
        worst_quartile_auc=_rounded(metrics.worst_quartile(list(by_group.values()))),
        tpr_at_fpr01=_rounded_or_none(metrics.tpr_at_fpr(real.scores, synthetic.scores, 0.01, metrics.REALS_FOR_1)),
        tpr_at_fpr05=_rounded_or_none(metrics.tpr_at_fpr(real.scores, synthetic.scores, 0.05, metrics.REALS_FOR_5)),
        ece=_rounded(metrics.ece(scores, labels, balanced=True)),
        ece_as_mixed=_rounded(metrics.ece(scores, labels)),
        coverage_error_80=_rounded(metrics.error_at(COVERAGE, scores, labels)),
        by_group={name: GroupRow(sizes[name], _rounded(value)) for name, value in by_group.items()},
        fpr_by_source=_by_source(pooled),
        apart=_apart(judged, draws),
        outcomes={label: _outcomes([one for one in pooled if one.clip.label == label]) for label in LABELS},
        quality=_flags(pooled),
        hard_negatives=_hard_negatives(judged),
        reliability=tuple(BinRow(b.n, _rounded(b.said), _rounded(b.true)) for b in metrics.bins_of(scores, labels)),
        risk_coverage=tuple(
            RiskPoint(coverage, _rounded(metrics.error_at(coverage, scores, labels))) for coverage in COVERAGES
        ),
        seconds=round(median(one.scored.seconds for one in judged), 3),
    )


def losses(rows: Sequence[ConditionRow]) -> dict[str, float]:
    """Say what AUC each condition loses against the matched copies, where those were made."""
    matched = next((row for row in rows if row.name == MATCHED), None)
    return {row.name: _rounded(matched.auc - row.auc) for row in rows if matched and row is not matched}


def rates(judged: Sequence[Judged]) -> tuple[metrics.Floats, metrics.Floats]:
    """Give rates of false and true alarms over all thresholds, for a plot."""
    real, synthetic = _classes([one for one in judged if one.pooled])
    return metrics.roc(real.scores, synthetic.scores)


def _classes(judged: Sequence[Judged], manipulated: bool = False) -> tuple[Class, Class]:
    """Divide by label; `manipulated`: by the score for a part of the picture."""

    def of(which: bool) -> Class:
        chosen = [one for one in judged if one.clip.synthetic == which]
        return Class.of([(o.scored.manipulated if manipulated else o.scored.score, o.clip.group) for o in chosen])

    return of(False), of(True)


def _apart(judged: Sequence[Judged], draws: int) -> tuple[ApartRow, ...]:
    """Hold kinds that do not belong together to what they can be held to."""
    plain = [one for one in judged if one.pooled and one.clip.kind not in FACES]
    faces = [one for one in judged if one.pooled and one.clip.kind in FACES]
    own = [one for one in judged if one.clip.kind in OWN and one.clip.synthetic]
    rows = [
        _held("generators, without faces", plain, draws, pooled=True),
        _held("faces: talking heads against filmed ones", faces, draws, pooled=True),
    ]
    for kind in SPLICED:
        changed = [one for one in judged if one.clip.kind == kind and one.clip.synthetic]
        rows.append(_changed(f"{kind}, by the score for a part", changed, judged, draws, part=True))
    rows.append(_changed("fakes by decoders of our own", own, judged, draws))
    for maker in sorted({one.clip.maker for one in own} - {""}):
        rows.append(_changed(f"own decoder {maker}", [one for one in own if one.clip.maker == maker], judged, draws))
    return tuple(row for row in rows if row is not None)


def _changed(
    name: str, changed: Sequence[Judged], judged: Sequence[Judged], draws: int, *, part: bool = False
) -> ApartRow | None:
    """Hold what was changed to what it was made from: by the same weights, and re-encoded alike; else to real clips."""
    by = {one.by for one in changed}
    ground = [one for one in judged if one.clip.kind == UNTOUCHED and one.by in by]
    if ground:
        return _held(name, [*ground, *changed], draws, part=part, against="untouched copies")
    return _held(name, [*(one for one in judged if one.pooled and not one.clip.synthetic), *changed], draws, part=part)


def _held(
    name: str, chosen: Sequence[Judged], draws: int, *, part: bool = False, pooled: bool = False,
    against: str = "real clips",
) -> ApartRow | None:  # fmt: skip
    reals, fakes = _classes(chosen, manipulated=part)
    if not len(reals.scores) or not len(fakes.scores):
        return None
    low, high = metrics.auc_interval(reals, fakes, draws)
    figures = (_rounded(metrics.auc(reals.scores, fakes.scores)), _rounded(low), _rounded(high))
    return ApartRow(name, len(reals.scores), len(fakes.scores), *figures, pooled, against)


def _declined(judged: Sequence[Judged]) -> dict[str, int]:
    return {label: sum(one.clip.label == label and not one.scored.judged for one in judged) for label in LABELS}


def _auc_judged(judged: Sequence[Judged]) -> float | None:
    real, synthetic = _classes([one for one in judged if one.scored.judged])
    if not len(real.scores) or not len(synthetic.scores):
        return None
    return _rounded(metrics.auc(real.scores, synthetic.scores))


def _by_source(judged: Sequence[Judged]) -> dict[str, SourceRow]:
    reals = [one for one in judged if not one.clip.synthetic]
    return {
        source: SourceRow(*_alarms([one for one in reals if one.clip.group == source]))
        for source in sorted({one.clip.group for one in reals})
    }


def _hard_negatives(judged: Sequence[Judged]) -> HardNegatives:
    """Count and list them, those of the tables beside with those of the table itself."""
    hard = [one for one in judged if one.clip.kind in HARD and not one.clip.synthetic]
    kinds = [kind for kind in HARD if any(one.clip.kind == kind for one in hard)]
    listed = (
        HardNegative(o.clip.name, o.clip.kind, o.clip.group, o.scored.outcome, _rounded(o.scored.score), o.by)
        for o in hard
    )
    return HardNegatives(
        *_alarms(hard),
        by_kind={kind: SourceRow(*_alarms([one for one in hard if one.clip.kind == kind])) for kind in kinds},
        clips=tuple(sorted(listed, key=lambda one: -one.score)),
    )


def _alarms(judged: Sequence[Judged]) -> tuple[int, int, int]:
    counted = Counter(one.scored.outcome for one in judged)
    return len(judged), counted["likely_ai"], counted["likely_manipulated"]


def _outcomes(judged: Sequence[Judged]) -> dict[str, int]:
    counted = Counter(one.scored.outcome for one in judged)
    return {outcome: counted[outcome] for outcome in OUTCOMES}


def _flags(judged: Sequence[Judged]) -> dict[str, int]:
    """Count flags, without the figures that some bring along."""
    flags = Counter(re.split(r" \(|: ", flag)[0] for one in judged for flag in one.scored.quality)
    return dict(sorted(flags.items()))


def _rounded(value: float) -> float:
    return round(float(value), DIGITS)


def _rounded_or_none(value: float | None) -> float | None:
    return None if value is None else _rounded(value)
