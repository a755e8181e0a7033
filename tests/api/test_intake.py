"""Files and forms as strangers send them, over real HTTP; and forms cut at every place."""

from __future__ import annotations

import hashlib
import itertools
import os
import select
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from countermark.api.intake import FIELD_BYTES, FIELDS, _Form, _Sink, plain_name
from countermark.api.problems import Problem
from countermark.tests.api.service import Said, Server, call
from countermark.tests.api.v1.uploading import serving

FILM = hashlib.sha256(b"a film").digest() * 10_000
MOST = 8 << 20
EDGE = "----an edge of a form"
FORM = f'multipart/form-data; boundary="{EDGE}"'


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def server(home: Path) -> Iterator[Server]:
    with serving(home, {"COUNTERMARK_SERVICE__UPLOAD_BYTES": str(MOST)}) as made:
        yield made


def part(name: str, data: bytes, filename: str | None = None) -> bytes:
    said = f'form-data; name="{name}"' + ("" if filename is None else f'; filename="{filename}"')
    return f"--{EDGE}\r\nContent-Disposition: {said}\r\n\r\n".encode() + data + b"\r\n"


def form(*parts: bytes) -> bytes:
    return b"".join(parts) + f"--{EDGE}--\r\n".encode()


def take(server: Server, body: object, kind: str = FORM, **headers: str) -> Said:
    return call(server.base, "/take", body, Content_Type=kind, **headers)


def whole(name: str, data: bytes, fields: dict[str, str], called: str = "") -> dict[str, object]:
    """What is said of a file that came as it is."""
    told = {"path": None, "name": name, "bytes": len(data), "content_hash": hashlib.sha256(data).hexdigest()}
    return {**told, "fields": fields, "called": called, "on_disk": len(data)}


def test_a_body_is_a_file(server: Server) -> None:
    assert take(server, FILM, "video/mp4").json == whole("upload", FILM, {})
    named = take(server, FILM, "video/webm", Content_Disposition='attachment; filename="a clip.webm"')
    assert named.json == whole("a clip.webm", FILM, {})
    named = take(server, FILM, "video/webm", Content_Disposition="attachment; filename*=UTF-8''%C3%BCber.mp4")
    assert named.json == whole("über.mp4", FILM, {})


def test_a_form_brings_a_file_and_fields(server: Server) -> None:
    sent = form(part("external_id", b"17"), part("file", FILM, "Ein Film ü.mp4"), part("note", "größer".encode()))
    expected = whole("Ein Film ü.mp4", FILM, {"external_id": "17", "note": "größer"}, "file")
    assert take(server, sent).json == expected
    assert take(server, iter([sent[:5], sent[5:100_000], sent[100_000:]])).json == expected


def test_a_form_without_a_file_is_its_fields(server: Server) -> None:
    said = take(server, form(part("url", b"https://example.com/a.mp4"), part("file", b"", "")))
    assert said.json["fields"]["url"] == "https://example.com/a.mp4"
    assert (said.json["on_disk"], said.json["content_hash"]) == (None, "")


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"", "video/mp4", 422),
        (b"words", "text/plain", 415),
        (b"words", "", 415),
        (form(part("file", b"", "clip.mp4")), FORM, 422),
        (form(part("file", b"x", "a.mp4"), part("other", b"y", "b.mp4")), FORM, 400),
        (form(part("nope", b"x", "a.mp4")), FORM, 422),
        (form(part("", b"x", "a.mp4")), FORM, 422),
        (form(part("file", b"x", "a.mp4"))[:-4], FORM, 400),
        (form(part("file", b"x", "a.mp4"))[:-30], FORM, 400),
        (b"no form", FORM, 400),
        (b"", FORM, 400),
        (form(), FORM.partition(";")[0], 400),
        (form(), f"multipart/form-data; boundary={'x' * 300}", 400),
        (form(*(part(f"field{number}", b"x") for number in range(FIELDS + 1))), FORM, 400),
        (form(part("field", b"x" * (FIELD_BYTES + 1))), FORM, 413),
        (b"--" + EDGE.encode() + b"\r\nX-Long: " + b"x" * 10_000, FORM, 400),
        (b"--" + EDGE.encode() + b"\r\n" + b"X: y\r\n" * 100, FORM, 400),
    ],
)
def test_what_can_not_be_taken(server: Server, home: Path, body: bytes, kind: str, status: int) -> None:
    said = take(server, body, kind)
    assert said.status == status, said.body
    assert said.json["advice"]
    assert [found for found in home.iterdir() if found.name.startswith("tmp")] == []


def test_packed_bodies_are_refused(server: Server) -> None:
    assert take(server, FILM, "video/mp4", Content_Encoding="gzip").status == 415


def test_too_much_is_refused_before_it_is_read(server: Server) -> None:
    parts = urlsplit(server.base)
    for kind in ("video/mp4", FORM):
        with socket.create_connection((parts.hostname, parts.port), timeout=20) as line:
            head = f"POST {parts.path}/take HTTP/1.1\r\nHost: {parts.netloc}\r\nContent-Type: {kind}\r\n"
            line.sendall(f"{head}Content-Length: {1 << 40}\r\n\r\n".encode())
            assert line.recv(100).startswith(b"HTTP/1.1 413 ")


def test_too_much_is_refused_as_it_comes(server: Server) -> None:
    blocks = [bytes(1 << 20)] * (MOST >> 20)
    assert take(server, iter([*blocks, b"x"]), "video/mp4").status == 413
    opening = part("file", b"", "clip.mp4")[:-2]
    closing = b"\r\n" + form()
    assert take(server, iter([opening, *blocks, b"x", closing])).status == 413
    assert take(server, iter([opening, *blocks, closing])).json["bytes"] == MOST


def test_who_sends_too_slowly_is_let_go(server: Server) -> None:
    parts = urlsplit(server.base)
    with socket.create_connection((parts.hostname, parts.port), timeout=20) as line:
        head = f"POST {parts.path}/take HTTP/1.1\r\nHost: {parts.netloc}\r\nContent-Type: video/mp4\r\n"
        line.sendall(f"{head}Content-Length: 1000\r\n\r\nx".encode())
        assert line.recv(100).startswith(b"HTTP/1.1 408 ")


def test_a_request_has_its_time_however_it_is_sent(tmp_path: Path) -> None:
    with serving(tmp_path, {"COUNTERMARK_SERVICE__UPLOAD_S": "0.5"}) as server:
        parts = urlsplit(server.base)
        with socket.create_connection((parts.hostname, parts.port), timeout=20) as line:
            head = f"POST {parts.path}/take HTTP/1.1\r\nHost: {parts.netloc}\r\nContent-Type: video/mp4\r\n"
            line.sendall(f"{head}Content-Length: {100 << 20}\r\n\r\n".encode())
            line.setblocking(False)
            said, begun = b"", time.monotonic()
            while not said and time.monotonic() < begun + 20:  # a megabyte a second: never so slow as to be let go
                select.select([line], [], [], 0.05)
                try:
                    said = line.recv(100)
                except BlockingIOError:
                    line.send(bytes(50_000))
        assert said.startswith(b"HTTP/1.1 408 ")
        assert take(server, FILM, "video/mp4").json == whole("upload", FILM, {})


def test_memory_is_bounded(tmp_path: Path) -> None:
    block, count = os.urandom(1 << 16), 3000
    with serving(tmp_path) as server:
        assert take(server, form(part("file", FILM, "clip.mp4"))).json == whole("clip.mp4", FILM, {}, "file")
        before = server.most_memory()
        opening, closing = part("file", b"", "clip.mp4")[:-2], b"\r\n" + form()
        said = take(server, itertools.chain([opening], itertools.repeat(block, count), [closing]))
        assert said.json["bytes"] == count << 16
        assert server.most_memory() - before < 40 << 20


@given(
    data=st.binary(max_size=200) | st.sampled_from([b"\r\n", b"\r\n--", f"\r\n--{EDGE[:-1]}".encode(), b"--\r\n" * 3]),
    steps=st.lists(st.integers(1, 40), min_size=1, max_size=20),
)
def test_a_form_reads_the_same_wherever_it_is_cut(
    data: bytes, steps: list[int], tmp_path_factory: pytest.TempPathFactory
) -> None:
    sent = form(part("before", b"1"), part("file", data, "../a\\b/clip.mp4"), part("after", data.hex().encode()))
    path = tmp_path_factory.mktemp("cut") / "upload.mp4"
    with _Sink(path) as sink:
        read, at = _Form(FORM, sink, 1000), 0
        for step in itertools.cycle(steps):
            read.feed(sent[at : at + step])
            at += step
            if at >= len(sent):
                break
        got = sink.whole(read.name or "", read.fields)
    assert read.ended and path.read_bytes() == data
    assert got.fields == {"before": "1", "after": data.hex()}
    assert (got.name, got.content_hash) == ("clip.mp4", hashlib.sha256(data).hexdigest())


@given(sent=st.binary(max_size=400) | st.binary(max_size=100).map(lambda data: form(data, part("x", data, "y"))))
def test_no_form_breaks_the_reader(sent: bytes, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("any") / "upload.mp4"
    with _Sink(path) as sink:
        try:
            _Form(FORM, sink, 1000).feed(sent)
        except Problem as problem:
            assert problem.kind.status in (400, 413, 422)
    assert not path.exists(), "what did not become whole goes"


@given(name=st.text(max_size=300))
def test_a_name_can_be_shown(name: str) -> None:
    shown = plain_name(name)
    assert shown and len(shown) <= 255 and shown.isprintable()
    assert "/" not in shown and "\\" not in shown
