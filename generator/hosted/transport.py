"""Lets the official clients ask through our door to the network: their HTTP library gets a transport of ours.

So the addresses, the size of answers and the time are limited as everywhere, and no proxy is asked.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from ...errors import CountermarkError, PackageMissing, ServiceFailed
from ...fetch import exchange
from .offer import INSTALL
from .service import Refused

if TYPE_CHECKING:
    import httpx

ANSWER_BYTES = 16 << 20
PACKED = ("content-encoding", "transfer-encoding", "content-length")


def client(home: str | None, seconds: float, most_bytes: int = ANSWER_BYTES) -> httpx.Client:
    """Give an HTTP client for one service; `home` is its address where the user gave one."""
    import httpx

    class Door(httpx.BaseTransport):
        """Asks through `fetch`."""

        def handle_request(self, request: httpx.Request) -> httpx.Response:
            """Ask once."""
            answer = exchange(
                str(request.url),
                method=request.method,
                headers=dict(request.headers),
                body=request.read() or None,
                most_bytes=most_bytes,
                seconds=seconds,
                home=home,
            )
            headers = {name: value for name, value in answer.headers.items() if name not in PACKED}
            return httpx.Response(answer.status, headers=headers, content=answer.body, request=request)

    return httpx.Client(transport=Door(), trust_env=False, timeout=None)


@contextmanager
def own_errors(*refusals: type[Exception]) -> Iterator[None]:
    """Turn what a client raises into our own: its refusals, and what it made of the errors of our door.

    A refusal is known by `status_code` or `code`, and keeps the answer as `response`.
    """
    try:
        yield
    except refusals as error:
        if (own := _own(error)) is not None:
            raise own from None
        raise _refused(error) from None
    except (CountermarkError, Refused):
        raise
    except Exception as error:  # an answer that the client can't read: any class of its parser's
        if (own := _own(error)) is not None:
            raise own from None
        raise ServiceFailed(f"its answer cannot be read ({type(error).__name__})") from None


def lacking(package: str) -> PackageMissing:
    """Say how a client is installed."""
    return PackageMissing(f"{package} is not installed", advice=f"install it: {INSTALL}")


def _own(error: BaseException | None) -> CountermarkError | None:
    while error is not None and not isinstance(error, CountermarkError):
        error = error.__cause__ or error.__context__
    return error


def _refused(error: Any) -> Exception:
    status = getattr(error, "status_code", None) or getattr(error, "code", None)
    if not isinstance(status, int) or status < 400:
        return ServiceFailed(f"its client gave up ({type(error).__name__})")
    headers = getattr(getattr(error, "response", None), "headers", None) or {}
    return Refused(status, _words(error), headers.get("retry-after"))


def _words(error: Any) -> str:
    """What the service says is wrong: in its body, under one of the usual names, or all of it."""
    body = getattr(error, "body", None) or getattr(error, "details", None)
    while isinstance(body, dict):
        body = next((body[name] for name in ("error", "message", "detail", "issues") if body.get(name)), str(body))
    return str(body or getattr(error, "message", "") or "")
