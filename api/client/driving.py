"""Takes the steps of an operation over real connections: one driver that waits, one that lets others work meanwhile."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import closing
from typing import Any, TypeVar
from urllib.parse import urlsplit

from ... import __version__
from ...errors import PackageMissing, ServerRefused
from .steps import Answer, Ask, Lost, Pause, Piece, Steps, Taking

T = TypeVar("T")
PREFIX = "v1"


def base_of(server: str) -> str:
    """Read the address of a service; a path before its own is kept."""
    text = server.strip().rstrip("/")
    try:
        parts = urlsplit(text)
        host = parts.hostname
        parts.port  # noqa: B018  raises where it is no number
    except ValueError:
        host = None
    if not host or parts.scheme not in ("http", "https") or parts.query or parts.fragment or "@" in parts.netloc:
        raise ServerRefused(f"{server[:200]!r} is no address of a service", advice="give it as https://check.example")
    return f"{text.removesuffix(f'/{PREFIX}')}/{PREFIX}"


def options_of(key: str | None, timeout_s: float) -> dict[str, Any]:
    """Say how connections are made. No redirect is followed: a key goes to the service that was named alone."""
    try:
        import httpx
    except ImportError:
        advice = "`pip install '.[client]'` in the folder of Countermark's sources installs it"
        raise PackageMissing("services are asked by httpx, which is not installed", advice=advice) from None
    headers = {"User-Agent": f"countermark/{__version__}", "Accept": "application/json"}
    if key is not None:
        if not key.isascii() or not key.isprintable() or " " in key:
            raise ServerRefused("that is no key of a service", advice="a key begins with cmk_, and is one word")
        headers["Authorization"] = f"Bearer {key}"
    return {"headers": headers, "timeout": httpx.Timeout(timeout_s, connect=15.0), "follow_redirects": False}


class Waiting:
    """Drives one operation after the other, in the caller's own thread."""

    def __init__(self, server: str, key: str | None, timeout_s: float) -> None:
        """Open nothing yet."""
        options = options_of(key, timeout_s)
        import httpx

        self._base, self._http = base_of(server), httpx.Client(**options)

    def run(self, steps: Steps[T]) -> T:
        """Take an operation's steps to its end."""
        with closing(steps):
            try:
                step = next(steps)
                while True:
                    step = steps.send(self._done(step))
            except StopIteration as end:
                return end.value  # type: ignore[no-any-return]

    def close(self) -> None:
        """Close connections."""
        self._http.close()

    def _done(self, step: Ask | Pause) -> Answer | Lost | None:
        import httpx

        if isinstance(step, Pause):
            time.sleep(step.seconds)
            return None
        content = step.body.blocks() if isinstance(step.body, Piece) else step.body
        try:
            with self._http.stream(step.method, f"{self._base}/{step.path}", content=content, **_of(step)) as response:
                with closing(Taking(step, response.status_code, response.headers)) as taking:
                    for block in response.iter_bytes():
                        if not taking.feed(block):
                            break
                    return taking.answer()
        except httpx.HTTPError as error:
            return Lost(f"{type(error).__name__}: {error}")


class Awaiting:
    """Drives operations in an event loop, many at a time."""

    def __init__(self, server: str, key: str | None, timeout_s: float) -> None:
        """Open nothing yet."""
        options = options_of(key, timeout_s)
        import httpx

        self._base, self._http = base_of(server), httpx.AsyncClient(**options)

    async def run(self, steps: Steps[T]) -> T:
        """Take an operation's steps to its end."""
        with closing(steps):
            try:
                step = next(steps)
                while True:
                    step = steps.send(await self._done(step))
            except StopIteration as end:
                return end.value  # type: ignore[no-any-return]

    async def close(self) -> None:
        """Close connections."""
        await self._http.aclose()

    async def _done(self, step: Ask | Pause) -> Answer | Lost | None:
        import httpx

        if isinstance(step, Pause):
            await asyncio.sleep(step.seconds)
            return None
        content = _blocks(step.body) if isinstance(step.body, Piece) else step.body
        url = f"{self._base}/{step.path}"
        try:
            async with self._http.stream(step.method, url, content=content, **_of(step)) as response:
                with closing(Taking(step, response.status_code, response.headers)) as taking:
                    async for block in response.aiter_bytes():
                        if not taking.feed(block):
                            break
                    return taking.answer()
        except httpx.HTTPError as error:
            return Lost(f"{type(error).__name__}: {error}")


async def _blocks(piece: Piece) -> AsyncIterator[bytes]:
    """Read a file without holding up the loop."""
    blocks = piece.blocks()
    with closing(blocks):
        while (block := await asyncio.to_thread(next, blocks, None)) is not None:
            yield block


def _of(ask: Ask) -> Mapping[str, Any]:
    said: dict[str, Any] = {"headers": dict(ask.headers)}
    if ask.query:
        said["params"] = dict(ask.query)
    if ask.seconds is not None:
        said["timeout"] = ask.seconds
    return said
