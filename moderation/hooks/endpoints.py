"""Whom a tenant wants to be told, and of what. Secrets are kept nowhere: they follow from a key, id and generation."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from ... import fetch
from ...docket import packing, times
from ...docket.desk import Desk
from ...docket.idempotency import Claim, take
from ...docket.secrets import new_id
from ...errors import ModerationMissing, ModerationUnfit
from ...settings import Settings
from .laying import emit, endpoint_of, owed_to
from .values import COOP_KINDS, KINDS, Endpoint, Form, Way

if TYPE_CHECKING:
    from sqlalchemy import Connection

MOST = 50  # endpoints of a tenant
OVERLAP_S = 24 * 3600.0  # that the secret before a rotation signs as well
_LONGEST_OVERLAP_S = 30 * 24 * 3600.0
_LONGEST = 2000  # letters of a URL, or a description


class Endpoints:
    """The endpoints of a service."""

    def __init__(self, options: Settings, *, clock: times.Clock = times.now) -> None:
        """Take the settings; nothing is opened before it is asked."""
        self._options = options
        self._desk = Desk(options, clock=clock)

    def create(
        self,
        tenant_id: str,
        url: str,
        *,
        who: str,
        kinds: Iterable[str] = (),
        description: str = "",
        way: Way = "http",
        form: Form = "standard",
        claim: Claim | None = None,
    ) -> Endpoint:
        """Have somebody told; no kinds: of everything. way "kafka" or "coop": those of the settings, and no URL.

        form: how an event is written: as it stands, or as one of Osprey's actions.

        claim: an idempotency key that it takes; KeyTaken where another was quicker.
        """
        from ...store import hook_rows

        endpoint_id = new_id("hok")
        values = {
            "id": endpoint_id,
            "tenant_id": tenant_id,
            "way": way,
            "form": form,
            "url": self._url(url) if way == "http" else "",
            "kinds": _kinds(kinds, way),
            "description": _short(description),
            "generation": 1,
            "made_by": who,
            "created_at": self._desk.now(),
            "gone": False,
        }
        with self._desk.writing() as connection:
            if len(hook_rows.endpoints_of(connection, tenant_id)) >= MOST:
                raise ModerationUnfit(f"{MOST} endpoints are there already", advice="remove one first")
            hook_rows.add_endpoint(connection, values)
            take(connection, claim, endpoint_id, self._desk.now())
            _note(connection, values, "created", who)
            return _read(connection, endpoint_id)

    def get(self, tenant_id: str, endpoint_id: str) -> Endpoint:
        """Give one; ModerationMissing where there is none, or not of this tenant."""
        with self._desk.reading() as connection:
            return endpoint_of(_own(connection, tenant_id, endpoint_id))

    def of_tenant(self, tenant_id: str) -> tuple[Endpoint, ...]:
        """Give those of a tenant, oldest first."""
        from ...store import hook_rows

        with self._desk.reading() as connection:
            rows = [] if connection is None else hook_rows.endpoints_of(connection, tenant_id)
        return tuple(endpoint_of(row) for row in rows)

    def change(
        self,
        tenant_id: str,
        endpoint_id: str,
        *,
        who: str,
        url: str | None = None,
        kinds: Iterable[str] | None = None,
        description: str | None = None,
        enabled: bool | None = None,
    ) -> Endpoint:
        """Change what is given. What is owed to one that is disabled is given up, and can be sent again later."""
        from ...store import hook_rows

        with self._desk.writing() as connection:
            row = _own(connection, tenant_id, endpoint_id, lock=True)
            values: dict[str, object] = {}
            if url is not None:
                if row["way"] != "http":
                    raise ModerationUnfit("an endpoint of the settings has no URL", advice="make another one")
                values["url"] = self._url(url)
            if kinds is not None:
                values["kinds"] = _kinds(kinds, row["way"])
            if description is not None:
                values["description"] = _short(description)
            if values:
                hook_rows.change_endpoint(connection, endpoint_id, **values)
                _note(connection, row, "changed", who)
            if enabled is True and row["disabled_at"] is not None:
                fresh = {"disabled_at": None, "disabled_why": None, "failing_since": None}
                hook_rows.change_endpoint(connection, endpoint_id, **fresh)
                _note(connection, row, "enabled", who)
            elif enabled is False and row["disabled_at"] is None:
                self._disable(connection, row, f"disabled by {who}", who)
            return _read(connection, endpoint_id)

    def rotate(self, tenant_id: str, endpoint_id: str, *, who: str, overlap_s: float = OVERLAP_S) -> Endpoint:
        """Make the next secret. The one before signs as well for a time, the one before that no more."""
        from ...store import hook_rows

        if not 0 <= overlap_s <= _LONGEST_OVERLAP_S:
            raise ModerationUnfit("both secrets can't be in use for so long", advice="say 0 to 2592000 seconds")
        with self._desk.writing() as connection:
            row = _own(connection, tenant_id, endpoint_id, lock=True)
            until = times.later(self._desk.now(), seconds=overlap_s)
            next_one = {"generation": row["generation"] + 1, "overlap_until": until}
            hook_rows.change_endpoint(connection, endpoint_id, **next_one)
            _note(connection, row, "rotated", who)
            return _read(connection, endpoint_id)

    def remove(self, tenant_id: str, endpoint_id: str, *, who: str) -> None:
        """Tell it nothing more; what is owed to it is given up."""
        from ...store import hook_rows

        with self._desk.writing() as connection:
            row = _own(connection, tenant_id, endpoint_id, lock=True)
            now = self._desk.now()
            hook_rows.change_endpoint(
                connection, endpoint_id, gone=True, url="", description="", disabled_at=row["disabled_at"] or now
            )
            hook_rows.close(connection, endpoint_id, now, "the endpoint was removed")
            _note(connection, row, "removed", who)

    def test(self, tenant_id: str, endpoint_id: str) -> str:
        """Send an event that tells of nothing, whatever kinds are wanted; give the delivery's id."""
        with self._desk.changing() as connection:
            endpoint = endpoint_of(_own(connection, tenant_id, endpoint_id))
            if not endpoint.enabled:
                raise ModerationUnfit(f"endpoint {endpoint_id} is disabled", advice="enable it first")
            if endpoint.way == "coop":
                raise ModerationUnfit("Coop has no form for a test", advice="send it a report")
            body = {"endpoint": endpoint_id, "says": "this is a test; nothing has happened"}
            return owed_to(connection, endpoint, f"endpoint:{endpoint_id}", "endpoint.test", body, self._desk.now())

    # What comes of attempts -----------------------------------------------------------------------------------------

    def note_arrival(self, endpoint_id: str) -> None:
        """Note that something arrived."""
        from ...store import hook_rows

        with self._desk.reading() as connection:
            row = None if connection is None else hook_rows.endpoint(connection, endpoint_id)
        if row is not None and row["failing_since"] is not None:  # written only where it says something new
            with self._desk.changing() as connection:
                hook_rows.change_endpoint(connection, endpoint_id, failing_since=None)

    def note_failure(self, endpoint_id: str) -> float:
        """Note that something did not arrive; give the seconds for which nothing has."""
        from ...store import hook_rows

        now = self._desk.now()
        with self._desk.changing() as connection:
            hook_rows.note_failing(connection, endpoint_id, now)
            row = hook_rows.endpoint(connection, endpoint_id)
        return times.between(row["failing_since"], now) if row is not None and row["failing_since"] else 0.0

    def disable(self, endpoint_id: str, why: str) -> None:
        """Tell one nothing more until somebody enables it, and tell the others of it; twice is once."""
        from ...store import hook_rows

        with self._desk.writing() as connection:
            row = hook_rows.endpoint(connection, endpoint_id, lock=True)
            if row is not None and not row["gone"] and row["disabled_at"] is None:
                self._disable(connection, row, why, "service")

    def _disable(self, connection: Connection, row: Mapping[str, Any], why: str, who: str) -> None:
        from ...store import hook_rows

        now, why = self._desk.now(), packing.text(why)
        hook_rows.change_endpoint(connection, row["id"], disabled_at=now, disabled_why=why)
        given_up = hook_rows.close(connection, row["id"], now, f"the endpoint was disabled: {why}")
        _note(connection, row, "disabled", who)
        told = {"endpoint": row["id"], "why": why, "given_up": given_up}
        emit(connection, row["tenant_id"], f"endpoint:{row['id']}", "endpoint.disabled", told)

    def _url(self, url: str) -> str:
        if len(url) > _LONGEST:
            raise ModerationUnfit("the URL is too long", advice=f"keep it within {_LONGEST} letters")
        inside = url if self._options.service.unsafe_private_addresses else None
        fetch.refuse_at_sight(url, home=inside)
        return packing.text(url)


def _own(connection: Connection | None, tenant_id: str, endpoint_id: str, *, lock: bool = False) -> dict[str, Any]:
    from ...store import hook_rows

    row = None if connection is None else hook_rows.endpoint(connection, endpoint_id, lock=lock)
    if row is None or row["gone"] or row["tenant_id"] != tenant_id:
        raise ModerationMissing(f"there is no endpoint {endpoint_id}")
    return row


def _read(connection: Connection, endpoint_id: str) -> Endpoint:
    from ...store import hook_rows

    row = hook_rows.endpoint(connection, endpoint_id)
    if row is None:
        raise ModerationMissing(f"there is no endpoint {endpoint_id}")
    return endpoint_of(row)


def _kinds(given: Iterable[str], way: Way) -> str:
    known = COOP_KINDS if way == "coop" else KINDS
    kinds = list(dict.fromkeys(given)) or (list(known) if way == "coop" else [])
    if wrong := [kind for kind in kinds if kind not in known]:
        raise ModerationUnfit(f"there are no events {wrong[0]!r} for it", advice=f"say some of: {', '.join(known)}")
    return packing.json_of(kinds)


def _short(description: str) -> str:
    if len(description) > _LONGEST:
        raise ModerationUnfit("the description is too long", advice=f"keep it within {_LONGEST} letters")
    return packing.text(description)


def _note(connection: Connection, row: Mapping[str, Any], change: str, who: str) -> None:
    from ...store import ledger

    body = {"endpoint": row["id"], "tenant": row["tenant_id"], "change": change, "by": who}
    ledger.append(connection, "moderation.endpoint", body)
