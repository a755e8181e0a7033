"""The contact sheet: as high as its words need, and nothing of them is cut."""

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from countermark.cli.sheet import MARGIN, PANEL, PAPER, contact_sheet
from countermark.settings import Limits
from countermark.verdict import Verdict
from tests import recipes

REASONS = tuple(f"reason {number}: its manifest names somebody, of somewhere, and says when" for number in range(9))
LEFT_OUT = ("the sound", "all but 24 of 48 frames", "W" * 200)


@pytest.mark.parametrize("reasons", [1, 9], ids=["short", "long"])
def test_nothing_of_the_words_is_cut(tmp_path: Path, reasons: int) -> None:
    clip = recipes.clip(tmp_path / "clip.mp4", size=(320, 240))
    verdict = Verdict("ab", "ai_generated", (), "", "proven", ("signed",), REASONS[:reasons], LEFT_OUT, ())
    drawn = contact_sheet("a ball", "0123456789abcdef", clip, clip, (verdict, verdict), Limits())
    sheet = np.asarray(Image.open(io.BytesIO(drawn)).convert("RGB")).astype(int)
    ink = np.abs(sheet - PAPER).sum(2) > 60
    panel = ink[:, -PANEL + MARGIN :]
    rows = np.nonzero(panel.any(1))[0]
    assert rows.max() < len(sheet) - MARGIN // 2 and not ink[:, -MARGIN:].any()
    assert (rows.max() > len(sheet) - 3 * MARGIN) == (reasons == 9), "it grows with them"
