"""Who may do what, over every route: without a key, without the scope, by each role, and as another tenant."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from countermark.accounts import ANONYMOUS_SCOPES, ROLE_SCOPES, ROLES, SCOPES, Role
from countermark.tests.security.routes import OPEN, Route, routes
from countermark.tests.security.running import PASSWORD, Running

GUARDED = [one for one in routes() if one.scope is not None]
WITH_A_THING = [one for one in GUARDED if "_id}" in one.path and "manifest_id" not in one.path]
# What a body must hold for the question to get as far as the thing it is about.
BODIES: dict[str, Any] = {
    "POST /v1/decisions/{decision_id}/undo": {"note": "n"},
    "POST /v1/decisions/{decision_id}/appeals": {"side": "uploader", "reason": "r"},
    "POST /v1/reviews/{review_id}/opinion": {"finding": "genuine", "reason": "r"},
    "POST /v1/reviews/{review_id}/undo": {"reason": "r"},
    "POST /v1/checks/{check_id}/findings": {"says": "genuine", "why": "looked"},
    "POST /v1/checks/{check_id}/holds": {"reason": "review", "note": "n"},
    "POST /v1/checks/{check_id}/feedback": {"says": "right"},
    "PATCH /v1/banks/{bank}/contents/{content_id}": {"disabled": True},
    "PATCH /v1/endpoints/{endpoint_id}": {"kinds": []},
    "POST /v1/endpoints/{endpoint_id}/rotate": {},
    "POST /v1/endpoints/{endpoint_id}/replay": {},
}
PIECE = {"Upload-Offset": "0", "Content-Type": "application/offset+octet-stream"}


def named(one: Route) -> str:
    return one.name


def test_every_route_asks_for_a_scope_or_says_why_not() -> None:
    bare = {one.name for one in routes() if one.scope is None and not one.is_page}
    assert bare == set(OPEN)


@pytest.mark.parametrize("route", GUARDED, ids=named)
def test_without_a_key(server: Running, route: Route) -> None:
    with server.client() as asking:
        said = asking.request(route.method, route.filled(), json=BODIES.get(route.name))
    if route.scope in ANONYMOUS_SCOPES:
        assert said.status_code not in (403, 500), said.text
    else:
        assert said.status_code == 401 and "www-authenticate" in said.headers, said.text


@pytest.fixture(scope="module")
def lacking(server: Running) -> Mapping[str, dict[str, str]]:
    """For each scope, a key that may do everything but that."""
    return {scope: server.key(*(one for one in SCOPES if one != scope)) for scope in SCOPES}


@pytest.mark.parametrize("route", GUARDED, ids=named)
def test_without_the_scope(server: Running, lacking: Mapping[str, dict[str, str]], route: Route) -> None:
    assert route.scope is not None
    with server.client(headers=lacking[route.scope]) as asking:
        said = asking.request(route.method, route.filled(), json=BODIES.get(route.name))
    assert said.status_code == 403, said.text
    assert route.method == "HEAD" or route.scope in said.json()["detail"]


@pytest.mark.parametrize("role", ROLES)
def test_each_role_may_do_what_is_its_own(server: Running, role: Role) -> None:
    server.accounts.add_person(f"{role}@example.org", role, PASSWORD)
    with server.signed_in(f"{role}@example.org") as browser:
        for route in GUARDED:
            said = browser.request(route.method, route.filled(), json=BODIES.get(route.name))
            refused = said.status_code == 403
            assert refused == (route.scope not in ROLE_SCOPES[role]), (route.name, said.status_code, said.text)


@pytest.fixture(scope="module")
def things(server: Running, film: Path) -> dict[str, str]:
    """A thing of each kind that the first tenant has."""
    key = server.key()
    check_id = server.sent(film, key)
    assert server.over(check_id)["status"] == "succeeded"
    with server.client(headers=key) as asking:
        hold = asking.post(f"/v1/checks/{check_id}/holds", json={"reason": "review", "note": "n"}).json()["id"]
        upload = asking.post("/v1/uploads", json={"name": "a.mp4", "bytes": 4}).json()["id"]
        made = asking.post("/v1/keys", json={"name": "k", "scopes": ["checks:read"]}).json()
        stamp = asking.post("/v1/stamps", files={"file": ("a.mp4", film.read_bytes())}, data={"model": "m"})
    assert stamp.status_code < 300, stamp.text
    key_id = made.get("id") or made["key"]["id"]
    return {
        "check_id": check_id,
        "hold_id": hold,
        "upload_id": upload,
        "key_id": key_id,
        "stamp_id": stamp.json()["id"],
    }


@pytest.mark.parametrize("route", WITH_A_THING, ids=named)
def test_what_is_another_tenants_is_not_there(server: Running, things: Mapping[str, str], route: Route) -> None:
    """Not forbidden, which would tell that it is there: the same words as for what never was."""
    if not any(one.id == "ten_b" or one.name == "b" for one in server.accounts.tenants()):
        server.accounts.add_tenant("b")
    tenant = next(one.id for one in server.accounts.tenants() if one.name == "b")
    headers = PIECE if route.method == "PATCH" and "uploads" in route.path else {}
    with server.client(headers=server.key(tenant=tenant)) as asking:
        real = asking.request(route.method, route.filled(**things), json=BODIES.get(route.name), headers=headers)
        none = asking.request(route.method, route.filled(), json=BODIES.get(route.name), headers=headers)
    assert real.status_code == none.status_code == 404, (real.status_code, real.text, none.text)
    if route.method != "HEAD":
        said, other = real.json(), none.json()
        for name in ("check_id", "hold_id", "upload_id", "key_id", "stamp_id"):
            said["detail"] = said["detail"].replace(things[name], "ID")
        assert {said[k] for k in ("type", "title", "advice")} == {other[k] for k in ("type", "title", "advice")}
        assert not set(things.values()) & set(said["detail"].split())


def test_lists_are_each_tenants_own(server: Running, things: Mapping[str, str]) -> None:
    tenant = server.accounts.add_tenant("c").id
    with server.client(headers=server.key(tenant=tenant)) as asking:
        for path in ("/v1/checks", "/v1/stamps", "/v1/keys", "/v1/adapters"):
            said = asking.get(path)
            assert said.status_code == 200 and not any(one in said.text for one in things.values()), said.text
        assert asking.get("/v1/records").status_code == 403, "the registry is the operator's"


def test_pages_keep_to_the_same(server: Running, things: Mapping[str, str]) -> None:
    tenant = server.accounts.add_tenant("d").id
    server.accounts.add_person("d@example.org", "administrator", PASSWORD, tenant_id=tenant)
    check = things["check_id"]
    with server.signed_in("d@example.org") as browser:
        for path in ("", "/progress", "/delete", "/bundle"):
            assert browser.get(f"/c/{check}{path}").status_code == 404
        for path in ("/delete", "/cancel", "/feedback"):
            said = browser.post(f"/c/{check}{path}", data={"says": "right"})
            assert said.status_code == 404, said.text
        assert browser.post(f"/keys/{things['key_id']}/revoke").status_code == 404
        assert check not in browser.get("/checks").text and things["key_id"] not in browser.get("/keys").text
