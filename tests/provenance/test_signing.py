"""Signing: what the manifest says, whole outputs, inputs untouched, provenance kept."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import av
import c2pa
import pytest

from countermark.errors import InputMissing, OutputFolderMissing, OutputIsInput, SigningFailed, UnsafeKeys
from countermark.provenance import ingredients, manifest, signing, trust
from countermark.provenance.validator import context
from countermark.tests.provenance.signed import Studio
from countermark.tests.recipes import clip

TRAINED = manifest.IPTC + "trainedAlgorithmicMedia"
COMPOSITE = manifest.IPTC + "compositeWithTrainedAlgorithmicMedia"


def _read(path: Path, anchors: trust.TrustAnchors) -> tuple[str, dict[str, Any], dict[str, Any]]:
    with path.open("rb") as stream, c2pa.Reader("video/mp4", stream, context=context(anchors)) as reader:
        report = json.loads(reader.json())
        raw = json.loads(reader.crjson())["manifests"][0]
    return report["validation_state"], report["manifests"][report["active_manifest"]], raw


def test_the_library_trusts_what_was_signed_and_it_still_plays(studio: Studio) -> None:
    target, signed = studio.sign(model="own/model", prompt="a cat")
    state, active, _ = _read(target, studio.anchors)
    assert state == "Trusted" and active["label"] == signed.manifest_id
    with av.open(str(target)) as container:
        assert sum(1 for _ in container.decode(video=0)) == 5


def test_the_manifest_passes_what_the_conformance_rubric_of_2_4_asks(studio: Studio) -> None:
    first, _ = studio.sign("first.mp4", model="own/model", prompt="a cat", software_agent="gen", provider="P")
    second, _ = studio.sign("second.mp4", parent=first, model="own/model", source_type=COMPOSITE)
    for path, inception in ((first, "c2pa.created"), (second, "c2pa.opened")):
        _, _, raw = _read(path, studio.anchors)
        claim = raw["claim.v2"]
        assert claim["claim_generator_info"]["specVersion"] == "2.4"
        assert claim["created_assertions"][0]["url"].endswith("c2pa.actions.v2")
        said = raw["assertions"]["c2pa.actions.v2"]
        assert said["allActionsIncluded"] is True
        actions = said["actions"]
        assert actions[0]["action"] == inception
        names = {action["action"] for action in actions}
        assert "c2pa.watermarked.unbound" in names
        assert (
            not names & {"c2pa.watermarked", "c2pa.watermarked.bound"} and "c2pa.soft-binding" not in raw["assertions"]
        )
        for action in actions:
            typed = "digitalSourceType" in action
            assert typed == (action["action"] in ("c2pa.created", "c2pa.edited"))
            assert not set(action.get("parameters", {})) - {"ingredients"}
        assert all("." in label for label in raw["assertions"])
        assert raw["validationResults"]["failure"] == []


def test_it_says_mark_and_model_and_hides_the_prompt(studio: Studio) -> None:
    target, signed = studio.sign(prompt="a secret cat", model="own/model", model_version="3", provider="Prov")
    _, active, _ = _read(target, studio.anchors)
    said = {a["label"]: a["data"] for a in active["assertions"]}
    assert said[manifest.MARK_LABEL] == {"algorithm": "own-1", "payload": "0123456789abcdef"}
    assert said["c2pa.ai-disclosure"]["modelIdentifier"] == "own/model@3"
    generation = said[manifest.GENERATION_LABEL]
    assert (generation["model"], generation["provider"]) == ("own/model", "Prov")
    proof = generation["prompt"]
    assert manifest.prompt_hash("a secret cat", bytes.fromhex(proof["salt"])) == proof["hash"]
    assert manifest.prompt_hash("a secret dog", bytes.fromhex(proof["salt"])) != proof["hash"]
    assert b"secret" not in target.read_bytes() and b"secret" not in signed.store
    assert "secret" not in repr(manifest.Facts("t", prompt="a secret cat"))


def test_the_same_prompt_is_never_hashed_alike() -> None:
    said = manifest.Facts("t", prompt="a cat")
    one, two = (json.dumps(manifest.describe(said, "urn:c2pa:x", "00", "own-1")) for _ in range(2))
    assert one != two


@pytest.mark.parametrize("wrong", ["trainedAlgorithmicMedia", manifest.IPTC + "digitalCapture", ""])
def test_only_synthetic_types_as_full_uris(wrong: str) -> None:
    with pytest.raises(ValueError, match="IPTC"):
        manifest.Facts("t", source_type=wrong)


def test_manifest_ids_are_fresh() -> None:
    assert manifest.new_manifest_id().startswith("urn:c2pa:")
    assert manifest.new_manifest_id() != manifest.new_manifest_id()


def test_provenance_is_kept_through_two_generations(studio: Studio) -> None:
    first, one = studio.sign("first.mp4", source_type=TRAINED)
    second, two = studio.sign("second.mp4", parent=first, source_type=COMPOSITE)
    third, three = studio.sign("third.mp4", parent=second, source_type=COMPOSITE)
    with third.open("rb") as stream, c2pa.Reader("video/mp4", stream, context=context(studio.anchors)) as reader:
        assert set(json.loads(reader.json())["manifests"]) == {s.manifest_id for s in (one, two, three)}
    assert two.ingredient_failures == () == three.ingredient_failures
    assert studio.details(third).source_types == (COMPOSITE, TRAINED)


def test_a_parent_changed_since_it_was_signed_is_kept_and_said(studio: Studio) -> None:
    first, one = studio.sign("first.mp4")
    content = bytearray(first.read_bytes())
    content[-5] ^= 255
    first.write_bytes(content)
    second, two = studio.sign("second.mp4", parent=first)
    assert two.ingredient_failures == ("assertion.bmffHash.mismatch",)
    assert one.manifest_id.encode() in two.store
    found = studio.details(second)
    assert found.trust == "trusted" and found.content_matches
    assert found.ingredient_failures == ("assertion.bmffHash.mismatch",)


@pytest.mark.parametrize("word", [b"jumb", b"c2cs", b"c2pa.hash.bmff"])  # passed over, refused, refused later
def test_a_parent_whose_credentials_are_past_reading_is_named(studio: Studio, word: bytes) -> None:
    first, _ = studio.sign("first.mp4")
    content = bytearray(first.read_bytes())
    place = content.index(word, content.index(b"jumb") + 4)
    content[place : place + 4] = b"junk"
    first.write_bytes(content)
    assert ingredients.carries_manifest(first)
    second, two = studio.sign("second.mp4", parent=first)
    assert "past reading" in two.ingredient_failures[0]
    _, active, _ = _read(second, studio.anchors)
    assert hashlib.sha256(content).hexdigest() in active["ingredients"][0]["description"]
    assert active["ingredients"][0]["relationship"] == "parentOf"


def test_who_carries_a_manifest_is_known(studio: Studio) -> None:
    signed, _ = studio.sign()
    assert ingredients.carries_manifest(signed) and not ingredients.carries_manifest(studio.source)
    assert not ingredients.carries_manifest(clip(studio.folder / "a.mkv", size=(64, 48), seconds=0.2))
    with pytest.raises(InputMissing):
        ingredients.carries_manifest(studio.folder / "none.mp4")


@pytest.mark.parametrize("name", ["a.mp4", "a.mov", "a.m4v", "a.avi"])
def test_every_container_that_embeds_reads_trusted(studio: Studio, name: str) -> None:
    codec = "mpeg4" if name.endswith("avi") else "libx264"
    studio.source = clip(studio.folder / f"source{Path(name).suffix}", size=(64, 48), seconds=0.2, codec=codec)
    assert signing.embeds(Path(name).suffix) and signing.embeds(Path(name).suffix.upper())
    target, _ = studio.sign(name)
    assert studio.details(target).trust == "trusted"


@pytest.mark.parametrize("suffix", [".mkv", ".webm", ".ts", ""])
def test_containers_without_a_place_are_refused(studio: Studio, suffix: str) -> None:
    assert not signing.embeds(suffix)
    with pytest.raises(SigningFailed):
        studio.sign(f"a{suffix}")
    assert not (studio.folder / f"a{suffix}").exists()


def test_the_input_is_never_touched(studio: Studio) -> None:
    before = studio.source.read_bytes()
    studio.sign()
    for alias in ("source.mp4", "./source.mp4"):
        with pytest.raises(OutputIsInput):
            studio.sign(alias)
    (studio.folder / "link.mp4").hardlink_to(studio.source)
    with pytest.raises(OutputIsInput):
        studio.sign("link.mp4")
    assert studio.source.read_bytes() == before


def test_failing_leaves_nothing(studio: Studio) -> None:
    standing = studio.folder / "standing.mp4"
    standing.write_bytes(b"what stood there")
    before = sorted(p.name for p in studio.folder.iterdir())
    described = manifest.describe(manifest.Facts("t"), "urn:c2pa:no-uuid", "00", "own-1")
    described["assertions"][0]["data"]["actions"] = []
    with pytest.raises(SigningFailed):
        signing.sign(studio.source, standing, described, studio.identity, studio.anchors)
    studio.identity.key_path.chmod(0o644)
    with pytest.raises(UnsafeKeys):
        studio.sign("standing.mp4")
    assert standing.read_bytes() == b"what stood there"
    assert sorted(p.name for p in studio.folder.iterdir()) == before


def test_what_is_no_video_and_what_is_not_there(studio: Studio) -> None:
    with pytest.raises(OutputFolderMissing):
        studio.sign("none/a.mp4")
    studio.source.write_bytes(b"no video at all")
    with pytest.raises(SigningFailed):
        studio.sign()
    studio.source.unlink()
    with pytest.raises(InputMissing):
        studio.sign()
    assert not (studio.folder / "signed.mp4").exists()


def test_a_file_can_be_signed_over_an_older_output(studio: Studio) -> None:
    (studio.folder / "signed.mp4").write_bytes(b"old")
    target, _ = studio.sign()
    assert studio.details(target).trust == "trusted"


def test_a_store_alone_tells_who_signed(studio: Studio) -> None:
    from countermark.provenance.credentials import read_store

    _, signed = studio.sign()
    found = read_store(signed.store, studio.anchors)
    assert (found.trust, found.failures, found.says_synthetic) == ("trusted", (), True)
    assert found.manifest_id == signed.manifest_id and found.development
    assert read_store(signed.store, trust.TrustAnchors()).trust == "unknown_signer"
    spoilt = bytearray(signed.store)
    spoilt[spoilt.index(b"A title")] ^= 1
    assert read_store(bytes(spoilt), studio.anchors).trust == "broken"
    for nonsense in (b"", b"nonsense", bytes(1000)):
        assert read_store(nonsense, studio.anchors).trust == "broken"
