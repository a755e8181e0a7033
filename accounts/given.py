"""What people give as names, addresses, roles, scopes and times: checked, and in one form. No I/O."""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import UTC, datetime

from ..errors import AccountUnfit
from .values import ROLES, SCOPES

_EMAIL = re.compile(r"[^@\s\x00-\x1f\x7f]{1,64}@[^@\s\x00-\x1f\x7f]{1,189}")
_NAME_LETTERS = 200


def is_address(text: str) -> bool:
    """Say whether it can be an e-mail address.

    >>> is_address("ada@example.org"), is_address("ada"), is_address("ada@example.org, bob@example.org")
    (True, False, False)
    """
    return _EMAIL.fullmatch(text) is not None


def address(email: str) -> str:
    """Give an e-mail address as it is kept: in small letters, so that it is one whoever types it.

    >>> address(" Ada@Example.org")
    'ada@example.org'
    """
    plain = email.strip().casefold()
    if not is_address(plain):
        raise AccountUnfit(f"{email[:80]!r} is no e-mail address", advice="say it so: name@example.org")
    return plain


def name(text: str) -> str:
    """Give a name on one line.

    >>> name("news\\nroom   bot")
    'news room bot'
    """
    plain = " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())[:_NAME_LETTERS]
    if not plain:
        raise AccountUnfit("it needs a name", advice="give one that says what it is for")
    return plain


def role(text: str) -> str:
    """Give a role that there is."""
    if text not in ROLES:
        raise AccountUnfit(f"{text[:40]!r} is no role", advice=f"there are {', '.join(ROLES)}")
    return text


def scopes(wanted: Collection[str]) -> str:
    """Give scopes as they are kept, by blanks and in one order.

    >>> scopes(["checks:write", "checks:read"])
    'checks:read checks:write'
    """
    if unknown := sorted(set(wanted) - set(SCOPES)):
        raise AccountUnfit(f"{unknown[0][:40]!r} is no scope", advice=f"there are {', '.join(SCOPES)}")
    if not wanted:
        raise AccountUnfit("a key without a scope opens nothing", advice=f"there are {', '.join(SCOPES)}")
    return " ".join(scope for scope in SCOPES if scope in wanted)


def later(text: str, now: datetime) -> str:
    """Give a time to come; where it names no zone, it is UTC.

    >>> later("2027-01-31", datetime(2026, 1, 1, tzinfo=UTC))
    '2027-01-31T00:00:00.000000+00:00'
    """
    try:
        found = datetime.fromisoformat(text)
        found = found if found.tzinfo else found.replace(tzinfo=UTC)
        written = time(found)
    except (ValueError, OverflowError):
        raise AccountUnfit(f"{text[:40]!r} is no time", advice="say it so: 2027-01-31T08:00:00+00:00") from None
    if found <= now:
        raise AccountUnfit("a key can't expire before it is made", advice="name a time to come")
    return written


def time(moment: datetime) -> str:
    """Give a time as all times are written here."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")
