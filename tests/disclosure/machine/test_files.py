"""What is composed and kept, written into real files and read back: by our own reader, by ffprobe and by exiftool."""

from __future__ import annotations

import json
import subprocess
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from countermark.disclosure.declarations.reading import declared_in
from countermark.disclosure.machine.aigc import AigcRecord, read
from countermark.disclosure.machine.composing import LabelFacts, compose
from countermark.disclosure.machine.keeping import Kept, kept_from
from countermark.evidence.sources import source_of
from countermark.media.codecs import EncodeSettings, container_for
from countermark.media.metadata import metadata
from countermark.media.transcode import transcode
from countermark.tests.media.reading import video_of
from countermark.tests.needs import program
from countermark.tests.recipes import clip

TRAINED = source_of("trainedAlgorithmicMedia").source.uri
CODE, THEIR_CODE = "001191110000MA0000000010001", "001191440000MA0000000020002"
ALL = frozenset({"xmp", "tags", "aigc"})
FACTS = LabelFacts(TRAINED, "urn:c2pa:1", datetime(2026, 3, 1, tzinfo=UTC), "A provider", "m", "2b", aigc_producer=CODE)
WORKFLOW = json.dumps({"1": {"class_type": "CheckpointLoaderSimple", "inputs": {"ckpt_name": "sd15.safetensors"}}})
BROUGHT = {
    "AIGC": AigcRecord("1", THEIR_CODE, "id-7").to_json(),
    "prompt": WORKFLOW,
    "comment": "Made with Google AI",
    "location": "+48.2+016.4/",
    "author": "Ada Example",
}
CODECS = {".webm": EncodeSettings("vp9"), None: EncodeSettings("h264", preset="ultrafast")}


def labelled(source: Path, target: Path, facts: LabelFacts, kept: Kept) -> Path:
    labels = compose(facts, ALL, kept, container_for(target.suffix))
    settings = CODECS.get(target.suffix, CODECS[None])
    return transcode(video_of(source), target, settings, keep="labels", labels=labels).path


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Made by another's generator, which left a record, a workflow and a note; with a place and a person in it."""
    path = tmp_path_factory.mktemp("machine") / "source.mp4"
    return clip(path, size=(64, 48), seconds=0.2, container={"movflags": "use_metadata_tags"}, metadata=BROUGHT)


def tags_by_ffprobe(path: Path) -> dict[str, str]:
    ffprobe = program("ffprobe", "ffmpeg")
    told = subprocess.run(
        [ffprobe, "-v", "error", "-show_format", "-of", "json", path], capture_output=True, check=True
    )
    return {name.upper(): value for name, value in json.loads(told.stdout)["format"]["tags"].items()}


def fields_by_exiftool(path: Path) -> dict[str, Any]:
    exiftool = program("exiftool", "libimage-exiftool-perl")
    told = subprocess.run([exiftool, "-j", "-G0", path], capture_output=True, check=True)
    return dict(json.loads(told.stdout)[0])


@pytest.mark.parametrize("suffix", [".mp4", ".mov", ".mkv", ".webm"])
def test_everything_is_in_the_file_once_and_others_read_it(source: Path, tmp_path: Path, suffix: str) -> None:
    kept = kept_from(metadata(source), "labels")
    made = labelled(source, tmp_path / f"made{suffix}", FACTS, kept)
    found = metadata(made)
    written = [(field.name.lower(), field.value.decode("utf-8", "replace")) for field in found.fields]
    records = [read(value).record for name, value in written if name == "aigc"]
    assert records == [AigcRecord("1", THEIR_CODE, "id-7", "", CODE, "urn:c2pa:1")]
    assert [value for name, value in written if name == "prompt"] == [WORKFLOW]
    assert not [value for _, value in written if "Ada" in value or "48.2" in value]
    declared = declared_in(found)
    assert declared.problems == ()
    assert {one.value for one in declared.declarations if "source" in one.field.lower()} == {TRAINED}
    assert "Google AI" in [one.generator for one in declared.declarations]

    shown = tags_by_ffprobe(made)
    assert (shown["DIGITAL_SOURCE_TYPE"], shown["AI_SYSTEM_USED"]) == (TRAINED, "m")
    assert (shown["AIGC"], shown["PROMPT"]) == (records[0].to_json(), WORKFLOW)
    fields = fields_by_exiftool(made)
    if suffix in (".mp4", ".mov"):
        assert (fields["XMP:DigitalSourceType"], fields["XMP:AISystemUsed"]) == (TRAINED, "m")
        assert fields["QuickTime:AIGC"] == records[0].to_json()
    else:
        assert (fields["Matroska:DigitalSourceType"], fields["Matroska:Aigc"]) == (TRAINED, records[0].to_json())


def test_labels_last_through_generations_of_other_containers(source: Path, tmp_path: Path) -> None:
    before, anonymous = source, replace(FACTS, model=None, model_version=None)
    for number, suffix in enumerate((".mkv", ".mp4", ".webm", ".mov")):
        facts = replace(FACTS if number == 0 else anonymous, manifest_id=f"urn:c2pa:{number}")
        before = labelled(before, tmp_path / f"{number}{suffix}", facts, kept_from(metadata(before), "labels"))
    written = {field.name.lower(): field.value.decode("utf-8", "replace") for field in metadata(before).fields}
    assert read(written["aigc"]).record == AigcRecord("1", THEIR_CODE, "id-7", "", CODE, "urn:c2pa:3")
    assert (written["prompt"], written["comment"]) == (WORKFLOW, "Made with Google AI")
    assert (written["ai_system_used"], written["ai_system_version_used"]) == ("m", "2b"), "of the first maker"
    assert written["manifest_id"] == "urn:c2pa:3"
