"""What some frames in a row say beside what they show: how change changes, how things move.

Knows frames at a common pace; knows nothing of networks, and takes no times: a frame rate is no evidence. Frames that
repeat the one before them are left out, since whoever wrote the file may have doubled them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from .residuals import alike, blocks, high_pass, log, shares

if TYPE_CHECKING:
    from numpy.typing import NDArray

_REPEATED = 0.05  # levels: a frame that differs less from the one before it is that frame again
_SIDE = 16  # pixels of a block that may move or rest
_SMALL = 160  # pixels that the shorter side is brought down to, where movement is followed
_SHARES = ("heavy", "tenth", "third", "one", "two")

SECOND = tuple(
    f"second.{number}"
    for number in ("energy", "energy-middle", "alike", "alike-coarse", *_SHARES, "sizes", "sizes-turn")
)
FLOW = tuple(
    f"flow.{number}"
    for number in (
        "size", "rough", "whole", "whole-share", "jerk", "jerk-share", "turn", "back", "missed", "missed-detail",
        "missed-spread", "spread",
    )
)  # fmt: skip
NAMES = SECOND + FLOW


def measure(pictures: Sequence[NDArray[Any]]) -> list[float]:
    """Give the numbers of pictures (H, W, 3) in a row, in the order of NAMES."""
    import cv2
    import numpy as np

    planes = _distinct([cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY).astype(np.float32) for picture in pictures])
    return [*_second(planes), *_flow(planes)]


def _distinct(planes: list[NDArray[Any]]) -> list[NDArray[Any]]:
    """Leave out what repeats; where nothing moves at all, everything stays."""
    import cv2

    kept = planes[:1]
    for plane in planes[1:]:
        if cv2.norm(plane, kept[-1], cv2.NORM_L1) > _REPEATED * plane.size:
            kept.append(plane)
    return kept if len(kept) >= 3 else planes


def _second(planes: list[NDArray[Any]]) -> list[float]:
    """Say how one change goes with the next."""
    import numpy as np

    rows = [_one_second(*planes[i : i + 3]) for i in range(0, len(planes) - 2, 2)]
    sizes = np.array([np.abs(after - before).mean() for before, after in zip(planes, planes[1:], strict=False)])
    whole = sizes.mean() + 0.1
    return [*(float(n) for n in np.mean(rows, 0)), log(sizes.std() / whole), log(np.abs(np.diff(sizes)).mean() / whole)]


def _one_second(first: NDArray[Any], middle: NDArray[Any], last: NDArray[Any]) -> list[float]:
    import cv2
    import numpy as np

    one, two = middle - first, last - middle
    second = two - one
    energy, before = blocks(second * second, _SIDE), blocks(one * one, _SIDE) + blocks(two * two, _SIDE)
    small = (max(8, first.shape[1] // 4), max(8, first.shape[0] // 4))
    coarse = [cv2.resize(change, small, interpolation=cv2.INTER_AREA) for change in (one, two)]
    return [
        log(energy.mean() / (before.mean() + 0.05)), float(np.median(np.log((energy + 0.05) / (before + 0.05)))),
        alike(one, two), alike(*coarse), *shares(second),
    ]  # fmt: skip


def _flow(planes: list[NDArray[Any]]) -> list[float]:
    """Follow what moves: how even it is, whether the whole picture jerks as a hand does, what cannot be followed."""
    import cv2
    import numpy as np

    by = max(1, round(min(planes[0].shape) / _SMALL))
    size = (planes[0].shape[1] // by, planes[0].shape[0] // by)
    small = [cv2.resize(plane, size, interpolation=cv2.INTER_AREA).astype(np.uint8) for plane in planes]
    follow = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_FAST)
    follow.setFinestScale(1)
    still = np.zeros((*small[0].shape, 2), np.float32)
    flows = [
        np.asarray(follow.calc(before, after, still.copy())) for before, after in zip(small, small[1:], strict=False)
    ]
    size_of = float(np.mean([np.hypot(flow[..., 0], flow[..., 1]).mean() for flow in flows]))
    rough = float(np.mean([np.abs(np.diff(f, axis=0)).mean() + np.abs(np.diff(f, axis=1)).mean() for f in flows]))
    wholes = np.array([np.median(flow[::2, ::2].reshape(-1, 2), 0) for flow in flows])
    whole = float(np.hypot(*wholes.T).mean())
    jerks = np.diff(wholes, axis=0)
    jerk = float(np.hypot(*jerks.T).mean())
    turn = float(np.mean([np.abs(after - before).mean() for before, after in zip(flows, flows[1:], strict=False)]))
    missed = [_missed(small[i], small[i + 1], flows[i]) for i in range(0, len(flows), 2)]
    return [
        log(size_of + 0.01), log(rough / (size_of + 0.05)), log(whole + 0.01), log(whole / (size_of + 0.05)),
        log(jerk + 0.005), log(jerk / (whole + 0.05)), log(turn / (size_of + 0.05)),
        alike(jerks[:-1], jerks[1:]) if len(jerks) > 1 else 0.0, *(float(n) for n in np.mean(missed, 0)),
    ]  # fmt: skip


def _missed(before: NDArray[Any], after: NDArray[Any], flow: NDArray[Any]) -> list[float]:
    """Say what is left once the second picture is moved back onto the first, and whether movement swells or turns."""
    import cv2
    import numpy as np

    high, wide = before.shape
    across, down = np.meshgrid(np.arange(wide, dtype=np.float32), np.arange(high, dtype=np.float32))
    back = cv2.remap(
        after, across + flow[..., 0], down + flow[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    here = before.astype(np.float32)
    left, change = np.abs(back - here), np.abs(after - here)
    detail = float(np.abs(high_pass(here)).mean())
    x, y = flow[..., 0], flow[..., 1]
    swell = np.diff(x, axis=1)[:-1] + np.diff(y, axis=0)[:, :-1]
    turn = np.diff(y, axis=1)[:-1] - np.diff(x, axis=0)[:, :-1]
    return [
        log(left.mean() / (change.mean() + 0.2)), log(left.mean() / (detail + 0.2)),
        log(left.std() / (left.mean() + 0.1)), log(np.abs(swell).mean() / (np.abs(turn).mean() + 0.01)),
    ]  # fmt: skip
