"""The accounts behind one database: tenants, people who sign in, keys of programs. Knows no HTTP.

Who asks is found out here, and by nobody else: `caller_of_key`, `person_of`. What they may do follows from the scopes
of their key, or from their role, as it stands at this moment.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from ..errors import AccountUnfit, RegistryUnavailable, SignInFailed
from ..settings import Settings
from . import given, passwords, tokens
from .values import (
    MAIN,
    PUBLIC,
    ROLE_SCOPES,
    ApiKey,
    Caller,
    Identity,
    KeptHere,
    Person,
    Role,
    Scope,
    Tenant,
)

if TYPE_CHECKING:  # SQLAlchemy costs .4 s
    from sqlalchemy import Connection

log = logging.getLogger(__name__)

_FIRST = {PUBLIC: "Those who ask without a key", MAIN: "Main"}
_MEDIA_S, _RECORD_DAYS = 366 * 86_400, 36_500  # the longest that anything is kept for a tenant
_TENANTS = "see `countermark accounts tenants`"
_WRONG = "e-mail or password is wrong"
_NO_ROLE = "ask its administrators for the claim that `service.oidc_role_claim` names; `service.oidc_open` lets all in"


class Accounts:
    """Tenants, people and keys; nothing is held open from call to call."""

    def __init__(self, options: Settings, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        """Take the settings; nothing is opened, and nothing made, before it is asked."""
        self._url = options.database_url
        self._session_s = options.service.session_s
        self._open_to_all = options.service.oidc_open
        self._clock = clock
        self._hours: dict[str, str] = {}  # in which keys were used last, as far as this process knows

    # Tenants ---------------------------------------------------------------------------------------------------------

    def add_tenant(self, name: str) -> Tenant:
        """Make a tenant, who sees nothing of others."""
        from ..store import account_rows as rows

        values = _tenant_values(tokens.new_id("ten_"), given.name(name), self._now())
        with self._writing() as connection:
            if any(one["name"] == values["name"] for one in rows.all_tenants(connection)):
                raise AccountUnfit(f"there is a tenant called {values['name']} already", advice="take another name")
            rows.add_tenant(connection, values)
        return _tenant(values)

    def tenants(self) -> tuple[Tenant, ...]:
        """Give every tenant; the two that are there without being made come first."""
        from ..store import account_rows as rows

        with self._writing() as connection:
            return tuple(map(_tenant, rows.all_tenants(connection)))

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

    # People ----------------------------------------------------------------------------------------------------------

    def add_person(self, email: str, role: Role, password: str, *, name: str = "", tenant_id: str = MAIN) -> Person:
        """Let somebody sign in here with a password."""
        from ..store import account_rows as rows

        address = given.address(email)
        values = _person_values(address, given.name(name or address), given.role(role), tenant_id, self._now())
        values["password_hash"] = passwords.hashed(password)
        with self._writing() as connection:
            _known_tenant(connection, tenant_id)
            if rows.person(connection, email=address):
                raise AccountUnfit(f"{address} has an account already", advice="see `countermark accounts list`")
            rows.add_person(connection, values)
            _note(connection, "person.added", person=values["id"], tenant=tenant_id, role=role)
        return _person(values)

    def people(self, tenant_id: str | None = None) -> tuple[Person, ...]:
        """Give the people of a tenant, or of all."""
        from ..store import account_rows as rows

        with self._reading() as connection:
            return () if connection is None else tuple(map(_person, rows.all_people(connection, tenant_id)))

    def person_called(self, email: str) -> Person:
        """Find somebody by their address."""
        from ..store import account_rows as rows

        address = given.address(email)
        with self._reading() as connection:
            found = None if connection is None else rows.person(connection, email=address)
        return _person(_there(found, f"{address} has no account"))

    def set_role(self, person_id: str, role: Role) -> None:
        """Change what somebody may do, from their next request on."""
        self._change_person(person_id, {"role": given.role(role), "role_said_by": "here"}, "person.role", role=role)

    def set_password(self, person_id: str, password: str) -> None:
        """Give somebody a new password, and end their sign-ins; not who signs in elsewhere."""
        hashed = passwords.hashed(password)
        self._change_person(person_id, {"password_hash": hashed}, "person.password", end=True, local=True)

    def disable(self, person_id: str) -> None:
        """Let somebody in no more, and end their sign-ins; what they did stays theirs."""
        self._change_person(person_id, {"disabled_at": self._now()}, "person.disabled", end=True)

    def enable(self, person_id: str) -> None:
        """Let somebody in again."""
        self._change_person(person_id, {"disabled_at": None}, "person.enabled")

    # Signing in ------------------------------------------------------------------------------------------------------

    def sign_in(self, email: str, password: str) -> str:
        """Give the token of a new session; SignInFailed says and takes the same whatever was wrong."""
        from ..store import account_rows as rows

        with self._reading() as connection:
            known = connection is not None and given.is_address(email.strip())
            found = rows.person(connection, email=email.strip().casefold()) if connection and known else None
        kept = found["password_hash"] if found else None
        right = passwords.holds(password, kept)
        if not right or found is None or kept is None or found["disabled_at"] is not None:
            raise SignInFailed(_WRONG)
        grown = passwords.hashed(password) if passwords.outgrown(kept) else None
        with self._writing() as connection:
            token = self._begin(connection, found["id"], kept)
            if grown is not None:
                rows.change_person(connection, found["id"], {"password_hash": grown})
        return token

    def signed_in_elsewhere(self, identity: Identity) -> str:
        """Give the token of a new session for whom the issuer gives a role; who is new here gets an account.

        Without a role from there, those get in who have one from here; and everybody, where the settings say so.
        """
        from ..store import account_rows as rows

        with self._writing() as connection:
            found = rows.person(connection, issuer=identity.issuer, subject=identity.subject)
            if self._open_to_all or identity.role is not None or (found and found["role_said_by"] == "here"):
                return self._let_in(connection, found or self._newcomer(connection, identity), identity)
            if found is not None:
                rows.end_sessions(connection, found["id"])
        raise SignInFailed("the issuer knows you, and gives you no role here", advice=_NO_ROLE)

    def person_of(self, token: str) -> Caller | None:
        """Say who is signed in; None where the session is over, or never was."""
        from ..store import account_rows as rows

        with self._reading() as connection:
            found = None if connection is None else rows.session(connection, tokens.hash_of(token))
        if found is None or found["session_expires_at"] <= self._now() or found["disabled_at"] is not None:
            return None
        role: Role = found["role"]
        return Caller(found["tenant_id"], f"person:{found['id']}", found["name"], ROLE_SCOPES[role], role)

    def sign_out(self, token: str) -> None:
        """End a session."""
        from ..store import account_rows as rows

        with self._writing() as connection:
            rows.end_session(connection, tokens.hash_of(token))

    # Keys ------------------------------------------------------------------------------------------------------------

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
            _known_tenant(connection, tenant_id)
            rows.add_key(connection, values)
            _note(connection, "key.made", key=values["id"], tenant=tenant_id, scopes=values["scopes"], by=made_by)
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
                _note(connection, "key.revoked", key=key_id, tenant=tenant_id)
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

    # What they share -------------------------------------------------------------------------------------------------

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

    def _begin(self, connection: Connection, person_id: str, kept: str | None) -> str:
        """Begin a session, unless the person was shut out or got another password meanwhile."""
        from ..store import account_rows as rows

        now = rows.person(connection, id=person_id)
        if now is None or now["disabled_at"] is not None or now["password_hash"] != kept:
            raise SignInFailed(_WRONG)
        token = tokens.new_secret()
        ends = given.time(self._clock() + timedelta(seconds=self._session_s))
        session = {"hash": tokens.hash_of(token), "person_id": person_id}
        rows.add_session(connection, {**session, "created_at": self._now(), "expires_at": ends})
        return token

    def _let_in(self, connection: Connection, found: dict[str, Any], identity: Identity) -> str:
        from ..store import account_rows as rows

        if found["disabled_at"] is not None:
            raise SignInFailed("this account is disabled", advice="ask an administrator of the service")
        rows.change_person(connection, found["id"], _as_said(connection, found, identity))
        return self._begin(connection, found["id"], found["password_hash"])

    def _newcomer(self, connection: Connection, identity: Identity) -> dict[str, Any]:
        from ..store import account_rows as rows

        if identity.email is not None and rows.person(connection, email=identity.email):
            raise SignInFailed(
                f"{identity.email} has an account of another kind here",
                advice="sign in as before, or ask an administrator of the service",
            )
        name = given.name(identity.name or identity.email or identity.subject)
        values = _person_values(identity.email, name, "viewer", MAIN, self._now())
        values |= {"issuer": identity.issuer, "subject": identity.subject}
        rows.add_person(connection, values)
        _note(connection, "person.added", person=values["id"], tenant=MAIN, role="viewer")
        return values

    def _change_person(
        self, person_id: str, values: dict[str, Any], kind: str, *, end: bool = False, local: bool = False, **body: str
    ) -> None:
        from ..store import account_rows as rows

        with self._writing() as connection:
            found = _there(rows.person(connection, id=person_id), f"nobody has the id {person_id}")
            if local and found["password_hash"] is None:
                raise AccountUnfit(f"{found['name']} signs in elsewhere", advice="change the password there")
            rows.change_person(connection, person_id, values)
            if end:
                rows.end_sessions(connection, person_id)
            _note(connection, kind, person=person_id, **body)

    def _tenant(self, tenant_id: str) -> Tenant | None:
        from ..store import account_rows as rows

        with self._reading() as connection:
            found = None if connection is None else rows.tenant(connection, tenant_id)
        return None if found is None else _tenant(found)

    def _change_tenant(self, tenant_id: str, values: dict[str, Any]) -> None:
        from ..store import account_rows as rows

        with self._writing() as connection:
            if not rows.change_tenant(connection, tenant_id, values):
                raise AccountUnfit(f"no tenant has the id {tenant_id}", advice=_TENANTS)

    def _now(self) -> str:
        return given.time(self._clock())

    def _reading(self) -> AbstractContextManager[Connection | None]:
        from ..store import engine

        return engine.reading(self._url)

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        """Give a transaction in which the first tenants are there."""
        from ..store import account_rows as rows
        from ..store import engine

        with engine.writing(self._url) as connection:
            if rows.tenant(connection, MAIN) is None:
                for tenant_id, name in _FIRST.items():
                    rows.add_tenant(connection, _tenant_values(tenant_id, name, self._now()))
            yield connection


def _note(connection: Connection, kind: str, **body: str) -> None:
    """Say in the ledger who changed what may be done here; by ids alone, since nothing is ever taken out of it."""
    from ..store import ledger

    ledger.append(connection, kind, body)


def _as_said(connection: Connection, found: dict[str, Any], identity: Identity) -> dict[str, Any]:
    """Give what an issuer says anew: a role that it gave goes with its word, one that was given here stays."""
    from ..store import account_rows as rows

    said: dict[str, Any] = {"name": given.name(identity.name or found["name"])}
    if identity.email not in (None, found["email"]) and rows.person(connection, email=str(identity.email)) is None:
        said["email"] = identity.email
    if identity.role is not None:
        said |= {"role": identity.role, "role_said_by": "issuer"}
    elif found["role_said_by"] == "issuer":
        said |= {"role": "viewer", "role_said_by": "here"}
    if said.get("role", found["role"]) != found["role"]:
        _note(connection, "person.role", person=found["id"], role=said["role"])
    return said


def _there(found: dict[str, Any] | None, otherwise: str) -> dict[str, Any]:
    if found is None:
        raise AccountUnfit(otherwise)
    return found


def _known_tenant(connection: Connection, tenant_id: str) -> None:
    """Refuse a tenant that is not there, or that nobody belongs to."""
    from ..store import account_rows as rows

    if tenant_id == PUBLIC or rows.tenant(connection, tenant_id) is None:
        raise AccountUnfit(f"no tenant with the id {tenant_id} takes people or keys", advice=_TENANTS)


def _person_values(email: str | None, name: str, role: str, tenant_id: str, now: str) -> dict[str, Any]:
    nothing = dict.fromkeys(("password_hash", "issuer", "subject", "disabled_at"))
    said = {"tenant_id": tenant_id, "email": email, "name": name, "role": role, "role_said_by": "here"}
    return {"id": tokens.new_id("per_"), **said, "created_at": now, **nothing}


def _tenant_values(tenant_id: str, name: str, now: str) -> dict[str, Any]:
    nothing = dict.fromkeys(("media_kept_s", "record_kept_days", "detector_head"))
    return {"id": tenant_id, "name": name, "created_at": now, "may_stamp": tenant_id == MAIN, **nothing}


def _tenant(row: dict[str, Any]) -> Tenant:
    kept = KeptHere(row["media_kept_s"], row["record_kept_days"])
    return Tenant(row["id"], row["name"], row["created_at"], kept, row["detector_head"], row["may_stamp"])


def _person(row: dict[str, Any]) -> Person:
    plain = {name: row[name] for name in ("id", "tenant_id", "email", "name", "role", "issuer")}
    times = {name: row[name] for name in ("created_at", "disabled_at")}
    return Person(**plain, **times, local=row["password_hash"] is not None)


def _key(row: dict[str, Any]) -> ApiKey:
    plain = {name: value for name, value in row.items() if name not in ("hash", "scopes")}
    return ApiKey(**plain, scopes=frozenset(row["scopes"].split()))
