"""The commands that teach the detector a generator, as a person runs them; what they do is tested in tests/detector."""

from pathlib import Path

import pytest

from countermark.detector.adapting import adapted
from countermark.detector.adapting.adapt import fit
from countermark.detector.adapting.bank import bank_of, write_bank
from countermark.detector.adapting.head_fit import NEW
from countermark.detector.model import load
from tests.cli.command import run, snapshot
from tests.detector import small
from tests.detector.adapting.made import REALS, REDS, clip, numbers


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with one head, and a model beside it."""
    folder = tmp_path_factory.mktemp("home")
    model = load(str(small.model(folder / "small")))
    write_bank([*REALS, *REDS], bank_of(model.weights), model)
    taught = [numbers(6, seed, group=NEW, synthetic=True) for seed in range(200, 206)]
    adapted.keep(folder, fit([*REALS, *taught], model, "news"))
    (folder / "clips").mkdir()
    for seed in range(2):
        clip(folder / "clips" / f"{seed}.mp4", seed, new=True)
    return folder


def test_adapt_keeps_a_head_and_says_what_it_is_worth(home: Path) -> None:
    before = snapshot(home / "clips")
    ran = run(home, "adapt", "--synthetic", "clips", "--name", "mine", "--model", home / "small")
    assert (ran.code, ran.err) == (0, "")
    assert "fitted to 2 clips (2 s) of the new generator against 66 real clips" in ran.out
    assert "--head mine" in ran.out
    assert snapshot(home / "clips") == before
    assert adapted.load(home, "mine").figures.clips == 2
    again = run(home, "adapt", "--synthetic", "clips", "--name", "mine", "--model", home / "small", "--json")
    assert again.code == 21
    assert "mine already" in again.report()["failures"][0]["message"]


def test_heads_are_listed_handed_on_and_removed(home: Path) -> None:
    listed = run(home, "heads", "list", "--json").report()["results"]
    found = next(one for one in listed if one["name"] == "news")
    assert (found["kind"], found["model"], found["figures"]["clips"]) == ("head", "small", 6)
    assert run(home, "heads", "export", "news", "-o", "out.json", "-q").code == 0
    assert run(home, "heads", "remove", "news").out == "news is gone\n"
    assert run(home, "heads", "show", "news").code == 68
    taken = run(home, "heads", "import", "out.json", "--name", "theirs")
    assert taken.code == 0
    assert "from those you trust" in taken.out
    assert "AUC" in run(home, "heads", "show", "theirs").out


def test_a_file_that_is_no_head_is_refused_in_one_line(home: Path) -> None:
    (home / "bad.json").write_text('{"kind": "countermark detector head", "name": "\x1b[2J"}')
    ran = run(home, "heads", "import", "bad.json")
    assert ran.code == 68
    assert ran.err.count("\n") == 1
    assert "\x1b" not in ran.err
