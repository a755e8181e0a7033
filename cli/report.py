"""What a command says to a machine: one envelope, one typed item a result. Knows no command's work.

The JSON schema in docs/report.schema.json is made from these classes, and a test holds the two together.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from .. import __version__
from ..bench.detector.results import DetectorReport
from ..bench.generator.results import GeneratorReport
from ..bench.results import ChainReport
from ..bench.watermark.results import WatermarkReport
from ..detector.outcome import Outcome, Threshold
from ..disclosure.duties.table import Audit
from ..errors import CountermarkError
from ..evidence import Evidence, LabelClaim
from ..verdict import Verdict
from .report_accounts import ApiKeyItem, PersonItem, TenantItem
from .report_bundles import BundleItem
from .report_generating import BatchItem, ModelItem, PlanItem
from .report_keys import AnchorItem, KeyFileItem, KeyItem, MarkKeyItem, RetimestampItem, TrustListItem
from .report_policies import PolicyCaseItem, PolicyItem, PolicyShownItem
from .report_records import ImportItem, LedgerItem, LedgerLineItem, RecordItem, RecordWholeItem, SettledItem, StatsItem
from .report_rescans import RescanItem, ShadowItem

SCHEMA = "countermark-report/1"


@dataclass(frozen=True)
class Failure:
    """An input that could not be worked on."""

    input: str | None
    error: str  # the name of the class, as in the table of exit codes
    message: str
    advice: str
    exit_code: int


@dataclass(frozen=True)
class VerifyItem:
    """`verify`: one file's verdict."""

    input: str
    verdict: Verdict
    kind: Literal["verify"] = "verify"


@dataclass(frozen=True)
class ServedItem(VerifyItem):
    """`check`: one file's verdict, as `verify` says it, and where the service has it."""

    check: str = ""  # its id there; empty, as the page: it was deleted
    page: str = ""
    manage: str | None = None  # without a key: the secret that lets its holder cancel and delete it


@dataclass(frozen=True)
class DetectItem:
    """`detect`: what the detector alone says of one file."""

    input: str
    digest: str
    outcome: Outcome  # at the threshold that was asked for
    threshold: Threshold
    model: str
    generated: Evidence
    manipulated: Evidence
    others: tuple[Evidence, ...]  # of detectors that the user added
    not_looked_at: tuple[str, ...]
    files: tuple[str, ...]  # that were written beside this
    kind: Literal["detect"] = "detect"


@dataclass(frozen=True)
class AuditItem:
    """`audit`: one file, held to laws."""

    input: str
    digest: str
    outcome: str  # of its verdict
    audits: tuple[Audit, ...]
    kind: Literal["audit"] = "audit"


@dataclass(frozen=True)
class StampItem:
    """`stamp` and `generate`: a marked, signed, registered file."""

    input: str
    output: str
    manifest_id: str
    payload: str
    mark_key: str  # its name; never the key
    margin_db: float  # by how much the mark stood out above what reading needs, where frames were tried at CRF 30
    digest: str
    frames: int
    codec: str
    embedded: bool  # False: the container has no place for C2PA; mark and registry carry the credentials
    development: bool
    not_carried: tuple[str, ...]
    labels: tuple[LabelClaim, ...]  # drawn for people to see
    written: tuple[str, ...]  # names of the labels that machines read in the file
    declared: tuple[str, ...]  # what the input said of itself, unsigned
    beside: tuple[str, ...]  # captions and icon, where the labels lie beside the file
    remarks: tuple[str, ...]
    kind: Literal["stamp"] = "stamp"


@dataclass(frozen=True)
class ExtractItem:
    """`watermark extract`: the mark's examiner alone."""

    input: str
    evidence: Evidence
    kind: Literal["extract"] = "extract"


@dataclass(frozen=True)
class SettingItem:
    """`config show`: one setting."""

    name: str
    value: str
    source: str
    meaning: str
    kind: Literal["setting"] = "setting"


@dataclass(frozen=True)
class CheckItem:
    """`doctor`: one thing of this machine."""

    name: str
    state: Literal["good", "lacking", "broken"]
    found: str
    advice: str | None = None
    kind: Literal["check"] = "check"


@dataclass(frozen=True)
class HeadItem:
    """`adapt` and `heads`: what the detector was taught of a generator, and what that is worth."""

    name: str
    file: str
    made: str | None = None
    model: str | None = None
    version: str | None = None
    figures: dict[str, float] | None = None  # out of fold, with the head and without it
    problem: str | None = None
    remarks: tuple[str, ...] = ()
    kind: Literal["head"] = "head"


@dataclass(frozen=True)
class DetectorItem:
    """`detectors`: one that the user added, and what its scores were measured to mean."""

    name: str
    file: str  # that describes it
    made_of: Literal["onnx", "timm", "python"] | None  # None: what describes it cannot be read
    calibrated: str | None  # the version whose scores were measured
    synthetic: int  # clips that they were measured on
    real: int
    weight: float  # 0: it tells nothing; 1: it is never in doubt
    counts: bool  # False: what it says is shown alone
    problem: str | None = None
    remarks: tuple[str, ...] = ()
    kind: Literal["detector"] = "detector"


@dataclass(frozen=True)
class VersionItem:
    """`version`: ours and those of the libraries that matter to a result."""

    countermark: str
    python: str
    libraries: tuple[tuple[str, str], ...]
    kind: Literal["version"] = "version"


@dataclass(frozen=True)
class ExitCodeItem:
    """`exit-codes`: one of them."""

    code: int
    meaning: str
    advice: str
    kind: Literal["exit_code"] = "exit_code"


@dataclass(frozen=True)
class BenchItem:
    """`bench chain`: what was measured."""

    report: ChainReport
    kind: Literal["bench"] = "bench"


@dataclass(frozen=True)
class BenchWatermarkItem:
    """`bench watermark`: what was measured, and the files that say so."""

    report: WatermarkReport
    files: tuple[str, ...]
    kind: Literal["bench_watermark"] = "bench_watermark"


@dataclass(frozen=True)
class BenchDetectorItem:
    """`bench detector`: what was measured, and the files that say so."""

    report: DetectorReport
    files: tuple[str, ...]
    kind: Literal["bench_detector"] = "bench_detector"


@dataclass(frozen=True)
class BenchGeneratorItem:
    """`bench generator`: what was measured, and the files that say so."""

    report: GeneratorReport
    files: tuple[str, ...]
    kind: Literal["bench_generator"] = "bench_generator"


@dataclass(frozen=True)
class DemoItem:
    """`demo`: one step of the chain."""

    step: str
    result: str
    files: tuple[str, ...] = ()
    kind: Literal["demo"] = "demo"


Item = (
    ServedItem
    | VerifyItem
    | BundleItem
    | DetectItem
    | AuditItem
    | StampItem
    | PlanItem
    | BatchItem
    | ModelItem
    | ExtractItem
    | SettingItem
    | CheckItem
    | KeyItem
    | KeyFileItem
    | MarkKeyItem
    | AnchorItem
    | TrustListItem
    | RetimestampItem
    | RecordItem
    | RecordWholeItem
    | LedgerItem
    | LedgerLineItem
    | ImportItem
    | SettledItem
    | StatsItem
    | PersonItem
    | TenantItem
    | ApiKeyItem
    | HeadItem
    | DetectorItem
    | VersionItem
    | ExitCodeItem
    | BenchItem
    | BenchWatermarkItem
    | BenchDetectorItem
    | BenchGeneratorItem
    | DemoItem
    | PolicyItem
    | PolicyCaseItem
    | PolicyShownItem
    | RescanItem
    | ShadowItem
)


@dataclass(frozen=True)
class Report:
    """Everything one run of a command has to say."""

    command: str
    exit_code: int
    results: tuple[Item, ...]
    failures: tuple[Failure, ...]
    version: str = __version__
    schema: Literal["countermark-report/1"] = "countermark-report/1"

    def to_json(self) -> str:
        """Give the report as text; control characters in strings from files stay escaped."""
        return json.dumps(asdict(self), indent=2, ensure_ascii=True, default=_plain)


def failure(error: CountermarkError, given: str | None) -> Failure:
    """Say an error as an item."""
    return Failure(given, type(error).__name__, str(error), error.advice, error.exit_code)


def schema() -> dict[str, Any]:
    """Give the JSON schema of a report."""
    from pydantic import TypeAdapter

    return {"$id": SCHEMA, **TypeAdapter(Report).json_schema(mode="serialization")}


def _plain(value: object) -> object:
    if isinstance(value, Path):
        return str(value)
    raise TypeError(f"{type(value).__name__} has no place in a report")
