"""Endpoints over HTTP: set up, told with signatures that a public library checks, rotated, disabled, replayed."""

import itertools
import json
from collections.abc import Iterator

import httpx
import pytest
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from countermark.docket import callbacks
from countermark.jobs import Worker, rounds
from countermark.moderation.hooks import emit
from countermark.store import engine
from countermark.tests.jobs.rooms import receiving, until
from tests.api.served import Place, serving

URL = "https://hooks.example/a"
_numbers = itertools.count(1)


class Asker:
    """Somebody with a key of a tenant."""

    def __init__(self, place: Place) -> None:
        self.place, self.tenant = place, place.accounts.add_tenant(f"hooks {next(_numbers)}").id
        self.key = place.key("hooks:write", tenant=self.tenant)

    def __call__(self, method: str, path: str, status: int, headers: object = None, **more: object) -> httpx.Response:
        said = self.place.ask(method, path, headers={**self.key, **(headers or {})}, **more)  # type: ignore[dict-item]
        assert said.status_code == status, said.text
        return said

    def emit(self, *subjects: str) -> list[str]:
        with engine.changing(self.place.options.database_url) as connection:
            laid = [emit(connection, self.tenant, one, "decision.made", {"id": "dec_1"}) for one in subjects]
        return [one for ids in laid for one in ids]


@pytest.fixture
def ask(place: Place) -> Asker:
    return Asker(place)


def test_an_endpoint_is_made_changed_and_removed(ask: Asker) -> None:
    wish = {"url": URL, "kinds": ["decision.made"], "description": "ours"}
    made = ask("POST", "/v1/endpoints", 201, json=wish).json()
    secret, here = made.pop("secret"), f"/v1/endpoints/{made['id']}"
    assert secret.startswith("whsec_") and made["enabled"] and made["way"] == "http"
    assert ask("GET", here, 200).json() == made
    assert ask("GET", "/v1/endpoints", 200).json() == {"endpoints": [made]}
    assert secret not in ask("GET", "/v1/endpoints", 200).text
    changed = ask("PATCH", here, 200, json={"url": URL + "b", "kinds": [], "enabled": False}).json()
    assert (changed["url"], changed["kinds"], changed["enabled"]) == (URL + "b", [], False)
    ask("POST", f"{here}/test", 409)
    ask("DELETE", here, 204)
    ask("GET", here, 404)
    assert ask("GET", "/v1/endpoints", 200).json() == {"endpoints": []}


def test_the_same_request_again_makes_no_second(ask: Asker) -> None:
    once = {"Idempotency-Key": "one"}
    first = ask("POST", "/v1/endpoints", 201, headers=once, json={"url": URL})
    again = ask("POST", "/v1/endpoints", 201, headers=once, json={"url": URL})
    assert again.json() == first.json() and again.headers["idempotency-replayed"] == "true"
    ask("POST", "/v1/endpoints", 422, headers=once, json={"url": URL + "b"})
    assert len(ask("GET", "/v1/endpoints", 200).json()["endpoints"]) == 1


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"url": "http://hooks.example/a"},
        {"url": "https://127.0.0.1/a"},
        {"url": "https://[::1]/a"},
        {"url": "ftp://hooks.example/a"},
        {"url": URL, "kinds": ["nothing"]},
        {"url": URL, "way": "kafka"},
        {"url": f"https://hooks.example/{2000 * 'a'}"},
    ],
)
def test_what_is_no_endpoint_is_refused(ask: Asker, body: dict[str, object]) -> None:
    said = ask("POST", "/v1/endpoints", 422, json=body)
    assert said.json()["advice"]
    made = ask("POST", "/v1/endpoints", 201, json={"url": URL}).json()
    if "way" not in body and body:
        ask("PATCH", f"/v1/endpoints/{made['id']}", 422, json=body)


def test_deliveries_are_paged_by_state_and_owed_again(ask: Asker) -> None:
    made = ask("POST", "/v1/endpoints", 201, json={"url": URL}).json()
    here = f"/v1/endpoints/{made['id']}"
    ids = ask.emit("a", "a", "b")
    page = ask("GET", f"{here}/deliveries", 200, params={"limit": 2, "state": "waiting"}).json()
    rest = ask("GET", f"{here}/deliveries", 200, params={"limit": 2, "cursor": page["next"]}).json()
    assert sorted(one["id"] for one in (*page["deliveries"], *rest["deliveries"])) == sorted(ids)
    assert rest["next"] is None
    ask("POST", f"/v1/deliveries/{ids[0]}/retry", 409)
    ask("PATCH", here, 200, json={"enabled": False})
    dead = ask("GET", f"{here}/deliveries", 200, params={"state": "dead"}).json()["deliveries"]
    assert len(dead) == 3 and all("disabled" in one["failure"] for one in dead)
    ask("POST", f"{here}/replay", 409, json={})
    ask("PATCH", here, 200, json={"enabled": True})
    again = ask("POST", f"/v1/deliveries/{ids[0]}/retry", 202).json()
    assert again["state"] == "waiting" and again["event"]["data"] == {"id": "dec_1"}
    assert ask("POST", f"{here}/replay", 202, json={}).json() == {"count": 2}
    assert ask("POST", f"{here}/replay", 202, json={"since": "2020-01-01T00:00:00Z"}).json() == {"count": 0}
    assert ask("GET", f"{here}/deliveries", 200, params={"state": "delivered"}).json()["deliveries"] == []
    for wrong in (
        *({"since": at} for at in ("yesterday", "2020-01-01T00:00:00")),
        *({"since": at} for at in ("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00")),
    ):
        ask("POST", f"{here}/replay", 422, json=wrong)
    ask("GET", f"{here}/deliveries", 409, params={"cursor": "none"})


@pytest.fixture
def inside(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    monkeypatch.setattr(callbacks, "PAUSES_S", (0.1, 0.1))
    monkeypatch.setattr(rounds, "QUICK_S", 0.1)
    with serving(tmp_path_factory.mktemp("home"), unsafe_private_addresses=True) as made:
        yield made


def test_a_receiver_checks_the_signatures_of_both_secrets(inside: Place) -> None:
    ask = Asker(inside)
    with receiving() as receiver, Worker(inside.options):
        made = ask("POST", "/v1/endpoints", 201, json={"url": receiver.url, "kinds": ["policy.changed"]}).json()
        here, first = f"/v1/endpoints/{made['id']}", made["secret"]
        tested = ask("POST", f"{here}/test", 202).json()["delivery_id"]
        until(lambda: receiver.got)
        rotated = ask("POST", f"{here}/rotate", 200, json={"overlap_s": 60}).json()
        second = rotated["secret"]
        assert second != first and rotated["overlap_until"]
        ask("POST", f"{here}/test", 202)
        until(lambda: len(receiver.got) == 2)
        until(lambda: ask("GET", f"/v1/deliveries/{tested}", 200).json()["state"] == "delivered")
        assert ask("POST", f"/v1/deliveries/{tested}/retry", 202).json()["state"] == "waiting"
        until(lambda: len(receiver.got) == 3)
        osprey = ask("POST", "/v1/endpoints", 201, json={"url": receiver.url, "form": "osprey"}).json()
        ask("POST", f"/v1/endpoints/{osprey['id']}/test", 202)
        until(lambda: len(receiver.got) == 4)
    (headers, body), (both, later), (again, same), (of_rules, action) = receiver.got
    assert Webhook(osprey["secret"]).verify(action, of_rules)["data"]["action_name"] == "endpoint_test"
    assert headers["webhook-id"] == tested == again["webhook-id"] and body == same
    assert Webhook(first).verify(body, headers)["type"] == "endpoint.test"
    assert {Webhook(key).verify(later, both)["sequence"] for key in (first, second)} == {2}
    assert json.loads(body)["data"]["endpoint"] == made["id"]
    with pytest.raises(WebhookVerificationError):
        Webhook(second).verify(body, headers)
