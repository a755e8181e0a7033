from pathlib import Path

import numpy as np
import pytest

from countermark.generator.sealed import Shelf
from countermark.generator.sketch.engine import Engine
from countermark.generator.sketch.film import CARRIED, FRESH, Script, film, parts_of

SCRIPT = Script("a red ball over the sea", (96, 176), 40, steps=2)


@pytest.fixture(scope="module")
def engine() -> Engine:
    return Engine.load()


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    folder = tmp_path / "work"
    folder.mkdir()
    return Shelf(folder, tmp_path / "home")


def ignore(share: float) -> None:
    pass


def test_parts() -> None:
    assert [parts_of(frames, False) for frames in (1, 25, 26, 41, 42)] == [1, 1, 2, 2, 3]
    assert [parts_of(frames, True) for frames in (1, FRESH, FRESH + 1)] == [1, 1, 2]


def test_a_film_is_as_long_as_asked_and_tells_how_far_it_is(engine: Engine, shelf: Shelf) -> None:
    told: list[float] = []
    frames = list(film(engine, SCRIPT, shelf, told.append))
    assert len(frames) == SCRIPT.frames and frames[0].shape == (96, 176, 3)
    assert told == sorted(told) and told[-1] == 1


def test_finished_parts_are_not_made_again(engine: Engine, shelf: Shelf) -> None:
    whole = list(film(engine, SCRIPT, shelf, ignore))
    first, second = sorted(shelf.folder.iterdir())
    second.unlink()  # as a kill in the middle leaves it
    made: list[float] = []
    again = list(film(engine, SCRIPT, shelf, made.append))
    assert min(made) > 0.5  # the first part was read
    assert all((one == other).all() for one, other in zip(whole, again, strict=True))
    shelf.put("part-00000", 255 - np.stack(list(shelf.pictures("part-00000"))))  # and what is read is what is there
    assert not any(sign in first.read_bytes() for sign in (b"\x93NUMPY", b"\x89PNG\r\n\x1a\n")), "no film that plays"
    assert not (next(film(engine, SCRIPT, shelf, ignore)) == whole[0]).all()


def test_what_goes_on_does_not_show_again_what_it_was_given(engine: Engine, shelf: Shelf) -> None:
    given = np.full((CARRIED, 96, 176, 3), 90, np.uint8)
    script = Script("a red ball over the sea", (96, 176), FRESH, steps=2, begun=given)
    assert script.parts == 1
    assert len(list(film(engine, script, shelf, ignore))) == FRESH
