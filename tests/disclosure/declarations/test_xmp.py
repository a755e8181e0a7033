import pytest
from hypothesis import given
from hypothesis import strategies as st

from countermark.disclosure.declarations.xmp import (
    DC,
    IPTC_EXT,
    MOST_DEPTH,
    MOST_NODES,
    MOST_PROPERTIES,
    MOST_TEXT,
    MOST_VALUES,
    RDF,
    XMP_BASIC,
    read_xmp,
)

from .files import BOMB, packet


@pytest.mark.parametrize(
    "inside",
    [
        "<Iptc4xmpExt:DigitalSourceType>a</Iptc4xmpExt:DigitalSourceType>",
        "<Iptc4xmpExt:DigitalSourceType>\n  a <!-- b -->\n</Iptc4xmpExt:DigitalSourceType>",
        "<Iptc4xmpExt:DigitalSourceType><![CDATA[a]]></Iptc4xmpExt:DigitalSourceType>",
        '<Iptc4xmpExt:DigitalSourceType rdf:resource="a"/>',
        "<Iptc4xmpExt:DigitalSourceType><rdf:value>a</rdf:value><dc:source/></Iptc4xmpExt:DigitalSourceType>",
        '<other:DigitalSourceType xmlns:other="http://iptc.org/std/Iptc4xmpExt/2008-02-29/">a</other:DigitalSourceType>',
    ],
)
def test_every_form_of_a_simple_property_says_the_same(inside: str) -> None:
    found = read_xmp(packet(inside).encode())
    assert [(one.namespace, one.name, one.value) for one in found.properties] == [(IPTC_EXT, "DigitalSourceType", "a")]
    assert found.problems == ()


def test_attributes_and_several_descriptions_say_it_too() -> None:
    second = '</rdf:Description><rdf:Description rdf:about="" xmp:CreatorTool="b" xml:lang="en" rdf:ID="x">'
    found = read_xmp(packet(second, attributes='xmp:CreatorTool="a"').encode())
    assert [(one.namespace, one.value) for one in found.properties] == [(XMP_BASIC, "a"), (XMP_BASIC, "b")]


@pytest.mark.parametrize("kind", ["Bag", "Seq", "Alt"])
def test_lists_have_items(kind: str) -> None:
    items = "".join(f'<rdf:li xml:lang="x-{i}">{i}</rdf:li>' for i in range(3))
    found = read_xmp(packet(f"<dc:subject><rdf:{kind}>{items}</rdf:{kind}></dc:subject>").encode())
    assert found.properties[0].texts == found.properties[0].value == ("0", "1", "2")


def test_a_structure_has_parts_and_is_not_mistaken_for_what_the_file_says() -> None:
    inner = '<rdf:Description xmp:CreatorTool="theirs"><dc:source>s</dc:source></rdf:Description>'
    (one,) = read_xmp(packet(f"<dc:relation>{inner}</dc:relation>").encode()).properties
    assert (one.namespace, one.value) == (DC, "")
    assert [(part.qualified, part.value) for part in one.parts] == [("xmp:CreatorTool", "theirs"), ("dc:source", "s")]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_encodings_are_known_by_their_bytes_not_by_what_they_say(encoding: str) -> None:
    text = '<?xml version="1.0" encoding="koi8-r"?>' + packet("<dc:source>é 可</dc:source>").partition("?>")[2]
    found = read_xmp(text.encode(encoding))
    assert (found.properties[0].value, found.problems) == ("é 可", ())


def test_what_stands_around_a_packet_is_left_out_and_a_second_one_is_named() -> None:
    one = packet("<dc:source>a</dc:source>").encode()
    assert read_xmp(b"\xffJunk <b> & \0" + one + b"\0\xfe junk").properties[0].value == "a"
    twice = read_xmp(one + packet("<dc:source>b</dc:source>").encode())
    assert [found.value for found in twice.properties] == ["a"]
    assert "second packet" in twice.problems[0]


@pytest.mark.parametrize(
    "text",
    [
        BOMB,
        '<!DOCTYPE x SYSTEM "file:///etc/hostname">' + packet("<dc:source>a</dc:source>"),
        '<!DOCTYPE x [<!ENTITY e SYSTEM "http://127.0.0.1/">]>' + packet("<dc:source>&e;</dc:source>"),
    ],
)
def test_who_declares_a_document_type_is_refused(text: str) -> None:
    found = read_xmp(text.encode())
    assert found.properties == () and "document type" in found.problems[0]


def test_limits_end_the_reading_and_are_named() -> None:
    deep = read_xmp(packet("<dc:source>" * (MOST_DEPTH + 5)).encode())
    many = read_xmp(packet("<dc:source/>" * (MOST_NODES + 5)).encode())
    wide = read_xmp(packet("<dc:source/>" * (MOST_PROPERTIES + 5)).encode())
    long = read_xmp(packet(f"<dc:source>{'a' * (MOST_TEXT + 5)}</dc:source>").encode())
    items = "<rdf:li>a</rdf:li>" * (MOST_VALUES + 5)
    listed = read_xmp(packet(f"<dc:source><rdf:Bag>{items}</rdf:Bag></dc:source>").encode())
    assert "nested more than" in deep.problems[0]
    assert "more than 20000 elements" in many.problems[0]
    assert len(wide.properties) == MOST_PROPERTIES and "more than 1000 properties" in wide.problems[0]
    assert len(long.properties[0].value) == MOST_TEXT
    assert len(listed.properties[0].value) == MOST_VALUES


def test_what_was_read_before_it_broke_counts() -> None:
    found = read_xmp(packet("<dc:source>a</dc:source><dc:rights>b").encode())
    assert found.properties[0].value == "a" and "broken XML" in found.problems[0]


@given(st.binary(max_size=400), st.integers(0, 800))
def test_any_bytes_give_an_answer(noise: bytes, at: int) -> None:
    whole = packet('<dc:source>a</dc:source><dc:subject><rdf:Bag><rdf:li rdf:resource="b"/></rdf:Bag></dc:subject>')
    for made in (
        noise,
        whole.encode()[:at] + noise + whole.encode()[at + len(noise) :],
        f"<rdf:RDF xmlns:rdf='{RDF}'>".encode() + noise,
    ):
        found = read_xmp(made)
        assert all(line.isprintable() for line in found.problems)
        assert all(one.qualified.isprintable() for one in found.properties)
