"""The description of a manifest: what it holds under each setting, before any library sees it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, get_args

import pytest

from countermark.evidence.sources import IPTC
from countermark.provenance.signing import manifest
from countermark.provenance.signing.manifest import Facts, IngredientFacts, describe

COMPOSITE = IPTC + "compositeWithTrainedAlgorithmicMedia"
PICTURE = Path("still.png")


def said(facts: Facts | None = None, **how: Any) -> dict[str, Any]:
    described = describe(facts or Facts("A title"), "urn:c2pa:x", "00ff", "own-1", **how)
    assert all(assertion["created"] is True for assertion in described["assertions"])
    return {assertion["label"]: assertion["data"] for assertion in described["assertions"]}


def actions(facts: Facts | None = None, **how: Any) -> list[dict[str, Any]]:
    found = said(facts, **how)["c2pa.actions.v2"]
    assert found["allActionsIncluded"] is True
    return list(found["actions"])


@pytest.mark.parametrize(
    ("version", "binding", "action"),
    [
        ("2.4", "unbound", "c2pa.watermarked.unbound"),
        ("2.4", "bound", "c2pa.watermarked.bound"),
        ("2.2", "unbound", manifest.MARKED_ACTION),
        ("2.2", "bound", "c2pa.watermarked"),
    ],
)
def test_the_mark_is_named_once_and_as_the_version_wants(version: str, binding: Any, action: str) -> None:
    found = said(spec_version=version, soft_binding=binding)
    assert found["c2pa.actions.v2"]["actions"][-1] == {"action": action}
    own = {"algorithm": "own-1", "payload": "00ff"}
    bound = {"alg": "own-1", "blocks": [{"scope": {}, "value": "00ff"}]}
    assert (found.get(manifest.MARK_LABEL), found.get("c2pa.soft-binding")) == (
        (None, bound) if binding == "bound" else (own, None)
    )


def test_what_is_new_is_created_and_what_had_credentials_is_opened() -> None:
    created, _ = actions(Facts("t", software_agent="gen"))
    assert created["action"] == "c2pa.created" and created["softwareAgent"] == {"name": "gen"}
    assert created["digitalSourceType"] == IPTC + "trainedAlgorithmicMedia"
    opened, edited, _ = actions(Facts("t", source_type=COMPOSITE), parent=True)
    assert opened == {"action": "c2pa.opened", "parameters": {"ingredientIds": ["parent"]}}
    assert (edited["action"], edited["digitalSourceType"]) == ("c2pa.edited", COMPOSITE)


def test_ingredients_are_named_by_the_action_that_used_them() -> None:
    given = (IngredientFacts(PICTURE), IngredientFacts(PICTURE, "componentOf"), IngredientFacts(PICTURE))
    created, placed, _ = actions(Facts("t", ingredients=given))
    assert created["parameters"] == {"ingredientIds": ["ingredient0", "ingredient2"]}
    assert placed == {"action": "c2pa.placed", "parameters": {"ingredientIds": ["ingredient1"]}}
    opened, edited, _ = actions(Facts("t", ingredients=(IngredientFacts(PICTURE, "parentOf"),)))
    assert opened["parameters"] == {"ingredientIds": ["parent"]} and "parameters" not in edited


def test_what_was_changed_and_who_agreed_is_said() -> None:
    facts = Facts("t", changed=("enlarged from 128x128", "frames put between"), consent="all agree")
    for version in ("2.4", "2.2"):
        created, *enhanced, _ = actions(facts, spec_version=version)
        assert created["action"] == "c2pa.created"
        assert enhanced == [{"action": "c2pa.enhanced", "description": words} for words in facts.changed]
    assert said(facts)[manifest.GENERATION_LABEL] == {"consent": "all agree", "sound": "unsaid"}


def test_the_model_is_disclosed_where_the_version_knows_how() -> None:
    facts = Facts("t", model="own/model", model_version="3", provider="P", oversight="fully_autonomous")
    disclosed = said(facts)["c2pa.ai-disclosure"]
    assert disclosed["modelIdentifier"] == "own/model@3" and disclosed["modelName"] == "own/model"
    assert disclosed["contentProfile"] == {"humanOversightLevel": "fully_autonomous"}
    for found in (said(facts), said(facts, spec_version="2.2")):
        told = {"model": "own/model", "modelVersion": "3", "provider": "P", "sound": "unsaid"}
        assert found[manifest.GENERATION_LABEL] == told
    assert "c2pa.ai-disclosure" not in said(facts, spec_version="2.2")
    no_model = Facts("t", model="a script", source_type=IPTC + "algorithmicMedia")
    assert "c2pa.ai-disclosure" not in said(no_model)


def test_the_prompt_is_hashed_unless_wanted_in_clear() -> None:
    facts = Facts("t", prompt="a secret cat")
    one, two = (said(facts)[manifest.GENERATION_LABEL]["prompt"] for _ in range(2))
    assert one["hash"] != two["hash"] and "secret" not in json.dumps(said(facts)) + repr(facts)
    for proof in (one, two):
        assert manifest.prompt_hash("a secret cat", bytes.fromhex(proof["salt"])) == proof["hash"]
        assert manifest.prompt_hash("a secret dog", bytes.fromhex(proof["salt"])) != proof["hash"]
    clear = said(Facts("t", prompt="a secret cat", prompt_in_clear=True))
    assert clear[manifest.GENERATION_LABEL] == {"prompt": {"text": "a secret cat"}, "sound": "unsaid"}
    assert "prompt" not in said(Facts("t", prompt_in_clear=True))[manifest.GENERATION_LABEL]


@pytest.mark.parametrize("choice", ["notAllowed", "allowed"])
def test_choices_on_training_are_said_for_each_use(choice: Any) -> None:
    entries = said(Facts("t", training_mining=choice))["cawg.training-mining"]["entries"]
    assert len(entries) == 4 and all(entry == {"use": choice} for entry in entries.values())
    assert {"cawg.ai_generative_training", "cawg.data_mining"} < set(entries)


def test_what_is_not_said_is_left_out_but_for_sound() -> None:
    assert set(said()) == {"c2pa.actions.v2", manifest.MARK_LABEL, manifest.GENERATION_LABEL}
    for sound in get_args(manifest.Sound):
        assert said(Facts("t", sound=sound))[manifest.GENERATION_LABEL] == {"sound": sound}
    assert said(earlier_marks=("a: b", "c: d"))[manifest.EARLIER_LABEL] == {"marks": ["a: b", "c: d"]}


def test_it_is_signed_for_the_version_it_was_written_for() -> None:
    for version in ("2.4", "2.2"):
        (generator,) = describe(Facts("t"), "urn:c2pa:x", "00", "own-1", spec_version=version)["claim_generator_info"]
        assert generator["specVersion"] == version and generator["name"] == "Countermark"


@pytest.mark.parametrize(
    "wrong",
    [
        {"source_type": "trainedAlgorithmicMedia"},
        {"source_type": IPTC + "digitalCapture"},
        {"source_type": ""},
        {"training_mining": "maybe"},
        {"oversight": "some"},
        {"thumbnail": b"\x89PNG"},
        {"thumbnail": b"\xff\xd8\xff" + bytes(2 << 20)},
        {"ingredients": (IngredientFacts(PICTURE, "parentOf"), IngredientFacts(PICTURE, "parentOf"))},
    ],
)
def test_facts_check_themselves(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError):
        Facts("t", **wrong)


def test_relationships_are_those_of_c2pa() -> None:
    with pytest.raises(ValueError, match="childOf"):
        IngredientFacts(PICTURE, "childOf")  # type: ignore[arg-type]


def test_manifest_ids_are_fresh() -> None:
    assert manifest.new_manifest_id().startswith("urn:c2pa:")
    assert manifest.new_manifest_id() != manifest.new_manifest_id()
