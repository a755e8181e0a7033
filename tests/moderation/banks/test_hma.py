"""HMA's forms, served and asked: a small server answers by the matching of the `threatexchange` package."""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest

from countermark.errors import CountermarkError, FetchFailed, NetworkRefused, OverLimit
from countermark.moderation.banks import (
    Banks,
    Elsewhere,
    Frame,
    MatchElsewhere,
    Signals,
    SignalUnfit,
    banked,
    hashed,
    looked_up,
    posted,
    signals,
    vpdq,
)
from countermark.tests.docket.rooms import DIGEST, Room
from countermark.tests.moderation.banks.clips import Clips
from countermark.tests.moderation.banks.package import (
    PdqSignal,
    VideoSHA256Signal,
    VPDQIndex,
    VPDQSignal,
)

ME = "person:1"


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.server.seen.append((self.path, dict(self.headers)))  # type: ignore[attr-defined]
        asked = {name: values[0] for name, values in parse_qs(urlsplit(self.path).query).items()}
        status, body = self.server.answer(asked)  # type: ignore[attr-defined]
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        return


@pytest.fixture
def server(clips: Clips) -> Iterator[ThreadingHTTPServer]:
    types = {one.get_name(): one for one in (PdqSignal, VPDQSignal, VideoSHA256Signal)}
    known = vpdq.written(vpdq.wholes(vpdq.of_fingerprint(clips.original)))
    indices = {
        "vpdq": VPDQIndex.build([(known, 7)]),
        "pdq": PdqSignal.get_index_cls().build([(clips.original.hashes[0], 8)]),
        "video_sha256": VideoSHA256Signal.get_index_cls().build([(DIGEST, 9)]),
    }

    def answer(asked: dict[str, str]) -> tuple[int, bytes]:
        kind = asked["signal_type"]
        signal = types[kind].validate_signal_str(asked["signal"])
        found = indices[kind].query(signal)
        told = [{"bank_content_id": one.metadata, "distance": one.similarity_info.pretty_str()} for one in found]
        return 200, json.dumps({"PARTNER": told} if told else {}).encode()

    running = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    running.seen, running.answer = [], answer  # type: ignore[attr-defined]
    thread = threading.Thread(target=running.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield running
    running.shutdown()
    thread.join(10)
    running.server_close()


def _at(server: ThreadingHTTPServer, **more: object) -> Elsewhere:
    return Elsewhere(f"http://127.0.0.1:{server.server_port}", **more)  # type: ignore[arg-type]


def test_another_server_is_asked_and_says_what_ours_would(
    room: Room, banks: Banks, clips: Clips, server: ThreadingHTTPServer
) -> None:
    given = Signals(DIGEST, clips.original.hashes[0], vpdq.of_fingerprint(clips.copy))
    found = _at(server, token="secret").looked_up(given)
    assert [(one.bank, one.content) for one in found] == [("PARTNER", "9"), ("PARTNER", "8"), ("PARTNER", "7")]
    assert {headers["Authorization"] for _, headers in server.seen} == {"Bearer secret"}  # type: ignore[attr-defined]
    banks.create(room.tenant, "PARTNER", ME)
    frames = vpdq.wholes(vpdq.of_fingerprint(clips.original))
    for one in (Signals(DIGEST), Signals(pdq=given.pdq), Signals(vpdq=frames)):
        banks.add(room.tenant, "PARTNER", one, ME)
    ours = [
        told
        for kind, signal in (("video_sha256", DIGEST), ("pdq", given.pdq), ("vpdq", vpdq.written(given.vpdq)))
        for told in looked_up(banks.looked_up(room.tenant, signals(kind, str(signal))))["PARTNER"]
    ]
    assert [one["distance"] for one in ours] == [one.distance for one in found]
    assert [one["bank_content_id"] for one in ours] == [1, 2, 3]
    assert _at(server).looked_up(Signals(vpdq=vpdq.of_fingerprint(clips.other))) == ()
    assert "secret" not in repr(_at(server, token="secret"))


def test_of_a_long_video_some_frames_are_asked_for(server: ThreadingHTTPServer) -> None:
    long = Signals(vpdq=tuple(Frame(f"{number:064x}", 90, number / 3) for number in range(5000)))
    assert _at(server).looked_up(long) == ()
    ((path, _),) = server.seen  # type: ignore[attr-defined]
    assert len(path) < 10_000 and len(vpdq.read(parse_qs(urlsplit(path).query)["signal"][0])) == 60


def test_a_server_of_before_names_banks_alone(server: ThreadingHTTPServer) -> None:
    server.answer = lambda asked: (200, b'["A", "B"]')  # type: ignore[attr-defined]
    assert _at(server).looked_up(Signals(DIGEST)) == (MatchElsewhere("A", "", ""), MatchElsewhere("B", "", ""))


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (500, b"{}", FetchFailed),
        (302, b"{}", FetchFailed),
        (200, b"no JSON", FetchFailed),
        (200, b"[" * 100_000, FetchFailed),
        (200, b"3", FetchFailed),
        (200, b'{"A": 1}', FetchFailed),
        (200, b'{"A": [1]}', FetchFailed),
        (200, b'{"A": [{"distance": "1"}]}', FetchFailed),
        (200, b'{"A": [{"bank_content_id": 1, "distance": []}]}', FetchFailed),
        (200, b'{"A\\u0000": [{"bank_content_id": 1}]}', FetchFailed),
        (200, json.dumps(["A"] * 1001).encode(), FetchFailed),
        (200, b" " * (5 << 20), OverLimit),
    ],
)
def test_a_server_that_does_wrong(
    server: ThreadingHTTPServer, status: int, body: bytes, kind: type[CountermarkError]
) -> None:
    server.answer = lambda asked: (status, body)  # type: ignore[attr-defined]
    with pytest.raises(kind):
        _at(server).looked_up(Signals(DIGEST))


def test_only_the_address_that_was_given_may_lie_inside() -> None:
    with pytest.raises((NetworkRefused, FetchFailed)):
        Elsewhere("ftp://127.0.0.1/").looked_up(Signals(DIGEST))


def test_what_is_hashed_the_package_reads(clips: Clips) -> None:
    answer = hashed(DIGEST, clips.original)
    assert set(answer) == {"video_sha256", "vpdq"}
    assert VPDQSignal.compare_hash(answer["vpdq"], hashed(DIGEST, clips.copy)["vpdq"]).match
    picture = hashed(DIGEST, clips.original, picture=True)
    assert PdqSignal.validate_signal_str(picture["pdq"]) == clips.original.hashes[0]
    assert hashed(DIGEST, None) == {"video_sha256": DIGEST} and hashed(DIGEST, None, picture=True)["pdq"] == ""


def test_a_post_names_a_url_or_signals(room: Room, banks: Banks) -> None:
    by_url = posted(b'{"metadata": {"content_id": "7", "json": {"a": 1}}}', {"url": "https://example.org/a.mp4"})
    assert (by_url.url, by_url.signals, by_url.note) == ("https://example.org/a.mp4", None, "7")
    frames = vpdq.written([Frame("ab" * 32, 90, 0.5)])
    given = posted(json.dumps({"pdq": "AB" * 32, "vpdq": frames}).encode(), {}).signals
    assert given == Signals(pdq="ab" * 32, vpdq=(Frame("ab" * 32, 90, 0.5),))
    banks.create(room.tenant, "KNOWN", ME)
    assert banked(banks.add(room.tenant, "KNOWN", given, ME)) == {
        "id": 1,
        "signals": {"pdq": "ab" * 32, "vpdq": frames},
    }


@pytest.mark.parametrize(
    ("body", "query"),
    [
        (b"", {}),
        (b"[]", {}),
        (b"\xff", {}),
        (b"[" * 100_000, {}),
        (b'{"pdq": 1}', {}),
        (b'{"tmk": "ab"}', {}),
        (b'{"pdq": "ab"}', {}),
        (b'{"metadata": []}', {"url": "https://example.org"}),
        (b'{"metadata": {"who": "me"}}', {"url": "https://example.org"}),
        (b'{"metadata": {"content_id": 7}}', {"url": "https://example.org"}),
        (b"", {"url": "file:///etc/passwd"}),
        (b"", {"url": "https://[bad"}),
        (b"", {"url": "https://example.org/" + "a" * 2000}),
        (json.dumps({"pdq": "ab" * 32}).encode(), {"url": "https://example.org"}),
    ],
)
def test_a_post_that_names_nothing_is_refused(body: bytes, query: dict[str, str]) -> None:
    with pytest.raises(SignalUnfit):
        posted(body, query)
