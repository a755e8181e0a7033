"""A service of accounts alone, over real HTTP: keys, signing in, and routes that say who asks."""
# FastAPI reads the annotations of what is defined inside functions: they must not be put off.

import http.client
import json
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import Message
from types import SimpleNamespace
from typing import Annotated, Any
from urllib.parse import urlencode, urlsplit

from fastapi import Depends, FastAPI, Request

from countermark.accounts import Accounts, Caller, Rates
from countermark.api import problems, signing_in, who
from countermark.api.pages.faults import page_of
from countermark.api.v1 import keys
from countermark.settings import Settings

EMAIL, PASSWORD = "ada@example.org", "correct horse battery"


@dataclass(frozen=True)
class Said:
    """What was answered."""

    status: int
    headers: Message
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    def cookie(self, name: str) -> str:
        """A cookie as it was set, with all that was said of it."""
        return next((one for one in self.headers.get_all("Set-Cookie", []) if one.startswith(f"{name}=")), "")


def made(options: Settings) -> FastAPI:
    app = FastAPI()
    service: Any = SimpleNamespace(options=options, accounts=Accounts(options), rates=Rates(options))
    app.state.service = service
    app.add_middleware(who.StandingHeaders)
    problems.install(app, lambda request, problem: page_of(request, options, problem))
    app.include_router(keys.router(service), prefix="/v1")
    app.include_router(signing_in.router(service))

    def said(caller: Caller, request: Request) -> dict[str, Any]:
        return {
            "made_by": caller.made_by,
            "tenant": caller.tenant_id,
            "address": who.client_address(request, options),
            "csrf": who.csrf_token(request, options),
        }

    @app.get("/reading")
    def reading(request: Request, caller: Annotated[Caller, Depends(who.needs("checks:read"))]) -> dict[str, Any]:
        return said(caller, request)

    @app.post("/writing")
    def writing(request: Request, caller: Annotated[Caller, Depends(who.needs("checks:write"))]) -> dict[str, Any]:
        return said(caller, request)

    @app.post("/check")
    def check(request: Request, caller: Annotated[Caller, Depends(who.needs("checks:write"))]) -> dict[str, Any]:
        with who.for_check(request, service, caller) as asked:
            asked.laid = True
        return said(caller, request)

    @app.get("/personal")
    def personal(request: Request, caller: Annotated[Caller, Depends(who.needs("provenance:personal"))]) -> None:
        return None

    return app


@contextmanager
def serving(options: Settings, port: int = 0) -> Iterator[str]:
    """Serve it from a thread of this process; gives its URL."""
    import uvicorn

    config = uvicorn.Config(made(options), port=port, log_level="warning", proxy_headers=False, lifespan="off")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        end = time.monotonic() + 30
        while not server.started and thread.is_alive() and time.monotonic() < end:
            time.sleep(0.01)
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(30)


def ask(
    base: str,
    path: str,
    method: str = "GET",
    body: object = None,
    form: Mapping[str, str] | None = None,
    **headers: str,
) -> Said:
    """Ask, and follow nothing; `body` is sent as JSON."""
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    data = None
    if form is not None:
        data, sent = urlencode(form).encode(), {"Content-Type": "application/x-www-form-urlencoded", **sent}
    elif body is not None:
        data, sent = json.dumps(body).encode(), {"Content-Type": "application/json", **sent}
    connection = http.client.HTTPConnection(urlsplit(base).netloc, timeout=60)
    try:
        connection.request(method, path, data, sent)
        answer = connection.getresponse()
        return Said(answer.status, answer.headers, answer.read())
    finally:
        connection.close()


def sign_in(base: str, email: str = EMAIL, password: str = PASSWORD, next: str = "/", **headers: str) -> Said:
    form = {"email": email, "password": password, "next": next}
    return ask(base, "/sign-in", "POST", form=form, **{"Origin": base, **headers})


def cookie_of(said: Said, name: str = "countermark") -> str:
    """The cookie as a browser sends it back."""
    return said.cookie(name).partition(";")[0]
