"""What every answer has, whatever was asked; health, numbers, logs and traces; clients that take their time."""

import json
import logging
import re
import shutil
import socket
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from countermark.api import middleware, server, telemetry
from countermark.docket import PUBLIC
from countermark.settings import Settings
from countermark.tests import databases
from tests.api.served import PERSON, Place, serving
from tests.api.test_problems import raw

SECONDS = 20.0


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with serving(tmp_path_factory.mktemp("home")) as made:
        yield made


# Every answer --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path", ["/", "/healthz", "/nowhere", "/v1/checks", "/v1/checks/chk_x", "/openapi.json", "/metrics"]
)
def test_headers_that_keep_a_browser_safe(place: Place, path: str) -> None:
    headers = place.ask("GET", path, headers={"Origin": "https://elsewhere.example"}).headers
    policy = {part.split()[0]: part.split()[1:] for part in headers["content-security-policy"].split(";")}
    assert policy["default-src"] == ["'none'"] and policy["script-src"] == policy["style-src"] == ["'self'"]
    assert policy["frame-ancestors"] == policy["base-uri"] == ["'none'"] and policy["form-action"] == ["'self'"]
    assert "unsafe" not in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff" and headers["referrer-policy"] == "same-origin"
    assert headers["cache-control"] and headers["x-request-id"]
    assert not [name for name in headers if name.startswith("access-control-")], "no other origin reads it"
    assert "server" not in headers and "strict-transport-security" not in headers


def test_under_https_a_browser_is_told_to_stay_there(tmp_path: Path) -> None:
    with serving(tmp_path, public_url="https://checks.example") as place:
        assert "max-age" in place.ask("GET", "/healthz").headers["strict-transport-security"]


def test_another_origin_may_ask_nothing_beforehand(place: Place) -> None:
    headers = {"Origin": "https://elsewhere.example", "Access-Control-Request-Method": "DELETE"}
    said = place.ask("OPTIONS", "/v1/checks/chk_x", headers=headers)
    assert said.status_code == 405 and "access-control-allow-origin" not in said.headers


def test_an_id_of_a_request_is_kept_if_it_is_one(place: Place) -> None:
    assert (
        place.ask("GET", "/healthz", headers={"X-Request-Id": "abc-123.DEF_4"}).headers["x-request-id"]
        == "abc-123.DEF_4"
    )
    for wrong in ("short", "x" * 65, "has blanks in it", 'with"quotes"inside', "-begins-wrong"):
        found = place.ask("GET", "/healthz", headers={"X-Request-Id": wrong}).headers["x-request-id"]
        assert found != wrong and re.fullmatch(r"[0-9a-f]{24}", found)


def test_other_names_than_its_own_are_refused(tmp_path: Path) -> None:
    with serving(tmp_path, public_url="https://checks.example") as place:
        for host, status in (
            *(("checks.example", 200), ("CHECKS.example:8443", 200), ("127.0.0.1:1", 200), ("localhost", 200)),
            *(("[::1]:9", 200), ("evil.example", 421), ("checks.example.evil.example", 421), ("10.0.0.1", 421)),
            ("[", 421),
        ):
            said = place.ask("GET", "/v1/services/supportedAlgorithms", headers={"Host": host})
            assert said.status_code == status, host
        assert place.ask("GET", "/healthz", headers={"Host": "10.0.0.1"}).status_code == 200, "by address, as probes do"
        assert "service.public_url" in place.ask("GET", "/", headers={"Host": "evil.example"}).json()["advice"]


# Health and numbers --------------------------------------------------------------------------------------------------


def test_ready_says_what_is_away(place: Place, tmp_path: Path) -> None:
    assert place.ask("GET", "/healthz").json() == {"status": "good"}
    said = place.ask("GET", "/readyz")
    assert said.json() == {"status": "good", "database": "good", "objects": "good", "queue": "good"}
    with serving(tmp_path) as other:
        other.laid()
        (tmp_path / "registry.sqlite").write_bytes(b"no database at all" * 1000)
        for end in ("-wal", "-shm"):
            (tmp_path / f"registry.sqlite{end}").unlink(missing_ok=True)
        said = other.ask("GET", "/readyz")
        assert (said.status_code, said.json()["database"], said.json()["queue"]) == (503, "away", "good")
        assert other.ask("GET", "/healthz").status_code == 200
        assert other.ask("GET", "/v1/checks/chk_x").status_code == 503
        assert "countermark_requests_total" in other.ask("GET", "/metrics").text, "numbers go on"


def test_numbers_by_route_and_nothing_that_is_anybodys(place: Place) -> None:
    check = place.finished(PUBLIC)
    for path in (f"/v1/checks/{check.id}", "/v1/checks/chk_none", "/v1/nowhere?secret=x"):
        place.ask("GET", path)
    said = place.ask("GET", "/metrics")
    assert said.headers["content-type"].startswith("text/plain")
    route = 'method="GET",route="/v1/checks/{check_id}"'
    assert re.search(rf'countermark_requests_total{{{re.escape(route)},status="200"}} [1-9]', said.text)
    assert re.search(rf'countermark_requests_total{{{re.escape(route)},status="404"}} [1-9]', said.text)
    assert f'countermark_request_seconds_bucket{{le="0.005",{route}}}' in said.text
    assert re.search(r'countermark_checks{outcome="ai_generated"} [1-9]', said.text)
    assert 'countermark_queue_depth{queue="live"} 0.0' in said.text
    assert not any(word in said.text for word in (check.id, "chk_", "secret", "127.0.0.1", "public"))


def test_numbers_are_for_the_operator(place: Place, tmp_path: Path) -> None:
    assert place.ask("GET", "/metrics", headers={"X-Forwarded-For": "127.0.0.1"}).status_code == 403, "through a proxy"
    from types import SimpleNamespace

    from countermark.api.health import _only_the_operator
    from countermark.api.problems import Problem

    def asked(address: str, allowed: str) -> bool:
        request = SimpleNamespace(headers={}, client=SimpleNamespace(host=address))
        try:
            _only_the_operator(request, allowed)  # type: ignore[arg-type]
        except Problem:
            return False
        return True

    assert asked("127.0.0.1", "") and asked("::1", "") and not asked("10.1.2.3", "")
    assert asked("10.1.2.3", "192.0.2.1, 10.0.0.0/8") and not asked("11.1.2.3", "10.0.0.0/8")
    assert not asked("somewhere", "") and not asked("10.1.2.3", "no network")


# What is written down ------------------------------------------------------------------------------------------------


def test_logs_are_lines_of_json_without_secrets(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    before = logging.getLogger().handlers[:]
    telemetry.log_to_stderr("json")
    try:
        check, manage = place.opened(PUBLIC)
        key = place.key("checks:read")
        secret = key["Authorization"].rpartition("_")[2]
        sent = {**key, "X-Request-Id": "a-request-of-tests"}
        place.ask("GET", "/v1/checks?cursor=t0ken", headers=key)
        place.ask("GET", f"/v1/checks/{check.id}", headers=sent)
        place.ask("DELETE", f"/v1/checks/{check.id}", headers={"X-Manage-Token": manage or ""})
        place.ask(
            "POST",
            "/v1/checks",
            json={"url": "https://media.example/x?sig=s1gnature", "callback_url": "https://c.example/h00k"},
        )
        place.ask("GET", "/healthz")
        logging.getLogger("countermark.test").warning("said by a room below")
        lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    finally:
        logging.getLogger().handlers[:] = before
    said = json.dumps(lines)
    for word in (secret, "t0ken", manage, "s1gnature", "h00k", check.id, "127.0.0.1", PERSON):
        assert word and word not in said, word
    (one,) = [line for line in lines if line.get("request_id") == "a-request-of-tests"]
    assert (one["route"], one["status"], one["tenant"]) == ("/v1/checks/{check_id}", 200, "main")
    assert one["by"].startswith("key:cmk_") and one["ms"] > 0 and one["level"] == "info" and one["timestamp"]
    assert "said by a room below" in said and "/healthz" not in said


def test_logs_for_people(capsys: pytest.CaptureFixture[str]) -> None:
    import structlog

    before = logging.getLogger().handlers[:]
    telemetry.log_to_stderr("text")
    try:
        ids = [f"{kind}_{'abc2xyz7' * 3}ab" for kind in ("chk", "upl", "stp", "cbk")]
        try:
            raise ValueError(f"a fault at media/{ids[1]}")
        except ValueError:
            logging.getLogger("countermark.test").exception("it broke: %s.mp4", ids[0])
        logging.getLogger("dbos").warning(f"job {ids[2]}")
        structlog.get_logger("countermark.test").info("delivered", id=ids[3])
        said = capsys.readouterr().err
    finally:
        logging.getLogger().handlers[:] = before
    assert not any(one in said for one in ids) and all(f"{one[:10]}…" in said for one in ids), said
    assert "it broke" in said and "ValueError: a fault" in said and not said.startswith("{")


def test_traces_go_where_the_setting_says(tmp_path: Path) -> None:
    """A real collector: what arrives is what OpenTelemetry's own messages say, and holds no id and no query."""
    from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

    got: list[bytes] = []

    class Collector(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            got.append(__import__("gzip").decompress(body) if self.headers.get("content-encoding") == "gzip" else body)
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    collector = ThreadingHTTPServer(("127.0.0.1", 0), Collector)
    threading.Thread(target=collector.serve_forever, args=(0.05,), daemon=True).start()
    url = f"http://127.0.0.1:{collector.server_address[1]}/v1/traces"
    trace, parent = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
    with serving(tmp_path, traces=url) as place:
        check = place.finished(PUBLIC)
        headers = {"traceparent": f"00-{trace}-{parent}-01"}
        place.ask("GET", f"/v1/checks/{check.id}", headers=headers)
        place.ask("GET", "/v1/checks?cursor=t0ken", headers=place.key("checks:read"))
    collector.shutdown()
    collector.server_close()
    sent = b"".join(got)
    spans = [
        span
        for body in got
        for resource in ExportTraceServiceRequest.FromString(body).resource_spans
        for scope in resource.scope_spans
        for span in scope.spans
    ]
    (one,) = [span for span in spans if span.name == "GET /v1/checks/{check_id}"]
    assert one.trace_id.hex() == trace and one.parent_span_id.hex() == parent
    facts = {fact.key: fact.value for fact in one.attributes}
    assert facts["http.response.status_code"].int_value == 200
    assert check.id.encode() not in sent and b"t0ken" not in sent


# Clients that take their time ----------------------------------------------------------------------------------------


def test_a_head_that_does_not_come_is_not_waited_for(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "HEAD_S", 0.5)
    parts = urlsplit(place.base)
    for begun in (b"", b"GET /healthz HTTP/1.1\r\nHost: 127."):
        with socket.create_connection((str(parts.hostname), int(parts.port or 0)), timeout=SECONDS) as slow:
            slow.sendall(begun)
            began = time.monotonic()
            assert slow.recv(1000) == b"", "it is let go"
            assert time.monotonic() - began < 10
    with socket.create_connection((str(parts.hostname), int(parts.port or 0)), timeout=SECONDS) as kept:
        whole = b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
        kept.sendall(whole)
        said = b""
        while not said.endswith(b"}"):
            said += kept.recv(10_000)
        assert said.startswith(b"HTTP/1.1 200")
        kept.sendall(whole[:20])
        assert kept.recv(1000) == b"", "nor for the second one's"


def test_heads_that_are_too_large(place: Place) -> None:
    said = raw(place, b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Large: " + b"x" * 100_000)
    assert said.startswith(b"HTTP/1.1 400")


def test_a_reader_that_takes_nothing_is_let_go() -> None:
    """A piece of an answer is taken within its time, or the connection ends."""
    import asyncio

    async def never(message: object) -> None:
        await asyncio.Event().wait()

    async def nothing() -> dict[str, object]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def answered() -> None:
        async def app(scope: object, receive: object, send: middleware.Send) -> None:
            await send({"type": "http.response.start", "status": 200, "headers": []})

        scope = {"type": "http", "method": "GET", "path": "/", "headers": []}
        await middleware.Bounded(app, 10, 10.0, idle_s=0.05)(scope, nothing, never)

    with pytest.raises(TimeoutError):
        asyncio.run(answered())


def test_many_at_once(place: Place) -> None:
    check = place.finished(PUBLIC)
    said: list[int] = []

    def ask() -> None:
        said.extend(place.ask("GET", f"/v1/checks/{check.id}").status_code for _ in range(5))

    threads = [threading.Thread(target=ask) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert said == [200] * 100


def test_traces_without_their_packages_are_refused_with_advice(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    from countermark.errors import PackageMissing

    monkeypatch.setitem(sys.modules, "opentelemetry.exporter.otlp.proto.http.trace_exporter", None)
    with pytest.raises(PackageMissing, match="traces"):
        telemetry.Telemetry(Settings.model_validate({"service": {"traces": "http://127.0.0.1:9/v1/traces"}}))


def test_ready_says_when_the_store_is_gone(tmp_path: Path) -> None:
    with serving(tmp_path) as other:
        shutil.rmtree(tmp_path / "objects")
        said = other.ask("GET", "/readyz")
        assert (said.status_code, said.json()["objects"], said.json()["database"]) == (503, "away", "good")


NUL_ADDRESSES = ("/v1/checks/chk_%00", "/v1/stamps/%00", "/v1/uploads/%00", "/v1/records/urn:c2pa:%00", "/r/urn:%00")


@pytest.mark.parametrize("kind", databases.KINDS)
def test_no_letter_of_anybodys_breaks_a_database(kind: str, tmp_path: Path) -> None:
    with serving(tmp_path / "home", databases.new(kind, tmp_path)) as place:
        check = place.laid()
        key = place.key("checks:read", "checks:write", "findings:write", "holds:write", "registry:read", "keys:write")
        for path in (*NUL_ADDRESSES, "/v1/records?model=%00", "/c/chk_%0a", "/keys/%00/revoke", "/registry?q=%00"):
            assert place.ask("GET", path, headers=key).status_code == 400, path
        for path, sent in (
            ("/v1/checks", {"url": "https://a.example/x", "external_id": "a\0b"}),
            ("/v1/checks", {"url": "https://a.example/x", "metadata": {"a\0": "b"}}),
            ("/v1/checks", {"upload_id": "\0"}),
            (f"/v1/checks/{check.id}/findings", {"says": "genuine", "why": "\0"}),
            (f"/v1/checks/{check.id}/holds", {"reason": "review", "note": "a\0"}),
            (f"/v1/checks/{check.id}/feedback", {"says": "right", "comment": "\0"}),
            ("/v1/keys", {"name": "a\0b", "scopes": ["checks:read"]}),
        ):
            said = place.ask("POST", path, headers=key, json=sent)
            assert said.status_code == 422 and "NUL" in said.json()["detail"], said.text
        form = {"email": "a\0@example.org", "password": "x"}
        said = place.ask("POST", "/sign-in", headers={"Sec-Fetch-Site": "same-origin"}, data=form)
        assert said.status_code == 401


def test_a_name_that_no_route_knows_is_refused(place: Place) -> None:
    key = place.key("checks:read")
    said = place.ask("GET", "/v1/checks?outcome=conflict", headers=key)
    assert said.status_code == 422 and "verdict" in said.json()["advice"] and "outcome" in said.json()["detail"]
    assert place.ask("GET", "/v1/checks?verdict=conflict&limit=5", headers=key).status_code == 200
    assert place.ask("GET", f"/v1/checks/{place.laid().id}?full=1", headers=key).status_code == 422


def test_pictures_and_readiness_are_counted(tmp_path: Path) -> None:
    with serving(tmp_path, anonymous_requests=3) as other:
        picture = "/v1/checks/chk_x/pictures/a.jpg?until=9&signature=0"
        said = [other.ask("GET", path).status_code for path in (picture, "/readyz", picture, picture, "/readyz")]
        assert said == [403, 200, 403, 429, 429]
