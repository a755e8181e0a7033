"""What a file's fields declare of how it was made: each field is heard, and what they say together is held against it.

Knows where declarations stand and what forms they have; opens no file and decides nothing. All that comes out is short
and harmless, and says exactly where it stands. A declaration is the word of whoever could write the file.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field, fields

from ...evidence import Declaration, DeclarationsDetails, Form, Says
from ...evidence.declarations import DISAGREE
from ...evidence.text import plain
from ...media.metadata.fields import Field, Metadata
from ..machine.aigc import NAMES, AigcRecord
from ..machine.aigc import read as read_record
from .labels import SOURCE_TYPE, VERSION, label_in, place_of
from .words import short, tag_of, text_of
from .xmp import IPTC_EXT, TC260, Property, is_packet, read_xmp

MOST_DECLARATIONS = 64
MOST_PROBLEMS = 50
MOST_READ = 8  # records, and packets of XMP: one of each is right, and a hostile packet costs a third of a second
_MOST_OF_A_PROBLEM = 300
_RIGHT_PLACES = ("moov/udta/meta/keys", "moov/meta/keys")  # in mp4 and mov; the second is QuickTime's own
_BOXES = ("moov", "moof", "meta", "uuid", "udta", "mdat")
_LABELS: dict[str, Says] = {"1": "synthetic", "2": "possibly", "3": "possibly"}
_TC260_FOLDED = TC260.rstrip("/").casefold()


@dataclass
class _Heard:
    """What was heard so far."""

    declarations: list[Declaration] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    records: list[tuple[str, AigcRecord]] = field(default_factory=list)
    left: dict[str, int] = field(default_factory=lambda: {"AIGC record": MOST_READ, "XMP packet": MOST_READ})

    def say(self, says: Says, form: Form, where: str, value: str, generator: str = "") -> None:
        self.declarations.append(Declaration(says, form, where, short(value), short(generator) or None))

    def hear(self, tag: str, text: str, place: Form, where: str, version: str = "") -> None:
        heard = label_in(tag, text, place, version)
        for problem in heard.problems:
            self.problem(where + problem)
        if one := heard.label:
            self.say(one.says, one.form, where, one.value, one.generator)

    def problem(self, text: str) -> None:
        self.problems.append(plain(text, _MOST_OF_A_PROBLEM))

    def may_read(self, what: str) -> bool:
        self.left[what] -= 1
        if self.left[what] < 0:
            self.problem(f"more than {MOST_READ} {what}s: the rest was not read")
        return self.left[what] >= 0


def declared_in(metadata: Metadata) -> DeclarationsDetails:
    """Hear all fields of a file, and say where they contradict each other.

    >>> declared_in(Metadata((Field("PNG tEXt", "Software", b"NovelAI"),))).declarations[0].says
    'synthetic'
    """
    heard = _Heard()
    for problem in metadata.problems:
        heard.problem(problem)
    for one in metadata.fields:
        _hear(one, heard)
    _compare_records(heard)
    if disagreement := _disagreement(heard.declarations):
        heard.problem(disagreement)
    declarations = tuple(dict.fromkeys(heard.declarations))
    problems = list(dict.fromkeys(heard.problems))
    if (more := len(declarations) - MOST_DECLARATIONS) > 0:
        problems.insert(0, f"{more} more declarations are not listed")
        declarations = tuple(sorted(declarations, key=lambda one: _FIRST.get(one.form, len(_FIRST))))
    if (more := len(problems) - MOST_PROBLEMS) > 0:
        problems[MOST_PROBLEMS:] = [f"and {more} more"]
    return DeclarationsDetails(declarations[:MOST_DECLARATIONS], tuple(problems))


_FIRST = {"aigc": 0, "iptc": 1}  # of more than can be listed, the forms that standards know


def _disagreement(declarations: list[Declaration]) -> str:
    """Say that one field calls it captured and another synthetic; nothing where they agree."""
    captured = next((one for one in declarations if one.says == "captured"), None)
    made = next((one for one in declarations if one.says in ("synthetic", "possibly")), None)
    if captured is None or made is None:
        return ""
    word = "synthetic" if made.says == "synthetic" else "possibly synthetic"
    return f"{DISAGREE}: {captured.field} says captured, {made.field} says {word}"


def where_of(one: Field) -> str:
    """Say where a field stands: its place in the file, and its own name."""
    return f"{plain(one.place, 120)}: {plain(one.name, 80)}"


def _hear(one: Field, heard: _Heard) -> None:
    where = where_of(one)
    if is_packet(one):
        _hear_packet(one, where, heard)
        return
    text, tag = text_of(one.value), tag_of(one.name)
    if tag == "aigc" or looks_like_record(text):
        if one.cut:
            heard.problem(f"{where} is longer than what is read")
        _misplaced(one, where, heard)
        _hear_record(text, where, heard)
    else:
        heard.hear(tag, text, "tag", where)


def looks_like_record(text: str) -> bool:
    """Whether a field of another name holds a record; some makers put it into a comment."""
    if not text.startswith(("{", '"{')):
        return False
    head = text[: 1 << 16].replace("\\", "")
    return '"AIGC"' in head or ('"ContentProducer"' in head and '"Label"' in head)


# China's record -------------------------------------------------------------------------------------------------------


def _misplaced(one: Field, where: str, heard: _Heard) -> None:
    """Say where a record stands that belongs elsewhere; in containers without a rule, any field AIGC will do."""
    if one.name != "AIGC":
        heard.problem(f"{where} holds a record that belongs into a field named AIGC")
    if one.place.split("/")[0] in _BOXES and one.place not in _RIGHT_PLACES:
        heard.problem(f"{where} stands in the wrong box: an AIGC record belongs into {_RIGHT_PLACES[0]}")
    elif one.place.startswith("Segment/Tags/"):
        heard.problem(f"{where} is a tag of a part: an AIGC record belongs to the whole file")


def _hear_record(text: str, where: str, heard: _Heard) -> None:
    if not heard.may_read("AIGC record"):
        return
    read = read_record(text)
    for problem in read.problems:
        heard.problem(f"{where}: {problem}")
    if (record := read.record) is None:
        return
    heard.records.append((where, record))
    says = _LABELS.get(record.label, "other")
    heard.say(says, "aigc", f"{where}: Label", text, record.content_producer or record.content_propagator)


def _compare_records(heard: _Heard) -> None:
    """Exactly one copy of a record is asked for."""
    if len(heard.records) < 2:
        return
    first = heard.records[0][1]
    names = dict(zip(NAMES, fields(AigcRecord), strict=True))
    unlike = [
        name
        for name, part in names.items()
        if any(getattr(record, part.name) != getattr(first, part.name) for _, record in heard.records)
    ]
    places = ", ".join(dict.fromkeys(where for where, _ in heard.records))
    differ = f"they differ in {', '.join(unlike)}" if unlike else "they are alike"
    heard.problem(f"the AIGC record stands {len(heard.records)} times, where one is asked for; {differ}: {places}")


# XMP ------------------------------------------------------------------------------------------------------------------


def _hear_packet(one: Field, where: str, heard: _Heard) -> None:
    if not heard.may_read("XMP packet"):
        return
    found = read_xmp(one.value)
    if one.cut:
        heard.problem(f"{where} is longer than what is read")
    for problem in found.problems:
        heard.problem(f"{where}: {problem}")
    version = next((one.texts[0] for one in found.properties if _is_version(one) and one.texts), "")
    loose = {}
    for property in found.properties:
        own = property.namespace.rstrip("/").casefold() == _TC260_FOLDED
        if property.name.casefold() == "aigc":
            _hear_xmp_record(property, own, where, heard)
        elif own and property.name in NAMES:
            loose[property.name] = property.texts[0] if property.texts else ""
        else:
            _hear_property(property, version, where, heard)
    if loose:
        heard.problem(f"{where}: the fields of the record stand as properties of their own, not as JSON in TC260:AIGC")
        _hear_record(json.dumps(loose), f"{where}: TC260", heard)


def _hear_xmp_record(property: Property, own: bool, where: str, heard: _Heard) -> None:
    where = f"{where}: {property.qualified}"
    if not own:
        heard.problem(f"{where} is in another namespace than {TC260}")
    parts = {part.name: part.texts[0] for part in property.parts if part.texts}
    if parts and not any(property.texts):
        heard.problem(f"{where} has the fields as properties, not as JSON")
        _hear_record(json.dumps(parts), where, heard)
    for text in property.texts if any(property.texts) or not parts else ():
        _hear_record(text, where, heard)


def _hear_property(property: Property, version: str, where: str, heard: _Heard) -> None:
    where, tag = f"{where}: {property.qualified}", tag_of(property.name)
    for text in property.texts:
        heard.hear(tag, text, place_of(property, tag), where, version)
    if tag == SOURCE_TYPE and property.namespace != IPTC_EXT:
        heard.problem(f"{where} is in another namespace than {IPTC_EXT}")


def _is_version(property: Property) -> bool:
    return property.namespace == IPTC_EXT and tag_of(property.name) == VERSION
