"""A service that a file describes, asked over plain HTTP. Knows how to ask; what, the file says."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from ...errors import KeyMissing, ServiceFailed
from ...fetch import exchange
from ...settings import Settings
from .described import Adapter, Described, HeaderKey, key_variables, values_of
from .filling import at, fields, filled
from .keys import home, key, lacking, unset
from .offer import Task
from .service import Failed, Made, Refused, Wish, Working

ANSWER_BYTES = 16 << 20
TOKEN_S = 1800


@dataclass(frozen=True)
class PlainHttp:
    """One described service, with its key in hand."""

    adapter: Adapter
    options: Settings
    values: dict[str, str]
    secrets: tuple[str, ...]
    seconds: float
    home: str | None  # its address, where the user gave it

    def begin(self, wish: Wish) -> str:
        """Order; the job's name comes back."""
        submit = self._described(wish.task).submit
        body = filled(submit.body, fields(wish, self.values, self.options))
        answer = self._ask(submit.method, submit.path, json.dumps(body).encode())
        name = at(answer, submit.job)
        if not isinstance(name, (str, int)) or name == "":
            raise ServiceFailed(f"it took the order, and gave the job no name at {submit.job}")
        return str(name)

    def look(self, job: str, task: Task) -> Working | Made | Failed:
        """Ask for the job's state."""
        poll = self._described(task).poll
        answer = self._ask("GET", _with(poll.path, job))
        state = str(at(answer, poll.state))
        if state in poll.failed:
            return Failed(_first(answer, poll.words))
        if state in poll.working:
            share = at(answer, poll.share)
            return Working(share / poll.share_of if isinstance(share, (int, float)) else None)
        if state not in poll.done:
            raise ServiceFailed(f"its state {state!r} is none that the file knows")
        found = self._ask("GET", _with(poll.then, job)) if poll.then else answer
        url = at(found, poll.result)
        return Made(url=url) if isinstance(url, str) and url else Failed(_first(found, poll.words))

    def stop(self, job: str, task: Task) -> bool:
        """Cancel it, where the file says how."""
        stop = self._described(task).stop
        if stop is None:
            return False
        self._ask(stop.method, _with(stop.path, job))
        return True

    def _described(self, task: Task) -> Described:
        return next(one for one in self.adapter.tasks if one.name == task.name)

    def _ask(self, method: str, path: str, body: bytes | None = None) -> Any:
        """Ask once, and read the JSON that comes."""
        sent = {"Accept": "application/json", **self.adapter.headers, **self._authorised()}
        if body is not None:
            sent["Content-Type"] = "application/json"
        url = home(self.adapter.base) + path
        got = exchange(
            url,
            method=method,
            headers=sent,
            body=body,
            most_bytes=ANSWER_BYTES,
            seconds=self.seconds,
            home=self.home,
        )
        answer = _json(got.body)
        wrong = self.adapter.errors
        if not 200 <= got.status < 300:
            raise Refused(got.status, _first(answer, wrong.words), got.headers.get("retry-after"))
        code = at(answer, wrong.code)
        if wrong.code and code is not None and code != wrong.fine:
            raise Refused(got.status, f"{code} {_first(answer, wrong.words)}")
        if answer is None and method != "DELETE" and (body is not None or method == "GET"):
            raise ServiceFailed("its answer is no JSON")
        return answer

    def _authorised(self) -> dict[str, str]:
        secret = self.adapter.key
        if isinstance(secret, HeaderKey):
            return {secret.header: secret.prefix + self.secrets[0]}
        return {secret.header: secret.prefix + _token(*self.secrets)}


def connect(adapter: Adapter, own: bool, options: Settings, seconds: float) -> PlainHttp:
    """Read the keys, and what else the user has to choose; `own`: the file is the user's, who may name an inside."""
    variables = key_variables(adapter)
    if missing := lacking(variables):
        raise unset(missing, adapter.name)
    secrets = tuple(key(variable, adapter.name) for variable in variables)
    values = values_of(adapter)
    for name, value in adapter.values.items():
        if not values[name]:
            what = f"{adapter.name} needs {value.about}, and {value.variable} is not set"
            raise KeyMissing(what, advice=f"set {value.variable} in the environment")
    return PlainHttp(adapter, options, values, secrets, seconds, adapter.base if own else None)


def _with(path: str, job: str) -> str:
    return path.replace("{job}", quote(job, safe=""))


def _json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def _first(answer: Any, places: tuple[str, ...]) -> str:
    """The service's own words: what stands at the first of the places."""
    found = (at(answer, place) for place in places)
    return next((one if isinstance(one, str) else json.dumps(one) for one in found if one), "")


def _token(issuer: str, secret: str) -> str:
    """Sign a token: JWT with HS256, from a moment ago, for half an hour."""
    now = int(time.time())
    parts = ({"alg": "HS256", "typ": "JWT"}, {"iss": issuer, "exp": now + TOKEN_S, "nbf": now - 5})
    said = ".".join(_letters(json.dumps(part, separators=(",", ":")).encode()) for part in parts)
    return said + "." + _letters(hmac.new(secret.encode(), said.encode(), hashlib.sha256).digest())


def _letters(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()
