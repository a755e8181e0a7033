"""What strangers send to the service, as far as parsers of our own read it: one target each.

Each gives an answer of a known shape for any bytes, or raises what its room says that it raises, and nothing else.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from starlette.requests import Request

Target = Callable[[bytes], None]
MOST = 4096  # bytes of the file in a form


def form(folder: Path) -> Target:
    """Forms with a file: the first byte says in which pieces they come."""
    from countermark.api.intake import FIELD_BYTES, FIELDS, _Form, _Sink
    from countermark.api.problems import Problem

    path = folder / "upload"

    def target(content: bytes) -> None:
        path.unlink(missing_ok=True)
        step = 1 + (content[0] if content else 0)
        with _Sink(path) as sink:
            made = _Form("multipart/form-data; boundary=b", sink, MOST)
            with suppress(Problem):
                for at in range(1, len(content), step):
                    made.feed(content[at : at + step])
            assert sink.count <= MOST and len(made.fields) <= FIELDS, made.fields
            assert made.name is None or _is_shown(made.name), made.name
            assert all(len(value.encode()) <= 3 * FIELD_BYTES for value in made.fields.values())
        assert not path.exists(), "what did not become whole is gone"

    return target


def tus(folder: Path) -> Target:
    """The headers of uploads that resume."""
    from countermark.api.problems import Problem
    from countermark.api.v1 import tus as headers

    def target(content: bytes) -> None:
        lines = content.split(b"\n", 2) + [b"", b""]
        names = (b"upload-metadata", b"upload-length", b"upload-checksum")
        request = _request(zip(names, lines, strict=False))
        with suppress(Problem):
            assert _is_shown(headers.file_name(request))
        with suppress(Problem):
            assert 0 <= headers.number(request, "upload-length") < 10**16
        with suppress(Problem):
            found = headers.checksum(request)
            assert found is None or found[1]

    return target


def bundle(folder: Path) -> Target:
    """Evidence bundles: none but one that was written here opens, and none that was not signed holds."""
    from countermark.bundle import zipped
    from countermark.bundle.checking import checked
    from countermark.errors import BundleInvalid
    from countermark.provenance.trust import TrustAnchors

    anchors, now = TrustAnchors(), datetime(2026, 1, 1, tzinfo=UTC)

    def target(content: bytes) -> None:
        with suppress(BundleInvalid):
            assert zipped.written(zipped.read(content)) == content
        # As files in a zip that holds, so that what reads them is reached.
        parts = content.split(b"\0\0", 3) + [b"", b"", b""]
        names = ("verdict.json", "manifest.json", "manifest.sig", "manifest.tsr")
        for files in ({}, dict(zip(names, parts, strict=False))):
            with suppress(BundleInvalid):
                found = checked(zipped.written(files) if files else content, anchors, now)
                assert not found.holds, "nobody is trusted here"

    return target


def signature(folder: Path) -> Target:
    """Signatures and timestamps of bundles, which are DER that strangers wrote."""
    from countermark.bundle import cms, timestamps

    def target(content: bytes) -> None:
        with suppress(ValueError):
            cms.opened(content)
        with suppress(ValueError):
            timestamps.read(content, b"signed")

    return target


def link(folder: Path) -> Target:
    """Links that hold for a time: none that was not made here does."""
    from countermark.api.links import Links

    links = Links(folder)
    links.made("/a", 0.0)  # makes the key

    def target(content: bytes) -> None:
        path, _, rest = content.partition(b"\n")
        until, _, given = rest.partition(b"\n")
        number = int.from_bytes(until[:6], "big")
        assert not links.holds(path.decode("utf-8", "replace"), number, given.decode("utf-8", "replace"), 0.0)

    return target


def cursor(folder: Path) -> Target:
    """Cursors of lists."""
    from countermark.docket.cursors import place
    from countermark.errors import CheckUnfit

    def target(content: bytes) -> None:
        with suppress(CheckUnfit):
            found = place(content.decode("utf-8", "replace"))
            assert found is not None and " " not in found[0] and all(map(str.isprintable, found))

    return target


def forwarded(folder: Path) -> Target:
    """X-Forwarded-For, as a proxy that is believed and one that is not pass it on."""
    from countermark.api.who import client_address
    from countermark.settings import Service, Settings

    near = Settings(home=folder, service=Service(proxies="10.0.0.0/8, fd00::/8"))
    far = Settings(home=folder, service=Service(proxies=""))

    def target(content: bytes) -> None:
        request = _request((b"x-forwarded-for", line) for line in content.split(b"\n"))
        assert client_address(request, far) == PEER, "nobody is believed"
        ipaddress.ip_address(client_address(request, near))

    return target


def url(folder: Path) -> Target:
    """URLs of media and callbacks."""
    from countermark.errors import NetworkRefused
    from countermark.fetch.connection import checked, origin

    def target(content: bytes) -> None:
        with suppress(NetworkRefused):
            parts = checked(content.decode("utf-8", "replace"))
            scheme, host, port = origin(parts)
            assert scheme in ("http", "https") and 0 <= port < 65536 and host.isascii()
            assert not re.search(r"[\s/\\@#?\x00-\x20\x7f]", host), host

    return target


def proxy(folder: Path) -> Target:
    """What a program in the limited child asks the proxy for."""
    from countermark.errors import NetworkRefused
    from countermark.posts.proxy import _asked_plainly, _head, _named

    class Asking:
        def __init__(self, content: bytes) -> None:
            self.recv = BytesIO(content).read

    def target(content: bytes) -> None:
        with suppress(NetworkRefused, ValueError):
            method, target, lines, _ = _head(Asking(content))  # type: ignore[arg-type]
            named = _named(method, target)
            assert named.scheme == "http" and named.hostname
            if method != b"CONNECT":
                sent = _asked_plainly(method, target, lines)
                assert not re.search(rb"(?im)^\s*proxy-authorization\s*:", sent), sent
                assert sent.count(b"\r\n\r\n") == 1, sent

    return target


def place(folder: Path) -> Target:
    """Where somebody wants to be led after signing in: always on this site."""
    from countermark.api.pages.shell import back_to

    def target(content: bytes) -> None:
        led = back_to(content.decode("utf-8", "replace"))
        assert re.match(r"/(?![/\\])", led) and led.isprintable(), led

    return target


PEER = "10.1.2.3"
TARGETS: dict[str, Callable[[Path], Target]] = {
    "form": form,
    "tus": tus,
    "bundle": bundle,
    "signature": signature,
    "link": link,
    "cursor": cursor,
    "forwarded": forwarded,
    "url": url,
    "proxy": proxy,
    "place": place,
}
SEEDS: dict[str, tuple[bytes, ...]] = {
    "form": (
        b'\x07--b\r\nContent-Disposition: form-data; name="file"; filename="a.mp4"\r\nContent-Type: video/mp4\r\n\r\n'
        b"abc\r\n--b\r\nContent-Disposition: form-data; name=lane\r\n\r\nbulk\r\n--b--\r\n",
    ),
    "tus": (b"filename YS5tcDQ=,type dmlkZW8=\n1000\nsha256 YWJj",),
    "bundle": (b'{"outcome":"x"}\0\0{"format":"f","files":[]}\0\0\x30\x80', b"PK\x03\x04\x14\0" + bytes(40)),
    "signature": (bytes.fromhex("3014060a2a864886f70d010702a00630040201013000"), b"\x30\x03\x02\x01\x00"),
    "link": (b"/v1/checks/chk_a/pictures/key-1.jpg\n\xff\xff\xff\xff\xff\xff\n" + b"0" * 64,),
    "cursor": (b"MjAyNi0wMS0wMVQwMDowMDowMCswMDowMCBjaGtfYQ",),
    "forwarded": (b"203.0.113.7, 10.0.0.1:80\n[2001:db8::1]:443, ::ffff:10.0.0.2", b"fe80::1%eth0, unknown"),
    "url": (b"https://example.org:8443/a.mp4?b=c#d", b"http://[::ffff:127.0.0.1]/", "http://bücher.example/".encode()),
    "proxy": (
        b"CONNECT example.org:443 HTTP/1.1\r\nProxy-Authorization: Basic Y291bnRlcm1hcms6YQ==\r\n\r\n",
        b"GET http://example.org/a HTTP/1.1\r\nHost: example.org\r\nTE: trailers\r\n\r\nrest",
    ),
    "place": (b"/c/chk_a?b=c#d", b"//evil.example", b"/\\evil.example"),
}


def _request(lines: Iterable[tuple[bytes, bytes]]) -> Request:
    from starlette.requests import Request

    scope: dict[str, Any] = {"type": "http", "headers": list(lines), "client": (PEER, 1), "method": "POST"}
    return Request(scope)


def _is_shown(name: str) -> bool:
    return 0 < len(name) <= 255 and name.isprintable() and not set(name) & {"/", "\\"}
