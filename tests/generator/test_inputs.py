"""What a model begins from: decoded by the child, upright; what is no picture is refused by its name."""

from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest

from countermark.errors import InputEmpty, InputMissing, InputUnfit, OverLimit
from countermark.generator.inputs import clip, mask, picture
from countermark.settings import Limits, Settings
from tests import recipes

OPTIONS = Settings()
SIZE = (96, 64)


@pytest.fixture
def drawn(tmp_path: Path) -> tuple[Path, np.ndarray]:
    shown = next(recipes.pictures(1, SIZE))
    path = tmp_path / "a.png"
    cv2.imwrite(str(path), shown[:, :, ::-1])
    return path, shown


def test_a_png_comes_back_as_it_was(drawn: tuple[Path, np.ndarray]) -> None:
    path, shown = drawn
    assert (picture(path, OPTIONS) == shown).all()


def test_frames_come_upright_from_the_start_or_the_end(tmp_path: Path) -> None:
    path = recipes.clip(tmp_path / "a.mp4", seconds=2, size=SIZE, rotation=90)
    every, rate = clip(path, OPTIONS, 100)
    first, _ = clip(path, OPTIONS, 7)
    last, _ = clip(path, OPTIONS, 7, last=True)
    assert rate == Fraction(25) and len(every) == 50
    assert {one.shape for one in every} == {(SIZE[0], SIZE[1], 3)}
    assert all((a == b).all() for a, b in zip(first, every[:7], strict=True))
    assert all((a == b).all() for a, b in zip(last, every[-7:], strict=True))
    assert not (every[0] == every[-1]).all()


def test_a_mask_is_white_where_it_is_bright(tmp_path: Path) -> None:
    painted = np.zeros((64, 96), np.uint8)
    painted[10:20, 30:50] = 255
    path = tmp_path / "mask.png"
    cv2.imwrite(str(path), painted)
    found = mask(path, SIZE, OPTIONS)
    assert found.shape == (64, 96) and found.sum() == 200 and found[15, 40]
    with pytest.raises(InputUnfit, match="96x64.*97x64"):
        mask(path, (97, 64), OPTIONS)
    cv2.imwrite(str(path), np.zeros((64, 96), np.uint8))
    with pytest.raises(InputUnfit, match="white"):
        mask(path, SIZE, OPTIONS)


def test_what_is_broken_is_refused_by_name(tmp_path: Path, drawn: tuple[Path, np.ndarray]) -> None:
    path, _ = drawn
    cut = tmp_path / "cut.png"
    cut.write_bytes(path.read_bytes()[:900])
    for take in (lambda: picture(cut, OPTIONS), lambda: clip(cut, OPTIONS, 5)):
        with pytest.raises(InputUnfit, match=r"cut\.png"):
            take()
    video = recipes.clip(tmp_path / "a.mp4", size=SIZE)
    with pytest.raises(InputUnfit, match=r"a\.mp4"):
        picture(video, OPTIONS)
    with pytest.raises(InputMissing):
        picture(tmp_path / "none.png", OPTIONS)
    (tmp_path / "empty.png").touch()
    with pytest.raises(InputEmpty):
        picture(tmp_path / "empty.png", OPTIONS)


def test_a_clip_over_the_limits_is_refused(tmp_path: Path) -> None:
    path = recipes.clip(tmp_path / "a.mp4", size=SIZE)
    with pytest.raises(OverLimit):
        clip(path, Settings(limits=Limits(max_pixels=1000)), 5)


def test_a_clip_is_thinned_and_scaled_where_it_is_decoded(tmp_path: Path) -> None:
    path = recipes.clip(tmp_path / "a.mp4", seconds=2, size=(192, 128))
    every, rate = clip(path, OPTIONS, 100)
    found, thin = clip(path, OPTIONS, 100, thinned=12, covering=(48, 48))
    assert rate == 25 and thin == 12
    assert len(found) == 24 and found[0].shape == (48, 72, 3)
    end, _ = clip(path, OPTIONS, 9, last=True, thinned=12, covering=(48, 48))
    assert len(end) == 9 and {one.shape for one in end} == {(48, 72, 3)}
    assert np.abs(end[-1].astype(int) - found[-1]).mean() < 3
    kept, own = clip(path, OPTIONS, 5, thinned=60, covering=(999, 999))
    assert own == 25 and all((one == other).all() for one, other in zip(kept, every, strict=False))
