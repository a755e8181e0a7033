"""The proxy that is somebody's only way out: who may use it, whom it asks, and when it stops."""

from __future__ import annotations

import base64
import http.client
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from countermark.errors import NetworkRefused, OverLimit
from countermark.fetch import Guard, PublicOnly
from countermark.posts.proxy import Proxy
from countermark.tests.posts.sites import OnlyHere, Site, site

FILM = bytes(range(256)) * 100


@pytest.fixture
def here() -> Iterator[Site]:
    with site() as running:
        running.films["v.mp4"] = FILM
        yield running


@contextmanager
def proxy(guard: Guard, most: int = 1 << 20, seconds: float = 20.0) -> Iterator[Proxy]:
    with Proxy(socket.create_server(("127.0.0.1", 0)), guard, most, seconds) as running:
        yield running


def asked(through: Proxy, target: str, word: str | None = None, **headers: str) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", through.port, timeout=10)
    given = base64.b64encode(f"countermark:{word or through.word}".encode()).decode()
    connection.request("GET", target, headers={"Proxy-Authorization": f"Basic {given}", **headers})
    answer = connection.getresponse()
    return answer.status, answer.read()


def tunnelled(through: Proxy, host: str, port: int, word: str | None = None) -> socket.socket:
    made = socket.create_connection(("127.0.0.1", through.port), timeout=10)
    given = base64.b64encode(f"countermark:{word or through.word}".encode()).decode()
    made.sendall(f"CONNECT {host}:{port} HTTP/1.1\r\nProxy-Authorization: Basic {given}\r\n\r\n".encode())
    return made


def test_plain_http_passes_and_the_word_stays_here(here: Site) -> None:
    with proxy(OnlyHere(here.port)) as running:
        assert asked(running, here.url("v.mp4?a=b")) == (200, FILM)
    _, _, headers = here.seen[-1]
    assert "Proxy-Authorization" not in headers and headers["Connection"] == "close"


def test_a_tunnel_passes_bytes_as_they_are(here: Site) -> None:
    with proxy(OnlyHere(here.port)) as running, tunnelled(running, "127.0.0.1", here.port) as made:
        assert made.recv(100).startswith(b"HTTP/1.1 200")
        made.sendall(b"GET /v.mp4 HTTP/1.0\r\n\r\n")
        got = b""
        while piece := made.recv(1 << 16):
            got += piece
        assert got.endswith(FILM)


def test_without_the_word_nobody_is_let_out(here: Site) -> None:
    with proxy(OnlyHere(here.port)) as running:
        assert asked(running, here.url("v.mp4"), word="guess")[0] == 407
        with tunnelled(running, "127.0.0.1", here.port, word="x") as made:
            assert b" 407 " in made.recv(100)
        bare = socket.create_connection(("127.0.0.1", running.port), timeout=5)
        bare.sendall(b"GET " + here.url("v.mp4").encode() + b" HTTP/1.1\r\n\r\n")
        assert b" 407 " in bare.recv(100)
        bare.close()
    assert not here.seen


@pytest.mark.parametrize(
    ("host", "port"),
    [
        ("127.0.0.1", 1), ("localhost", 80), ("169.254.169.254", 80), ("10.0.0.1", 443), ("[::1]", 443),
        ("[::ffff:127.0.0.1]", 80), ("1.1.1.1", 22), ("0x7f.1", 80), ("2130706433", 80), ("user@127.0.0.1", 80),
    ],
)  # fmt: skip
def test_only_public_addresses_are_asked_by_name_or_number(host: str, port: int) -> None:
    with proxy(PublicOnly()) as running:
        with tunnelled(running, host, port) as made:
            assert b" 403 " in made.recv(100)
        assert running.trouble is not None
        assert asked(running, f"http://{host}:{port}/")[0] == 403


def test_a_name_is_resolved_once_and_what_it_says_later_does_not_count(
    here: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ipaddress import ip_address

    from countermark.fetch import connection

    answers = [[ip_address("127.0.0.1")], [ip_address("127.0.0.2")]]
    monkeypatch.setattr(connection.guards, "resolve", lambda host, port: answers.pop(0))
    guard = OnlyHere(here.port)
    with proxy(guard) as running:
        assert asked(running, f"http://rebinds.example:{here.port}/v.mp4")[0] == 200
        assert asked(running, f"http://rebinds.example:{here.port}/v.mp4")[0] == 403
    assert guard.asked == [("127.0.0.1", here.port), ("127.0.0.2", here.port)]
    assert isinstance(running.trouble, NetworkRefused)


def test_other_protocols_are_not_spoken(here: Site) -> None:
    with proxy(OnlyHere(here.port)) as running:
        for target in ("ftp://127.0.0.1/x", "file:///etc/passwd", "https://127.0.0.1/", "/etc/passwd"):
            assert asked(running, target)[0] == 403
        for nonsense in (b"SSH-2.0-x\r\n\r\n", b"GET\r\n\r\n", b"\0" * 99):
            with socket.create_connection(("127.0.0.1", running.port), timeout=5) as made:
                made.sendall(nonsense)
                made.shutdown(socket.SHUT_WR)
                assert made.recv(100) == b""
    assert not here.seen


def test_too_many_bytes_end_it_for_good(here: Site) -> None:
    here.endless.add("live")
    with proxy(OnlyHere(here.port), most=1 << 20) as running:
        try:
            asked(running, here.url("live"))
        except (OSError, http.client.HTTPException):
            pass
        assert running.over and isinstance(running.trouble, OverLimit)
        with pytest.raises(OSError):
            asked(running, here.url("v.mp4"))


def test_its_time_ends_however_slowly_bytes_come(here: Site) -> None:
    here.endless.add("live")
    begun = time.monotonic()
    with proxy(OnlyHere(here.port), most=1 << 40, seconds=0.5) as running:
        try:
            asked(running, here.url("live"))
        except (OSError, http.client.HTTPException):
            pass
        while not running.over and time.monotonic() < begun + 10:
            time.sleep(0.02)
        assert running.over and isinstance(running.trouble, OverLimit)
