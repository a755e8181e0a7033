"""From what was sent to a check: reads it, holds it to its bounds, lays it in the docket, and has it made.

Whatever way media comes, it becomes an upload first, before a byte of it is read: so it counts as what its sender has
here, and a process which dies between leaves nothing that no sweep finds. What is laid and could not be queued is not
lost: a worker's round finds it.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
import shutil
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from ... import fetch
from ...accounts import Caller
from ...accounts.rates import neighbourhood
from ...docket import Arrived, Kept, Opened, Request
from ...docket.idempotency import Claim, Idempotency, KeyTaken
from ...docket.uploads import PROMISED_S, Upload, Uploads
from ...errors import CountermarkError, JobsUnavailable
from ...objects import Arriving
from ...outputs import translated
from ...settings import Settings
from .. import intake
from ..problems import Problem, too_deep
from ..who import client_address
from . import shapes, uploads

if TYPE_CHECKING:
    from pydantic import BaseModel
    from starlette.requests import Request as HttpRequest

    from ..service import Service

log = logging.getLogger(__name__)

JSON = "application/json"
TEXT_BYTES, TEXT_S = 1 << 16, 30.0
INCOMING, _PREFIX = "incoming", "countermark-"
UNCOUNTED = 4 << 20  # bytes by which a body may outgrow what it promised before they are counted
KEY_HEADER, MOST_KEY = "idempotency-key", 200


@dataclass(frozen=True)
class Sent:
    """What a request brought: what is asked, and a file where it brought one."""

    asked: shapes.CheckAsked
    address: str  # or network of who asks; counts where no key was shown
    file: intake.Received | None = None
    coming: Coming | None = None  # where the body was no JSON


class Coming:
    """A body that is a file: its room is kept before it is read, and given back where nothing was laid with it."""

    def __init__(self, service: Service, caller: Caller, promised: int, address: str | None) -> None:
        """Keep room for what is promised; `address`: of who has no key."""
        self._service, self._promised = service, promised
        self._arriving = Arriving(service.options, service.objects)
        self._kept = Uploads(service.options, objects=service.objects)
        self._arriving.make_room(promised)
        who, seconds = (caller.tenant_id, caller.made_by), _longest(service.options) + PROMISED_S
        self._upload = self._kept.begin(*who, "", promised, "tus", address, promised_s=seconds)

    def room(self, count: int) -> None:
        """Refuse what came to so many bytes where the disk, or what its sender may have here, has no room for more."""
        self._arriving.make_room(2 * intake.BLOCK)  # that may be written before this is asked again
        if count > self._promised + UNCOUNTED:
            self._kept.resize(self._upload.id, count)
            self._promised = count

    def brought(self, file: intake.Received) -> Upload:
        """Bring the file, which came whole, into the store, as an upload that is whole."""
        assert file.path is not None
        self._kept.resize(self._upload.id, file.bytes, file.name)
        self._service.objects.put_file(self._upload.object_key, file.path, take=True)
        return self._kept.whole(self._upload.id, file.content_hash, size=file.bytes)

    def end(self) -> None:
        """Let go what nothing was laid with; a sweep finds what can't be taken away now."""
        with suppress(CountermarkError):
            self._kept.release(self._upload.id)


@asynccontextmanager
async def sent(service: Service, request: HttpRequest, caller: Caller) -> AsyncIterator[Sent]:
    """Read a request for a check: JSON, a form with a file, or the file itself with the rest in the query."""
    address = neighbourhood(client_address(request, service.options))
    if kind_of(request) == JSON:
        text = await intake.text(request, TEXT_BYTES, TEXT_S)
        yield Sent(shapes.CheckAsked.model_validate_json(text), address)
        return
    async with incoming(service, request, caller, None if caller.known else address) as (coming, got):
        fields = got.fields if kind_of(request) == intake.FORM else dict(request.query_params)
        yield Sent(_asked_in(fields), address, got if got.path is not None else None, coming)


@asynccontextmanager
async def incoming(
    service: Service, request: HttpRequest, caller: Caller, address: str | None = None
) -> AsyncIterator[tuple[Coming, intake.Received]]:
    """Read a body that is a file, or a form; what nothing was laid with when this is left goes."""
    options = service.options
    promised = min(int(request.headers.get("content-length", "0")), options.service.upload_bytes)
    coming = await asyncio.to_thread(Coming, service, caller, promised, address)
    try:
        with _folder(options) as folder:
            yield coming, await intake.received(request, options, folder, coming.room)
    finally:
        await asyncio.to_thread(coming.end)


@contextmanager
def _folder(options: Settings) -> Iterator[Path]:
    """Give a folder for one file, on the disk on which the service keeps its things; it goes with all that is in it."""
    home = options.home / INCOMING
    with translated(home):
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder = tempfile.TemporaryDirectory(prefix=_PREFIX, dir=home)
    with folder as name:
        yield Path(name)


def _longest(options: Settings) -> float:
    """Give seconds after which nobody can still be sending a body that was begun now."""
    return 2 * options.service.upload_s


def sweep(options: Settings) -> None:
    """Take away what processes that were killed left half sent; nobody can still be sending it."""
    oldest = time.time() - _longest(options)
    for path in (options.home / INCOMING).glob(f"{_PREFIX}*"):
        with suppress(FileNotFoundError):
            if path.stat().st_mtime < oldest:
                shutil.rmtree(path, ignore_errors=True)


def kind_of(request: HttpRequest) -> str:
    """Give the media type of a body."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def _asked_in(fields: Mapping[str, str]) -> shapes.CheckAsked:
    """Read what a form or a query says; what has a structure is JSON in it."""
    given: dict[str, Any] = filled(fields, shapes.CheckAsked)
    for name in ("metadata", "retention"):
        if name in given:
            try:
                given[name] = json.loads(given[name])
            except ValueError:
                raise Problem("unprocessable", f"{name} is no JSON") from None
            except RecursionError:
                raise too_deep() from None
    return shapes.CheckAsked.model_validate(given)


def ways(asked: shapes.CheckAsked, has_file: bool) -> list[str]:
    """Name how media came."""
    return [name for name, given in (("file", has_file), ("url", asked.url), ("upload_id", asked.upload_id)) if given]


def filled(fields: Mapping[str, str], shape: type[BaseModel]) -> dict[str, str]:
    """Give what was filled in. An empty field was not; one that nobody knows stays, to be refused by its name."""
    known = {*shape.model_fields, intake.FILE}
    return {name: value for name, value in fields.items() if value.strip() or name not in known}


def fit(asked: shapes.CheckAsked, has_file: bool, caller: Caller, options: Settings) -> None:
    """Refuse what does not go together, or not for whoever asks."""
    came = ways(asked, has_file)
    if len(came) != 1:
        said = f"{' and '.join(came)} were sent" if came else "none was sent"
        raise Problem("unprocessable", f"one of file, url and upload_id is checked: {said}")
    if not caller.known and (asked.callback_url or asked.lane != "live" or asked.item_id is not None):
        raise Problem("unauthenticated", "callback_url, lane and an item take a key")
    if asked.url:
        fetch.checked(asked.url)
    if asked.callback_url:
        inside = asked.callback_url if options.service.unsafe_private_addresses else None
        fetch.refuse_at_sight(asked.callback_url, home=inside)


def opened(service: Service, caller: Caller, what: Sent, claim: Claim | Arrived | None = None) -> Opened:
    """Lay a check and have it made; `claim`: an idempotency key that it takes, or what it is known by in a stream."""
    asked, file = what.asked, what.file
    fit(asked, file is not None, caller, service.options)
    fit_policy(service, caller, asked.policy_id)
    upload, address = None, None if caller.known else what.address
    if file is not None and what.coming is not None:
        upload = what.coming.brought(file)
    elif asked.upload_id is not None:
        upload = uploads.whole(service, asked.upload_id, caller.tenant_id)
    name = asked.name or (upload.name if upload else _last_part(asked.url or ""))
    request = Request(
        tenant_id=caller.tenant_id,
        made_by=caller.made_by,
        source="url" if asked.url else "upload",
        name=intake.plain_name(name),
        url=asked.url,
        lane=asked.lane,
        callback_url=asked.callback_url,
        external_id=asked.external_id,
        policy_id=asked.policy_id,
        item_id=asked.item_id,
        item_type=asked.item_type,
        metadata=asked.metadata,
        kept=Kept(asked.retention.media_s, asked.retention.record_days),
        address=address,
    )
    laid = service.docket.open(request, upload_id=upload.id if upload else None, claim=claim)
    bring_for = caller.tenant_id if asked.url else None
    try:
        service.jobs.enqueue_check(laid.check.id, laid.check.lane, bring_for=bring_for)
    except JobsUnavailable as error:
        log.warning("a check waits for the queue to come back: %s", error)
    return laid


def fit_policy(service: Service, caller: Caller, policy_id: str | None) -> None:
    """Refuse a policy that is not there."""
    if policy_id is None or policy_id in {one.policy_id for one in service.shelf.listed(caller.tenant_id)}:
        return
    advice = "name one of `GET /v1/policies`, or none: then those apply that are for all"
    raise Problem("unprocessable", f"there is no policy {policy_id!r}", advice=advice)


def _last_part(url: str) -> str:
    parts = urlsplit(url)
    return unquote(parts.path.rstrip("/").rpartition("/")[2], errors="replace") or parts.hostname or ""


# The same request twice ----------------------------------------------------------------------------------------------


class Once:
    """One use of an idempotency key: whoever asks the same again gets what was made the first time."""

    def __init__(self, service: Service, caller: Caller, request: HttpRequest, route: str) -> None:
        """Read the key that was sent; without one, nothing is kept."""
        self._keys, self._tenant, self._route = Idempotency(service.options), caller.tenant_id, route
        given = request.headers.get(KEY_HEADER, "")
        if len(given) > MOST_KEY or not given.isprintable():
            raise Problem("bad-request", f"an Idempotency-Key has {MOST_KEY} printable letters at most")
        # Those who ask without a key share a tenant, and shall not meet in it.
        whose = "" if caller.known else client_address(request, service.options)
        self._key = hashlib.sha256(f"{whose}\n{given}".encode()).hexdigest() if given else None

    def laid(self, asked: BaseModel, file: intake.Received | None, lay: Callable[[Claim | None], str]) -> Laid:
        """Lay what is asked for, or find what was laid for the same request; `lay` takes the key, and gives an id."""
        if self._key is None:
            return Laid(lay(None), again=False)
        said = {"asked": asked.model_dump(), "file": file.content_hash if file else None}
        digest = hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()
        claim = Claim(self._tenant, self._key, self._route, digest)
        before = self._before(claim)
        if before is None:
            with suppress(KeyTaken):
                return Laid(lay(claim), again=False)
            before = self._before(claim)
        if before is None:
            raise Problem("conflict", "this Idempotency-Key was let go at this moment", advice="ask again")
        return Laid(before, again=True)

    def _before(self, claim: Claim) -> str | None:
        standing = self._keys.standing(claim)
        if standing.state == "conflict":
            raise Problem("another-body", "this Idempotency-Key came with another request before")
        return standing.made_id


@dataclass(frozen=True)
class Laid:
    """The id of what was laid: now, or when the same was asked before."""

    id: str
    again: bool

    @property
    def headers(self) -> Mapping[str, str]:
        """What the answer says of it."""
        return {"Idempotency-Replayed": "true"} if self.again else {}
