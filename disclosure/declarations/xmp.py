"""Reads XMP packets within bounds: the one reader of them. Knows RDF's forms; not what the properties mean.

A packet is a stranger's XML. Whoever declares entities is refused, so nothing grows and nothing is fetched; depth,
nodes, texts and bytes have limits; what was read before something broke counts, and what broke is a line of words.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from xml.parsers import expat

from ...evidence.text import plain
from ...media.metadata.fields import Field

MOST_BYTES = 1 << 20
MOST_DEPTH = 32  # elements inside each other
MOST_NODES = 20_000  # elements and attributes
MOST_TEXT = 1 << 16  # characters of one value
MOST_PROPERTIES = 1000
MOST_VALUES = 100  # of one property

RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
XML = "http://www.w3.org/XML/1998/namespace"
IPTC_EXT = "http://iptc.org/std/Iptc4xmpExt/2008-02-29/"
TC260 = "http://www.tc260.org.cn/ns/AIGC/1.0/"
PHOTOSHOP = "http://ns.adobe.com/photoshop/1.0/"
XMP_BASIC = "http://ns.adobe.com/xap/1.0/"
TIFF = "http://ns.adobe.com/tiff/1.0/"
EXIF = "http://ns.adobe.com/exif/1.0/"
DC = "http://purl.org/dc/elements/1.1/"
_PREFIXES = {
    IPTC_EXT: "Iptc4xmpExt",
    TC260: "TC260",
    PHOTOSHOP: "photoshop",
    XMP_BASIC: "xmp",
    TIFF: "tiff",
    EXIF: "exif",
    DC: "dc",
}
_LISTS = ("Bag", "Seq", "Alt")
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # begins as the mark of UTF-16 does
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_BETWEEN = "\n"  # no URI and no name has one
_ROOT = re.compile(r"<(?:\?xpacket\s|\?xml\s|!DOCTYPE\s|(?:[\w.-]{1,40}:)?(?:xmpmeta|xapmeta|RDF)[\s>])")
_ANOTHER = re.compile(rb"<(?:[\w.-]{1,40}:)?RDF[\s>]")


@dataclass(frozen=True)
class Property:
    """One property of what the packet is about; `parts` where its value has properties of its own."""

    namespace: str
    name: str
    value: str | tuple[str, ...]  # a tuple: the items of a list, also where it has one alone
    parts: tuple[Property, ...] = ()

    @property
    def qualified(self) -> str:
        """Its name with the usual prefix, whatever prefix the packet has.

        >>> Property(IPTC_EXT, "DigitalSourceType", "x").qualified
        'Iptc4xmpExt:DigitalSourceType'
        """
        prefix = _PREFIXES.get(self.namespace) or "{" + plain(self.namespace, 80) + "}"
        return f"{prefix}:{plain(self.name, 60)}"

    @property
    def texts(self) -> tuple[str, ...]:
        """Its values, one or more."""
        return (self.value,) if isinstance(self.value, str) else self.value


@dataclass(frozen=True)
class XmpProperties:
    """What a packet says, in its order; the same property may stand more than once."""

    properties: tuple[Property, ...] = ()
    problems: tuple[str, ...] = ()


def is_packet(field: Field) -> bool:
    """Whether a field holds XMP, by its name or by how it begins."""
    return field.name == "XMP" or field.value[:40].lstrip().startswith((b"<?xpacket", b"<x:xmpmeta", b"<rdf:RDF"))


def read_xmp(packet: bytes) -> XmpProperties:
    """Read what can be read; any bytes give an answer.

    >>> head = b'<rdf:RDF xmlns:rdf="%s" xmlns:tiff="%s">' % (RDF.encode(), TIFF.encode())
    >>> read_xmp(head + b'<rdf:Description tiff:Software="x"/></rdf:RDF>').properties[0].qualified
    'tiff:Software'
    """
    problems: list[str] = []
    if len(packet) > MOST_BYTES:
        problems.append(f"more than {MOST_BYTES} bytes: the rest was not read")
    text = _from_its_begin(_decoded(packet[:MOST_BYTES]))
    if not text:
        return XmpProperties((), (*problems, "no XMP packet is in it"))
    tree = _Tree()
    problems += tree.grow(text)
    found: list[Property] = []
    for property in (one for about in _described(tree.root) for one in _properties(about)):
        if len(found) == MOST_PROPERTIES:
            problems.append(f"more than {MOST_PROPERTIES} properties: the rest was not read")
            break
        if any("\ufffd" in text for text in property.texts):
            problems.append(f"{property.qualified} has bytes that are no text")
        found.append(property)
    return XmpProperties(tuple(found), tuple(dict.fromkeys(problems)))


def _decoded(packet: bytes) -> str:
    """Text from UTF-8, UTF-16 or UTF-32: what the packet says of its own encoding is not asked."""
    encoding = next((encoding for mark, encoding in _MARKS if packet.startswith(mark)), None)
    if encoding is None:
        odd, even = packet[1:256:2].count(0), packet[:256:2].count(0)
        encoding = "utf-16-le" if odd > 64 else "utf-16-be" if even > 64 else "utf-8"
    return packet.decode(encoding, errors="replace").lstrip("\ufeff")


def _from_its_begin(text: str) -> str:
    """Leave out what stands before the packet."""
    begin = _ROOT.search(text)
    return text[begin.start() :] if begin else ""


class _Stop(Exception):
    """A limit was reached."""


@dataclass
class _Node:
    namespace: str = ""
    name: str = ""
    attributes: list[tuple[str, str, str]] = field(default_factory=list)
    children: list[_Node] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)

    def is_rdf(self, *names: str) -> bool:
        return self.namespace == RDF and self.name in names

    def rdf(self, name: str) -> str | None:
        return next((value for space, own, value in self.attributes if (space, own) == (RDF, name)), None)

    @property
    def text(self) -> str:
        return "".join(self.texts).strip()


class _Tree:
    """Grows a tree of what expat tells, until a limit."""

    def __init__(self) -> None:
        self.root = _Node()
        self._open = [self.root]
        self._nodes = 0
        self._letters = 0
        self._ended: int | None = None  # where the root element did

    def grow(self, text: str) -> list[str]:
        """Give what was in the way."""
        parser = expat.ParserCreate("utf-8", _BETWEEN)
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._text
        parser.StartDoctypeDeclHandler = _refuse
        parser.EntityDeclHandler = _refuse
        self._parser = parser
        content = text.encode("utf-8", errors="replace")
        try:
            parser.Parse(content, True)
        except _Stop as stop:
            return [str(stop)]
        except expat.ExpatError as error:
            if self._ended is None:
                return [f"broken XML: {expat.errors.messages.get(error.code, 'broken')}, line {error.lineno}"]
        rest = content[self._ended or len(content) :].partition(b">")[2]
        return ["a second packet follows, which readers do not look at"] if _ANOTHER.search(rest) else []

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        self._nodes += 1 + len(attributes)
        if self._nodes > MOST_NODES:
            raise _Stop(f"more than {MOST_NODES} elements and attributes: the rest was not read")
        if len(self._open) > MOST_DEPTH:
            raise _Stop(f"elements nested more than {MOST_DEPTH} deep: the rest was not read")
        node = _Node(*_split(tag))
        node.attributes = [(*_split(name), value[:MOST_TEXT]) for name, value in attributes.items()]
        self._open[-1].children.append(node)
        self._open.append(node)
        self._letters = 0

    def _end(self, tag: str) -> None:
        self._open.pop()
        self._letters = 0
        if len(self._open) == 1:
            self._ended = self._parser.CurrentByteIndex

    def _text(self, text: str) -> None:
        if self._letters < MOST_TEXT:
            self._open[-1].texts.append(text[: MOST_TEXT - self._letters])
        self._letters += len(text)


def _refuse(*_: object) -> None:
    raise _Stop("it declares a document type, which is refused: entities could be in it")


def _split(tag: str) -> tuple[str, str]:
    namespace, _, name = tag.rpartition(_BETWEEN)
    return namespace, name


def _described(node: _Node) -> Iterator[_Node]:
    """Every description right under an rdf:RDF, wherever that is."""
    for child in node.children:
        if node.is_rdf("RDF"):
            yield child
        else:
            yield from _described(child)


def _properties(about: _Node) -> Iterator[Property]:
    yield from _from_attributes(about)
    for child in about.children:
        yield _property(child)


def _from_attributes(node: _Node) -> tuple[Property, ...]:
    return tuple(
        Property(space, name, value) for space, name, value in node.attributes if space and space not in (RDF, XML)
    )


def _property(node: _Node) -> Property:
    """Tell its form: a list, a reference, a structure, or text."""
    own = node.namespace, node.name
    for child in node.children:
        if child.is_rdf(*_LISTS):
            items = child.children[:MOST_VALUES]
            return Property(*own, tuple(map(_value, items)), tuple(part for item in items for part in _parts(item)))
    return Property(*own, _value(node), _parts(node))


def _value(node: _Node) -> str:
    inner = [child for child in node.children if child.is_rdf("Description")]
    qualified = (child.text for one in (node, *inner) for child in one.children if child.is_rdf("value"))
    return node.rdf("resource") or node.text or next(qualified, "")


def _parts(node: _Node) -> tuple[Property, ...]:
    """The properties of a structure, in each of its forms."""
    parts = list(_from_attributes(node))
    for child in node.children:
        if child.is_rdf("Description"):
            parts += (one for one in _properties(child) if one.namespace != RDF)
        elif child.namespace != RDF:
            parts.append(_property(child))
    return tuple(parts)
