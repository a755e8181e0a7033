"""Each law on real files: stamped for it, a file meets all that it can show; with one thing broken, one duty less.

Findings that were made up are tests/disclosure/duties/test_laws_held.py's; here all goes through the product.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import astuple, dataclass, replace
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import numpy as np
import pytest

from countermark.disclosing import disclosed
from countermark.disclosure.duties.manifest_checks import BRING_CLOCKS, BRING_SIGNERS
from countermark.disclosure.duties.profile import names
from countermark.evidence import LabelClaim, Span
from countermark.media import EncodeSettings, probe, transcode
from countermark.provenance import IngredientFacts
from tests.cli.command import run
from tests.disclosing import (
    DAY,
    SECONDS,
    SIZE,
    Picture,
    Rows,
    World,
    changed_copy,
    edited,
    maker,
    without_box,
)
from tests.disclosure.declarations.files import XMP_BOX, packet, record, uuid

ALL = ",".join(names())
MET = {
    "c2pa-2.4": {
        f"c2pa-{rule}"
        for rule in (
            "first-action", "created-source-type", "changed-source-type", "opened-source-type", "known-actions",
            "custom-actions", "manifest-urn", "binding", "well-formed", "valid", "trusted", "no-failures",
            "claim-generator", "timestamped", "ai-disclosure", "watermarked", "ingredients", "relationships",
        )
    },
    "ca-sb-942": {
        "provider", "system", "system-version", "time", "identifier", "created-or-altered", "hard-to-remove",
        "verifiable", "standard", "sound",
    },
    "cn-gb-45438": {"visible-label", "aigc-record", "sound"},
    "eu-ai-act-50": {
        "signed-metadata", "timestamp", "imperceptible-mark", "sound", "inputs-kept", "deep-fake-label",
    },
    "in-it-rules": {"visible-label", "metadata", "sound"},
    "kr-ai-basic": {"label", "realistic-label", "sound"},
}  # fmt: skip
# What no file shows.
OPEN = {
    "c2pa-2.4": set(),
    "ca-sb-942": {
        "visible-option", "verification-tool", "tool-privacy", "licences", "assistive", "platforms", "hosting",
    },
    "cn-gb-45438": {"agreement", "platforms", "app-stores", "no-removal"},
    "eu-ai-act-50": {"accessible", "detection", "detection-interoperable", "terms", "tested"},
    "in-it-rules": {"no-removal", "unlawful", "inform-users", "take-down", "declarations"},
    "kr-ai-basic": {"prior-notice", "representative"},
}  # fmt: skip


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with ExitStack() as stack:
        first = stack.enter_context(maker(tmp_path_factory.mktemp("maker")))
        beginner = stack.enter_context(maker(tmp_path_factory.mktemp("beginner"), development=True))
        yield World(first, beginner, {})


def outcomes(rows: Rows, outcome: str) -> dict[str, set[str]]:
    laws = dict.fromkeys(law for law, _ in rows)
    return {law: {duty for (of, duty), row in rows.items() if of == law and row.outcome == outcome} for law in laws}


# Whole ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("law", names())
def test_what_was_stamped_for_a_law_meets_all_that_a_file_can_show(world: World, law: str) -> None:
    rows = world.maker.audit(world.stamped(law).path, law)
    assert outcomes(rows, "not met") == {law: set()}
    assert outcomes(rows, "met") == {law: MET[law]}
    assert outcomes(rows, "not decidable") == {law: OPEN[law]}


def test_one_file_meets_all_laws_at_once(world: World) -> None:
    rows = world.audit(world.stamped(ALL).path, ALL)
    assert (outcomes(rows, "met"), outcomes(rows, "not decidable")) == (MET, OPEN)
    assert world.audit(world.signed(ALL), ALL, alone=True).keys() == rows.keys()
    assert outcomes(world.audit(world.signed(ALL), ALL, alone=True), "met") == MET


def test_where_c2pa_has_no_place_the_mark_carries_what_a_manifest_would(world: World) -> None:
    done = world.maker.stamp(world.clip, "all.mkv", world.facts(), profile=ALL)
    rows = world.audit(done.path, ALL)
    assert outcomes(rows, "not met") == {law: {"c2pa-binding"} if law == "c2pa-2.4" else set() for law in names()}
    assert [duty for duty, row in rows.items() if row.basis == "file"] == [("cn-gb-45438", "aigc-record")]
    binding = rows["c2pa-2.4", "c2pa-binding"]
    assert binding.advice == "stamp it as mp4 or mov" and "no place in mkv files" in binding.evidence
    assert rows["ca-sb-942", "identifier"].evidence.startswith("not in the file; in the record that the mark leads to")


def test_the_command_stamps_for_a_law_and_audits(world: World) -> None:
    options = world.maker.options
    told = {name: getattr(options, name) for name in ("provider", "tsa", "contact", "public_record", "sound")}
    home, law = world.maker.home, "eu-ai-act-50"
    asked = ("--profile", law, "--model", "acme-video", "--ingredient", world.still.path, "--preset", "veryfast")
    ran = run(home, "stamp", world.clip, "-o", "commanded.mp4", *asked, "--json", **told)
    assert ran.code == 0, ran.err
    stamped, audited = ran.report()["results"]
    assert [label["profile"] for label in stamped["labels"]] == ["eu"]
    rows = audited["audits"][0]["rows"]
    assert {row["duty"] for row in rows if row["outcome"] == "met"} == MET[law]
    assert {row["duty"] for row in rows if row["outcome"] == "not decidable"} == OPEN[law]
    ran = run(home, "audit", "commanded.mp4", "--profile", f"{law},cn-gb-45438", "--on", DAY.isoformat(), "--json")
    assert ran.code == 1, "it was not stamped for China"
    held = {audit["profile"]: audit["rows"] for audit in ran.report()["results"][0]["audits"]}
    assert {row["duty"] for row in held[law] if row["outcome"] == "met"} == MET[law]


def test_elsewhere_it_is_said_whose_lists_to_bring(world: World) -> None:
    law = "eu-ai-act-50"
    rows = world.beginner.audit(world.stamped(law).path, f"{law},c2pa-2.4")
    assert rows[law, "signed-metadata"].advice == rows["c2pa-2.4", "c2pa-trusted"].advice == BRING_SIGNERS
    assert rows[law, "timestamp"].advice == rows["c2pa-2.4", "c2pa-timestamped"].advice == BRING_CLOCKS


# Copies ---------------------------------------------------------------------------------------------------------------

# Of what holds in a platform's copy, all rests on the mark; this alone falls. docs/audit.md has it as a table.
FALLS_IN_A_COPY = {
    "c2pa-2.4": {"c2pa-binding": "not met"},
    "ca-sb-942": {},
    "cn-gb-45438": {"aigc-record": "not met"},
    "eu-ai-act-50": {},
    "in-it-rules": {},
    "kr-ai-basic": {},
}


@pytest.mark.parametrize("law", names())
def test_a_platforms_copy_holds_by_its_mark_alone(world: World, law: str) -> None:
    rows = world.audit(world.copy(law), law)
    falls = {duty: row.outcome for (_, duty), row in rows.items() if duty in MET[law] and row.outcome != "met"}
    assert falls == FALLS_IN_A_COPY[law]
    assert {row.basis for row in rows.values() if row.outcome == "met"} == {"mark"}
    assert outcomes(rows, "not decidable") == {law: OPEN[law]}


@pytest.mark.parametrize("law", ["ca-sb-942", "eu-ai-act-50"])
def test_a_copy_whose_mark_leads_nowhere_shows_its_mark_and_its_label_no_more(world: World, law: str) -> None:
    rows = world.audit(world.copy(law), law, alone=True)
    kept = {"ca-sb-942": {"hard-to-remove"}, "eu-ai-act-50": {"imperceptible-mark"}}
    assert outcomes(rows, "met") == {law: kept[law]}


def test_what_only_a_public_page_says_stays_open(world: World) -> None:
    law, left_out = "ca-sb-942", {"system", "system-version"}
    path = world.maker.stamp(world.clip, "terse.mp4", world.facts(model=None, model_version=None)).path
    for public_record in (None, "https://elsewhere.example/{id}"):  # whoever audits has no say in it
        rows = world.maker.audit(path, law, public_record=public_record)
        assert outcomes(rows, "met") == {law: MET[law] - left_out}
        assert outcomes(rows, "not decidable") == {law: OPEN[law] | left_out}
        assert "https://acme.example/records/urn:c2pa:" in rows[law, "system"].evidence


# One thing broken -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Broken:
    """A file with one thing broken, held to the laws that it was made for."""

    what: str
    laws: str
    how: Callable[[World, str], Path]
    falls: dict[str, str]  # from met; "LAW DUTY" to its outcome
    whole: str = "stamped"  # signed: by hand, and in no registry; copy: a platform's
    rises: tuple[str, ...] = ()  # what is met only then


def anew(**settings: object) -> Callable[[World, str], Path]:
    """Stamp it once more, with settings that are not as they should be."""

    def how(world: World, laws: str) -> Path:
        name = f"anew.{world.count()}.mp4"
        return world.maker.stamp(world.clip, name, world.facts(), **{"profile": laws, **settings}).path

    return how


def by_hand(
    change: Callable[[dict[str, Any]], None] | None = None, *, timed: bool = True, **said: Any
) -> Callable[[World, str], Path]:
    """Sign it by hand, and say something else."""

    def how(world: World, laws: str) -> Path:
        known = {name: value(world, laws) if callable(value) else value for name, value in said.items()}
        bare, name = world.bare(laws), f"by-hand.{world.count()}.mp4"
        return world.maker.sign(bare, name, world.said(laws, **known), change, timed=timed)

    return how


def actions(change: Callable[[list[dict[str, Any]]], None]) -> Callable[[dict[str, Any]], None]:
    def changed(described: dict[str, Any]) -> None:
        change(next(one["data"] for one in described["assertions"] if "actions" in one["label"])["actions"])

    return changed


def created(**changed: object) -> Callable[[dict[str, Any]], None]:
    return actions(lambda found: found[0].update(changed))


def spans(of: str, span: Span) -> Callable[[World, str], tuple[LabelClaim, ...]]:
    def labels(world: World, laws: str) -> tuple[LabelClaim, ...]:
        claims = world.stamped(laws).labels
        return tuple(replace(one, span=span) if one.profile in of.split() else one for one in claims)

    return labels


def in_place(old: bytes, new: bytes) -> Callable[[World, str], Path]:
    def how(world: World, laws: str) -> Path:
        return edited(world.stamped(laws).path, world.path(f"edited.{world.count()}.mp4"), old, new)

    return how


def doubled(world: World, laws: str) -> Path:
    target = world.path("doubled.mp4")
    more = packet(f"<TC260:AIGC>{escape(record())}</TC260:AIGC>")
    target.write_bytes(world.stamped(laws).path.read_bytes() + uuid(more.encode()))
    return target


def unmarked(world: World, laws: str) -> Path:
    """All that is drawn, written and signed, and no mark."""
    options = world.maker.options.model_copy(update={"profile": laws})
    shown = disclosed(options, SIZE, SECONDS, provider=options.provider)
    added = shown.added(world.said(laws), "urn:c2pa:0", ".mp4", options)
    plain = world.path("unmarked.mp4")
    fast = EncodeSettings(preset="veryfast")
    transcode(probe(world.clip, options.limits), plain, fast, overlays=added.overlays, labels=added.labels)
    return world.maker.sign(plain, "unmarked.signed.mp4", world.said(laws))


def by_a_beginner(world: World, laws: str) -> Path:
    return world.beginner.stamp(world.clip, "beginner.mp4", world.facts(), profile=laws).path


def covered(world: World, laws: str) -> Path:
    (label,) = world.stamped(laws).labels
    x, y, wide, high = (round(part * side) for part, side in zip(astuple(label.region), SIZE * 2, strict=True))

    def cover(rgb: Picture) -> Picture:
        rgb[y : y + high, x : x + wide] = np.median(rgb, axis=(0, 1))
        return rgb

    return changed_copy(world.stamped(laws).path, world.path(f"{laws}.covered.mp4"), cover, world.maker.options)


def cropped(world: World, laws: str) -> Path:
    target = world.path(f"{laws}.cropped.mp4")
    return changed_copy(world.stamped(laws).path, target, lambda rgb: rgb[30:450, 40:600], world.maker.options)


def spoiled_input(world: World, laws: str) -> tuple[IngredientFacts, ...]:
    spoiled = world.path("spoiled.mp4")
    if not spoiled.exists():
        edited(world.stamped(laws).path, spoiled, b'"ContentProducer"', b'"contentProducer"')
    return (IngredientFacts(spoiled),)


SOUNDS = tuple(f"{law} sound" for law in names() if law != "c2pa-2.4")
NOT_MET, OPEN_NOW = "not met", "not decidable"
UNDRAWN = {
    "cn-gb-45438 visible-label": NOT_MET,
    "in-it-rules visible-label": NOT_MET,
    "eu-ai-act-50 deep-fake-label": OPEN_NOW,  # whether it is a deep fake, no program can say
    "kr-ai-basic label": OPEN_NOW,  # or users are told elsewhere
    "kr-ai-basic realistic-label": OPEN_NOW,
}
CHANGED_BYTES = dict.fromkeys((f"c2pa-2.4 c2pa-{rule}" for rule in ("binding", "valid", "no-failures")), NOT_MET)
BROKEN = [
    # Stamped by the product, with something missing.
    Broken("no timestamp", "c2pa-2.4", anew(tsa=None), {"c2pa-2.4 c2pa-timestamped": NOT_MET}),
    Broken(
        "a development identity", ALL, by_a_beginner,
        {"eu-ai-act-50 signed-metadata": NOT_MET, "ca-sb-942 standard": NOT_MET}, whole="beginner",
    ),
    Broken("synthetic sound", ALL, anew(sound="synthetic"), dict.fromkeys(SOUNDS, NOT_MET)),
    Broken("no visible label", ALL, anew(profile="", machine_labels="xmp,tags,aigc"), UNDRAWN),
    Broken("no AIGC record", "cn-gb-45438", anew(profile="", label="cn"), {"cn-gb-45438 aigc-record": NOT_MET}),
    Broken(
        "a label too short", "cn-gb-45438",
        anew(profile="", label="AI生成 [upper-left 6% 1s]", machine_labels="aigc"),
        {"cn-gb-45438 visible-label": NOT_MET},
    ),
    Broken(
        "a label too late", "cn-gb-45438",
        anew(profile="", label="AI生成 [upper-left 6% from:1s]", machine_labels="aigc"),
        {"cn-gb-45438 visible-label": NOT_MET},
    ),
    Broken(
        "letters too small", "cn-gb-45438", anew(profile="", label="AI生成 [upper-left 4%]", machine_labels="aigc"),
        {"cn-gb-45438 visible-label": NOT_MET},
    ),
    Broken(
        "a label that says something else", "in-it-rules", anew(profile="", label="Director's cut"),
        {"in-it-rules visible-label": NOT_MET},
    ),
    # Stamped whole, and broken later.
    Broken(
        "the manifest is gone", ALL, lambda world, laws: world.bare(laws), {"c2pa-2.4 c2pa-binding": NOT_MET},
    ),
    Broken(
        "the XMP is gone", ALL,
        lambda world, laws: without_box(world.stamped(laws).path, world.path("no-xmp.mp4"), XMP_BOX), CHANGED_BYTES,
    ),
    Broken(
        "AIGC is gone", ALL, in_place(b"mdtaAIGC", b"mdtaXXXX"),
        {**CHANGED_BYTES, "cn-gb-45438 aigc-record": NOT_MET},
    ),
    Broken(
        "AIGC: possibly", "cn-gb-45438", in_place(b'{"Label":"1"', b'{"Label":"2"'),
        {"cn-gb-45438 aigc-record": NOT_MET},
    ),
    Broken(
        "AIGC: no producer", "cn-gb-45438", in_place(b'"ContentProducer"', b'"ContentProducex"'),
        {"cn-gb-45438 aigc-record": NOT_MET},
    ),
    Broken(
        "AIGC: no JSON", "cn-gb-45438", in_place(b'{"Label":"1"', b'["Label":"1"'),
        {"cn-gb-45438 aigc-record": NOT_MET},
    ),
    Broken("AIGC twice", "cn-gb-45438", doubled, {"cn-gb-45438 aigc-record": NOT_MET}),
    # Signed by hand: what a manifest may leave out. The product has no way to do that.
    Broken(
        "no timestamp", ALL, by_hand(timed=False),
        {"eu-ai-act-50 timestamp": NOT_MET, "c2pa-2.4 c2pa-timestamped": NOT_MET}, whole="signed",
    ),
    Broken("no time of making: that of signing stands in", ALL, by_hand(when=None), {}, whole="signed"),
    Broken(
        "no time at all", ALL, by_hand(timed=False, when=None),
        {
            "eu-ai-act-50 timestamp": NOT_MET, "c2pa-2.4 c2pa-timestamped": NOT_MET, "ca-sb-942 time": OPEN_NOW,
        }, whole="signed",
    ),
    Broken("no provider: the signer stands in", ALL, by_hand(provider=None), {}, whole="signed"),
    Broken(
        "no model", ALL, by_hand(model=None),
        {"ca-sb-942 system": OPEN_NOW, "c2pa-2.4 c2pa-ai-disclosure": NOT_MET}, whole="signed",
    ),
    Broken("no version", ALL, by_hand(model_version=None), {"ca-sb-942 system-version": OPEN_NOW}, whole="signed"),
    Broken("sound of which nobody says", ALL, by_hand(sound="unsaid"), dict.fromkeys(SOUNDS, OPEN_NOW), whole="signed"),
    Broken(
        "no inputs named", ALL, by_hand(ingredients=()), {"eu-ai-act-50 inputs-kept": OPEN_NOW}, whole="signed",
    ),
    Broken(
        "an input that was spoiled", ALL, by_hand(ingredients=spoiled_input),
        {"c2pa-2.4 c2pa-ingredients": NOT_MET}, whole="signed",
    ),
    Broken("labels that the manifest does not name", ALL, by_hand(labels=()), UNDRAWN, whole="signed"),
    Broken(
        "a label too short by its manifest", ALL, by_hand(labels=spans("cn", Span(0.0, 1.0))),
        {"cn-gb-45438 visible-label": NOT_MET}, whole="signed",
    ),
    Broken(
        "a label too late by its manifest", "eu-ai-act-50", by_hand(labels=spans("eu", Span(1.0, SECONDS))),
        {"eu-ai-act-50 deep-fake-label": OPEN_NOW}, whole="signed",
    ),
    Broken(
        "it says that a camera took it", ALL,
        by_hand(created(digitalSourceType="http://cv.iptc.org/newscodes/digitalsourcetype/digitalCapture")),
        {"eu-ai-act-50 signed-metadata": NOT_MET, "ca-sb-942 created-or-altered": OPEN_NOW}, whole="signed",
    ),
    Broken(
        "no source type of what was drawn", ALL, by_hand(actions(lambda found: found[1].pop("digitalSourceType"))),
        {"c2pa-2.4 c2pa-changed-source-type": NOT_MET}, whole="signed",
    ),
    Broken(
        "an action that is none", ALL, by_hand(actions(lambda found: found.append({"action": "c2pa.conjured"}))),
        {"c2pa-2.4 c2pa-known-actions": NOT_MET, "c2pa-2.4 c2pa-changed-source-type": NOT_MET}, whole="signed",
    ),
    Broken(
        "an action that is nobody's", ALL, by_hand(actions(lambda found: found.append({"action": "sharpened"}))),
        {"c2pa-2.4 c2pa-custom-actions": NOT_MET}, whole="signed",
    ),
    Broken(
        "a mark of which nothing is told", ALL, by_hand(actions(lambda found: found.pop())),
        {"c2pa-2.4 c2pa-watermarked": NOT_MET}, whole="signed",
    ),
    Broken(
        "no mark", ALL, unmarked,
        {"eu-ai-act-50 imperceptible-mark": NOT_MET, "ca-sb-942 hard-to-remove": NOT_MET}, whole="signed",
    ),
    # A platform's copy, whose manifest comes back by the mark, and whose label somebody painted over.
    Broken("label covered", "cn-gb-45438", covered, {"cn-gb-45438 visible-label": NOT_MET}, whole="copy"),
    Broken("label covered", "in-it-rules", covered, {"in-it-rules visible-label": NOT_MET}, whole="copy"),
    Broken("label covered", "eu-ai-act-50", covered, {"eu-ai-act-50 deep-fake-label": OPEN_NOW}, whole="copy"),
    Broken(
        "label covered", "kr-ai-basic", covered,
        {"kr-ai-basic label": OPEN_NOW, "kr-ai-basic realistic-label": OPEN_NOW}, whole="copy",
    ),
    Broken("cropped", "in-it-rules", cropped, {"in-it-rules visible-label": OPEN_NOW}, whole="copy"),
]  # fmt: skip


@pytest.mark.parametrize("broken", BROKEN, ids=lambda one: f"{one.what} ({one.laws if one.laws != ALL else 'all'})")
def test_one_thing_broken_makes_its_duties_fall_and_no_other(world: World, broken: Broken) -> None:
    path = broken.how(world, broken.laws)
    if broken.whole == "beginner":
        before = world.audit(world.stamped(broken.laws).path, broken.laws)
        after = world.beginner.audit(path, broken.laws)
    else:
        whole = {"stamped": lambda laws: world.stamped(laws).path, "signed": world.signed, "copy": world.copy}
        alone = broken.whole == "signed"
        before = world.audit(whole[broken.whole](broken.laws), broken.laws, alone=alone)
        after = world.audit(path, broken.laws, alone=alone)
    assert all(before[tuple(fallen.split())].outcome == "met" for fallen in broken.falls), "nothing else was broken"
    changed = {
        f"{law} {duty}": row.outcome for (law, duty), row in after.items() if row.outcome != before[law, duty].outcome
    }
    assert changed == broken.falls, {key: after[tuple(key.split())].evidence for key in {*changed, *broken.falls}}
    assert all(after[tuple(fallen.split())].advice for fallen in broken.falls)
