"""What a client may send, and how slowly: sizes, times, heads, and what two readers could understand differently."""

from __future__ import annotations

import json
import re
import socket
from pathlib import Path

import pytest

from countermark.api import middleware
from countermark.api import server as serving
from countermark.tests.security.running import Running, everything

TOO_MUCH = 3 << 30
HEAD = "Host: 127.0.0.1\r\n"


pytestmark = pytest.mark.usefixtures("slow")  # they go on beside these tests; test_slow.py says what became of them


def status(said: bytes) -> int:
    found = re.match(rb"HTTP/1\.1 (\d{3})", said)
    assert found, said[:300]
    return int(found[1])


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/v1/checks", "video/mp4"),
        ("/v1/checks", "multipart/form-data; boundary=x"),
        ("/check", "multipart/form-data; boundary=x"),
        ("/v1/stamps", "video/mp4"),
        ("/v1/checks", "application/json"),
        ("/v1/matches/byContent", "video/mp4"),
        ("/sign-in", "application/x-www-form-urlencoded"),
        ("/look", "application/x-www-form-urlencoded"),
        ("/nothing-here", "text/plain"),
    ],
)
def test_too_much_is_refused_before_a_byte_of_it_was_sent(server: Running, path: str, kind: str) -> None:
    with server.connection() as one:
        head = f"POST {path} HTTP/1.1\r\n{HEAD}Content-Type: {kind}\r\nContent-Length: {TOO_MUCH}\r\n\r\n"
        one.sendall(head.encode())
        said = b""
        while b'"advice"' not in said:
            piece = one.recv(65536)
            assert piece, said
            said += piece
    assert status(said) == 413 and b"application/problem+json" in said


def test_who_promises_nothing_and_sends_too_much_is_cut(server: Running) -> None:
    """Chunks without an end, to a route that takes a short text."""
    with server.connection() as one:
        head = (
            f"POST /v1/uploads HTTP/1.1\r\n{HEAD}Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
        )
        one.sendall(head.encode())
        sent = 0
        try:
            while sent < 64 << 20:
                one.sendall(b"10000\r\n" + b" " * 65536 + b"\r\n")
                sent += 65536
        except OSError:
            pass
        assert sent < 16 << 20, "nobody takes in 64 MB of a text that may have one"


def test_slow_bodies_are_cut(server: Running) -> None:
    """The patience for text is half a minute in all, which no test shall take; tests/api show that it ends."""
    assert middleware.TEXT_S <= 30 and middleware.IDLE_S <= 60 and serving.IDLE_S <= 15
    with server.connection() as one:
        one.sendall(f"POST /look HTTP/1.1\r\n{HEAD}Content-Length: 100\r\n\r\nhalf".encode())
        assert server.lives()


@pytest.mark.parametrize("long", ["address", "header", "headers"])
def test_heads_have_a_size(server: Running, long: str) -> None:
    letters = 200_000
    head = {
        "address": f"GET /{'a' * letters} HTTP/1.1\r\n{HEAD}\r\n",
        "header": f"GET / HTTP/1.1\r\n{HEAD}X-A: {'a' * letters}\r\n\r\n",
        "headers": f"GET / HTTP/1.1\r\n{HEAD}" + "".join(f"X-{n}: {n}\r\n" for n in range(20000)) + "\r\n",
    }[long]
    said = server.raw(head.encode())
    assert not said or status(said) in (400, 414, 431), said[:200]
    assert server.lives()


@pytest.mark.parametrize(
    "head",
    [
        "Content-Length: 4\r\nContent-Length: 5\r\n",
        "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: chunked, chunked\r\n",
        "Transfer-Encoding: xchunked\r\n",
        "Content-Length: +4\r\n",
        "Content-Length: 0x4\r\n",
        "Content-Length: -1\r\n",
        f"Content-Length: {'9' * 40}\r\n",
    ],
)
def test_no_second_request_hides_in_a_first(server: Running, head: str) -> None:
    """Where two readers could see different ends of a body, there is one answer, and the line is closed."""
    hidden = "0\r\n\r\nGET /healthz?hidden HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
    said = server.raw(f"POST /look HTTP/1.1\r\n{HEAD}{head}\r\n{hidden}".encode(), seconds=1.5)
    assert said.count(b"HTTP/1.1 ") == 1 and status(said) in (400, 501), said[:400]
    assert b"connection: close" in said.lower() and b'{"status":"good"}' not in said, said[:400]


@pytest.mark.parametrize(
    "line", ["GET /x\r HTTP/1.1", "GET  / HTTP/1.1", "\0\0\0\0", "GET http://[::1 HTTP/1.1", "\x16\x03\x01\x02\0"]
)
def test_nonsense_is_answered_or_cut(server: Running, line: str) -> None:
    said = server.raw(f"{line}\r\n{HEAD}\r\n".encode("latin-1"), seconds=1.5)
    assert not said or 400 <= status(said) < 500, said[:200]
    assert server.lives()


INJECTED = "%0d%0aX-Injected:%20yes%0d%0a%0d%0a<script>"


@pytest.mark.parametrize(
    "path",
    [
        f"/sign-in?next=/{INJECTED}",
        f"/c/{INJECTED}",
        f"/r/{INJECTED}",
        f"/v1/checks/{INJECTED}",
        f"/v1/problems/{INJECTED}",
        f"/v1/manifests/{INJECTED}",
        f"/checks?cursor={INJECTED}",
        f"/{INJECTED}",
    ],
)
def test_no_address_writes_a_header(server: Running, path: str) -> None:
    for method in ("GET", "POST", "DELETE"):
        said = server.raw(f"{method} {path} HTTP/1.1\r\n{HEAD}Connection: close\r\n\r\n".encode())
        head, _, body = said.partition(b"\r\n\r\n")
        assert b"\r\nx-injected" not in head.lower(), said[:400]
        assert b"<script>" not in body or b"json\r\n" in head, "where a browser would read it as a page"
        assert status(said) < 500


@pytest.mark.parametrize("field", ["X-Request-Id", "Idempotency-Key", "Tus-Resumable", "Upload-Metadata", "Origin"])
def test_no_header_is_given_back_as_it_came(server: Running, field: str) -> None:
    evil = "x\tSet-Cookie: a=b <script>"
    with server.client() as asking:
        answer = asking.post("/v1/uploads", json={"bytes": 1, "name": "a"}, headers={field: evil})
    assert evil not in str(answer.headers) and answer.status_code < 500


def test_a_form_says_back_only_where_it_came_from_here(server: Running) -> None:
    with server.client() as asking:
        for back in (
            "//evil.example",
            "https://evil.example/",
            "/\\evil.example",
            "/\r\nX-Injected: 1",
            "\\\\evil.example",
        ):
            answer = asking.post("/look", data={"theme": "dark", "back": back})
            assert answer.status_code == 303 and answer.headers["location"] == "/", (back, answer.headers)
            assert "x-injected" not in answer.headers


def test_a_cut_upload_goes_on_where_it_was_cut(server: Running, film: Path) -> None:
    content = film.read_bytes()
    half = len(content) // 2
    with server.client() as asking:
        begun = asking.post("/v1/uploads", json={"name": "clip.mp4", "bytes": len(content)})
        where = begun.headers["location"]
        head = f"PATCH {where} HTTP/1.1\r\n{HEAD}Tus-Resumable: 1.0.0\r\nUpload-Offset: 0\r\n"
        head += f"Content-Type: application/offset+octet-stream\r\nContent-Length: {len(content)}\r\n\r\n"
        with server.connection() as one:
            one.sendall(head.encode() + content[:half])
            one.shutdown(socket.SHUT_WR)
            everything(one)
        stands = int(asking.head(where).headers["upload-offset"])
        assert stands <= half, "it says no more than what came; that what came is kept, tests/api/v1 show"
        rest = {"Upload-Offset": str(stands), "Content-Type": "application/offset+octet-stream"}
        done = asking.patch(where, content=content[stands:], headers=rest)
        if done.status_code == 409:  # the cut was noted in between
            stands = int(done.headers["upload-offset"])
            done = asking.patch(where, content=content[stands:], headers={**rest, "Upload-Offset": str(stands)})
        assert done.status_code == 204 and int(done.headers["upload-offset"]) == len(content)
        check = asking.post("/v1/checks", json={"upload_id": begun.json()["id"]})
        assert check.status_code == 202, check.text
    assert server.over(check.json()["id"])["status"] == "succeeded"


@pytest.mark.parametrize(
    "content",
    [
        b"[" * 200_00,
        b'{"url": ' + b'"' + b"a" * 70_000 + b'"}',
        b'{"metadata": ' + b'{"a":' * 5000 + b"1" + b"}" * 5000 + b"}",
        b'{"url": NaN}',
        b"\xff\xfe\x00",
        b'{"retention": {"media_s": 1e999}}',
        json.dumps({"url": "http://x/", "callback_url": 7}).encode(),
        b'{"url":"http://1.1.1.1/\\ud800"}',
        b'{"url":"http://1.1.1.1/\\u0000"}',
        b'{"url":"http://1.1.1.1/","metadata":{"\\ud800":"\\udfff"}}',
        b'{"url":"http://1.1.1.1/","external_id":"\\u0000"}',
    ],
)
def test_json_of_any_shape_is_an_answer(server: Running, content: bytes) -> None:
    with server.client(headers=server.key()) as asking:
        answer = asking.post("/v1/checks", content=content, headers={"Content-Type": "application/json"})
        assert 200 <= answer.status_code < 500, answer.text
        if answer.status_code >= 400:
            assert answer.headers["content-type"] == "application/problem+json" and answer.json()["advice"]
