"""Where the service may be led by URLs that strangers give: nowhere inside, however the address is spelled.

Redirects, names that change their mind and streams without end are shown by tests/fetch and tests/posts, which the
service asks through; here it is the whole process, with the settings that it has by default.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from countermark.docket import Callbacks
from countermark.tests.security.running import Running


@contextmanager
def trap() -> Iterator[tuple[int, list[str]]]:
    """Listen inside, and write down who comes."""
    came: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            came.append(self.path)
            self.send_response(200)
            self.end_headers()

        do_POST = do_GET

        def log_message(self, *words: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield server.server_port, came
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


INSIDE = [
    "http://127.0.0.1:{}/a",
    "http://localhost:{}/a",
    "http://127.1:{}/a",
    "http://2130706433:{}/a",
    "http://0x7f000001:{}/a",
    "http://0177.0.0.1:{}/a",
    "http://0:{}/a",
    "http://0.0.0.0:{}/a",
    "http://[::1]:{}/a",
    "http://[::]:{}/a",
    "http://[::ffff:127.0.0.1]:{}/a",
    "http://[::ffff:7f00:1]:{}/a",
    "http://[64:ff9b::127.0.0.1]:{}/a",
    "http://[2002:7f00:1::]:{}/a",
    "http://127.0.0.1:{}#@1.1.1.1/",
    "http://1.1.1.1@127.0.0.1:{}/",
    "http://127.0.0.1%2f@1.1.1.1:{}/",
    "http://ⓛocalhost:{}/a",
    "http://127。0。0。1:{}/a",
    "http://169.254.169.254/latest/meta-data/",
    "http://[fd00:ec2::254]/latest/",
    "http://10.0.0.1/",
    "http://192.168.1.1:8080/",
    "http://100.64.0.1/",
]
NEVER = [
    *("file:///etc/passwd", "ftp://127.0.0.1/a", "gopher://127.0.0.1:{}/_x", "data:video/mp4;base64,AAAA"),
    *("//127.0.0.1/a", "http://", "http:///a", "jar:http://127.0.0.1!/", "concat:/etc/passwd"),
    *("http://127.0.0.1:22/", "http://1.1.1.1:25/"),
]


def test_no_url_leads_inside(server: Running) -> None:
    """Refused at once, or as a failed check with advice; and nobody ever came."""
    with trap() as (port, came), server.client(headers=server.key()) as asking:
        checks = {}
        for url in INSIDE + NEVER:
            answer = asking.post("/v1/checks", json={"url": url.format(port)})
            assert answer.status_code in (202, 422), (url, answer.text)
            if answer.status_code == 202:
                checks[url] = answer.json()["id"]
            else:
                assert answer.json()["advice"], url
        assert not set(checks) & set(NEVER) - {"http://127.0.0.1:22/", "http://1.1.1.1:25/"}
        for url, check_id in checks.items():
            check = server.over(check_id)
            error = check["error"]
            assert isinstance(error, dict) and check["status"] == "failed" and error["advice"], (url, check)
            assert error["type"] in ("NetworkRefused", "FetchFailed"), (url, error)
        assert not came, "somebody inside was asked"


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:{}/hook", "http://[::ffff:127.0.0.1]:{}/hook", "http://localhost:{}/hook"]
)
def test_no_callback_leads_inside(server: Running, film: Path, url: str) -> None:
    with trap() as (port, came), server.client(headers=server.key()) as asking, film.open("rb") as content:
        sent = {"callback_url": url.format(port)}
        answer = asking.post("/v1/checks", files={"file": ("a.mp4", content)}, data=sent)
        if answer.status_code == 422:
            return
        check_id = answer.json()["id"]
        server.over(check_id)
        end = time.monotonic() + 30
        while not (owed := Callbacks(server.options).of_check(check_id)) or not owed[0].failure:
            assert time.monotonic() < end, "an attempt is made, and noted"
            time.sleep(0.1)
        assert "no public address" in owed[0].failure and not came


def test_a_reference_leads_nowhere_inside(server: Running) -> None:
    with trap() as (port, came), server.client(headers=server.key()) as asking:
        body = {"referenceUrl": f"http://127.0.0.1:{port}/a", "assetType": "video/mp4", "assetLength": 10}
        answer = asking.post("/v1/matches/byReference", content=json.dumps(body))
        assert 400 <= answer.status_code < 500 and not came, answer.text


def test_its_own_numbers_are_for_this_machine_alone(server: Running) -> None:
    with server.client() as asking:
        assert asking.get("/metrics").status_code == 200
        for passed in ({"X-Forwarded-For": "203.0.113.7"}, {"Forwarded": "for=203.0.113.7"}):
            assert asking.get("/metrics", headers=passed).status_code == 403
