"""Signals in the forms of others: exchange files, a line a signal, and what HMA's API asks and answers.

An exchange file is that of the `threatexchange` package: lines of a type, a blank and the signal. HMA's forms are given
as plain values; whoever serves them brings routes, keys and the media. Asking other servers is `elsewhere`'s.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from ...evidence import FingerprintDetails
from . import vpdq
from .matching import Asked, asked_of_frames
from .values import BankContent, BankMatch, Frame, Signals, SignalUnfit

MOST_LINES = 100_000  # of one file
MOST_FILE_CHARACTERS = 256 << 20
SHA256, PDQ, VPDQ = "video_sha256", "pdq", "vpdq"  # as the package names them
MOST_URL = 2000  # characters
_METADATA = {"content_id": str, "content_uri": str, "json": dict}
Answer = dict[str, list[dict[str, int | str]]]


# Exchange files -----------------------------------------------------------------------------------------------------


def read(lines: Iterable[str]) -> tuple[Signals, ...]:
    """Read an exchange file, each signal once. A line may also be a bare list of frames; `#` begins a remark."""
    found: dict[Signals, None] = {}
    characters = 0
    for number, line in enumerate(lines, 1):
        characters += len(line)
        if number > MOST_LINES or characters > MOST_FILE_CHARACTERS:
            raise SignalUnfit(
                f"an exchange file has at most {MOST_LINES:,} lines and {MOST_FILE_CHARACTERS:,} characters",
                advice="bring it in parts: what a bank knows already is not added twice",
            )
        if not (text := line.strip()) or text.startswith("#"):
            continue
        kind, _, signal = (VPDQ, "", text) if text.startswith("[") else text.partition(" ")
        try:
            found[signals(kind, signal)] = None
        except SignalUnfit as error:
            raise SignalUnfit(f"line {number}: {error}", advice=error.advice) from None
    return tuple(found)


def lines_of(signals: Signals) -> Iterator[str]:
    """Write a content as lines of an exchange file: one for each signal."""
    return (f"{kind} {signal}\n" for kind, signal in plain(signals).items())


def signals(kind: str, signal: str) -> Signals:
    """Read one signal of a named type."""
    if kind in (SHA256, "sha256"):
        return Signals(sha256=vpdq.digest(signal))
    if kind == PDQ:
        return Signals(pdq=vpdq.digest(signal))
    if kind == VPDQ:
        return Signals(vpdq=vpdq.read(signal))
    raise SignalUnfit(f"there is no type of signal {kind[:40]!r} here", advice=f"known are {SHA256}, {PDQ} and {VPDQ}")


def plain(signals: Signals) -> dict[str, str]:
    """Write signals by type."""
    written = {SHA256: signals.sha256, PDQ: signals.pdq, VPDQ: vpdq.written(signals.vpdq) if signals.vpdq else None}
    return {kind: signal for kind, signal in written.items() if signal is not None}


def asked(signals: Signals, seed: str) -> Asked:
    """Unpack what others ask for."""
    frames = signals.vpdq if signals.pdq is None else (Frame(vpdq.digest(signals.pdq), 100, 0.0),)
    found = asked_of_frames(frames)
    return Asked(found.frames, found.moments, seed) if seed else found


# HMA's forms --------------------------------------------------------------------------------------------------------


def hashed(sha256: str, fingerprint: FingerprintDetails | None, *, picture: bool = False) -> dict[str, str]:
    """Answer `/h/hash`: signals by type. Of a picture that is too flat, PDQ is empty, as the package says it."""
    frames = () if fingerprint is None else vpdq.wholes(vpdq.of_fingerprint(fingerprint))
    answer = {SHA256: vpdq.digest(sha256)}
    if picture:
        return answer | {PDQ: next((frame.hash for frame in vpdq.usable(frames)), "")}
    return answer | ({VPDQ: vpdq.written(frames)} if frames else {})


def looked_up(matches: Iterable[BankMatch]) -> Answer:
    """Answer `/m/lookup`: by bank, the contents that match, and how far they are in the package's own words."""
    answer: Answer = {}
    for match in matches:
        told: dict[str, int | str] = {"bank_content_id": match.number, "distance": distance_of(match)}
        answer.setdefault(match.bank, []).append(told)
    return answer


def distance_of(match: BankMatch) -> str:
    """Say how far a match is: nothing of a digest, bits of a picture, percentages of a video."""
    if match.algorithm == "sha256":
        return "-"
    if match.algorithm == "pdq":
        return str(match.distance)
    return f"{match.share * 100:.0f}%[{match.share_of_content * 100:.0f}%]"


@dataclass(frozen=True)
class Posted:
    """What is to go into a bank: signals as they are, or where the media lies."""

    signals: Signals | None
    url: str | None  # to be fetched by the one door to the network
    note: str  # content_id and content_uri of whoever sent it


def posted(body: bytes, query: Mapping[str, str]) -> Posted:
    """Read a POST of `/c/bank/NAME/content` or `/c/bank/NAME/signal`; a file that it brings is the caller's to hash."""
    said = _object(body) if body.strip() else {}
    metadata = said.pop("metadata", {})
    if not isinstance(metadata, dict) or any(not isinstance(metadata[one], _METADATA.get(one, ())) for one in metadata):
        raise SignalUnfit("the metadata is an object of content_id, content_uri and json", advice="leave out the rest")
    note = " ".join(str(metadata[one]) for one in ("content_id", "content_uri") if one in metadata)
    url = query.get("url")
    if url is not None and not _is_address(url):
        raise SignalUnfit("the URL is none of http or https", advice="send the file itself")
    if bool(said) == (url is not None):
        raise SignalUnfit("the content is named by a URL, or by signals", advice="send one of them")
    return Posted(_all_of(said) if said else None, url, note)


def banked(content: BankContent) -> dict[str, Any]:
    """Answer such a POST: the id within the bank, and the signals."""
    return {"id": content.number, "signals": plain(content.signals)}


def _all_of(said: Mapping[str, object]) -> Signals:
    """Read signals by type, of one content."""
    found = Signals()
    for kind, signal in said.items():
        if not isinstance(signal, str):
            raise SignalUnfit(f"the signal of type {kind[:40]!r} is no text")
        one = signals(kind, signal)
        found = Signals(one.sha256 or found.sha256, one.pdq or found.pdq, one.vpdq or found.vpdq)
    return found


def _is_address(url: str) -> bool:
    try:
        return len(url) <= MOST_URL and urlsplit(url).scheme in ("http", "https")
    except ValueError:
        return False


def _object(body: bytes) -> dict[str, Any]:
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        raise SignalUnfit("the body is no JSON", advice="send an object of signals by type") from None
    if not isinstance(said, dict):
        raise SignalUnfit("the body is no object", advice="send an object of signals by type")
    return said
