"""A head that is fitted to a few clips finds more of their kind, spoils nothing, and its file is believed in nothing.

The model here finds what is redder than blue; the new generator is one that makes everything greenish.
"""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from countermark.detector.adapting import adapted
from countermark.detector.adapting.adapt import adapt, clips_in, fit, harm_of
from countermark.detector.adapting.adapted import AdaptedHead, applied, calibration, from_json, load, to_json
from countermark.detector.adapting.bank import bank_of, read_bank, write_bank
from countermark.detector.adapting.head_fit import NEW
from countermark.detector.adapting.samples import COPIES, Sample, Seen, names, sample
from countermark.detector.model import Model
from countermark.detector.model import load as load_model
from countermark.detector.network import read_card
from countermark.errors import (
    AdaptationRefused,
    DetectorUnreadable,
    HeadUnfit,
    InputMissing,
    OutputExists,
    OutputUnwritable,
)
from countermark.settings import Limits, Settings
from tests import recipes
from tests.detector import small
from tests.detector.readings import reading

SIZE = (160, 144)


def tinted(green: float) -> Callable[[int, tuple[int, int], int], Iterator[NDArray[np.uint8]]]:
    def source(count: int, size: tuple[int, int], seed: int) -> Iterator[NDArray[np.uint8]]:
        for picture in recipes.pictures(count, size, seed):
            shifted = picture.astype(np.int16) + np.array([0, green, 0], np.int16)
            yield np.clip(shifted, 0, 255).astype(np.uint8)

    return source


def clip(path: Path, green: float, seed: int, frames: int = 8) -> Path:
    """Eight frames are too few for the statistics of a segment, and enough to be judged: as in the bank below."""
    return recipes.clip(path, seconds=frames / 8, size=SIZE, fps=8, seed=seed, source=tinted(green))


def numbers(green: float, seed: int, red: float = 0.0, **facts: object) -> Sample:
    """A clip as a bank holds it: means of red, green and blue, and what the small model makes of them."""
    chance = np.random.default_rng(seed)
    copies = []
    for _ in COPIES:
        colours = 0.45 + np.array([red, green, -red]) / 255 + chance.normal(0, 0.02, (2, 3))
        logit = (colours[:, 0] - colours[:, 2]) * 255 / small.LEVELS
        whole = np.array([logit.mean(), logit.mean(), logit.mean(), 0.5, logit.max(), 0.1], np.float32)
        rows = np.concatenate([colours, np.tile(whole, (2, 1))], axis=1).astype(np.float32)
        copies.append(Seen(rows, whole, np.zeros(0, np.float32), "small"))
    plain = {"name": str(seed), "group": f"source {seed % 7}", "synthetic": False, "seconds": 2.0}
    return Sample(**{**plain, **facts}, copies=tuple(copies))


REALS = [numbers(0, seed) for seed in range(40)]
REDS = [numbers(0, seed, 60, group=f"reds {seed % 2}", synthetic=True) for seed in range(100, 110)]


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Model:
    folder = small.model(tmp_path_factory.mktemp("model") / "small")
    made = load_model(str(folder))
    write_bank([*REALS, *REDS], bank_of(made.weights), read_card(made.weights).version)
    return made


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("clips")
    for name, green, count in (("greens", 40.0, 3), ("reals", 0.0, 2)):
        (folder / name).mkdir()
        for seed in range(count):
            clip(folder / name / f"{seed}.mp4", green, seed)
    (folder / "greens" / "notes.txt").write_text("from the maker's page")
    return folder


@pytest.fixture(scope="module")
def head(model: Model) -> AdaptedHead:
    greens = [numbers(40, seed, group=NEW, synthetic=True) for seed in range(200, 206)]
    return fit([*REALS, *REDS, *greens], model, "greens", read_card(model.weights).version)


def test_clips_of_an_unknown_generator_are_found_after_a_few_of_them(model: Model, clips: Path, tmp_path: Path) -> None:
    told: list[float] = []
    done = adapt(
        clips / "greens", clips / "reals", "greens",
        model=model, options=Settings(home=tmp_path), progress=told.append,
    )  # fmt: skip
    figures = done.head.figures
    assert (figures.clips, figures.reals) == (3, 42)
    assert figures.seconds == 3.0
    assert figures.auc > 0.95 > 0.8 > figures.auc_without
    assert [words.partition(":")[0] for words in done.left_out] == ["notes.txt"]
    assert (done.harm, told[-1]) == ("", 1.0)
    assert load(tmp_path, "greens") == done.head
    assert done.path.stat().st_size < 20_000
    fresh = sample(clip(tmp_path / "new.mp4", 40, 77), model.weights, Limits(), group="", synthetic=True)
    plain = sample(clip(tmp_path / "real.mp4", 0, 78), model.weights, Limits(), group="", synthetic=False)
    assert isinstance(fresh, Sample) and isinstance(plain, Sample)
    ours, real = (adapted.log_odds(done.head.head, one.copies[0], model) for one in (fresh, plain))
    assert ours > max(0.0, real)


def test_what_was_known_before_is_known_after(model: Model, head: AdaptedHead) -> None:
    figures = head.figures
    assert figures.known_auc >= figures.known_auc_without - 0.02
    assert figures.false_alarms <= figures.false_alarms_without + 0.02
    assert harm_of(figures) == ""
    for red in REDS:
        assert adapted.log_odds(head.head, red.copies[0], model) > 0


def test_a_head_scores_what_a_look_saw(model: Model, head: AdaptedHead) -> None:
    def look(red: float, green: float, blue: float) -> float:
        logit = (red - blue) * 255 / small.LEVELS
        plain = reading([[logit] * 8] * 2)
        colours = np.tile(np.array([[red, green, blue]], np.float32), (3, 1))
        frames = tuple(dataclasses.replace(frame, embeddings=colours) for frame in plain.frames)
        return applied(model, head, dataclasses.replace(plain, frames=frames))

    assert look(0.45, 0.6, 0.45) > look(0.45, 0.45, 0.45)
    assert look(0.65, 0.45, 0.25) > look(0.45, 0.45, 0.45)  # what was known before


def test_a_head_that_does_harm_is_called_so(head: AdaptedHead) -> None:
    worse = dataclasses.replace(head.figures, false_alarms=head.figures.false_alarms_without + 0.03)
    assert "false alarms" in harm_of(worse)
    worse = dataclasses.replace(head.figures, known_auc_without=0.9, known_auc=0.87)
    assert "known" in harm_of(worse)


def test_clips_that_differ_in_nothing_teach_nothing(model: Model) -> None:
    same = [numbers(0, seed, group=NEW, synthetic=True) for seed in range(300, 306)]
    figures = fit([*REALS, *REDS, *same], model, "same", read_card(model.weights).version).figures
    assert figures.found <= 0.34  # chance finds one of six, perhaps two
    assert figures.false_alarms <= figures.false_alarms_without + 0.02


def test_thresholds_are_those_of_real_clips_that_the_head_was_not_fitted_to(model: Model, head: AdaptedHead) -> None:
    after = calibration(model, head)
    assert len(after.reals) == len(REALS)
    assert sum(score >= after.high_recall for score in after.reals) / len(REALS) <= after.high_recall_fpr


def test_a_bank_comes_back_as_it_was_written(model: Model) -> None:
    found = read_bank(bank_of(model.weights), read_card(model.weights).version)
    assert [(one.name, one.group, one.synthetic) for one in found] == [
        (one.name, one.group, one.synthetic) for one in [*REALS, *REDS]
    ]
    np.testing.assert_allclose(found[3].copies[1].segments, REALS[3].copies[1].segments, rtol=2e-3, atol=2e-3)
    assert found[3].copies[1].stratum == "small"
    with pytest.raises(DetectorUnreadable, match="not another"):
        read_bank(bank_of(model.weights), "another")


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 no more", b"\x93NUMPY"])
def test_a_damaged_bank_is_named(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x.reference.npz").write_bytes(content)
    with pytest.raises(DetectorUnreadable, match="x.reference.npz"):
        read_bank(tmp_path / "x.reference.npz", "1")


class TestBadInput:
    def refused(self, kind: type[Exception], match: str, *given: Path | None, model: Model, home: Path) -> None:
        with pytest.raises(kind, match=match):
            adapt(*given, "name", model=model, options=Settings(home=home))
        assert not list((home / "heads").glob("*.json"))

    def test_no_folder_no_clips_one_clip(self, model: Model, clips: Path, tmp_path: Path) -> None:
        (tmp_path / "none").mkdir()
        (tmp_path / "one").mkdir()
        (tmp_path / "one" / "a.mp4").write_bytes((clips / "greens" / "0.mp4").read_bytes())
        (tmp_path / "one" / "same.mp4").write_bytes((clips / "greens" / "0.mp4").read_bytes())
        recipes.clip(tmp_path / "one" / "short.mp4", seconds=0.2, size=SIZE)
        for kind, match, name in (
            (InputMissing, "no such folder", "nowhere"),
            (AdaptationRefused, "no clips", "none"),
            (AdaptationRefused, r"1 of the 3 files .*short.mp4: it showed", "one"),
        ):
            self.refused(kind, match, tmp_path / name, None, model=model, home=tmp_path)

    def test_the_same_file_on_both_sides(self, model: Model, clips: Path, tmp_path: Path) -> None:
        (tmp_path / "reals").mkdir()
        (tmp_path / "reals" / "mine.mp4").write_bytes((clips / "greens" / "1.mp4").read_bytes())
        both = (clips / "greens", tmp_path / "reals")
        self.refused(AdaptationRefused, "1.mp4 and mine.mp4 are the same", *both, model=model, home=tmp_path)

    def test_a_name_that_is_taken_is_refused_before_any_work(
        self, model: Model, head: AdaptedHead, clips: Path, tmp_path: Path
    ) -> None:
        adapted.keep(tmp_path, head)
        with pytest.raises(OutputExists, match="greens already"):
            adapt(clips / "nowhere", None, "greens", model=model, options=Settings(home=tmp_path))
        with pytest.raises(HeadUnfit, match="no name"):
            adapt(clips / "nowhere", None, "../greens", model=model, options=Settings(home=tmp_path))

    def test_a_home_that_is_a_file(self, model: Model, clips: Path, tmp_path: Path) -> None:
        (tmp_path / "home").write_text("")
        with pytest.raises(OutputUnwritable):
            adapt(clips / "greens", None, "greens", model=model, options=Settings(home=tmp_path / "home"))

    def test_hidden_files_are_no_clips(self, tmp_path: Path) -> None:
        for name in (".hidden.mp4", "seen.mp4", ".folder/a.mp4", "folder/b.mp4"):
            (tmp_path / name).parent.mkdir(exist_ok=True)
            (tmp_path / name).write_bytes(b"x")
        assert [path.name for path in clips_in(tmp_path)] == ["b.mp4", "seen.mp4"]


class TestFiles:
    def test_a_head_is_kept_listed_handed_on_and_removed(self, head: AdaptedHead, tmp_path: Path) -> None:
        here, there = tmp_path / "here", tmp_path / "there"
        adapted.keep(here, head)
        (here / "heads" / "spoilt.json").write_text("{")
        facts = adapted.listing(here)
        assert [(one.name, one.head is None) for one in facts] == [("greens", False), ("spoilt", True)]
        adapted.export(here, "greens", tmp_path / "out.json")
        with pytest.raises(OutputExists):
            adapted.export(here, "greens", tmp_path / "out.json")
        taken = adapted.take_in(there, tmp_path / "out.json", "other")
        assert load(there, "other") == taken == dataclasses.replace(head, name="other")
        with pytest.raises(OutputExists):
            adapted.take_in(there, tmp_path / "out.json", "other")
        for name in ("greens", "spoilt"):
            adapted.remove(here, name)
        assert adapted.listing(here) == ()
        with pytest.raises(HeadUnfit, match="no head is called greens"):
            adapted.remove(here, "greens")
        with pytest.raises(HeadUnfit, match="no head is called greens"):
            load(here, "greens")

    def test_a_head_of_another_model_is_refused(self, model: Model, head: AdaptedHead) -> None:
        for other in ({"version": "ffff"}, {"network": "ffff"}):
            with pytest.raises(HeadUnfit, match="is made for"):
                adapted.check_model(model, dataclasses.replace(head, **other))

    @pytest.mark.parametrize(
        "change",
        [
            {"kind": "something else"},
            {"name": "../../etc/passwd"},
            {"name": "Greens"},
            {"made": "yesterday"},
            {"model": "x\x1b[2J"},
            {"version": ["a"]},
            {"head": None},
            {"head": {}},
            {"head": {"bias": math.inf}},
            {"head": {"bias": "nan"}},
            {"head": {"bias": 1e9}},
            {"head": {"weights": [1.0]}},
            {"head": {"scale": [0.0] * len(names(3))}},
            {"head": {"mean": [math.nan] * len(names(3))}},
            {"head": {"names": [["deep"]] * len(names(3))}},
            {"reals": []},
            {"reals": [3.0, 1.0]},
            {"reals": [0.0] * 5000},
            {"figures": {"auc": 7}},
            {"figures": {"clips": 0}},
            {"figures": {"more": 1}},
            {"more": 1},
        ],
        ids=str,
    )
    def test_a_hostile_file_is_refused_in_one_line(
        self, head: AdaptedHead, tmp_path: Path, change: dict[str, object]
    ) -> None:
        values = to_json(head)
        assert from_json(json.loads(json.dumps(values))) == head
        for key, value in change.items():
            inner = values.get(key)
            values[key] = {**inner, **value} if isinstance(inner, dict) and value else value
        file = tmp_path / "head.json"
        file.write_text(json.dumps(values))
        with pytest.raises(HeadUnfit) as raised:
            adapted.take_in(tmp_path / "home", file)
        assert "\n" not in str(raised.value) and len(str(raised.value)) < 400
        assert adapted.listing(tmp_path / "home") == ()

    @pytest.mark.parametrize(
        "content",
        [b"[]", b"\x00\xff", b"[" * 60000, b'{"kind": 1}' + b" " * 70000],
        ids=["list", "bytes", "deep", "long"],
    )
    def test_what_is_no_head_at_all(self, tmp_path: Path, content: bytes) -> None:
        file = tmp_path / "head.json"
        file.write_bytes(content)
        with pytest.raises(HeadUnfit):
            adapted.read(file)


def test_a_clip_brings_a_row_for_each_segment_of_each_copy(model: Model, tmp_path: Path) -> None:
    found = sample(clip(tmp_path / "long.mp4", 0, 1, 18), model.weights, Limits(), group="mine", synthetic=False)
    assert isinstance(found, Sample)
    assert (found.group, found.synthetic, found.seconds, len(found.copies)) == ("mine", False, 2.25, len(COPIES))
    assert [copy.rows(model).shape for copy in found.copies] == [(2, len(names(3)))] * 3
    assert all(np.isfinite(copy.rows(model)).all() for copy in found.copies)
    lacking = REALS[0].copies[0].rows(model)
    assert lacking.shape[1] == len(names(3)) and np.isnan(lacking).any()


def test_what_can_not_be_judged_says_why(model: Model, tmp_path: Path) -> None:
    recipes.clip(tmp_path / "short.mp4", seconds=0.2, size=SIZE)
    said = sample(tmp_path / "short.mp4", model.weights, Limits(), group="mine", synthetic=False)
    assert said == "it showed 5 frames where it was looked at; 8 are needed"
