"""What is audited: the Evidence on one file, and the few facts of its video that duties turn on. Values only.

Knows what a manifest is worth that was found in the file, behind its mark, or by its looks; knows no law.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from ...evidence import CredentialDetails, Evidence, FailureDetails, LabelDetails, MarkDetails, RecordDetails, Span

LABEL = "label"  # the examiner of visible labels
# Containers in which C2PA has no place for a manifest, and what people call their files.
_WITHOUT_C2PA = {"webm": "webm", "matroska": "mkv", "mpegts": "ts", "flv": "flv", "ogg": "ogg"}
# On what an answer rests: the file itself, the mark in its pictures, or what they look like.
Basis = Literal["file", "mark", "looks"]


@dataclass(frozen=True)
class Answer:
    """What a file shows of one thing that is asked of it."""

    met: bool | None  # None: not decidable from the file
    evidence: str
    basis: Basis | None = None
    advice: str | None = None  # what to do about just this; None: as the duty says


@dataclass(frozen=True)
class VideoFacts:
    """What a duty may turn on."""

    display_size: tuple[int, int]  # as a person sees it
    duration_s: float
    sounds: int  # streams
    container: str


@dataclass(frozen=True)
class Held:
    """Credentials that hold for this content, and how one comes to them."""

    details: CredentialDetails
    basis: Basis
    record: RecordDetails | None = None  # None: they came with the file

    @property
    def believed(self) -> bool:
        """Whether the signer's word counts: he is trusted here, or it was registered on this machine."""
        return self.details.trust == "trusted" or (self.record is not None and self.record.resolver is None)


@dataclass(frozen=True)
class Subject:
    """One file, as all who looked at it saw it."""

    evidence: tuple[Evidence, ...]
    video: VideoFacts | None = None  # None: nothing of it could be shown
    not_looked_at: tuple[str, ...] = ()

    @cached_property
    def held(self) -> tuple[Held, ...]:
        """All credentials that hold: what came with the file first, then by the mark, then by looks."""
        own = tuple(Held(details, "file") for details in self.credentials if _sound(details))
        led = tuple(
            Held(record.credentials, "mark" if record.found_by == "mark" else "looks", record)
            for record in self.records
            if record.status == "live" and record.fit == "fits" and record.credentials is not None
            if record.credentials.trust != "broken"
        )
        return own + tuple(sorted(led, key=lambda one: one.basis == "looks"))

    @cached_property
    def labelled(self) -> Held | None:
        """The best credentials that say where labels were drawn, of those whose signer is believed."""
        return next((held for held in self.held if held.believed and held.details.labels), None)

    @cached_property
    def ambiguous(self) -> bool:
        """Whether it leads by its looks to several whose labels differ: of which it is a copy, nobody knows."""
        if self.labelled is None or self.labelled.basis != "looks":
            return False
        return len({held.details.labels for held in self.held if held.believed and held.basis == "looks"}) > 1

    @cached_property
    def credentials(self) -> tuple[CredentialDetails, ...]:
        """What came with the file, whether it holds or not."""
        return tuple(e.details for e in self.evidence if isinstance(e.details, CredentialDetails))

    @cached_property
    def no_place(self) -> str | None:
        """What kind of file it is, where C2PA has no place for a manifest in such files; None: it has."""
        return _WITHOUT_C2PA.get(self.video.container) if self.video else None

    @cached_property
    def records(self) -> tuple[RecordDetails, ...]:
        """What the registry knows of it, whether it fits or not."""
        return tuple(e.details for e in self.evidence if isinstance(e.details, RecordDetails))

    @cached_property
    def marks(self) -> tuple[MarkDetails, ...]:
        """Marks that were read."""
        found = (e.details for e in self.evidence if e.finding == "present")
        return tuple(details for details in found if isinstance(details, MarkDetails))

    @cached_property
    def labels(self) -> tuple[tuple[LabelDetails, tuple[Span, ...]], ...]:
        """Labels that were looked for, and when each was seen."""
        return tuple((e.details, e.spans) for e in self.evidence if isinstance(e.details, LabelDetails))

    @cached_property
    def unseen(self) -> tuple[str, ...]:
        """Why labels that credentials name could not be looked for."""
        found = (e.details for e in self.evidence if e.examiner == LABEL)
        return tuple(dict.fromkeys(why.error for why in found if isinstance(why, FailureDetails)))

    def registry_unread(self) -> bool:
        """Whether the registry could not be asked."""
        return any(e.examiner == "registry" and e.finding == "failed" for e in self.evidence)

    def unread(self, examiner: str) -> bool:
        """Whether an examiner could not look, so that its silence says nothing."""
        found = [e.finding for e in self.evidence if e.examiner == examiner]
        return not found or any(finding in ("failed", "inconclusive") for finding in found)


def _sound(details: CredentialDetails) -> bool:
    return details.trust != "broken" and details.content_matches is True
