"""One request and whatever is answered, for services that say by their status what is wrong: method, headers and all.

Addresses are checked as everywhere here, and nothing is followed: a redirect is an answer like another.
"""

from __future__ import annotations

import http.client
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from urllib.parse import SplitResult, quote

from .. import __version__
from ..errors import FetchFailed, NetworkRefused
from .connection import IN_PATH, Answer, Connection, Deadline, checked, connecting, in_our_words, origin
from .guard import Address, PublicOnly, UnsafeAllowPrivate, written_out

ADVICE = "the service is slow or gives too much; try again later"


class NotReached(FetchFailed):
    """Nothing was sent: whoever would be charged for being asked twice may ask again."""


@dataclass(frozen=True)
class Exchanged:
    """What was answered, whatever it was."""

    status: int
    headers: Mapping[str, str]  # by names in small letters
    body: bytes


def exchange(
    url: str,
    *,
    method: str = "GET",
    headers: Mapping[str, str],
    body: bytes | None = None,
    most_bytes: int,
    seconds: float,
    home: str | None = None,
) -> Exchanged:
    """Ask once, and follow nothing; no connection, no answer or too much of it is an error, no status is one.

    home: the address of the service as the user gave it. That scheme, host and port may lie inside; no other may.
    """
    parts = checked(url)
    inside = _inside(parts, home)
    with closing(Deadline(seconds, ADVICE)) as deadline:
        with closing(_reached(parts, inside, deadline)) as connection:
            try:
                connection.request(method, _target(parts), body, _complete(headers))
                response = connection.getresponse()
            except (OSError, http.client.HTTPException, ValueError) as error:
                raise in_our_words(error, parts, deadline) from None
            said = b"".join(Answer(response, parts, url, (), deadline).chunks(most_bytes, ADVICE))
            return Exchanged(response.status, {name.lower(): value for name, value in response.getheaders()}, said)


def refuse_at_sight(url: str, *, home: str | None = None) -> None:
    """Refuse what `exchange` would not ask, as far as that is plain before a name is looked up."""
    parts = checked(url)
    if _inside(parts, home):
        return
    _, host, port = origin(parts)
    known: list[Address | None] = [*written_out(host)] or [None]
    for address in known:
        if refusal := PublicOnly().refusal(address, port):
            raise NetworkRefused(f"{host} is not asked: {refusal}")


def _inside(parts: SplitResult, home: str | None) -> bool:
    return home is not None and origin(parts) == origin(checked(home))


def _reached(parts: SplitResult, inside: bool, deadline: Deadline) -> Connection:
    """Connect before anything is sent, so that whoever asks knows how far it came."""
    try:
        connection = connecting(parts, UnsafeAllowPrivate() if inside else PublicOnly(), deadline)
    except FetchFailed as error:
        raise NotReached(str(error)) from None
    try:
        connection.connect()
    except OSError as error:
        raise NotReached(str(in_our_words(error, parts, deadline))) from None
    return connection


def _target(parts: SplitResult) -> str:
    target = quote(parts.path or "/", safe=IN_PATH)
    return target + "?" + quote(parts.query, safe=IN_PATH + "?") if parts.query else target


def _complete(headers: Mapping[str, str]) -> dict[str, str]:
    """What is asked of every service: nothing packed, and no connection kept."""
    own = {"accept-encoding": "identity", "connection": "close"}
    given = {name: value for name, value in headers.items() if name.lower() not in {*own, "host", "content-length"}}
    return {"User-Agent": f"countermark/{__version__}", **given, **own}
