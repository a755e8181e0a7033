"""Every route, as each role asks, and as another tenant asks with ids that are not theirs.

The routes are the app's own: one that stands in no row of the table fails here, until somebody says who may ask it.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import httpx
import pytest
from fastapi.routing import iter_route_contexts

from countermark.accounts import SCOPES, Caller, Scope
from countermark.accounts.values import ROLE_SCOPES, ROLES
from countermark.api.app import app
from countermark.api.v1.adapters import _stored
from countermark.detector.adapting import adapted
from countermark.detector.model import load
from countermark.docket import PUBLIC, Stamps
from countermark.docket.uploads import Uploads
from countermark.provenance import Record
from tests.api.moderated import things_of_moderation
from tests.api.policied import things_of_policies
from tests.api.served import MANIFEST, PAYLOAD, PERSON, Place, serving
from tests.detector.heads import adding

PASSWORD = "a long password of tests"
TUS = {"Tus-Resumable": "1.0.0", "Upload-Offset": "0", "Content-Type": "application/offset+octet-stream"}
Headers = dict[str, str]


@dataclass(frozen=True)
class Rule:
    """Who may ask a route, and what others are told of what is not theirs."""

    scope: Scope | None = None  # None: everybody
    anonymous: bool = False  # also without a key, as the scope is everybody's
    others: frozenset[int] = frozenset({404})  # to another tenant that may do everything, with ids of the first
    sent: tuple[tuple[str, Any], ...] = ()  # what httpx is given


def rule(scope: Scope | None = None, *others: int, anonymous: bool = False, **sent: Any) -> Rule:
    return Rule(scope, anonymous, frozenset(others or {404}), tuple(sent.items()))


READ: Scope = "checks:read"
WRITE: Scope = "checks:write"
END: Scope = "findings:write"  # besides, where somebody else of the tenant asked for the check
JSON: dict[str, Any] = {"json": {}}
FINDING = {"says": "genuine", "why": "x"}
FORM = {"data": {"says": "right", "csrf": ""}}
TABLE: dict[tuple[str, str], Rule] = {
    # checks
    ("POST", "/v1/checks"): rule(WRITE, 422, anonymous=True, json={}),
    ("GET", "/v1/checks"): rule(READ, 200),
    ("GET", "/v1/checks/{check_id}"): rule(READ, anonymous=True),
    ("POST", "/v1/checks/{check_id}/cancel"): rule(END, anonymous=True),
    ("DELETE", "/v1/checks/{check_id}"): rule(END, anonymous=True),
    ("GET", "/v1/checks/{check_id}/pictures/{name}"): rule(None, 403, params={"until": 9, "signature": "0"}),
    ("GET", "/v1/checks/{check_id}/bundle"): rule(READ, anonymous=True),
    ("GET", "/v1/checks/{check_id}/events"): rule(READ, anonymous=True, params={"after": 99}),
    ("POST", "/v1/checks/{check_id}/findings"): rule("findings:write", json=FINDING),
    ("POST", "/v1/checks/{check_id}/again"): rule("findings:write"),
    ("GET", "/v1/checks/{check_id}/revisions/{number}"): rule(READ, anonymous=True),
    ("GET", "/v1/checks/{check_id}/holds"): rule("holds:write"),
    ("POST", "/v1/checks/{check_id}/holds"): rule("holds:write", json={"reason": "review", "note": "x"}),
    ("DELETE", "/v1/checks/{check_id}/holds/{hold_id}"): rule("holds:write"),
    ("GET", "/v1/checks/{check_id}/publication"): rule("findings:write"),
    ("PUT", "/v1/checks/{check_id}/publication"): rule("findings:write"),
    ("DELETE", "/v1/checks/{check_id}/publication"): rule("findings:write"),
    ("POST", "/v1/checks/{check_id}/feedback"): rule(READ, anonymous=True, json={"says": "right"}),
    ("GET", "/v1/checks/{check_id}/feedback"): rule("findings:write"),
    ("GET", "/v1/callbacks/secret"): rule("keys:write", 200),
    # submissions
    ("POST", "/v1/submissions"): rule(WRITE, 200, headers={"Content-Type": "application/x-ndjson"}, content=b"{}"),
    # uploads
    ("OPTIONS", "/v1/uploads"): rule(None, 204),
    ("OPTIONS", "/v1/uploads/{upload_id}"): rule(None, 204),
    ("POST", "/v1/uploads"): rule(WRITE, 422, 400, anonymous=True, json={}),
    ("GET", "/v1/uploads/{upload_id}"): rule(WRITE, anonymous=True),
    ("HEAD", "/v1/uploads/{upload_id}"): rule(WRITE, anonymous=True, headers=TUS),
    ("PATCH", "/v1/uploads/{upload_id}"): rule(WRITE, anonymous=True, headers=TUS, content=b"x"),
    ("POST", "/v1/uploads/{upload_id}/complete"): rule(WRITE, anonymous=True),
    ("DELETE", "/v1/uploads/{upload_id}"): rule(WRITE, anonymous=True, headers=TUS),
    # stamps, adapters, registry, keys
    ("POST", "/v1/stamps"): rule("stamps:write", 403, json={}),
    ("GET", "/v1/stamps"): rule("stamps:read", 200),
    ("GET", "/v1/stamps/{stamp_id}"): rule("stamps:read"),
    ("GET", "/v1/stamps/{stamp_id}/file"): rule("stamps:read"),
    ("DELETE", "/v1/stamps/{stamp_id}"): rule("stamps:write"),
    ("GET", "/v1/adapters"): rule("adapters:read", 200),
    ("PUT", "/v1/adapters/{adapter}"): rule("adapters:write", 422, content=b"{}"),
    ("DELETE", "/v1/adapters/{adapter}"): rule("adapters:write"),
    ("POST", "/v1/adapters/{adapter}/activate"): rule("adapters:write"),
    ("POST", "/v1/adapters/{adapter}/deactivate"): rule("adapters:write"),
    ("GET", "/v1/records"): rule("registry:read", 403),
    ("GET", "/v1/records/{manifest_id}"): rule(None, 200),
    ("POST", "/v1/records/{manifest_id}/revoke"): rule("registry:write", 403, json={"reason": "x"}),
    ("GET", "/v1/keys"): rule("keys:write", 200),
    ("POST", "/v1/keys"): rule("keys:write", 422, json={}),
    ("DELETE", "/v1/keys/{key_id}"): rule("keys:write"),
    # resolution: of the operator's registry, for whoever has the scope
    ("GET", "/v1/services/supportedAlgorithms"): rule(None, 200),
    ("GET", "/v1/services/capabilities"): rule(None, 200),
    ("GET", "/v1/services/status"): rule(None, 200),
    ("GET", "/v1/matches/byBinding"): rule("fetch:manifests", 400),
    ("POST", "/v1/matches/byBinding"): rule("fetch:manifests", 400, json={}),
    ("POST", "/v1/matches/byContent"): rule("fetch:manifests", 415),
    ("POST", "/v1/matches/byReference"): rule("fetch:manifests", 400, json={}),
    ("GET", "/v1/manifests/{manifest_id}"): rule("fetch:manifests", 200),
    ("GET", "/.well-known/c2pa-soft-binding-resolution"): rule(None, 200),
    # policies and decisions
    ("GET", "/v1/policies"): rule("moderation:read", 200),
    ("POST", "/v1/policies/check"): rule("moderation:read", 422, json={}),
    ("POST", "/v1/policies/test"): rule("moderation:read", 422, json={}),
    ("GET", "/v1/policies/{policy}"): rule("moderation:read"),
    ("PUT", "/v1/policies/{policy}"): rule("policies:write", 422, json={}),
    ("GET", "/v1/policies/{policy}/versions/{number}"): rule("moderation:read"),
    ("POST", "/v1/policies/{policy}/versions/{number}/state"): rule("policies:write", json={"state": "EXPIRED"}),
    ("POST", "/v1/policies/{policy}/versions/{number}/backtest"): rule("moderation:read", json={}),
    ("GET", "/v1/policies/{policy}/history"): rule("moderation:read"),
    ("POST", "/v1/policies/{policy}/promote"): rule("policies:write", json={"rule": "likely"}),
    ("POST", "/v1/policies/{policy}/roll-back"): rule("policies:write", json={}),
    ("POST", "/v1/policies/{policy}/default"): rule("policies:write", json={"by_default": False}),
    ("GET", "/v1/policies/{policy}/retroactions"): rule("moderation:read"),
    ("POST", "/v1/policies/{policy}/retroactions"): rule("policies:write", json={}),
    ("GET", "/v1/policies/{policy}/retroactions/{retroaction_id}"): rule("moderation:read"),
    ("POST", "/v1/policies/{policy}/retroactions/{retroaction_id}/cancel"): rule("policies:write"),
    ("GET", "/v1/checks/{check_id}/decisions"): rule("moderation:read"),
    ("GET", "/v1/items/{item_type}/{item_id}/decisions"): rule("moderation:read"),
    ("GET", "/v1/decisions/{decision_id}"): rule("moderation:read"),
    ("POST", "/v1/decisions/{decision_id}/undo"): rule("reviews:write", json={"note": "x"}),
    # reports, queues and reviews (of people alone), appeals, samples
    ("POST", "/v1/reports"): rule(
        "reports:write", json={"item_id": "v-17", "item_type": "video", "category": "deepfake"}
    ),
    ("GET", "/v1/reports"): rule("moderation:read", 200, params={"item_id": "v-17", "item_type": "video"}),
    ("GET", "/v1/reports/{report_id}"): rule("moderation:read"),
    ("GET", "/v1/reports/{report_id}/told"): rule("moderation:read"),
    ("DELETE", "/v1/reports/{report_id}/contact"): rule("reports:write"),
    ("POST", "/v1/contacts/erase"): rule("reports:write", 200, json={"email": "nobody@mail.example"}),
    ("GET", "/v1/decisions/{decision_id}/told"): rule("moderation:read"),
    ("GET", "/v1/told"): rule("reports:write", 200),
    ("POST", "/v1/told/{told_id}/sent"): rule("reports:write"),
    ("GET", "/v1/queues"): rule("moderation:read", 200),
    ("PUT", "/v1/queues/{queue}"): rule("policies:write", 200, json={}),
    ("GET", "/v1/reviews"): rule("reviews:write", 200),
    ("POST", "/v1/reviews/next"): rule("reviews:write", 403, json={}),
    ("GET", "/v1/reviews/{review_id}"): rule("reviews:write"),
    ("POST", "/v1/reviews/{review_id}/claim"): rule("reviews:write"),
    ("POST", "/v1/reviews/{review_id}/extend"): rule("reviews:write"),
    ("POST", "/v1/reviews/{review_id}/release"): rule("reviews:write"),
    ("POST", "/v1/reviews/{review_id}/opinion"): rule("reviews:write", json={"finding": "genuine", "reason": "x"}),
    ("POST", "/v1/reviews/{review_id}/undo"): rule("reviews:write", json={"reason": "x"}),
    ("POST", "/v1/decisions/{decision_id}/appeals"): rule("reports:write", json={"side": "uploader", "reason": "x"}),
    ("GET", "/v1/decisions/{decision_id}/appeals"): rule("moderation:read"),
    ("GET", "/v1/appeals/{appeal_id}"): rule("moderation:read"),
    ("GET", "/v1/appeals/{appeal_id}/told"): rule("moderation:read"),
    ("DELETE", "/v1/appeals/{appeal_id}/contact"): rule("reports:write"),
    ("GET", "/v1/agreement"): rule("moderation:read", 200),
    ("GET", "/v1/overruled"): rule("moderation:read", 200),
    ("GET", "/v1/labels"): rule("moderation:read", 200),
    # the service itself
    ("GET", "/v1/problems/{kind}"): rule(None, 200),
    ("GET", "/healthz"): rule(None, 200),
    ("GET", "/readyz"): rule(None, 200),
    ("GET", "/metrics"): rule(None, 200),
    ("GET", "/openapi.json"): rule(None, 200),
    # banks, endpoints, statements
    ("GET", "/v1/banks"): rule("moderation:read", 200),
    ("POST", "/v1/banks"): rule("banks:write", 201, json={"name": "OTHER"}),
    ("POST", "/v1/banks/lookup"): rule("moderation:read", 200, json={"signals": {"pdq": 64 * "a"}}),
    ("GET", "/v1/banks/{bank}"): rule("moderation:read"),
    ("PATCH", "/v1/banks/{bank}"): rule("banks:write", json={"enabled_share": 1}),
    ("DELETE", "/v1/banks/{bank}"): rule("banks:write"),
    ("GET", "/v1/banks/{bank}/contents"): rule("moderation:read"),
    ("POST", "/v1/banks/{bank}/contents"): rule("banks:write", json={"signals": {"pdq": 64 * "b"}}),
    ("GET", "/v1/banks/{bank}/contents/{content_id}"): rule("moderation:read"),
    ("PATCH", "/v1/banks/{bank}/contents/{content_id}"): rule("banks:write", json={"disabled": True}),
    ("DELETE", "/v1/banks/{bank}/contents/{content_id}"): rule("banks:write"),
    ("POST", "/v1/banks/{bank}/import"): rule("banks:write", content=b"# nothing"),
    ("GET", "/v1/banks/{bank}/export"): rule("moderation:read"),
    ("GET", "/v1/quarantine"): rule("banks:write", 200),
    ("POST", "/v1/checks/{check_id}/reopen"): rule("banks:write"),
    ("GET", "/h/hash"): rule("moderation:read", 422, params={"url": "http://127.0.0.1/a.mp4"}),
    ("POST", "/h/hash"): rule("moderation:read", 415),
    ("GET", "/m/lookup"): rule("moderation:read", 200, params={"signal": 64 * "a", "signal_type": "pdq"}),
    ("POST", "/m/lookup"): rule("moderation:read", 415),
    ("GET", "/c/banks"): rule("banks:write", 200),
    ("POST", "/c/banks"): rule("banks:write", 201, json={"name": "OTHERS"}),
    ("GET", "/c/bank/{bank}"): rule("banks:write"),
    ("PUT", "/c/bank/{bank}"): rule("banks:write", json={"enabled": True}),
    ("DELETE", "/c/bank/{bank}"): rule("banks:write"),
    ("GET", "/c/signal_type"): rule("banks:write", 200),
    ("POST", "/c/bank/{bank}/content"): rule("banks:write"),
    ("POST", "/c/bank/{bank}/signal"): rule("banks:write", json={"pdq": 64 * "c"}),
    ("DELETE", "/c/bank/{bank}/content/{number}"): rule("banks:write"),
    ("GET", "/v1/endpoints"): rule("hooks:write", 200),
    ("POST", "/v1/endpoints"): rule("hooks:write", 201, json={"url": "https://hooks.example/a"}),
    ("GET", "/v1/endpoints/{endpoint_id}"): rule("hooks:write"),
    ("PATCH", "/v1/endpoints/{endpoint_id}"): rule("hooks:write", json={"kinds": []}),
    ("DELETE", "/v1/endpoints/{endpoint_id}"): rule("hooks:write"),
    ("POST", "/v1/endpoints/{endpoint_id}/rotate"): rule("hooks:write", json={}),
    ("POST", "/v1/endpoints/{endpoint_id}/test"): rule("hooks:write"),
    ("POST", "/v1/endpoints/{endpoint_id}/replay"): rule("hooks:write", json={}),
    ("GET", "/v1/endpoints/{endpoint_id}/deliveries"): rule("hooks:write"),
    ("GET", "/v1/deliveries/{delivery_id}"): rule("hooks:write"),
    ("POST", "/v1/deliveries/{delivery_id}/retry"): rule("hooks:write"),
    ("GET", "/v1/statements"): rule("moderation:read", 200),
    ("GET", "/v1/statements/{decision_id}"): rule("moderation:read"),
    ("GET", "/v1/decisions/{decision_id}/statement"): rule("moderation:read"),
    ("GET", "/v1/decisions/{decision_id}/notice"): rule("moderation:read"),
    ("GET", "/v1/transparency"): rule("moderation:read", 200, params={"from": "2026-01-01", "to": "2026-12-31"}),
    # pages
    ("GET", "/"): rule(None, 200),
    ("GET", "/static/{asset}"): rule(None, 404),
    ("POST", "/look"): rule(None, 303, data={}),
    ("GET", "/verdicts"): rule(None, 200),
    ("GET", "/api"): rule(None, 200),
    ("GET", "/sign-in"): rule(None, 200, 303),
    ("POST", "/sign-in"): rule(None, 401, 403, 422, data={"email": "x", "password": "y"}),
    ("POST", "/sign-out"): rule(None, 303, 403, data={}),
    ("POST", "/check"): rule(WRITE, 422, 400, anonymous=True, files={"none": (None, b"x")}),
    ("GET", "/c/{check_id}"): rule(READ, anonymous=True),
    ("GET", "/c/{check_id}/progress"): rule(READ, anonymous=True),
    ("GET", "/c/{check_id}/bundle"): rule(READ, anonymous=True),
    ("POST", "/c/{check_id}/feedback"): rule(READ, anonymous=True, **FORM),
    ("GET", "/c/{check_id}/delete"): rule(END, anonymous=True),
    ("POST", "/c/{check_id}/delete"): rule(END, anonymous=True, **FORM),
    ("POST", "/c/{check_id}/cancel"): rule(END, anonymous=True, **FORM),
    ("POST", "/c/{check_id}/holds"): rule("holds:write", data={"reason": "review", "note": "x"}),
    ("POST", "/c/{check_id}/holds/{hold_id}/lift"): rule("holds:write", data={}),
    ("POST", "/c/{check_id}/findings"): rule("findings:write", data=FINDING),
    ("POST", "/c/{check_id}/publication"): rule("findings:write", data={"public": "no"}),
    ("POST", "/c/{check_id}/again"): rule("findings:write", data={}),
    ("GET", "/r/{manifest_id}"): rule(None, 200),
    ("GET", "/r/{manifest_id}/revoke"): rule("registry:write", 403),
    ("POST", "/r/{manifest_id}/revoke"): rule("registry:write", 403, data={"reason": "x"}),
    ("GET", "/checks"): rule(READ, 200),
    ("GET", "/registry"): rule("registry:read", 403),
    ("GET", "/keys"): rule("keys:write", 200),
    ("POST", "/keys"): rule("keys:write", 422, data={}),
    ("POST", "/keys/{key_id}/revoke"): rule("keys:write"),
    # pages of moderation
    ("GET", "/queues"): rule("moderation:read", 200),
    ("POST", "/queues/next"): rule("reviews:write", 403, data={}),
    ("GET", "/reviews/{review_id}"): rule("reviews:write", 403),
    ("POST", "/reviews/{review_id}/take"): rule("reviews:write", 403, data={}),
    ("POST", "/reviews/{review_id}/extend"): rule("reviews:write", 403, data={}),
    ("POST", "/reviews/{review_id}/give-back"): rule("reviews:write", 403, data={}),
    ("POST", "/reviews/{review_id}/opinion"): rule("reviews:write", 403, data={"finding": "genuine", "reason": "x"}),
    ("POST", "/reviews/{review_id}/undo"): rule("reviews:write", 403, data={"reason": "x"}),
    ("GET", "/reviews/{review_id}/media"): rule("reviews:write", 403),
    ("GET", "/reviews/{review_id}/pictures/{name}"): rule("reviews:write", 403),
    ("GET", "/policies"): rule("moderation:read", 200),
    ("GET", "/policies/{policy}/{version}"): rule("moderation:read"),
    ("POST", "/decisions/{decision_id}/undo"): rule("reviews:write", 403, data={"reason": "x"}),
    ("POST", "/decisions/{decision_id}/appeal"): rule("reviews:write", 403, data={"reason": "x"}),
}


@dataclass(frozen=True)
class World:
    """A service with things of one tenant, which another tenant is after."""

    place: Place
    owner: str
    other: str
    ids: dict[str, str]

    def path(self, template: str) -> str:
        return template.format(**self.ids)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with serving(tmp_path_factory.mktemp("home"), key_checks=10_000, anonymous_checks=10_000) as place:
        owner, other = (place.accounts.add_tenant(name).id for name in ("owner", "other"))
        yield World(place, owner, other, things(place, owner))


def things(place: Place, tenant: str) -> dict[str, str]:
    """Make one of each thing that has an id."""
    check = place.finished(tenant)
    hold = place.service.docket.place_hold(check.id, "review", "a reason", "test")
    uploads = Uploads(place.options, objects=place.service.objects)
    stamp = Stamps(place.options, objects=place.service.objects).open(tenant, "key:test", "x.mp4", {})
    head = replace(adding(load(), 0.5, -1.0), name=_stored(tenant, "greens"))
    adapted.keep(place.options.home, head, force=True)
    if place.service.registry.by_manifest(MANIFEST) is None:
        place.service.registry.add(Record(PAYLOAD, MANIFEST, b"", "0" * 64, issuer="Example Studio"))
    return {
        "check_id": check.id,
        "hold_id": hold.id,
        "number": "1",
        "version": "1",
        "name": "key-1.jpg",
        "upload_id": uploads.begin(tenant, "key:test", "x.mp4", 1, "tus").id,
        "stamp_id": stamp.id,
        "adapter": "greens",
        "manifest_id": MANIFEST,
        "key_id": place.accounts.make_key(tenant, "its own", [READ], "test")[0].id,
        "kind": "not-found",
        "asset": "none.css",
        **things_of_moderation(place, tenant),
        **things_of_policies(place, tenant),
    }


def routes(place: Place) -> set[tuple[str, str]]:
    """Give every route of the app, with the names that the table has for its parameters."""
    found = set()
    for context in iter_route_contexts(app(place.options, work=False).routes):
        path = str(context.path_format or context.path).replace(":path}", "}")
        for own, ours in (("/adapters/{name}", "/adapters/{adapter}"), ("/problems/{name}", "/problems/{kind}")):
            path = path.replace(own, ours)
        path = path.replace("/static/{name}", "/static/{asset}")
        found |= {
            (method, path) for method in context.methods or () if not (method == "HEAD" and "uploads" not in path)
        }
    return found


def test_every_route_is_in_the_table(world: World) -> None:
    assert routes(world.place) == set(TABLE), "say who may ask a new route, and what others are told"


def asked(world: World, key: tuple[str, str], headers: Headers) -> httpx.Response:
    method, template = key
    sent = dict(TABLE[key].sent)
    sent["headers"] = {**sent.pop("headers", {}), **headers}
    return world.place.ask(method, world.path(template), **sent)


def refused(said: httpx.Response) -> bool:
    """Whether somebody was turned away for who they are; pages lead to where one signs in."""
    to_sign_in = said.status_code == 303 and said.headers["location"].startswith("/sign-in")
    return said.status_code in (401, 403) or to_sign_in


# Another tenant ------------------------------------------------------------------------------------------------------

OWN_WORDS = ("a reason", "jane-at-home", PERSON, "its own")


@pytest.mark.parametrize("key", sorted(TABLE), ids=" ".join)
def test_another_tenant_finds_nothing_of_this_ones(world: World, key: tuple[str, str]) -> None:
    before = standing(world)
    said = asked(world, key, world.place.key(*SCOPES, tenant=world.other))
    assert said.status_code in TABLE[key].others, said.text
    assert not any(word in said.text for word in OWN_WORDS)
    if said.status_code == 200 and "{" not in key[1]:
        public = ("manifest_id", "item_id")  # what others name is in examples, too
        own = [value for name, value in world.ids.items() if name.endswith("_id") and name not in public]
        assert not any(one in said.text for one in own)
    assert standing(world) == before, "and changes nothing of it"


@pytest.mark.parametrize("key", sorted(key for key in TABLE if "{check_id}" in key[1]), ids=" ".join)
def test_nobody_sees_a_tenants_check_without_a_key(world: World, key: tuple[str, str]) -> None:
    said = asked(world, key, {})
    assert said.status_code in (401, 403, 404), said.text
    assert not any(word in said.text for word in OWN_WORDS)


def standing(world: World) -> object:
    place, ids = world.place, world.ids
    check = place.service.docket.get(ids["check_id"])
    upload = Uploads(place.options, objects=place.service.objects).get(ids["upload_id"])
    keys = place.accounts.keys(world.owner)
    head = adapted.load(place.options.home, _stored(world.owner, "greens"))
    record = place.service.registry.by_manifest(MANIFEST)
    return check, upload, keys, head, place.accounts.detector_head(world.owner), record and record.status


# Roles ---------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def signed_in(world: World) -> dict[str, Headers]:
    """Give what the browser of a person of each role sends."""
    found = {}
    for role in ROLES:
        address = f"{role}@example.org"
        world.place.accounts.add_person(address, role, PASSWORD, tenant_id="main")
        token = world.place.accounts.sign_in(address, PASSWORD)
        found[role] = {"Cookie": f"countermark={token}", "Sec-Fetch-Site": "same-origin"}
    return found


@pytest.fixture(scope="module")
def ours(world: World) -> World:
    """The same, with things of the tenant whose people ask: they are found, so that the role alone decides."""
    return replace(world, ids=things(world.place, "main"))


# What would end what the others ask for, or takes a password, is asked by those alone who may not.
ENDS = {("DELETE", "/v1/keys/{key_id}"), ("POST", "/sign-out"), ("POST", "/keys/{key_id}/revoke"), ("POST", "/sign-in")}
OPENS = {("PUT", "/v1/checks/{check_id}/publication")}
BY_LINK = {("GET", "/v1/checks/{check_id}/pictures/{name}")}


def may(role: Any, key: tuple[str, str]) -> bool:
    scope = TABLE[key].scope
    return scope is None or scope in ROLE_SCOPES[role]  # type: ignore[index]


ASKED = [(key, role) for key in sorted(TABLE) for role in ROLES if not (key in ENDS and may(role, key))]


@pytest.mark.parametrize(("key", "role"), ASKED, ids=[f"{' '.join(key)} {role}" for key, role in ASKED])
def test_each_role_may_what_it_may(ours: World, signed_in: dict[str, Headers], key: tuple[str, str], role: str) -> None:
    taking = may(role, key) and ("DELETE" in key or key[1].endswith(("/delete", "/revoke")) or key in OPENS)
    world = replace(ours, ids=things(ours.place, "main")) if taking else ours
    said = asked(world, key, signed_in[role])
    if key in BY_LINK:
        assert said.status_code == 403 and "link" in said.json()["detail"]
    else:
        assert refused(said) is not may(role, key), said.text


@pytest.mark.parametrize("key", sorted(key for key in TABLE if TABLE[key].scope is not None), ids=" ".join)
def test_a_key_with_every_other_scope_does_not_do(ours: World, key: tuple[str, str]) -> None:
    scope = TABLE[key].scope
    rest = [one for one in SCOPES if one != scope]
    said = asked(ours, key, ours.place.key(*rest))
    assert refused(said) and said.status_code in (303, 403), said.text


@pytest.mark.parametrize("key", sorted(TABLE), ids=" ".join)
def test_without_a_key(ours: World, key: tuple[str, str]) -> None:
    said = asked(ours, key, {})
    if TABLE[key].scope is not None and not TABLE[key].anonymous:
        assert refused(said) and said.status_code in (303, 401), said.text
    if "{check_id}" in key[1]:
        assert said.status_code in (303, 401, 403, 404)


def test_a_service_for_members_alone_answers_nobody_else(tmp_path_factory: pytest.TempPathFactory) -> None:
    open_to_all = {key for key, wanted in TABLE.items() if wanted.scope is None}
    with serving(tmp_path_factory.mktemp("closed"), anonymous=False) as place:
        check = place.finished(PUBLIC)
        shut = World(place, "main", "main", {**dict.fromkeys(ids_of_table(), "x"), "check_id": check.id})
        for key in set(TABLE) - open_to_all:
            said = asked(shut, key, {})
            assert refused(said), (key, said.text)


def ids_of_table() -> set[str]:
    return {part[1:-1] for _, path in TABLE for part in path.split("/") if part.startswith("{")}


def test_a_session_changes_nothing_for_a_page_of_somebody_else(ours: World, signed_in: dict[str, Headers]) -> None:
    cookie = {"Cookie": signed_in["administrator"]["Cookie"]}
    path = f"/v1/checks/{ours.ids['check_id']}/holds"
    body = {"reason": "review", "note": "forged"}
    for site in (
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://evil.example"},
        {},
    ):
        said = ours.place.ask("POST", path, headers={**cookie, **site}, json=body)
        assert said.status_code == 403, site
    assert "forged" not in json.dumps(ours.place.ask("GET", path, headers=signed_in["administrator"]).json())


def test_who_judges_nothing_ends_their_own_checks_alone(ours: World) -> None:
    place, writer = ours.place, ours.place.key(READ, WRITE)
    caller = place.accounts.caller_of_key(writer["Authorization"].partition(" ")[2])
    assert caller is not None
    for method, path, status in (("POST", "/v1/checks/{}/cancel", 200), ("DELETE", "/v1/checks/{}", 204)):
        own, of_other = place.laid(made_by=caller.made_by), place.laid()
        refused = place.ask(method, path.format(of_other.id), headers=writer)
        assert refused.status_code == 403 and END in refused.json()["detail"]
        assert not place.service.docket.get(of_other.id).over
        assert place.ask(method, path.format(own.id), headers=writer).status_code == status
        assert place.ask(method, path.format(of_other.id), headers=place.key(WRITE, END)).status_code == status


def test_head_is_answered_wherever_get_is(ours: World) -> None:
    everything = ours.place.key(*SCOPES)
    for method, template in sorted(TABLE):
        if method == "GET" and "uploads" not in template:
            path, sent = (
                ours.path(template),
                {"params": dict(TABLE[method, template].sent).get("params"), "headers": everything},
            )
            get, head = ours.place.ask("GET", path, **sent), ours.place.ask("HEAD", path, **sent)
            assert (head.status_code, head.content) == (get.status_code, b""), template
            assert head.headers.get("content-type") == get.headers.get("content-type"), template
    stream = f"/v1/checks/{ours.place.laid().id}/events"
    head = ours.place.ask("HEAD", stream, headers=everything, timeout=5)
    assert head.status_code == 200 and head.headers["content-type"].startswith("text/event-stream")


def test_a_page_of_another_site_spends_nobodys_allowance(world: World) -> None:
    place, check = world.place, world.place.finished(PUBLIC)
    forms = {"/check": {}, "/v1/checks": {}, f"/c/{check.id}/feedback": {"says": "right"}}
    for site in ({"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}, {"Origin": "https://evil.example"}):
        for path, form in forms.items():
            assert place.ask("POST", path, headers=site, data=form).status_code == 403, (path, site)
    assert place.service.docket.feedback(check.id) == ()
    own = ({}, {"Sec-Fetch-Site": "same-origin"}, {"Origin": place.base})
    for site in own:
        assert place.ask("POST", f"/c/{check.id}/feedback", headers=site, data={"says": "right"}).status_code == 303
    assert len(place.service.docket.feedback(check.id)) == len(own)


def test_the_caller_of_a_matrix_is_who_it_seems() -> None:
    """The roles ascend: each may do what those before it may, and an administrator everything."""
    before: frozenset[Scope] = frozenset()
    for role in ROLES:
        assert before < ROLE_SCOPES[role]
        before = ROLE_SCOPES[role]
    assert before == frozenset(SCOPES) and Caller("t", "key:x", "", before, None).may("keys:write")
