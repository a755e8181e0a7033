"""What is not in the finished file as it should be is not released; neither are captions without their file."""

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from countermark import keyring, outputs
from countermark.errors import LabelFailed, LabelUnfit, OutputExists
from countermark.evidence import DeclarationsDetails, Evidence
from countermark.marking import Added as _Added
from countermark.media import Looked
from countermark.provenance import Registry
from countermark.settings import Settings
from countermark.stamp import facts, stamp, stamp_frames
from countermark.tests import recipes
from countermark.tests.disclosure.declarations.files import packet, uuid

SIZE = (320, 240)


@pytest.fixture
def options(tmp_path: Path) -> Settings:
    keyring.init_development(tmp_path / "home")
    return Settings(home=tmp_path / "home")


@pytest.fixture
def in_between(monkeypatch: pytest.MonkeyPatch) -> None:
    """Something takes the video's name before it can appear."""
    real = outputs.release

    def refuse(finished: Path, target: Path, force: bool) -> None:
        if target.name == "a.stamped.mp4":
            raise OutputExists("came in between")
        real(finished, target, force)

    monkeypatch.setattr(outputs, "release", refuse)


def left_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.name != "home")


def test_a_label_that_would_start_after_the_end_is_found_out_once_that_is_known(
    tmp_path: Path, options: Settings
) -> None:
    def pictures() -> Iterator[NDArray[np.uint8]]:
        return recipes.pictures(24, SIZE)

    late = options.model_copy(update={"label": "Late [from:100s]"})
    with pytest.raises(LabelUnfit, match="after the clip's end"):
        stamp_frames(pictures, tmp_path / "out.mp4", size=SIZE, frame_rate=Fraction(24), facts=facts(), options=late)
    assert left_in(tmp_path) == []


def test_a_label_that_nobody_sees_is_none(tmp_path: Path, options: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """The painter fails: the manifest would say what is not so."""
    monkeypatch.setattr("countermark.disclosing.Added", lambda overlays, labels, keep: _Added((), labels, keep))
    labelled = options.model_copy(update={"label": "eu"})
    with pytest.raises(LabelFailed, match="not to be seen"):
        stamp(recipes.clip(tmp_path / "a.mp4", size=SIZE), facts=facts(), options=labelled)
    assert left_in(tmp_path) == ["a.mp4"]


def test_labels_for_machines_that_cannot_be_read_back_are_none(
    tmp_path: Path, options: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    from countermark import checking

    def deaf(*given: object, **how: object) -> Looked:
        looked = look_at(*given, **how)  # type: ignore[arg-type]
        kept: tuple[Evidence, ...] = tuple(
            one for one in looked.evidence if not isinstance(one.details, DeclarationsDetails)
        )
        return Looked(looked.video, looked.digest, looked.bytes, kept, looked.problems)

    look_at = checking.look_at
    monkeypatch.setattr(checking, "look_at", deaf)
    with pytest.raises(LabelFailed, match="labels for machines"):
        stamp(recipes.clip(tmp_path / "a.mp4", size=SIZE), facts=facts(), options=options)
    assert left_in(tmp_path) == ["a.mp4"]


@pytest.mark.usefixtures("in_between")
def test_captions_appear_with_their_file_or_not_at_all(tmp_path: Path, options: Settings) -> None:
    labelled = options.model_copy(update={"label": "ca"})
    with pytest.raises(OutputExists):
        stamp(recipes.clip(tmp_path / "a.mp4", size=SIZE), facts=facts(), captions=True, options=labelled)
    assert left_in(tmp_path) == ["a.mp4"]
    assert Registry(options.database_url).listing(1)[0].status == "withdrawn"


@pytest.mark.usefixtures("in_between")
def test_captions_that_were_there_stay_where_the_file_cannot_appear(tmp_path: Path, options: Settings) -> None:
    (tmp_path / "a.stamped.vtt").write_text("mine")
    labelled = options.model_copy(update={"label": "ca"})
    with pytest.raises(OutputExists):
        stamp(recipes.clip(tmp_path / "a.mp4", size=SIZE), facts=facts(), captions=True, force=True, options=labelled)
    assert left_in(tmp_path) == ["a.mp4", "a.stamped.vtt"]
    assert (tmp_path / "a.stamped.vtt").read_text() == "mine"


def test_what_is_passed_on_may_say_what_it_likes(tmp_path: Path, options: Settings) -> None:
    """A record with an unknown Label, and XMP that says nothing of ours, are no reason to refuse."""
    odd = '{"Label":"4","ContentProducer":"P","ProduceID":"7"}'
    source = recipes.clip(
        tmp_path / "a.mp4", size=SIZE, container={"movflags": "use_metadata_tags"}, metadata={"AIGC": odd}
    )
    done = stamp(source, facts=facts(), options=options)
    assert "AIGC" in done.written
    tool = packet("<xmp:CreatorTool>Kling AI 2.1</xmp:CreatorTool>")
    source = recipes.clip(tmp_path / "b.mp4", size=SIZE)
    source.write_bytes(source.read_bytes() + uuid(tool.encode()))
    done = stamp(source, facts=facts(), options=options.model_copy(update={"machine_labels": "none"}))
    assert "XMP" in done.written


def test_notes_are_carried_without_addresses_and_places(tmp_path: Path, options: Settings) -> None:
    notes = {"comment": "Filmed by Jane, jane@x.example, at 48.1351N 11.5820E", "synopsis": "+48.1351+011.5820/"}
    source = recipes.clip(tmp_path / "a.mkv", size=SIZE, metadata=notes)
    done = stamp(source, facts=facts(), options=options)
    content = done.path.read_bytes()
    assert b"Filmed by Jane" in content and b"jane@x" not in content and b"48.1351" not in content
    assert "COMMENT (in part)" in " ".join(done.not_carried).replace("comment", "COMMENT")
    everything = options.model_copy(update={"keep_metadata": "all"})
    done = stamp(source, tmp_path / "b.mkv", facts=facts(), options=everything)
    assert b"jane@x.example, at 48.1351N 11.5820E" in done.path.read_bytes()
