"""Who uses the service, as values: tenants, people, keys of programs, and what each may do. No I/O."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple, get_args

Role = Literal["viewer", "reviewer", "policy_editor", "administrator"]
Scope = Literal[
    "checks:read",
    "checks:write",
    "stamps:write",
    "stamps:read",
    "adapters:read",
    "adapters:write",
    "registry:read",
    "registry:write",
    "keys:write",
    "holds:write",
    "findings:write",
    "moderation:read",
    "reports:write",
    "reviews:write",
    "policies:write",
    "banks:write",
    "hooks:write",
    "provenance:personal",
    "fetch:manifests",
]

ROLES: tuple[Role, ...] = get_args(Role)  # each may do what those before it may
SCOPES: tuple[Scope, ...] = get_args(Scope)
SCOPE_WORDS: dict[Scope, str] = {  # as people read it on the page of keys; docs/accounts.md says the same
    "checks:read": "see checks and their results",
    "checks:write": "have videos checked, cancel and delete one's own checks",
    "stamps:write": "mark and sign videos in the operator's name",
    "stamps:read": "see what was stamped, and fetch it",
    "adapters:read": "see the adapters of the detector",
    "adapters:write": "upload, activate and delete adapters of the detector",
    "registry:read": "list and look up records of the registry",
    "registry:write": "revoke records of the registry",
    "keys:write": "make, list and revoke keys",
    "holds:write": "keep checks from deletion, and let them go again",
    "findings:write": "judge checks, have them judged again, read feedback, end and delete checks of others",
    "moderation:read": "see policies, decisions, queues, banks, endpoints and statements, and look files up in banks",
    "reports:write": "hand in notices and appeals, in the name of those who make them",
    "reviews:write": "claim reviews, decide about items, and take back what one decided",
    "policies:write": "write policies, try them on past checks, and let them run",
    "banks:write": "make banks of known content, and change what is in them",
    "hooks:write": "set up endpoints that are told of events, and send them again",
    "provenance:personal": "see names, e-mail addresses and places that a file holds, and who reports and appeals",
    "fetch:manifests": "search records by mark or file, and fetch their manifests whole",
}
PUBLIC = "public"  # the tenant of those who ask without a key
MAIN = "main"  # the first tenant, which is there without being made
ANONYMOUS = "anonymous"

ANONYMOUS_SCOPES: frozenset[Scope] = frozenset({"checks:read", "checks:write"})
_VIEWER: frozenset[Scope] = frozenset(
    {"checks:read", "checks:write", "stamps:read", "adapters:read", "registry:read", "moderation:read"}
)
# A manifest store is signed, so that nothing can be taken out of it: who fetches it sees all that it says.
_REVIEWER: frozenset[Scope] = _VIEWER | {
    *("findings:write", "holds:write", "provenance:personal", "fetch:manifests", "reports:write", "reviews:write"),
}
_POLICY_EDITOR: frozenset[Scope] = _REVIEWER | {
    *("adapters:write", "registry:write", "stamps:write", "policies:write", "banks:write", "hooks:write"),
}
ROLE_SCOPES: dict[Role, frozenset[Scope]] = {
    "viewer": _VIEWER,
    "reviewer": _REVIEWER,
    "policy_editor": _POLICY_EDITOR,
    "administrator": frozenset(SCOPES),
}


@dataclass(frozen=True)
class Caller:
    """Whoever asks: a program with a key, a person who is signed in, or somebody."""

    tenant_id: str
    made_by: str  # key:ID, person:ID, or anonymous
    name: str  # for people: of the key, or of the person
    scopes: frozenset[Scope]
    role: Role | None  # of people alone

    def may(self, scope: Scope) -> bool:
        """Whether it may do that.

        >>> SOMEBODY.may("checks:write"), SOMEBODY.may("keys:write")
        (True, False)
        """
        return scope in self.scopes

    @property
    def known(self) -> bool:
        """Whether it showed a key, or signed in."""
        return self.made_by != ANONYMOUS


SOMEBODY = Caller(PUBLIC, ANONYMOUS, "", ANONYMOUS_SCOPES, None)


class KeptHere(NamedTuple):
    """How long a tenant keeps things after a result; None: as the settings say."""

    media_s: float | None
    record_days: float | None


@dataclass(frozen=True)
class Tenant:
    """Those who share checks, keys and people, and see nothing of others."""

    id: str
    name: str
    created_at: str
    kept: KeptHere
    detector_head: str | None  # an adapted head that its checks ask too
    may_stamp: bool  # in the operator's name


@dataclass(frozen=True)
class Person:
    """Somebody who may sign in."""

    id: str
    tenant_id: str
    email: str | None  # None: its issuer names none
    name: str
    role: Role
    local: bool  # signs in here, with a password
    issuer: str | None  # signs in there
    created_at: str
    disabled_at: str | None


@dataclass(frozen=True)
class ApiKey:
    """A key of a program; never its secret."""

    id: str  # how the key begins
    tenant_id: str
    name: str
    scopes: frozenset[Scope]
    created_at: str
    created_by: str
    expires_at: str | None
    revoked_at: str | None
    last_used_at: str | None  # to the hour


@dataclass(frozen=True)
class Identity:
    """Who somebody is, as an issuer of OpenID Connect says."""

    issuer: str
    subject: str
    email: str | None
    name: str
    role: Role | None  # None: the issuer says nothing of it
