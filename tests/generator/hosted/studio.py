"""A server of this machine that answers as each service's documentation says, in sound days and bad ones.

A fault is a function that takes a request and says whether it dealt with it: orders, looks and files have a queue each.
"""

import base64
import contextlib
import json
import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Json = dict[str, Any]
Fault = Callable[["Handler"], None]


@dataclass(frozen=True)
class Api:
    """One service, as documented: where it is asked, and what it answers."""

    order: str
    look: str
    taken: Callable[[str], Json]
    working: Callable[[str], Json]
    done: Callable[[str, str, bytes], Json]
    failed: Callable[[str], Json]
    stop: str = "(?!)"
    then: str = "(?!)"  # where what was made is told apart from the state
    made: Callable[[str], Json] = lambda url: {}
    status: int = 200


_OPERATION = "publishers/google/models/veo/operations/"
APIS = {
    "veo": Api(
        r"POST /v1beta1/publishers/google/models/[\w.-]+:predictLongRunning",
        r"POST /v1beta1/publishers/google/models/veo:fetchPredictOperation",
        lambda job: {"name": _OPERATION + job},
        lambda job: {"name": _OPERATION + job},
        lambda job, url, film: {
            "name": _OPERATION + job,
            "done": True,
            "response": {"videos": [{"bytesBase64Encoded": base64.b64encode(film).decode(), "mimeType": "video/mp4"}]},
        },
        lambda words: {
            "name": _OPERATION + "1",
            "done": True,
            "response": {"raiMediaFilteredCount": 1, "raiMediaFilteredReasons": [words]},
        },
    ),
    "runway": Api(
        r"POST /v1/(text|image|video)_to_video",
        r"GET /v1/tasks/(\w+)",
        lambda job: {"id": job},
        lambda job: {
            "id": job,
            "status": "RUNNING",
            "progress": 0.4,
            "createdAt": "2026-11-22T04:00:00Z",
            "estimatedCost": {"credits": 60},
        },
        lambda job, url, film: {
            "id": job,
            "status": "SUCCEEDED",
            "output": [url],
            "createdAt": "2026-11-22T04:00:00Z",
            "cost": {"credits": 60},
        },
        lambda words: {
            "id": "1",
            "status": "FAILED",
            "failure": words,
            "failureCode": "SAFETY.INPUT.TEXT",
            "createdAt": "2026-11-22T04:00:00Z",
            "cost": {"credits": 0},
        },
        stop=r"DELETE /v1/tasks/\w+",
    ),
    "luma": Api(
        r"POST /dream-machine/v1/generations/video",
        r"GET /dream-machine/v1/generations/(\w+)",
        lambda job: {"id": job, "state": "queued"},
        lambda job: {"id": job, "state": "dreaming"},
        lambda job, url, film: {"id": job, "state": "completed", "assets": {"video": url}},
        lambda words: {"id": "1", "state": "failed", "failure_reason": words},
        stop=r"DELETE /dream-machine/v1/generations/\w+",
        status=201,
    ),
    "kling": Api(
        r"POST /v1/videos/(text|image)2video",
        r"GET /v1/videos/(?:text|image)2video/(\w+)",
        lambda job: {"code": 0, "message": "SUCCEED", "data": {"task_id": job, "task_status": "submitted"}},
        lambda job: {"code": 0, "data": {"task_id": job, "task_status": "processing"}},
        lambda job, url, film: {
            "code": 0,
            "data": {"task_id": job, "task_status": "succeed", "task_result": {"videos": [{"id": "v", "url": url}]}},
        },
        lambda words: {"code": 0, "data": {"task_id": "1", "task_status": "failed", "task_status_msg": words}},
    ),
    "pika": Api(
        r"POST /fal-ai/pika/v2.2/(text|image)-to-video",
        r"GET /fal-ai/pika/requests/(\w+)/status",
        lambda job: {"request_id": job, "status": "IN_QUEUE"},
        lambda job: {"request_id": job, "status": "IN_PROGRESS"},
        lambda job, url, film: {"request_id": job, "status": "COMPLETED"},
        lambda words: {"request_id": "1", "status": "FAILED", "detail": [{"msg": words}]},
        stop=r"PUT /fal-ai/pika/requests/\w+/cancel",
        then=r"GET /fal-ai/pika/requests/\w+",
        made=lambda url: {"video": {"url": url}},
    ),
    "leonardo": Api(
        r"POST /api/rest/v1/generations-text-to-video",
        r"GET /api/rest/v1/generations/(\w+)",
        lambda job: {"motionVideoGenerationJob": {"generationId": job, "apiCreditCost": 25}},
        lambda job: {"generations_by_pk": {"id": job, "status": "PENDING", "generated_images": []}},
        lambda job, url, film: {
            "generations_by_pk": {"id": job, "status": "COMPLETE", "generated_images": [{"motionMP4URL": url}]}
        },
        lambda words: {"generations_by_pk": {"id": "1", "status": "FAILED"}},
    ),
    "heygen": Api(
        r"POST /v3/video-agents",
        r"GET /v3/videos/(\w+)",
        lambda job: {"data": {"session_id": "s1", "status": "generating", "video_id": job}},
        lambda job: {"data": {"id": job, "status": "processing"}},
        lambda job, url, film: {"data": {"id": job, "status": "completed", "video_url": url}},
        lambda words: {"data": {"id": "1", "status": "failed", "failure_message": words}},
    ),
    "synthesia": Api(
        r"POST /v2/videos",
        r"GET /v2/videos/(\w+)",
        lambda job: {"id": job, "status": "in_progress"},
        lambda job: {"id": job, "status": "in_progress"},
        lambda job, url, film: {"id": job, "status": "complete", "download": url},
        lambda words: {"id": "1", "status": "rejected"},
        status=201,
    ),
}


class Studio(ThreadingHTTPServer):
    """One service on a port of its own."""

    daemon_threads = True

    def __init__(self, api: Api, film: bytes) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.api, self.film = api, film
        self.looks = 2  # answers that it still works on it, for each job
        self.words: str | None = None  # if it fails: its words
        self.faults: dict[str, list[Fault]] = {"order": [], "look": [], "file": []}
        self.orders: list[tuple[Json, dict[str, str]]] = []
        self.looked: list[str] = []
        self.stopped: list[str] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class Handler(BaseHTTPRequestHandler):
    server: Studio
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._dispatch()

    do_POST = do_PUT = do_DELETE = do_GET

    def log_message(self, *args: object) -> None:
        return

    def _dispatch(self) -> None:
        self.content = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        line, api = f"{self.command} {self.path.partition('?')[0]}", self.server.api
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            if re.fullmatch(api.order, line):
                return self._faulty("order", self._order)
            if found := re.fullmatch(api.look, line):
                return self._faulty("look", lambda: self._look((found.groups() or ("1",))[0]))
            if re.fullmatch(api.then, line):
                return self.say(api.made(f"{self.server.url}/made/clip.mp4"))
            if re.fullmatch(api.stop, line):
                self.server.stopped.append(line)
                return self.say({}, 200)
            if self.path.startswith("/made/"):
                return self._faulty("file", self.give)
            self.say({"error": f"nothing is at {line}"}, 404)

    def _faulty(self, kind: str, otherwise: Callable[[], None]) -> None:
        queue = self.server.faults[kind]
        queue.pop(0)(self) if queue else otherwise()

    def _order(self) -> None:
        self.server.orders.append((json.loads(self.content), dict(self.headers)))
        self.say(self.server.api.taken(f"job{len(self.server.orders)}"), self.server.api.status)

    def _look(self, job: str) -> None:
        server = self.server
        server.looked.append(job)
        if server.words is not None:
            return self.say(server.api.failed(server.words))
        if len(server.looked) <= server.looks:
            return self.say(server.api.working(job))
        self.say(server.api.done(job, f"{server.url}/made/clip.mp4?sig={len(server.looked)}", server.film))

    def say(self, answer: Json, status: int = 200, **headers: str) -> None:
        self.give(json.dumps(answer).encode(), "application/json", status, **headers)

    def give(self, content: bytes | None = None, kind: str = "video/mp4", status: int = 200, **headers: str) -> None:
        content = self.server.film if content is None else content
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(content)


# Faults --------------------------------------------------------------------------------------------------------------


def busy(handler: Handler) -> None:
    handler.say({"error": "too many at once"}, 429, Retry_After="0.05")


def broken(handler: Handler) -> None:
    handler.say({"error": "something went wrong"}, 500)


def full(handler: Handler) -> None:
    handler.say({"error": "no room now"}, 503)


def later(handler: Handler) -> None:
    """Ask for more patience than anybody has."""
    handler.say({"error": "too many at once"}, 429, Retry_After="200")


def hang(handler: Handler) -> None:
    """Say nothing until whoever asks has gone."""
    handler.connection.settimeout(60)
    handler.connection.recv(1)
    handler.close_connection = True


def reset(handler: Handler) -> None:
    handler.close_connection = True
    handler.connection.close()


def between(status: int) -> Fault:
    """Answer as a machine in between does, which can't know what the service did."""
    return lambda handler: handler.say({"error": "no answer came from behind"}, status)


def unknown(handler: Handler) -> None:
    handler.say({"detail": "no such generation"}, 404)


def short(handler: Handler) -> None:
    handler.send_response(200)
    handler.send_header("Content-Type", "video/mp4")
    handler.send_header("Content-Length", str(len(handler.server.film)))
    handler.end_headers()
    handler.wfile.write(handler.server.film[:1000])
    handler.close_connection = True


def page(handler: Handler) -> None:
    handler.give(b"<html>sign in</html>", "text/html")


def expired(handler: Handler) -> None:
    handler.give(b"<Error>expired</Error>", "application/xml", 403)


@contextlib.contextmanager
def open_studio(name: str, film: bytes) -> Iterator[Studio]:
    studio = Studio(APIS[name], film)
    threading.Thread(target=studio.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield studio
    finally:
        studio.shutdown()
        studio.server_close()
