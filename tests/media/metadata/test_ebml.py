"""Fields of Matroska and WebM, wherever they stand."""

from __future__ import annotations

from pathlib import Path

from countermark.tests.media.metadata.files import element, mkv, simple, tags
from countermark.tests.media.metadata.reading import fields, read

INFO = element(0x1549A966, element(0x7BA9, b"A walk"), element(0x4D80, b"muxer"), element(0x5741, b"writer"))
BLOCK = element(0xA3, b"picture")
CLUSTER = element(0x1F43B675, element(0xE7, b"\0"), BLOCK)
ENDLESS = element(0x1F43B675, element(0xE7, b"\0"), BLOCK, unknown=True)
AIGC = tags(simple("AIGC", b"{}"))
FOUND = ("Segment/Tags", "AIGC", b"{}")


def test_titles_tags_tracks_and_attachments(tmp_path: Path) -> None:
    content = mkv(
        INFO,
        element(0x1654AE6B, element(0xAE, element(0x536E, b"camera"))),
        element(0x1941A469, element(0x61A7, element(0x466E, b"workflow.json"), element(0x465C, b"contents" * 100))),
        tags(simple("TITLE", b"x", simple("SORT_WITH", b"y", simple("DEEPER", b"\1\2", binary=True)))),
        tags(simple("AIGC", b"{}"), track=3),
        CLUSTER,
        AIGC,
        AIGC,
    )
    assert fields(tmp_path, content) == [
        ("Segment/Info", "Title", b"A walk"),
        ("Segment/Info", "MuxingApp", b"muxer"),
        ("Segment/Info", "WritingApp", b"writer"),
        ("Segment/Tracks", "Name", b"camera"),
        ("Segment/Attachments", "FileName", b"workflow.json"),
        ("Segment/Tags", "TITLE", b"x"),
        ("Segment/Tags", "TITLE/SORT_WITH", b"y"),
        ("Segment/Tags", "TITLE/SORT_WITH/DEEPER", b"\1\2"),
        ("Segment/Tags/Track", "AIGC", b"{}"),
        FOUND,
        FOUND,
    ]


def test_tags_behind_clusters_without_a_length(tmp_path: Path) -> None:
    assert fields(tmp_path, mkv(ENDLESS, ENDLESS, AIGC, unknown=True)) == [FOUND]


def seek_head(at: int) -> bytes:
    place = element(0x53AC, at.to_bytes(8, "big"))
    return element(0x114D9B74, element(0x4DBB, element(0x53AB, (0x1254C367).to_bytes(4, "big")), place))


def test_the_index_leads_past_what_can_not_be_followed(tmp_path: Path) -> None:
    broken = element(0x1F43B675, element(0xE7, b"\0"), b"\0" * 64, unknown=True)
    at = len(seek_head(0)) + len(broken)
    found = read(tmp_path, mkv(seek_head(at), broken, AIGC, unknown=True))
    assert [(field.place, field.name, field.value) for field in found.fields] == [FOUND]
    assert any("unknown bytes" in line for line in found.problems)


def test_what_the_index_names_is_given_once(tmp_path: Path) -> None:
    at = len(seek_head(0)) + len(CLUSTER)
    assert fields(tmp_path, mkv(seek_head(at), CLUSTER, AIGC)) == [FOUND]


def test_an_index_that_leads_elsewhere_leads_nowhere(tmp_path: Path) -> None:
    for at in (0, 1, 1 << 40, (1 << 63) - 1):
        assert fields(tmp_path, mkv(seek_head(at), CLUSTER)) == []
