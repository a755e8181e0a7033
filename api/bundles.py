"""Evidence bundles for whoever asks: as they are kept, or else made, few at once and each one once. Knows no route.

A signature and a timestamp take seconds, and other machines. So making one counts as a check, and is done by threads
that do nothing else: whoever asks for something else waits for none of it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..accounts import Caller
from ..docket import Check, Docket
from ..objects import Objects
from ..settings import Settings
from .problems import Problem
from .who import count, refuse_to_spend_from_elsewhere

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from .service import Service

AT_ONCE = 2  # are made; others wait
MOST = 8  # are made or wait; who comes then is told to come again
RETRY_S = 5


@dataclass(frozen=True)
class _Kept:
    """A bundle that is there."""

    key: str
    bytes: int


class Bundles:
    """The bundles of one process."""

    def __init__(self, options: Settings, docket: Docket, objects: Objects) -> None:
        """Take where they are kept, and who says whether their check still stands; nothing is made yet."""
        self._options, self._docket, self._objects = options, docket, objects
        self._makers = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="bundles")
        self._going: dict[str, asyncio.Future[_Kept]] = {}  # by the key under which they will be kept

    async def there(self, check: Check) -> _Kept | None:
        """Give the bundle that says what `check` says, if it was made; make none."""
        return (await asyncio.to_thread(self._found, check))[1]

    async def kept(self, check: Check, may_make: Callable[[], object]) -> _Kept:
        """Give the bundle that says what `check` says; where it is to be made, `may_make` counts, or refuses."""
        key, found = await asyncio.to_thread(self._found, check)
        if found is not None:
            return found
        going = self._going.get(key)
        if going is None:
            if len(self._going) >= MOST:
                wait = {"Retry-After": str(RETRY_S)}
                raise Problem("away", "as many bundles as fit are being made at this moment", headers=wait)
            may_make()
            going = asyncio.get_running_loop().run_in_executor(self._makers, self._made, check)
            self._going[key] = going
            going.add_done_callback(lambda done: self._going.pop(key))
        return await asyncio.shield(going)  # who goes away stops it for nobody else

    def _found(self, check: Check) -> tuple[str, _Kept | None]:
        from .. import bundle

        key = bundle.place_of(check, self._options)
        size = self._objects.size(key)
        return key, None if size is None else _Kept(key, size)

    def _made(self, check: Check) -> _Kept:
        from .. import bundle

        key = bundle.keep(check, self._objects, self._options)
        if self._docket.get(check.id).deleted_at is not None:  # meanwhile
            self._objects.delete(key)
        size = self._objects.size(key)
        if size is None:
            raise Problem("gone", f"there is no check {check.id} any more")
        return _Kept(key, size)


async def answer(request: Request, service: Service, caller: Caller, check: Check) -> Response:
    """Answer with the bundle of a check, without what `check` was stripped of for the caller.

    For its head alone none is made and none is read: without one that is kept, the head says no length.
    """
    from starlette.responses import StreamingResponse

    def may_make() -> None:
        refuse_to_spend_from_elsewhere(request)
        count(request, service, caller, "check")

    head_alone = getattr(request.state, "head_alone", False)
    found = await (service.bundles.there(check) if head_alone else service.bundles.kept(check, may_make))
    headers = {"Content-Disposition": f'attachment; filename="{check.id}.zip"', "Cache-Control": "private, no-store"}
    if found is not None:
        headers["Content-Length"] = str(found.bytes)
    chunks = iter(()) if found is None or head_alone else await asyncio.to_thread(service.objects.chunks, found.key)
    return StreamingResponse(chunks, media_type="application/zip", headers=headers)
