"""People: who signs in, here or elsewhere, and what each may do. Knows no HTTP.

Who is signed in is found out here, by `person_of`. What they may do follows from their role as it stands at this
moment.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from ..errors import AccountUnfit, SignInFailed
from . import given, passwords, tokens
from .book import Book, known_tenant, note
from .values import MAIN, ROLE_SCOPES, Caller, Identity, Person, Role

if TYPE_CHECKING:  # SQLAlchemy costs .4 s
    from sqlalchemy import Connection

_WRONG = "e-mail or password is wrong"
_NO_ROLE = "ask its administrators for the claim that `service.oidc_role_claim` names; `service.oidc_open` lets all in"


class People(Book):
    """The part of the accounts that knows people."""

    def add_person(self, email: str, role: Role, password: str, *, name: str = "", tenant_id: str = MAIN) -> Person:
        """Let somebody sign in here with a password."""
        from ..store import account_rows as rows

        address = given.address(email)
        values = _person_values(address, given.name(name or address), given.role(role), tenant_id, self._now())
        values["password_hash"] = passwords.hashed(password)
        with self._writing() as connection:
            known_tenant(connection, tenant_id)
            if rows.person(connection, email=address):
                raise AccountUnfit(f"{address} has an account already", advice="see `countermark accounts list`")
            rows.add_person(connection, values)
            note(connection, "person.added", person=values["id"], tenant=tenant_id, role=role)
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
            has_role = identity.role is not None or (found is not None and found["role_said_by"] == "here")
            if has_role or self._options.service.oidc_open:
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

    def _begin(self, connection: Connection, person_id: str, kept: str | None) -> str:
        """Begin a session, unless the person was shut out or got another password meanwhile."""
        from ..store import account_rows as rows

        now = rows.person(connection, id=person_id)
        if now is None or now["disabled_at"] is not None or now["password_hash"] != kept:
            raise SignInFailed(_WRONG)
        token = tokens.new_secret()
        ends = given.time(self._clock() + timedelta(seconds=self._options.service.session_s))
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
        note(connection, "person.added", person=values["id"], tenant=MAIN, role="viewer")
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
            note(connection, kind, person=person_id, **body)


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
        note(connection, "person.role", person=found["id"], role=said["role"])
    return said


def _there(found: dict[str, Any] | None, otherwise: str) -> dict[str, Any]:
    if found is None:
        raise AccountUnfit(otherwise, advice="see `countermark accounts list`")
    return found


def _person_values(email: str | None, name: str, role: str, tenant_id: str, now: str) -> dict[str, Any]:
    nothing = dict.fromkeys(("password_hash", "issuer", "subject", "disabled_at"))
    said = {"tenant_id": tenant_id, "email": email, "name": name, "role": role, "role_said_by": "here"}
    return {"id": tokens.new_id("per_"), **said, "created_at": now, **nothing}


def _person(row: dict[str, Any]) -> Person:
    plain = {name: row[name] for name in ("id", "tenant_id", "email", "name", "role", "issuer")}
    times = {name: row[name] for name in ("created_at", "disabled_at")}
    return Person(**plain, **times, local=row["password_hash"] is not None)
