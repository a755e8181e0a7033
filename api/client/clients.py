"""The two faces of the client. Each method names its operation and what it takes; the work is in `operations`."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType
from typing import Literal, Self, Unpack

from ...verdict import Outcome
from .asking import OnAway, Reach
from .driving import Awaiting, Waiting
from .operations import OnEvent, OnShare, Operations
from .values import Check, Feedback, Opened, Page, Stamp, Stamps, StampWishes, Wishes

TIMEOUT_S = 30.0  # without a byte from the service
PATIENCE_S = 120.0  # to go on asking a service that is away, or says to wait
Says = Literal["right", "wrong", "unclear"]


class Client:
    """Asks a service, and waits for its answers."""

    def __init__(
        self,
        server: str,
        key: str | None = None,
        *,
        timeout_s: float = TIMEOUT_S,
        patience_s: float = PATIENCE_S,
        on_away: OnAway | None = None,
    ) -> None:
        """Take the service's address, and a key where there is one; `on_away` hears that it does not answer."""
        self._driver, self._ask = Waiting(server, key, timeout_s), Operations(Reach(patience_s, on_away))

    def __enter__(self) -> Self:
        """Hold connections."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close them."""
        self.close()

    def close(self) -> None:
        """Close connections."""
        self._driver.close()

    def check_file(self, path: Path, *, on_progress: OnShare | None = None, **wishes: Unpack[Wishes]) -> Opened:
        """Send a file and have it checked; `on_progress` hears which share of it was sent."""
        return self._driver.run(self._ask.check_file(path, wishes, on_progress))

    def check_url(self, url: str, **wishes: Unpack[Wishes]) -> Opened:
        """Have what a URL names checked."""
        return self._driver.run(self._ask.check_url(url, wishes))

    def wait(self, check_id: str, *, timeout_s: float | None = None, on_event: OnEvent | None = None) -> Check:
        """Wait until a check is over; ServerUnreachable after `timeout_s`, and the check goes on."""
        return self._driver.run(self._ask.wait(check_id, timeout_s, on_event))

    def get(self, check_id: str) -> Check:
        """Look at a check as it stands."""
        return self._driver.run(self._ask.get(check_id))

    def list(
        self,
        *,
        cursor: str | None = None,
        limit: int = 50,
        verdict: Outcome | None = None,
        status: str | None = None,
    ) -> Page:
        """Give a page of checks, the last laid first."""
        query = {"cursor": cursor, "limit": limit, "verdict": verdict, "status": status}
        return self._driver.run(self._ask.list(query))

    def cancel(self, check_id: str, *, manage: str | None = None) -> Check:
        """End a check that is not over; `manage`: the secret that came with one that was asked for without a key."""
        return self._driver.run(self._ask.cancel(check_id, manage))

    def delete(self, check_id: str, *, manage: str | None = None) -> None:
        """Erase a check with its media, pictures and verdicts."""
        self._driver.run(self._ask.delete(check_id, manage))

    def feedback(self, check_id: str, says: Says, comment: str = "") -> Feedback:
        """Say whether a result is right."""
        return self._driver.run(self._ask.feedback(check_id, says, comment))

    def bundle(self, check_id: str, target: Path, *, on_progress: OnShare | None = None) -> Path:
        """Bring the evidence on a check; `countermark.bundle.check_bundle` verifies it."""
        return self._driver.run(self._ask.bundle(check_id, target, on_progress))

    def stamp_file(self, path: Path, *, on_progress: OnShare | None = None, **wishes: Unpack[StampWishes]) -> Stamp:
        """Send a film and have it labelled under the operator's identity."""
        return self._driver.run(self._ask.stamp_file(path, wishes, on_progress))

    def stamp(self, stamp_id: str) -> Stamp:
        """Look at a stamp as it stands."""
        return self._driver.run(self._ask.stamp(stamp_id))

    def stamps(self, *, cursor: str | None = None, limit: int = 50) -> Stamps:
        """Give a page of stamps, the last laid first."""
        return self._driver.run(self._ask.stamps({"cursor": cursor, "limit": limit}))

    def wait_for_stamp(self, stamp_id: str, *, timeout_s: float | None = None) -> Stamp:
        """Wait until a stamp is over."""
        return self._driver.run(self._ask.wait_for_stamp(stamp_id, timeout_s))

    def stamped_file(self, stamp_id: str, target: Path, *, on_progress: OnShare | None = None) -> Path:
        """Bring the labelled file."""
        return self._driver.run(self._ask.stamped_file(stamp_id, target, on_progress))


class AsyncClient:
    """Asks a service from an event loop; its methods are those of `Client`."""

    def __init__(
        self,
        server: str,
        key: str | None = None,
        *,
        timeout_s: float = TIMEOUT_S,
        patience_s: float = PATIENCE_S,
        on_away: OnAway | None = None,
    ) -> None:
        """Take the service's address, and a key where there is one; `on_away` hears that it does not answer."""
        self._driver, self._ask = Awaiting(server, key, timeout_s), Operations(Reach(patience_s, on_away))

    async def __aenter__(self) -> Self:
        """Hold connections."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close them."""
        await self.close()

    async def close(self) -> None:
        """Close connections."""
        await self._driver.close()

    async def check_file(self, path: Path, *, on_progress: OnShare | None = None, **wishes: Unpack[Wishes]) -> Opened:
        """Send a file and have it checked; `on_progress` hears which share of it was sent."""
        return await self._driver.run(self._ask.check_file(path, wishes, on_progress))

    async def check_url(self, url: str, **wishes: Unpack[Wishes]) -> Opened:
        """Have what a URL names checked."""
        return await self._driver.run(self._ask.check_url(url, wishes))

    async def wait(self, check_id: str, *, timeout_s: float | None = None, on_event: OnEvent | None = None) -> Check:
        """Wait until a check is over; ServerUnreachable after `timeout_s`, and the check goes on."""
        return await self._driver.run(self._ask.wait(check_id, timeout_s, on_event))

    async def get(self, check_id: str) -> Check:
        """Look at a check as it stands."""
        return await self._driver.run(self._ask.get(check_id))

    async def list(
        self,
        *,
        cursor: str | None = None,
        limit: int = 50,
        verdict: Outcome | None = None,
        status: str | None = None,
    ) -> Page:
        """Give a page of checks, the last laid first."""
        query = {"cursor": cursor, "limit": limit, "verdict": verdict, "status": status}
        return await self._driver.run(self._ask.list(query))

    async def cancel(self, check_id: str, *, manage: str | None = None) -> Check:
        """End a check that is not over; `manage`: the secret that came with one that was asked for without a key."""
        return await self._driver.run(self._ask.cancel(check_id, manage))

    async def delete(self, check_id: str, *, manage: str | None = None) -> None:
        """Erase a check with its media, pictures and verdicts."""
        await self._driver.run(self._ask.delete(check_id, manage))

    async def feedback(self, check_id: str, says: Says, comment: str = "") -> Feedback:
        """Say whether a result is right."""
        return await self._driver.run(self._ask.feedback(check_id, says, comment))

    async def bundle(self, check_id: str, target: Path, *, on_progress: OnShare | None = None) -> Path:
        """Bring the evidence on a check; `countermark.bundle.check_bundle` verifies it."""
        return await self._driver.run(self._ask.bundle(check_id, target, on_progress))

    async def stamp_file(
        self, path: Path, *, on_progress: OnShare | None = None, **wishes: Unpack[StampWishes]
    ) -> Stamp:
        """Send a film and have it labelled under the operator's identity."""
        return await self._driver.run(self._ask.stamp_file(path, wishes, on_progress))

    async def stamp(self, stamp_id: str) -> Stamp:
        """Look at a stamp as it stands."""
        return await self._driver.run(self._ask.stamp(stamp_id))

    async def stamps(self, *, cursor: str | None = None, limit: int = 50) -> Stamps:
        """Give a page of stamps, the last laid first."""
        return await self._driver.run(self._ask.stamps({"cursor": cursor, "limit": limit}))

    async def wait_for_stamp(self, stamp_id: str, *, timeout_s: float | None = None) -> Stamp:
        """Wait until a stamp is over."""
        return await self._driver.run(self._ask.wait_for_stamp(stamp_id, timeout_s))

    async def stamped_file(self, stamp_id: str, target: Path, *, on_progress: OnShare | None = None) -> Path:
        """Bring the labelled file."""
        return await self._driver.run(self._ask.stamped_file(stamp_id, target, on_progress))
