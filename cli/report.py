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
from ..bench.results import ChainReport
from ..bench.watermark.results import WatermarkReport
from ..detector.outcome import Outcome, Threshold
from ..disclosure.duties.table import Audit
from ..errors import CountermarkError
from ..evidence import Evidence, LabelClaim
from ..verdict import Verdict

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
class KeyItem:
    """`keys`: a signing identity; never its key."""

    name: str
    organisation: str
    issuer: str
    algorithm: str
    fingerprint: str
    not_before: str
    not_after: str
    days_left: int
    purposes: tuple[str, ...]
    development: bool
    folder: str
    key_problem: str | None
    verifiers_will_say: tuple[str, ...]
    signer: Literal["file", "command", "kms"]
    state: Literal["signs", "next", "retired", "pending"]
    signs_from: str | None
    kind: Literal["key"] = "key"


@dataclass(frozen=True)
class KeyFileItem:
    """`keys csr`, `keys backup`, `keys restore`: a file that was written or read, and what it is about."""

    step: Literal["request", "backup", "restore"]
    file: str
    files: int  # that it holds
    set_aside: str | None = None  # where what a restore replaced lies now
    kind: Literal["key_file"] = "key_file"


@dataclass(frozen=True)
class MarkKeyItem:
    """`keys mark`: a key of the invisible mark; never its secret."""

    name: str
    created: str | None  # None: the open key, or one that cannot be read
    state: Literal["in use", "reads"]
    problem: str | None = None
    remarks: tuple[str, ...] = ()
    kind: Literal["mark_key"] = "mark_key"


@dataclass(frozen=True)
class AnchorItem:
    """`trust`: one trust anchor."""

    list_name: str
    subject: str
    not_after: str
    fingerprint: str
    expired: bool
    purpose: Literal["signing", "timestamps"]
    added: str | None  # when its list was brought
    source: str | None
    kind: Literal["anchor"] = "anchor"


@dataclass(frozen=True)
class TrustListItem:
    """`trust update`: a list that was brought."""

    list_name: str
    purpose: Literal["signing", "timestamps"]
    source: str
    added: str
    sha256: str  # over its certificates
    certificates: int
    came: int
    went: int
    expired: tuple[str, ...]  # subjects
    kind: Literal["trust_list"] = "trust_list"


@dataclass(frozen=True)
class RetimestampItem:
    """`keys retimestamp`: a file that waited for a timestamp."""

    path: str
    manifest_id: str  # as it was signed
    new_manifest_id: str | None  # None: it was taken off the list
    signed_at: str | None  # None: no trust anchor vouches for the authority
    kind: Literal["retimestamp"] = "retimestamp"


@dataclass(frozen=True)
class RecordItem:
    """`registry list` and `registry revoke`: one record, without what is large in it."""

    payload: str
    manifest_id: str
    content_digest: str
    issuer: str | None
    model: str | None
    created_at: str | None
    status: str
    status_reason: str | None
    manifest_bytes: int
    position: int | None = None  # in the list: the next page begins before the last one's
    kind: Literal["record"] = "record"


@dataclass(frozen=True)
class FormerItem:
    """A manifest that an update manifest has taken the place of."""

    manifest_id: str
    content_digest: str


@dataclass(frozen=True)
class RecordWholeItem:
    """`registry show`: all of a record; the manifest store itself is written to a file on request."""

    payload: str
    manifest_id: str
    content_digest: str
    issuer: str | None
    model: str | None
    created_at: str | None
    status: str
    status_reason: str | None
    manifest_bytes: int
    former: tuple[FormerItem, ...]  # oldest first
    earlier_marks: tuple[str, ...]
    fingerprint: str | None  # its algorithm
    fingerprint_hashes: int
    changes_bytes: int
    kind: Literal["record_whole"] = "record_whole"


@dataclass(frozen=True)
class LedgerItem:
    """`registry verify` and `registry export`: the state of the hash chain."""

    records: int
    lines: int
    head: str | None
    noted: str | None  # what to note elsewhere, and to give to --expect later
    kind: Literal["ledger"] = "ledger"


@dataclass(frozen=True)
class ImportItem:
    """`registry import`: what was taken in."""

    records: int
    manifests: int
    statuses: int
    already: int
    left_out: int
    kind: Literal["import"] = "import"


@dataclass(frozen=True)
class SettledItem:
    """`registry settle`: a release that was interrupted."""

    manifest_id: str
    status: str
    target: str
    host: str
    reserved_at: str
    kind: Literal["settled"] = "settled"


@dataclass(frozen=True)
class StatsItem:
    """`registry stats`: what is there, counted; what a record does not say counts under an empty name."""

    records: int
    lines: int
    head: str | None
    by_status: dict[str, int]
    by_issuer: dict[str, int]
    by_model: dict[str, int]
    by_month: dict[str, int]
    bytes: dict[str, int]
    kind: Literal["stats"] = "stats"


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
class DemoItem:
    """`demo`: one step of the chain."""

    step: str
    result: str
    files: tuple[str, ...] = ()
    kind: Literal["demo"] = "demo"


Item = (
    VerifyItem
    | DetectItem
    | AuditItem
    | StampItem
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
    | ImportItem
    | SettledItem
    | StatsItem
    | HeadItem
    | DetectorItem
    | VersionItem
    | ExitCodeItem
    | BenchItem
    | BenchWatermarkItem
    | BenchDetectorItem
    | DemoItem
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
