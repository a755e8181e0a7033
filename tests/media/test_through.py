"""Planes go through a real encoder and come back in order, near to what they were, and nearer at a better quality."""

import numpy as np
import pytest

from countermark.media.through import through_h264
from tests.watermark.scenes import scene


@pytest.mark.parametrize("size", [(320, 240), (162, 98)])
def test_planes_come_back_changed_as_the_quality_says(size: tuple[int, int]) -> None:
    planes = scene(*size, 5)
    errors, nearest = [], []
    for crf in (18, 40):
        back = through_h264(planes, crf)
        assert [plane.shape for plane in back] == [plane.shape for plane in planes]
        errors.append(float(np.mean([np.mean((a.astype(float) - b) ** 2) for a, b in zip(back, planes, strict=True)])))
        nearest.append([int(np.argmin([np.mean((a.astype(float) - b) ** 2) for b in planes])) for a in back])
    assert nearest[0] == list(range(5))  # at CRF 40, drifting neighbours are too much alike to tell apart
    assert 0 < errors[0] < 0.3 * errors[1]
