"""What is answered, held to the published OpenAPI document: each of its paths, with what it should refuse."""

from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from countermark.provenance import MARK_ALGORITHM
from countermark.provenance.resolving.resolvers import binding_of
from countermark.tests.api.release import Releases
from countermark.tests.api.service import HERE, Said, call, serving
from tests.needs import data

DOCUMENT = "C2PA-2.2-SoftBindingResolutionAPI-openapi.yaml"
# 413, 408 and 503 protect the service, 401 and 403 are what OAuth2 says; 400 for a file is in the version after this.
BEYOND = {401, 403, 408, 413, 503}
VIDEO = {"Content_Type": "video/mp4"}


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((data("c2pa", "specs") / DOCUMENT).read_text())
    return found


def questions(releases: Releases) -> dict[tuple[str, str], list[tuple[int, str, Any, dict[str, str]]]]:
    """By path and method of the document: status, URL, body and headers of some questions."""
    known = f"alg={MARK_ALGORITHM}&value={binding_of(releases.live.payload).replace('+', '%2B')}"
    binding = {"alg": MARK_ALGORITHM, "value": binding_of(releases.live.payload)}
    file = releases.stripped.read_bytes()
    return {
        ("/matches/byBinding", "get"): [
            (200, f"/matches/byBinding?{known}&maxResults=3", None, {}),
            (200, f"/matches/byBinding?alg={MARK_ALGORITHM}&value=AAAAAAAAAAE=", None, {}),
            (400, f"/matches/byBinding?alg={MARK_ALGORITHM}", None, {}),
            (414, f"/matches/byBinding?{known}{'A' * 5000}", None, {}),
        ],
        ("/matches/byBinding", "post"): [
            (200, "/matches/byBinding?maxResults=1", binding, {}),
            (400, "/matches/byBinding", {"alg": MARK_ALGORITHM}, {}),
            (400, "/matches/byBinding?maxResults=0", binding, {}),
        ],
        ("/matches/byContent", "post"): [
            (200, f"/matches/byContent?alg={MARK_ALGORITHM}&maxResults=2", file, VIDEO),
            (415, "/matches/byContent", b"no video at all", VIDEO),
            (415, "/matches/byContent", b"words", {"Content_Type": "text/plain"}),
        ],
        ("/manifests/{manifestId}", "get"): [
            (200, f"/manifests/{releases.live.manifest_id}", None, {}),
            (200, f"/manifests/{releases.again.manifest_id}?returnActiveManifest=true", None, {}),
            (400, "/manifests/nonsense", None, {}),
            (404, f"/manifests/{releases.revoked.manifest_id}", None, {}),
        ],
        ("/services/supportedAlgorithms", "get"): [(200, "/services/supportedAlgorithms", None, {})],
    }


def hold(document: dict[str, Any], path: str, method: str, said: Said) -> None:
    """The status is one that the document knows, and the body is of the type and shape that goes with it."""
    responses = document["paths"][path][method]["responses"]
    if said.status in BEYOND:
        return
    contents = responses[str(said.status)]["content"]
    if not contents:
        assert said.json["detail"], "the document leaves the bodies of errors open; ours say why"
        return
    kind = said.headers["content-type"].partition(";")[0]
    assert kind in contents
    if schema := contents[kind].get("schema"):
        Draft202012Validator({**schema, "components": document["components"]}).validate(said.json)


def test_every_path_answers_as_it_is_published(document: dict[str, Any], service: str, releases: Releases) -> None:
    asked = questions(releases)
    assert set(asked) == set(_operations(document)), "nothing of the document is left out"
    for (path, method), rows in asked.items():
        for status, url, body, headers in rows:
            said = call(service, url, body, method=method.upper(), **headers)
            assert said.status == status, (url[:80], said)
            hold(document, path, method, said)


def test_every_path_that_can_fail_fails_as_it_is_published(
    document: dict[str, Any], releases: Releases, tmp_path_factory: pytest.TempPathFactory
) -> None:
    home = tmp_path_factory.mktemp("broken")
    (home / "registry.sqlite").write_bytes(b"no database" * 1000)
    with serving(home) as base:
        for (path, method), rows in questions(releases).items():
            status, url, body, headers = rows[0]
            if path != "/services/supportedAlgorithms":
                said = call(base, url, body, method=method.upper(), **headers)
                assert said.status == 500, (url, said)
                hold(document, path, method, said)


def test_what_is_beyond_the_document_is_refused_politely(document: dict[str, Any], releases: Releases) -> None:
    with serving(releases.options.home, HERE + "guarded") as base:
        for (path, method), rows in questions(releases).items():
            said = call(base, rows[0][1], rows[0][2], method=method.upper(), **rows[0][3])
            assert said.status == (200 if path.startswith("/services") else 401) and said.json
            hold(document, path, method, said)


def test_our_own_document_names_the_same_parameters(document: dict[str, Any], service: str) -> None:
    ours = call(service, "/openapi.json", prefix=False).json["paths"]
    for path, method in _operations(document):
        operation = ours["/v1" + path.replace("manifestId", "manifest_id")][method]
        published = document["paths"][path][method].get("parameters", [])
        given = {one["name"].replace("manifest_id", "manifestId"): one for one in operation.get("parameters", [])}
        for one in published:
            assert given[one["name"]].get("required", False) == one.get("required", False)
            assert given[one["name"]]["in"] == one["in"]
        assert ("requestBody" in operation) == ("requestBody" in document["paths"][path][method])


def _operations(document: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for path, methods in document["paths"].items():
        for method in methods:
            yield path, method
