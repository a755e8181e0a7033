"""What a finished file must show before anybody may see it: looked at as any verifier would, on decoded pictures.

Knows what was to be in the file; signs, registers and releases nothing. What does not hold is an error.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from .errors import LabelFailed, LabelUnfit, TimestampFailed
from .evidence import CredentialDetails, DeclarationsDetails, FailureDetails, FingerprintDetails, LabelClaim, seconds_in
from .labels_seen import labels_seen
from .settings import Settings
from .verify import look_at, mark_of

if TYPE_CHECKING:
    from .evidence import Evidence
    from .media import FileLabels
    from .watermark import MarkKey

FRAMES = 16  # that are decoded and looked at
SEEN = 0.8  # of the time for which a label is fully shown
_UNSEEN = "give it more time, another place or size, or a lower --crf"
SHORT_S = 0.5  # of what is shorter, no share is asked


class MarkUnread(Exception):
    """The mark could not be read back from the finished file."""


@dataclass(frozen=True)
class Expected:
    """What was put into the file."""

    name: str  # that it will have
    payload: str
    key: MarkKey
    fingerprint: FingerprintDetails
    machine: FileLabels
    source_type: str  # that it says of itself
    labels: tuple[LabelClaim, ...]
    manifest_id: str | None  # None: its container has no place for a manifest
    timed: bool  # it is to bear a timestamp, of an authority that is believed here


def check(finished: Path, expected: Expected, options: Settings) -> str:
    """Look at the finished file, and give its digest."""
    looked = look_at(finished, options=options, frames=FRAMES, keys=(expected.key,))
    if looked.problems:
        raise LabelFailed(f"{expected.name}: the finished file does not decode ({looked.problems[0]})")
    mark = mark_of(looked.evidence)
    if mark is None or mark.payload != expected.payload:
        raise MarkUnread("the mark could not be read back from the pictures")
    if expected.manifest_id is not None:
        _signed(looked.evidence, expected)
    _shown(looked.evidence, expected)
    _declared(looked.evidence, expected)
    _seen(finished, expected, options)
    return looked.digest


def _signed(evidence: tuple[Evidence, ...], expected: Expected) -> None:
    found = next((e.details for e in evidence if isinstance(e.details, CredentialDetails)), None)
    right = found is not None and found.manifest_id == expected.manifest_id
    if found is None or not right or not found.content_matches or found.trust != "trusted":
        why = "no manifest" if found is None else f"{found.trust}: {', '.join(found.failures) or 'no failure named'}"
        unknown = found is not None and found.trust == "unknown_signer"
        raise LabelFailed(
            f"{expected.name}: the signature does not verify ({why})",
            advice="trust who issued your certificate: `countermark trust add ROOT.pem`" if unknown else None,
        )
    if expected.timed and found.signed_at is None:
        raise TimestampFailed(
            f"{expected.name}: no anchor here vouches for the timestamp authority",
            advice="trust it: `trust add ROOT.pem --for timestamps`, or `trust update` with a list that has it",
        )


def _shown(evidence: tuple[Evidence, ...], expected: Expected) -> None:
    from .provenance import compare

    shown = next((e.details for e in evidence if isinstance(e.details, FingerprintDetails)), None)
    if shown is None:
        raise LabelFailed(f"{expected.name}: the finished file could not be decoded")
    compared = compare(shown, expected.fingerprint)
    if compared.fit == "differs":
        raise LabelFailed(f"{expected.name}: the finished file does not show what was marked ({compared.reason})")


def _declared(evidence: tuple[Evidence, ...], expected: Expected) -> None:
    """Read the labels for machines back: ours says synthetic; a record that is passed on says what it said."""
    tags, ours = dict(expected.machine.tags), expected.source_type
    wanted = {"aigc"} if tags.get("AIGC") else set()
    if ours.encode() in expected.machine.xmp or ours in tags.values():
        wanted.add("iptc")
    found = [d for e in evidence if isinstance(e.details, DeclarationsDetails) for d in e.details.declarations]
    read = {one.form for one in found if one.form == "aigc" or one.says == "synthetic"}
    if missing := wanted - read:
        raise LabelFailed(
            f"{expected.name}: labels for machines can't be read back: {', '.join(sorted(missing))}",
            advice="leave them out with --machine-labels, or what the input brings with --keep-metadata none",
        )


def _seen(finished: Path, expected: Expected, options: Settings) -> None:
    """Look for what was drawn, where the manifest says it is; a label that nobody sees is none."""
    for label in expected.labels:
        if label.span.start_s >= label.span.end_s:
            raise LabelUnfit(
                f"the label {label.text!r} would start after the clip's end", advice="let it start earlier"
            )
    found = labels_seen(finished, expected.labels, options)
    for label, evidence in zip(expected.labels, found, strict=True):
        fully = label.span.end_s - label.span.start_s - 2 * label.fade_s
        in_part = fully > SHORT_S and seconds_in(evidence.spans) < SEEN * fully
        if evidence.finding != "present" or in_part:
            why = f" ({evidence.details.error})" if isinstance(evidence.details, FailureDetails) else ""
            said = f"the label {label.text!r} is not to be seen in the finished file{why}"
            raise LabelFailed(f"{expected.name}: {said}", advice=_UNSEEN)
