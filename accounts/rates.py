"""How often one caller may ask, as a moving window. Knows no HTTP.

Counted in this process's memory alone: where several processes serve, each counts for itself, and all together let
through as many times more. Nothing is kept across a restart.
"""

from __future__ import annotations

import ipaddress
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from ..settings import Settings

if TYPE_CHECKING:
    from limits import RateLimitItem

Kind = Literal["request", "check", "upload", "sign_in"]
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
            ("known", "upload"): _an_hour(ours.key_checks),  # as many as checks, and apart from them
            ("tenant", "request"): _a_minute(ours.tenant_requests),
            ("tenant", "check"): _an_hour(ours.tenant_checks),
            ("tenant", "upload"): _an_hour(ours.tenant_checks),
            ("address", "request"): _a_minute(ours.anonymous_requests),
            ("address", "check"): _an_hour(ours.anonymous_checks),
            ("address", "upload"): _an_hour(ours.anonymous_checks),
            ("address", "sign_in"): _a_minute(SIGN_INS, SIGN_INS_MINUTES),
            ("account", "sign_in"): _a_minute(SIGN_INS * MANY, SIGN_INS_MINUTES),
            ("site", "request"): _a_minute(ours.anonymous_requests * MANY),
            ("site", "check"): _an_hour(ours.anonymous_checks * MANY),
            ("site", "upload"): _an_hour(ours.anonymous_checks * MANY),
            ("site", "sign_in"): _a_minute(SIGN_INS * MANY, SIGN_INS_MINUTES),
        }
        self._limiter = MovingWindowRateLimiter(MemoryStorage())
        self._held: Counter[tuple[str, Kind, str]] = Counter()
        self._holding = threading.Lock()

    def hit(self, who: str, kind: Kind) -> Standing:
        """Count one more; `who` is key:ID or person:ID, or else an address. What is refused does not count."""
        return self._counted(_buckets(who), kind)

    def hold(self, who: str, kind: Kind, tenant_id: str | None = None) -> Standing:
        """Keep a place for what may yet be refused; where it is allowed, `let_go` follows, whatever comes of it."""
        buckets = _buckets(who, tenant_id)
        with self._holding:
            standing = self._asked(buckets, kind, lambda way, name: self._free(way, kind, name) > 0)
            if not standing.allowed:
                return replace(standing, remaining=0)  # those who hold the rest may let go of it
            self._held.update((way, kind, name) for way, name in buckets)
            way, name = buckets[0]
            return replace(standing, remaining=self._free(way, kind, name))

    def let_go(self, who: str, kind: Kind, tenant_id: str | None = None, *, counts: bool) -> None:
        """Give up a place that was held; `counts`: it was taken."""
        for way, name in _buckets(who, tenant_id):
            with self._holding:
                self._held -= Counter([(way, kind, name)])  # and forget who holds none
                if counts:
                    self._limiter.hit(self._limits[way, kind], way, kind, name)

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
        return self._asked(buckets, kind, lambda way, name: self._limiter.hit(self._limits[way, kind], way, kind, name))

    def _free(self, way: str, kind: Kind, name: str) -> int:
        window = self._limiter.get_window_stats(self._limits[way, kind], way, kind, name)
        return window.remaining - self._held[way, kind, name]

    def _asked(self, buckets: list[tuple[str, str]], kind: Kind, may: Callable[[str, str], bool]) -> Standing:
        standing = None
        for way, name in buckets:
            item = self._limits[way, kind]
            allowed = may(way, name)
            if allowed and standing is not None:
                continue
            window = self._limiter.get_window_stats(item, way, kind, name)
            reset_s = max(1, round(window.reset_time - time.time() + 0.5))
            standing = Standing(item.amount, window.remaining, reset_s, allowed)
            if not allowed:
                break
        assert standing is not None
        return standing


def _buckets(who: str, tenant_id: str | None = None) -> list[tuple[str, str]]:
    """Give what somebody counts under, and the tenant of theirs."""
    own = [("known", who)] if who.startswith(("key:", "person:")) else _of_address(who)
    return [*own, *([("tenant", tenant_id)] if tenant_id is not None else [])]


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
