"""Keys of programs: list, make, revoke. A key opens no more than whoever makes it may do; its secret is told once."""
# FastAPI reads the annotations of what is defined inside functions: they must not be put off.

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BaseModel, Field

from ...accounts import SCOPES, ApiKey, Caller, Scope
from ..problems import Problem
from ..who import needs
from .examples import AT, answers, body
from .shapes import Taken

if TYPE_CHECKING:
    from fastapi import APIRouter

    from ..service import Service

_ID = "cmk_k5zq3v7w2m4x6yaabcdefghij2"
_WISH = {"name": "newsroom bot", "scopes": ["checks:read", "checks:write"], "expires_at": "2099-01-31T08:00:00Z"}
_SHOWN = {
    **{"id": _ID, "name": _WISH["name"], "scopes": _WISH["scopes"], "created_at": AT},
    **{"created_by": "person:per_3q5x7w2m4k6z7y2abcdefghij4", "expires_at": "2099-01-31T08:00:00.000000+00:00"},
    **{"revoked_at": None, "last_used_at": "2026-11-22T09:00:00.000000+00:00"},
}
_MADE = {**_SHOWN, "last_used_at": None, "key": f"{_ID}_{26 * 'a2'}"}
_REVOKED = {**_SHOWN, "revoked_at": AT}


class KeyWish(Taken):
    """A key that is to be made."""

    name: str = Field(min_length=1, max_length=200, description="what it is for")
    scopes: list[Scope] = Field(min_length=1, max_length=len(SCOPES), description="what it may do")
    expires_at: datetime | None = Field(default=None, description="from when on it opens nothing; null: never")


class KeyShown(BaseModel):
    """A key, without its secret."""

    id: str = Field(description="how the key begins")
    name: str
    scopes: list[Scope]
    created_at: str
    created_by: str
    expires_at: str | None
    revoked_at: str | None
    last_used_at: str | None = Field(description="to the hour")


class KeyMade(KeyShown):
    """A key that was made just now."""

    key: str = Field(description="the whole key; it is told this once, and kept by nobody here")


class Keys(BaseModel):
    """The keys of a tenant, the newest first, also those that are revoked or expired."""

    keys: list[KeyShown]


def router(service: "Service") -> "APIRouter":
    """Serve the keys of whoever asks: those of their tenant."""
    from fastapi import APIRouter, Depends, Response
    from fastapi import Path as InPath

    made = APIRouter(prefix="/keys", tags=["keys"])
    Asker = Annotated[Caller, Depends(needs("keys:write"))]
    accounts = service.accounts

    @made.get("", responses=answers(200, {"keys": [_SHOWN]}, 401, 403))
    def list_keys(caller: Asker) -> Keys:
        """List the keys of your tenant, the newest first; never their secrets."""
        return Keys(keys=[KeyShown(**_plain(key)) for key in accounts.keys(caller.tenant_id)])

    @made.post("", status_code=201, openapi_extra=body(_WISH), responses=answers(201, _MADE, 401, 403))
    def make_key(wish: KeyWish, caller: Asker, response: Response) -> KeyMade:
        """Make a key that may do some of what you may do; the whole key is told this once."""
        if beyond := [scope for scope in wish.scopes if not caller.may(scope)]:
            raise Problem("forbidden", f"nobody can give away what they may not do themselves: {', '.join(beyond)}")
        until = wish.expires_at.isoformat() if wish.expires_at else None
        key, whole = accounts.make_key(caller.tenant_id, wish.name, wish.scopes, caller.made_by, until)
        response.headers["Cache-Control"] = "no-store"
        return KeyMade(**_plain(key), key=whole)

    @made.delete("/{key_id}", responses=answers(200, _REVOKED, 401, 403, 404))
    def revoke_key(key_id: Annotated[str, InPath(max_length=40)], caller: Asker) -> KeyShown:
        """Let a key open nothing from now on; it stays in the list."""
        key = accounts.revoke_key(caller.tenant_id, key_id)
        if key is None:
            raise Problem("not-found", "there is no such key")
        return KeyShown(**_plain(key))

    return made


def _plain(key: ApiKey) -> dict[str, Any]:
    shown = {name: value for name, value in vars(key).items() if name != "tenant_id"}
    return {**shown, "scopes": [scope for scope in SCOPES if scope in key.scopes]}
