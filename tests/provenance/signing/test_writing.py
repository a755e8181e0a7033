"""Signing: what the manifest says, whole outputs, inputs untouched, provenance kept."""

from __future__ import annotations

import hashlib
import io
import json
import shutil
from pathlib import Path
from typing import Any

import av
import c2pa
import cv2
import numpy as np
import pytest

from countermark.errors import InputMissing, OutputFolderMissing, OutputIsInput, SigningFailed, UnsafeKeys
from countermark.evidence.sources import IPTC
from countermark.provenance import soft_bindings, trust
from countermark.provenance.signing import ingredients, manifest
from countermark.provenance.signing import writing as signing
from countermark.provenance.signing.signers import native_signer
from countermark.provenance.trust.validator import context
from countermark.tests.needs import data
from countermark.tests.provenance.signed import PAYLOAD, Studio
from countermark.tests.recipes import clip

TRAINED = IPTC + "trainedAlgorithmicMedia"
COMPOSITE = IPTC + "compositeWithTrainedAlgorithmicMedia"


def _read(path: Path, anchors: trust.TrustAnchors) -> tuple[str, dict[str, Any], dict[str, Any]]:
    with (
        path.open("rb") as stream,
        context(anchors) as ground,
        c2pa.Reader("video/mp4", stream, context=ground) as reader,
    ):
        report = json.loads(reader.json())
        raw = json.loads(reader.crjson())["manifests"][0]
    return report["validation_state"], report["manifests"][report["active_manifest"]], raw


def _spoil(path: Path, word: bytes) -> bytes:
    """Damage the manifest box at a word, once."""
    content = bytearray(path.read_bytes())
    place = content.index(word, content.index(b"jumb") + 4)
    content[place : place + 4] = b"junk"
    path.write_bytes(content)
    return bytes(content)


def _still(folder: Path) -> Path:
    path = folder / "still.png"
    cv2.imwrite(str(path), np.zeros((90, 160, 3), np.uint8))
    return path


def test_the_library_trusts_what_was_signed_and_it_still_plays(studio: Studio) -> None:
    target, signed = studio.sign(model="own/model", prompt="a cat")
    state, active, _ = _read(target, studio.anchors)
    assert state == "Trusted" and active["label"] == signed.manifest_id
    with av.open(str(target)) as container:
        assert sum(1 for _ in container.decode(video=0)) == 5


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
    assert b"secret" not in target.read_bytes() and b"secret" not in signed.store


def test_provenance_is_kept_through_two_generations(studio: Studio) -> None:
    first, one = studio.sign("first.mp4", source_type=TRAINED)
    second, two = studio.sign("second.mp4", parent=first, source_type=COMPOSITE)
    third, three = studio.sign("third.mp4", parent=second, source_type=COMPOSITE)
    with (
        third.open("rb") as stream,
        context(studio.anchors) as ground,
        c2pa.Reader("video/mp4", stream, context=ground) as reader,
    ):
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
    content = _spoil(first, word)
    assert ingredients.carries_manifest(first)
    second, two = studio.sign("second.mp4", parent=first)
    assert "past reading" in two.ingredient_failures[0]
    _, active, _ = _read(second, studio.anchors)
    assert hashlib.sha256(content).hexdigest() in active["ingredients"][0]["description"]
    assert active["ingredients"][0]["relationship"] == "parentOf"


def test_inputs_become_ingredients_with_their_relationship(studio: Studio) -> None:
    before, one = studio.sign("before.mp4")
    still = _still(studio.folder)
    given = manifest.IngredientFacts
    used = (given(still), given(before, "inputTo", "a clip"), given(before, "componentOf"))
    target, signed = studio.sign("after.mp4", ingredients=used)
    state, active, _ = _read(target, studio.anchors)
    assert state == "Trusted" and signed.ingredient_failures == ()
    found = [(i["title"], i["relationship"], i.get("active_manifest")) for i in active["ingredients"]]
    assert found == [
        ("still.png", "inputTo", None),
        ("a clip", "inputTo", one.manifest_id),
        ("before.mp4", "componentOf", one.manifest_id),
    ]
    plain = active["ingredients"][0]
    assert plain["format"] == "image/png" and hashlib.sha256(still.read_bytes()).hexdigest() in plain["description"]


def test_a_bad_ingredient_costs_the_others_nothing(studio: Studio) -> None:
    good, one = studio.sign("good.mp4")
    bad, _ = studio.sign("bad.mp4")
    parent, two = studio.sign("parent.mp4")
    _spoil(bad, b"c2cs")
    used = (manifest.IngredientFacts(bad), manifest.IngredientFacts(good))
    target, signed = studio.sign("after.mp4", parent=parent, ingredients=used)
    state, active, _ = _read(target, studio.anchors)
    kept = [(i["title"], i.get("active_manifest")) for i in active["ingredients"]]
    assert kept == [("parent.mp4", two.manifest_id), ("bad.mp4", None), ("good.mp4", one.manifest_id)]
    assert state == "Trusted" and len(signed.ingredient_failures) == 1
    assert "past reading" in signed.ingredient_failures[0] and "past reading" in active["ingredients"][1]["description"]


def _beside(studio: Studio, path: Path) -> str:
    """Sign a file by a manifest that lies beside it."""
    described = manifest.describe(manifest.Facts("t"), manifest.new_manifest_id(), "00", "own-1")
    signer = native_signer(studio.identity)
    with path.open("rb") as stream, context(studio.anchors, signer) as ground:
        builder = c2pa.Builder(json.dumps({**described, "format": "video/mp4"}), ground)
        builder.set_no_embed()
        path.with_suffix(".c2pa").write_bytes(builder.sign("video/mp4", stream, io.BytesIO()))
    return str(described["label"])


def test_credentials_beside_an_input_are_taken_over(studio: Studio) -> None:
    parent = Path(shutil.copy(studio.source, studio.folder / "parent.mp4"))
    manifest_id = _beside(studio, parent)
    assert ingredients.carries_manifest(parent)
    target, signed = studio.sign("after.mp4", parent=parent)
    state, active, _ = _read(target, studio.anchors)
    assert state == "Trusted" and signed.ingredient_failures == ()
    assert [i["active_manifest"] for i in active["ingredients"]] == [manifest_id]
    parent.with_suffix(".c2pa").write_bytes(b"no manifest")
    target, signed = studio.sign("again.mp4", parent=parent)
    assert "past reading" in signed.ingredient_failures[0]
    assert "active_manifest" not in _read(target, studio.anchors)[1]["ingredients"][0]


def test_a_manifest_from_elsewhere_is_taken_over_and_its_mismatch_said(studio: Studio) -> None:
    _, first = studio.sign("first.mp4")
    described = manifest.describe(manifest.Facts("t"), manifest.new_manifest_id(), "00", "own-1", parent=True)
    who = (studio.identity, studio.anchors, studio.source)
    target = studio.folder / "second.mp4"
    second = signing.sign(studio.source, target, described, *who, parent_store=first.store)
    _, active, _ = _read(target, studio.anchors)
    assert [i["active_manifest"] for i in active["ingredients"]] == [first.manifest_id]
    assert second.ingredient_failures == ("assertion.bmffHash.mismatch",)


def test_ingredients_that_are_not_there_or_have_two_parents_are_refused(studio: Studio) -> None:
    with pytest.raises(InputMissing):
        studio.sign(ingredients=(manifest.IngredientFacts(studio.folder / "none.png"),))
    parent, _ = studio.sign("parent.mp4")
    with pytest.raises(ValueError, match="one parent"):
        studio.sign(parent=parent, ingredients=(manifest.IngredientFacts(parent, "parentOf"),))
    assert not (studio.folder / "signed.mp4").exists()


def test_a_fault_of_the_manifest_is_blamed_on_no_parent(studio: Studio) -> None:
    first, _ = studio.sign("first.mp4")
    said = manifest.Facts("t")
    described = manifest.describe(said, manifest.new_manifest_id(), "00", "own-1", parent=True)
    described["assertions"][0]["data"]["actions"].append({"action": "c2pa.watermarked.bound"})
    with pytest.raises(SigningFailed, match="softBindingMissing"):
        studio.put(described, "second.mp4", first)
    assert not (studio.folder / "second.mp4").exists()


def test_an_authority_that_is_down_costs_no_history(studio: Studio) -> None:
    first, _ = studio.sign("first.mp4")
    described = manifest.describe(manifest.Facts("t"), manifest.new_manifest_id(), "00", "own-1", parent=True)
    target = studio.folder / "second.mp4"
    with pytest.raises(SigningFailed):
        signing.sign(
            studio.source, target, described, studio.identity, studio.anchors, first, timestamp="http://127.0.0.1:9/"
        )
    assert not target.exists()


def test_the_thumbnail_is_in_the_manifest(studio: Studio) -> None:
    picture = bytes(cv2.imencode(".jpg", np.zeros((90, 160, 3), np.uint8))[1])
    target, _ = studio.sign(thumbnail=picture)
    _, active, raw = _read(target, studio.anchors)
    assert active["thumbnail"]["format"] == "image/jpeg" and "c2pa.thumbnail.claim" in raw["assertions"]
    shown = io.BytesIO()
    with (
        target.open("rb") as stream,
        context(studio.anchors) as ground,
        c2pa.Reader("video/mp4", stream, context=ground) as reader,
    ):
        reader.resource_to_stream(active["thumbnail"]["identifier"], shown)
    assert shown.getvalue() == picture


def test_marks_that_credentials_declare_are_named(studio: Studio) -> None:
    unbound, one = studio.sign("unbound.mp4")
    assert soft_bindings(unbound) == soft_bindings(one.store) == (f"own-1: {PAYLOAD}",)
    bound, _ = studio.sign("bound.mp4", soft_binding="bound")
    assert soft_bindings(bound) == (f"own-1: {PAYLOAD}",)
    described = manifest.describe(manifest.Facts("t"), manifest.new_manifest_id(), "ff", "other-1", parent=True)
    history, _ = studio.put(described, "history.mp4", unbound)
    assert set(soft_bindings(history)) == {"other-1: ff", f"own-1: {PAYLOAD}"}
    del described["assertions"][1]
    alone, _ = studio.put({**described, "label": manifest.new_manifest_id()}, "alone.mp4", studio.source)
    assert soft_bindings(alone) == ("c2pa.watermarked.unbound by Countermark",)
    assert soft_bindings(studio.source) == soft_bindings(b"nonsense") == soft_bindings(studio.folder / "none") == ()


def test_marks_that_others_declare_are_named() -> None:
    file = data("c2pa", "contentauth+c2pa-rs", "sdk", "src", "identity", "tests", "fixtures", "claim_aggregation")
    found = soft_bindings(file / "adobe_connected_identities.jpg")
    assert found[0].startswith("com.adobe.trustmark.P: 2*") and all(len(text) < 600 for text in found)


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


def test_a_fragmented_mp4_reads_trusted(studio: Studio) -> None:
    flags = {"movflags": "frag_keyframe+empty_moov"}
    studio.source = clip(studio.folder / "fragments.mp4", size=(64, 48), seconds=0.4, keyframes=5, container=flags)
    assert studio.source.read_bytes().count(b"moof") > 1
    target, _ = studio.sign()
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
    from countermark.provenance.reading.credentials import read_store

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
