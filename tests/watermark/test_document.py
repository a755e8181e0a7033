"""What docs/watermark.md says of fixed things is so."""

import re
from pathlib import Path

import pytest

from countermark.provenance import MARK_ALGORITHM
from countermark.watermark.code import CODED_BITS, LIST, false_accept_bound
from countermark.watermark.embedder import MEMORY, REVIEW
from countermark.watermark.keys import CHECK_BITS, VARIANT_BITS, VARIANTS
from countermark.watermark.reader import MOST_MARKS, MOST_TRIALS
from countermark.watermark.room import FLOOR
from scripts import draw_mark

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "watermark.md"


@pytest.mark.parametrize(
    "said",
    [
        f"`{MARK_ALGORITHM}`",
        f"64 payload bits and {CHECK_BITS} check bits",
        f"{CODED_BITS} coded bits",
        f"one of {VARIANTS} variants",
        f"{LIST} likeliest",
        f"{ {0.75: 'Three quarters'}[MEMORY] } of the last look are kept",
        f"every { {12: 'twelfth'}[REVIEW] } frame",
        f"2^-{CHECK_BITS + VARIANT_BITS}",
        f"never more than {MOST_TRIALS}",
        f"{MOST_MARKS} marks at most",
        f"{FLOOR.short_side} pixels of short side, {FLOOR.aspect:g} to 1 in aspect and {FLOOR.frames} frames",
    ],
)
def test_its_figures_are_those_of_the_code(said: str) -> None:
    assert said in re.sub(r"\s+", " ", DOCUMENT.read_text())
    assert false_accept_bound(MOST_TRIALS) < 1e-9


def test_its_pictures_are_small_and_those_that_are_drawn() -> None:
    named = {Path(link).stem for link in re.findall(r"\]\((images/[^)]+)\)", DOCUMENT.read_text())}
    assert named == {f"mark-{name}" for name in (*draw_mark.MADE, "face")}
    assert all(path.stat().st_size <= 120_000 for path in draw_mark.FOLDER.iterdir())


def test_on_a_still_wall_the_mark_hardly_moves() -> None:
    usual, anew = draw_mark.jumps(draw_mark.changes(draw_mark.flat()))
    assert usual < 0.01 and 0 < anew <= 0.05
