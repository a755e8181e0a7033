"""The rules of c2pa-2.4 and the conformance program's rubrics: where both speak of the same, they give one answer."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import c2pa
import pytest

from countermark import keyring
from countermark.disclosure.duties.audit import audit
from countermark.disclosure.duties.profile import read
from countermark.disclosure.duties.subject import Subject
from countermark.evidence.sources import IPTC
from countermark.provenance import trust
from countermark.provenance.signing import manifest
from countermark.provenance.trust import TrustAnchors
from countermark.provenance.trust.validator import context
from countermark.tests.needs import data
from countermark.tests.provenance.signed import PAYLOAD, Studio
from countermark.tests.provenance.signing.test_rubric import INTEGRITY, NAMES, evaluate, node
from countermark.tests.recipes import clip

__all__ = ["node"]  # a fixture

# Our duty, and the rules of the rubrics that ask the same; where a duty is of two rules, it is met where both are.
PAIRS = {
    "c2pa-first-action": {"inception_action_position"},
    "c2pa-created-source-type": {"mandatory_dst_for_created_action"},
    "c2pa-changed-source-type": {"mandatory_dst_for_perceptible_transformations"},
    "c2pa-opened-source-type": {"no_dst_for_opened_action"},
    "c2pa-known-actions": {"no_deprecated_actions", "no_unsupported_actions"},
    "c2pa-custom-actions": {"no_unrecognized_custom_actions"},
    "c2pa-manifest-urn": {"active_manifest_urn"},
    "c2pa-well-formed": {"well_formed_success"},
    "c2pa-valid": {"valid_success"},
    "c2pa-trusted": {"trusted_success"},
    "c2pa-relationships": {"ingredient_relationship_values"},
}
V2_ONLY = "c2pa-first-action"  # the rubric finds actions in c2pa.actions.v2 alone; Evidence does not say in which
OTHERS = (
    "c2pa-org+public-testfiles/image/jpeg/adobe-20220124-E-clm-CAICAI.jpg",
    "c2pa-org+public-testfiles/image/jpeg/adobe-20220124-E-uri-CA.jpg",
    "contentauth+c2pa-rs/cli/tests/fixtures/C_with_CAWG_data.jpg",
    "contentauth+c2pa-rs/sdk/tests/fixtures/CACA.jpg",
    "contentauth+c2pa-rs/sdk/tests/fixtures/E-sig-CA.jpg",
    "contentauth+c2pa-rs/sdk/tests/fixtures/XCA.jpg",
    "contentauth+c2pa-rs/sdk/tests/fixtures/legacy.mp4",
    "contentauth+c2pa-rs/sdk/tests/fixtures/update_manifest.jpg",
    "contentauth+c2pa-rs/sdk/tests/fixtures/video1.mp4",
)


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Studio:
    folder = tmp_path_factory.mktemp("studio")
    source = clip(folder / "source.mp4", size=(64, 48), seconds=0.2)
    return Studio(folder, source, keyring.init_development(folder / "home"), trust.load(folder / "home"))


def ours(studio: Studio, path: Path, anchors: TrustAnchors) -> dict[str, bool]:
    found = audit(Subject((studio.examine(path, anchors),)), read("c2pa-2.4"), date(2026, 11, 21))
    outcomes = {row.duty: row.outcome for row in found.rows}
    assert "not decidable" not in outcomes.values()
    return {duty: outcomes[duty] == "met" for duty in PAIRS}


def theirs(node: str, path: Path, anchors: TrustAnchors) -> dict[str, bool]:
    """What the rubrics say; without a pair of which they do not speak."""
    kind = "video/mp4" if path.suffix == ".mp4" else "image/jpeg"
    with path.open("rb") as stream, context(anchors) as ground, c2pa.Reader(kind, stream, context=ground) as reader:
        document = json.loads(reader.crjson())
    failed = [rule for rubric in (NAMES["2.4"], INTEGRITY) for rule in evaluate(node, rubric, "2.4", document)[0]]
    wrong = {rule.removeprefix("validation:") for rule in failed}
    speaks = PAIRS.keys() - ({V2_ONLY} if "c2pa.actions.v2" not in document["manifests"][0]["assertions"] else set())
    return {duty: not rules & wrong for duty, rules in PAIRS.items() if duty in speaks}


def _described(change: Callable[[list[dict[str, Any]]], None], parent: bool = False) -> dict[str, Any]:
    said = manifest.describe(
        manifest.Facts("A title", model="own/model"), manifest.new_manifest_id(), PAYLOAD, "own-1", parent=parent
    )
    change(said["assertions"][0]["data"]["actions"])
    return said


def test_sound_files(studio: Studio, node: str) -> None:
    created, _ = studio.sign("created.mp4", model="own/model")
    opened, _ = studio.sign("opened.mp4", parent=created, source_type=IPTC + manifest.SYNTHETIC[1])
    for path in (created, opened):
        both = ours(studio, path, studio.anchors), theirs(node, path, studio.anchors)
        assert both[0] == both[1] == dict.fromkeys(PAIRS, True)


def _without_source(actions: list[dict[str, Any]]) -> None:
    actions[1].pop("digitalSourceType")


def _opened_with_source(actions: list[dict[str, Any]]) -> None:
    actions[0]["digitalSourceType"] = IPTC + manifest.SYNTHETIC[1]


def _given_up(actions: list[dict[str, Any]]) -> None:
    actions.append({"action": "c2pa.managed", "digitalSourceType": IPTC + "algorithmicMedia"})


def _unheard_of(actions: list[dict[str, Any]]) -> None:
    actions.append({"action": "c2pa.beautified", "digitalSourceType": IPTC + "algorithmicMedia"})


def _nobodys(actions: list[dict[str, Any]]) -> None:
    actions.append({"action": "beautified"})


@pytest.mark.parametrize(
    ("change", "duty"),
    [
        (_without_source, "c2pa-changed-source-type"),
        (_opened_with_source, "c2pa-opened-source-type"),
        (_given_up, "c2pa-known-actions"),
        (_unheard_of, "c2pa-known-actions"),
        (_nobodys, "c2pa-custom-actions"),
    ],
)
def test_what_is_said_wrongly(
    studio: Studio, node: str, change: Callable[[list[dict[str, Any]]], None], duty: str
) -> None:
    before, _ = studio.sign("before.mp4")
    path, _ = studio.put(_described(change, parent=True), "wrong.mp4", before)
    both = ours(studio, path, studio.anchors), theirs(node, path, studio.anchors)
    assert both[0] == both[1]
    assert [name for name, met in both[0].items() if not met] == [duty]


def test_what_was_changed_or_signed_by_strangers(studio: Studio, node: str) -> None:
    path, _ = studio.sign("sound.mp4", model="own/model")
    changed = Path(shutil.copy(path, studio.folder / "changed.mp4"))
    content = bytearray(changed.read_bytes())
    content[-5] ^= 255
    changed.write_bytes(content)
    for one, anchors, duty in ((changed, studio.anchors, "c2pa-valid"), (path, TrustAnchors(), "c2pa-trusted")):
        both = ours(studio, one, anchors), theirs(node, one, anchors)
        assert both[0] == both[1]
        assert [name for name, met in both[0].items() if not met] == [duty]


@pytest.mark.parametrize("name", OTHERS)
def test_files_of_others(studio: Studio, node: str, name: str) -> None:
    path = data("c2pa").joinpath(name)
    mine, rubrics = ours(studio, path, studio.anchors), theirs(node, path, studio.anchors)
    assert {duty: mine[duty] for duty in rubrics} == rubrics
    assert not mine["c2pa-trusted"]
