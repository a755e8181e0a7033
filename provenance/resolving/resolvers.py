"""Asks other resolvers what a mark leads to, over the C2PA Soft Binding Resolution API.

A resolver is told the payload of a mark, and never a picture. It is not believed: what it gives back must be a manifest
store that holds the manifest which it named, soundly signed, and that manifest must itself name the payload. Whether
the manifest belongs to the content at hand no resolver can say: its signer can, by a fingerprint in it; else that stays
open. Bytes of a resolver are read in a limited child, like any stranger's file.
"""

from __future__ import annotations

import base64
import contextlib
import io
import json
import logging
import re
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from ... import fetch
from ...errors import CountermarkError, FetchFailed
from ...evidence import (
    CredentialDetails,
    Details,
    Evidence,
    FailureDetails,
    FingerprintDetails,
    Fit,
    RecordDetails,
    Span,
    evidence_from_json,
)
from ...media import isolation
from ...settings import Limits, Settings
from .. import trust
from ..reading.credentials import read_store
from ..reading.loose import plain
from ..signing.manifest import MARK_ALGORITHM, MARK_LABEL
from ..trust import TrustAnchors
from ..trust.validator import context
from .shown import SHOWN_LABEL, fingerprint_in

log = logging.getLogger(__name__)

EXAMINER, VERSION = "resolver", "1"
SECONDS = 10.0  # for each resolver, with all that it is asked
MOST_RESOLVERS = 16
MOST_MATCHES = 3  # of a resolver's that are followed
MOST_JSON = 64 << 10
MOST_STORE = 16 << 20
LINEAGE = 4  # manifests that one issuer may have laid over the one with the mark, by timestamps after the fact
SOFT_BINDING = "c2pa.soft-binding"
_MANIFEST_ID = re.compile(r"[\x21-\x7e]{1,512}")
_UNCLEAR = "a resolver knows this mark, but its manifest carries no fingerprint to compare with"
_UNVOUCHED = "a resolver knows this mark, but nobody trusted here signed what the marked video shows"

Fits = Callable[[FingerprintDetails], tuple[Fit, str]]


@dataclass(frozen=True)
class Resolved:
    """A manifest to which a mark leads, by a resolver's word and the manifest's own."""

    resolver: str  # as in the settings
    manifest_id: str  # of the active manifest
    store: bytes
    credentials: CredentialDetails
    shown: FingerprintDetails | None  # what the marked video shows, by the word of who signed the manifest

    def __repr__(self) -> str:
        """Without the store."""
        return f"Resolved({self.resolver}, {self.manifest_id}, {self.credentials.trust})"


@dataclass(frozen=True)
class Failed:
    """A resolver that could not be asked, or that answered what does not hold."""

    resolver: str
    why: str


@dataclass(frozen=True)
class Answers:
    """What all resolvers said, in the order of the settings."""

    found: tuple[Resolved, ...]
    failed: tuple[Failed, ...]


@dataclass(frozen=True)
class _Offer:
    """What one resolver gave for one match, unread."""

    resolver: str
    manifest_id: str
    store: bytes


def binding_of(payload: str) -> str:
    """Write a payload as the value of a soft binding: its eight bytes in base64.

    >>> binding_of("0123456789abcdef")
    'ASNFZ4mrze8='
    """
    return base64.b64encode(bytes.fromhex(payload)).decode("ascii")


def payload_of(value: str) -> str:
    """Read such a value; base64 of URLs, a lost padding and a plus that became a space are taken too.

    >>> payload_of("ASNFZ4mrze8")
    '0123456789abcdef'
    """
    plainer = value.strip("=").replace(" ", "+").replace("-", "+").replace("_", "/")
    content = base64.b64decode(plainer + "=" * (-len(plainer) % 4), validate=True)
    if len(content) != 8:
        raise ValueError(f"a payload has 8 bytes, and this {len(content)}")
    return content.hex()


def configured(options: Settings) -> tuple[str, ...]:
    """Give the resolvers of the settings, each once."""
    given = (url.strip().rstrip("/") for url in options.resolvers.split(","))
    return tuple(dict.fromkeys(url for url in given if url))[:MOST_RESOLVERS]


def evidence_of(
    payload: str, digest: str, options: Settings, spans: tuple[Span, ...] = (), fits: Fits | None = None
) -> tuple[Evidence, ...]:
    """Ask the resolvers of the settings about a mark; one Evidence to each store found, and to each failure.

    What a trusted signer signed comes first. A store that several gave is told of once, as the first one's.
    fits: holds what was looked at to a fingerprint; None: there is nothing to hold to it.
    """
    urls = configured(options)
    if not urls:
        return ()
    answers = ask(urls, payload, trust.load(options.home), options.limits)
    empty = Evidence(digest, "container", EXAMINER, VERSION, "present", spans=spans)
    # Names can be copied: another store under the same one is another answer, and silences none.
    found = {(one.manifest_id, one.store): one for one in reversed(answers.found)}
    records = [_record(empty, payload, one, fits) for one in sorted(reversed(found.values()), key=_is_strange)]
    failed = (
        Evidence(digest, "container", EXAMINER, VERSION, "failed", details=FailureDetails(f"{f.resolver}: {f.why}"))
        for f in answers.failed
    )
    return (*records, *failed)


def ask(
    urls: Sequence[str],
    payload: str,
    anchors: TrustAnchors,
    limits: Limits,
    *,
    seconds: float = SECONDS,
    guard: fetch.Guard | None = None,
) -> Answers:
    """Ask all resolvers at once, and give whatever holds; a dead or a lying one takes nothing from the others.

    guard: what else than public addresses may be asked of those to which a resolver leads.
    """
    found: list[Resolved] = []
    failed: list[Failed] = []
    with ThreadPoolExecutor(max_workers=max(1, len(urls))) as threads:
        offers = list(threads.map(lambda url: _asked(url, payload, seconds, guard), urls))
    for offered in offers:
        for one in offered:
            read = one if isinstance(one, Failed) else _read(one, payload, anchors, limits)
            if isinstance(read, Failed):
                log.warning("the resolver %s: %s", read.resolver, read.why)
                failed.append(read)
            else:
                found.append(read)
    return Answers(tuple(found), tuple(failed))


# Over the network ----------------------------------------------------------------------------------------------------


def _asked(url: str, payload: str, seconds: float, guard: fetch.Guard | None) -> list[_Offer | Failed]:
    """Ask one resolver for matches, and fetch the manifest store of each."""
    end = time.monotonic() + seconds

    def get(address: str, most_bytes: int, accept: str) -> bytes:
        left = end - time.monotonic()
        if left <= 0:
            raise FetchFailed(f"it took longer than {seconds:g} s")
        return fetch.ask(address, most_bytes=most_bytes, seconds=left, accept=accept, home=url, guard=guard).body

    try:
        query = urlencode({"alg": MARK_ALGORITHM, "value": binding_of(payload), "maxResults": MOST_MATCHES})
        matches = list(_matches(get(f"{url}/matches/byBinding?{query}", MOST_JSON, "application/json")))
    except (CountermarkError, ValueError, RecursionError) as error:
        return [Failed(url, plain(error))]
    return [_fetched(url, match, get) for match in matches]


def _matches(content: bytes) -> Iterator[dict[str, Any]]:
    said = json.loads(content)
    matches = said.get("matches") if isinstance(said, dict) else None
    if not isinstance(matches, list):
        raise ValueError("its answer has no list of matches")
    for match in matches[:MOST_MATCHES]:
        if not isinstance(match, dict) or not _MANIFEST_ID.fullmatch(str(match.get("manifestId", ""))):
            raise ValueError("a match in its answer names no manifest")
        yield match


def _fetched(url: str, match: dict[str, Any], get: Callable[[str, int, str], bytes]) -> _Offer | Failed:
    manifest_id, endpoint = str(match["manifestId"]), match.get("endpoint") or url
    try:
        if not isinstance(endpoint, str):
            raise ValueError("a match in its answer has an endpoint that is no URL")
        if urlsplit(url).scheme == "https" and urlsplit(endpoint).scheme != "https":
            raise ValueError("it leads from https to what is not")
        address = f"{endpoint.rstrip('/')}/manifests/{quote(manifest_id, safe=':')}"
        return _Offer(url, manifest_id, get(address, MOST_STORE, "application/c2pa"))
    except (CountermarkError, ValueError) as error:
        return Failed(url, plain(error))


# What it gave --------------------------------------------------------------------------------------------------------


def _record(empty: Evidence, payload: str, found: Resolved, fits: Fits | None) -> Evidence:
    """Say what was found as a record, which it is of another registry: when it was recorded there, nobody says."""
    fit, why = _fit(found, fits)
    details = RecordDetails(
        payload=payload,
        status="live",
        fit=fit,
        fit_reason=why,
        manifest_id=found.manifest_id,
        issuer=found.credentials.signer,
        credentials=found.credentials,
        resolver=found.resolver,
    )
    return replace(empty, details=details)


def _is_strange(found: Resolved) -> bool:
    return found.credentials.trust != "trusted"


def _fit(found: Resolved, fits: Fits | None) -> tuple[Fit, str]:
    """A fingerprint counts by the word of a trusted signer: anyone can sign one that fits."""
    if found.shown is None or fits is None:
        return "unclear", _UNCLEAR
    return fits(found.shown) if found.credentials.trust == "trusted" else ("unclear", _UNVOUCHED)


def _read(offer: _Offer, payload: str, anchors: TrustAnchors, limits: Limits) -> Resolved | Failed:
    """Hold a store to what the resolver said of it."""
    request = {"anchors": anchors.to_json(), "manifest_id": offer.manifest_id}
    brief = limits.model_copy(update={"child_cpu_s": 20, "child_silence_s": 20.0})
    with tempfile.TemporaryDirectory(prefix="countermark-") as folder:
        path = Path(folder) / "store.c2pa"
        path.write_bytes(offer.store)
        try:
            answer = isolation.run(_read_store, path, request, limits=brief)
            credentials, named, shown = isolation.checked(path, _rebuilt, answer)
        except CountermarkError as error:
            return Failed(offer.resolver, f"the manifest store that it gave can't be read: {plain(error)}")
    if credentials.trust == "broken":
        return Failed(offer.resolver, f"the manifest that it gave is broken: {', '.join(credentials.failures[:3])}")
    if not {payload, binding_of(payload)} & named:
        return Failed(offer.resolver, "the manifest that it gave is not the one it named, or names another mark")
    return Resolved(offer.resolver, credentials.manifest_id, offer.store, credentials, shown)


def _read_store(path: Path, request: Any, report: Callable[[Any], None]) -> Any:
    """In the child: how the store stands, and what the manifest of that name says of mark and pictures."""
    store = path.read_bytes()
    credentials = read_store(store, TrustAnchors.from_json(request["anchors"]))
    said = list(_said(store, request["manifest_id"], credentials)) if credentials.trust != "broken" else []
    shown = next((data for label, data in said if label == SHOWN_LABEL), None)
    named = [one for label, data in said for one in _marks(label, data)]
    details: list[Details] = [credentials]
    with contextlib.suppress(ValueError):
        details.append(fingerprint_in(shown))
    empty = Evidence("", "container", EXAMINER, VERSION, "present")
    return {"evidence": [replace(empty, details=one).to_json() for one in details], "named": named[:16]}


def _rebuilt(answer: Any) -> tuple[CredentialDetails, frozenset[str], FingerprintDetails | None]:
    first, *more = (evidence.details for evidence in evidence_from_json(answer["evidence"]))
    if not isinstance(first, CredentialDetails):
        raise ValueError("no credentials")
    shown = next((one for one in more if isinstance(one, FingerprintDetails)), None)
    return first, frozenset(str(one) for one in answer["named"]), shown


def _said(store: bytes, manifest_id: str, credentials: CredentialDetails) -> Iterator[tuple[str, dict[str, Any]]]:
    """Label and data of what the active manifest asserts, if it or what it stands on bears that id; nearest first.

    What it stands on are parents by the same signer: a timestamp after the fact makes a manifest over a manifest. One
    by somebody else says that it was made from the marked video, not that it is it. Names can be copied: under a
    trusted manifest, parents count where all of them check out.
    """
    import c2pa

    with (
        context(TrustAnchors()) as ground,
        c2pa.Reader("application/c2pa", io.BytesIO(store), context=ground) as reader,
    ):
        report = json.loads(reader.json())
    manifests, label = report["manifests"], report["active_manifest"]
    lineage = [(label, manifests[label])]
    deep = LINEAGE if credentials.trust != "trusted" or not credentials.ingredient_failures else 1
    while len(lineage) < deep:
        label, manifest = lineage[-1]
        parents = [i.get("active_manifest") for i in manifest.get("ingredients", []) if i["relationship"] == "parentOf"]
        if len(parents) != 1 or _signed_by(manifests.get(parents[0])) != _signed_by(manifest):
            break
        lineage.append((parents[0], manifests[parents[0]]))
    if manifest_id in [label for label, _ in lineage]:
        for _, manifest in lineage:
            for assertion in manifest.get("assertions", []):
                if isinstance(data := assertion.get("data"), dict):
                    yield str(assertion.get("label")).split("__")[0], data


def _signed_by(manifest: dict[str, Any] | None) -> tuple[Any, Any]:
    signature = (manifest or {}).get("signature_info") or {}
    return signature.get("issuer"), signature.get("common_name")


def _marks(label: str, data: dict[str, Any]) -> Iterator[str]:
    """Payloads of our algorithm, in either of the two forms that a manifest of ours has."""
    if label == MARK_LABEL and data.get("algorithm") == MARK_ALGORITHM:
        yield str(data.get("payload"))
    if label == SOFT_BINDING and data.get("alg") == MARK_ALGORITHM:
        yield from (str(block.get("value")) for block in data.get("blocks") or [])
