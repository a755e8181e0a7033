"""The small picture beside a video."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from countermark.media import probe, still
from countermark.settings import Limits
from tests import recipes


@pytest.mark.parametrize(("size", "expected"), [((480, 270), (180, 320)), ((120, 90), (90, 120))])
def test_it_is_small_and_shows_the_video(tmp_path: Path, size: tuple[int, int], expected: tuple[int, int]) -> None:
    limits = Limits()
    path = recipes.clip(tmp_path / "a.mp4", size=size, seconds=1)
    data = still(probe(path, limits), limits)
    picture = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    assert picture is not None and picture.shape == (*expected, 3)
    assert picture.std() > 5 and len(data) < 30_000
