"""Which addresses may be asked: the public internet, unless whoever calls says otherwise. Opens no connection."""

from __future__ import annotations

import ipaddress
import socket
from typing import Protocol

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

WEB_PORTS = frozenset({80, 443})
# Not in the tables of `ipaddress`, or not in those of every Python; the first is answered inside a cloud.
REFUSED_IPV4 = ("168.63.129.16/32", "100.64.0.0/10", "192.0.0.0/24", "192.88.99.0/24", "198.18.0.0/15", "240.0.0.0/4")
REFUSED_IPV6 = ("2001::/23", "2002::/16", "3fff::/20")
REFUSED_NETWORKS = tuple(ipaddress.ip_network(network) for network in REFUSED_IPV4 + REFUSED_IPV6)
GLOBAL_IPV6 = ipaddress.IPv6Network("2000::/3")
NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
ISATAP = (0x00005EFE, 0x02005EFE)


class Guard(Protocol):
    """Says which addresses may be asked."""

    def refusal(self, address: Address, port: int) -> str | None:
        """Why not; None where it may be."""
        ...


class PublicOnly:
    """Addresses of the public internet, on the ports of web servers."""

    def refusal(self, address: Address | None, port: int) -> str | None:
        """Why not; None where it may be. Without an address, which no name was looked up for yet, the port decides.

        >>> PublicOnly().refusal(ipaddress.ip_address("::ffff:169.254.169.254"), 80)
        '169.254.169.254 is no public address'
        >>> PublicOnly().refusal(ipaddress.ip_address("1.1.1.1"), 443)
        """
        if port < 1024 and port not in WEB_PORTS:
            return f"port {port} is no port of a web server"
        for one in () if address is None else stands_for(address):
            if not _public(one):
                return f"{one} is no public address"
        return None


class UnsafeAllowPrivate:
    """Lets every address through: only for networks where nothing answers that the asker may not ask."""

    def refusal(self, address: Address, port: int) -> str | None:
        """Never refuse."""
        return None


def stands_for(address: Address) -> tuple[Address, ...]:
    """The addresses that are reached by asking this one: the IPv4 address inside some kinds of IPv6 address.

    >>> stands_for(ipaddress.ip_address("64:ff9b::7f00:1"))
    (IPv4Address('127.0.0.1'),)
    """
    if isinstance(address, ipaddress.IPv4Address):
        return (address,)
    last = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    if address.ipv4_mapped is not None or address in NAT64:
        return (last,)
    if address.sixtofour is not None:
        return (address.sixtofour,)
    return (address, last) if (int(address) >> 32) & 0xFFFFFFFF in ISATAP else (address,)


def resolve(host: str, port: int) -> list[Address]:
    """Ask the system for all addresses of a name."""
    answers = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(ipaddress.ip_address(str(answer[4][0])) for answer in answers))


def written_out(host: str) -> list[Address]:
    """Give the address that a host is written as, in any way that the system reads; no name is looked up.

    >>> written_out("0x7f.1"), written_out("example.org")
    ([IPv4Address('127.0.0.1')], [])
    """
    try:
        answers = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
    except (OSError, ValueError):  # a name that cannot be one, as `a..b`: the socket's codec says so
        return []
    return [ipaddress.ip_address(str(answer[4][0])) for answer in answers]


def _public(address: Address) -> bool:
    if address.is_multicast or address.is_reserved or address.is_unspecified or not address.is_global:
        return False
    if isinstance(address, ipaddress.IPv6Address) and address not in GLOBAL_IPV6:
        return False
    return not any(address in network for network in REFUSED_NETWORKS)
