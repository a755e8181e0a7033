"""What a stamped file says of itself, on real files: labels drawn once, labels written once, an input's labels kept."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from countermark.disclosing import OWN, disclosed, forms_of, labels_of
from countermark.disclosure.machine.keeping import Kept
from countermark.errors import (
    CountermarkError,
    FontMissing,
    LabelFieldInvalid,
    LabelUnfit,
    OutputExists,
    ProfileUnmet,
)
from countermark.evidence import CredentialDetails, Declaration, DeclarationsDetails, RecordDetails
from countermark.labels_seen import labels_seen
from countermark.media.metadata import Field, metadata
from countermark.settings import Settings
from countermark.stamp import Encoding, Stamped, stamp, stamp_frames
from countermark.verdict import Verdict
from countermark.verify import verify
from tests import recipes
from tests.disclosing import PRODUCER, Maker, maker
from tests.disclosure.declarations.files import graph, packet, record, uuid
from tests.needs import program

OTHERS = "001191330106MA2CFLDG4R10001"
PLACE, PERSON, SYSTEM = "+48.1371+011.5754", "Jane Doe", "Dreamer"
COMPOSITE = "http://cv.iptc.org/newscodes/digitalsourcetype/compositeWithTrainedAlgorithmicMedia"
TRAINED = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Maker]:
    """Someone who asks for no timestamps."""
    with maker(tmp_path_factory.mktemp("home"), development=True) as made:
        yield Maker(made.home, made.options.model_copy(update={"tsa": None}))


@pytest.fixture(scope="module")
def clip(home: Maker) -> Path:
    return recipes.clip(home.home / "clip.mp4", size=(320, 240))


def left_by(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


# Which labels, and which forms ----------------------------------------------------------------------------------------


def forms(options: Settings, provider: str = "") -> list[str]:
    return [label.profile for label in labels_of(options, provider)]


def test_what_several_profiles_and_a_person_ask_for_is_drawn_once() -> None:
    assert forms(Settings(profile="all")) == ["cn", "eu", "in", "kr"]
    assert forms(Settings(profile="all", label="eu,cn")) == ["eu", "cn", "in", "kr"]
    assert forms(Settings(profile="eu-ai-act-50", label="eu\neu\nca"), "Acme") == ["eu", "ca"]
    assert forms(Settings(profile="eu-ai-act-50", label="Made by AI\nMade by AI\nBy Acme")) == [OWN, OWN, "eu"]
    assert forms(Settings(profile="ca-sb-942,c2pa-2.4")) == []


def test_a_form_is_drawn_as_the_person_asked_and_not_once_more_for_the_profile() -> None:
    (label,) = labels_of(Settings(profile="eu-ai-act-50", label="eu [lower-left 6%]"), "")
    assert (label.place, label.height_share) == ("lower-left", 0.06)
    twice = labels_of(Settings(label="eu [lower-left]\neu [upper-left]"), "")
    assert [one.place for one in twice] == ["lower-left"]


def test_forms_for_machines_add_up() -> None:
    assert forms_of(Settings()) == {"xmp"}
    assert forms_of(Settings(machine_labels="none")) == forms_of(Settings(machine_labels="")) == set()
    assert forms_of(Settings(machine_labels="none", profile="cn-gb-45438")) == {"xmp", "aigc"}
    assert forms_of(Settings(machine_labels=" tags , aigc")) == {"tags", "aigc"}


def test_under_a_law_an_inputs_labels_are_not_taken_off() -> None:
    none = Settings(keep_metadata="none", profile="eu-ai-act-50")
    with pytest.raises(LabelFieldInvalid, match="declares keys: AIGC"):
        disclosed(none, (640, 480), 1.0, Kept(dropped=("keys: AIGC: Label: 1",)))
    assert disclosed(none, (640, 480), 1.0, Kept()).kept == Kept()
    without = Settings(keep_metadata="none")
    assert disclosed(without, (640, 480), 1.0, Kept(dropped=("keys: AIGC: Label: 1",))).drawn == ()


def test_a_label_to_the_end_ends_with_the_clip() -> None:
    shown = disclosed(Settings(label="Made by AI\ncn"), (640, 480), None)
    assert [claim.span.end_s for claim in shown.claims(7.5)] == [7.5, 3.0]
    assert [claim.span.end_s for claim in shown.claims(2.0)] == [2.0, 2.0]


def test_a_label_of_the_settings_is_drawn_and_named_in_the_manifest(home: Maker, clip: Path) -> None:
    done = home.stamp(clip, "labelled.mp4", label="Made by AI\neu", machine_labels="none")
    assert [label.text for label in done.labels] == ["Made by AI", "AI generated"]
    verdict = verify(done.path, options=home.options)
    assert credentials(verdict).labels == done.labels
    assert all(one.finding == "present" for one in labels_seen(done.path, done.labels, home.options))
    assert done.written == () and declared(verdict) == ()
    assert not [one for one in metadata(done.path).fields if one.name == "XMP"]


# Nothing is begun that could not be finished --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("settings", "error", "told"),
    [
        ({"machine_labels": "xmp,exif"}, LabelFieldInvalid, "exif"),
        ({"machine_labels": "aigc", "aigc_producer": None}, LabelFieldInvalid, "producer"),
        ({"machine_labels": "aigc", "aigc_producer": "with space"}, LabelFieldInvalid, "ContentProducer"),
        ({"label": "word " * 39}, LabelUnfit, "320 x 240"),
        ({"label": "turned \u202eround"}, LabelUnfit, "202E"),
        ({"label": "AI [from:2s]"}, LabelUnfit, "after the clip's end"),
        ({"label": "AI [white/white]"}, LabelUnfit, "read"),
        ({"label": "a letter that nobody draws: \U00030eee"}, FontMissing, "30EEE"),
        ({"profile": "cn-gb-45438", "aigc_producer": None}, ProfileUnmet, "code"),
        ({"profile": "eu-ai-act-50", "provider": ""}, ProfileUnmet, "provider"),
    ],
    ids=str,
)
def test_what_can_not_be_said_is_refused_and_leaves_nothing(
    tmp_path: Path, home: Maker, settings: dict[str, str], error: type[CountermarkError], told: str
) -> None:
    source = recipes.clip(tmp_path / "clip.mp4", size=(320, 240))
    options = home.options.model_copy(update=settings)
    with pytest.raises(error, match=told) as caught:
        stamp(source, facts=home.facts(provider=options.provider), options=options)
    assert caught.value.advice
    assert left_by(tmp_path) == ["clip.mp4"]


def test_frames_are_not_asked_for_before_their_label_fits(tmp_path: Path, home: Maker) -> None:
    def pictures() -> Iterator[NDArray[np.uint8]]:
        raise AssertionError("no picture is needed to see that a label does not fit")

    options = home.options.model_copy(update={"label": "word " * 39})
    target, rate = tmp_path / "out.mp4", Fraction(24)
    with pytest.raises(LabelUnfit):
        stamp_frames(pictures, target, size=(320, 240), frame_rate=rate, facts=home.facts(), options=options)
    assert left_by(tmp_path) == []


def test_a_label_beside_the_clip_is_not_in_it_and_fulfils_no_duty_to_show_it(tmp_path: Path, home: Maker) -> None:
    source = recipes.clip(tmp_path / "clip.mp4", size=(320, 240))
    options = home.options.model_copy(update={"profile": "cn-gb-45438"})
    (tmp_path / "out.vtt").write_text("mine")
    with pytest.raises(OutputExists):
        stamp(source, tmp_path / "out.mp4", facts=home.facts(), captions=True, options=options)
    assert left_by(tmp_path) == ["clip.mp4", "out.vtt"]

    done = stamp(source, tmp_path / "other.mp4", facts=home.facts(), captions=True, options=options)
    assert [path.name for path in done.beside] == ["other.vtt", "other.ai.png"]
    assert "AI生成" in done.beside[0].read_text()
    assert done.labels == credentials(verify(done.path, options=options)).labels == ()
    assert home.audit(done.path, "cn-gb-45438")["cn-gb-45438", "visible-label"].outcome == "not met"
    assert left_by(tmp_path) == ["clip.mp4", "other.ai.png", "other.mp4", "other.vtt", "out.vtt"]


# Pictures of every kind -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("rotation", [90, 180, 270])
def test_the_label_of_a_turned_clip_is_upright_for_who_sees_it(home: Maker, rotation: int) -> None:
    size = (320, 240) if rotation == 180 else (400, 240)
    source = recipes.clip(home.home / f"turned{rotation}.mp4", size=size, rotation=rotation)
    done = home.stamp(source, f"turned{rotation}.stamped.mp4", label="cn")
    (seen,) = labels_seen(done.path, done.labels, home.options)
    assert seen.finding == "present", seen.details
    region = done.labels[0].region
    assert region.y < 0.2 and region.x < 0.2, "the upper left, as a person sees it"
    wide, high = size if rotation == 180 else size[::-1]
    assert region.width * wide > region.height * high, "letters stand beside each other"


def test_frames_carry_a_label_to_their_end(home: Maker) -> None:
    size, target = (320, 240), home.home / "frames.mp4"
    done = stamp_frames(
        lambda: recipes.pictures(36, size),
        target,
        size=size,
        frame_rate=Fraction(24),
        facts=home.facts(),
        encoding=Encoding(preset="veryfast"),
        options=home.options.model_copy(update={"label": "in\nMade by Acme [0.5s]"}),
    )
    assert [(label.span.start_s, label.span.end_s) for label in done.labels] == [(0.0, 1.5), (0.0, 0.5)]
    assert credentials(verify(target, options=home.options)).labels == done.labels
    assert [one.finding for one in labels_seen(target, done.labels, home.options)] == ["present", "present"]


# What an input said of itself -----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def told(home: Maker) -> Path:
    """A clip that declares in every way that it is synthetic, and gives away a place and people."""
    tags = {
        "AIGC": record(ContentProducer=OTHERS),
        "prompt": json.dumps(graph()),
        "title": "A walk",
        "location": f"{PLACE}/",
        "com.apple.quicktime.location.ISO6709": f"{PLACE}+520/",
        "com.apple.quicktime.make": "Apple",
        "artist": PERSON,
    }
    source = recipes.clip(
        home.home / "told.mp4", size=(320, 240), metadata=tags, container={"movflags": "use_metadata_tags"}
    )
    said = {"DigitalSourceType": COMPOSITE, "AISystemUsed": SYSTEM, "AIPromptWriterName": PERSON}
    inside = "".join(f"<Iptc4xmpExt:{name}>{value}</Iptc4xmpExt:{name}>" for name, value in said.items())
    both = packet(f"{inside}<exif:GPSLatitude>48,8.2N</exif:GPSLatitude><dc:creator>{PERSON}</dc:creator>")
    source.write_bytes(source.read_bytes() + uuid(both.encode()))
    return source


@dataclass(frozen=True)
class Says:
    """What a stamped file says, as the product's own examiner and readers find it."""

    done: Stamped
    declarations: tuple[Declaration, ...]
    earlier: tuple[str, ...]
    fields: tuple[Field, ...]

    def records(self) -> list[dict[str, str]]:
        """China's records, whole; the examiner, which cuts them, finds as many."""
        found = [json.loads(one.value) for one in self.fields if one.name == "AIGC"]
        assert len(found) == len(self.values("aigc"))
        return found

    def values(self, form: str) -> set[str]:
        return {one.value for one in self.declarations if one.form == form}

    def has(self, text: str) -> bool:
        return any(text.encode() in one.value for one in self.fields)


def says(home: Maker, source: Path, suffix: str = ".mp4", **settings: str) -> Says:
    options = home.options.model_copy(update=settings)
    target = home.home / f"said{len(left_by(home.home))}{suffix}"
    encoding = Encoding(preset="veryfast") if suffix != ".webm" else Encoding()
    done = stamp(source, target, facts=home.facts(), encoding=encoding, options=options, remark=True)
    verdict = verify(target, options=home.options)
    return Says(done, declared(verdict), credentials(verdict).earlier, metadata(target).fields)


def declared(verdict: Verdict) -> tuple[Declaration, ...]:
    found = next(e.details for e in verdict.evidence if isinstance(e.details, DeclarationsDetails))
    assert found.problems == ()
    return found.declarations


def credentials(verdict: Verdict) -> CredentialDetails:
    own = [e.details for e in verdict.evidence if isinstance(e.details, CredentialDetails)]
    led = [e.details.credentials for e in verdict.evidence if isinstance(e.details, RecordDetails)]
    return next(one for one in (*own, *led) if one is not None)


@pytest.mark.parametrize("suffix", [".mp4", ".mov", ".mkv", ".webm"])
def test_an_inputs_labels_are_kept_and_named_and_its_people_and_places_are_not(
    home: Maker, told: Path, suffix: str
) -> None:
    said = says(home, told, suffix, machine_labels="xmp,tags,aigc")
    (kept,) = said.records()
    assert (kept["Label"], kept["ContentProducer"], kept["ProduceID"]) == ("1", OTHERS, "v-0001")
    assert (kept["ContentPropagator"], kept["PropagateID"]) == (PRODUCER, said.done.manifest_id)
    assert said.values("workflow") == {"ComfyUI, 3 nodes, model CogVideoX-5b"} and said.has("THUDM/CogVideoX-5b")
    assert TRAINED in said.values("iptc") and COMPOSITE not in said.values("iptc"), "ours stands in its place"
    assert said.has("A walk") and not any(map(said.has, (PLACE, PERSON, "Apple", "48,8.2N")))
    named = "\n".join(said.earlier)
    assert all(part in named for part in (OTHERS, "ComfyUI", COMPOSITE, SYSTEM)), named
    assert PERSON not in named and PLACE not in named
    assert said.done.declared == said.earlier
    left = " ".join(said.done.not_carried)
    assert "location" in left and "artist" in left and PERSON not in left


def test_a_record_is_left_as_it_came_where_none_is_asked_of_us(home: Maker, told: Path) -> None:
    said = says(home, told, machine_labels="none")
    (kept,) = said.records()
    assert (kept["ContentProducer"], kept["ContentPropagator"]) == (OTHERS, "")
    assert {COMPOSITE, SYSTEM} <= said.values("iptc"), "nothing of ours takes its place"
    assert not said.has(PERSON) and not said.has(said.done.manifest_id)


def test_all_is_kept_where_that_is_asked(home: Maker, told: Path) -> None:
    said = says(home, told, keep_metadata="all")
    assert all(map(said.has, (PLACE, PERSON, "Apple", "48,8.2N", "A walk", OTHERS, "THUDM/CogVideoX-5b")))
    assert len(said.records()) == 1 and COMPOSITE not in said.values("iptc")
    assert PLACE not in "\n".join(said.earlier), "the record names labels"


def test_nothing_is_kept_where_that_is_asked(home: Maker, told: Path) -> None:
    said = says(home, told, keep_metadata="none")
    assert not any(map(said.has, (PLACE, PERSON, "Apple", "48,8.2N", "A walk", OTHERS, "THUDM/CogVideoX-5b")))
    assert said.records() == [] and said.earlier == said.done.declared == ()
    assert said.values("iptc") == {TRAINED, "acme-video", "3"}


def test_that_an_inputs_labels_are_kept_meets_the_duty_and_without_them_nobody_knows(home: Maker, told: Path) -> None:
    law, duty = "eu-ai-act-50", ("eu-ai-act-50", "inputs-kept")
    found = {keep: home.audit(says(home, told, keep_metadata=keep).done.path, law)[duty] for keep in ("labels", "none")}
    assert found["labels"].outcome == "met" and OTHERS in found["labels"].evidence
    assert found["none"].outcome == "not decidable"


def test_stamping_again_keeps_one_of_each(home: Maker, told: Path) -> None:
    """The second stamp finds what the first has written."""
    first = says(home, told, machine_labels="xmp,tags,aigc", label="cn")
    again = says(home, first.done.path, machine_labels="xmp,tags,aigc", provider="Another")
    (kept,) = again.records()
    assert (kept["ContentProducer"], kept["PropagateID"]) == (OTHERS, again.done.manifest_id)
    fields = [one.name.lower() for one in again.fields]
    assert fields.count("xmp") == 1 and len(set(fields)) == len(fields)
    assert again.has(again.done.manifest_id) and not again.has(first.done.manifest_id)
    parents = credentials(verify(again.done.path, options=home.options)).ingredients
    assert [one.manifest_id for one in parents] == [first.done.manifest_id]


@pytest.mark.parametrize("how", [(), ("-movflags", "+faststart")], ids=["plain", "faststart"])
def test_what_most_copies_keep_still_declares(tmp_path: Path, home: Maker, how: tuple[str, ...]) -> None:
    """ffmpeg drops XMP and tags that it does not know; the comment stays."""
    done = home.stamp(recipes.clip(tmp_path / "clip.mp4", size=(320, 240)), f"copied from {len(how)}.mp4")
    copied = tmp_path / "copied.mp4"
    made = [program("ffmpeg", "ffmpeg"), "-v", "error", "-i", str(done.path), "-c", "copy", *how, str(copied)]
    subprocess.run(made, check=True, timeout=60)
    assert [field.name for field in metadata(copied).fields if field.name in ("XMP", "AIGC")] == []
    found = [e.details for e in verify(copied, options=home.options).evidence]
    (details,) = [one for one in found if isinstance(one, DeclarationsDetails)]
    assert [(one.says, one.form) for one in details.declarations] == [("synthetic", "iptc")]


def test_a_comment_of_the_makers_stays(tmp_path: Path, home: Maker) -> None:
    source = recipes.clip(tmp_path / "clip.mp4", size=(320, 240), metadata={"comment": "My holidays"})
    done = home.stamp(source, "mine.mp4")
    assert [field.value for field in metadata(done.path).fields if field.name == "©cmt"] == [b"My holidays"]
