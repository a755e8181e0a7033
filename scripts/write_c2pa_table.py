"""Writes docs/reading.md's table: files signed by others, what their makers and the validator say, and what we say.

    python -m scripts.write_c2pa_table [FOLDER]

The folder holds the files and an INDEX.tsv that says, for each: path, expected_by_repo, and the validator's state with
the trust lists of the data beside the project. Another FOLDER's table is shown, and written nowhere. Every disagreement
is explained by a rule; one that no rule explains is said to be so.
"""

from __future__ import annotations

import csv
import re
import sys
from dataclasses import dataclass
from pathlib import Path

from countermark.evidence import CredentialDetails, Evidence, FailureDetails
from countermark.provenance import CredentialsExaminer
from countermark.provenance.reading.opening import UNSUPPORTED
from countermark.provenance.trust import TrustAnchors

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT.parent / "shared" / "data" / "c2pa"
PAGE = ROOT / "docs" / "reading.md"
BEGIN, END = "<!-- table: python -m scripts.write_c2pa_table -->", "<!-- end of the table -->"
STATE = "state_official+verify-site+test_roots"
SIGNERS = (
    "c2pa-org+conformance-public/trust-list/C2PA-TRUST-LIST.pem",
    "contentauth+verify-site/static/trust/anchors.pem",
    "contentauth+c2pa-rs/sdk/tests/fixtures/certs/trust/test_cert_root_bundle.pem",
)
CLOCKS = ("c2pa-org+conformance-public/trust-list/C2PA-TSA-TRUST-LIST.pem",)
_CODE = re.compile(
    r"\b(?:assertion|claim|claimSignature|ingredient|signingCredential|timeStamp|algorithm|cawg)"
    r"(?:\.(?!rs\b)[A-Za-z0-9_-]+)+"
)
UNEXPLAINED = "UNEXPLAINED"


@dataclass(frozen=True)
class Row:
    """One file of others, and what was seen in it."""

    path: str
    expected: str
    state: str  # the validator's, from the index
    evidence: Evidence

    @property
    def ours(self) -> str:
        """What we say, in the validator's words where it has one."""
        return word(self.evidence)

    @property
    def codes(self) -> tuple[str, ...]:
        """Everything that is said to be wrong, in it and in what it was made from."""
        details = self.evidence.details
        if isinstance(details, CredentialDetails):
            named = [code for one in details.identities for code in one.codes]
            return (*details.failures, *details.ingredient_failures, *named)
        return (details.error,) if isinstance(details, FailureDetails) else ()

    @property
    def disagreements(self) -> tuple[str, ...]:
        """Why we say something else than the validator, and something else than its maker."""
        found = [_against_validator(self), *_against_maker(self)]
        return tuple(dict.fromkeys(reason for reason in found if reason))


def read(folder: Path = FOLDER) -> list[Row]:
    """Examine every file that the index has a state for."""
    examiner = CredentialsExaminer(anchors())
    with (folder / "INDEX.tsv").open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file, delimiter="\t") if row["state_default"] not in ("-", "")]
    found = [(row, examiner.examine(folder / row["path"], "")) for row in rows]
    return [Row(row["path"], row["expected_by_repo"], row[STATE], evidence) for row, evidence in found]


def anchors() -> TrustAnchors:
    """The trust lists that the index was made with."""
    signers, clocks = ("\n".join((FOLDER / name).read_text() for name in names) for names in (SIGNERS, CLOCKS))
    return TrustAnchors(added=signers, timestamps=clocks)


def word(evidence: Evidence) -> str:
    """Say a finding in one of the validator's words, or in ours for what it has none for."""
    details = evidence.details
    if evidence.finding == "absent":
        return "no manifest"
    if isinstance(details, CredentialDetails):
        if evidence.finding == "invalid" or details.trust in ("expired", "not_yet_valid", "revoked"):
            return "Invalid"
        return "Trusted" if details.trust == "trusted" else "Valid"
    error = getattr(details, "error", "")
    if evidence.finding == "inconclusive" and not error.startswith(UNSUPPORTED):
        return "elsewhere" if "elsewhere" in error else "no place"
    return "can't be judged"


def table(rows: list[Row]) -> str:
    """Write the lines that stand between the two marks of the page."""
    apart = [row for row in rows if row.disagreements]
    lines = [
        f"{len(rows)} files; on {len(rows) - len(apart)} of them this program, the validator and the maker agree.",
        "",
        "| file | its maker expects | validator | we say | why |",
        "|---|---|---|---|---|",
    ]
    for row in apart:
        expected = row.expected.replace("|", "/")
        why = "; ".join(row.disagreements)
        lines.append(f"| `{row.path}` | {expected} | {_short(row.state)} | {row.ours} | {why} |")
    return "\n".join(lines)


def _short(state: str) -> str:
    if state in ("Trusted", "Valid", "Invalid"):
        return state
    return "no manifest" if "ManifestNotFound" in state else "error" if "Remote" not in state else "elsewhere"


def _against_validator(row: Row) -> str | None:
    theirs, details = _short(row.state), row.evidence.details
    if theirs == row.ours or (theirs == "error" and row.ours in ("can't be judged", "Invalid")):
        return None
    if isinstance(details, CredentialDetails):
        if details.identities and row.ours in ("Trusted", "Valid"):
            return "the validator counts an identity (CAWG) against the file; we tell of it apart from the signature"
        if theirs == "Valid" and row.ours == "Trusted" and "signingCredential.untrusted" in details.ingredient_failures:
            return "its signer is trusted, the signer of an ingredient is not: that is said of the ingredient"
    if isinstance(details, FailureDetails) and theirs == "Invalid":
        if "without the file" in details.error:
            return "a manifest store alone speaks of no bytes: that nothing matches it proves no change"
        if "init segment" in details.error or "without its beginning" in details.error:
            return "a part of a stream alone: that the rest is missing proves no change"
    return UNEXPLAINED


def _against_maker(row: Row) -> list[str]:
    """Hold a finding to what the maker wrote, as far as a program can read that."""
    said, found = row.expected, []
    missing = [code for code in _CODE.findall(said) if not any(code in told for told in row.codes)]
    for code in missing:
        found.append(_missing(code, row))
    if "no failures" in said and row.ours not in ("Trusted", "Valid"):
        found.append(UNEXPLAINED)
    if "must error" in said and row.ours not in ("can't be judged", "Invalid", "no manifest"):
        found.append(UNEXPLAINED)
    if said == "no manifest" and row.ours != "no manifest":
        found.append(UNEXPLAINED)
    if re.search(r"bad signature|\bE-\w+ in ingredient", said) and not row.codes:
        found.append(UNEXPLAINED)
    if re.search(r"corpus Invalid\b", said) and row.ours != "Invalid":
        found.append(UNEXPLAINED)
    return [reason for reason in found if reason]


def _missing(code: str, row: Row) -> str:
    """Why a code that the maker names is not among ours."""
    details = row.evidence.details
    if code == "claim.missing" and "ingredient.manifest.missing" in row.codes:
        return "`claim.missing` is called `ingredient.manifest.missing` now"
    if code == "algorithm.unsupported" and "unsupported" in " ".join(row.codes):
        return ""
    if code.startswith("timeStamp.") and isinstance(details, CredentialDetails) and row.ours in ("Trusted", "Valid"):
        told = any("timestamp" in remark for remark in details.remarks)
        return "" if told else f"the validator of today says nothing of `{code}`"
    return UNEXPLAINED


def main(folder: Path | None = None) -> None:
    """Put the table into the page, or show that of another folder."""
    if folder is not None:
        print(table(read(folder)))
        return
    page = PAGE.read_text(encoding="utf-8")
    before, rest = page.split(BEGIN)
    after = rest.split(END)[1]
    PAGE.write_text(f"{before}{BEGIN}\n{table(read())}\n{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:2]))
