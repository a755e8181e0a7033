"""Reads C2PA credentials and says how they stand. Judges signatures and hashes; decides no verdict, asks no network.

What a manifest says is the word of whoever made the file: every text is cut to a length and stripped of control
characters, and nothing in it can make this module raise.
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from ..evidence import CredentialDetails, Details, Evidence, FailureDetails, Finding, Track, Trust
from ..issuing import DEVELOPMENT
from .manifest import IPTC, SYNTHETIC
from .trust import TrustAnchors
from .validator import context

if TYPE_CHECKING:
    import c2pa

MAX_TEXT = 500
MAX_ITEMS = 50
MAX_DEPTH = 8  # ingredients of ingredients that are followed
CAPTURED = ("digitalCapture", "computationalCapture", "compositeCapture", "negativeFilm", "positiveFilm")
OTHER_SYNTHETIC = ("compositeSynthetic",)  # what others write; the words that we write ourselves are in `manifest`
_BINDING = {
    f"assertion.{kind}.mismatch"
    for kind in ("dataHash", "bmffHash", "boxesHash", "collectionHash", "multiAssetHash")
}  # fmt: skip
_REVOKED = {"signingCredential.ocsp.revoked", "signingCredential.revoked", "signingCredential.OCSP.revoked"}
_OUTSIDE = {"signingCredential.expired", "claimSignature.outsideValidity"}
_UNTRUSTED = "signingCredential.untrusted"
_TRUSTED = "signingCredential.trusted"


class CredentialsExaminer:
    """Looks for a manifest store in a file: a `media.plan.ContainerExaminer`."""

    name = "credentials"
    version = "1"
    track: Track = "container"

    def __init__(self, trust: TrustAnchors) -> None:
        """Take the anchors that a signature may lead to."""
        self.trust = trust

    def examine(self, path: Path, digest: str) -> Evidence:
        """Say whether there are credentials, who signed them, and whether they are about these bytes."""
        finding, details = self._look(path)
        return Evidence(digest, self.track, self.name, self.version, finding, details=details)

    def _look(self, path: Path) -> tuple[Finding, Details | None]:
        import c2pa

        try:
            with path.open("rb") as stream:
                details = _read(None, stream, self.trust, recovered=False)
        except c2pa.C2paError.ManifestNotFound:
            return "absent", None
        except c2pa.C2paError as error:
            return _unread(error)
        except OSError as error:
            return "failed", FailureDetails(f"the file can't be read: {error.strerror or error}")
        sound = details.content_matches and details.trust != "broken"
        return ("present" if sound else "invalid"), details


def read_store(store: bytes, trust: TrustAnchors) -> CredentialDetails:
    """Read a manifest store that came back without its file: signature and trust count, the binding does not."""
    import c2pa

    try:
        return _read("application/c2pa", io.BytesIO(store), trust, recovered=True)
    except c2pa.C2paError as error:
        return _broken(str(error))


def _unread(error: Exception) -> tuple[Finding, Details | None]:
    """Tell files that C2PA can't hold, files that can't be parsed, and manifests that can't be read."""
    import c2pa

    text = plain(error)
    if isinstance(error, c2pa.C2paError.NotSupported):
        return "inconclusive", FailureDetails("C2PA has no place for a manifest in this container")
    if isinstance(error, c2pa.C2paError.RemoteManifest) or "must fetch remote manifests" in text:
        return "inconclusive", FailureDetails(f"the credentials lie elsewhere, and were not fetched: {text}")
    if isinstance(error, c2pa.C2paError.Io) or "asset could not be parsed" in text:
        return "failed", FailureDetails(f"the container can't be parsed: {text}")
    return "invalid", _broken(text)


def _broken(text: str) -> CredentialDetails:
    return CredentialDetails(manifest_id="", trust="broken", content_matches=False, failures=(plain(text),))


def _read(mime: str | None, stream: BinaryIO, trust: TrustAnchors, *, recovered: bool) -> CredentialDetails:
    import c2pa

    with context(trust) as ground, c2pa.Reader(mime, stream, context=ground) as reader:
        try:
            report = json.loads(reader.json())
            return _details(_Report(report), trust, recovered, reader)
        except (ValueError, RecursionError) as error:
            return _broken(f"the manifest store is no sound JSON: {type(error).__name__}")


class _Report:
    """The library's report, read as something that may have any shape."""

    def __init__(self, report: Any) -> None:
        self.report = _dict(report)
        self.active_id = plain(self.report.get("active_manifest"))
        self.manifests = _dict(self.report.get("manifests"))
        self.active = _dict(self.manifests.get(self.active_id))
        results = _dict(self.report.get("validation_results"))
        self.results = _dict(results.get("activeManifest"))
        self.deltas = [_dict(d.get("validationDeltas")) for d in _dicts(results.get("ingredientDeltas"))]
        self.state = plain(self.report.get("validation_state"))

    def codes(self, kind: str) -> list[str]:
        return _codes(self.results.get(kind))

    def delta_failures(self) -> list[str]:
        """What is wrong with ingredients beyond what the signer knew and said."""
        return [code for delta in self.deltas for code in _codes(delta.get("failure"))]

    def lineage(self, wanted: tuple[str, ...] = ("parentOf", "componentOf")) -> Iterator[dict[str, Any]]:
        """The active manifest, then those of what it was made from."""
        seen: set[str] = set()
        level = [self.active_id]
        for _ in range(MAX_DEPTH):
            following: list[str] = []
            for label in level:
                if label in seen or len(seen) >= MAX_ITEMS:
                    continue
                seen.add(label)
                manifest = _dict(self.manifests.get(label))
                yield manifest
                for ingredient in _dicts(manifest.get("ingredients")):
                    if ingredient.get("relationship") in wanted:
                        following.append(plain(ingredient.get("active_manifest")))
            level = following


def _details(report: _Report, trust: TrustAnchors, recovered: bool, reader: c2pa.Reader) -> CredentialDetails:
    if not report.active:
        return _broken("the manifest store names no active manifest")
    failures = report.codes("failure")
    stands = _trust(report, reader.crjson)
    signature = _dict(report.active.get("signature_info"))
    own = _source_types([report.active])
    history = _source_types(report.lineage())
    ancestry = _source_types(report.lineage(("parentOf",)))
    synthetic = any(_is(uri, SYNTHETIC + OTHER_SYNTHETIC) for uri in history)
    stamped = "timeStamp.trusted" in report.codes("success")
    issuer = plain(signature.get("issuer"))
    told = [code for code in failures if not (recovered and code in _BINDING)]
    told += report.delta_failures() if stands == "broken" else []
    return CredentialDetails(
        manifest_id=report.active_id,
        trust=stands,
        content_matches=None if recovered else not _BINDING & set(failures),
        signer=_signer(signature),
        claim_generator=_generator(report.active),
        title=plain(report.active.get("title")) or None,
        signed_at=(plain(signature.get("time")) or None) if stamped else None,
        source_types=_few(own + history),
        says_synthetic=synthetic,
        says_captured=any(_is(uri, CAPTURED) for uri in (own if synthetic else ancestry)),
        development=stands == "trusted" and bool(trust.development) and issuer == DEVELOPMENT,
        failures=_few(told),
        ingredient_failures=_few(report.delta_failures() + _recorded(report)),
    )


def _trust(report: _Report, crjson: Callable[[], str]) -> Trust:
    failures = set(report.codes("failure"))
    success = set(report.codes("success"))
    if failures & _REVOKED:
        return "revoked"
    tolerated = _BINDING | _OUTSIDE | {_UNTRUSTED}
    grave = {code for code in failures if code not in tolerated and not _beside(code)}
    changed = {code for code in report.delta_failures() if code not in tolerated and not _beside(code)}
    if grave or changed or "claimSignature.validated" not in success:
        return "broken"
    if failures & _OUTSIDE:
        return _outside(crjson)
    if report.state == "Invalid" and not failures:
        return "broken"  # the library says no more, and it would be wrong to say less
    return "trusted" if _TRUSTED in success and _UNTRUSTED not in failures else "unknown_signer"


def _beside(code: str) -> bool:
    """Failures that leave the signature of the claim as it is: identities of others, and timestamps."""
    return code.startswith(("cawg.", "timeStamp."))


def _outside(crjson: Callable[[], str]) -> Trust:
    """Tell a certificate that has ended from one that has not begun."""
    from datetime import UTC, datetime

    try:
        manifests = _dicts(_dict(json.loads(crjson())).get("manifests"))
        info = _dict(_dict(manifests[0].get("signature")).get("certificateInfo"))
        begins = datetime.fromisoformat(plain(_dict(info.get("validity")).get("notBefore")))
        return "not_yet_valid" if begins > datetime.now(UTC) else "expired"
    except (ValueError, TypeError, IndexError, RecursionError):
        return "expired"


def _recorded(report: _Report) -> list[str]:
    """What signers themselves wrote down as wrong with what they were given."""
    found: list[str] = []
    for manifest in report.lineage(("parentOf", "componentOf", "inputTo")):
        for ingredient in _dicts(manifest.get("ingredients")):
            results = _dict(_dict(ingredient.get("validation_results")).get("activeManifest"))
            found += _codes(ingredient.get("validation_status")) + _codes(results.get("failure"))
    return found


def _source_types(manifests: Iterator[dict[str, Any]] | list[dict[str, Any]]) -> list[str]:
    """Digital source types of all actions of these manifests."""
    found: list[str] = []
    for manifest in manifests:
        for assertion in _dicts(manifest.get("assertions")):
            if plain(assertion.get("label")).split("__")[0] in ("c2pa.actions", "c2pa.actions.v2"):
                for action in _dicts(_dict(assertion.get("data")).get("actions")):
                    found.append(plain(action.get("digitalSourceType")))
    return [uri for uri in dict.fromkeys(found) if uri]


def _is(uri: str, words: tuple[str, ...]) -> bool:
    """One of IPTC's words, whether the URI is written with http or https."""
    return uri.replace("https://", "http://", 1) in {IPTC + word for word in words}


def _signer(signature: dict[str, Any]) -> str | None:
    parts = [plain(signature.get("common_name")), plain(signature.get("issuer"))]
    return ", ".join(dict.fromkeys(part for part in parts if part)) or None


def _generator(manifest: dict[str, Any]) -> str | None:
    for info in _dicts(manifest.get("claim_generator_info")):
        return " ".join(part for part in (plain(info.get("name")), plain(info.get("version"))) if part) or None
    return plain(manifest.get("claim_generator")) or None


def _codes(statuses: Any) -> list[str]:
    return [plain(status.get("code")) for status in _dicts(statuses)]


def _few(texts: list[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(text for text in texts if text))[:MAX_ITEMS]


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _dicts(value: Any) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def plain(value: Any) -> str:
    """Short, and harmless in a terminal, a log and JSON."""
    if value is None or isinstance(value, (dict, list)):
        return ""
    return "".join(c if c.isprintable() else "\ufffd" for c in str(value).strip()[:MAX_TEXT])
