"""Adapters of the detector: files of strangers, held to what a head is, and each tenant's own."""

import json

import pytest

from countermark.detector.adapting import adapted
from countermark.detector.model import load
from tests.api.served import Place
from tests.detector.heads import adding

READ, WRITE = "adapters:read", "adapters:write"


@pytest.fixture(scope="module")
def head() -> bytes:
    return adapted.written(adding(load(), 0.5, -1.0))


def put(place: Place, name: str, content: bytes, tenant: str = "main") -> object:
    return place.ask("PUT", f"/v1/adapters/{name}", headers=place.key(READ, WRITE, tenant=tenant), content=content)


def test_sent_listed_activated_and_forgotten(place: Place, head: bytes) -> None:
    key = place.key(READ, WRITE)
    said = put(place, "our-greens", head)
    assert said.status_code == 201, said.text  # type: ignore[attr-defined]
    assert said.json()["figures"]["auc"] == 0.9  # type: ignore[attr-defined]
    (listed,) = place.ask("GET", "/v1/adapters", headers=key).json()["adapters"]
    assert (listed["name"], listed["active"], listed["problem"]) == ("our-greens", False, None)
    assert place.ask("POST", "/v1/adapters/our-greens/activate", headers=key).json()["active"]
    assert place.accounts.detector_head("main") == "our-greens" and adapted.load(place.options.home, "our-greens")
    assert place.ask("POST", "/v1/adapters/our-greens/deactivate", headers=key).json()["active"] is False
    assert place.accounts.detector_head("main") is None
    place.ask("POST", "/v1/adapters/our-greens/activate", headers=key)
    assert place.ask("DELETE", "/v1/adapters/our-greens", headers=key).status_code == 204
    assert place.accounts.detector_head("main") is None
    assert place.ask("DELETE", "/v1/adapters/our-greens", headers=key).status_code == 404


def test_each_tenant_has_its_own(place: Place, head: bytes) -> None:
    one, two = (place.accounts.add_tenant(name).id for name in ("greens", "blues"))
    for tenant in (one, two):
        assert put(place, "same", head, tenant).status_code == 201  # type: ignore[attr-defined]
    place.ask("POST", "/v1/adapters/same/activate", headers=place.key(READ, WRITE, tenant=one))
    active = place.accounts.detector_head(one)
    assert active is not None and adapted.load(place.options.home, active).name == active
    assert place.accounts.detector_head(two) is None and place.accounts.detector_head("main") is None
    for tenant, shown in ((one, [True]), (two, [False]), ("main", [])):
        found = place.ask("GET", "/v1/adapters", headers=place.key(READ, tenant=tenant)).json()["adapters"]
        assert [head["active"] for head in found] == shown
    place.ask("DELETE", "/v1/adapters/same", headers=place.key(READ, WRITE, tenant=two))
    assert adapted.load(place.options.home, active)
    assert put(place, active, head).status_code == 422, "the operator may not take a tenant's name"  # type: ignore[attr-defined]


def changed(head: bytes, **values: object) -> bytes:
    return json.dumps({**json.loads(head), **values}).encode()


def test_files_that_are_no_head(place: Place, head: bytes) -> None:
    plain = json.loads(head)
    wrong = (
        b"",
        b"{",
        b"[]",
        b"[" * 20_000,
        head[:-40],
        changed(head, kind="a pickle"),
        changed(head, surprise=1),
        changed(head, version="of another model"),
        json.dumps({**plain, "head": {**plain["head"], "bias": 1e9}}).encode(),
        head.replace(b"0.9,", b"NaN,", 1),
    )
    for content in wrong:
        said = put(place, "wrong", content)
        assert said.status_code == 422 and str(place.options.home) not in said.text, content[:60]  # type: ignore[attr-defined]
    assert put(place, "wrong", head + b" " * 70_000).status_code == 413  # type: ignore[attr-defined]
    for name in ("..%2fescape", "UPPER", "x" * 40, ".hidden"):
        assert put(place, name, head).status_code in (404, 405, 422)  # type: ignore[attr-defined]
    assert place.ask("GET", "/v1/adapters", headers=place.key(READ)).json()["adapters"] == []
