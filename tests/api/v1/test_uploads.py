"""Uploads over real HTTP: by pieces, cut, killed, by several servers, by others' keys, and past the server."""

from __future__ import annotations

import base64
import hashlib
import itertools
import os
import socket
import threading
import time
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from countermark.accounts import Accounts
from countermark.api.problems import Problem
from countermark.api.v1 import tus
from countermark.api.v1.tus import PIECE_TYPE
from countermark.api.v1.uploads import SETTLED, whole
from countermark.docket import Docket
from countermark.docket.uploads import Uploads
from countermark.errors import CheckMissing, CheckUnfit, DiskFull, ObjectMissing
from countermark.objects import Arriving, opened
from countermark.settings import Service, Settings
from countermark.tests import object_stores
from countermark.tests.api.service import Said, call
from countermark.tests.api.v1.upload_service import MOST, PATIENCE_S, Server, serving
from countermark.tests.needs import small_disk

FILM = hashlib.sha256(b"a film").digest() * 100_000  # 3.2 MB


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def server(home: Path) -> Iterator[Server]:
    with serving(home) as made:
        yield made


def objects_of(home: Path) -> Any:
    return opened(Settings(home=home))


def begin(base: str, size: int, **more: Any) -> Any:
    said = call(base, "/uploads", {"name": "clip.mp4", "bytes": size, **more})
    assert said.status == 201, said.body
    assert said.headers["location"] == said.json["url"]
    return said.json


def send(base: str, url: str, offset: int, data: bytes, **headers: str) -> Said:
    sent = {"Tus_Resumable": "1.0.0", "Content_Type": PIECE_TYPE, "Upload_Offset": str(offset), **headers}
    return call(base, url, data, "PATCH", prefix=False, **sent)


def stands(base: str, url: str) -> int:
    said = call(base, url, method="HEAD", prefix=False, Tus_Resumable="1.0.0")
    assert said.status == 200 and said.headers["cache-control"] == "no-store"
    return int(said.headers["upload-offset"])


def cut(base: str, url: str, offset: int, data: bytes, length: int) -> socket.socket:
    """Promise a piece of a length, and send only so much of it."""
    parts = urlsplit(base)
    line = socket.create_connection((parts.hostname, parts.port), timeout=30)
    head = f"PATCH {url} HTTP/1.1\r\nHost: {parts.netloc}\r\nContent-Type: {PIECE_TYPE}\r\nUpload-Offset: {offset}\r\n"
    line.sendall(f"{head}Content-Length: {length}\r\n\r\n".encode() + data)
    return line


def until(condition: Any, seconds: float = 20.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not come about"
        time.sleep(0.02)


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


def test_so_many_may_be_begun_from_one_address(tmp_path: Path) -> None:
    with serving(tmp_path, {"COUNTERMARK_SERVICE__ANONYMOUS_CHECKS": "3"}) as server:
        answers = [call(server.base, "/uploads", {"name": "x", "bytes": 5}) for _ in range(4)]
        assert [said.status for said in answers] == [201, 201, 201, 429]
        assert int(answers[-1].headers["retry-after"]) > 0
        url = answers[0].json["url"]
        assert send(server.base, url, 0, b"films").status == 204, "what was begun goes on"


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


def test_the_sweep_takes_what_waits(tmp_path: Path) -> None:
    options = Settings(home=tmp_path)
    objects = opened(options)
    arriving, now = Arriving(options, objects), [datetime.now(UTC)]
    uploads = Uploads(options, objects=objects, clock=lambda: now[0])
    docket = Docket(options, objects=objects, clock=lambda: now[0])
    upload = uploads.begin("public", "anonymous", "clip.mp4", 10, "tus")
    with arriving.piece(upload.id, first=True) as piece:
        piece.write(b"01234")
    assert docket.sweep().uploads == 0 and (tmp_path / "uploads" / upload.id).exists()
    now[0] += timedelta(days=1, seconds=1)
    assert docket.sweep().uploads == 1
    assert not (tmp_path / "uploads" / upload.id).exists()


def test_a_full_disk_loses_nothing(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", "size=70m") as disk, serving(disk) as server:
        assert call(server.base, "/uploads", {"name": "x", "bytes": 68 << 20}).status == 507
        url = begin(server.base, len(FILM))["url"]
        assert send(server.base, url, 0, FILM[:1_000_000]).status == 204
        filler = disk / "filler"
        room = os.statvfs(disk)
        with filler.open("wb") as file:
            os.posix_fallocate(file.fileno(), 0, (room.f_bavail - 256) * room.f_bsize)
        said = send(server.base, url, 1_000_000, FILM[1_000_000:])
        assert said.status == 507 and said.json["advice"] and str(disk) not in said.body.decode()
        filler.unlink()
        offset = stands(server.base, url)
        assert offset == 1_000_000
        assert send(server.base, url, offset, FILM[offset:]).status == 204
        assert call(server.base, url, prefix=False).json["content_hash"] == digest(FILM)


def test_memory_is_bounded(tmp_path: Path) -> None:
    blocks, size = itertools.repeat(os.urandom(1 << 16)), 256 << 20
    with serving(tmp_path) as server:
        url = begin(server.base, size)["url"]
        before = server.most_memory()
        sent = itertools.islice(blocks, size >> 16)
        said = send(server.base, url, 0, sent, Content_Length=str(size))  # type: ignore[arg-type]
        assert said.status == 204
        assert server.most_memory() - before < 40 << 20
        assert call(server.base, url, prefix=False).json["status"] == "whole"


# The store as the last place -----------------------------------------------------------------------------------------


def bucket(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Settings, dict[str, str]]:
    url, environment = object_stores.new(kind, tmp_path)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    options = Settings(home=tmp_path / "home", service=Service(objects=url))
    return options, {**environment, "COUNTERMARK_SERVICE__OBJECTS": url}


@pytest.mark.parametrize("kind", ["rclone", "moto"])
def test_into_a_bucket(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    options, environment = bucket(kind, tmp_path, monkeypatch)
    objects = opened(options)
    with serving(options.home, environment) as server:
        upload = begin(server.base, len(FILM))
        assert send(server.base, upload["url"], 0, FILM).status == 204
        assert objects.read(f"uploads/{upload['id']}") == FILM
        assert list((options.home / "uploads").iterdir()) == []

        key = keyed(options)
        wish = {"name": "clip.mp4", "bytes": len(FILM), "way": "presigned"}
        upload = call(server.base, "/uploads", wish, **key).json
        url, step = upload["url"], upload["next"]
        assert step["method"] == "PUT"
        assert send(server.base, url, 0, FILM, **key).status == 409, "it goes past the server"
        assert call(server.base, step["then"], b"", prefix=False, **key).status == 409, "nothing came"
        put(step["url"], FILM[:-1])
        assert call(server.base, step["then"], b"", prefix=False, **key).status == 409, "too little came"
        put(step["url"], FILM)
        told = call(server.base, step["then"], b"", prefix=False, **key)
        assert told.json["status"] == "whole" and told.json["offset"] == len(FILM)
        put(step["url"], b"something else")
        assert objects.read(f"uploads/{upload['id']}") == FILM, "who sent it can change it no more"
        assert call(server.base, url, method="DELETE", prefix=False, **key).status == 204
        assert objects.size(f"uploads/{upload['id']}") is objects.size(f"incoming/{upload['id']}") is None
        put(step["url"], FILM)
        assert call(server.base, url, prefix=False, **key).status == 404

    def in_two_hours() -> datetime:
        return datetime.now(UTC) + timedelta(hours=2, seconds=1)

    assert Docket(options, objects=objects).sweep().uploads == 0, "the URL that was signed still holds"
    assert objects.size(f"incoming/{upload['id']}") == len(FILM)
    assert Docket(options, objects=objects, clock=in_two_hours).sweep().uploads == 1
    assert objects.size(f"incoming/{upload['id']}") is None, "what came late is found"


def keyed(options: Settings) -> dict[str, str]:
    _, secret = Accounts(options).make_key("main", "sends", {"checks:write"}, "a test")
    return {"Authorization": f"Bearer {secret}"}


def test_a_folder_signs_no_urls(server: Server, home: Path) -> None:
    wish = {"name": "x", "bytes": 5, "way": "presigned"}
    assert call(server.base, "/uploads", wish, **keyed(Settings(home=home))).status == 422


def test_so_many_bytes_may_be_here_at_a_time(tmp_path: Path) -> None:
    bounds = {"COUNTERMARK_SERVICE__ANONYMOUS_STANDING_BYTES": "1000", "COUNTERMARK_SERVICE__STANDING_BYTES": "2000"}
    with serving(tmp_path, bounds) as server:
        url = begin(server.base, 600)["url"]
        said = call(server.base, "/uploads", {"name": "x", "bytes": 401})
        assert said.status == 429 and int(said.headers["retry-after"]) > 60 and "later" in said.json["advice"]
        assert call(server.base, "/uploads", {"name": "x", "bytes": 1001}).status == 413, "it never could"
        key = keyed(Settings(home=tmp_path))
        assert call(server.base, "/uploads", {"name": "x", "bytes": 2000}, **key).status == 201
        assert call(server.base, "/uploads", {"name": "x", "bytes": 1}, **key).status == 429
        assert call(server.base, url, method="DELETE", prefix=False).status == 204
        begin(server.base, 1000)


def test_a_share_of_the_disk_stays_free(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", "size=100m") as disk:
        for free, fits in ((2 << 30, 90), (1 << 20, 98), (0, 99)):
            options = Settings(home=disk, service=Service(disk_free_bytes=free))
            arriving = Arriving(options, opened(options))
            arriving.make_room(fits << 20)
            with pytest.raises(DiskFull):
                arriving.make_room((fits + 7) << 20)


def put(url: str, data: bytes) -> None:
    sent = urllib.request.Request(url, data, {"Content-Type": "video/mp4"}, method="PUT")
    with urllib.request.urlopen(sent, timeout=20) as answer:
        assert answer.status == 200


def test_a_store_that_is_away_loses_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "s3" / "bucket").mkdir(parents=True)
    with object_stores.started("rclone", folder=tmp_path / "s3") as (endpoint, _):
        port = urlsplit(endpoint).port
    environment = {**object_stores.variables(endpoint), "COUNTERMARK_SERVICE__OBJECTS": "s3://bucket"}
    with serving(tmp_path / "home", environment) as server:
        url = begin(server.base, len(FILM))["url"]
        said = send(server.base, url, 0, FILM)
        assert said.status == 503 and said.headers["retry-after"]
        assert stands(server.base, url) == len(FILM)
        with object_stores.started("rclone", port, tmp_path / "s3"):
            told = call(server.base, f"{url}/complete", b"", prefix=False).json
        assert (told["status"], told["content_hash"]) == ("whole", digest(FILM))


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


# Between the steps ---------------------------------------------------------------------------------------------------


def arriving_in(home: Path) -> Arriving:
    options = Settings(home=home)
    return Arriving(options, opened(options))


def written(arriving: Arriving, offset: int, data: bytes) -> None:
    with arriving.piece("upl_a", first=offset == 0) as piece:
        piece.stand(offset)
        piece.write(data)
        piece.settle()


def test_what_was_delivered_before_it_was_noted_is_found(tmp_path: Path) -> None:
    arriving = arriving_in(tmp_path)
    written(arriving, 0, FILM)
    for _ in range(2):  # whoever died after the first does it once more
        assert arriving.deliver("upl_a", "uploads/upl_a", len(FILM)) == digest(FILM)
    with pytest.raises(ObjectMissing):
        arriving.deliver("upl_b", "uploads/upl_b", 5)


def test_what_was_never_counted_goes(tmp_path: Path) -> None:
    arriving = arriving_in(tmp_path)
    written(arriving, 0, b"0123456789")
    written(arriving, 4, b"x")
    assert (tmp_path / "uploads" / "upl_a").read_bytes() == b"0123x"
    with pytest.raises(ObjectMissing, match="lost"):
        written(arriving, 6, b"x")
    assert (tmp_path / "uploads" / "upl_a").stat().st_mode & 0o777 == 0o600


def test_one_at_a_time_writes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("countermark.objects.arriving._WAIT_S", 0.1)
    arriving = arriving_in(tmp_path)
    with arriving.piece("upl_a", first=True):
        with pytest.raises(CheckUnfit, match="another request"):
            written(arriving, 0, b"x")
    written(arriving, 0, b"x")


@pytest.mark.parametrize("name", ["../x", "", "a/b", ".", "ü", "a b"])
def test_no_id_leads_out(name: str, tmp_path: Path) -> None:
    arriving = arriving_in(tmp_path)
    with pytest.raises(ValueError, match="no id"), arriving.piece(name, first=True):
        pass
    with pytest.raises(ValueError, match="no id"):
        arriving.drop(name)
