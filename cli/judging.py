"""From what a person typed to a verdict, and from a verdict to words for a person."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from ..case import comparison_of
from ..errors import InputMissing, NothingCompared
from ..evidence import ChangesDetails, CredentialDetails, Details, FailureDetails
from ..outputs import check_input, write_whole
from ..settings import settings
from ..verdict import Verdict
from ..verify import verify
from .session import inputs, one_line

if TYPE_CHECKING:
    from ..provenance.reading.opening import Given


@dataclass(frozen=True)
class Beside:
    """What was named beside the files to judge."""

    manifest: Path | None = None
    fragments: tuple[str, ...] = ()
    against: Path | None = None
    remote: bool = False

    def given(self) -> Given:
        """Find the files; a pattern that matches nothing is an error."""
        from ..provenance.reading.fragments import in_order
        from ..provenance.reading.opening import Given

        for path in (self.manifest, self.against):
            if path is not None:
                check_input(path)
        found = inputs(self.fragments)
        for name in found:
            check_input(Path(name))
        return Given(self.manifest, fragments=in_order([Path(name) for name in found]))


def judged(given: str, beside: Beside = Beside()) -> Verdict:
    """Judge a file, or what a URL brings; naming a URL is asking for the network."""
    options = settings()
    if beside.remote:
        options = options.model_copy(update={"remote_manifests": True})
    with at_hand(given) as path:
        return verify(path, options=options, given=beside.given(), against=beside.against)


@contextmanager
def at_hand(given: str) -> Iterator[Path]:
    """Give the path of a file, or of what a URL brings for as long as this is held."""
    if given.lower().startswith(("http://", "https://")):
        from ..fetch import fetch

        with tempfile.TemporaryDirectory(prefix="countermark-") as folder:
            yield fetch(given, Path(folder), settings().limits).path
        return
    check_name(given)
    yield Path(given)


def heat_map(verdict: Verdict, target: Path, force: bool) -> None:
    """Draw where a copy differs; raises where it was held to nothing."""
    from ..provenance.changes import heat_map as drawn

    held = comparison_of(verdict.evidence)
    if held is None or not isinstance(held.details, ChangesDetails):
        raise NothingCompared("there is no original that it could be held to, so there is nothing to draw")
    write_whole(target, drawn(held.details, None), force)


def words(name: str, verdict: Verdict, verbose: bool) -> str:
    """Say a verdict in plain words."""
    basis = f", by {verdict.by}" if verdict.basis else ""
    lines = [f"{name}: {verdict.outcome} ({verdict.sureness}{basis})", f"  {verdict.meaning}"]
    lines += [f"  credentials: {standing}" for standing in _credentials(verdict)]
    lines += [f"  because  {reason}" for reason in verdict.reasons]
    if verdict.also:
        lines.append(f"  also     {', '.join(verdict.also)}")
    lines += [f"  not looked at: {missing}" for missing in verdict.not_looked_at]
    if verbose:
        lines += [f"  {e.examiner} {e.version}: {e.finding}{_in_short(e.details)}" for e in verdict.evidence]
    return "\n".join(one_line(line) for line in lines)


_STANDING = {
    "trusted": "Trusted",
    "unknown_signer": "Valid, but by an unknown signer",
    "expired": "Expired",
    "not_yet_valid": "Not valid yet",
    "revoked": "Revoked",
    "broken": "Invalid",
}


MOST_SHOWN = 600  # characters of what one field of an examiner's details says


def _credentials(verdict: Verdict) -> Iterator[str]:
    """Say in one word how the file's own credentials stand: unknown is not tampered, and none is no fault."""
    for evidence in verdict.evidence:
        found = evidence.details
        if evidence.examiner != "credentials":
            continue
        if isinstance(found, CredentialDetails):
            changed = found.content_matches is False and found.trust != "broken"
            yield "Invalid: these are not the bytes that were signed" if changed else _STANDING[found.trust]
        elif isinstance(found, FailureDetails):
            yield f"{'Unsupported' if evidence.finding == 'inconclusive' else 'Unreadable'}: {found.error}"
        else:
            yield "none"


def _in_short(details: Details | None) -> str:
    """List what an examiner saw; long lists stay in the JSON."""
    values = vars(details) if details else {}
    told = {name: value for name, value in values.items() if name != "kind" and value not in (None, (), "")}
    short = [f"{name}={value}" for name, value in told.items() if len(str(value)) <= MOST_SHOWN]
    return "; " + ", ".join(short) if short else ""


def check_name(given: str) -> None:
    """Refuse what is no file; an address of a kind that is not fetched is told from a path."""
    if not given:
        raise InputMissing("an empty name", advice="name a file")
    if "://" in given and not Path(given).exists():
        raise InputMissing(f"{given}: not fetched", advice="only `verify` takes addresses, over http or https")
    check_input(Path(given))


_SHAPES = {"16:9": "854x480", "9:16": "480x854", "4:3": "640x480", "3:4": "480x640", "1:1": "512x512"}
_DIGITS = 5  # of a side: of what these say, whoever makes or judges it tells what is too large


def parse_size(text: str) -> tuple[int, int]:
    """Read WIDTHxHEIGHT."""
    parts = text.lower().split("x")
    if len(parts) != 2 or not all(part.isdecimal() for part in parts):
        shape = _SHAPES.get(text.strip().replace("/", ":"))
        such = f"for that shape {shape}" if shape else "such as 854x480"
        raise typer.BadParameter(f"{text!r} is no size; give WIDTHxHEIGHT, {such}")
    if any(len(part) > _DIGITS for part in parts):
        raise typer.BadParameter(f"{text!r} is no size that can be: it is too large")
    return int(parts[0]), int(parts[1])


def parse_rate(text: str) -> Fraction:
    """Read frames per second, as a number or a fraction."""
    try:
        rate = Fraction(text)
    except (ValueError, ZeroDivisionError):
        rate = Fraction(0)
    if not 1 <= rate <= 240:
        raise typer.BadParameter(f"{text!r} is no frame rate; give 1 to 240, such as 24 or 30000/1001")
    return rate
