"""Tenants: whose things are whose, and what each may have otherwise than the settings say."""

from __future__ import annotations

from typing import Any

from ..errors import AccountUnfit
from . import given, tokens
from .book import NO_TENANT, Book, tenant_values
from .values import KeptHere, Tenant

_MEDIA_S, _RECORD_DAYS = 366 * 86_400, 36_500  # the longest that anything is kept for a tenant


class Tenants(Book):
    """The part of the accounts that knows tenants."""

    def add_tenant(self, name: str) -> Tenant:
        """Make a tenant, who sees nothing of others."""
        from ..store import account_rows as rows

        values = tenant_values(tokens.new_id("ten_"), given.name(name), self._now())
        with self._writing() as connection:
            if any(one["name"] == values["name"] for one in rows.all_tenants(connection)):
                advice = "take another name, or change that one without --new"
                raise AccountUnfit(f"there is a tenant called {values['name']} already", advice=advice)
            rows.add_tenant(connection, values)
        return _tenant(values)

    def tenants(self) -> tuple[Tenant, ...]:
        """Give every tenant; the two that are there without being made come first."""
        from ..store import account_rows as rows

        with self._writing() as connection:
            return tuple(map(_tenant, rows.all_tenants(connection)))

    def tenant_called(self, name: str) -> Tenant:
        """Find one by its id, or by its name."""
        called = sorted((one for one in self.tenants() if name in (one.id, one.name)), key=lambda one: one.id != name)
        if not called:
            raise AccountUnfit(f"there is no tenant {name}", advice=NO_TENANT)
        return called[0]

    def set_kept(self, tenant_id: str, media_s: float | None, record_days: float | None) -> None:
        """Say how long a tenant keeps media and records after a result; None: as the settings say."""
        if media_s is not None and not 0 <= media_s <= _MEDIA_S:
            raise AccountUnfit(f"media can't be kept for {media_s:g} s", advice=f"say 0 to {_MEDIA_S} seconds, a year")
        if record_days is not None and not 0 < record_days <= _RECORD_DAYS:
            advice = f"say more than 0 and at most {_RECORD_DAYS} days"
            raise AccountUnfit(f"records can't be kept for {record_days:g} days", advice=advice)
        self._change_tenant(tenant_id, {"media_kept_s": media_s, "record_kept_days": record_days})

    def kept(self, tenant_id: str) -> KeptHere:
        """Give how long a tenant keeps things; None where the settings say."""
        found = self._tenant(tenant_id)
        return KeptHere(None, None) if found is None else found.kept

    def set_may_stamp(self, tenant_id: str, may: bool) -> None:
        """Say whether a tenant other than the operator's own may stamp in the operator's name."""
        self._change_tenant(tenant_id, {"may_stamp": may})

    def may_stamp(self, tenant_id: str) -> bool:
        """Whether what a tenant stamps may bear the operator's name."""
        found = self._tenant(tenant_id)
        return found is not None and found.may_stamp

    def set_detector_head(self, tenant_id: str, name: str | None) -> None:
        """Say which adapted head a tenant's checks ask too."""
        self._change_tenant(tenant_id, {"detector_head": name})

    def detector_head(self, tenant_id: str) -> str | None:
        """Give the adapted head that a tenant's checks ask too."""
        found = self._tenant(tenant_id)
        return None if found is None else found.detector_head

    def _tenant(self, tenant_id: str) -> Tenant | None:
        from ..store import account_rows as rows

        with self._reading() as connection:
            found = None if connection is None else rows.tenant(connection, tenant_id)
        return None if found is None else _tenant(found)

    def _change_tenant(self, tenant_id: str, values: dict[str, Any]) -> None:
        from ..store import account_rows as rows

        with self._writing() as connection:
            if not rows.change_tenant(connection, tenant_id, values):
                raise AccountUnfit(f"no tenant has the id {tenant_id}", advice=NO_TENANT)


def _tenant(row: dict[str, Any]) -> Tenant:
    kept = KeptHere(row["media_kept_s"], row["record_kept_days"])
    return Tenant(row["id"], row["name"], row["created_at"], kept, row["detector_head"], row["may_stamp"])
