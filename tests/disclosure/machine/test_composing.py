import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from countermark.disclosure.declarations.reading import declared_in
from countermark.disclosure.declarations.xmp import IPTC_EXT, PHOTOSHOP, TIFF, XMP_BASIC, Property, read_xmp
from countermark.disclosure.machine import aigc
from countermark.disclosure.machine.composing import LabelFacts, compose, not_carried, told
from countermark.disclosure.machine.keeping import Kept, kept_from
from countermark.disclosure.machine.xmp import packet
from countermark.errors import LabelFieldInvalid
from countermark.evidence.sources import SOURCES, source_of
from countermark.media.metadata import Field, FileLabels, Metadata

TRAINED = source_of("trainedAlgorithmicMedia").source.uri
CODE = "001191110000MA0000000010001"
ID = "urn:c2pa:12345678-1234-1234-1234-123456789abc"
FACTS = LabelFacts(TRAINED, ID, datetime(2026, 3, 1, 12, tzinfo=timezone(timedelta(hours=2))), "A provider", "m", "2b")
ALL = frozenset({"xmp", "tags", "aigc"})
THEIRS = aigc.AigcRecord("2", "their code", "id-7", "r1", "someone", "p", "r2")


def said(labels: FileLabels) -> dict[str, str | tuple[str, ...]]:
    return {one.qualified: one.value for one in read_xmp(labels.xmp).properties}


def test_each_form_says_the_same() -> None:
    facts = replace(FACTS, prompt_in_clear="a cat\non a bike", aigc_producer=CODE)
    labels = compose(facts, ALL, Kept(), "mp4")
    assert said(labels) == {
        "Iptc4xmpExt:DigitalSourceType": TRAINED,
        "Iptc4xmpExt:AISystemUsed": "m",
        "Iptc4xmpExt:AISystemVersionUsed": "2b",
        "Iptc4xmpExt:AIPromptInformation": "a cat on a bike",
        "dc:publisher": ("A provider",),
        "dc:identifier": ID,
        "xmp:ModifyDate": "2026-03-01T10:00:00Z",
    }
    assert labels.tags == (
        ("AIGC", aigc.AigcRecord("1", CODE, ID).to_json()),
        ("DIGITAL_SOURCE_TYPE", TRAINED),
        ("AI_SYSTEM_USED", "m"),
        ("AI_SYSTEM_VERSION_USED", "2b"),
        ("PROVIDER", "A provider"),
        ("MANIFEST_ID", ID),
        ("DATE_TAGGED", "2026-03-01T10:00:00Z"),
        ("comment", f"This video was made by generative AI, with m 2b, by A provider. {TRAINED}"),
    )


@pytest.mark.parametrize("container", ["matroska", "webm"])
def test_without_a_place_for_xmp_tags_say_it(container: str) -> None:
    facts = replace(FACTS, prompt_in_clear="a cat")
    labels = compose(facts, frozenset({"xmp"}), Kept(xmp=(Property(PHOTOSHOP, "Credit", "c"),)), container)
    assert labels.xmp == b""
    assert dict(labels.tags)["AI_PROMPT_INFORMATION"] == "a cat"
    assert labels.tags == compose(facts, frozenset({"tags"}), Kept(), container).tags
    lines = not_carried(frozenset({"xmp"}), Kept(xmp=(Property(PHOTOSHOP, "Credit", "c"),)), container)
    assert "tags" in lines[0] and "photoshop:Credit" in lines[1]
    assert not_carried(ALL, Kept(), "mp4") == ()


def test_nothing_is_said_that_is_not_wanted() -> None:
    assert compose(FACTS, frozenset(), Kept(), "mp4") == FileLabels()
    assert [name for name, _ in compose(FACTS, frozenset({"xmp"}), Kept(), "mov").tags] == ["comment"]
    assert compose(FACTS, frozenset({"tags"}), Kept(), "mov").xmp == b""


def test_what_no_model_made_has_no_ai_system() -> None:
    drawn = replace(FACTS, source_type=source_of("algorithmicMedia").source.uri)
    told = said(compose(drawn, frozenset({"xmp"}), Kept(), "mp4"))
    assert told["xmp:CreatorTool"] == "m 2b"
    assert not [name for name in told if "AISystem" in name]
    assert "AI_SYSTEM_USED" not in dict(compose(drawn, frozenset({"tags"}), Kept(), "mp4").tags)
    unknown = compose(replace(FACTS, model=None), ALL - {"aigc"}, Kept(), "mp4")
    assert not [name for name in (*said(unknown), *dict(unknown.tags)) if "System" in name or "SYSTEM" in name]


# The input's labels --------------------------------------------------------------------------------------------------


def test_a_record_stays_its_producers_and_we_pass_it_on() -> None:
    facts = replace(FACTS, aigc_producer=CODE)
    labels = compose(facts, ALL, Kept(aigc=THEIRS), "mp4")
    passed = replace(THEIRS, label="1", content_propagator=CODE, propagate_id=ID, reserved_code_2="")
    assert labels.tags[0] == ("AIGC", passed.to_json())
    assert compose(FACTS, ALL - {"aigc"}, Kept(aigc=THEIRS), "webm").tags[0] == ("AIGC", THEIRS.to_json())


def test_what_we_say_replaces_what_they_said_and_the_rest_stays() -> None:
    credit, tool = Property(PHOTOSHOP, "Credit", "Made with Google AI"), Property(TIFF, "Software", "NovelAI")
    theirs = Kept(
        xmp=(
            Property(IPTC_EXT, "DigitalSourceType", source_of("compositeSynthetic").source.uri),
            Property(IPTC_EXT, "AISystemUsed", "theirs"),
            Property(IPTC_EXT, "AISystemVersionUsed", "9"),
            Property(IPTC_EXT, "AIPromptInformation", "their prompt"),
            credit,
            tool,
        ),
        tags=(("digital_source_type", "x"), ("AI_SYSTEM_VERSION_USED", "9"), ("comment", "{}"), ("generator", "Kling")),
    )
    versionless = replace(FACTS, model_version=None)
    labels = compose(versionless, ALL - {"aigc"}, theirs, "mp4")
    assert said(labels)["Iptc4xmpExt:DigitalSourceType"] == TRAINED
    assert said(labels)["Iptc4xmpExt:AISystemUsed"] == "m"
    assert {"Iptc4xmpExt:AISystemVersionUsed", "Iptc4xmpExt:AIPromptInformation"}.isdisjoint(said(labels))
    assert said(labels)["photoshop:Credit"] == credit.value and said(labels)["tiff:Software"] == tool.value
    assert labels.tags[-2:] == (("comment", "{}"), ("generator", "Kling"))
    assert [name for name, _ in labels.tags if "SYSTEM" in name.upper()] == ["AI_SYSTEM_USED"]

    silent = compose(replace(FACTS, model=None), ALL - {"aigc"}, theirs, "mp4")
    assert said(silent)["Iptc4xmpExt:AISystemUsed"] == "theirs"
    assert said(silent)["Iptc4xmpExt:DigitalSourceType"] == TRAINED


def test_their_labels_survive_where_we_say_nothing() -> None:
    theirs = Kept(xmp=(Property(IPTC_EXT, "AISystemUsed", "theirs"),), tags=(("comment", "{}"),))
    assert said(compose(FACTS, frozenset(), theirs, "mp4")) == {"Iptc4xmpExt:AISystemUsed": "theirs"}
    assert compose(FACTS, frozenset(), theirs, "mp4").tags == (("comment", "{}"),)
    assert compose(FACTS, frozenset(), theirs, "matroska").tags == (("AI_SYSTEM_USED", "theirs"), ("comment", "{}"))


# What may not be written ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wrong", "word"),
    [
        ({"source_type": "trainedAlgorithmicMedia"}, "digital source"),
        ({"source_type": source_of("digitalCapture").source.uri}, "digital source"),
        ({"model": "x" * 201}, "model's name"),
        ({"model": "a\u202eb"}, "U+202E"),
        ({"model_version": "1\x00"}, "U+0000"),
        ({"provider": "a\x1b[2J"}, "U+001B"),
        ({"prompt_in_clear": "x" * 20_000}, "prompt"),
        ({"prompt_in_clear": "\u2066boat"}, "U+2066"),
        ({"manifest_id": "a\x07"}, "U+0007"),
    ],
)
def test_a_value_that_does_not_fit_is_refused(wrong: dict[str, str], word: str) -> None:
    with pytest.raises(LabelFieldInvalid) as caught:
        compose(replace(FACTS, **wrong), ALL - {"aigc"}, Kept(), "mp4")
    assert word in str(caught.value)
    assert caught.value.advice


@pytest.mark.parametrize("producer", [None, "", "two words", "快手", "x" * 200])
def test_the_record_needs_a_producers_code(producer: str | None) -> None:
    for brought in (None, THEIRS):
        with pytest.raises(LabelFieldInvalid) as caught:
            compose(replace(FACTS, aigc_producer=producer), ALL, Kept(aigc=brought), "mp4")
    assert producer or "aigc_producer" in caught.value.advice


def test_the_facts_do_not_show_the_prompt() -> None:
    assert "secret" not in repr(replace(FACTS, prompt_in_clear="secret"))


# Whatever comes ------------------------------------------------------------------------------------------------------

WORDS = st.text(st.characters(exclude_categories=("C", "Z")), min_size=1, max_size=30)
PROPERTIES = st.builds(
    Property,
    st.sampled_from([IPTC_EXT, PHOTOSHOP, TIFF, XMP_BASIC, "http://a.example/"]),
    st.sampled_from(["DigitalSourceType", "AISystemUsed", "AIPromptInformation", "CreatorTool", "Credit", "Software"]),
    WORDS,
)
NAMES = st.sampled_from(["AIGC", "comment", "Comment", "generator", "MANIFEST_ID", "digital_source_type", "prompt"])
KEPT = st.builds(
    Kept,
    st.none() | st.builds(aigc.AigcRecord, st.sampled_from("123"), WORDS, WORDS),
    st.lists(PROPERTIES, max_size=6).map(tuple),
    st.lists(st.tuples(NAMES, WORDS), max_size=4, unique_by=lambda tag: tag[0].lower()).map(tuple),
)
MADE = st.builds(
    LabelFacts,
    st.sampled_from([source.uri for source in SOURCES if source.says == "synthetic"]),
    st.just(ID),
    st.datetimes(datetime(2026, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)),
    st.none() | WORDS,
    st.none() | WORDS,
    st.none() | WORDS,
    st.none() | WORDS,
    st.just(CODE),
)
FORMS = st.sets(st.sampled_from(sorted(ALL))).map(frozenset)


@given(MADE, FORMS, KEPT, st.sampled_from(["mp4", "mov", "matroska", "webm"]))
def test_one_copy_of_each_and_all_of_it_is_read_back(
    facts: LabelFacts, forms: frozenset[str], kept: Kept, container: str
) -> None:
    labels = compose(facts, forms, kept, container)
    names = [name.lower() for name, _ in labels.tags]
    assert len(set(names)) == len(names)
    assert bool(labels.xmp) <= (container in ("mp4", "mov"))
    read = read_xmp(labels.xmp) if labels.xmp else None
    properties = [(one.namespace, one.name) for one in read.properties] if read else []
    assert len(set(properties)) == len(properties)
    assert read is None or read.problems == ()

    fields = [Field("moov/udta/meta/keys", name, value.encode()) for name, value in labels.tags]
    fields += [Field("uuid", "XMP", labels.xmp)] if labels.xmp else []
    declared = declared_in(Metadata(tuple(fields)))
    if forms & {"xmp", "tags"}:
        own = [one for one in declared.declarations if one.form == "iptc" and one.field.lower().endswith(SOURCE_FIELDS)]
        assert {one.value for one in own if "Iptc4xmpExt" in one.field or "SOURCE" in one.field} == {facts.source_type}
    if "aigc" in forms:
        found = aigc.read(dict(labels.tags)["AIGC"]).record
        assert found is not None
        if kept.aigc:
            assert (found.content_producer, found.content_propagator) == (kept.aigc.content_producer, CODE)
        else:
            assert json.loads(found.to_json())["ContentProducer"] == CODE


SOURCE_FIELDS = ("digital_source_type", "iptc4xmpext:digitalsourcetype")


def test_nobody_becomes_the_producer_of_anothers_record_by_dropping_it() -> None:
    dropped = kept_from(Metadata((Field("moov/udta/meta/keys", "AIGC", THEIRS.to_json().encode()),)), "none")
    assert len(dropped.dropped) == 1 and "their code" in dropped.dropped[0] and dropped.dropped_record
    with pytest.raises(LabelFieldInvalid, match="another producer"):
        compose(replace(FACTS, aigc_producer="P"), ALL, dropped, "mp4")
    assert "AIGC" not in dict(compose(FACTS, ALL - {"aigc"}, dropped, "mp4").tags)
    other = kept_from(Metadata((Field("AIGC record", "software", b"NovelAI"),)), "none")
    assert other.dropped and compose(replace(FACTS, aigc_producer="P"), ALL, other, "mp4").tags[0][0] == "AIGC"


# What is said of it --------------------------------------------------------------------------------------------------

IN_XMP = (
    Property(IPTC_EXT, "DigitalSourceType", TRAINED),
    Property(IPTC_EXT, "AISystemUsed", "theirs"),
    Property(IPTC_EXT, "AIPromptInformation", "a boat\nat sea"),
    Property(PHOTOSHOP, "Credit", "Made with Google AI"),
)
BROUGHT = Metadata(
    (
        Field("moov/udta/meta/keys", "AIGC", THEIRS.to_json().encode()),
        Field("uuid", "XMP", packet(IN_XMP)),
        Field("moov/udta", "©too", b"Kling AI 2.1"),
        Field("moov/udta/meta/keys", "AI_SYSTEM_USED", b"theirs"),
    )
)
OURS = "; not kept: replaced by ours"


@pytest.mark.parametrize(
    ("forms", "container", "tails"),
    [
        (frozenset(), "mp4", [""] * 7),
        (frozenset({"xmp"}), "mp4", ["", OURS, OURS, OURS, "", "", OURS]),
        (frozenset({"tags"}), "mov", ["", OURS, OURS, OURS, "", "", OURS]),
        (ALL, "mp4", ["; kept, with Label 1", OURS, OURS, OURS, "", "", OURS]),
        (frozenset(), "webm", ["", "", "", "", "; not kept: webm has no place for it", "", ""]),
        (frozenset({"xmp"}), "matroska", ["", OURS, OURS, OURS, "; not kept: matroska has no place for it", "", OURS]),
    ],
)
def test_of_each_declaration_is_said_whether_it_is_still_there(
    forms: frozenset[str], container: str, tails: list[str]
) -> None:
    kept = kept_from(BROUGHT, "labels")
    facts = replace(FACTS, aigc_producer=CODE, source_type=source_of("compositeSynthetic").source.uri)
    lines = told(kept, compose(facts, forms, kept, container), container)
    assert [line.removeprefix(own) for line, own in zip(lines, kept.named, strict=True)] == tails
    assert all(len(line) <= 250 for line in lines) and "their code" in lines[0]


@pytest.mark.parametrize("label", ["2", "3"])
def test_who_says_that_it_is_synthetic_passes_on_no_doubt(label: str) -> None:
    """Whatever a producer or a platform held for possible: the maker knows."""
    brought = replace(THEIRS, label=label)
    written = dict(compose(replace(FACTS, aigc_producer=CODE), ALL, Kept(aigc=brought), "mp4").tags)["AIGC"]
    found = aigc.read(written).record
    assert found == replace(brought, label="1", content_propagator=CODE, propagate_id=ID, reserved_code_2="")
    assert dict(compose(FACTS, frozenset(), Kept(aigc=brought), "mp4").tags)["AIGC"] == brought.to_json()


@pytest.mark.parametrize(
    ("commented", "theirs", "ours"),
    [
        (False, (), True),
        (True, (), False),
        (False, (("comment", "Made with Kling AI"),), False),
        (False, (("comment", TRAINED),), True),  # what is kept of a sentence like ours
        (False, (("comment", ""),), True),  # a record stood there, and has moved
    ],
)
def test_the_sentence_stands_where_nobody_elses_does(
    commented: bool, theirs: tuple[tuple[str, str], ...], ours: bool
) -> None:
    labels = compose(replace(FACTS, commented=commented), frozenset({"xmp"}), Kept(tags=theirs), "mp4")
    written = [value for name, value in labels.tags if name == "comment"]
    assert (written == [f"This video was made by generative AI, with m 2b, by A provider. {TRAINED}"]) == ours
    (declared,) = declared_in(Metadata((Field("ilst", "©cmt", written[0].encode()),))).declarations if ours else (None,)
    assert declared is None or (declared.says, declared.form, declared.value) == ("synthetic", "iptc", TRAINED)
