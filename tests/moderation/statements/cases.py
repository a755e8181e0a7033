"""Decisions to make statements of, and a transparency database of this machine that behaves as the real one says."""

from __future__ import annotations

import contextlib
import json
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from countermark.moderation import Action, Decision, Held, Item, Ruling, Submission
from countermark.moderation.policies import Ground
from countermark.moderation.statements import Database, ItemFacts, Statement, built

TOKEN = "12|secret/of+the-platform"
TERMS = Ground(
    "incompatible",
    "Terms of use, section 4.2: synthetic media",
    "Realistic synthetic videos have to be labelled as such.",
    "STATEMENT_CATEGORY_OTHER_VIOLATION_TC",
)
LAW = Ground(
    "illegal",
    "Section 201a of the German Criminal Code",
    "A video that puts a person's face on an intimate scene without consent violates their privacy.",
    "STATEMENT_CATEGORY_CYBER_VIOLENCE",
    ("KEYWORD_NON_CONSENSUAL_MATERIAL_DEEPFAKE",),
)
LABEL = Action("label", "Made with AI")


def decision(
    *actions: Action, id: str = "dec_aaaa", by: str = "service", held: bool = True, **more: Any
) -> Decision:  # fmt: skip
    done = actions or (LABEL,)
    uploader = more.pop("uploader", {"account": "ada.lovelace", "country": "DE", "tier": "trusted"})
    submission = Submission(
        "sub_1", "ten_1", Item("v-17", "video"), "chk_1", "2026-03-01T09:00:00.000000+00:00", "ab" * 32, uploader
    )
    rules = (Held("synthetic", "the file carries the mark of a generator", done),) if held else ()
    values = {
        "id": id, "tenant_id": "ten_1", "submission": submission, "policy_id": "pol_1", "policy_version": 3,
        "revision": 1, "occasion": "first", "number": 1, "ruling": Ruling(rules, (), done if held else (), None),
        "actions": done, "by": by, "note": "", "made_at": "2026-03-02T10:00:00.000000+00:00",
        "effective_at": "2026-03-02T10:05:00.000000+00:00", **more,
    }  # fmt: skip
    return Decision(**values)


def without_actions(of: Decision) -> Decision:
    return replace(of, actions=())


def statement(id: str = "dec_aaaa", **more: Any) -> Statement:
    return replace(built(decision(id=id), TERMS, ItemFacts()), **more)


@dataclass
class State:
    """What the database has, and how it is to behave next."""

    taken: dict[str, dict[str, Any]] = field(default_factory=dict)  # puid -> body
    asked: list[tuple[str, int]] = field(default_factory=list)  # path, and how many statements
    inserts: int = 0
    next: list[str] = field(default_factory=list)  # misbehaviours, one for each request
    refuses: dict[str, dict[str, list[str]]] = field(default_factory=dict)  # puid -> errors
    changed: threading.Lock = field(default_factory=threading.Lock)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        state: State = self.server.state  # type: ignore[attr-defined]
        said = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        many = said["statements"] if self.path == "/api/v1/statements" else [said]
        with state.changed:
            state.asked.append((self.path, len(many)))
            how = state.next.pop(0) if state.next else ""
            if self.headers["Authorization"] != f"Bearer {TOKEN}":
                return self._say(401, {"message": "Unauthenticated."})
            if how == "dead":
                self.close_connection = True
                return None
            if re.fullmatch("[0-9]{3}.*", how):
                status, _, more = how.partition(" ")
                return self._say(int(status), {"message": f"as you say: {self.headers['Authorization']}"}, more)
            single = self.path == "/api/v1/statement"
            answer = _single(state, said) if single else _batch(state, many)
            if how == "vague" and not single:
                return self._say(422, {"message": "The given data was invalid."})
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            self._say(*answer, cut=how == "cut", nonsense=how == "nonsense")

    def _say(
        self, status: int, body: dict[str, Any], wait: str = "", *, cut: bool = False, nonsense: bool = False
    ) -> None:
        content = b"<html>" if nonsense else json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        if wait:
            self.send_header("Retry-After", wait)
        self.end_headers()
        self.wfile.write(content[: len(content) // 2] if cut else content)
        self.close_connection = cut

    def log_message(self, *args: object) -> None:
        return


def _single(state: State, said: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    puid = said["puid"]
    if puid in state.refuses:
        return 422, {"message": "invalid", "errors": state.refuses[puid]}
    if puid in state.taken:
        words = "The identifier given is not unique within this platform."
        return 422, {"message": words, "errors": {"puid": [words]}, "existing": {"puid": puid, "uuid": f"u-{puid}"}}
    return 201, _kept(state, said)


def _batch(state: State, many: list[dict[str, Any]]) -> tuple[int, dict[str, Any]]:
    if not 1 <= len(many) <= 100:
        return 422, {"errors": {"statements": ["between 1 and 100"]}}
    wrong = {f"statement_{n}": state.refuses[one["puid"]] for n, one in enumerate(many) if one["puid"] in state.refuses}
    if wrong:
        return 422, {"errors": wrong}
    if there := [one["puid"] for one in many if one["puid"] in state.taken]:
        words = "The platform identifier(s) are not all unique within this call."
        return 422, {"message": words, "errors": {"puid": [words], "existing_puids": there}}
    return 201, {"statements": [_kept(state, one) for one in many]}


def _kept(state: State, said: dict[str, Any]) -> dict[str, Any]:
    assert said["puid"] not in state.taken
    state.taken[said["puid"]] = said
    state.inserts += 1
    return {**said, "uuid": f"u-{said['puid']}", "permalink": f"http://x/statement/{said['puid']}"}


@contextlib.contextmanager
def transparency_database() -> Iterator[tuple[State, Database]]:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Handler) as server:
        server.state = State()  # type: ignore[attr-defined]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server.state, Database(f"http://127.0.0.1:{server.server_port}/api/v1", TOKEN)  # type: ignore[attr-defined]
        finally:
            server.shutdown()
            thread.join(10)
