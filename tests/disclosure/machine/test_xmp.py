import json
import subprocess
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from countermark.disclosure.declarations.xmp import DC, IPTC_EXT, RDF, XML, XMP_BASIC, Property, read_xmp
from countermark.disclosure.machine.xmp import MOST_PACKET, packet
from countermark.evidence.sources import source_of
from countermark.tests.needs import program

SOURCE = Property(IPTC_EXT, "DigitalSourceType", source_of("trainedAlgorithmicMedia").source.uri)
SHOWN = st.text(st.characters(exclude_categories=("C", "Z")) | st.sampled_from("<>&\"']]>"), min_size=1, max_size=40)
NAMES = st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,12}", fullmatch=True)
SPACES = st.sampled_from([IPTC_EXT, DC, XMP_BASIC, "http://a.example/ns/", 'http://b.example/?x="1"&y='])
ANY = st.builds(Property, SPACES, NAMES, SHOWN | st.lists(SHOWN, min_size=1, max_size=3).map(tuple)).filter(
    lambda one: one.namespace != DC
)


@given(st.lists(ANY, min_size=1, max_size=6))
def test_what_is_written_is_read_back_each_name_once(given: list[Property]) -> None:
    found = read_xmp(packet(given))
    first: dict[tuple[str, str], Property] = {}
    for one in given:
        first.setdefault((one.namespace, one.name), one)
    assert (found.properties, found.problems) == (tuple(first.values()), ())


def test_exiftool_reads_the_same_values(tmp_path: Path) -> None:
    told = [
        SOURCE,
        Property(IPTC_EXT, "AISystemUsed", 'a <model> & "more"'),
        Property(IPTC_EXT, "AISystemVersionUsed", "2b"),
        Property(IPTC_EXT, "AIPromptInformation", "नमस्ते, ein Boot"),
        Property(DC, "title", ("a title",)),
        Property(DC, "publisher", ("a provider",)),
        Property(XMP_BASIC, "ModifyDate", "2026-03-01T10:00:00Z"),
    ]
    file = tmp_path / "packet.xmp"
    file.write_bytes(packet(told))
    exiftool = program("exiftool", "libimage-exiftool-perl")
    answer = subprocess.run([exiftool, "-j", "-XMP:all", file], capture_output=True, check=True)
    read = json.loads(answer.stdout)[0]
    del read["SourceFile"]
    assert read == {
        "DigitalSourceType": SOURCE.value,
        "AISystemUsed": 'a <model> & "more"',
        "AISystemVersionUsed": "2b",
        "AIPromptInformation": "नमस्ते, ein Boot",
        "Title": "a title",
        "Publisher": "a provider",
        "ModifyDate": "2026:03:01 10:00:00Z",
    }


def test_nothing_but_text_gets_in() -> None:
    hostile = [
        SOURCE,
        Property(IPTC_EXT, "AISystemUsed", "a\x00b\x1b[2J\u202ec\ud800d"),
        Property(IPTC_EXT, "a b", "no name"),
        Property(IPTC_EXT, "x><y", "no name"),
        Property("", "bare", "no namespace"),
        Property(RDF, "about", "RDF's own"),
        Property(XML, "lang", "XML's own"),
        Property(IPTC_EXT, "Place", "", (Property(IPTC_EXT, "City", "x"),)),
    ]
    written = packet(hostile)
    assert read_xmp(written).properties == (SOURCE, Property(IPTC_EXT, "AISystemUsed", "a b [2J c d"))
    assert read_xmp(written).problems == ()


def test_a_packet_has_a_greatest_size() -> None:
    long = [Property(IPTC_EXT, f"Long{number}", "é" * 200_000) for number in range(4)]
    written = packet([SOURCE, *long, Property(IPTC_EXT, "AISystemUsed", "m")])
    assert len(written) <= MOST_PACKET
    names = [one.name for one in read_xmp(written).properties]
    assert names == ["DigitalSourceType", "Long0", "Long1", "AISystemUsed"]


def test_nothing_to_say_is_no_packet() -> None:
    assert packet([]) == b""
    assert packet([Property("", "x", "y")]) == b""
