"""A detector is found by its name or its folder, and files that do not fit are named as what they are."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest

from countermark.detector.model import RELEASE, load, place, reader
from countermark.detector.network import names
from countermark.errors import DetectorUnreadable, NetworkUnfit
from tests.detector import small


def test_a_folder_is_found_by_its_path_or_its_bare_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = small.model(tmp_path / "m1")
    assert place(str(folder)) == folder / "small.safetensors"
    monkeypatch.chdir(tmp_path)
    assert place("m1").resolve() == folder / "small.safetensors"
    assert load("m1").name == "small" and reader("m1").card.name == "small"


def test_a_name_that_came_with_the_installation_means_no_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert RELEASE in names()
    small.model(tmp_path / RELEASE)
    monkeypatch.chdir(tmp_path)
    assert place(RELEASE).stem == RELEASE


@pytest.mark.parametrize(("name", "why"), [("here", "here: 0 networks lie there"), ("m2", "m2: no such folder")])
def test_what_is_not_there_is_no_fault_of_the_installation(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, why: str
) -> None:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path)
    with pytest.raises(NetworkUnfit, match=why) as caught:
        load(name)
    assert caught.value.advice.startswith("name a folder") and RELEASE in caught.value.advice


def _first(values: list[Any], first: object) -> list[Any]:
    return [first, *values[1:]]


HEAD = small.heads()["generated"]["head"]
FAMILIES = small.heads()["families"]


@pytest.mark.parametrize(
    ("part", "change", "why"),
    [
        ("generated head", {"scale": _first(HEAD["scale"], 0.0)}, "scales above 0"),
        ("generated head", {"weights": _first(HEAD["weights"], math.nan)}, "finite"),
        ("generated head", {"bias": math.inf}, "finite"),
        ("generated head", {"names": HEAD["names"][::-1]}, "fitted to other numbers"),
        ("manipulated head", HEAD, "fitted to other numbers"),
        ("manipulated head", {"mean": ["a"] * 5}, "must be real number"),
        ("generated calibration", {"temperatures": {"good": 0.0}}, "temperatures are finite, and above 0"),
        ("generated calibration", {"reals": [0.1, 1.2]}, "between 0 and 1"),
        ("generated calibration", {"reals": [0.1, math.nan]}, "between 0 and 1"),
        ("generated calibration", {"high_precision_fpr": 0.0}, "rates of false alarms"),
        ("generated calibration", {"weight": -1}, "so does a weight"),
        ("families", {"bias": [0.0]}, "a bias for each"),
        ("families", {"mean": [0.5, 0.5]}, "a mean and a weight for each"),
        ("families", {"mean": [0.5, 0.5, math.nan]}, "are finite"),
        ("families", {"mean": [0.0] * 2, "weights": [[1.0] * 2] * 2}, "than the network gives"),
        ("", {"statistics": HEAD}, "fitted to other numbers"),
        ("", {"generated": {}}, "it lacks 'head'"),
        ("", {"families": ["reds"]}, "list"),
    ],
    ids=str,
)
def test_coefficients_that_do_not_fit_are_named_before_a_video_is_blamed(
    tmp_path: Path, part: str, change: dict[str, object], why: str
) -> None:
    folder = small.model(tmp_path / "broken")
    path = folder / "small.heads.json"
    values = json.loads(path.read_text())
    changed = values
    for key in part.split():
        changed = changed[key]
    changed.update(change)
    path.write_text(json.dumps(values))
    with pytest.raises(DetectorUnreadable, match=rf"small\.heads\.json: .*{why}") as caught:
        load(str(folder))
    assert str(folder) in caught.value.advice and "install" not in caught.value.advice


def test_a_file_of_ones_own_that_is_broken_is_not_the_installation_s(tmp_path: Path) -> None:
    folder = small.model(tmp_path / "broken")
    (folder / "small.safetensors").write_bytes(b"none")
    with pytest.raises(NetworkUnfit, match="not the file that was meant") as caught:
        reader(str(folder))
    assert str(folder) in caught.value.advice and "install" not in caught.value.advice
    (folder / "small.heads.json").write_text("[]")
    with pytest.raises(DetectorUnreadable, match=r"small\.heads\.json"):
        load(str(folder))
