"""Asks once, and once more where that is sound: pauses, retries, and what an answer that is an error means."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from ...errors import ServerRefused, ServerUnreachable
from ...evidence.text import plain
from .steps import Answer, Ask, Lost, Pause, Steps

T = TypeVar("T")
_AGAIN = frozenset({425, 429, 502, 503, 504})
_FIRST_S, _LONGEST_S = 0.5, 10.0
_MOST_WORDS = 500
REACH_S = 20.0  # to go on asking a service that has never answered: its address may be wrong
OnAway = Callable[[str, float], None]  # hears why, and for how many seconds it is asked again


class Patience:
    """How long to go on asking, and how long to wait in between: longer each time, never all at once."""

    def __init__(self, seconds: float) -> None:
        """Begin."""
        self._end, self._pause = time.monotonic() + seconds, _FIRST_S

    @property
    def left(self) -> float:
        """How many seconds it goes on."""
        return max(0.0, self._end - time.monotonic())

    def next(self, said: Answer | Lost) -> Pause | None:
        """Give a pause before asking again; None: it is over."""
        told = _seconds(said.headers.get("retry-after", "")) if isinstance(said, Answer) else None
        seconds = told if told is not None else self._pause * random.uniform(0.5, 1.0)
        self._pause = min(2 * self._pause, _LONGEST_S)
        return Pause(seconds) if time.monotonic() + seconds <= self._end else None

    def renew(self, seconds: float) -> None:
        """Begin anew, since something moved."""
        self._end, self._pause = time.monotonic() + seconds, _FIRST_S


@dataclass
class Reach:
    """Whether a service was ever reached, and who hears that it is away: once each time, and at once."""

    patience_s: float
    on_away: OnAway | None = None
    reached: bool = False
    _told: bool = False

    def patience(self) -> Patience:
        """Begin to be patient: less so with a service that has never answered."""
        return Patience(self.patience_s if self.reached else min(self.patience_s, REACH_S))

    def away(self, said: Answer | Lost, seconds: float) -> None:
        """Say that it is asked again, and why."""
        why = f"HTTP {said.status}" if isinstance(said, Answer) else plain(said.why, _MOST_WORDS)
        if self.on_away is not None and not self._told:
            self.on_away(why, seconds)
        self._told = True

    def here(self) -> None:
        """Note that it has answered as it should."""
        self.reached, self._told = True, False


def asked(ask: Ask, reach: Reach) -> Steps[Answer]:
    """Ask, and again while the service is away or says to wait; the last answer, whatever it is.

    Only for what may be asked twice: what changes nothing, or carries a key by which the service knows it again.
    """
    patience = reach.patience()
    while True:
        said = yield ask
        assert said is not None
        if isinstance(said, Answer) and said.status not in _AGAIN:
            reach.here()
            return said
        if isinstance(said, Answer) and not reach.reached:
            reach.reached = True
            patience.renew(reach.patience_s)
        pause = patience.next(said)
        if pause is None:
            return answered(said)
        reach.away(said, patience.left)
        yield pause


def answered(said: Answer | Lost | None) -> Answer:
    """Insist on an answer, whatever it is."""
    if isinstance(said, Answer):
        return said
    raise ServerUnreachable(f"the service does not answer: {plain(said.why if said else '', _MOST_WORDS)}")


def good(answer: Answer) -> Answer:
    """Insist on a good answer; ServerRefused says what the service said, and its advice."""
    if answer.good:
        return answer
    problem = _problem(answer)
    detail = plain(problem.get("detail") or problem.get("title") or _bare(answer), _MOST_WORDS)
    error = ServerRefused(f"{detail} (HTTP {answer.status})", advice=_advice(answer, problem))
    error.status = answer.status
    raise error


def value_of(kind: type[T], answer: Answer) -> T:
    """Rebuild what a good answer says; what does not fit is no answer of such a service."""
    from pydantic import TypeAdapter, ValidationError

    try:
        return TypeAdapter(kind).validate_json(good(answer).body)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise ServerRefused(f"its answer is not understood: {where}: {first['msg']}") from None


def _problem(answer: Answer) -> Mapping[str, Any]:
    if answer.good or "json" not in answer.headers.get("content-type", ""):
        return {}
    try:
        said = json.loads(answer.body)
    except (ValueError, RecursionError):
        return {}
    return said if isinstance(said, dict) else {}


def _advice(answer: Answer, problem: Mapping[str, Any]) -> str | None:
    said = plain(problem.get("advice"), _MOST_WORDS) or None
    wait = _seconds(answer.headers.get("retry-after", ""))
    if wait is None or "ask again in " in (said or ""):
        return said
    return f"{said or 'ask again later'} ({f'{wait:.0f} s' if wait < 120 else f'{wait / 60:.0f} minutes'} from now)"


def _bare(answer: Answer) -> str:
    if 300 <= answer.status < 400:
        return f"it leads elsewhere, to {answer.headers.get('location', 'nowhere')}: give that address"
    return "it answers with what no verification service says"


def _seconds(text: str) -> float | None:
    return float(text) if text.isascii() and text.isdigit() and len(text) < 8 else None
