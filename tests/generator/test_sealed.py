"""Pictures that are kept exactly, and can be read at home alone."""

from pathlib import Path

import numpy as np
import pytest

from countermark.errors import InputUnreadable, OutputUnwritable
from countermark.generator.sealed import SealedWriter, Shelf, count_sealed, read_sealed
from tests import recipes


def test_they_come_back_as_they_were_and_nowhere_else(tmp_path: Path) -> None:
    path, home = tmp_path / "a.sealed", tmp_path / "home"
    random = np.random.default_rng(1)
    given = [*recipes.pictures(3, (320, 180)), random.integers(0, 256, (181, 319, 3), np.uint8)]
    with SealedWriter(path, home, "a film") as out:
        for picture in given:
            out.write(picture)
    back = list(read_sealed(path, home, "a film"))
    assert len(back) == 4 and all(np.array_equal(one, other) for one, other in zip(given, back, strict=True))
    assert b"\x89PNG\r\n" not in path.read_bytes()
    assert count_sealed(path, home, "a film") == 4
    for elsewhere, film in ((tmp_path / "other", "a film"), (home, "another film")):
        with pytest.raises(InputUnreadable, match="another home or place"):
            list(read_sealed(path, elsewhere, film))


def test_frames_can_t_change_places(tmp_path: Path) -> None:
    path = tmp_path / "a.sealed"
    with SealedWriter(path, tmp_path, "a film") as out:
        for shade in (10, 20):
            out.write(np.full((16, 16, 3), shade, np.uint8))
    whole = path.read_bytes()
    first = 16 + 4 + int.from_bytes(whole[16:20], "big")
    second = first + 4 + int.from_bytes(whole[first : first + 4], "big")
    swapped = whole[:16] + whole[first:second] + whole[16:first] + whole[second:]
    for broken in (swapped, whole[:second], whole[:first], whole[:16], b"", whole[:-1], whole + b"\0"):
        path.write_bytes(broken)
        with pytest.raises(InputUnreadable):
            count_sealed(path, tmp_path, "a film")
    path.write_bytes(whole)
    assert [int(one[0, 0, 0]) for one in read_sealed(path, tmp_path, "a film")] == [10, 20]


def test_what_ends_badly_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError), SealedWriter(tmp_path / "a.sealed", tmp_path / "home", "a film") as out:
        out.write(np.zeros((16, 16, 3), np.uint8))
        raise RuntimeError("no more")
    assert not list(tmp_path.glob("*.sealed"))
    with pytest.raises(OutputUnwritable), SealedWriter(tmp_path / "none" / "a.sealed", tmp_path / "home", "a film"):
        pass


def test_what_a_model_keeps_is_found_whole_and_for_that_request_alone(tmp_path: Path) -> None:
    given = list(recipes.pictures(3, (64, 48)))
    for request in ("one", "other"):
        (tmp_path / request / "work").mkdir(parents=True)
    mine, others = (Shelf(tmp_path / request / "work", tmp_path / "home") for request in ("one", "other"))
    assert not mine.has("part-0")
    mine.put("part-0", given)
    assert mine.has("part-0") and not mine.has("part-1")
    assert all(np.array_equal(one, other) for one, other in zip(given, mine.pictures("part-0"), strict=True))
    (file,) = mine.folder.iterdir()
    whole = file.read_bytes()
    for place in (others.folder / file.name, file.with_stem("part-1")):
        place.write_bytes(whole)
    assert not others.has("part-0") and not mine.has("part-1")
    file.write_bytes(whole[:-1])
    assert not mine.has("part-0"), "as a power cut may leave it"
