"""Which clips are chosen: by a rule, never by a result."""

import hashlib
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from countermark.bench.watermark.clips import MEASURED, choose_clips, frames_in, pictures
from countermark.errors import InputMissing, TooSmall
from tests import recipes

FRAMES = 9 / 25


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three subfolders with large clips, small ones, one too short, a GIF, and one that is no video."""
    root = tmp_path_factory.mktemp("clips")
    made = 0

    def add(name: str, size: tuple[int, int] = (640, 480), seconds: float = FRAMES, **more: object) -> None:
        nonlocal made
        (root / name).parent.mkdir(exist_ok=True)
        recipes.clip(root / name, size=size, seconds=seconds, seed=(made := made + 1), **more)  # type: ignore[arg-type]

    for name in ("a/1.mp4", "a/2.mp4", "a/3.mp4", "b/1.mp4", "b/2.mp4", "c/1.mkv"):
        add(name)
    for name in ("a/small.mp4", "b/small.mp4", "c/small.mp4"):
        add(name, (320, 180))
    add("c/short.mp4", seconds=3 / 25)
    add("c/loop.gif", codec="gif", pixel_format="rgb8")
    (root / "c" / "broken.mp4").write_bytes(b"no video at all" * 100)
    return root


def order(name: str) -> bytes:
    return hashlib.sha256(name.encode()).digest()


def test_each_subfolder_has_its_turn_before_any_has_two(folder: Path) -> None:
    names = [source.name for source in choose_clips(folder, 6).large]
    assert [name[0] for name in names[:3]] == [name[0] for name in sorted(names[:3], key=order)]
    assert {name[0] for name in names[:3]} == {"a", "b", "c"}
    assert {name[0] for name in names[3:5]} == {"a", "b"} and names[5][0] == "a"
    for group in "ab":
        inside = [name for name in names if name[0] == group]
        assert inside == sorted(inside, key=order)


def test_skipping_goes_on_where_fewer_would_have_ended(folder: Path) -> None:
    everything = choose_clips(folder, 6).large
    assert choose_clips(folder, 2).large == everything[:2]
    assert choose_clips(folder, 3, skip=2).large == everything[2:5]
    with pytest.raises(TooSmall, match="after the first 6"):
        choose_clips(folder, 1, skip=6)


def test_small_ones_stand_apart_and_what_cannot_be_read_is_named(folder: Path) -> None:
    chosen = choose_clips(folder, 12)
    assert len(chosen.large) == 6 and all(min(source.native) >= 480 for source in chosen.large)
    assert len(chosen.small) == 2 and all(source.native == (320, 180) for source in chosen.small)
    assert len({source.name[0] for source in chosen.small}) == 2
    (what,) = chosen.unreadable
    assert "broken.mp4" in what


def test_payloads_differ_and_stay(folder: Path) -> None:
    sources = choose_clips(folder, 6).large
    assert len({source.payload for source in sources}) == 6
    assert [source.payload for source in choose_clips(folder, 6).large] == [source.payload for source in sources]


@pytest.mark.parametrize("make", [lambda root: root / "nowhere", lambda root: root])
def test_nothing_to_choose_from(tmp_path: Path, make: Callable[[Path], Path]) -> None:
    with pytest.raises(InputMissing):
        choose_clips(make(tmp_path), 1)


def test_large_pictures_are_scaled_down_and_shown_upright(tmp_path: Path) -> None:
    recipes.clip(tmp_path / "tall.mp4", size=(1280, 960), rotation=90, seconds=FRAMES)
    (source,) = choose_clips(tmp_path, 1).large
    small = (MEASURED, MEASURED * 4 // 3)
    assert (source.native, source.size, source.rate) == ((960, 1280), small, Fraction(25))
    found = list(pictures(source, 0.2))
    assert len(found) == frames_in(source, 0.2) == 8  # no fewer than a mark needs
    assert {picture.shape for picture in found} == {(*small[::-1], 3)}
    assert np.std(found[0]) > 10
