"""Asking another server that speaks HMA's API whether it knows something. What it answers is bounded and checked."""

from __future__ import annotations

import json
from dataclasses import dataclass
from urllib.parse import quote, urlencode

from ...errors import FetchFailed
from ...fetch import exchange as asked_once
from . import exchange, vpdq
from .values import Frame, Signals

MOST_FRAMES = 60  # that one question carries: it is a URL
MOST_BYTES = 4 << 20
MOST_MATCHES = 1000
_ADVICE = "see that the address is that of an HMA server, and that it knows this type of signal"


@dataclass(frozen=True)
class MatchElsewhere:
    """That another server knows something like it; nothing else follows."""

    bank: str
    content: str  # the id that it has there; empty: the server names banks alone
    distance: str  # in that server's words


@dataclass(frozen=True)
class Elsewhere:
    """Another server."""

    url: str  # as the operator gave it: this one may lie inside
    token: str | None = None
    seconds: float = 10.0

    def __repr__(self) -> str:
        """Without the token."""
        return f"Elsewhere({self.url})"

    def looked_up(self, signals: Signals) -> tuple[MatchElsewhere, ...]:
        """Ask for each signal. Of a video with many frames, some are asked for, evenly over its time."""
        few = Signals(signals.sha256, signals.pdq, _few(vpdq.wholes(signals.vpdq)))
        found = (match for kind, signal in exchange.plain(few).items() for match in self._asked(kind, signal))
        return tuple(dict.fromkeys(found))

    def _asked(self, kind: str, signal: str) -> tuple[MatchElsewhere, ...]:
        asked = urlencode({"signal_type": kind, "signal": signal}, quote_via=quote)
        headers = {"Accept": "application/json"}
        if self.token is not None:
            headers["Authorization"] = f"Bearer {self.token}"
        address = f"{self.url.rstrip('/')}/m/lookup?{asked}"
        answer = asked_once(address, headers=headers, most_bytes=MOST_BYTES, seconds=self.seconds, home=self.url)
        if answer.status != 200:
            raise FetchFailed(f"the server of hashes answers {answer.status}", advice=_ADVICE)
        try:
            return _read(json.loads(answer.body))
        except (ValueError, RecursionError):
            raise FetchFailed("the server of hashes answers something else than matches", advice=_ADVICE) from None


def _read(said: object) -> tuple[MatchElsewhere, ...]:
    """Read matches by bank; servers of before that name banks alone. ValueError: it is neither."""
    if isinstance(said, list):
        found = [MatchElsewhere(_text(name), "", "") for name in said]
    elif isinstance(said, dict):
        found = [_match(name, one) for name, listed in said.items() for one in _list(listed)]
    else:
        raise ValueError("no matches")
    if len(found) > MOST_MATCHES:
        raise ValueError("too many matches")
    return tuple(found)


def _match(bank: str, one: object) -> MatchElsewhere:
    if not isinstance(one, dict):
        raise ValueError("no match")
    content, distance = one.get("bank_content_id"), one.get("distance", "")
    if not isinstance(content, (int, str)) or not isinstance(distance, (int, float, str)):
        raise ValueError("no match")
    return MatchElsewhere(_text(bank), _text(str(content)), _text(str(distance)))


def _list(said: object) -> list[object]:
    if not isinstance(said, list):
        raise ValueError("no list")
    return said


def _text(said: object) -> str:
    if not isinstance(said, str) or len(said) > 200 or not said.isprintable():
        raise ValueError("no text")
    return said


def _few(frames: tuple[Frame, ...]) -> tuple[Frame, ...]:
    kept = vpdq.usable(frames)
    if len(kept) <= MOST_FRAMES:
        return kept
    return tuple(kept[int((i + 0.5) * len(kept) / MOST_FRAMES)] for i in range(MOST_FRAMES))
