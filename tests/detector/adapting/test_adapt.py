"""A head fitted to a few clips finds more of their kind, spoils nothing, and its file is believed in nothing."""

from __future__ import annotations

import dataclasses
import json
import math
from pathlib import Path

import numpy as np
import pytest

from countermark.detector.adapting import adapted
from countermark.detector.adapting.adapt import OWN, adapt, camera, clips_in, fit, harm_of
from countermark.detector.adapting.adapted import AdaptedHead, applied, calibration, from_json, load, to_json
from countermark.detector.adapting.bank import bank_of, read_bank, write_bank
from countermark.detector.adapting.head_fit import NEW, Table
from countermark.detector.adapting.samples import COLUMNS, COPIES, Look, Sample, Seen, read, rebuilt, sample, seen
from countermark.detector.model import Model, reader
from countermark.detector.model import load as load_model
from countermark.detector.pooling import GENERATED, generated_numbers
from countermark.detector.statistics import NAMES
from countermark.errors import (
    AdaptationRefused,
    CountermarkError,
    DetectorUnreadable,
    HeadUnfit,
    InputMissing,
    OutputExists,
    OutputUnwritable,
)
from countermark.settings import Limits, Settings
from tests import recipes
from tests.detector import small
from tests.detector.adapting.made import REALS, REDS, SIZE, clip, numbers
from tests.detector.readings import reading


def told(path: Path, model: Model, tmp: Path) -> Sample:
    """Read a clip as `adapt` does, in this process."""
    made = rebuilt(read(path, reader(str(model.weights.parent)), Limits(), str(tmp)), path.name, model, "", False)
    assert isinstance(made, Sample)
    return made


def like(clip: Sample, seed: int, said: float = 0.0, **facts: object) -> Sample:
    """Another clip whose numbers are about those of one that was read, but for what the model says."""
    chance = np.random.default_rng(seed)
    more = np.array([said] * (1 + len(GENERATED)) + [0.0] * (1 + len(NAMES)))
    looks = [
        Seen((one.row * (1 + chance.normal(0, 0.3, len(one.row))) + more).astype(np.float32)) for one in clip.looks
    ]
    plain = {"name": str(seed), "group": f"source {seed % 11}", "synthetic": False, "seconds": 2.0}
    return Sample(**{**plain, **facts}, found=looks[0], copies=tuple(looks[1:]))


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Model:
    made = load_model(str(small.model(tmp_path_factory.mktemp("model") / "small")))
    write_bank([*REALS, *REDS], bank_of(made.weights), made)
    return made


@pytest.fixture(scope="module")
def among_like(tmp_path_factory: pytest.TempPathFactory) -> Model:
    """The same model, with a bank of clips like some that were read."""
    folder = tmp_path_factory.mktemp("among-like")
    made = load_model(str(small.model(folder / "small")))
    read_here = [told(clip(folder / f"{seed}.mp4", seed), made, folder) for seed in range(20, 22)]
    reals = [like(read_here[seed % 2], seed) for seed in range(66)]
    reds = [like(read_here[seed % 2], seed, 5.0, group=f"reds {seed % 3}", synthetic=True) for seed in range(70, 80)]
    write_bank([*reals, *reds], bank_of(made.weights), made)
    return made


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("clips")
    for name, new, count in (("new", True, 3), ("reals", False, 2)):
        (folder / name).mkdir()
        for seed in range(count):
            clip(folder / name / f"{seed}.mp4", seed, new=new)
    (folder / "new" / "notes.txt").write_text("from the maker's page")
    return folder


@pytest.fixture(scope="module")
def head(model: Model) -> AdaptedHead:
    taught = [numbers(6, seed, group=NEW, synthetic=True) for seed in range(200, 206)]
    return fit([*REALS, *REDS, *taught], model, "news")


def test_clips_of_an_unknown_generator_are_found_after_a_few_of_them(
    among_like: Model, clips: Path, tmp_path: Path
) -> None:
    shares: list[float] = []
    done = adapt(
        clips / "new", clips / "reals", "news",
        model=among_like, options=Settings(home=tmp_path), force=True, progress=shares.append,
    )  # fmt: skip
    figures = done.head.figures
    assert (figures.clips, figures.reals) == (3, 68)
    assert figures.seconds == 3.75
    assert figures.auc > 0.95 > 0.8 > figures.auc_without
    assert [words.partition(":")[0] for words in done.left_out] == ["notes.txt"]
    assert shares[-1] == 1.0
    assert load(tmp_path, "news") == done.head
    assert done.path.stat().st_size < 40_000
    fresh = told(clip(tmp_path / "new.mp4", 77, new=True), among_like, tmp_path)
    plain = told(clip(tmp_path / "real.mp4", 77), among_like, tmp_path)
    for ours, real in zip(fresh.looks, plain.looks, strict=True):
        assert adapted.log_odds(done.head.head, ours.row) > adapted.log_odds(done.head.head, real.row)


def test_what_was_known_before_is_known_after(model: Model, head: AdaptedHead) -> None:
    figures = head.figures
    assert figures.known_auc >= figures.known_auc_without - 0.02
    assert harm_of(figures) == ""
    reals = [adapted.log_odds(head.head, one.found.row) for one in REALS]
    for red in REDS:
        assert adapted.log_odds(head.head, red.found.row) > np.median(reals)
    fresh = [numbers(6, seed) for seed in range(300, 320)]  # clips that nothing was fitted to
    assert np.median([adapted.log_odds(head.head, one.found.row) for one in fresh]) > np.quantile(reals, 0.75)


def test_a_head_scores_what_a_look_saw(model: Model, head: AdaptedHead) -> None:
    def look(one: Sample) -> float:
        plain = reading([[float(one.found.alone)] * 8] * 2)
        return applied(model, head, dataclasses.replace(plain, statistics=one.found.row[-len(NAMES) :]))

    assert look(numbers(6, 400)) > look(numbers(0, 400))
    red = numbers(0, 401, 60)
    assert look(red) > look(numbers(0, 401))  # what was known before
    unmeasured = reading([[5.0] * 8] * 2)
    assert applied(model, head, unmeasured) == pytest.approx(
        adapted.log_odds(
            head.head, seen(Look(generated_numbers(unmeasured), np.zeros(0, np.float32), "good"), model).row
        )
    )


def test_a_head_that_does_harm_is_called_so(head: AdaptedHead) -> None:
    worse = dataclasses.replace(head.figures, known_auc_without=0.9, known_auc=0.87)
    assert "known" in harm_of(worse)
    assert harm_of(dataclasses.replace(worse, known_auc=0.885)) == ""


def test_clips_that_differ_in_nothing_teach_nothing(model: Model) -> None:
    same = [numbers(0, seed, group=NEW, synthetic=True) for seed in range(300, 312)]
    figures = fit([*REALS, *REDS, *same], model, "same").figures
    assert figures.found <= 0.25
    assert 0.2 < figures.auc < 0.8


def test_a_rate_is_that_of_single_files_which_the_head_was_not_fitted_to(model: Model, head: AdaptedHead) -> None:
    after = calibration(model, head)
    assert len(after.reals) == len(REALS)
    assert after.high_precision < 1
    least = math.log(after.high_precision / (1 - after.high_precision))
    fresh = [numbers(0, seed) for seed in range(1000, 1200)]  # of other clips, sources alike
    alarms = np.mean([adapted.log_odds(head.head, look.row) >= least for one in fresh for look in one.looks])
    assert alarms <= after.high_precision_fpr
    assert head.figures.false_alarms <= after.high_precision_fpr


def test_clips_of_one_source_and_copies_of_one_clip_are_never_on_both_sides() -> None:
    taught = [numbers(6, seed, group=NEW, synthetic=True) for seed in range(200, 203)]
    table = Table.of([*REALS, *REDS, *taught])
    folds = table.folds()
    assert table.rows.shape == (79, 1 + len(COPIES), len(COLUMNS))
    for group in set(table.groups):
        assert len({fold for fold, name in zip(folds.tolist(), table.groups, strict=True) if name == group}) == 1
    taught_folds = folds[-3:].tolist()
    assert len(set(taught_folds)) == 3  # each is left out while the others teach


def test_a_folder_of_real_clips_is_one_camera(tmp_path: Path) -> None:
    names = {
        f"{OWN}: phone": ("phone/a.mp4", "phone/old/b.mp4"), f"{OWN}: camera": ("camera/a.mp4",),
        f"{OWN}: .": ("a.mp4", "b.mp4"),
    }  # fmt: skip
    for group, files in names.items():
        assert {camera(tmp_path / file, tmp_path) for file in files} == {group}


def test_a_bank_comes_back_as_it_was_written(model: Model, tmp_path: Path) -> None:
    path = tmp_path / "x.reference.npz"
    write_bank([*REALS, *REDS], path, model)
    found = read_bank(path, model)
    assert [(one.name, one.group, one.synthetic) for one in found] == [
        (one.name, one.group, one.synthetic) for one in [*REALS, *REDS]
    ]
    np.testing.assert_array_equal([one.row for one in found[3].looks], [one.row for one in REALS[3].looks])
    with pytest.raises(DetectorUnreadable, match="was written for"):
        read_bank(path, dataclasses.replace(model, version="another"))


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 no more", b"\x93NUMPY"])
def test_a_damaged_bank_is_named(tmp_path: Path, model: Model, content: bytes) -> None:
    (tmp_path / "x.reference.npz").write_bytes(content)
    with pytest.raises(DetectorUnreadable, match="x.reference.npz"):
        read_bank(tmp_path / "x.reference.npz", model)


class TestBadInput:
    def refused(self, *given: Path | None, model: Model, home: Path) -> CountermarkError:
        with pytest.raises(CountermarkError) as error:
            adapt(*given, "name", model=model, options=Settings(home=home))
        assert not list((home / "heads").glob("*.json"))
        return error.value

    def test_no_folder_no_clips_one_clip(self, model: Model, clips: Path, tmp_path: Path) -> None:
        (tmp_path / "none").mkdir()
        (tmp_path / "one").mkdir()
        (tmp_path / "one" / "a.mp4").write_bytes((clips / "new" / "0.mp4").read_bytes())
        (tmp_path / "one" / "same.mp4").write_bytes((clips / "new" / "0.mp4").read_bytes())
        recipes.clip(tmp_path / "one" / "short.mp4", seconds=0.2, size=SIZE)
        for kind, said, name in (
            (InputMissing, "no such folder", "nowhere"),
            (AdaptationRefused, "no clips", "none"),
            (AdaptationRefused, "short.mp4: it showed", "one"),
        ):
            error = self.refused(tmp_path / name, None, model=model, home=tmp_path)
            assert type(error) is kind and said in str(error)
        assert "1 of the 3 files " in str(error)

    def test_the_same_file_on_both_sides(self, model: Model, clips: Path, tmp_path: Path) -> None:
        (tmp_path / "reals").mkdir()
        (tmp_path / "reals" / "mine.mp4").write_bytes((clips / "new" / "1.mp4").read_bytes())
        both = (clips / "new", tmp_path / "reals")
        error = self.refused(*both, model=model, home=tmp_path)
        assert isinstance(error, AdaptationRefused) and "1.mp4 and mine.mp4 are the same" in str(error)

    def test_a_name_that_is_taken_is_refused_before_any_work(
        self, model: Model, head: AdaptedHead, clips: Path, tmp_path: Path
    ) -> None:
        adapted.keep(tmp_path, head)
        with pytest.raises(OutputExists, match="news already"):
            adapt(clips / "nowhere", None, "news", model=model, options=Settings(home=tmp_path))
        with pytest.raises(HeadUnfit, match="no name"):
            adapt(clips / "nowhere", None, "../news", model=model, options=Settings(home=tmp_path))

    def test_a_home_that_is_a_file(self, model: Model, clips: Path, tmp_path: Path) -> None:
        (tmp_path / "home").write_text("")
        with pytest.raises(OutputUnwritable):
            adapt(clips / "new", None, "news", model=model, options=Settings(home=tmp_path / "home"))

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
        assert [(one.name, one.head is None) for one in facts] == [("news", False), ("spoilt", True)]
        adapted.export(here, "news", tmp_path / "out.json")
        with pytest.raises(OutputExists):
            adapted.export(here, "news", tmp_path / "out.json")
        taken = adapted.take_in(there, tmp_path / "out.json", "other")
        assert load(there, "other") == taken == dataclasses.replace(head, name="other")
        with pytest.raises(OutputExists):
            adapted.take_in(there, tmp_path / "out.json", "other")
        for name in ("news", "spoilt"):
            adapted.remove(here, name)
        assert adapted.listing(here) == ()
        with pytest.raises(HeadUnfit, match="no head is called news"):
            adapted.remove(here, "news")
        with pytest.raises(HeadUnfit, match="no head is called news"):
            load(here, "news")

    def test_a_head_of_another_model_is_refused(self, model: Model, head: AdaptedHead) -> None:
        for other in ({"version": "ffff"}, {"network": "ffff"}):
            with pytest.raises(HeadUnfit, match="is made for"):
                adapted.check_model(model, dataclasses.replace(head, **other))

    @pytest.mark.parametrize(
        "change",
        [
            {"kind": "something else"},
            {"name": "../../etc/passwd"},
            {"name": "News"},
            {"made": "yesterday"},
            {"model": "x\x1b[2J"},
            {"version": ["a"]},
            {"head": None},
            {"head": {}},
            {"head": {"bias": math.inf}},
            {"head": {"bias": "nan"}},
            {"head": {"bias": 1e9}},
            {"head": {"weights": [1.0]}},
            {"head": {"scale": [0.0] * len(COLUMNS)}},
            {"head": {"mean": [math.nan] * len(COLUMNS)}},
            {"head": {"names": [["deep"]] * len(COLUMNS)}},
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


def test_a_clip_brings_a_row_for_itself_and_for_each_copy(model: Model, tmp_path: Path) -> None:
    found = sample(clip(tmp_path / "long.mp4", 1, frames=18), model, Limits(), group="mine", synthetic=False)
    assert isinstance(found, Sample)
    assert (found.group, found.synthetic, found.seconds, len(found.looks)) == ("mine", False, 2.25, 1 + len(COPIES))
    here = told(tmp_path / "long.mp4", model, tmp_path)
    for one, same in zip(found.looks, here.looks, strict=True):
        assert np.isfinite(one.row).all()
        np.testing.assert_allclose(one.row[: 2 + len(GENERATED)], same.row[: 2 + len(GENERATED)], atol=0.5)
    few = told(clip(tmp_path / "few.mp4", 1, frames=8), model, tmp_path).found
    assert few.row.shape == (len(COLUMNS),)
    assert np.isnan(few.row[-len(NAMES) :]).all() and np.isfinite(few.row[: 2 + len(GENERATED)]).all()


def test_what_can_not_be_judged_says_why(model: Model, tmp_path: Path) -> None:
    recipes.clip(tmp_path / "short.mp4", seconds=0.2, size=SIZE)
    said = sample(tmp_path / "short.mp4", model, Limits(), group="mine", synthetic=False)
    assert said == "it showed 5 frames where it was looked at; 8 are needed"
