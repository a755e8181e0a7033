"""A second look: copies that are held to an original which was named."""

from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from countermark.comparing import compare_with, original_of
from countermark.evidence import ChangesDetails, Evidence
from countermark.generator.procedural import Shot, render
from countermark.media import EncodeSettings, encode, probe, transcode
from countermark.settings import Settings
from countermark.verify import verify
from tests import recipes

SIZE, RATE = (640, 360), Fraction(24)
Picture = NDArray[np.uint8]


def written(path: Path, change: Callable[[int, Picture], Picture], settings: EncodeSettings) -> Path:
    pictures = render(Shot("a red balloon over green hills", seconds=4, size=SIZE, frame_rate=RATE, seed=3))
    encode((change(i, rgb) for i, rgb in enumerate(pictures)), path, size=SIZE, frame_rate=RATE, settings=settings)
    return path


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    yield written(tmp_path_factory.mktemp("original") / "a.mp4", lambda i, rgb: rgb, EncodeSettings())


def held(copy: Path, original: Path, home: Path) -> tuple[Evidence, ChangesDetails | None]:
    options = Settings(home=home)
    found = compare_with(copy, original_of(original, options), options)
    return found, found.details if isinstance(found.details, ChangesDetails) else None


def test_an_honest_copy_shows_no_change(tmp_path: Path, original: Path) -> None:
    options = Settings(home=tmp_path)
    copy = tmp_path / "copy.mp4"
    transcode(probe(original, options.limits), copy, EncodeSettings(scale=0.75, crf=28))
    found, details = held(copy, original, tmp_path)
    assert found.finding == "absent" and details is not None
    assert 0 < details.smallest_share < 0.2 and details.compared[0].end_s > 3


def test_a_pasted_logo_is_found_where_and_when_it_is(tmp_path: Path, original: Path) -> None:
    def logo(number: int, rgb: Picture) -> Picture:
        rgb = rgb.copy()
        if 24 <= number < 72:
            rgb[30:90, 500:600] = (250, 250, 250)
            rgb[45:75, 520:580] = (200, 0, 0)
        return rgb

    copy = written(tmp_path / "copy.mp4", logo, EncodeSettings(scale=0.75, crf=28))
    found, details = held(copy, original, tmp_path)
    assert found.finding == "present" and details is not None
    assert {change.kind for change in details.changes} == {"region"}, details.changes
    change = max(details.changes, key=lambda one: one.strength)
    assert change.region is not None
    assert abs(change.region.x + change.region.width / 2 - 550 / 640) < 0.1
    assert abs(change.region.y + change.region.height / 2 - 60 / 360) < 0.1
    assert 0.4 <= change.span.start_s <= 1.6 and 2.4 <= change.span.end_s <= 3.6
    verdict = verify(copy, options=Settings(home=tmp_path), against=original)
    assert (verdict.outcome, verdict.sureness) == ("altered", "likely")
    assert "the original that was named" in verdict.reasons[0]


def test_something_else_is_no_copy(tmp_path: Path, original: Path) -> None:
    other = recipes.clip(tmp_path / "other.mp4", size=SIZE, seconds=3, seed=8)
    found, details = held(other, original, tmp_path)
    assert found.finding != "absent"
