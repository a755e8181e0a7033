"""How often one caller may ask, as a moving window. Knows no HTTP.

Counted in this process's memory alone: where several processes serve, each counts for itself, and all together let
through as many times more. Nothing is kept across a restart.
"""

from __future__ import annotations

import ipaddress
import time
from dataclasses import dataclass
from typing import Literal

from ..settings import Settings

Kind = Literal["request", "check", "sign_in"]
SIGN_INS, SIGN_INS_MINUTES = 20, 15  # tries to sign in from one address, and as one person


@dataclass(frozen=True)
class Standing:
    """How one caller stands after asking once more."""

    limit: int
    remaining: int
    reset_s: int  # until the first of those that were counted counts no more
    allowed: bool


class Rates:
    """Counts who asks how often."""

    def __init__(self, options: Settings) -> None:
        """Take the limits from the settings; nothing was counted yet."""
        from limits import RateLimitItemPerHour, RateLimitItemPerMinute
        from limits.storage import MemoryStorage
        from limits.strategies import MovingWindowRateLimiter

        service = options.service
        self._known = {
            "request": RateLimitItemPerMinute(service.key_requests, namespace="request"),
            "check": RateLimitItemPerHour(service.key_checks, namespace="check"),
        }
        self._anonymous = {
            "request": RateLimitItemPerMinute(service.anonymous_requests, namespace="request"),
            "check": RateLimitItemPerHour(service.anonymous_checks, namespace="check"),
        }
        self._sign_in = RateLimitItemPerMinute(SIGN_INS, SIGN_INS_MINUTES, namespace="sign_in")
        self._limiter = MovingWindowRateLimiter(MemoryStorage())

    def hit(self, who: str, kind: Kind) -> Standing:
        """Count one more; `who` is key:ID or person:ID, or else an address. What is refused does not count."""
        known = who.startswith(("key:", "person:"))
        limits = self._known if known else self._anonymous
        item = self._sign_in if kind == "sign_in" else limits[kind]
        name = who if known else neighbourhood(who)
        allowed = self._limiter.hit(item, name)
        window = self._limiter.get_window_stats(item, name)
        return Standing(item.amount, window.remaining, max(1, round(window.reset_time - time.time() + 0.5)), allowed)


def neighbourhood(address: str) -> str:
    """Give what counts as one asker: an address of IPv4, a network of 64 bits of IPv6.

    >>> neighbourhood("2001:db8::7"), neighbourhood("::ffff:192.0.2.1"), neighbourhood("somebody")
    ('2001:db8::/64', '192.0.2.1', 'somebody')
    """
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(found, ipaddress.IPv4Address):
        return str(found)
    if found.ipv4_mapped is not None:
        return str(found.ipv4_mapped)
    return str(ipaddress.ip_network((int(found), 64), strict=False))
