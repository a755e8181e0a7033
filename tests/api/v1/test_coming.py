"""Bodies that are files, while they come: room for them is kept first, and nothing of what failed stays."""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

from countermark.accounts.values import Scope
from countermark.errors import ObjectsUnavailable
from countermark.tests import databases
from countermark.tests.api.served import Place, serving
from countermark.tests.api.v1.uploading import until
from countermark.tests.needs import small_disk

WRITE: Scope = "checks:write"
FILM = os.urandom(3 << 20)
MB = 1 << 20


@pytest.fixture(params=databases.KINDS)
def own(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    """A service that nobody else asks."""
    database = None if request.param == "sqlite" else databases.new(request.param, tmp_path)
    with serving(tmp_path / "home", database, anonymous_checks=1000) as made:
        yield made


def objects(place: Place) -> list[Path]:
    return [path for path in (place.options.home / "objects").rglob("*") if path.is_file()]


def unused(place: Place) -> list[tuple[object, ...]]:
    return databases.ask(place.options.database_url, "SELECT bytes FROM uploads WHERE used_at IS NULL")


def nothing_left(place: Place, kept: int = 0) -> None:
    until(lambda: not unused(place) and len(objects(place)) == kept)
    assert not list((place.options.home / "incoming").glob("*"))


def at_once(act: Any, count: int) -> None:
    threads = [threading.Thread(target=act) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


@contextmanager
def body(place: Place, length: int | None, path: str = "/v1/checks", **headers: str) -> Iterator[socket.socket]:
    """Begin a request with a body, of which nothing is sent yet; `length` None: it does not say how much comes."""
    host, port = place.base.removeprefix("http://").split(":")
    promise = "Transfer-Encoding: chunked" if length is None else f"Content-Length: {length}"
    lines = [f"POST {path} HTTP/1.1", f"Host: {host}:{port}", "Content-Type: video/mp4", promise]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    with socket.create_connection((host, int(port)), timeout=30) as line:
        line.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
        yield line


def status(line: socket.socket) -> int:
    return int(line.recv(100).split()[1])


def test_many_files_at_once_with_one_key_are_one_check_and_one_file(own: Place) -> None:
    key, said = own.key(WRITE), []

    def ask() -> None:
        files = {"file": ("a.mp4", FILM)}
        said.append(own.ask("POST", "/v1/checks", headers={**key, "Idempotency-Key": "many"}, files=files))

    at_once(ask, 6)
    assert {one.status_code for one in said} == {202}
    (check_id,) = {one.json()["id"] for one in said}
    assert sum("idempotency-replayed" in one.headers for one in said) == 5
    nothing_left(own, kept=1)
    assert own.ask("DELETE", f"/v1/checks/{check_id}", headers=key).status_code == 204
    own.service.docket.sweep()
    nothing_left(own)


def test_many_stamps_at_once_with_one_key_are_one_stamp_and_one_file(own: Place) -> None:
    headers, said = {**own.key("stamps:write"), "Idempotency-Key": "many"}, []
    at_once(lambda: said.append(own.ask("POST", "/v1/stamps", headers=headers, files={"file": ("a.mp4", FILM)})), 3)
    assert {one.status_code for one in said} == {202} and len({one.json()["id"] for one in said}) == 1
    nothing_left(own, kept=1)


@pytest.mark.parametrize("path", ["/v1/checks", "/v1/stamps"])
def test_what_could_not_be_kept_takes_no_room(own: Place, path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    put_file = type(own.service.objects).put_file

    def fails(self: Any, *given: Any, **more: Any) -> None:
        put_file(self, *given, **more)
        raise ObjectsUnavailable("the store went away", advice="ask again")

    key = own.key(WRITE, "stamps:write")
    with monkeypatch.context() as patched:
        patched.setattr(type(own.service.objects), "put_file", fails)
        for _ in range(3):
            assert own.ask("POST", path, headers=key, files={"file": ("a.mp4", FILM)}).status_code == 503
    nothing_left(own)
    assert own.ask("POST", path, headers=key, files={"file": ("a.mp4", FILM)}).status_code == 202


def test_what_does_not_fit_takes_no_room(own: Place) -> None:
    asked: list[tuple[str, dict[str, Any], str]] = [
        ("/v1/checks", {"files": {"nope": ("a.mp4", FILM)}}, "nope"),
        ("/v1/checks", {"files": {"file": ("a.mp4", FILM)}, "data": {"colour": "red"}}, "colour"),
        ("/v1/checks", {"files": {"file": ("a.mp4", FILM)}, "data": {"colour": ""}}, "colour"),
        ("/v1/checks", {"files": {"file": ("a.mp4", FILM)}, "data": {"url": "https://a.example/x"}}, "url"),
        ("/v1/checks?colour=", {"content": FILM, "headers": {"Content-Type": "video/mp4"}}, "colour"),
        ("/v1/stamps", {"files": {"file": ("a.mp4", FILM)}, "data": {"colour": ""}}, "colour"),
        ("/v1/stamps", {"files": {"film": ("a.mp4", FILM)}}, "film"),
    ]
    for path, more, named in asked:
        headers = {**own.key(WRITE, "stamps:write"), **more.pop("headers", {})}
        said = own.ask("POST", path, headers=headers, **more)
        assert said.status_code == 422 and named in said.json()["detail"], said.text
    nothing_left(own)


def test_what_is_promised_counts_before_it_comes(tmp_path: Path) -> None:
    bounds: dict[str, Any] = {
        "address_standing_bytes": 40 * MB,
        "anonymous_standing_bytes": 70 * MB,
        "proxies": "127.0.0.1",
    }
    with serving(tmp_path / "home", **bounds) as place, ExitStack() as lines:
        place.key(WRITE)  # the tables are there
        for address in ("192.0.2.1", "192.0.2.2"):
            lines.enter_context(body(place, 30 * MB, X_Forwarded_For=address))
        until(lambda: len(unused(place)) == 2)
        for length, address, expected in (
            (11 * MB, "192.0.2.1", 429),
            (11 * MB, "192.0.2.3", 429),
            (41 * MB, "192.0.2.3", 413),
        ):
            with body(place, length, X_Forwarded_For=address) as line:
                assert status(line) == expected, "before a byte was sent"
        wish = {"name": "x", "bytes": 11 * MB}
        said = place.ask("POST", "/v1/uploads", json=wish, headers={"X-Forwarded-For": "192.0.2.1"})
        assert said.status_code == 429
        lines.close()
        nothing_left(place)
        said = place.ask("POST", "/v1/checks", files={"file": ("a.mp4", FILM)})
        assert said.status_code == 202


def test_who_is_refused_may_send_much_before_they_read_why(tmp_path: Path) -> None:
    """For want of room, for too many checks: the line is to end, and the status comes whole before it does."""
    bounds: dict[str, Any] = {"standing_bytes": 20 * MB, "key_checks": 1}
    with serving(tmp_path / "home", anonymous_standing_bytes=20 * MB, **bounds) as place:
        key = place.key(WRITE)
        assert place.ask("POST", "/v1/checks", headers=key, files={"file": ("a.mp4", FILM)}).status_code == 202
        with body(place, 19 * MB):
            until(lambda: len(unused(place)) == 1)
            for who, advice in (({}, "later"), (key, "ask again in")):
                with body(place, 20 * MB, **who) as line:
                    line.sendall(bytes(20 * MB))
                    said = _all(line)
                assert said.startswith(b"HTTP/1.1 429 ") and b"connection: close" in said.lower(), said
                assert advice.encode() in said


def _all(line: socket.socket) -> bytes:
    said = b""
    while piece := line.recv(65536):
        said += piece
    return said


def test_what_promises_nothing_counts_as_it_comes(tmp_path: Path) -> None:
    with serving(tmp_path / "home", anonymous_standing_bytes=20 * MB, address_standing_bytes=10 * MB) as place:
        place.key(WRITE)
        with body(place, None) as line:
            for _ in range(9):
                line.sendall(f"{MB:x}\r\n".encode() + bytes(MB) + b"\r\n")
            until(lambda: sum(int(str(size)) for (size,) in unused(place)) > 4 * MB)
            with body(place, 6 * MB) as other:
                assert status(other) == 429
            try:
                for _ in range(20):
                    line.sendall(f"{MB:x}\r\n".encode() + bytes(MB) + b"\r\n")
            except OSError:
                pass  # it was cut
            assert status(line) == 429
        nothing_left(place)


def test_bodies_leave_free_what_is_to_stay_free(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", "size=100m") as disk, serving(disk / "home") as place:
        with body(place, 98 * MB) as line:
            assert status(line) == 507, "before a byte was sent"
        upload = place.ask("POST", "/v1/uploads", json={"name": "x", "bytes": 60 * MB}).json()
        said, least = [], [100 * MB]

        def send(line: socket.socket) -> None:
            try:
                line.sendall(bytes(60 * MB))
            except OSError:
                pass  # it was refused
            said.append(status(line))

        def piece() -> None:
            headers = {"Upload-Offset": "0", "Content-Type": "application/offset+octet-stream"}
            said.append(place.ask("PATCH", upload["url"], headers=headers, content=bytes(60 * MB)).status_code)

        with body(place, 60 * MB) as first, body(place, 60 * MB) as second:
            threads = [threading.Thread(target=send, args=(line,)) for line in (first, second)]
            threads.append(threading.Thread(target=piece))
            for thread in threads:
                thread.start()
            while any(thread.is_alive() for thread in threads):
                state = os.statvfs(disk)
                least[0] = min(least[0], state.f_bavail * state.f_frsize)
                time.sleep(0.002)
        assert 507 in said and set(said) <= {507, 204, 202, 422}, said
        assert least[0] > 2 * MB, "a twentieth of the disk, less what three write at the same moment"
