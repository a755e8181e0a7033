"""Labels, signing and the copies that people make: what stays is what docs/labels-survival.md says."""

from __future__ import annotations

import json
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from countermark import keyring
from countermark.media.codecs import EncodeSettings
from countermark.media.metadata import FileLabels, metadata
from countermark.media.transcode import transcode
from countermark.provenance import trust
from countermark.tests.media.reading import frames_of, video_of
from countermark.tests.needs import program
from countermark.tests.provenance.signed import Studio
from countermark.tests.recipes import clip

RECORD = '{"Label":"1","ContentProducer":"001191110000MA0000000X","ProduceID":"a-1"}'
SOURCE_TYPE = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
PACKET = f"""<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/"
 Iptc4xmpExt:DigitalSourceType="{SOURCE_TYPE}"/></rdf:RDF></x:xmpmeta>
<?xpacket end="w"?>""".encode()
LABELS = FileLabels((("AIGC", RECORD), ("title", "A walk"), ("comment", "made by a machine")), PACKET)
NAMES = {
    "title": ("title", "©nam"),
    "comment": ("comment", "©cmt"),
}
PAGE = Path(__file__).parents[1] / "docs" / "labels-survival.md"


@pytest.fixture(scope="module")
def labelled(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("labelled")
    source = video_of(clip(folder / "source.mp4", size=(64, 48), seconds=0.4, audio=True))
    settings = dict.fromkeys(("mp4", "mov", "mkv"), EncodeSettings("h264", preset="ultrafast"))
    settings["webm"] = EncodeSettings("vp9")
    return {kind: transcode(source, folder / f"a.{kind}", how, labels=LABELS).path for kind, how in settings.items()}


@pytest.fixture
def studio(tmp_path: Path) -> Studio:
    identity = keyring.init_development(tmp_path / "home")
    return Studio(tmp_path, tmp_path / "unused", identity, trust.load(tmp_path / "home"))


@dataclass(frozen=True)
class Left:
    """What of the labels is in a file."""

    aigc: bool
    xmp: bool
    tags: bool


def left(path: Path) -> Left:
    fields = [(field.name.lower(), field.value) for field in metadata(path).fields]
    tags = {"title": b"A walk", "comment": b"made by a machine"}
    return Left(
        [value for name, value in fields if name == "aigc"] == [RECORD.encode()],
        [value for name, value in fields if name == "xmp"] == [PACKET],
        all([value for name, value in fields if name in NAMES[tag]] == [said] for tag, said in tags.items()),
    )


def rows() -> dict[str, tuple[str, str, str]]:
    lines = [line.strip("|").split(" | ") for line in PAGE.read_text().splitlines() if line.startswith("| ")]
    return {cells[0].strip(): tuple(cell.strip() for cell in cells[1:]) for cells in lines[1:]}


def as_told(found: Left, told: tuple[str, str, str]) -> bool:
    assert set(told) <= {"stays", "lost", "none"}
    return (found.aigc, found.xmp, found.tags) == tuple(cell == "stays" for cell in told)


COPIES = {row: told for row, told in rows().items() if "`ffmpeg" in row}


def test_the_table_has_all_ways() -> None:
    assert len(COPIES) == 13 and len(rows()) == 16


@pytest.mark.parametrize("row", COPIES)
def test_copies_by_ffmpeg(labelled: dict[str, Path], tmp_path: Path, row: str) -> None:
    said = re.fullmatch(r"(\w+)(?: to (\w+))?: `ffmpeg (.*)`", row)
    assert said
    source, target = labelled[said[1]], tmp_path / f"copy.{said[2] or said[1]}"
    made = [program("ffmpeg", "ffmpeg"), "-v", "error", "-i", str(source), *said[3].split(), str(target)]
    subprocess.run(made, check=True, timeout=60)
    assert len(frames_of(target)) == 10
    assert left(source) == Left(True, said[1] in ("mp4", "mov"), True)
    assert as_told(left(target), COPIES[row]), (row, left(target))


def test_an_index_that_is_moved_to_the_front_takes_all_labels_along(tmp_path: Path, labelled: dict[str, Path]) -> None:
    content = labelled["mp4"].read_bytes()
    at = content.index(b"moov") - 4
    moov = content[at : at + int.from_bytes(content[at : at + 4], "big")]
    moved = bytearray(moov)
    for place in (found.end() for found in re.finditer(rb"stco\0\0\0\0", moov)):
        for one in range(place + 4, place + 4 + 4 * int.from_bytes(moov[place : place + 4], "big"), 4):
            moved[one : one + 4] = (int.from_bytes(moov[one : one + 4], "big") - len(moov)).to_bytes(4, "big")
    behind, target = tmp_path / "behind.mp4", tmp_path / "front.mp4"
    behind.write_bytes(content[:at] + content[at + len(moov) :] + bytes(moved))
    assert len(frames_of(behind)) == 10
    subprocess.run([program("qt-faststart", "ffmpeg"), str(behind), str(target)], check=True, capture_output=True)
    assert target.read_bytes().index(b"moov") < target.read_bytes().index(b"mdat") and len(frames_of(target)) == 10
    assert as_told(left(target), rows()["mp4: `qt-faststart`, the index having stood at the end"])


# Signing -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["mp4", "mov"])
def test_a_signature_covers_every_label(studio: Studio, labelled: dict[str, Path], kind: str) -> None:
    studio.source = labelled[kind]
    signed, _ = studio.sign(f"signed.{kind}")
    assert as_told(left(signed), rows()[f"C2PA signing of {kind}"])
    assert [frame.pts for frame in frames_of(signed)] == [frame.pts for frame in frames_of(labelled[kind])]
    assert studio.details(signed).trust == "trusted"
    whole = signed.read_bytes()
    assert whole.count(PACKET) == whole.count(RECORD.encode()) == 1
    for label in (RECORD.encode(), PACKET, b"made by a machine"):
        at = whole.index(label) + len(label) // 2
        broken = studio.folder / f"broken.{kind}"
        broken.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        assert studio.examine(broken).finding == "invalid" and studio.details(broken).content_matches is False, label


# What other programs read ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["mp4", "mov", "mkv", "webm"])
def test_ffprobe_reads_back_what_was_written(labelled: dict[str, Path], kind: str) -> None:
    probe = [program("ffprobe", "ffmpeg"), "-v", "error", "-show_entries", "format_tags", "-of", "json"]
    told = json.loads(subprocess.run([*probe, str(labelled[kind])], check=True, capture_output=True).stdout)
    tags = {name.lower(): value for name, value in told["format"]["tags"].items()}
    assert told["format"]["tags"]["AIGC"] == RECORD
    assert (tags["title"], tags["comment"]) == ("A walk", "made by a machine")


@pytest.mark.parametrize("kind", ["mp4", "mov", "mkv", "webm"])
def test_exiftool_reads_back_what_was_written(studio: Studio, labelled: dict[str, Path], kind: str) -> None:
    exiftool = program("exiftool", "libimage-exiftool-perl")
    files = [labelled[kind]]
    if kind in ("mp4", "mov"):
        studio.source = labelled[kind]
        files.append(studio.sign(f"signed.{kind}")[0])
    for path in files:
        asked = [exiftool, "-j", "-a", "-n", str(path)]
        told = json.loads(subprocess.run(asked, check=True, capture_output=True).stdout)
        tags = {name.lower(): value for name, value in told[0].items()}
        record = tags["aigc"]
        assert (json.loads(record) if isinstance(record, str) else record) == json.loads(RECORD)
        assert (tags["title"], tags["comment"]) == ("A walk", "made by a machine")
        assert tags.get("digitalsourcetype") == (SOURCE_TYPE if kind in ("mp4", "mov") else None)


@pytest.mark.parametrize(("kind", "place"), [("mp4", "ItemList"), ("mov", "UserData")])
@pytest.mark.parametrize("tags", [(), (("AIGC", RECORD),)])
def test_a_title_stays_an_atom_unless_a_tag_of_ours_stands_beside_it(
    tmp_path: Path, kind: str, place: str, tags: tuple[tuple[str, str], ...]
) -> None:
    source = clip(tmp_path / "a.mp4", size=(64, 48), seconds=0.4, metadata={"title": "A walk"})
    settings = EncodeSettings("h264", preset="ultrafast")
    made = transcode(video_of(source), tmp_path / f"b.{kind}", settings, labels=FileLabels(tags, PACKET)).path
    exiftool = [program("exiftool", "libimage-exiftool-perl"), "-j", "-G1", "-Title", str(made)]
    (told,) = json.loads(subprocess.run(exiftool, check=True, capture_output=True).stdout)
    assert {name: value for name, value in told.items() if name.endswith("Title")} == {
        f"{'Keys' if tags else place}:Title": "A walk"
    }
    probe = [program("ffprobe", "ffmpeg"), "-v", "error", "-show_entries", "format_tags=title", "-of", "json"]
    shown = json.loads(subprocess.run([*probe, str(made)], check=True, capture_output=True).stdout)
    assert shown["format"]["tags"]["title"] == "A walk"
