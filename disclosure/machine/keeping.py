"""What is kept of an input's metadata when its video is encoded anew. Knows what to keep; what an AI label is, is the
business of `declarations`, asked field by field.

The labels of others are evidence, and many laws forbid to take them off; what says something of a person, a place or a
device is not kept along with them. A workflow is a label, and may hold a prompt: it is kept as it is.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field

from ...evidence import Declaration
from ...evidence.text import plain
from ...media.metadata.fields import Field, Keep, Metadata
from ..declarations.reading import declared_in
from ..declarations.words import tag_of, text_of
from ..declarations.xmp import TC260, Property, is_packet, read_xmp
from .aigc import NAMES, AigcRecord, read
from .xmp import packet

MOST_TAGS = 32
MOST_TAG_BYTES = 2 << 20  # of all kept tags together; one has at most what the reader of fields gives
MOST_NAMED = 100
_MOST_NAMED_TEXT = 250
_MOST_RECORDS = 16  # tried; one is right
_MOST_PROPERTIES = 1000  # of all packets together: each is asked by itself
_WRITER = "aipromptwritername"  # a label that names a person
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
    tags: tuple[tuple[str, str], ...] = ()  # each name once, whatever its letters' case; empty: what stood there goes
    named: tuple[str, ...] = ()  # "field: value" for each declaration of the input, harmless
    dropped_record: bool = False  # another's AIGC record was there, and nothing is to be kept

    def __post_init__(self) -> None:
        """It comes from a child that read a stranger's file."""
        if len(self.tags) > MOST_TAGS or len({name.lower() for name, _ in self.tags}) < len(self.tags):
            raise ValueError(f"{len(self.tags)} kept tags, or two of one name")
        if not all(_TAG_NAME.fullmatch(name) and not _NOT_IN_TAGS.search(text) for name, text in self.tags):
            raise ValueError("a kept tag is none that can be written")
        shown = all(len(one) <= _MOST_NAMED_TEXT and one.isprintable() for one in self.named)
        if len(self.named) > MOST_NAMED or not shown:
            raise ValueError("what is named of an input is short and can be shown")

    def __repr__(self) -> str:
        """Numbers, not values: these may hold prompts."""
        record = "an AIGC record" if self.aigc else "no AIGC record"
        return f"Kept({record}, {len(self.xmp)} properties, {len(self.tags)} tags, {len(self.named)} named)"


def kept_from(metadata: Metadata, keep: Keep) -> Kept:
    """Choose what is kept. Under "all", tags that declare nothing are carried by whoever copies the streams."""
    choice = _Choice(keep)
    for one in metadata.fields:
        choice.hear(one)
    if keep == "none":
        return Kept(dropped_record=choice.record is not None)
    said = [_told(one) for one in declared_in(metadata).declarations]
    named = tuple(dict.fromkeys([*said, *choice.lost]))[:MOST_NAMED]
    return Kept(choice.record, tuple(choice.properties), tuple(choice.tags.values()), named)


def _told(one: Declaration) -> str:
    """Name a declaration; of China's record as much as there is room for, since we write over its propagator."""
    field_name = plain(one.field, 120)
    room = _MOST_NAMED_TEXT - len(field_name) - 2
    return f"{field_name}: {plain(one.value, room if one.form == 'aigc' else min(room, 120))}"


@dataclass
class _Choice:
    """What was chosen so far."""

    keep: Keep
    record: AigcRecord | None = None
    properties: list[Property] = field(default_factory=list)
    tags: dict[str, tuple[str, str]] = field(default_factory=dict)
    lost: list[str] = field(default_factory=list)
    room: int = MOST_TAG_BYTES
    asked: int = 0
    tried: int = 0

    def hear(self, one: Field) -> None:
        """Keep it, a part of it, or nothing."""
        if is_packet(one):
            self._hear_packet(one)
            return
        tag, text = tag_of(one.name), text_of(one.value)
        declared = declared_in(Metadata((one,))).declarations if tag != "aigc" else ()
        if tag == "aigc":
            self._take_record(text, one.name)
        elif any(said.form == "aigc" for said in declared):
            self._take_record(text, one.name)
            self._take_tag(one, "")  # it stands where it belongs now, and once
        elif any(said.says in ("synthetic", "possibly") for said in declared) and self._may_name(tag):
            self._take_tag(one, text)

    def _hear_packet(self, one: Field) -> None:
        """Keep properties, and China's record in a place of its own."""
        loose: dict[str, str] = {}
        room = _MOST_PROPERTIES - self.asked
        properties = read_xmp(one.value).properties if room > 0 else ()
        self.asked += len(properties) or 1
        if len(properties) > room or room <= 0:
            self.lost.append(f"XMP: more than {_MOST_PROPERTIES} properties: the rest is not kept")
        for property in properties[: max(0, room)]:
            if property.name.casefold() == "aigc":
                parts = {part.name: part.texts[0] for part in property.parts if part.texts}
                for text in property.texts if any(property.texts) else (json.dumps(parts),):
                    self._take_record(text, property.qualified)
            elif property.namespace == TC260 and property.name in NAMES:
                loose[property.name] = property.texts[0] if property.texts else ""
            elif self.keep == "all" or self._is_label(property):
                self.properties.append(property)
        if loose:
            self._take_record(json.dumps(loose), "TC260")

    def _is_label(self, property: Property) -> bool:
        """Whether it would declare something if it stood alone; what names a camera or an author would not."""
        alone = Metadata((Field("uuid", "XMP", packet((property,))),))
        said = any(one.says in ("synthetic", "possibly") for one in declared_in(alone).declarations)
        return said and self._may_name(tag_of(property.name))

    def _may_name(self, tag: str) -> bool:
        return tag != _WRITER or self.keep == "all"

    def _take_record(self, text: str, name: str) -> None:
        """The first that can be read is kept."""
        self.tried += 1
        if self.tried > _MOST_RECORDS:
            return
        record = read(text).record
        self.record = self.record or record
        if record is None:
            self.lost.append(f"{plain(name, 60)}: no AIGC record that can be read: not kept")

    def _take_tag(self, one: Field, text: str) -> None:
        bare = one.name.rpartition(":")[2] if one.name.startswith("----:") else one.name
        name = _RENAMED.get(tag_of(bare), bare)
        size = len(text.encode("utf-8", "replace"))
        fits = _TAG_NAME.fullmatch(name) and len(self.tags) < MOST_TAGS and size <= self.room
        if text and (one.cut or not fits):
            self.lost.append(f"{plain(one.name, 60)}: too much, or no name for a tag: not kept")
        elif fits and name.lower() not in self.tags:
            self.room -= size
            self.tags[name.lower()] = (name, _NOT_IN_TAGS.sub("", text))
