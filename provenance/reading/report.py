"""The C2PA library's report on one manifest store, read as something of any shape, and how the signature stands in it.

Knows the validator's codes; opens no file, asks no library. What a manifest says is the word of whoever made the file:
it is told on, and nothing in it can make this module raise.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from ...evidence import CredentialDetails, Trust
from ...evidence.sources import says_of
from ...issuing import DEVELOPMENT
from ..trust import TrustAnchors, vouched
from .loose import MAX_DEPTH, MAX_ITEMS, codes, few, mapping, mappings, plain
from .telling import actions_of, ai_facts_of, earlier_of, ingredients_of, labels_of, source_types_of

LEFT_OUT = ("/uuid", "/ftyp", "/mfra", "/free", "/skip")  # boxes of mp4 that signatures may leave out
# Boxes without which nothing of what is shown is signed. Early signers had to leave out the table of offsets alone.
_TABLES = ("/moov/trak", "/moov/trak/mdia", "/moov/trak/mdia/minf", "/moov/trak/mdia/minf/stbl", "/moof/traf")
PICTURES = ("/mdat", "/moov", "/moof", *_TABLES)
_BOX_HEAD = 16  # bytes
UNCOVERED = "countermark.pictures.uncovered"
BINDING = {
    f"assertion.{kind}.mismatch"
    for kind in ("dataHash", "bmffHash", "boxesHash", "collectionHash", "multiAssetHash")
} | {UNCOVERED}  # fmt: skip
_REVOKED = {"signingCredential.ocsp.revoked", "signingCredential.revoked", "signingCredential.OCSP.revoked"}
_OUTSIDE = {"signingCredential.expired", "claimSignature.outsideValidity"}
_UNTRUSTED = "signingCredential.untrusted"
_TRUSTED = "signingCredential.trusted"
_REMARKS = {
    "assertion.dataHash.additionalExclusionsPresent": "parts beside its manifest are left out of the signature",
    "assertion.boxesHash.additionalExclusionsPresent": "parts beside its manifest are left out of the signature",
    "timeStamp.malformed": "it carries a timestamp that can't be read",
    "timeStamp.mismatch": "it carries a timestamp of something else",
    "timeStamp.untrusted": "it carries a timestamp of an authority that this machine does not know",
    "timeStamp.outsideValidity": "it carries a timestamp from outside its authority's certificate",
}


class Report:
    """What the library says of one manifest store."""

    def __init__(self, report: str, crjson: str) -> None:
        """Take both of its forms; raises ValueError or RecursionError on what is no JSON."""
        self.report = mapping(json.loads(report))
        self.active_id = plain(self.report.get("active_manifest"))
        self.manifests = mapping(self.report.get("manifests"))
        self.active = mapping(self.manifests.get(self.active_id))
        results = mapping(self.report.get("validation_results"))
        self.results = mapping(results.get("activeManifest"))
        self.deltas = [mapping(d.get("validationDeltas")) for d in mappings(results.get("ingredientDeltas"))]
        self.state = plain(self.report.get("validation_state"))
        self.conforming = next(iter(mappings(mapping(json.loads(crjson)).get("manifests"))), {})

    def codes(self, kind: str) -> list[str]:
        """The codes of the active manifest: success, informational or failure; failures of ours among them."""
        statuses = mappings(self.results.get(kind))
        if kind == "success":  # a list of timestamp authorities vouches for no signer, whatever the library says
            statuses = [s for s in statuses if s.get("code") != _TRUSTED or vouched(plain(s.get("explanation")))]
        found = codes(statuses)
        return [*found, UNCOVERED] if kind == "failure" and self.uncovered() else found

    def delta_failures(self) -> list[str]:
        """What is wrong with ingredients beyond what the signer knew and said."""
        return [code for delta in self.deltas for code in codes(delta.get("failure"))]

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
                manifest = mapping(self.manifests.get(label))
                yield manifest
                for ingredient in mappings(manifest.get("ingredients")):
                    if ingredient.get("relationship") in wanted:
                        following.append(plain(ingredient.get("active_manifest")))
            level = following

    def bindings(self) -> list[dict[str, Any]]:
        """The active manifest's hashes over mp4 boxes."""
        assertions = mapping(self.conforming.get("assertions"))
        return [mapping(data) for label, data in assertions.items() if str(label).startswith("c2pa.hash.bmff")]

    def ranges(self) -> list[tuple[int, int]]:
        """Ranges of bytes that the signer left out: the first byte, and how many."""
        assertions = mapping(self.conforming.get("assertions"))
        bound = [mapping(data) for label, data in assertions.items() if str(label).startswith("c2pa.hash.data")]
        told = [(one.get("start"), one.get("length")) for data in bound for one in mappings(data.get("exclusions"))]
        return [(start, length) for start, length in told if isinstance(start, int) and isinstance(length, int)]

    def left_out(self) -> list[str]:
        """Boxes that the signer left out, whole or beyond their head, and has no business to leave out."""
        paths = []
        for data in self.bindings():
            trees = mappings(data.get("merkle"))
            # An mp4's media can be hashed piece by piece instead. Fragments have a tree too, and are hashed as boxes.
            in_pieces = bool(trees) and not any(tree.get("initHash") for tree in trees)
            for one in mappings(data.get("exclusions")):
                path = _path(one.get("xpath"))
                covered = path in LEFT_OUT or (in_pieces and path == "/mdat")
                if not covered and _beyond_head(mappings(one.get("subset"))):
                    paths.append(path)
        return paths

    def uncovered(self) -> bool:
        """Whether what is shown is not signed at all: a signer may leave out what it likes."""
        return any(path in PICTURES or "*" in path for path in self.left_out())

    def pieces(self) -> int:
        """How many fragments or parts the binding covers one by one; 0 where it covers all at once."""
        counts = [m.get("count") for data in self.bindings() for m in mappings(data.get("merkle"))]
        return sum(count for count in counts if isinstance(count, int) and count > 0)


def details_of(report: Report, trust: TrustAnchors, *, bound: bool) -> CredentialDetails:
    """Say how a store stands; `bound`: it was read together with the file that it speaks of."""
    if not report.active:
        return broken("the manifest store names no active manifest")
    failures = report.codes("failure")
    standing = stands(report)
    signature = mapping(report.active.get("signature_info"))
    own = _source_types([report.active])
    history = _source_types(report.lineage())
    ancestry = _source_types(report.lineage(("parentOf",)))
    synthetic = any(says_of(uri) == "synthetic" for uri in history)
    stamped = "timeStamp.trusted" in report.codes("success")
    told = [code for code in failures if bound or code not in BINDING]
    told += report.delta_failures() if standing == "broken" else []
    return CredentialDetails(
        manifest_id=report.active_id,
        trust=standing,
        content_matches=not BINDING & set(failures) if bound else None,
        signer=_signer(signature),
        claim_generator=_generator(report.active),
        title=plain(report.active.get("title")) or None,
        signed_at=(plain(signature.get("time")) or None) if stamped else None,
        source_types=few(own + history),
        says_synthetic=synthetic,
        says_captured=any(says_of(uri) == "captured" for uri in (own if synthetic else ancestry)),
        development=standing == "trusted" and bool(trust.development) and plain(signature.get("issuer")) == DEVELOPMENT,
        failures=few(told),
        ingredient_failures=few(report.delta_failures() + _recorded(report)),
        state=report.state or None,
        manifests=len(report.manifests),
        pieces=report.pieces(),
        actions=actions_of(report.active),
        ingredients=ingredients_of(report.active_id, report.manifests, _signer),
        ai_facts=ai_facts_of(report.active),
        earlier=earlier_of(report.active),
        labels=labels_of(report.active),
        remarks=few(_remarks(report)),
    )


def broken(text: str) -> CredentialDetails:
    """What lies where credentials would is past reading."""
    return CredentialDetails(manifest_id="", trust="broken", content_matches=False, failures=(plain(text),))


def unsupported(details: CredentialDetails) -> bool:
    """Whether a store is broken for this alone: its algorithm is not judged here, so that no signature can match."""
    rest = set(details.failures) - BINDING - {_UNTRUSTED, "claimSignature.mismatch"}
    return details.trust == "broken" and rest == {"algorithm.unsupported"}


def stands(report: Report) -> Trust:
    """Say how the signature of the active manifest stands, whatever the bytes around it."""
    failures = set(report.codes("failure"))
    success = set(report.codes("success"))
    if failures & _REVOKED:
        return "revoked"
    tolerated = BINDING | _OUTSIDE | {_UNTRUSTED}
    grave = {code for code in failures if code not in tolerated and not _beside(code)}
    changed = {code for code in report.delta_failures() if code not in tolerated and not _beside(code)}
    if grave or changed or "claimSignature.validated" not in success:
        return "broken"
    if failures & _OUTSIDE:
        return _outside(report)
    if report.state == "Invalid" and not (failures - {UNCOVERED}) & BINDING:
        return "broken"  # for a reason that is not known here: it would be wrong to say less than the library
    return "trusted" if _TRUSTED in success and _UNTRUSTED not in failures else "unknown_signer"


def _beside(code: str) -> bool:
    """Failures that leave the signature of the claim as it is: identities of others, and timestamps."""
    return code.startswith(("cawg.", "timeStamp."))


def _outside(report: Report) -> Trust:
    """Tell a certificate that has ended from one that has not begun."""
    info = mapping(mapping(report.conforming.get("signature")).get("certificateInfo"))
    try:
        begins = datetime.fromisoformat(plain(mapping(info.get("validity")).get("notBefore")))
        return "not_yet_valid" if begins > datetime.now(UTC) else "expired"
    except (ValueError, TypeError):
        return "expired"


def _path(said: Any) -> str:
    """Name boxes without saying which of several: each form in which one can be named leaves it out."""
    return re.sub(r"/{2,}", "/", re.sub(r"\[[^\]]*\]|\s", "", plain(said))).rstrip("/")


def _beyond_head(parts: list[dict[str, Any]]) -> bool:
    """Whether parts of a box are more than its head; no parts are all of it, and a length of 0 goes to its end."""
    lengths = [part.get("length") for part in parts]
    known = [length for length in lengths if isinstance(length, int) and length > 0]
    return not parts or len(known) < len(lengths) or sum(known) > _BOX_HEAD


def _recorded(report: Report) -> list[str]:
    """What signers themselves wrote down as wrong with what they were given."""
    found: list[str] = []
    for manifest in report.lineage(("parentOf", "componentOf", "inputTo")):
        for ingredient in mappings(manifest.get("ingredients")):
            results = mapping(mapping(ingredient.get("validation_results")).get("activeManifest"))
            found += codes(ingredient.get("validation_status")) + codes(results.get("failure"))
    return found


def _remarks(report: Report) -> list[str]:
    told = [_REMARKS[code] for kind in ("informational", "failure") for code in report.codes(kind) if code in _REMARKS]
    out = report.left_out()
    return told + (
        [f"its signer left boxes, or parts of them, out of the signature: {', '.join(out[:8])}"] if out else []
    )


def _source_types(manifests: Iterator[dict[str, Any]] | list[dict[str, Any]]) -> list[str]:
    """Digital source types of all actions of these manifests."""
    return list(dict.fromkeys(uri for manifest in manifests for uri in source_types_of(manifest)))


def _signer(signature: dict[str, Any]) -> str | None:
    parts = [plain(signature.get("common_name")), plain(signature.get("issuer"))]
    return ", ".join(dict.fromkeys(part for part in parts if part)) or None


def _generator(manifest: dict[str, Any]) -> str | None:
    for info in mappings(manifest.get("claim_generator_info")):
        return " ".join(part for part in (plain(info.get("name")), plain(info.get("version"))) if part) or None
    return plain(manifest.get("claim_generator")) or None
