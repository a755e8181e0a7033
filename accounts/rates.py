"""How often one caller may ask, as a moving window. Knows no HTTP.

Counted in this process's memory alone: where several processes serve, each counts for itself, and all together let
through as many times more. Nothing is kept across a restart.
"""

from __future__ import annotations

import ipaddress
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from ..settings import Settings

if TYPE_CHECKING:
    from limits import RateLimitItem

Kind = Literal["request", "check", "sign_in"]
SIGN_INS, SIGN_INS_MINUTES = 20, 15  # tries to sign in from one address
MANY = 16  # times what one address may: all of a site of IPv6, and all who try to sign in as one person


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
        from limits.storage import MemoryStorage
        from limits.strategies import MovingWindowRateLimiter

        ours = options.service
        self._limits: Mapping[tuple[str, Kind], RateLimitItem] = {
            ("known", "request"): _a_minute(ours.key_requests),
            ("known", "check"): _an_hour(ours.key_checks),
            ("tenant", "request"): _a_minute(ours.tenant_requests),
            ("tenant", "check"): _an_hour(ours.tenant_checks),
            ("address", "request"): _a_minute(ours.anonymous_requests),
            ("address", "check"): _an_hour(ours.anonymous_checks),
            ("address", "sign_in"): _a_minute(SIGN_INS, SIGN_INS_MINUTES),
            ("account", "sign_in"): _a_minute(SIGN_INS * MANY, SIGN_INS_MINUTES),
            ("site", "request"): _a_minute(ours.anonymous_requests * MANY),
            ("site", "check"): _an_hour(ours.anonymous_checks * MANY),
            ("site", "sign_in"): _a_minute(SIGN_INS * MANY, SIGN_INS_MINUTES),
        }
        self._limiter = MovingWindowRateLimiter(MemoryStorage())

    def hit(self, who: str, kind: Kind) -> Standing:
        """Count one more; `who` is key:ID or person:ID, or else an address. What is refused does not count."""
        if who.startswith(("key:", "person:")):
            return self._counted([("known", who)], kind)
        return self._counted(_of_address(who), kind)

    def hit_tenant(self, tenant_id: str, kind: Kind) -> Standing:
        """Count one more for a tenant, whose keys are as many as it likes."""
        return self._counted([("tenant", tenant_id)], kind)

    def hit_sign_in(self, address: str, account: str) -> Standing:
        """Count a try to sign in: from there, and as somebody from anywhere.

        The second bound is wide, so that no stranger shuts somebody out by trying in their name.
        """
        return self._counted([*_of_address(address), ("account", account)], "sign_in")

    def _counted(self, buckets: list[tuple[str, str]], kind: Kind) -> Standing:
        """Count in each bucket until one is full; give that one, or else the first."""
        standing = None
        for way, name in buckets:
            item = self._limits[way, kind]
            allowed = self._limiter.hit(item, way, kind, name)
            if allowed and standing is not None:
                continue
            window = self._limiter.get_window_stats(item, way, kind, name)
            reset_s = max(1, round(window.reset_time - time.time() + 0.5))
            standing = Standing(item.amount, window.remaining, reset_s, allowed)
            if not allowed:
                break
        assert standing is not None
        return standing


def _a_minute(most: int, minutes: int = 1) -> RateLimitItem:
    from limits import RateLimitItemPerMinute

    return RateLimitItemPerMinute(most, minutes)


def _an_hour(most: int) -> RateLimitItem:
    from limits import RateLimitItemPerHour

    return RateLimitItemPerHour(most)


def _of_address(address: str) -> list[tuple[str, str]]:
    """Give what an address counts under; who has one network of IPv6 has many more beside it, up to a site of 48 bits.

    >>> _of_address("2001:db8::7")
    [('address', '2001:db8::/64'), ('site', '2001:db8::/48')]
    """
    near, wide = neighbourhood(address), neighbourhood(address, 48)
    return [("address", near), *([("site", wide)] if wide != near else [])]


def neighbourhood(address: str, bits: int = 64) -> str:
    """Give what counts as one asker: an address of IPv4, a network of so many bits of IPv6.

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
    return str(ipaddress.ip_network((int(found), bits), strict=False))
