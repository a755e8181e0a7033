"""What is written as a label stands in the file once, under its name, and the file still plays."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import pytest

from countermark.media.codecs import CodecName, EncodeSettings
from countermark.media.encode import encode
from countermark.media.metadata import FileLabels, Keep, metadata
from countermark.media.metadata.writing import write_xmp
from countermark.media.transcode import remux, transcode
from countermark.tests.media.reading import frames_of, video_of
from countermark.tests.recipes import clip, pictures

RECORD = '{"Label":"1","ContentProducer":"001191110000MA0000000X","ProduceID":"a-1"}'
XMP = b'<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/"/><?xpacket end="w"?>'
LABELS = FileLabels((("AIGC", RECORD), ("Comment", "made by a machine")), XMP)
FAST = EncodeSettings("h264", preset="ultrafast")
SOURCE = {"title": "A walk", "comment": "made by hand", "artist": "Somebody", "location": "+48.1+011.5/"}


def small(path: Path, **more: object) -> Path:
    return clip(path, size=(64, 48), seconds=0.4, audio=True, metadata=SOURCE, **more)


def values(path: Path, name: str) -> list[tuple[str, bytes]]:
    found = metadata(path)
    assert not found.problems
    return [(field.place, field.value) for field in found.fields if field.name.lower() == name.lower()]


@pytest.mark.parametrize("suffix", [".mp4", ".mov", ".m4v"])
def test_labels_stand_once_and_by_name_and_the_xmp_before_the_media_data(tmp_path: Path, suffix: str) -> None:
    written = transcode(video_of(small(tmp_path / "a.mp4")), tmp_path / f"b{suffix}", FAST, labels=LABELS)
    assert values(written.path, "AIGC") == [("moov/udta/meta/keys", RECORD.encode())]
    assert values(written.path, "comment") == [("moov/udta/meta/keys", b"made by a machine")]
    assert values(written.path, "title") == [("moov/udta/meta/keys", b"A walk")]
    assert values(written.path, "XMP") == [("uuid", XMP)]
    content = written.path.read_bytes()
    assert content.count(XMP) == 1 and content.index(XMP) < content.index(b"mdat")
    assert b"Somebody" not in content and written.audio_identical is True
    assert len(frames_of(written.path)) == 10 and not any("XMP" in words for words in written.not_carried)
    assert written.labels == ("AIGC", "Comment", "XMP")


@pytest.mark.parametrize(("suffix", "codec"), [(".mkv", "h264"), (".webm", "vp9")])
def test_matroska_takes_the_tags_and_says_that_it_has_no_place_for_xmp(
    tmp_path: Path, suffix: str, codec: CodecName
) -> None:
    settings = EncodeSettings(codec, preset="ultrafast" if codec == "h264" else None)
    written = transcode(video_of(small(tmp_path / "a.mp4")), tmp_path / f"b{suffix}", settings, labels=LABELS)
    assert values(written.path, "AIGC") == [("Segment/Tags", RECORD.encode())]
    assert values(written.path, "comment") == [("Segment/Tags", b"made by a machine")]
    assert any("XMP" in words for words in written.not_carried) and written.labels == ("AIGC", "Comment")
    assert XMP not in written.path.read_bytes()


@pytest.mark.parametrize("suffix", [".mp4", ".mov", ".mkv"])
@pytest.mark.parametrize("keep", ["labels", "all", "none"])
def test_what_is_kept_of_a_source(tmp_path: Path, suffix: str, keep: str) -> None:
    source = video_of(small(tmp_path / f"a{suffix}"))
    for number, write in enumerate(
        (
            lambda to: transcode(source, to, FAST, keep=keep),
            lambda to: remux(source, to, keep=keep),
        )
    ):
        written = write(tmp_path / f"{number}{suffix}")
        with av.open(str(written.path)) as container:
            tags = {name.lower(): value for name, value in container.metadata.items()}
        assert tags.get("title") == (None if keep == "none" else "A walk")
        assert tags.get("artist") == ("Somebody" if keep == "all" else None)
        assert tags.get("location", "")[:3] == ("+48" if keep == "all" else "")
        assert any("artist" in words.lower() for words in written.not_carried) == (keep == "labels")


def test_a_tag_that_no_container_knows_is_kept_with_all(tmp_path: Path) -> None:
    source = clip(
        tmp_path / "a.mp4",
        size=(64, 48),
        seconds=0.2,
        metadata={"AIGC": RECORD, "com.example.owner": "Somebody"},
        container={"movflags": "use_metadata_tags"},
    )
    kept = transcode(video_of(source), tmp_path / "b.mp4", FAST, keep="all").path
    assert values(kept, "AIGC") == [("moov/udta/meta/keys", RECORD.encode())]
    assert values(kept, "com.example.owner") == [("moov/udta/meta/keys", b"Somebody")]
    assert not values(transcode(video_of(source), tmp_path / "c.mp4", FAST).path, "AIGC")
    twice = transcode(video_of(source), tmp_path / "d.mp4", FAST, keep="all", labels=FileLabels((("aigc", "new"),)))
    assert values(twice.path, "AIGC") == [("moov/udta/meta/keys", b"new")]


@pytest.mark.parametrize(("suffix", "codec"), [(".mp4", "h264"), (".mov", "h264"), (".webm", "vp9")])
def test_an_empty_label_takes_away_what_stood_there(tmp_path: Path, suffix: str, codec: CodecName) -> None:
    source, settings = video_of(small(tmp_path / "a.mp4")), EncodeSettings(codec)
    for number, tags in enumerate(((("comment", ""),), (("AIGC", RECORD), ("comment", "")))):
        kept = transcode(source, tmp_path / f"{number}{suffix}", settings, labels=FileLabels(tags)).path
        assert not values(kept, "comment") and not values(kept, "©cmt")
        assert b"A walk" in kept.read_bytes() and b"made by hand" not in kept.read_bytes()
        if suffix == ".mp4":  # its other tags are moved only where something is written beside them
            assert [place for place, _ in values(kept, ("©nam", "title")[number])] == [
                f"moov/udta/meta/{('ilst', 'keys')[number]}"
            ]


def test_pictures_without_a_source_are_labelled_too(tmp_path: Path) -> None:
    written = encode(
        pictures(5, (64, 48)),
        tmp_path / "a.mp4",
        size=(64, 48),
        frame_rate=Fraction(25),
        settings=FAST,
        labels=LABELS,
    )
    assert values(written.path, "AIGC") and values(written.path, "XMP") == [("uuid", XMP)]
    assert len(frames_of(written.path)) == 5 and not written.not_carried


def test_a_packet_that_could_not_go_in_is_not_among_what_was_written(tmp_path: Path) -> None:
    path = small(tmp_path / "a.mp4")
    whole = path.read_bytes()
    assert write_xmp(path, "mp4", FileLabels((("AIGC", RECORD), ("comment", "")), XMP)) == (("AIGC", "XMP"), [])
    path.write_bytes(whole + b"\0\0\0\x04")  # what ends in half a box can't be moved about
    named, lost = write_xmp(path, "mp4", LABELS)
    assert named == ("AIGC", "Comment") and "XMP packet" in lost[0]
    assert path.read_bytes() == whole + b"\0\0\0\x04"


# Attachments ---------------------------------------------------------------------------------------------------------

ATTACHED = (
    ("face.ttf", "application/x-truetype-font"),
    ("odd", "font/otf"),
    ("other.bin", "application/vnd.ms-opentype"),
    ("again.WOFF", "application/octet-stream"),
    ("owner.vcf", "text/vcard"),
    ("notes.txt", "text/plain"),
    ("track.gpx", "application/gpx+xml"),
)


@pytest.mark.parametrize(("keep", "count"), [("labels", 4), ("all", 7), ("none", 0)])
@pytest.mark.parametrize("how", ["transcode", "remux"])
def test_of_attachments_only_fonts_go_along_unless_all_is_kept(
    tmp_path: Path, keep: Keep, count: int, how: str
) -> None:
    path = tmp_path / "a.mkv"
    with av.open(str(path), "w") as out:
        stream = out.add_stream("libx264", rate=10, options={"preset": "ultrafast"})
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for name, mimetype in ATTACHED:
            out.add_attachment(name, mimetype, f"content of {name}".encode())
        for picture in pictures(4, (64, 48)):
            out.mux(stream.encode(av.VideoFrame.from_ndarray(picture, "rgb24")))
        out.mux(stream.encode(None))
    source, target = video_of(path), tmp_path / "b.mkv"
    written = transcode(source, target, FAST, keep=keep) if how == "transcode" else remux(source, target, keep=keep)
    content = target.read_bytes()
    assert [f"content of {name}".encode() in content for name, _ in ATTACHED] == [number < count for number in range(7)]
    assert [name in " ".join(written.not_carried) for name, _ in ATTACHED] == [number >= count for number in range(7)]
