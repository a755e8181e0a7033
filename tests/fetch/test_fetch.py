"""The door to the network, against real servers on this machine; only name resolution is ever replaced."""

import ipaddress
import os
import socket
import ssl
import subprocess
import time
from collections.abc import Callable, Iterator
from http.server import ThreadingHTTPServer
from pathlib import Path

import pytest

from countermark.errors import CountermarkError, DiskFull, FetchFailed, NetworkRefused, OutputFolderMissing, OverLimit
from countermark.fetch import PublicOnly, UnsafeAllowPrivate, connection, fetch, stands_for
from countermark.fetch import guard as door
from countermark.settings import Limits
from countermark.tests.fetch.web import FILM, serving, url
from tests.certificates import self_signed

SMALL = Limits(fetch_bytes=1 << 20, fetch_s=10.0)
OPEN = UnsafeAllowPrivate()


def refused(kind: type[CountermarkError], given: str, folder: Path, **more: object) -> CountermarkError:
    """It fails so, in one line, and leaves nothing."""
    with pytest.raises(kind) as error:
        fetch(given, folder, more.pop("limits", SMALL), **more)
    assert error.type is kind and "\n" not in str(error.value)
    assert list(folder.iterdir()) == []
    return error.value


def resolving(monkeypatch: pytest.MonkeyPatch, answer: Callable[[str], list[str]]) -> list[str]:
    asked: list[str] = []

    def resolve(host: str, port: int) -> list[door.Address]:
        asked.append(host)
        return [ipaddress.ip_address(one) for one in answer(host)]

    monkeypatch.setattr(door, "resolve", resolve)
    return asked


class Pretend:
    """Takes some addresses of this machine for public ones."""

    def __init__(self, *public: str) -> None:
        self.public = public

    def refusal(self, address: door.Address, port: int) -> str | None:
        return None if str(address) in self.public else f"{address} is no public address"


# What works ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["film.mp4", "chunked.mp4"])
def test_brings_a_file_whole(server: ThreadingHTTPServer, tmp_path: Path, path: str) -> None:
    got = fetch(url(server, path), tmp_path, SMALL, guard=OPEN)
    assert got.path.read_bytes() == FILM and got.bytes == len(FILM)
    assert list(tmp_path.iterdir()) == [got.path] and got.path.suffix == ".mp4" and "film" not in got.path.name
    assert got.path.stat().st_mode & 0o077 == 0
    assert got.redirects == () and got.final_url == url(server, path)


def test_asks_plainly_and_for_identity(server: ThreadingHTTPServer, tmp_path: Path) -> None:
    fetch(url(server, "film/a b.mp4?x=1&y=ä".replace(" ", "%20")), tmp_path, SMALL, guard=OPEN)
    path, headers = server.seen[-1]
    assert path == "/film/a%20b.mp4?x=1&y=%C3%A4"
    assert headers["Accept-Encoding"] == "identity" and headers["Host"] == f"127.0.0.1:{server.server_address[1]}"
    assert not {"Cookie", "Authorization", "Referer"} & set(headers)


def test_follows_five_redirects_and_no_sixth(server: ThreadingHTTPServer, tmp_path: Path) -> None:
    assert "redirects" in str(refused(FetchFailed, url(server, "loop"), tmp_path, guard=OPEN))
    hops = sum(path == "/loop" for path, _ in server.seen)
    assert hops == 6
    got = fetch(url(server, "to?/to?/to?/to?/to?/film.mp4"), tmp_path, SMALL, guard=OPEN)
    assert len(got.redirects) == 5 and got.final_url == url(server, "film.mp4")


@pytest.mark.parametrize(
    ("path", "suffix"),
    [
        ("film/..%2f..%2fetc%2fpasswd", ".mp4"),
        ("film/x.MoV", ".mov"),
        ("film/x.toolongsuffix", ".mp4"),
        ("chunked", ""),
    ],
)
def test_names_are_ours(server: ThreadingHTTPServer, tmp_path: Path, path: str, suffix: str) -> None:
    got = fetch(url(server, path), tmp_path, SMALL, guard=OPEN)
    assert got.path.parent == tmp_path and got.path.suffix == suffix
    assert len(got.path.stem) == 32 and set(got.path.stem) <= set("0123456789abcdef")


# What is refused -----------------------------------------------------------------------------------------------------


def test_private_addresses_are_refused_by_default(server: ThreadingHTTPServer, tmp_path: Path) -> None:
    before = len(server.seen)
    port = server.server_address[1]
    for host in ("127.0.0.1", "localhost", "127.1", "2130706433", "0x7f000001", "0", "[::ffff:127.0.0.1]", "[::1]"):
        with pytest.raises((NetworkRefused, FetchFailed)):  # some systems do not read the odd spellings
            fetch(f"http://{host}:{port}/film.mp4", tmp_path, SMALL)
    assert "127.0.0.1 is no public address" in str(refused(NetworkRefused, url(server, "film.mp4"), tmp_path))
    assert len(server.seen) == before


PRIVATE = """0.0.0.0 0.1.2.3 10.0.0.1 100.64.0.1 127.0.0.1 127.8.8.8 169.254.169.254 172.16.3.4 192.168.1.1 192.0.0.192
192.88.99.1 198.18.0.1 203.0.113.5 224.0.0.1 239.1.1.1 240.0.0.1 255.255.255.255 168.63.129.16 100.100.100.200 :: ::1
::ffff:10.0.0.1 ::ffff:169.254.169.254 ::7f00:1 2002:7f00:1:: 2002:a9fe:a9fe:: 64:ff9b::a9fe:a9fe 64:ff9b:1::1 fe80::1
fe80::1%eth0 fc00::1 fd00:ec2::254 fec0::1 ff02::1 2001:db8::1 2001:0:7f00:1::1 2001:4860:4860::5efe:7f00:1 3fff::1
5f00::1 100::1""".split()


@pytest.mark.parametrize("address", PRIVATE)
def test_addresses_inside_are_no_public_ones(address: str) -> None:
    assert PublicOnly().refusal(ipaddress.ip_address(address), 443)


@pytest.mark.parametrize("address", ["1.1.1.1", "93.184.215.14", "2606:4700:4700::1111", "64:ff9b::101:101"])
def test_addresses_outside_are(address: str) -> None:
    assert PublicOnly().refusal(ipaddress.ip_address(address), 443) is None


def test_ports_of_other_services_are_refused() -> None:
    public = ipaddress.ip_address("1.1.1.1")
    assert [port for port in (22, 25, 80, 443, 445, 8080, 8443) if PublicOnly().refusal(public, port)] == [22, 25, 445]


def test_the_address_inside_an_address() -> None:
    assert stands_for(ipaddress.ip_address("::ffff:10.0.0.1")) == (ipaddress.ip_address("10.0.0.1"),)


@pytest.mark.parametrize(
    "given",
    [
        "ftp://example.org/a", "file:///etc/passwd", "gopher://example.org/", "data:,x", "//example.org/a", "a.mp4", "http://",
        "http:///a", "http://user@example.org/", "https://user:secret@example.org/", "http://example.org:99999/",
        "http://example.org:x/", "http://[::1/", "http://exa mple.org/", "http://example.org/a\r\nHost: b", "http://a\\@b/",
        "http://example.org/\x00", "http://" + "a" * 9000, "http://..%2f/", "http://ex_am!ple/", "http://\u2100.example/",
    ],
)  # fmt: skip
def test_what_is_no_plain_web_address(given: str, tmp_path: Path) -> None:
    error = refused(NetworkRefused, given, tmp_path, guard=OPEN)
    assert "secret" not in str(error)


def test_a_redirect_inside_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first host is public (as far as the guard knows); where it sends us is not."""
    with serving("127.0.0.2") as public, serving("127.0.0.1") as inside:
        target = url(inside, "film.mp4")
        given = f"http://127.0.0.2:{public.server_address[1]}/to?{target}"
        assert "127.0.0.1" in str(refused(NetworkRefused, given, tmp_path, guard=Pretend("127.0.0.2")))
        assert public.seen and not inside.seen
        for other in ("file:///etc/passwd", "http://me:pw@127.0.0.2/"):
            refused(NetworkRefused, given.partition("?")[0] + "?" + other, tmp_path, guard=Pretend("127.0.0.2"))


def test_a_name_that_changes_its_mind_is_asked_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """DNS rebinding: public when checked, inside a moment later. The checked address is the one connected to."""
    with serving("127.0.0.2") as public, serving("127.0.0.1", public.server_address[1]) as inside:
        answers = iter([["127.0.0.2"], ["127.0.0.1"], ["127.0.0.1"]])
        asked = resolving(monkeypatch, lambda host: next(answers))
        given = f"http://films.example:{public.server_address[1]}"
        got = fetch(f"{given}/film.mp4", tmp_path, SMALL, guard=Pretend("127.0.0.2"))
        assert got.bytes == len(FILM) and asked == ["films.example"]
        assert not inside.seen
        host = public.seen[-1][1]["Host"]
        assert host == f"films.example:{public.server_address[1]}"
        got.path.unlink()
        refused(NetworkRefused, f"{given}/film.mp4", tmp_path, guard=Pretend("127.0.0.2"))


def test_rebinding_between_two_hops_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with serving("127.0.0.2") as public, serving("127.0.0.1", public.server_address[1]) as inside:
        answers = iter([["127.0.0.2"], ["127.0.0.1"]])
        asked = resolving(monkeypatch, lambda host: next(answers))
        given = f"http://films.example:{public.server_address[1]}/to?/film.mp4"
        refused(NetworkRefused, given, tmp_path, guard=Pretend("127.0.0.2"))
        assert len(asked) == 2 and not inside.seen


def test_one_address_inside_among_many_is_enough(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    resolving(monkeypatch, lambda host: ["1.1.1.1", "10.0.0.1"])
    assert "10.0.0.1" in str(refused(NetworkRefused, "https://films.example/a.mp4", tmp_path))


def test_international_names_travel_in_ascii(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = resolving(monkeypatch, lambda host: ["10.0.0.1"])
    refused(NetworkRefused, "https://bücher.example/a.mp4", tmp_path)
    assert asked == ["xn--bcher-kva.example"]


def test_proxies_of_the_environment_are_not_asked(
    server: ThreadingHTTPServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving() as proxy:
        for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "ALL_PROXY"):
            monkeypatch.setenv(name, url(proxy, ""))
        monkeypatch.delenv("no_proxy", raising=False)
        fetch(url(server, "film.mp4"), tmp_path, SMALL, guard=OPEN)
        assert not proxy.seen


# What goes wrong -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("path", "before"), [("liar", 1.0), ("endless", 5.0)])
def test_too_large_by_its_word_or_by_its_bytes(
    server: ThreadingHTTPServer, tmp_path: Path, path: str, before: float
) -> None:
    start = time.monotonic()
    error = refused(OverLimit, url(server, path), tmp_path, guard=OPEN)
    assert "1,048,576 bytes" in str(error) and "fetch_bytes" in error.advice
    assert time.monotonic() - start < before


def test_the_limit_is_exact(server: ThreadingHTTPServer, tmp_path: Path) -> None:
    exact, less = (Limits(fetch_bytes=most, fetch_s=10) for most in (len(FILM), len(FILM) - 1))
    for path in ("film.mp4", "chunked.mp4"):
        fetched = fetch(url(server, path), tmp_path, exact, guard=OPEN)
        assert fetched.path.read_bytes() == FILM
        fetched.path.unlink()
        error = refused(OverLimit, url(server, path), tmp_path, guard=OPEN, limits=less)
        assert f"{len(FILM) - 1:,} bytes" in str(error)


@pytest.mark.parametrize("path", ["drip", "driphead", "silence"])
def test_slow_servers_are_cut_off_in_time(server: ThreadingHTTPServer, tmp_path: Path, path: str) -> None:
    start = time.monotonic()
    error = refused(OverLimit, url(server, path), tmp_path, guard=OPEN, limits=Limits(fetch_s=0.6))
    assert "longer than 0.6 s" in str(error) and "fetch_s" in error.advice
    assert 0.5 < time.monotonic() - start < 2.5


@pytest.mark.parametrize("path", ["drip", "driphead", "silence"])
def test_a_sender_has_a_least_speed(
    server: ThreadingHTTPServer, tmp_path: Path, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "PATIENCE_S", 0.5)
    start = time.monotonic()
    error = refused(OverLimit, url(server, path), tmp_path, guard=OPEN, limits=Limits(fetch_s=60))
    assert "fewer than 30,720 bytes came in 0.5 s" in str(error)
    assert time.monotonic() - start < 2.5


def test_a_resolver_that_hangs_is_left_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door, "resolve", lambda host, port: time.sleep(4) or [])
    start = time.monotonic()
    refused(OverLimit, "http://films.example/", tmp_path, limits=Limits(fetch_s=0.4))
    assert time.monotonic() - start < 2


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("missing", "404 Not Found"),
        ("short", "broke off after 5,000"),
        ("packed", "packed"),
        ("nonsense", "not HTTP"),
        ("nowhere", "leads nowhere"),
    ],
)
def test_what_servers_do_wrong(server: ThreadingHTTPServer, tmp_path: Path, path: str, words: str) -> None:
    assert words in str(refused(FetchFailed, url(server, path), tmp_path, guard=OPEN))


def test_no_such_host_and_no_such_port(tmp_path: Path) -> None:
    assert "no such host" in str(refused(FetchFailed, "http://films.invalid/a.mp4", tmp_path))
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        given = f"http://127.0.0.1:{unused.getsockname()[1]}/"
        assert "refused" in str(refused(FetchFailed, given, tmp_path, guard=OPEN)).lower()


def test_the_next_one_is_tried(server: ThreadingHTTPServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    resolving(monkeypatch, lambda host: ["127.0.0.3", "127.0.0.1"])
    assert fetch(f"http://films.example:{server.server_address[1]}/film.mp4", tmp_path, SMALL, guard=OPEN).bytes


def test_the_folder_must_be_there(server: ThreadingHTTPServer, tmp_path: Path) -> None:
    with pytest.raises(OutputFolderMissing):
        fetch(url(server, "film.mp4"), tmp_path / "none", SMALL, guard=OPEN)


def test_a_full_disk_is_said_and_cleaned(server: ThreadingHTTPServer, tmp_path: Path) -> None:
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16k", "tmpfs", str(tmp_path)], capture_output=True)
    if mounted.returncode:
        pytest.skip("a small disk cannot be mounted here")
    try:
        assert refused(DiskFull, url(server, "film.mp4"), tmp_path, guard=OPEN).advice
    finally:
        subprocess.run(["umount", str(tmp_path)], check=True)


# TLS -----------------------------------------------------------------------------------------------------------------


@pytest.fixture
def secure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ThreadingHTTPServer]:
    folder = tmp_path / "tls"
    folder.mkdir()
    certificate, private = self_signed(folder, "films.example")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, private)
    names: list[str | None] = []
    context.sni_callback = lambda sock, name, ctx: names.append(name)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    resolving(monkeypatch, lambda host: ["127.0.0.1"])
    with serving(context=context) as running:
        running.names = names
        yield running


def test_tls_uses_the_name_not_the_address(secure: ThreadingHTTPServer, tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    port = secure.server_address[1]
    got = fetch(f"https://films.example:{port}/film.mp4", folder, SMALL, guard=OPEN)
    assert got.path.read_bytes() == FILM
    assert secure.names == ["films.example"]
    got.path.unlink()
    assert "certificate" in str(refused(FetchFailed, f"https://other.example:{port}/film.mp4", folder, guard=OPEN))
    down = f"https://films.example:{port}/to?http://films.example/film.mp4"
    assert "https to http" in str(refused(NetworkRefused, down, folder, guard=OPEN))


def test_unknown_certificates_do_not_hold(
    secure: ThreadingHTTPServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", os.devnull)
    folder = tmp_path / "in"
    folder.mkdir()
    given = f"https://films.example:{secure.server_address[1]}/film.mp4"
    assert "certificate" in str(refused(FetchFailed, given, folder, guard=OPEN))


def test_a_silent_handshake_is_cut_off(tmp_path: Path) -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        start = time.monotonic()
        given = f"https://127.0.0.1:{listener.getsockname()[1]}/"
        refused(OverLimit, given, tmp_path, guard=OPEN, limits=Limits(fetch_s=0.5))
        assert time.monotonic() - start < 2.5
