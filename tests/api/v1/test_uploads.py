"""Uploads over real HTTP: by pieces, cut, killed, by several servers, by others' keys, and past the server."""

from __future__ import annotations

import base64
import hashlib
import itertools
import os
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from countermark.accounts import Accounts
from countermark.api.problems import Problem
from countermark.api.v1 import tus
from countermark.api.v1.tus import PIECE_TYPE
from countermark.api.v1.uploads import SETTLED, whole
from countermark.docket import Docket
from countermark.docket.uploads import PAUSE_S, PROMISED_S, Uploads
from countermark.errors import CheckMissing, CheckUnfit
from countermark.objects import Arriving, opened
from countermark.settings import Settings
from countermark.tests.api.service import Server, call
from countermark.tests.api.v1.uploading import (
    FILM,
    MOST,
    PATIENCE_S,
    begin,
    cut,
    digest,
    keyed,
    objects_of,
    send,
    serving,
    stands,
    until,
)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def server(home: Path) -> Iterator[Server]:
    with serving(home) as made:
        yield made


def test_by_pieces(server: Server, home: Path) -> None:
    upload = begin(server.base, len(FILM))
    step, url = upload["next"], upload["url"]
    assert (step["method"], step["url"], step["headers"]["Upload-Offset"]) == ("PATCH", url, "0")
    for start, end in itertools.pairwise((0, 1, 1_500_000, len(FILM))):
        assert stands(server.base, url) == start
        said = send(server.base, url, start, FILM[start:end])
        assert (said.status, said.headers["upload-offset"], said.headers["tus-resumable"]) == (204, str(end), "1.0.0")
        assert "GMT" in said.headers["upload-expires"]
    told = call(server.base, url, prefix=False).json
    assert (told["status"], told["offset"], told["content_hash"]) == ("whole", len(FILM), digest(FILM))
    assert call(server.base, f"{url}/complete", b"", prefix=False).json == told
    assert objects_of(home).read(f"uploads/{upload['id']}") == FILM
    assert list((home / "uploads").iterdir()) == [], "nothing waits any more"


def test_as_a_client_of_tus_does(server: Server, home: Path) -> None:
    told = call(server.base, "/uploads", method="OPTIONS")
    assert told.status == 204 and told.headers["tus-version"] == "1.0.0"
    assert told.headers["tus-max-size"] == str(MOST) and "creation" in told.headers["tus-extension"]
    name = base64.b64encode("../../etc/Ein Film ü.mp4".encode()).decode()
    begun = call(
        server.base,
        "/uploads",
        b"",
        Tus_Resumable="1.0.0",
        Upload_Length="5",
        Upload_Metadata=f"filetype dmlkZW8vbXA0,filename {name}",
    )
    assert begun.status == 201 and begun.headers["tus-resumable"] == "1.0.0"
    url = begun.headers["location"]
    assert send(server.base, url, 0, b"films", Upload_Checksum=_sum("sha1", b"films")).status == 204
    head = call(server.base, url, method="HEAD", prefix=False, Tus_Resumable="1.0.0")
    assert (head.headers["upload-length"], head.headers["upload-offset"]) == ("5", "5")
    shown = base64.b64decode(head.headers["upload-metadata"].removeprefix("filename ")).decode()
    assert shown == "Ein Film ü.mp4"
    assert call(server.base, url, method="DELETE", prefix=False, Tus_Resumable="1.0.0").status == 204
    assert call(server.base, url, method="HEAD", prefix=False).status == 404
    assert objects_of(home).size(f"uploads/{url.rpartition('/')[2]}") is None


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Tus_Resumable": "0.2.2", "Upload_Length": "5"}, 412),
        ({"Upload_Length": "x"}, 400),
        ({"Upload_Length": "0"}, 422),
        ({"Upload_Length": "-5"}, 400),
        ({"Upload_Length": "9" * 30}, 400),
        ({"Upload_Defer_Length": "1"}, 400),
        ({"Upload_Length": str(MOST + 1)}, 413),
        ({"Upload_Length": "5", "Upload_Metadata": "filename %%%"}, 400),
    ],
)
def test_what_tus_can_not_begin(server: Server, headers: dict[str, str], status: int) -> None:
    said = call(server.base, "/uploads", b"", **headers)
    assert said.status == status and said.json["advice"]


@pytest.mark.parametrize(
    ("wish", "status"),
    [
        ({"name": "x", "bytes": MOST + 1}, 413),
        ({"name": "x", "bytes": 0}, 422),
        ({"name": "", "bytes": 5}, 422),
        ({"name": "x"}, 422),
        ({"name": "x", "bytes": 5, "way": "presigned"}, 401),  # the store would take anything there
        ({"name": "x", "bytes": 5, "colour": "red"}, 422),
    ],
)
def test_what_can_not_begin(server: Server, home: Path, wish: dict[str, Any], status: int) -> None:
    said = call(server.base, "/uploads", wish)
    assert said.status == status and said.json["advice"]


def test_pieces_that_do_not_fit(server: Server, home: Path) -> None:
    url = begin(server.base, 10)["url"]
    assert send(server.base, url, 0, b"01234").status == 204
    for offset in (0, 4, 6, 99):
        said = send(server.base, url, offset, b"56789")
        assert said.status == 409 and said.headers["upload-offset"] == "5"
    assert send(server.base, url, 5, b"56789", Content_Type="video/mp4").status == 415
    assert send(server.base, url, 5, b"56789", Upload_Offset="five").status == 400
    assert send(server.base, url, 5, b"56789", Tus_Resumable="2.0.0").status == 412
    assert send(server.base, url, 5, b"567890").status == 413
    assert send(server.base, url, 5, iter([b"567", b"890"])).status == 413, "of unknown length"
    assert stands(server.base, url) in (5, 8), "what came before it was too much counts"
    assert call(server.base, f"{url}/complete", b"", prefix=False).status == 409
    offset = stands(server.base, url)
    assert send(server.base, url, offset, b"0123456789"[offset:]).status == 204
    assert send(server.base, url, 10, b"").status == 204, "nothing more is nothing more"
    assert objects_of(home).read(f"uploads/{url.rpartition('/')[2]}") == b"0123456789"


def test_too_much_is_refused_before_it_is_read(server: Server) -> None:
    url = begin(server.base, 10)["url"]
    with cut(server.base, url, 0, b"", 1 << 40) as line:
        assert line.recv(100).startswith(b"HTTP/1.1 413 ")


def _sum(name: str, data: bytes) -> str:
    return f"{name} {base64.b64encode(hashlib.new(name, data).digest()).decode()}"


def test_a_piece_that_is_not_what_its_checksum_says_is_not_kept(server: Server, home: Path) -> None:
    url = begin(server.base, len(FILM))["url"]
    half = len(FILM) // 2
    assert send(server.base, url, 0, FILM[:half], Upload_Checksum=_sum("sha256", b"another")).status == 460
    assert stands(server.base, url) == 0
    for wrong in ("md5 abcd", "sha1", "sha1 %%"):
        assert send(server.base, url, 0, FILM[:half], Upload_Checksum=wrong).status == 400
    assert send(server.base, url, 0, FILM[:half], Upload_Checksum=_sum("sha256", FILM[:half])).status == 204
    assert send(server.base, url, half, FILM[half:], Upload_Checksum=_sum("sha1", FILM[half:])).status == 204
    assert objects_of(home).read(f"uploads/{url.rpartition('/')[2]}") == FILM


def test_a_cut_piece_counts_as_far_as_it_came(server: Server) -> None:
    url = begin(server.base, len(FILM))["url"]
    cut(server.base, url, 0, FILM[:1_234_567], len(FILM)).close()
    until(lambda: stands(server.base, url) == 1_234_567)
    said = send(server.base, url, 1_234_567, FILM[1_234_567:])
    assert said.status == 204
    assert call(server.base, url, prefix=False).json["content_hash"] == digest(FILM)


def test_who_sends_too_slowly_is_let_go_and_goes_on_later(server: Server) -> None:
    url = begin(server.base, len(FILM))["url"]
    with cut(server.base, url, 0, FILM[:100_000], len(FILM)) as line:
        begun = time.monotonic()
        end = threading.Event()

        def drip() -> None:
            while not end.wait(0.1):
                try:
                    line.sendall(b"x")
                except OSError:
                    return

        dripping = threading.Thread(target=drip)
        dripping.start()
        said = line.recv(100)
        end.set()
        dripping.join(10)
    assert said.startswith(b"HTTP/1.1 408 ")
    assert PATIENCE_S * 0.9 < time.monotonic() - begun < PATIENCE_S + 10
    assert 100_000 <= stands(server.base, url) < 101_000


def test_killed_in_the_middle_it_goes_on_from_what_is_on_the_disk(tmp_path: Path) -> None:
    large = os.urandom(1 << 20) * 40
    with serving(tmp_path) as server:
        url = begin(server.base, len(large))["url"]
        with cut(server.base, url, 0, large[: 36 << 20], len(large)):
            until(lambda: stands(server.base, url) >= 2 * SETTLED)
            server.kill()
    with serving(tmp_path) as server, serving(tmp_path) as other:
        offset = stands(server.base, url)
        assert 2 * SETTLED <= offset <= 36 << 20
        middle = offset + (1 << 20)
        assert send(server.base, url, offset, large[offset:middle]).status == 204
        assert stands(other.base, url) == middle
        assert send(other.base, url, middle, large[middle:]).status == 204
        assert call(server.base, url, prefix=False).json["content_hash"] == digest(large)


def test_two_servers_do_not_write_to_one_upload_at_once(server: Server, home: Path) -> None:
    with serving(home) as other:
        url = begin(server.base, len(FILM))["url"]
        with cut(server.base, url, 0, FILM[:1000], len(FILM)) as line:
            until((home / "uploads" / url.rpartition("/")[2]).exists)
            assert send(other.base, url, 0, b"y" * len(FILM)).status == 409, "the first has it, until it is let go"
            assert line.recv(100).startswith(b"HTTP/1.1 408 ")
        assert stands(other.base, url) == 1000
        assert send(other.base, url, 1000, FILM[1000:]).status == 204
        assert call(server.base, url, prefix=False).json["content_hash"] == digest(FILM)


def test_another_tenants_upload_is_not_there(server: Server, home: Path) -> None:
    accounts = Accounts(Settings(home=home))
    keys = []
    for name in ("one", "other"):
        tenant = accounts.add_tenant(name)
        _, secret = accounts.make_key(tenant.id, "a key", {"checks:write"}, "a test")
        keys.append({"Authorization": f"Bearer {secret}"})
    mine, theirs = keys
    url = call(server.base, "/uploads", {"name": "clip.mp4", "bytes": 5}, **mine).json["url"]
    acts: list[dict[str, Any]] = [
        {"path": url},
        {"path": url, "method": "HEAD"},
        {"path": url, "method": "DELETE"},
        {"path": url, "method": "PATCH", "body": b"films", "Content_Type": PIECE_TYPE, "Upload_Offset": "0"},
        {"path": f"{url}/complete", "body": b""},
    ]
    for headers in (theirs, {}):
        for act in acts:
            said = call(server.base, prefix=False, **act, **headers)
            assert said.status == 404, act
    reader, secret = accounts.make_key("main", "reads", {"checks:read"}, "a test")
    assert call(server.base, url, prefix=False, Authorization=f"Bearer {secret}").status == 403
    assert call(server.base, url, prefix=False, **mine).json["offset"] == 0


def test_its_time_ends(server: Server, home: Path) -> None:
    url = begin(server.base, len(FILM))["url"]
    assert send(server.base, url, 0, FILM[:5]).status == 204
    path = home / "uploads" / url.rpartition("/")[2]
    assert path.exists()
    (home / "moved").write_text(str(24 * 3600 + 1))
    try:
        assert call(server.base, url, prefix=False).status == 404
        assert send(server.base, url, 5, FILM[5:]).status == 404
    finally:
        (home / "moved").unlink()
    assert stands(server.base, url) == 5


def test_a_promise_of_which_no_byte_comes_ends_soon(server: Server, home: Path) -> None:
    silent, slow = (begin(server.base, len(FILM)) for _ in range(2))
    assert _seconds(silent) == PROMISED_S
    with cut(server.base, slow["url"], 0, FILM[:5], len(FILM)):  # its first bytes count while the others come
        until(lambda: _seconds(call(server.base, slow["url"], prefix=False).json) >= PAUSE_S)
    (home / "moved").write_text(str(PROMISED_S + 1))
    try:
        assert call(server.base, silent["url"], prefix=False).status == 404
        assert send(server.base, silent["url"], 0, FILM).status == 404
        until(lambda: stands(server.base, slow["url"]) == 5)
        assert send(server.base, slow["url"], 5, FILM[5:]).status == 204
    finally:
        (home / "moved").unlink()


def _seconds(upload: dict[str, str]) -> float:
    """Give how long an upload is kept."""
    return (datetime.fromisoformat(upload["until"]) - datetime.fromisoformat(upload["created_at"])).total_seconds()


def test_the_sweep_takes_what_waits(tmp_path: Path) -> None:
    options = Settings(home=tmp_path)
    objects = opened(options)
    arriving, now = Arriving(options, objects), [datetime.now(UTC)]
    uploads = Uploads(options, objects=objects, clock=lambda: now[0])
    docket = Docket(options, objects=objects, clock=lambda: now[0])
    upload = uploads.begin("public", "anonymous", "clip.mp4", 10, "tus")
    uploads.comes(upload.id)
    with arriving.piece(upload.id, first=True) as piece:
        piece.write(b"01234")
    assert docket.sweep().uploads == 0 and (tmp_path / "uploads" / upload.id).exists()
    now[0] += timedelta(days=1, seconds=1)
    assert docket.sweep().uploads == 1
    assert not (tmp_path / "uploads" / upload.id).exists()


def test_a_folder_signs_no_urls(server: Server, home: Path) -> None:
    wish = {"name": "x", "bytes": 5, "way": "presigned"}
    assert call(server.base, "/uploads", wish, **keyed(Settings(home=home))).status == 422


def test_what_a_check_begins_with(tmp_path: Path) -> None:
    options = Settings(home=tmp_path)
    objects = opened(options)
    service: Any = SimpleNamespace(options=options, objects=objects)
    upload = Uploads(options, objects=objects).begin("one", "key:a", "clip.mp4", 10, "tus")
    with pytest.raises(CheckUnfit, match="0 of 10 bytes"):
        whole(service, upload.id, "one")
    with Arriving(options, objects).piece(upload.id, first=True) as piece:
        piece.write(b"0123456789")
    Uploads(options, objects=objects).advance(upload.id, 0, 10)
    with pytest.raises(CheckMissing):
        whole(service, upload.id, "other")
    for _ in range(2):
        got = whole(service, upload.id, "one")
        assert (got.content_hash, objects.read(got.object_key)) == (digest(b"0123456789"), b"0123456789")


@given(said=st.text(st.characters(max_codepoint=255, exclude_categories=["Cc"]), max_size=60))
def test_headers_say_something_or_are_refused(said: str) -> None:
    from starlette.requests import Request

    names = ("upload-metadata", "upload-length", "upload-checksum")
    for value in (said, f"filename {said}", f"sha1 {said}"):
        headers = [(name.encode(), value.encode("latin-1")) for name in names]
        request = Request({"type": "http", "headers": headers})
        for read in (tus.file_name, lambda request: tus.number(request, "upload-length"), tus.checksum):
            try:
                read(request)
            except Problem as problem:
                assert problem.kind.status == 400
