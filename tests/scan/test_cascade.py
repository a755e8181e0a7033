"""The cheapest look first: its last word is that of `verify`, it says what it spared, and no object stops it."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
from dataclasses import replace
from functools import cached_property
from pathlib import Path

import pytest

from countermark import keyring, verify
from countermark.errors import CountermarkError, RegistryUnavailable
from countermark.moderation.policies import default, written
from countermark.objects import Listed, browsed
from countermark.scan import STAGES, Cascade, Outcomes, Plan
from countermark.scan.cascade import SPARED, Known
from countermark.settings import Settings
from countermark.stamp import facts, stamp
from countermark.tests import recipes
from countermark.tests.disclosing import platform_copy

NOT_TEXT = os.fsdecode(b"not text \xff.mp4")
ODD = ("with spaces.mp4", "雪 ü.mp4", "-rf ; $(x) %41.mp4", NOT_TEXT, "line\nbreak.mp4")


class World:
    """Videos of each kind, made once, and who looks at them."""

    def __init__(self, home: Path) -> None:
        keyring.init_development(home / "home")
        self.options = Settings(home=home / "home", detector="unproven")
        self.folder = home / "videos"
        self.folder.mkdir()

    @cached_property
    def stamped(self) -> Path:
        plain = recipes.clip(self.folder.parent / "a.mp4", size=(320, 240), seconds=2)
        return stamp(plain, self.folder / "stamped.mp4", facts=facts(), options=self.options).path

    @cached_property
    def unmarked(self) -> Path:
        return recipes.clip(self.folder / "unmarked.mp4", size=(64, 64), seconds=1, seed=3)

    @cached_property
    def changed(self) -> Path:
        """Give what was changed after it was signed."""
        content = bytearray(self.stamped.read_bytes())
        at = content.index(b"mdat") + 3000
        content[at : at + 4] = bytes(255 - one for one in content[at : at + 4])
        (self.folder / "changed.mp4").write_bytes(content)
        return self.folder / "changed.mp4"

    @cached_property
    def recoded(self) -> Path:
        """Give what has lost its manifest, and keeps its mark."""
        target = self.folder / "recoded.mp4"
        platform_copy(self.stamped, target, self.options)
        return target

    @cached_property
    def cut(self) -> Path:
        return recipes.cut(self.unmarked, self.folder / "cut.mp4", 0.5)

    @cached_property
    def heard(self) -> Path:
        return recipes.sound_only(self.folder / "heard.mp4")

    def line(self, path: Path, known: Known = lambda digest: None, **plan: object) -> Outcomes:
        place = browsed(str(path.parent))
        cascade = Cascade(Plan((place.url,), **plan), self.options)  # type: ignore[arg-type]
        return cascade.line(place, Listed(path.name, 1), path.parent.parent, known)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return World(tmp_path_factory.mktemp("world"))


@pytest.mark.parametrize("kind", ["stamped", "unmarked", "changed", "recoded"])
def test_its_last_word_is_that_of_verify(world: World, kind: str) -> None:
    path = getattr(world, kind)
    always = world.options.model_copy(update={"detector": "always"})  # as one who wants every look taken asks it
    verdict, line = verify.verify(path, options=always), world.line(path, settled_by=())
    assert (line.outcome, line.also, line.sureness) == (verdict.outcome, verdict.also, verdict.sureness)
    assert set(verdict.basis) == set(line.basis) and line.stage == "detector" and line.error is None
    # How many frames were shown depends on how often they were looked at; what was damaged does not.
    assert _uncounted(verdict.reasons) == _uncounted(line.reasons)
    assert world.line(path).outcome == verdict.outcome
    assert line.bytes == path.stat().st_size and line.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


def test_the_kinds_are_what_they_are_called(world: World) -> None:
    outcomes = {kind: world.line(getattr(world, kind)).outcome for kind in ("stamped", "recoded", "changed")}
    assert outcomes["stamped"] == outcomes["recoded"] == "ai_generated", outcomes
    assert world.line(world.unmarked).outcome != "ai_generated"


@pytest.mark.parametrize("kind", ["cut", "heard"])
def test_what_is_broken_has_the_reason_that_verify_gives(world: World, kind: str) -> None:
    path = getattr(world, kind)
    line = world.line(path)
    try:
        verdict = verify.verify(path, options=world.options)
    except CountermarkError as error:
        told = {"type": type(error).__name__, "message": str(error), "advice": error.advice}
        assert line.outcome is None and line.error is not None
        assert line.error == {**told, "message": told["message"].replace(f"{path.parent}/", "")}
    else:
        assert (line.outcome, line.error) == (verdict.outcome, None)


def test_what_is_settled_spares_the_dearer_looks_and_says_so(world: World) -> None:
    line = world.line(world.stamped)
    assert (line.outcome, line.sureness, line.scores) == ("ai_generated", "proven", {})
    spared = [SPARED[one] for one in STAGES[STAGES.index(line.stage) + 1 :]]
    assert spared and set(spared) <= set(line.not_looked_at)
    assert set(line.seconds) == set(STAGES[: STAGES.index(line.stage) + 1])
    thorough = world.line(world.stamped, settled_by=())
    assert "generated" in thorough.scores and not set(SPARED.values()) & set(thorough.not_looked_at)


@pytest.mark.parametrize("to", STAGES)
def test_no_dearer_look_is_taken_than_was_asked_for(world: World, to: str) -> None:
    line = world.line(world.unmarked, to=to)
    assert line.stage == to and (line.outcome is None) == (to == "digest") and line.error is None
    if to != "digest":
        assert {SPARED[one] for one in STAGES[STAGES.index(line.stage) + 1 :]} <= set(line.not_looked_at)
    assert bool(line.scores) == (to == "detector")


def test_a_detector_that_the_settings_leave_out_is_not_asked(world: World) -> None:
    place = browsed(str(world.unmarked.parent))
    cascade = Cascade(Plan((place.url,)), world.options.model_copy(update={"detector": "never"}))
    line = cascade.line(place, Listed(world.unmarked.name, 1), world.folder, lambda digest: None)
    assert (line.stage, line.scores) == ("pictures", {}) and SPARED["detector"] in line.not_looked_at


def test_the_same_bytes_are_looked_at_once(world: World, tmp_path: Path) -> None:
    first = world.line(world.unmarked, to="container")
    copy = Path(shutil.copyfile(world.unmarked, tmp_path / "copy.mp4"))
    asked: list[str] = []

    def known(digest: str) -> Outcomes:
        asked.append(digest)
        return first

    second = world.line(copy, known)
    assert asked == [first.sha256] and (second.name, second.same_as, second.stage) == ("copy.mp4", first.name, "digest")
    assert (second.outcome, second.reasons, second.not_looked_at) == (first.outcome, first.reasons, first.not_looked_at)
    assert set(second.seconds) == {"digest"} and second.url == tmp_path.as_uri()
    third = world.line(copy, lambda digest: replace(second, name="another.mp4"))
    assert third.same_as == first.name, "it names what was looked at"


@pytest.mark.parametrize("name", ODD)
def test_whatever_a_name_holds(world: World, tmp_path: Path, name: str) -> None:
    shutil.copyfile(world.unmarked, tmp_path / name)
    line = world.line(tmp_path / name, to="pictures")
    assert (line.name, line.outcome, line.error) == (name, "no_evidence", None)


def test_what_can_not_be_looked_at_has_a_reason_in_its_own_name(world: World, tmp_path: Path) -> None:
    (tmp_path / "empty.mp4").touch()
    (tmp_path / "text.mp4").write_text("these are words\n" * 50)
    (tmp_path / NOT_TEXT).write_text("these are words\n" * 50)
    said = {name: world.line(tmp_path / name) for name in ("empty.mp4", "text.mp4", NOT_TEXT, "gone.mp4")}
    kinds = {name: (line.error or {}).get("type") for name, line in said.items()}
    assert kinds == {
        "empty.mp4": "InputEmpty",
        "text.mp4": "UnreadableVideo",
        NOT_TEXT: "UnreadableVideo",
        "gone.mp4": "ObjectMissing",
    }
    for name, line in said.items():
        assert line.error is not None and line.error["message"] and line.error["advice"] and line.outcome is None
        assert str(tmp_path) not in json.dumps(line.error), name
    assert said["text.mp4"].error["message"].startswith("text.mp4: ")  # type: ignore[index]


def test_a_fault_of_ours_is_a_reason_and_no_end(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*words: object) -> None:
        raise RuntimeError("a secret path")

    monkeypatch.setattr(verify, "judged", broken)
    line = world.line(world.unmarked, to="container")
    assert line.error is not None and line.error["type"] == "Unexpected" and "secret" not in str(line.error)


def test_a_database_that_is_away_is_no_fault_of_the_object(world: World) -> None:
    def away(digest: str) -> None:
        raise RegistryUnavailable("it is away")

    with pytest.raises(RegistryUnavailable):
        world.line(world.unmarked, away)


def test_a_policy_says_what_it_makes_of_each(world: World, tmp_path: Path) -> None:
    (tmp_path / "text.mp4").write_text("these are words\n")
    policy = written(default("video-platform"))
    good, bad = world.line(world.stamped, policy=policy), world.line(tmp_path / "text.mp4", policy=policy)
    assert good.ruling is not None and good.ruling["rules"] and good.ruling["actions"]
    assert bad.ruling is not None and bad.ruling["effect"] == "review" and bad.ruling["unsure"]


def _uncounted(reasons: tuple[str, ...]) -> set[str]:
    return {re.sub(r"of \d+ frames", "of all frames", reason) for reason in reasons}
