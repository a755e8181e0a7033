"""What each verdict is called, when it holds, what it proves and what it can't. The same words as docs/verdicts.md.

A table of words; judges nothing. A test holds it to the table in the documentation, and to the fold's own order.
"""

from __future__ import annotations

from dataclasses import dataclass

from ...verdict import Basis, Outcome, Sureness, Verdict
from .languages import N_

NAMES: dict[Outcome, str] = {
    "conflict": N_("Proofs in conflict"),
    "altered": N_("Altered since signing"),
    "ai_generated": N_("AI-generated"),
    "credentials_intact": N_("Credentials intact"),
    "credentials_recovered": N_("Credentials recovered"),
    "likely_manipulated": N_("Likely manipulated"),
    "likely_ai": N_("Likely AI"),
    "declared_ai": N_("Declared AI"),
    "inconclusive": N_("Inconclusive"),
    "no_evidence": N_("No evidence"),
}
SURENESS: dict[Sureness, str] = {
    "proven": N_("Proven"),
    "likely": N_("Likely"),
    "claimed": N_("Claimed"),
    "unknown": N_("Open"),
}
SURENESS_MEANING: dict[Sureness, str] = {
    "proven": N_("It rests on cryptography, or on a mark and its record."),
    "likely": N_("It rests on statistics, which can be wrong."),
    "claimed": N_("Somebody says so; nothing proves it."),
    "unknown": N_("Nothing here says one thing or the other."),
}
BASIS: dict[Basis, str] = {
    "signed": N_("its signature"),
    "recovered": N_("its recovered credentials"),
    "mark": N_("its mark"),
    "declared": N_("a declaration"),
    "detector": N_("a detector"),
    "human": N_("a person"),
}


@dataclass(frozen=True)
class Explained:
    """One row of the table."""

    outcomes: tuple[Outcome, ...]
    sureness: Sureness  # the usual one; a verdict may say another
    holds_when: str
    proves: str
    cannot: str
    likely: str = ""  # in place of what it proves, where a verdict is less sure than usual


TABLE: tuple[Explained, ...] = (
    Explained(
        ("conflict",),
        "proven",
        N_(
            "two proofs disagree: a mark whose record was issued for other content, or a trusted signature of a"
            " camera's recording under a mark of synthetic video"
        ),
        N_("that something was moved here"),
        N_("which of the two is right"),
    ),
    Explained(
        ("altered",),
        "proven",
        N_(
            "a manifest is there, and these bytes are not those it was signed over; or the manifest itself was changed;"
            " or a copy was held to the original of a live record (or to one named with --against) and differs"
        ),
        N_(
            "that the file differs from what was signed; where a copy was held to an original, in which regions and"
            " seconds, and then it is likely, not proven"
        ),
        N_("whether it matters"),
        N_("nothing: it likely differs from an original that it was held to, where the reasons say so"),
    ),
    Explained(
        ("ai_generated",),
        "proven",
        N_(
            "a trusted signature over these bytes says synthetic; or a mark was read whose live record's fingerprint"
            " fits what is shown; or, with neither, it looks like what the trusted signer of a live record called"
            " synthetic"
        ),
        N_(
            "that the signer, or whoever registered the mark, called it synthetic; by looks alone it is likely, not"
            " proven"
        ),
        N_("that every pixel is"),
        N_("nothing: it looks like what the signer called synthetic, and two videos that look alike may be two"),
    ),
    Explained(
        ("credentials_intact",),
        "proven",
        N_("signed by someone trusted here, bytes as signed, nothing says AI"),
        N_("who signed, and that nothing changed since"),
        N_("that the scene was real"),
    ),
    Explained(
        ("credentials_recovered",),
        "proven",
        N_(
            "a copy of what was signed, found through the registry by mark or by looks; no change seen; nothing says AI"
        ),
        N_("where the copy comes from; by looks alone it is likely, not proven"),
        N_("that nothing was changed below the size that the reason states"),
        N_("nothing: it looks like what was signed, and two videos that look alike may be two"),
    ),
    Explained(
        ("likely_manipulated", "likely_ai"),
        "likely",
        N_("a detector at its stated rate of false alarms, or a person"),
        N_("nothing: it is likely"),
        "",
    ),
    Explained(
        ("declared_ai",),
        "claimed",
        N_(
            "someone says so without proof: an unsigned field, an unknown or expired signer, a mark whose record is"
            " missing, revoked, or cannot be held against this content"
        ),
        N_("that it is said"),
        N_("that it is so"),
    ),
    Explained(
        ("inconclusive",),
        "unknown",
        N_(
            "it could not be judged: an examiner failed, nothing could be looked at, the credentials are of an"
            " unsupported kind, the signer is unknown and says nothing of AI, or declarations disagree"
        ),
        N_("nothing"),
        "",
    ),
    Explained(("no_evidence",), "unknown", N_("looked, and found nothing"), N_("nothing"), N_("that it is real")),
)


def explained(outcome: Outcome) -> Explained:
    """Give the row of an outcome."""
    return next(row for row in TABLE if outcome in row.outcomes)


def proves(verdict: Verdict) -> str:
    """Say what this very verdict proves."""
    row = explained(verdict.outcome)
    return row.proves if verdict.sureness == row.sureness else row.likely
