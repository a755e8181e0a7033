"""The command that serves the verification service: API, pages, and a worker beside them."""

from __future__ import annotations

import importlib.util
from contextlib import nullcontext
from typing import TYPE_CHECKING, Annotated

import typer

from .app import app
from .session import Quiet, Session, Verbose

if TYPE_CHECKING:
    from ..settings import Settings

HOST, PORT = "127.0.0.1", 8000
_NEEDED = ("fastapi", "uvicorn", "dbos", "obstore", "jinja2", "python_multipart", "limits", "structlog", "joserfc")
_SAID = {  # settings that name whoever runs the service, and what a page lacks without them
    "operator": "who runs it",
    "operator_contact": "where people reach whoever runs it",
    "terms_url": "the terms of use",
    "privacy_url": "what is kept of visitors",
}


@app.command("serve")
def serve(
    host: Annotated[str, typer.Option(help="Address to listen at; 0.0.0.0: all of this machine's.")] = HOST,
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port to listen at; 0: any that is free.")] = PORT,
    no_work: Annotated[
        bool, typer.Option("--no-work", help="Answer alone; `countermark worker` processes make the checks.")
    ] = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Run the verification service: pages and API, until it is stopped; nothing else has to be started.

    Its home keeps database, queue and media; with `database` and `service.objects` set, these lie elsewhere,
    and several machines serve and work together.
    """
    from ..settings import settings

    session = Session("serve", False, quiet, verbose)
    with session.shield():
        _run(session, settings(), host, port, work=not no_work)
    session.end()


def _run(session: Session, options: Settings, host: str, port: int, *, work: bool) -> None:
    _check_packages()
    from .. import objects
    from ..accounts import Accounts
    from ..api import server
    from ..api.app import app as service
    from ..api.telemetry import log_to_stderr
    from ..media.sandbox import few_arenas
    from ..store import engine

    few_arenas()
    with engine.writing(options.database_url):
        pass  # it is made, or what keeps it from that is said now, and not once visitors are here
    objects.opened(options).tried()
    nobody = not Accounts(options).people()
    # The lock comes first: that this home is served already says more than that some program has the port. With
    # port 0 the system gives one that nobody has.
    with server.alone(options.home, port) if port else nullcontext(), server.bound(host, port) as at:
        options = _named(session, options, host, at.getsockname()[1])
        log_to_stderr(options.service.log_format)
        server.serve(service(options, work=work), at, lambda: _welcome(session, options, work, nobody))
    session.remark("stopped")


def _named(session: Session, options: Settings, host: str, port: int) -> Settings:
    """Say by which name people reach it: as set, or else by this machine's own."""
    from ..settings import Service

    if options.service.public_url != Service.model_fields["public_url"].default:
        return options
    local = host if host in ("localhost", "127.0.0.1", "::1") else "127.0.0.1"
    if local != host:
        session.remark(
            f"it listens at {host} and answers to this machine's own names alone: set `service.public_url`"
            " to the address by which others reach it"
        )
    url = f"http://{f'[{local}]' if ':' in local else local}:{port}"
    return options.model_copy(update={"service": options.service.model_copy(update={"public_url": url})})


def _welcome(session: Session, options: Settings, work: bool, nobody: bool) -> None:
    session.remark(f"Countermark checks videos at {options.service.public_url}")
    session.remark("Ctrl-C stops it" if work else "it makes no checks itself: run `countermark worker` beside it")
    missing = [name for name in _SAID if not getattr(options.service, name)]
    if missing:
        lacking = ", ".join(f"`service.{name}` ({_SAID[name]})" for name in missing)
        session.remark(f"not set, though visitors should be told: {lacking}")
    if nobody and not options.service.oidc_issuer:
        session.remark(
            "nobody can sign in yet; the first account: countermark accounts add you@example.org --role administrator"
        )


def _check_packages() -> None:
    from ..errors import PackageMissing

    missing = [name for name in _NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        advice = "`pip install '.[serve]'` in the folder of Countermark's sources installs them"
        raise PackageMissing(f"to serve, {', '.join(missing)} must be installed", advice=advice)
