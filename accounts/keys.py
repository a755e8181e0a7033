"""Keys of programs: made, revoked, and whose each is.

Who asks with a key is found out here, and by nobody else: `caller_of_key`. What they may do follows from its scopes.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection
from datetime import UTC, datetime
from typing import Any

from ..errors import RegistryUnavailable
from ..settings import Settings
from . import given, tokens
from .book import Book, known_tenant, note
from .values import ApiKey, Caller, Scope

log = logging.getLogger(__name__)


class Keys(Book):
    """The part of the accounts that knows keys."""

    def __init__(self, options: Settings, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        """Take the settings; nothing is opened, and nothing made, before it is asked."""
        super().__init__(options, clock)
        self._hours: dict[str, str] = {}  # in which keys were used last, as far as this process knows

    def make_key(
        self, tenant_id: str, name: str, scopes: Collection[Scope], made_by: str, expires_at: str | None = None
    ) -> tuple[ApiKey, str]:
        """Make a key of a program; give it, and the whole key, which nobody can be told again."""
        from ..store import account_rows as rows

        secret = tokens.new_secret()
        until = None if expires_at is None else given.later(expires_at, self._clock())
        values: dict[str, Any] = {
            "id": tokens.new_id(tokens.KEY_PREFIX),
            "tenant_id": tenant_id,
            "name": given.name(name),
            "hash": tokens.hash_of(secret),
            "scopes": given.scopes(scopes),
            "created_at": self._now(),
            "created_by": made_by,
            "expires_at": until,
            "revoked_at": None,
            "last_used_at": None,
        }
        with self._writing() as connection:
            known_tenant(connection, tenant_id)
            rows.add_key(connection, values)
            note(connection, "key.made", key=values["id"], tenant=tenant_id, scopes=values["scopes"], by=made_by)
        return _key(values), f"{values['id']}_{secret}"

    def keys(self, tenant_id: str) -> tuple[ApiKey, ...]:
        """Give the keys of a tenant, the newest first, also those that are revoked."""
        from ..store import account_rows as rows

        with self._reading() as connection:
            return () if connection is None else tuple(map(_key, rows.all_keys(connection, tenant_id)))

    def revoke_key(self, tenant_id: str, key_id: str) -> ApiKey | None:
        """Let a key open nothing more; None where the tenant has none of that id."""
        from ..store import account_rows as rows

        with self._writing() as connection:
            found = rows.key(connection, key_id)
            if found is None or found["tenant_id"] != tenant_id:
                return None
            if found["revoked_at"] is None:
                found["revoked_at"] = self._now()
                rows.change_key(connection, key_id, {"revoked_at": found["revoked_at"]})
                note(connection, "key.revoked", key=key_id, tenant=tenant_id)
        return _key(found)

    def caller_of_key(self, key: str) -> Caller | None:
        """Say whose key it is; None where it opens nothing."""
        from ..store import account_rows as rows

        parts = tokens.parts_of(key)
        if parts is None:
            return None
        key_id, secret = parts
        with self._reading() as connection:
            found = None if connection is None else rows.key(connection, key_id)
        if found is None or not tokens.is_of(secret, found["hash"]) or found["revoked_at"] is not None:
            return None
        now = self._now()
        if found["expires_at"] is not None and found["expires_at"] <= now:
            return None
        self._used(key_id, found["last_used_at"], now)
        return Caller(found["tenant_id"], f"key:{key_id}", found["name"], _key(found).scopes, None)

    def _used(self, key_id: str, before: str | None, now: str) -> None:
        """Keep the hour of use, once for each process; a key opens also where that can't be written."""
        from ..store import account_rows as rows

        hour = f"{now[:13]}:00:00.000000+00:00"
        if hour in (before, self._hours.get(key_id)):
            return
        self._hours[key_id] = hour
        try:
            with self._writing() as connection:
                rows.change_key(connection, key_id, {"last_used_at": hour})
        except RegistryUnavailable as error:
            log.warning("the use of %s could not be kept: %s", key_id, error)


def _key(row: dict[str, Any]) -> ApiKey:
    plain = {name: value for name, value in row.items() if name not in ("hash", "scopes")}
    return ApiKey(**plain, scopes=frozenset(row["scopes"].split()))
