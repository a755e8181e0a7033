"""Reads C2PA credentials and says how they stand. Judges signatures and hashes; decides no verdict, asks no network.

What a manifest says is the word of whoever made the file: every text is cut to a length and stripped of control
characters, and nothing in it can make this module raise.
"""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

from ...errors import ManifestFileInvalid
from ...evidence import (
    CredentialDetails,
    Details,
    Evidence,
    FailureDetails,
    Finding,
    IdentityDetails,
    Track,
)
from ...media.boxes import Structure, structure
from ..trust import TrustAnchors
from ..trust.validator import context, steady
from .coverage import left_out
from .fragments import different
from .identities import identities_of, judging, names_someone
from .loose import plain
from .opening import (
    MOST_STORE_BYTES,
    STORE,
    UNSUPPORTED,
    Given,
    alone,
    beside,
    nothing_inside,
    readers,
    reports,
    store_in,
    unread,
)
from .report import UNCOVERED, Report, broken, details_of, unsupported
from .stores import inside, padding_used


class CredentialsExaminer:
    """Looks for a manifest store in a file: a `media.plan.ContainerExaminer`."""

    name = "credentials"
    version = "2"
    track: Track = "container"

    def __init__(self, trust: TrustAnchors, given: Given | None = None) -> None:
        """Take the anchors that a signature may lead to, and what was handed over beside the file."""
        self.trust, self.given = trust, given or Given()

    def examine(self, path: Path, digest: str) -> Evidence:
        """Say whether there are credentials, who signed them, and whether they are about these bytes."""
        finding, details = self._look(self.given.init or path)
        return Evidence(digest, self.track, self.name, self.version, finding, details=details)

    def _look(self, path: Path) -> tuple[Finding, Details | None]:
        import c2pa

        try:
            with steady(path) as stream:
                if (part := alone(stream)) is not None:
                    return "failed", part
                details = self._read(path, stream)
        except c2pa.C2paError.ManifestNotFound:
            return "absent", None
        except c2pa.C2paError as error:
            return unread(error) or ("invalid", broken(plain(error)))
        except (ValueError, RecursionError) as error:
            return "invalid", broken(f"the manifest store is no sound JSON: {type(error).__name__}")
        except ManifestFileInvalid as error:
            return "failed", FailureDetails(plain(error))
        except OSError as error:
            return "failed", FailureDetails(f"the file can't be read: {error.strerror or error}")
        shape = structure(path)
        if details.pieces and not details.fragments and shape.family == "isobmff" and not shape.media_bytes:
            why = f"an init segment: what was signed are its {details.pieces} fragments, and none was given"
            return "failed", FailureDetails(why)
        if unsupported(details):
            return "inconclusive", FailureDetails(UNSUPPORTED + ", ".join(details.failures))
        sound = details.content_matches and details.trust != "broken"
        details = replace(details, remarks=(*details.remarks, *_remarks(details, shape)))
        return ("present" if sound else "invalid"), details

    def _read(self, path: Path, stream: BinaryIO) -> CredentialDetails:
        """Read the store that was given, else the one inside, else the one beside."""
        import c2pa

        given = self.given
        if given.manifest is not None:
            found = self._judged(stream, store_in(given.manifest), given.fragments)
            return replace(found, place="fetched" if given.fetched else "given")
        try:
            return self._judged(stream, None, given.fragments)
        except c2pa.C2paError as error:
            sidecar = beside(path) if nothing_inside(error) else None
            if sidecar is None:
                raise
            return replace(self._judged(stream, store_in(sidecar), given.fragments), place="beside")

    def _judged(self, stream: BinaryIO, store: bytes | None, fragments: tuple[Path, ...]) -> CredentialDetails:
        worst: CredentialDetails | None = None
        with context(self.trust) as ground:
            for report in reports(stream, ground, store, fragments):
                details = _covering(details_of(report, self.trust, bound=True), stream, report)
                worst = details if worst is None else min(worst, details, key=_soundness)
        assert worst is not None
        if names_someone(report.active):
            named = self._identities(stream, store, fragments)
            false = tuple(
                f"it names {one.name or 'somebody'}, which does not hold" for one in named if one.standing == "invalid"
            )
            worst = replace(worst, identities=named, remarks=(*worst.remarks, *false))
        kept = store if store is not None else inside(stream, MOST_STORE_BYTES)
        told = _padding(padding_used(kept)) + _copies(len(fragments), count := different(fragments))
        return replace(worst, fragments=count, remarks=(*worst.remarks, *told))

    def _identities(
        self, stream: BinaryIO, store: bytes | None, fragments: tuple[Path, ...]
    ) -> tuple[IdentityDetails, ...]:
        """Judge them in a reading of their own, which can fail without a word about the signature."""
        import c2pa

        try:
            with judging(self.trust) as ground:
                told = [reader.json() for reader in readers(stream, ground, store, fragments[:1])]
                return identities_of(told[0])
        except c2pa.C2paError as error:
            return (IdentityDetails("unknown", "unchecked", codes=(plain(error),)),)


def read_store(store: bytes, trust: TrustAnchors) -> CredentialDetails:
    """Read a manifest store that came back without its file: signature and trust count, the binding does not."""
    import c2pa

    try:
        with context(trust) as ground, c2pa.Reader(STORE, io.BytesIO(store), context=ground) as reader:
            told = reader.json()
            report = Report(told, reader.crjson())
    except c2pa.C2paError as error:
        return replace(broken(str(error)), place="registry")
    except (ValueError, RecursionError) as error:
        return replace(broken(f"the manifest store is no sound JSON: {type(error).__name__}"), place="registry")
    named = identities_of(told) if names_someone(report.active) else ()
    return replace(details_of(report, trust, bound=False), place="registry", identities=named)


def _covering(details: CredentialDetails, stream: BinaryIO, report: Report) -> CredentialDetails:
    """Hold what a signer left out to the size of the file: who left out most of it has not signed it."""
    left = left_out(stream, report.ranges())
    if left.bytes <= 0:
        return details
    details = replace(
        details, remarks=(*details.remarks, f"its signer left {left.bytes} of {left.of} bytes out of the signature")
    )
    if not left.most:
        return details
    return replace(details, content_matches=False, failures=tuple(dict.fromkeys((*details.failures, UNCOVERED))))


def _padding(used: int) -> tuple[str, ...]:
    what = "lie in the padding of its signature, which nothing covers and where nothing belongs"
    return (f"{used} bytes {what}",) if used else ()


def _copies(given: int, count: int) -> tuple[str, ...]:
    return (f"{given} fragments were given, and {given - count} of them are copies of others",) if count < given else ()


def _soundness(details: CredentialDetails) -> tuple[bool, bool]:
    """Less of it comes first."""
    return details.content_matches is not False, details.trust != "broken"


def _remarks(details: CredentialDetails, shape: Structure) -> list[str]:
    """What no signature covers, and yet may be there: by design, anyone may put it in, and the file stays trusted."""
    told = []
    if shape.filler_bytes:
        told.append(f"{shape.filler_bytes} bytes lie in 'free' boxes, which no signature covers")
    if 0 < details.fragments < details.pieces:
        told.append(f"{details.fragments} of {details.pieces} fragments were given: the others were not looked at")
    return told
