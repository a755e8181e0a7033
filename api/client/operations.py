"""What can be asked of a service: each operation as a generator of steps. Opens no connection; see `steps`."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote

from ... import outputs
from ...errors import InputUnreadable, ServerRefused, ServerUnreachable
from .asking import Patience, Reach, answered, asked, good, value_of
from .steps import Answer, Ask, Lost, Pause, Piece, Steps
from .values import Check, Event, Feedback, Opened, Page, Stamp, Stamps

T = TypeVar("T")
OnShare = Callable[[float], None]
OnEvent = Callable[[Event], None]

PIECE = 16 << 20  # bytes of a request that brings a part of a file
SLOWEST_S = 5.0  # between two looks at a check that nobody tells of
LISTEN_S = 30.0  # without a line; a service says every quarter of a minute that it is still there
MANAGE = "X-Manage-Token"
# Of a piece: slow, of another offset, too many, damaged on the way, away.
_GO_ON = frozenset({408, 409, 425, 429, 460, 502, 503, 504})
_TUS = {"Tus-Resumable": "1.0.0"}
_JSON = {"Content-Type": "application/json"}


@dataclass(frozen=True)
class _Upload:
    id: str
    offset: int
    status: str


@dataclass(frozen=True)
class Operations:
    """Everything a client does, for one service."""

    reach: Reach

    # Asking for a check ----------------------------------------------------------------------------------------------

    def check_file(self, path: Path, wishes: Mapping[str, Any], on_share: OnShare | None) -> Steps[Opened]:
        """Send a file, by pieces that go on where they broke off, and have it checked."""
        upload = yield from self._upload(path, str(wishes.get("name") or path.name), on_share)
        return (yield from self._opened(Opened, "checks", {**wishes, "upload_id": upload}))

    def check_url(self, url: str, wishes: Mapping[str, Any]) -> Steps[Opened]:
        """Have what a URL names checked."""
        return (yield from self._opened(Opened, "checks", {**wishes, "url": url}))

    def _opened(self, kind: type[T], path: str, asking: Mapping[str, Any]) -> Steps[T]:
        """Ask for work under a key of its own, so that asking twice is asking once."""
        headers = {**_JSON, "Idempotency-Key": secrets.token_urlsafe(24)}
        body = json.dumps(dict(asking)).encode()
        answer = yield from self._asked(Ask("POST", path, headers=headers, body=body))
        return value_of(kind, answer)

    # A file ----------------------------------------------------------------------------------------------------------

    def _upload(self, path: Path, name: str, on_share: OnShare | None) -> Steps[str]:
        outputs.check_input(path)
        size = path.stat().st_size
        asking = json.dumps({"name": name[:1000], "bytes": size}).encode()
        begun = value_of(_Upload, (yield from self._asked(Ask("POST", "uploads", headers=_JSON, body=asking))))
        here = f"uploads/{quote(begun.id, safe='')}"
        told = on_share or (lambda share: None)
        offset, patience = begun.offset, self.reach.patience()
        while offset < size:
            if path.stat().st_size != size:
                raise InputUnreadable(f"{path}: it changed while it was sent", advice="send it when it is whole")
            piece = Piece(path, offset, min(size, offset + PIECE), lambda sent: told(sent / size))
            headers = {**_TUS, "Content-Type": "application/offset+octet-stream", "Upload-Offset": str(offset)}
            headers["Content-Length"] = str(piece.end - offset)
            said = yield Ask("PATCH", here, headers=headers, body=piece)
            reached = _offset_in(said)
            if reached is None:
                yield from self._waited(said, patience)
                reached = value_of(_Upload, (yield from self._asked(Ask("GET", here)))).offset
            if reached > offset:
                patience.renew(self.reach.patience_s)
            offset = reached
        return begun.id

    def _waited(self, said: Answer | Lost | None, patience: Patience) -> Steps[None]:
        """Wait before going on where an upload broke off; raise where that would lead nowhere."""
        if isinstance(said, Answer) and said.status not in _GO_ON:
            good(said)
        pause = patience.next(said) if said is not None else None
        if pause is None:
            good(answered(said))
            raise ServerUnreachable("the upload does not go on")
        assert said is not None
        self.reach.away(said, patience.left)
        yield pause

    # Looking ---------------------------------------------------------------------------------------------------------

    def get(self, check_id: str) -> Steps[Check]:
        """Look at a check as it stands."""
        return value_of(Check, (yield from self._asked(Ask("GET", _of_check(check_id)))))

    def list(self, query: Mapping[str, str | int | None]) -> Steps[Page]:
        """Give a page of checks."""
        return value_of(Page, (yield from self._asked(Ask("GET", "checks", query=_given(query)))))

    def wait(self, check_id: str, timeout_s: float | None, on_event: OnEvent | None) -> Steps[Check]:
        """Wait until a check is over; hear what happens where the service tells, and look now and then where not."""
        hearing = _Hearing(on_event, timeout_s)
        pause = 0.25
        while True:
            ask = Ask(
                "GET", f"{_of_check(check_id)}/events", headers=hearing.headers, lines=hearing.line, seconds=LISTEN_S
            )
            before = hearing.number
            heard = yield ask
            check = yield from self.get(check_id)
            if check.over:
                return check
            if hearing.late:
                raise ServerUnreachable(f"the check {check_id} is not over after {timeout_s:g} s", advice=_LATER)
            told = isinstance(heard, Answer) and heard.good and hearing.number > before
            pause = 0.25 if told else min(2 * pause, SLOWEST_S)
            yield Pause(min(pause, hearing.left))

    def bundle(self, check_id: str, target: Path, on_share: OnShare | None) -> Steps[Path]:
        """Bring the evidence on a check."""
        return (yield from self._saved(f"{_of_check(check_id)}/bundle", target, on_share))

    def _saved(self, path: str, target: Path, on_share: OnShare | None) -> Steps[Path]:
        """Bring a file; it appears whole or not at all."""
        with outputs.staged(target) as name, outputs.translated(target):
            part = name(target.suffix)
            ask = Ask("GET", path, into=part, on_share=on_share, seconds=120.0)
            good((yield from self._asked(ask)))
            outputs.release(part, target, force=True)
        return target

    # Changing --------------------------------------------------------------------------------------------------------

    def cancel(self, check_id: str, manage: str | None) -> Steps[Check]:
        """End a check that is not over."""
        said = yield from self._asked(Ask("POST", f"{_of_check(check_id)}/cancel", headers=_managing(manage)))
        if said.status != 409:
            good(said)
        check = yield from self.get(check_id)
        if check.status != "cancelled":  # it may be by this very request, whose first answer was lost
            good(said)
        return check

    def delete(self, check_id: str, manage: str | None) -> Steps[None]:
        """Erase a check; that it is gone already is no error."""
        said = yield from self._asked(Ask("DELETE", _of_check(check_id), headers=_managing(manage)))
        if said.status != 410:
            good(said)

    def feedback(self, check_id: str, says: str, comment: str) -> Steps[Feedback]:
        """Say whether a result is right."""
        body = json.dumps({"says": says, "comment": comment}).encode()
        ask = Ask("POST", f"{_of_check(check_id)}/feedback", headers=_JSON, body=body)
        return value_of(Feedback, answered((yield ask)))  # once: nothing tells a second one from the first

    # Stamps ----------------------------------------------------------------------------------------------------------

    def stamp_file(self, path: Path, wishes: Mapping[str, Any], on_share: OnShare | None) -> Steps[Stamp]:
        """Send a film and have it labelled."""
        upload = yield from self._upload(path, path.name, on_share)
        body = json.dumps({**wishes, "upload_id": upload}).encode()
        return value_of(Stamp, answered((yield Ask("POST", "stamps", headers=_JSON, body=body))))

    def stamp(self, stamp_id: str) -> Steps[Stamp]:
        """Look at a stamp as it stands."""
        return value_of(Stamp, (yield from self._asked(Ask("GET", _of_stamp(stamp_id)))))

    def stamps(self, query: Mapping[str, str | int | None]) -> Steps[Stamps]:
        """Give a page of stamps."""
        return value_of(Stamps, (yield from self._asked(Ask("GET", "stamps", query=_given(query)))))

    def wait_for_stamp(self, stamp_id: str, timeout_s: float | None) -> Steps[Stamp]:
        """Wait until a stamp is over."""
        hearing, pause = _Hearing(None, timeout_s), 0.25
        while True:
            stamp = yield from self.stamp(stamp_id)
            if stamp.over:
                return stamp
            if hearing.late:
                raise ServerUnreachable(f"the stamp {stamp_id} is not over after {timeout_s:g} s", advice=_LATER)
            yield Pause(min(pause, hearing.left))
            pause = min(2 * pause, SLOWEST_S)

    def stamped_file(self, stamp_id: str, target: Path, on_share: OnShare | None) -> Steps[Path]:
        """Bring the labelled file."""
        return (yield from self._saved(f"{_of_stamp(stamp_id)}/file", target, on_share))

    def _asked(self, ask: Ask) -> Steps[Answer]:
        return asked(ask, self.reach)


class _Hearing:
    """Hears a stream of events, remembers the last one's number, and has enough when it is late."""

    def __init__(self, on_event: OnEvent | None, timeout_s: float | None) -> None:
        self._on_event, self.number = on_event, 0
        self._end = None if timeout_s is None else time.monotonic() + timeout_s
        self._fields: dict[str, str] = {}

    @property
    def headers(self) -> dict[str, str]:
        return {"Accept": "text/event-stream", "Last-Event-ID": str(self.number)}

    @property
    def left(self) -> float:
        return SLOWEST_S if self._end is None else max(0.0, self._end - time.monotonic())

    @property
    def late(self) -> bool:
        return self._end is not None and self.left <= 0

    def line(self, line: str) -> bool:
        """Take one line; an empty one ends an event."""
        if line:
            name, _, value = line.partition(":")
            self._fields[name] = value.removeprefix(" ")
            return not self.late
        fields, self._fields = self._fields, {}
        number = fields.get("id", "")
        if not (number.isascii() and number.isdigit() and len(number) < 12):
            return not self.late
        self.number = max(self.number, int(number))
        try:
            body = json.loads(fields.get("data", "{}"))
        except (ValueError, RecursionError):
            raise ServerRefused("an event of its stream is not understood") from None
        if self._on_event is not None and isinstance(body, dict):
            self._on_event(Event(int(number), fields.get("event", ""), body))
        return not self.late


_LATER = "it goes on there: ask again later with its id"


def _offset_in(said: Answer | Lost | None) -> int | None:
    """Read how far an upload is; None where the answer does not say that all went well."""
    if not isinstance(said, Answer) or not said.good:
        return None
    told = said.headers.get("upload-offset", "")
    return int(told) if told.isascii() and told.isdigit() and len(told) < 17 else None


def _of_check(check_id: str) -> str:
    return f"checks/{_segment(check_id)}"


def _of_stamp(stamp_id: str) -> str:
    return f"stamps/{_segment(stamp_id)}"


def _segment(given: str) -> str:
    if not given or set(given) <= {"."}:
        raise ServerRefused(f"{given!r} is no id", advice="give the id that the service named")
    return quote(given, safe="")


def _managing(manage: str | None) -> dict[str, str]:
    return {MANAGE: manage} if manage else {}


def _given(query: Mapping[str, str | int | None]) -> dict[str, str]:
    return {name: str(value) for name, value in query.items() if value is not None}
