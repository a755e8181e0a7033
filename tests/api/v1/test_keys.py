"""Keys over HTTP: listed, made, revoked, each tenant its own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from countermark.accounts import SCOPES, Accounts, Scope
from countermark.settings import Settings
from countermark.tests import databases
from countermark.tests.api.people import Said, ask, serving


@dataclass(frozen=True)
class Running:
    url: str
    accounts: Accounts

    def key(self, *scopes: Scope, tenant: str = "main") -> str:
        return self.accounts.make_key(tenant, "test", scopes, "test")[1]

    def ask(self, key: str, path: str = "/v1/keys", method: str = "GET", body: object = None) -> Said:
        return ask(self.url, path, method, body, Authorization=f"Bearer {key}")


@pytest.fixture(scope="module", params=databases.KINDS)
def running(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder: Path = tmp_path_factory.mktemp("home")
    options = Settings(home=folder, database=databases.new(request.param, folder))
    with serving(options) as url:
        yield Running(url, Accounts(options))


def test_a_key_is_made_used_and_revoked(running: Running) -> None:
    mine = running.key(*SCOPES)
    until = datetime.now(UTC) + timedelta(days=1)
    wish = {"name": "bot", "scopes": ["checks:write", "keys:write"], "expires_at": until.isoformat()}
    said = running.ask(mine, method="POST", body=wish)
    assert said.status == 201 and said.headers["Cache-Control"] == "no-store"
    made = said.json
    assert (made["name"], made["scopes"], made["revoked_at"]) == ("bot", ["checks:write", "keys:write"], None)
    assert datetime.fromisoformat(made["expires_at"]) == until and made["created_by"].startswith("key:cmk_")
    assert made["key"].startswith(made["id"] + "_")
    listed = running.ask(made["key"])
    assert listed.status == 200 and listed.json["keys"][0]["id"] == made["id"]
    assert "key" not in listed.json["keys"][0] and made["key"] not in listed.body.decode()
    revoked = running.ask(mine, f"/v1/keys/{made['id']}", "DELETE")
    assert revoked.status == 200 and revoked.json["revoked_at"] is not None
    assert running.ask(mine, f"/v1/keys/{made['id']}", "DELETE").json == revoked.json
    assert running.ask(made["key"]).status == 401


def test_nobody_gives_away_what_they_may_not_do(running: Running) -> None:
    key = running.key("keys:write", "checks:read")
    said = running.ask(key, method="POST", body={"name": "more", "scopes": ["checks:read", "registry:write"]})
    assert said.status == 403 and "registry:write" in said.json["detail"] and "checks:read" not in said.json["detail"]
    assert running.ask(key, method="POST", body={"name": "as much", "scopes": ["checks:read"]}).status == 201


def test_another_tenants_keys_are_not_there(running: Running) -> None:
    tenant = running.accounts.add_tenant("The Herald").id
    mine, theirs = running.key("keys:write"), running.key("keys:write", tenant=tenant)
    theirs_id = theirs.rpartition("_")[0]
    assert theirs_id not in running.ask(mine).body.decode()
    other, nowhere = (running.ask(mine, f"/v1/keys/{one}", "DELETE") for one in (theirs_id, "cmk_none"))
    assert (other.status, other.json) == (404, nowhere.json)
    assert running.ask(theirs).status == 200
    made = running.ask(theirs, method="POST", body={"name": "bot", "scopes": ["keys:write"]}).json
    assert made["id"] in running.ask(theirs).body.decode() and made["id"] not in running.ask(mine).body.decode()


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_it_takes_the_scope(running: Running, method: str) -> None:
    body = {"name": "bot", "scopes": ["checks:read"]} if method == "POST" else None
    assert running.ask(running.key("checks:read"), method=method, body=body).status == 403
    assert ask(running.url, "/v1/keys", method, body).status == 401


@pytest.mark.parametrize(
    "wish",
    [
        {},
        {"name": "", "scopes": ["checks:read"]},
        {"name": "\n", "scopes": ["checks:read"]},
        {"name": "bot", "scopes": []},
        {"name": "bot", "scopes": ["everything"]},
        {"name": "bot", "scopes": ["checks:read"], "expires_at": "2020-01-01T00:00:00Z"},
        {"name": "bot", "scopes": ["checks:read"], "expires_at": "9999-12-31T23:59:59-23:00"},
        {"name": "bot", "scopes": ["checks:read"], "expires_at": "soon"},
        {"name": "bot", "scopes": ["checks:read"], "tenant_id": "main"},
        {"name": "b" * 201, "scopes": ["checks:read"]},
        ["name"],
    ],
)
def test_unfit_wishes(running: Running, wish: object) -> None:
    said = running.ask(running.key(*SCOPES), method="POST", body=wish)
    assert said.status == 422 and said.json["advice"]
