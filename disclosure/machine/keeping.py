"""What is kept of an input's metadata when its video is encoded anew. Knows what to keep; what an AI label is, is the
business of `declarations`, asked field by field.

The labels of others are evidence, and many laws forbid to take them off; what says something of a person, a place or a
device is not kept along with them: of a note only the words that declare. A workflow is a label, and may hold a prompt:
it is kept as it is, and so is a prompt.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field, replace

from ...evidence.text import plain
from ...media.metadata.fields import Field, Keep, Metadata
from ..declarations.labels import WRITER, Label, label_in, place_of
from ..declarations.reading import looks_like_record, where_of
from ..declarations.words import impersonal, tag_of, text_of
from ..declarations.xmp import TC260, Property, is_packet, read_xmp
from .aigc import NAMES, AigcRecord, read

MOST_TAGS = 32
MOST_TAG_BYTES = 2 << 20  # of all kept tags together; one has at most what the reader of fields gives
MOST_NAMED = 100
MOST_NAMED_TEXT = 250
_MOST_RECORDS = 16  # tried; one is right
_MOST_PACKETS = 8  # read; one is right
_MOST_PROPERTIES = 1000  # of all packets together: each is asked by itself
_AI = ("synthetic", "possibly")
RECORD = "aigc"  # what carries China's record; other labels are carried by "tag NAME" or "xmp PREFIX:NAME"
_NO_LABEL, _OF_A_PERSON = "no label of AI", "it names a person"
_OF_A_RECORD = "AIGC record in "  # so begins what is said of a record that is dropped; no place in a file does
# What fields are called that have no name for a tag, or one under which the muxer writes itself.
_RENAMED = {
    "too": "generator",
    "encoder": "generator",
    "encodingtool": "generator",
    "isft": "generator",
    "writingapp": "generator",
    "writingapplication": "generator",
    "muxingapp": "generator",
    "handlername": "tool",
    "swr": "software",
    "nam": "title",
    "titl": "title",
    "inam": "title",
    "cmt": "comment",
    "icmt": "comment",
    "desc": "description",
    "des": "description",
    "dscp": "description",
    "inf": "information",
}
_TAG_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._:-]{0,79}")
_NOT_IN_TAGS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


@dataclass(frozen=True)
class Kept:
    """What of an input's metadata goes into what is made of it, and what the record says of it."""

    aigc: AigcRecord | None = None
    xmp: tuple[Property, ...] = ()
    tags: tuple[tuple[str, str], ...] = ()  # each name once, whatever its letters' case; empty: what stood there moved
    named: tuple[str, ...] = ()  # "field: value" of each declaration, harmless; and why not, where it is not kept
    carriers: tuple[str, ...] = ()  # for each of `named` what carries it on; empty where it is not kept
    dropped: tuple[str, ...] = ()  # where nothing is to be kept: the AI labels that were there

    def __post_init__(self) -> None:
        """It comes from a child that read a stranger's file."""
        if len(self.tags) > MOST_TAGS or len({name.lower() for name, _ in self.tags}) < len(self.tags):
            raise ValueError(f"{len(self.tags)} kept tags, or two of one name")
        if not all(_TAG_NAME.fullmatch(name) and not _NOT_IN_TAGS.search(text) for name, text in self.tags):
            raise ValueError("a kept tag is none that can be written")
        lines = (*self.named, *self.dropped)
        shown = all(len(one) <= MOST_NAMED_TEXT and one.isprintable() for one in lines)
        if len(self.named) > MOST_NAMED or len(self.dropped) > MOST_NAMED or not shown:
            raise ValueError("what is named of an input is short and can be shown")
        if len(self.carriers) != len(self.named):
            raise ValueError("for each declaration that is named there is what carries it")

    @property
    def dropped_record(self) -> bool:
        """Whether another's AIGC record was there, and is not to be kept."""
        return any(line.startswith(_OF_A_RECORD) for line in self.dropped)

    def __repr__(self) -> str:
        """Numbers, not values: these may hold prompts."""
        record = "an AIGC record" if self.aigc else "no AIGC record"
        return f"Kept({record}, {len(self.xmp)} properties, {len(self.tags)} tags, {len(self.named)} named)"


def kept_from(metadata: Metadata, keep: Keep) -> Kept:
    """Choose what is kept. Under "all", tags that declare nothing are carried by whoever copies the streams."""
    choice = _Choice(keep)
    for one in metadata.fields:
        choice.hear(one)
    told = list(dict.fromkeys(choice.told))[:MOST_NAMED]
    if keep == "none":
        return Kept(dropped=tuple(dict.fromkeys(one.line for one in told if one.ai)))
    return Kept(
        choice.record,
        tuple(choice.properties),
        tuple(choice.tags.values()),
        tuple(one.line for one in told),
        tuple(one.carrier for one in told),
    )


def tailed(line: str, tail: str) -> str:
    """Add to a line that is named; its own end gives way.

    >>> len(tailed("x" * 250, "; not kept"))
    250
    """
    return line[: MOST_NAMED_TEXT - len(tail)] + tail


@dataclass(frozen=True)
class _Told:
    """A declaration, in words."""

    line: str
    carrier: str
    ai: bool


@dataclass
class _Choice:
    """What was chosen so far."""

    keep: Keep
    record: AigcRecord | None = None
    properties: list[Property] = field(default_factory=list)
    tags: dict[str, tuple[str, str]] = field(default_factory=dict)
    told: list[_Told] = field(default_factory=list)
    room: int = MOST_TAG_BYTES
    asked: int = 0
    packets: int = 0
    tried: int = 0

    def hear(self, one: Field) -> None:
        """Keep it, a part of it, or nothing."""
        where, tag = where_of(one), tag_of(one.name)
        if is_packet(one):
            self._hear_packet(one, where)
            return
        text = text_of(one.value)
        if tag == "aigc" or looks_like_record(text):
            if self._take_record(text, where) and tag != "aigc":
                self._take_tag(one, "", whole=False)  # it stands where it belongs now, and once
        elif label := label_in(tag, text, "tag").label:
            self._tell(where, label, *self._take_label(one, tag, text, label))

    def _tell(self, where: str, label: Label, carrier: str, why: str = "") -> None:
        """Name a declaration, what carries it on, or why nothing does."""
        line = f"{plain(where, 120)}: {plain(impersonal(label.value), 120)}"
        tail = f"; not kept: {why}" if why and self.keep != "none" else ""
        self.told.append(_Told(tailed(line, tail), carrier, why not in (_NO_LABEL, _OF_A_PERSON)))

    def _take_label(self, one: Field, tag: str, text: str, label: Label) -> tuple[str, str]:
        """Give what carries it on, or why it is not kept."""
        if why := self._unwanted(tag, label):
            return "", why
        words = text if self.keep == "all" else label.words
        return self._take_tag(one, words, whole=words == text)

    def _unwanted(self, tag: str, label: Label) -> str:
        if label.says not in _AI:
            return _NO_LABEL
        return _OF_A_PERSON if tag == WRITER and self.keep != "all" else ""

    def _take_tag(self, one: Field, text: str, *, whole: bool) -> tuple[str, str]:
        bare = one.name.rpartition(":")[2] if one.name.startswith("----:") else one.name
        name = _RENAMED.get(tag_of(bare), bare)
        size = len(text.encode("utf-8", "replace"))
        if not _TAG_NAME.fullmatch(name):
            return "", "its name is none for a tag"
        if name.lower() in self.tags:
            return "", "another of its name stands before it"
        if len(self.tags) >= MOST_TAGS or size > self.room or (one.cut and whole):
            return "", "too much"
        self.room -= size
        self.tags[name.lower()] = (name, _NOT_IN_TAGS.sub("", text))
        return f"tag {name.lower()}", ""

    # XMP --------------------------------------------------------------------------------------------------------------

    def _hear_packet(self, one: Field, where: str) -> None:
        """Keep properties, and China's record in a place of its own."""
        loose: dict[str, str] = {}
        self.packets += 1
        room = _MOST_PROPERTIES - self.asked
        properties = read_xmp(one.value).properties if room > 0 and self.packets <= _MOST_PACKETS else ()
        self.asked += len(properties)
        if len(properties) > room or room <= 0 or self.packets > _MOST_PACKETS:
            most = f"{_MOST_PACKETS} packets" if self.packets > _MOST_PACKETS else f"{_MOST_PROPERTIES} properties"
            self.told.append(_Told(f"XMP: more than {most}; not kept: the rest", "", False))
        for property in properties[: max(0, room)]:
            place = f"{where}: {property.qualified}"
            if property.name.casefold() == "aigc":
                parts = {part.name: part.texts[0] for part in property.parts if part.texts}
                for text in property.texts if any(property.texts) else (json.dumps(parts),):
                    self._take_record(text, place)
            elif property.namespace == TC260 and property.name in NAMES:
                loose[property.name] = property.texts[0] if property.texts else ""
            else:
                self._take_property(property, place)
        if loose:
            self._take_record(json.dumps(loose), f"{where}: TC260")

    def _take_property(self, property: Property, where: str) -> None:
        """Keep of its texts those that declare; under "all" keep it whole, but for what says something of its value."""
        tag = tag_of(property.name)
        heard = (label_in(tag, text, place_of(property, tag)).label for text in property.texts)
        labels = [label for label in heard if label]
        wanted = [label for label in labels if not self._unwanted(tag, label)]
        twice = any((one.namespace, one.name) == (property.namespace, property.name) for one in self.properties)
        if self.keep == "all":
            self.properties.append(replace(property, parts=()) if any(property.texts) else property)
        elif wanted and not twice:
            words = tuple(dict.fromkeys(label.words for label in wanted))
            value = words[0] if isinstance(property.value, str) else words
            self.properties.append(Property(property.namespace, property.name, value))
        for label in labels:
            why = self._unwanted(tag, label) if label not in wanted and self.keep != "all" else ""
            why = why or ("another of its name stands before it" if twice else "")
            self._tell(where, label, "" if why else f"xmp {property.qualified}", why)

    # China's record ---------------------------------------------------------------------------------------------------

    def _take_record(self, text: str, where: str) -> bool:
        """The first that can be read is kept; False for what can not be."""
        self.tried += 1
        if self.tried > _MOST_RECORDS:
            return True
        record = read(text).record
        if record is None:
            self.told.append(_Told(f"{plain(where, 120)}: no AIGC record that can be read; not kept", "", False))
            return False
        self.record = self.record or record
        head = f"{plain(where, 120)}: Label: "
        if self.keep == "none":
            head = _OF_A_RECORD + head
        line, tail = head + plain(text, MOST_NAMED_TEXT - len(head)), ""
        if record != self.record:  # as much of it as there is room for, since we write over its propagator
            tail = "; not kept: another stands before it"
        self.told.append(_Told(tailed(line, tail), "" if tail else RECORD, True))
        return True
