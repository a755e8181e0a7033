"""The conformance program's rubrics, by their own expressions, on what is signed under each setting."""

from __future__ import annotations

import json
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import c2pa
import cv2
import numpy as np
import pytest

from countermark.evidence import LabelClaim, Region, Span
from countermark.evidence.sources import IPTC
from countermark.provenance.signing import manifest
from countermark.provenance.signing import writing as signing
from countermark.provenance.trust import TrustAnchors
from countermark.provenance.trust.validator import context
from countermark.tests.needs import data, lacking, program
from countermark.tests.provenance.signed import PAYLOAD, Studio

HERE = Path(__file__).parents[2] / "rubric"
NAMES = {"2.4": "asset-rubric-conformance0.2-spec2.4.yml", "2.2": "asset-rubric-conformance0.1-spec2.2.yml"}
INTEGRITY = "asset-rubric-integrity.yml"
COMPOSITE = IPTC + "compositeWithTrainedAlgorithmicMedia"


@pytest.fixture(scope="module")
def node() -> str:
    found = program("node", "nodejs")
    if not (HERE / "node_modules" / "@adobe" / "json-formula").is_dir():
        npm = program("npm", "npm")
        options = ["--no-save", "--no-package-lock", "--ignore-scripts", "--no-audit", "--no-fund"]
        try:
            subprocess.run([npm, "install", *options], cwd=HERE, check=True, capture_output=True, timeout=120)
        except (subprocess.SubprocessError, OSError):
            lacking("@adobe/json-formula", "run `npm install --no-package-lock` in tests/rubric, with a network")
    return found


def evaluate(node: str, rubric: str, spec_version: str, *documents: Any) -> list[dict[str, Any]]:
    """For each document, what each rule found wrong."""
    import yaml

    file = data("c2pa", "c2pa-org+conformance-public", "asset-rubrics") / rubric
    head, rules = yaml.safe_load_all(file.read_text())
    assert len(rules) == {INTEGRITY: 6, NAMES["2.4"]: 31, NAMES["2.2"]: 20}[rubric]
    variables = {**head["variables"], "$expected_spec_version": spec_version}
    asked = {"variables": variables, "expressions": head["expressions"], "rules": rules, "documents": documents}
    done = subprocess.run([node, "evaluate.mjs"], cwd=HERE, input=json.dumps(asked), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    answers = json.loads(done.stdout)
    assert all(len(answer) == len(rules) for answer in answers)
    return [{rule: found for rule, found in answer.items() if found is not True} for answer in answers]


def crjson(studio: Studio, path: Path) -> Any:
    with (
        path.open("rb") as stream,
        context(studio.anchors) as ground,
        c2pa.Reader("video/mp4", stream, context=ground) as reader,
    ):
        return json.loads(reader.crjson())


def shapes(studio: Studio) -> dict[str, dict[str, Any]]:
    """Ways in which a video comes to be: what it is stamped with."""
    picture = studio.folder / "still.jpg"
    cv2.imwrite(str(picture), np.zeros((90, 160, 3), np.uint8))
    before, _ = studio.sign("before.mp4")
    given = manifest.IngredientFacts
    inputs = (given(picture), given(before, "inputTo", "a clip"))
    parts = (given(picture, "componentOf"), given(before, "componentOf"))
    said = {"model": "own/model", "model_version": "2", "provider": "P", "prompt": "a cat", "software_agent": "gen"}
    return {
        "bare": {},
        "created": {**said, "oversight": "prompt_guided", "training_mining": "notAllowed"},
        "in clear": {**said, "prompt_in_clear": True, "thumbnail": picture.read_bytes(), "earlier_marks": ("a: b",)},
        "opened": {**said, "parent": before, "source_type": COMPOSITE},
        "opened, no credentials": {**said, "ingredients": (given(picture, "parentOf"),), "source_type": COMPOSITE},
        "from inputs": {**said, "ingredients": inputs},
        "from parts": {**said, "ingredients": parts, "thumbnail": picture.read_bytes()},
        "labelled": {
            **said,
            "labels": LABELS,
            "when": "2026-01-02T03:04:05Z",
            "sound": "synthetic",
            "declared": ("a: b",),
        },
        "all at once": {**said, "parent": before, "ingredients": inputs + parts, "source_type": COMPOSITE},
    }


WHEN = "2026-01-02T03:04:05Z"
LABELS = (
    LabelClaim("eu", "AI", True, Region(0.05, 0.05, 0.1, 0.1), Span(0, 0.5), "cGljdHVyZQ=="),
    LabelClaim("cn", "AI生成", False, Region(0.05, 0.8, 0.3, 0.1), Span(0, 0.5)),
)


@pytest.mark.parametrize("binding", ["unbound", "bound"])
@pytest.mark.parametrize("version", ["2.4", "2.2"])
def test_every_rule_passes_on_whatever_is_stamped(studio: Studio, node: str, version: str, binding: str) -> None:
    documents = {}
    for number, (shape, how) in enumerate(shapes(studio).items()):
        path, signed = studio.sign(f"{number}.mp4", spec_version=version, soft_binding=binding, **how)
        assert signed.ingredient_failures == () and studio.details(path).trust == "trusted", shape
        documents[shape] = crjson(studio, path)
    for rubric in (NAMES[version], INTEGRITY):
        found = evaluate(node, rubric, version, *documents.values())
        assert dict(zip(documents, found, strict=True)) == {shape: {} for shape in documents}


@pytest.mark.parametrize("version", ["2.4", "2.2"])
def test_every_rule_passes_on_a_file_that_is_hashed_in_pieces(
    studio: Studio, node: str, version: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(signing, "WHOLE_MB", 16)
    studio.fill(17)
    path, _ = studio.sign(spec_version=version)
    document = crjson(studio, path)
    assert document["manifests"][0]["assertions"]["c2pa.hash.bmff.v3"]["merkle"]
    assert evaluate(node, NAMES[version], version, document) == [{}]


def _described(parent: bool = False) -> dict[str, Any]:
    said = manifest.Facts("A title", model="own/model")
    return manifest.describe(said, manifest.new_manifest_id(), PAYLOAD, "own-1", parent=parent)


def _actions(described: dict[str, Any]) -> Any:
    return described["assertions"][0]["data"]


def test_what_is_wrong_fails_the_rule_it_should(studio: Studio, node: str) -> None:
    before, _ = studio.sign("before.mp4")
    wrong: dict[str, Any] = {}

    def put(rule: str, described: dict[str, Any], parent: Path | None = None) -> None:
        path, _ = studio.put(described, f"{len(wrong)}.mp4", parent)
        wrong[rule] = crjson(studio, path)

    opened = _described(parent=True)
    _actions(opened)["actions"][0]["digitalSourceType"] = COMPOSITE
    put("no_dst_for_opened_action", opened, before)
    edited = _described(parent=True)
    del _actions(edited)["actions"][1]["digitalSourceType"]
    put("mandatory_dst_for_perceptible_transformations", edited, before)
    silent = _described()
    del _actions(silent)["allActionsIncluded"]
    put("mandatory_all_actions_included", silent)
    older = _described()
    older["claim_generator_info"][0]["specVersion"] = "2.2"
    put("mandatory_spec_version", older)
    loose = _described()
    _actions(loose)["actions"][0]["parameters"] = {"strength": "much"}
    put("no_unrecognized_custom_action_parameters", loose)
    unnamed = _described()
    unnamed["assertions"][1]["label"] = "watermark"
    put("no_unrecognized_custom_assertions", unnamed)
    odd = _described()
    odd["assertions"][1]["label"] = "c2pa.watermark"
    put("no_unsupported_assertions", odd)
    changed, _ = studio.sign("changed.mp4")
    content = bytearray(changed.read_bytes())
    content[-5] ^= 255
    changed.write_bytes(content)
    wrong["valid_success"] = crjson(studio, changed)

    found = evaluate(node, NAMES["2.4"], "2.4", *wrong.values())
    assert [set(failed) for failed in found] == [{f"validation:{rule}"} for rule in wrong]


def test_each_version_fails_the_others_rubric(studio: Studio, node: str) -> None:
    newer, _ = studio.sign("newer.mp4", model="own/model", soft_binding="bound")
    older, _ = studio.sign("older.mp4", model="own/model", soft_binding="bound", spec_version="2.2")
    (by_older,) = evaluate(node, NAMES["2.2"], "2.2", crjson(studio, newer))
    assert set(by_older) == {"validation:no_unsupported_assertions", "validation:no_unsupported_actions"}
    (by_newer,) = evaluate(node, NAMES["2.4"], "2.4", crjson(studio, older))
    assert set(by_newer) == {"validation:mandatory_spec_version", "validation:no_deprecated_actions"}


def test_an_unknown_signer_fails_trust_alone(studio: Studio, node: str) -> None:
    path, _ = studio.sign()
    (found,) = evaluate(node, INTEGRITY, "2.4", crjson(replace(studio, anchors=TrustAnchors()), path))
    assert set(found) == {"validation:trusted_success"}
