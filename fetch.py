"""The only door to the network: brings one file from one URL, and cannot be talked into asking machines inside.

A name is resolved once for each hop, every address that it has is checked, and the connection goes to a checked
address, not to the name: what a name server says a moment later changes nothing. Client libraries resolve for
themselves while connecting, so this is `http.client` with a connection of our own; the Host header, the TLS server
name and the certificate check still use the name. Proxies of the environment are not asked. Knows no video.
"""

from __future__ import annotations

import http.client
import ipaddress
import re
import secrets
import socket
import ssl
import threading
import time
from contextlib import closing
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Protocol
from urllib.parse import SplitResult, quote, urljoin, urlsplit

from . import __version__
from .errors import CountermarkError, FetchFailed, NetworkRefused, OutputFolderMissing, OverLimit
from .outputs import release, staged, translated
from .settings import Limits

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

MAX_REDIRECTS = 5
MAX_URL = 8192
CONNECT_S = 15.0  # for each address of a name
CHUNK = 1 << 18
REDIRECTS = frozenset({301, 302, 303, 307, 308})
WEB_PORTS = frozenset({80, 443})
IN_PATH = "/%:@!$&'()*+,;=~-._"  # what stays as it is
# Not in the tables of `ipaddress`, or not in those of every Python; the first is answered inside a cloud.
REFUSED_IPV4 = ("168.63.129.16/32", "100.64.0.0/10", "192.0.0.0/24", "192.88.99.0/24", "198.18.0.0/15", "240.0.0.0/4")
REFUSED_IPV6 = ("2001::/23", "2002::/16", "3fff::/20")
REFUSED_NETWORKS = tuple(ipaddress.ip_network(network) for network in REFUSED_IPV4 + REFUSED_IPV6)
GLOBAL_IPV6 = ipaddress.IPv6Network("2000::/3")
NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
ISATAP = (0x00005EFE, 0x02005EFE)
SUFFIXES = {
    "video/mp4": ".mp4", "video/quicktime": ".mov", "video/webm": ".webm", "video/x-matroska": ".mkv",
    "video/x-msvideo": ".avi", "video/mp2t": ".ts", "image/gif": ".gif",
}  # fmt: skip


@dataclass(frozen=True)
class Fetched:
    """A file that was brought, whole."""

    path: Path
    final_url: str
    content_type: str | None  # as the server says; nothing is decided by it
    bytes: int
    redirects: tuple[str, ...]  # the URLs on the way, the first one first; empty where there was no redirect


class Guard(Protocol):
    """Says which addresses may be asked."""

    def refusal(self, address: Address, port: int) -> str | None:
        """Why not; None where it may be."""
        ...


class PublicOnly:
    """Addresses of the public internet, on the ports of web servers."""

    def refusal(self, address: Address, port: int) -> str | None:
        """Why not; None where it may be.

        >>> PublicOnly().refusal(ipaddress.ip_address("::ffff:169.254.169.254"), 80)
        '169.254.169.254 is no public address'
        >>> PublicOnly().refusal(ipaddress.ip_address("1.1.1.1"), 443)
        """
        if port < 1024 and port not in WEB_PORTS:
            return f"port {port} is no port of a web server"
        for one in stands_for(address):
            if not _public(one):
                return f"{one} is no public address"
        return None


class UnsafeAllowPrivate:
    """Lets every address through: only for networks where nothing answers that the asker may not ask."""

    def refusal(self, address: Address, port: int) -> str | None:
        """Never refuse."""
        return None


def fetch(url: str, folder: Path, limits: Limits, *, guard: Guard | None = None) -> Fetched:
    """Bring what `url` names into `folder`, under a name of ours; whole, or not at all.

    Only public addresses are asked unless `guard` says otherwise; redirects are checked like the first URL.
    """
    if not folder.is_dir():
        raise OutputFolderMissing(f"{folder}: no such folder")
    visited: list[str] = []
    with closing(_Deadline(limits.fetch_s)) as deadline:
        while True:
            parts = _checked(url)
            with closing(_asked(parts, guard or PublicOnly(), deadline)) as connection:
                answer = _answer(connection, parts, deadline)
                if answer.status not in REDIRECTS:
                    path, count = _saved(answer, parts, folder, limits, deadline)
                    return Fetched(path, url, _content_type(answer), count, tuple(visited))
                visited.append(url)
                url = _next(url, answer, visited)


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


def _public(address: Address) -> bool:
    if address.is_multicast or address.is_reserved or address.is_unspecified or not address.is_global:
        return False
    if isinstance(address, ipaddress.IPv6Address) and address not in GLOBAL_IPV6:
        return False
    return not any(address in network for network in REFUSED_NETWORKS)


class _Deadline:
    """One end of time for all hops; cuts the connection in hand when it comes, however slowly bytes drip in."""

    def __init__(self, seconds: float) -> None:
        self.seconds, self.end = seconds, time.monotonic() + seconds
        self.expired = False
        self._socket: socket.socket | None = None
        self._lock = threading.Lock()
        self._timer = threading.Timer(seconds, self._cut)
        self._timer.daemon = True
        self._timer.start()

    def close(self) -> None:
        """No more cutting."""
        self._timer.cancel()

    def left(self) -> float:
        """Seconds that remain; raises where none do."""
        left = self.end - time.monotonic()
        if self.expired or left <= 0:
            raise self.error()
        return left

    def error(self) -> OverLimit:
        return OverLimit(
            f"fetching took longer than {self.seconds:g} s", advice="raise limits.fetch_s, or fetch it by other means"
        )

    def hold(self, held: socket.socket | None) -> None:
        """Cut this one when the time comes."""
        with self._lock:
            self._socket = held
            late = held is not None and self.expired
        if late:
            raise self.error()

    def _cut(self) -> None:
        self.expired = True
        with self._lock:
            if self._socket is not None:
                try:
                    socket.socket.shutdown(self._socket, socket.SHUT_RDWR)  # beneath TLS, which has no say in it
                except OSError:
                    return  # closed already


class _Connection(http.client.HTTPConnection):
    """A connection to one checked address; the name serves for the Host header and TLS alone."""

    def __init__(self, parts: SplitResult, addresses: list[Address], deadline: _Deadline) -> None:
        super().__init__(_ascii_host(parts), _port(parts))
        self.encrypted = parts.scheme == "https"
        if self.encrypted:
            self.default_port = 443  # so that the Host header names only another
        self.addresses, self.deadline = addresses, deadline

    def connect(self) -> None:
        """Connect to the first address that answers."""
        trouble: OSError | None = None
        for address in self.addresses:
            try:
                pinned = socket.create_connection((str(address), self.port), min(self.deadline.left(), CONNECT_S))
                break
            except OSError as error:
                trouble = error
        else:
            raise trouble or OSError("no address")
        self.sock = pinned
        self.deadline.hold(pinned)
        pinned.settimeout(self.deadline.left() + 1)
        if self.encrypted:
            context = ssl.create_default_context()
            secured = context.wrap_socket(pinned, server_hostname=self.host, do_handshake_on_connect=False)
            self.sock = secured
            self.deadline.hold(secured)
            secured.do_handshake()


def _checked(url: str) -> SplitResult:
    """Refuse what is no plain http or https address."""
    if len(url) > MAX_URL:
        raise NetworkRefused(f"the URL has {len(url)} letters, more than {MAX_URL}")
    if any(ord(letter) <= 0x20 or ord(letter) == 0x7F for letter in url) or "\\" in url:
        raise NetworkRefused("the URL has spaces, backslashes or control characters in it")
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018  raises where it is no number
    except ValueError:
        raise NetworkRefused(f"{url[:120]!r} is no URL") from None
    if parts.scheme not in ("http", "https"):
        raise NetworkRefused(f"{parts.scheme or 'a URL without scheme'}: only http and https are fetched")
    if "@" in parts.netloc:
        raise NetworkRefused("the URL carries a user name or password", advice="give an address without credentials")
    if not parts.hostname:
        raise NetworkRefused(f"{url[:120]!r} names no host")
    _ascii_host(parts)
    return parts


def _asked(parts: SplitResult, guard: Guard, deadline: _Deadline) -> _Connection:
    """Resolve once, check every address, and be ready to connect to them alone."""
    host, port = _ascii_host(parts), _port(parts)
    addresses = _resolved(host, port, deadline)
    for address in addresses:
        if refusal := guard.refusal(address, port):
            raise NetworkRefused(f"{host} is not asked: {refusal}")
    return _Connection(parts, addresses, deadline)


def _resolved(host: str, port: int, deadline: _Deadline) -> list[Address]:
    """Resolve in a thread of its own, since the system's resolver knows no deadline."""
    answers: list[list[Address] | Exception] = []

    def ask() -> None:
        try:
            answers.append(resolve(host, port))
        except (OSError, ValueError) as error:
            answers.append(error)

    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    thread.join(deadline.left())
    if not answers:
        raise deadline.error()
    if isinstance(answers[0], Exception) or not answers[0]:
        raise FetchFailed(f"{host}: no such host", advice="check the host's name")
    return answers[0]


def _answer(connection: _Connection, parts: SplitResult, deadline: _Deadline) -> http.client.HTTPResponse:
    """Ask, and take the head of the answer."""
    target = quote(parts.path or "/", safe=IN_PATH)
    if parts.query:
        target += "?" + quote(parts.query, safe=IN_PATH + "?")
    try:
        connection.putrequest("GET", target, skip_accept_encoding=True)
        connection.putheader("User-Agent", f"countermark/{__version__}")
        connection.putheader("Accept", "video/*, */*;q=0.5")
        connection.putheader("Accept-Encoding", "identity")
        connection.putheader("Connection", "close")
        connection.endheaders()
        answer = connection.getresponse()
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise _trouble(error, parts, deadline) from None
    if answer.status not in REDIRECTS and answer.status != 200:
        known = answer.status in HTTPStatus.__members__.values()
        phrase = f" {HTTPStatus(answer.status).phrase}" if known else ""
        raise FetchFailed(f"{parts.hostname} answered {answer.status}{phrase}")
    return answer


def _next(url: str, answer: http.client.HTTPResponse, visited: list[str]) -> str:
    """Where a redirect leads; it is checked like the first URL when it is asked."""
    if len(visited) > MAX_REDIRECTS:
        raise FetchFailed(f"more than {MAX_REDIRECTS} redirects")
    location = answer.headers.get("Location")
    if not location:
        raise FetchFailed("a redirect leads nowhere")
    try:
        target = urljoin(url, location.encode("latin-1", "replace").decode("utf-8", "replace"))
    except ValueError:
        raise NetworkRefused("a redirect leads to what is no URL") from None
    if url.startswith("https:") and target.lower().startswith("http:"):
        raise NetworkRefused("a redirect leads from https to http", advice="give the final address yourself")
    return target


def _saved(
    answer: http.client.HTTPResponse, parts: SplitResult, folder: Path, limits: Limits, deadline: _Deadline
) -> tuple[Path, int]:
    """Write the body under a name of ours; what is half written goes away again."""
    if (coding := answer.headers.get("Content-Encoding", "identity").strip().lower()) not in ("identity", ""):
        raise FetchFailed(f"{parts.hostname} sent the file packed ({coding[:20]!r}), though asked not to")
    promised = answer.length
    if promised is not None and promised > limits.fetch_bytes:
        raise _too_large(limits)
    target = folder / (secrets.token_hex(16) + _suffix(parts, answer))
    with staged(target) as name, translated(target):
        part = name(target.suffix)
        count = _copied(answer, part, parts, limits, deadline)
        if promised is not None and count != promised:
            raise FetchFailed(f"{parts.hostname} broke off after {count:,} of {promised:,} bytes", advice="try again")
        release(part, target, force=False)
    return target, count


def _copied(
    answer: http.client.HTTPResponse, part: Path, parts: SplitResult, limits: Limits, deadline: _Deadline
) -> int:
    count = 0
    with part.open("xb") as file:
        part.chmod(0o600)
        while chunk := _chunk(answer, parts, deadline):
            count += len(chunk)
            if count > limits.fetch_bytes:
                raise _too_large(limits)
            file.write(chunk)
    return count


def _chunk(answer: http.client.HTTPResponse, parts: SplitResult, deadline: _Deadline) -> bytes:
    try:
        chunk = answer.read1(CHUNK)
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise _trouble(error, parts, deadline) from None
    deadline.left()  # a connection that was cut looks like an end
    return chunk


def _trouble(error: Exception, parts: SplitResult, deadline: _Deadline) -> CountermarkError:
    """Say in our words what the network did."""
    host = parts.hostname
    if deadline.expired or deadline.end <= time.monotonic():
        return deadline.error()
    if isinstance(error, ssl.SSLCertVerificationError):
        return FetchFailed(f"{host}: its certificate does not hold: {error.verify_message}")
    if isinstance(error, ssl.SSLError):
        return FetchFailed(f"{host}: no secure connection: {error.reason or error}")
    if isinstance(error, http.client.IncompleteRead):
        return FetchFailed(f"{host} broke off", advice="try again")
    if isinstance(error, OSError):
        return FetchFailed(f"{host}: {error.strerror or error}")
    return FetchFailed(f"{host} answered what is not HTTP ({type(error).__name__})")


def _too_large(limits: Limits) -> OverLimit:
    return OverLimit(
        f"what the URL names has more than {limits.fetch_bytes:,} bytes",
        advice="raise limits.fetch_bytes, or fetch it by other means",
    )


def _suffix(parts: SplitResult, answer: http.client.HTTPResponse) -> str:
    """A short plain suffix from the URL or else the content type; the rest of the name is ours."""
    if found := re.search(r"\.([A-Za-z0-9]{1,8})$", parts.path):
        return f".{found[1].lower()}"
    return SUFFIXES.get((_content_type(answer) or "").partition(";")[0].strip(), "")


def _content_type(answer: http.client.HTTPResponse) -> str | None:
    given = answer.headers.get("Content-Type")
    return given[:200].lower() if given else None


def _port(parts: SplitResult) -> int:
    return parts.port if parts.port is not None else (443 if parts.scheme == "https" else 80)


def _ascii_host(parts: SplitResult) -> str:
    """The host's name as it travels: international names in their ASCII form."""
    host = parts.hostname or ""
    try:
        plain = host.encode("ascii").decode() if host.isascii() else host.encode("idna").decode()
    except UnicodeError:
        raise NetworkRefused(f"{host[:80]!r} is no name of a host") from None
    if not re.fullmatch(r"[a-z0-9._-]{1,253}|[0-9a-f]*:[0-9a-f:.]*(%[a-z0-9._-]+)?", plain):
        raise NetworkRefused(f"{host[:80]!r} is no name of a host")
    return plain
