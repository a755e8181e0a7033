"""Puts together what a file will say to machines, in each form that is wanted. Knows the forms; writes no file.

Each thing is said once: what we say takes the place of what the input said under that name, and the record names what
it was. What belongs together gives way together: no system of ours stands beside the version of another's.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from ...errors import LabelFieldInvalid
from ...evidence.sources import IPTC, SOURCES
from ...media.metadata.fields import FileLabels
from ..declarations.xmp import DC, IPTC_EXT, XMP_BASIC, Property, read_xmp
from . import aigc
from .keeping import RECORD, Kept, tailed
from .xmp import clean, packet

MOST_NAME = 200  # characters of a provider's, a system's, a version's name
MOST_PROMPT = 16_384
XMP_CONTAINERS = ("mp4", "mov")

# The tag that says what a property says. The first and the second are IPTC's names in the way of container tags;
# DATE_TAGGED is Matroska's own.
TAGS = {
    (IPTC_EXT, "DigitalSourceType"): "DIGITAL_SOURCE_TYPE",
    (IPTC_EXT, "AISystemUsed"): "AI_SYSTEM_USED",
    (IPTC_EXT, "AISystemVersionUsed"): "AI_SYSTEM_VERSION_USED",
    (IPTC_EXT, "AIPromptInformation"): "AI_PROMPT_INFORMATION",
    (XMP_BASIC, "CreatorTool"): "CREATOR_TOOL",
    (DC, "publisher"): "PROVIDER",
    (DC, "identifier"): "MANIFEST_ID",
    (XMP_BASIC, "ModifyDate"): "DATE_TAGGED",
}
_ONLY_IN_XMP = {(IPTC_EXT, "AIPromptInformation")}  # where there is any: a text as long as that need not stand twice
_SYSTEM = {
    (IPTC_EXT, name) for name in ("AISystemUsed", "AISystemVersionUsed", "AIPromptInformation", "AIPromptWriterName")
}
_REPLACED = "; not kept: replaced by ours"
_BY_ALGORITHM = "algorithmicMedia"  # without any training, so no AI system
_SYNTHETIC = {source.uri: source.code for source in SOURCES if source.says == "synthetic"}


@dataclass(frozen=True)
class LabelFacts:
    """What is known of a video and is to be said in its file."""

    source_type: str  # IPTC's whole URI
    manifest_id: str
    when: datetime  # it was labelled
    provider: str | None = None
    model: str | None = None
    model_version: str | None = None
    prompt_in_clear: str | None = None
    aigc_producer: str | None = None
    commented: bool = False  # the input has a comment of its own, which stays

    def __repr__(self) -> str:
        """Without the prompt."""
        return f"LabelFacts({self.manifest_id!r}, {self.source_type.rpartition('/')[2]}, model={self.model!r})"


def compose(facts: LabelFacts, forms: frozenset[str], kept: Kept, container: str) -> FileLabels:
    """Give all that is written into a file: what is wanted of `xmp`, `tags` and `aigc`, and what is kept.

    `container` as FFmpeg calls it. Where it has no place for XMP, tags say what the packet would.
    """
    boxed = container in XMP_CONTAINERS
    in_xmp = boxed and "xmp" in forms
    in_tags = "tags" in forms or ("xmp" in forms and not boxed)
    said = _said(facts) if in_xmp or in_tags else []
    ousted = _ousted(said)
    theirs = [one for one in kept.xmp if _key(one) not in ousted]
    record = _record(facts, "aigc" in forms, kept.aigc, kept.dropped_record)
    ousted_tags = {TAGS[key].lower() for key in ousted & set(TAGS)}
    tags = [
        *([("AIGC", record.to_json())] if record else []),
        *(_as_tags(one for one in said if not in_xmp or _key(one) not in _ONLY_IN_XMP) if in_tags else []),
        *([("comment", _sentence(facts))] if boxed and said and not _comment_of_theirs(facts, kept) else []),
        *([] if boxed else _as_tags(theirs)),
        *((name, value) for name, value in kept.tags if name.lower() not in ousted_tags),
    ]
    properties = [*(said if in_xmp else []), *theirs] if boxed else []
    return FileLabels(_each_once(tags), packet(properties))


def not_carried(forms: frozenset[str], kept: Kept, container: str) -> tuple[str, ...]:
    """Say in words what a container has no place for."""
    if container in XMP_CONTAINERS:
        return ()
    lines = ["XMP: what it would say stands in tags"] if "xmp" in forms else []
    left = [one.qualified for one in kept.xmp if _key(one) not in TAGS]
    return (*lines, *([f"of the input's XMP: {', '.join(left[:10])}"] if left else []))


def told(kept: Kept, labels: FileLabels, container: str) -> tuple[str, ...]:
    """Say what an input declared, and of each that is not in the file now that it is not, and why."""
    tags = {name.lower(): value for name, value in labels.tags}
    written = {_key(one): one.texts for one in read_xmp(labels.xmp).properties} if labels.xmp else {}
    theirs = {f"xmp {one.qualified}": one for one in reversed(kept.xmp)}
    lines = []
    for line, carrier in zip(kept.named, kept.carriers, strict=True):
        tail = ""
        if carrier == RECORD and kept.aigc:
            relabelled = aigc.read(tags.get("aigc", "")).record
            if relabelled and relabelled.label != kept.aigc.label:
                tail = f"; kept, with Label {relabelled.label}"
        elif carrier.startswith("tag "):
            if (carrier.removeprefix("tag "), tags.get(carrier.removeprefix("tag "))) not in _lower(kept.tags):
                tail = _REPLACED
        elif carrier in theirs:
            tail = _fate(theirs[carrier], tags, written, container)
        lines.append(tailed(line, tail))
    return tuple(lines)


def _fate(one: Property, tags: dict[str, str], written: dict[tuple[str, str], tuple[str, ...]], container: str) -> str:
    """What became of a property that was to be kept; nothing, where it is in the file."""
    key = _key(one)
    if container in XMP_CONTAINERS:
        there = [clean(text).strip() for text in written.get(key, ())]
        if there and set(there) <= {clean(text).strip() for text in one.texts}:
            return ""
        return _REPLACED if key in {*TAGS, *_SYSTEM} else "; not kept: no room for it"
    if key not in TAGS:
        return f"; not kept: {container} has no place for it"
    return "" if tags.get(TAGS[key].lower()) == one.texts[0] else _REPLACED


def _lower(tags: Iterable[tuple[str, str]]) -> set[tuple[str, str | None]]:
    return {(name.lower(), value) for name, value in tags}


def _said(facts: LabelFacts) -> list[Property]:
    """What we say, each checked."""
    if facts.source_type not in _SYNTHETIC:
        known = ", ".join(_SYNTHETIC.values())
        raise LabelFieldInvalid(f"{facts.source_type[:100]!r} is no digital source of synthetic media: {known}")
    trained = _SYNTHETIC[facts.source_type] != _BY_ALGORITHM
    model = _valid("the model's name", facts.model, MOST_NAME)
    version = _valid("the model's version", facts.model_version, MOST_NAME)
    given = [
        Property(IPTC_EXT, "DigitalSourceType", facts.source_type),
        Property(IPTC_EXT, "AISystemUsed", model if trained else ""),
        Property(IPTC_EXT, "AISystemVersionUsed", version if trained and model else ""),
        Property(XMP_BASIC, "CreatorTool", "" if trained else f"{model} {version}".strip()),
        Property(IPTC_EXT, "AIPromptInformation", _valid("the prompt", facts.prompt_in_clear, MOST_PROMPT)),
        Property(DC, "publisher", (_valid("the provider's name", facts.provider, MOST_NAME),)),
        Property(DC, "identifier", _valid("the manifest's id", facts.manifest_id, MOST_NAME)),
        Property(XMP_BASIC, "ModifyDate", facts.when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")),
    ]
    return [one for one in given if any(one.texts)]


def _sentence(facts: LabelFacts) -> str:
    """Say it in words that people and programs read: of an mp4's labels, most copies keep the comment alone."""
    made = " ".join(part for part in (facts.model, facts.model_version) if part)
    by = f", by {facts.provider}" if facts.provider else ""
    how = _SYNTHETIC[facts.source_type]
    said = next(source.name for source in SOURCES if source.code == how)
    return " ".join(f"This video was {said}{f', with {made}' if made else ''}{by}. {facts.source_type}".split())


def _comment_of_theirs(facts: LabelFacts, kept: Kept) -> bool:
    """Whether the comment is taken: by the maker's own words, or by another generator's."""
    theirs = next((value for name, value in kept.tags if name.lower() == "comment"), "")
    return facts.commented or bool(theirs and not theirs.startswith(IPTC))


def _record(facts: LabelFacts, wanted: bool, brought: aigc.AigcRecord | None, dropped: bool) -> aigc.AigcRecord | None:
    """China's record: ours, or the producer's that came with the input, with us as who passed it on."""
    if not wanted:
        return brought
    if not facts.aigc_producer:
        raise LabelFieldInvalid(
            "China's AIGC record names its producer by a code, and none is set",
            advice="set `aigc_producer` (COUNTERMARK_AIGC_PRODUCER=0011…), or leave aigc out of `machine_labels`",
        )
    if dropped:
        raise LabelFieldInvalid(
            "the input has the AIGC record of another producer, and nothing of it is to be kept",
            advice="keep it (keep_metadata = labels): it then names you as the propagator; or leave aigc out",
        )
    if brought:
        return aigc.propagated(brought, facts.aigc_producer, facts.manifest_id)
    return aigc.checked(aigc.AigcRecord("1", facts.aigc_producer, facts.manifest_id))


def _as_tags(properties: Iterable[Property]) -> list[tuple[str, str]]:
    return [(TAGS[_key(one)], one.texts[0]) for one in properties if _key(one) in TAGS and one.texts]


def _ousted(said: list[Property]) -> set[tuple[str, str]]:
    """What of an input's can't stand beside what we say."""
    names = {_key(one) for one in said}
    return names | (_SYSTEM if names & _SYSTEM else set())


def _key(one: Property) -> tuple[str, str]:
    return one.namespace, one.name


def _each_once(tags: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    chosen: dict[str, tuple[str, str]] = {}
    for name, value in tags:
        chosen.setdefault(name.lower(), (name, value))
    return tuple(chosen.values())


def _valid(what: str, text: str | None, most: int) -> str:
    """Give it in one line; characters that can't be seen, or turn the direction of text, are refused."""
    line = " ".join((text or "").split())
    if len(line) > most:
        raise LabelFieldInvalid(f"{what} has {len(line)} characters; a label takes {most}", advice="shorten it")
    if wrong := next((c for c in line if c == "\ufffd" or not (c.isprintable() or c in "\u200c\u200d")), None):
        raise LabelFieldInvalid(f"{what} has a character that can't be shown: U+{ord(wrong):04X}", advice="take it out")
    return line
