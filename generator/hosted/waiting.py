"""How long a service is waited for, and what is tried again. Knows no service.

A question is asked again after a refusal that will pass, or after silence. The order that costs money is given again
only where it is known that it was not taken: after an answer that says so, or where nothing was sent. An answer of a
machine in between, that it got none in time or none it understood, says nothing of that.
"""

from __future__ import annotations

import email.utils
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeVar

from ...errors import FetchFailed, OverLimit, ServiceFailed
from ...fetch import NotReached
from .service import Refused

Answer = TypeVar("Answer")

PASSING = frozenset({408, 425, 429, 500, 502, 503, 504})
NOT_KNOWN_YET = 404  # a job just ordered may not be known everywhere at once
NOT_TAKEN = frozenset({425, 429, 503})  # busy: every other 5xx, and 408, leaves it open
UNSURE = "look at the service's own list of jobs before you ask again: it may have taken this one, and charge for it"


@dataclass(frozen=True)
class Patience:
    """Seconds and tries."""

    first_s: float = 5.0  # between looks at a job, growing
    most_s: float = 20.0
    total_s: float = 1800.0  # for a job
    request_s: float = 120.0  # for one answer
    pause_s: float = 1.0  # before the first try again, doubled each time
    tries: int = 6

    def until(self) -> float:
        """Say when a job that begins now has had its time, all pauses included."""
        return time.monotonic() + self.total_s

    def looks(self, until: float) -> Iterator[float]:
        """Give the pauses between looks at a job, until its time is over."""
        pause = self.first_s
        while time.monotonic() < until:
            yield min(pause, max(0.0, until - time.monotonic()))
            pause = min(pause * 1.3, self.most_s)


def ask(call: Callable[[], Answer], patience: Patience, until: float, said: Callable[[str], str]) -> Answer:
    """Ask what may be asked twice: how far a job is."""
    try:
        return _persist(call, patience, until, PASSING | {NOT_KNOWN_YET}, FetchFailed)
    except Refused as refusal:
        told = _told(refusal, said)
        raise (JobGone(told) if refusal.status in (404, 410) else _failed(refusal, told)) from None


def order(call: Callable[[], Answer], patience: Patience, said: Callable[[str], str]) -> Answer:
    """Ask what is charged for; `OrderUnsure` where nobody knows whether it was taken."""

    def sent() -> Answer:
        try:
            return call()
        except ServiceFailed as error:  # what can't be understood came after the order
            raise OrderUnsure(str(error), advice=UNSURE) from None

    try:
        return _persist(sent, patience, patience.until(), NOT_TAKEN, NotReached)
    except Refused as refusal:
        told = _told(refusal, said)
        raise (OrderUnsure(told, advice=UNSURE) if _open(refusal.status) else _failed(refusal, told)) from None
    except NotReached:
        raise
    except (FetchFailed, OverLimit) as error:
        raise OrderUnsure(f"no answer to the order came: {error}", advice=UNSURE) from None


class OrderUnsure(ServiceFailed):
    """Nobody knows whether the order was taken."""


class JobGone(ServiceFailed):
    """The service does not know the job, or not any more."""


def _persist(
    call: Callable[[], Answer], patience: Patience, until: float, passing: frozenset[int], lost: type[FetchFailed]
) -> Answer:
    """Try again what passes, with growing pauses, as long as there are tries and time."""
    tries, pause = 1, patience.pause_s
    while True:
        wait, last = pause, tries == patience.tries or time.monotonic() + pause > until
        try:
            return call()
        except Refused as refusal:
            if refusal.status not in passing or last:
                raise
            wait = _pause(refusal.retry_after, pause, until)
        except lost:
            if last:
                raise
        except OverLimit:
            if last or lost is NotReached:
                raise
        time.sleep(wait)
        tries, pause = tries + 1, pause * 2


def _open(status: int) -> bool:
    """Say whether an answer leaves open that the order was taken; what carries a code of its own (200) does not."""
    return status == 408 or 300 <= status < 400 or (status >= 500 and status not in NOT_TAKEN)


def _told(refusal: Refused, said: Callable[[str], str]) -> str:
    words = said(refusal.words)
    return f"it answered {refusal.status}" + (f": {words}" if words else "")


def _failed(refusal: Refused, told: str) -> ServiceFailed:
    if refusal.status in (401, 403):
        return ServiceFailed(told, advice="see whether the key holds, and may do this")
    return ServiceFailed(told)


def _pause(retry_after: str | None, otherwise: float, until: float) -> float:
    """Read seconds or a date; what is longer than the time that is left is not waited for."""
    if not retry_after:
        return otherwise
    try:
        seconds = float(retry_after)
    except ValueError:
        try:
            seconds = email.utils.parsedate_to_datetime(retry_after).timestamp() - time.time()
        except (ValueError, TypeError):
            return otherwise
    if not seconds <= until - time.monotonic():
        raise ServiceFailed(f"it asks to wait for {seconds:.0f} s", advice="try again after that")
    return max(0.0, seconds)
