"""What the detector's bench yields: values. Opens no file; light, since reports import it."""

from __future__ import annotations

from dataclasses import dataclass

from ..machine import Machine


@dataclass(frozen=True)
class GroupRow:
    """One generator against all real clips."""

    n: int
    auc: float


@dataclass(frozen=True)
class SourceRow:
    """Real clips of one source or kind, at the default thresholds of the weights that judged each."""

    n: int
    called_ai: int
    called_manipulated: int

    @property
    def fpr(self) -> float:
        """Share that is called anything."""
        return (self.called_ai + self.called_manipulated) / self.n


@dataclass(frozen=True)
class ApartRow:
    """Clips of a kind that does not belong with the others, and what they are held to."""

    name: str
    n_real: int
    n_synthetic: int
    auc: float
    auc_low: float
    auc_high: float
    pooled: bool  # also among the condition's own clips
    against: str  # what the synthetic ones are held to


@dataclass(frozen=True)
class BinRow:
    """A tenth of the clips, by score."""

    n: int
    said: float
    true: float


@dataclass(frozen=True)
class RiskPoint:
    """Share of wrong calls among the surest so many clips."""

    coverage: float
    error: float


@dataclass(frozen=True)
class HardNegative:
    """A real clip that no camera took, or that was worked on."""

    name: str
    kind: str
    group: str
    outcome: str
    score: float
    by: str  # the weights that judged it


@dataclass(frozen=True)
class HardNegatives:
    """All of them."""

    n: int
    called_ai: int
    called_manipulated: int
    by_kind: dict[str, SourceRow]
    clips: tuple[HardNegative, ...]


@dataclass(frozen=True)
class ConditionRow:
    """All clips, shown in one way."""

    name: str
    words: str
    n_real: int
    n_synthetic: int
    declined: dict[str, int]  # by label: what could not be judged, and counts with a score of one half
    auc: float
    auc_judged: float | None  # without these; None: no clip of one label is left
    auc_low: float
    auc_high: float
    auc_lost: float | None  # against the matched copies at CRF 23
    macro_auc: float  # mean over generators
    worst_quartile_auc: float
    tpr_at_fpr01: float | None  # at a threshold read off these very clips, as on their ROC curve
    tpr_at_fpr05: float | None
    ece: float  # as if both classes were as many: how many of each there are is the table's choice
    ece_as_mixed: float  # in the mix of the table
    coverage_error_80: float
    by_group: dict[str, GroupRow]
    fpr_by_source: dict[str, SourceRow]
    apart: tuple[ApartRow, ...]
    outcomes: dict[str, dict[str, int]]  # by label
    quality: dict[str, int]  # flags
    hard_negatives: HardNegatives
    reliability: tuple[BinRow, ...]
    risk_coverage: tuple[RiskPoint, ...]
    seconds: float  # a clip, decoding included: median


@dataclass(frozen=True)
class BaselineRow:
    """Simpler means, or a control, on the same clips."""

    name: str
    condition: str
    n: int
    auc: float | None  # None: too few groups to hold any out
    auc_low: float | None
    auc_high: float | None
    control: bool = False  # labels were dealt anew: what is not chance is a fault of the bench


@dataclass(frozen=True)
class Speed:
    """Wall time of one process on one core; the clip is made in code."""

    frames_per_s: float  # three tiles each, without decoding
    cold_s: float  # from the start of a process to its first verdict
    ten_seconds_720p_s: float  # to a verdict, in a warm process
    peak_mb: float


@dataclass(frozen=True)
class DetectorReport:
    """Everything that was measured."""

    command: str
    protocol: str  # leave-generators-out, or release
    detector: str
    models: dict[str, str]  # with their versions
    headline: str  # the condition of the figures right below
    macro_auc: float
    worst_quartile_auc: float
    coverage_error_80: float
    conditions: tuple[ConditionRow, ...]
    baselines: tuple[BaselineRow, ...]
    speed: Speed | None
    unreadable: tuple[str, ...]  # clips that could not be judged, with the reason
    remarks: tuple[str, ...]
    machine: Machine
    versions: dict[str, str]
    date: str
