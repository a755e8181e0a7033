"""The examples of /openapi.json: each request is sent to a real server, each answer is held to its schema."""

import json
import re
from typing import Any

import jsonschema
import pytest

from countermark.accounts import SCOPES
from countermark.api.v1 import examples
from countermark.api.v1.moderating.policies_examples import POLICY_ID
from countermark.docket import Stamps
from countermark.docket.uploads import Uploads
from countermark.provenance import Record
from tests.api.moderated import things_of_moderation
from tests.api.policied import DRAFT, things_of_policies
from tests.api.served import PAYLOAD, Place

JSON = "application/json"


@pytest.fixture(scope="module")
def described(place: Place) -> Any:
    return place.ask("GET", "/openapi.json").json()


def operations(described: Any) -> list[tuple[str, str, Any]]:
    return [
        (path, method, operation) for path, ways in described["paths"].items() for method, operation in ways.items()
    ]


def held_to(example: object, schema: Any, described: Any) -> None:
    validator = jsonschema.Draft202012Validator({**schema, "components": described["components"]})
    validator.validate(example)


def ids(place: Place) -> dict[str, str]:
    """Make what the examples speak of, and give its ids."""
    tenant = "main"
    check = place.finished(tenant)
    uploads = Uploads(place.options, objects=place.service.objects)
    upload = uploads.begin(tenant, "key:test", "clip.mp4", 4, "tus")
    place.service.objects.put_bytes(upload.object_key, b"film")
    uploads.whole(upload.id, "0" * 64, size=4)
    if place.service.registry.by_manifest(examples.MANIFEST_ID) is None:
        place.service.registry.add(Record(PAYLOAD, examples.MANIFEST_ID, b"", "0" * 64, issuer="Example Studio"))
    stamp = Stamps(place.options, objects=place.service.objects).open(tenant, "key:test", "x.mp4", {})
    hold = place.service.docket.place_hold(check.id, "review", "x", "test")
    key = place.accounts.make_key(tenant, "example", ["checks:read"], "test")[0]
    return {
        "check_id": check.id,
        "upload_id": upload.id,
        "stamp_id": stamp.id,
        "hold_id": hold.id,
        "key_id": key.id,
        "manifest_id": examples.MANIFEST_ID,
        **things_of_moderation(place, tenant),
        **things_of_policies(place, tenant),
        "number": DRAFT,
    }


def test_each_example_of_a_request_is_answered_as_described(place: Place, described: Any) -> None:
    sent = 0
    for path, method, operation in operations(described):
        content = operation.get("requestBody", {}).get("content", {}).get(JSON, {})
        bodies = [content["example"]] if "example" in content else []
        schema = content.get("schema", {})
        if "$ref" in schema:
            schema = described["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
        bodies += schema.get("examples", [])
        for body in bodies:
            own = ids(place)
            text = json.dumps(body).replace(examples.UPLOAD_ID, own["upload_id"])
            body = json.loads(text.replace(POLICY_ID, own["policy"]))
            said = place.ask(method.upper(), path.format(**own), headers=place.key(*SCOPES), json=body)
            successes = {int(status) for status in operation["responses"] if status.startswith("2")}
            assert said.status_code in successes, (method, path, said.text)
            answer = operation["responses"][str(said.status_code)]["content"][JSON]
            held_to(said.json(), answer["schema"], described)
            sent += 1
    assert sent >= 8


def test_each_example_of_an_answer_fits_its_schema(described: Any) -> None:
    count = 0
    for path, method, operation in operations(described):
        for status, answer in operation["responses"].items():
            for content in answer.get("content", {}).values():
                if "example" in content and content.get("schema", {}).keys() - {"type"}:
                    try:
                        held_to(content["example"], content["schema"], described)
                    except jsonschema.ValidationError as error:
                        raise AssertionError(f"{method} {path} {status}: {error.message}") from error
                    count += 1
    assert count > 100


def test_every_route_of_ours_shows_what_it_answers(described: Any) -> None:
    for path, method, operation in operations(described):
        if path.startswith("/v1/") and not path.startswith(("/v1/matches", "/v1/manifests", "/v1/services")):
            assert operation.get("summary") or operation.get("description"), (method, path)
            assert "422" not in operation["responses"] or JSON not in operation["responses"]["422"].get("content", {})


def test_every_reference_leads_somewhere(described: Any) -> None:
    found = set(re.findall(r'"#/([^"]+)"', json.dumps(described)))
    assert found
    for reference in found:
        there = described
        for part in reference.split("/"):
            there = there[part]


def test_every_error_has_advice_in_its_example(described: Any) -> None:
    for path, method, operation in operations(described):
        for status, answer in operation["responses"].items():
            content = answer.get("content", {}).get("application/problem+json")
            if content and "example" in content:
                assert content["example"]["advice"] and content["example"]["status"] == int(status), (method, path)
