import csv
import os
import subprocess
from collections import Counter
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from countermark.disclosure.declarations.examiner import DeclarationsExaminer
from countermark.disclosure.declarations.reading import (
    MOST_DECLARATIONS,
    MOST_PROBLEMS,
    MOST_READ,
    declared_in,
)
from countermark.evidence import DeclarationsDetails, FailureDetails
from countermark.evidence.sources import IPTC
from countermark.media import ContainerExaminer
from countermark.media.metadata import Field, Metadata
from countermark.tests import needs

from .files import gif, muxed, packet, png, record, source_type

NAMES = st.sampled_from(
    ["AIGC", "XMP", "comment", "encoder", "prompt", "parameters", "DigitalSourceType", "\u202eaigc"]
)
PLACES = st.sampled_from(["moov/udta/meta/keys", "Segment/Tags/Track", "uuid", "\x1b[2J"])
VALUES = st.one_of(
    st.binary(max_size=200),
    st.text(max_size=200).map(str.encode),
    st.tuples(
        st.sampled_from([record(), packet("<TC260:AIGC>x</TC260:AIGC>"), source_type("print")]), st.integers(0, 900)
    ).map(lambda pair: pair[0][: pair[1]].encode()),
)


@given(st.lists(st.builds(Field, PLACES, NAMES, VALUES, st.booleans()), max_size=5))
def test_whatever_the_fields_hold_what_is_said_is_harmless(fields: list[Field]) -> None:
    found = declared_in(Metadata(tuple(fields)))
    shown = [*found.problems]
    for one in found.declarations:
        shown += [one.field, one.value, one.generator or ""]
    assert all(line.isprintable() and len(line) <= 320 for line in shown), shown


def test_there_is_an_end_to_what_is_read_and_listed() -> None:
    records = tuple(Field("moov/udta/meta/keys", "AIGC", record(ProduceID=str(i)).encode()) for i in range(100))
    packets = tuple(Field("uuid", "XMP", packet().encode()) for _ in range(100))
    tags = tuple(Field("Segment/Tags", "encoder", f"Kling {i}".encode()) for i in range(100))
    found = declared_in(Metadata((*records, *packets, *tags)))
    assert [one.form for one in found.declarations] == ["aigc"] * MOST_READ + ["tag"] * (MOST_DECLARATIONS - MOST_READ)
    told = "\n".join(found.problems)
    assert f"{100 + MOST_READ - MOST_DECLARATIONS} more declarations" in told
    assert "AIGC records: the rest was not read" in told and "XMP packets: the rest was not read" in told
    assert len(declared_in(Metadata((), tuple(f"problem {i}" for i in range(100)))).problems) == MOST_PROBLEMS + 1


def test_what_could_not_be_followed_is_said_even_where_nothing_is_declared() -> None:
    found = declared_in(Metadata((), ("metadata of mpegts is not read",)))
    assert found == DeclarationsDetails((), ("metadata of mpegts is not read",))


def test_it_is_an_examiner_and_fails_where_a_file_cannot_be_read(tmp_path: Path) -> None:
    examiner: ContainerExaminer = DeclarationsExaminer()
    evidence = examiner.examine(tmp_path / "gone.mp4", "0" * 64)
    assert evidence.finding == "failed" and isinstance(evidence.details, FailureDetails)
    assert os.fspath(tmp_path) not in evidence.details.error


@pytest.mark.parametrize("name", ["a.mp4", "a.mov", "a.png", "a.gif", "a.jpg"])
def test_what_another_program_wrote_is_read_as_it_meant_it(name: str, tmp_path: Path) -> None:
    exiftool = needs.program("exiftool", "libimage-exiftool-perl")
    file = tmp_path / name
    makers = {".png": png, ".gif": gif, ".jpg": lambda path: cv2.imwrite(str(path), np.zeros((8, 8), np.uint8))}
    makers.get(file.suffix, muxed)(file)
    tags = (
        f"-XMP-iptcExt:DigitalSourceType={IPTC}trainedAlgorithmicMedia",
        "-XMP-photoshop:Credit=Made with Google AI",
    )
    subprocess.run([exiftool, "-q", "-overwrite_original", *tags, str(file)], check=True)
    found = DeclarationsExaminer().examine(file, "").details
    assert isinstance(found, DeclarationsDetails)
    told = {(one.form, one.field.rpartition("XMP: ")[2], one.value) for one in found.declarations}
    assert told == {
        ("iptc", "Iptc4xmpExt:DigitalSourceType", f"{IPTC}trainedAlgorithmicMedia"),
        ("xmp", "photoshop:Credit", "Made with Google AI"),
    }
    assert found.problems == ()


def test_no_clip_of_a_camera_declares_anything_and_the_synthetic_ones_that_do_are_counted() -> None:
    folder = needs.data("clips")
    with (folder / "clips.tsv").open() as table:
        clips = [(row["label"], folder / row["path"]) for row in csv.DictReader(table, delimiter="\t")]
    found = Counter((label, DeclarationsExaminer().examine(path, "").finding) for label, path in clips)
    assert found == {("real", "absent"): 93, ("synthetic", "absent"): 199, ("synthetic", "present"): 2}
