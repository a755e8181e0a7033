"""The commands over a user's own detectors, as a person runs them; what they do is tested in tests/detector."""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from countermark.detector import plugins
from tests import recipes
from tests.cli.command import run, snapshot

BRIGHT = """
class Bright:
    name, version, wants = "bright", "3", "frames"

    def score(self, pictures):
        return pictures.reshape(len(pictures), -1).mean(axis=1)
"""
SPEC = 'name = "bright"\nkind = "python"\npython = "users_bright:Bright"\nframes = 2\n'
EACH = 10  # clips of each class: as few as can be calibrated on


def shade(level: int) -> Callable[[int, tuple[int, int], int], Iterator[NDArray[np.uint8]]]:
    """Grey pictures of one brightness, with grain."""

    def pictures(count: int, size: tuple[int, int], seed: int) -> Iterator[NDArray[np.uint8]]:
        random = np.random.default_rng(seed)
        for _ in range(count):
            yield random.integers(level, level + 20, (size[1], size[0], 3), dtype=np.uint8)

    return pictures


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home with a user's module where Python finds it, and a description of it."""
    (tmp_path / "users_bright.py").write_text(BRIGHT)
    (tmp_path / "bright.toml").write_text(SPEC)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    return tmp_path


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Bright clips that pass for synthetic, dark ones of two cameras, and one that is none: the folder of the table."""
    folder = tmp_path_factory.mktemp("clips")
    rows = ["path\tlabel\tgroup"]
    for seed in range(2 * EACH):
        level, label, group = (
            (180, "synthetic", f"lamp {seed % 2}") if seed < EACH else (40, "real", f"camera {seed % 2}")
        )
        recipes.clip(folder / f"{seed}.mp4", seconds=1, fps=8, size=(128, 128), seed=seed, source=shade(level))
        rows.append(f"{seed}.mp4\t{label}\t{group}")
    (folder / "none.mp4").write_text("no clip")
    rows.append("none.mp4\treal\tcamera 1")
    (folder / "clips.tsv").write_text("\n".join(rows) + "\n")
    return folder


def test_a_detector_is_added_listed_and_removed(home: Path) -> None:
    assert "add` takes one in" in run(home, "detectors", "list").out
    added = run(home, "detectors", "add", "bright.toml")
    assert (added.code, added.err) == (0, "")
    assert "`countermark detectors calibrate bright --clips TSV`" in added.out
    again = run(home, "detectors", "add", "bright.toml")
    assert again.code == 46
    assert "detectors remove bright" in again.err
    (one,) = run(home, "detectors", "list", "--json").report()["results"]
    assert (one["kind"], one["made_of"], one["calibrated"], one["counts"]) == ("detector", "python", None, False)
    assert run(home, "detectors", "remove", "bright").out == "bright is gone\n"
    assert plugins.installed(home) == ()


def test_a_detector_is_calibrated_on_a_table_of_clips(home: Path, clips: Path) -> None:
    unknown = run(home, "detectors", "calibrate", "bright", "--clips", clips / "clips.tsv")
    assert unknown.code == 46, "it was not added yet"
    assert run(home, "detectors", "add", "bright.toml", "-q").code == 0
    before = snapshot(clips)
    ran = run(home, "detectors", "calibrate", "bright", "--clips", clips / "clips.tsv", "--json")
    assert (ran.code, ran.err) == (0, "")
    (one,) = ran.report()["results"]
    assert (one["calibrated"], one["synthetic"], one["real"]) == ("3", EACH, EACH)
    assert one["weight"] > 0.5
    assert not one["counts"], "ten real clips bound no rate of false alarms"
    assert any("none.mp4" in remark for remark in one["remarks"])
    assert any("11 real clips come from 2 sources" in remark for remark in one["remarks"])
    assert snapshot(clips) == before
    assert "it does not count (fewer than 60 real clips)" in run(home, "detectors", "list").out
    kept = plugins.find(home, "bright").calibration
    assert kept is not None and kept.probability(190) > 0.8 > 0.2 > kept.probability(50)


def test_what_is_described_wrongly_is_refused_in_one_line(home: Path) -> None:
    (home / "bad.toml").write_text('name = "bad"\nkind = "\\u001b[2J"\n')
    ran = run(home, "detectors", "add", "bad.toml")
    assert ran.code == 46
    assert ran.err.count("\n") == 1 and "\x1b" not in ran.err
    lacking = run(home, "detectors", "calibrate", "bright", "--clips", "nowhere.tsv")
    assert lacking.code == 11
