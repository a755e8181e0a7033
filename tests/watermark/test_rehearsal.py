"""A frame tried on an encoder says how strong a mark must be, and how far it will stand out."""

import numpy as np
import pytest
from numpy.typing import NDArray

from countermark.watermark import OPEN_KEY, STRONGEST
from countermark.watermark.carriers import TILES, layout, synthesise
from countermark.watermark.code import encode
from countermark.watermark.reading import small
from countermark.watermark.rehearsal import NEEDED, Rehearsal, margin_db, rehearse

from .copies import PAYLOAD
from .scenes import scene

WRITTEN = layout(OPEN_KEY, 0).spread(encode(PAYLOAD, OPEN_KEY))


def tried(rms: float, most: float = STRONGEST) -> tuple[Rehearsal, list[float]]:
    """Rehearse a mark of so many levels; give the strengths that were tried as well."""
    plane = scene(512, 384, 1)[0].astype(np.float32)
    pattern = synthesise(WRITTEN, (384, 512), (TILES, TILES * 512 / 384))
    pattern *= rms / pattern.std()
    asked: list[float] = []

    def marking(strength: float) -> NDArray[np.uint8]:
        asked.append(strength)
        return np.clip(np.rint(plane + strength * pattern), 0, 255).astype(np.uint8)

    return rehearse(marking, lambda seen: small(seen.astype(np.float32)), WRITTEN, most), asked


def test_what_stands_out_by_far_needs_no_more() -> None:
    done, asked = tried(6.0)
    assert done.strength == 1.0 and asked == [1.0] and margin_db([done]) > 0


def test_what_hardly_stands_out_is_made_as_strong_as_may_be() -> None:
    done, asked = tried(0.3)
    assert done.strength == STRONGEST and asked == [1.0, STRONGEST] and margin_db([done]) < 0


def test_no_more_is_tried_than_there_is_room_for() -> None:
    done, asked = tried(0.3, most=1.0)
    assert done.strength == 1.0 and asked == [1.0]


def test_stronger_marks_stand_out_further() -> None:
    stood = [tried(rms)[0].stood for rms in (0.0, 1.0, 3.0, 6.0)]
    assert stood == sorted(stood) and abs(stood[0]) < 4 / np.sqrt(2 * len(WRITTEN))


def test_the_margin_is_over_all_that_was_tried() -> None:
    assert margin_db([Rehearsal(1.0, NEEDED)] * 3) == 0
    assert margin_db([Rehearsal(1.0, 10 * NEEDED)]) == pytest.approx(20, abs=0.1)
    assert margin_db([Rehearsal(1.0, 2 * NEEDED), Rehearsal(1.0, 0.0)]) == pytest.approx(3, abs=0.1)
    assert margin_db([]) < -20
