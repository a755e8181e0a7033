"""Every kind of result as it looks: desktop and phone, light and dark. `SCREENSHOTS=1` writes them into docs.

    SCREENSHOTS=1 python -m pytest tests/e2e/test_pictures.py

The camera's clip is one of mdn/interactive-examples, dedicated to the public (CC0-1.0); all others are drawn here.
"""

import io
import os
from pathlib import Path

import pytest
from PIL import Image

from tests.api.pages.clips import made
from tests.e2e.browser import PHONE, WIDE, Chromium, Visit
from tests.e2e.running import running
from tests.e2e.test_service import checked

FOLDER = Path(__file__).parents[2] / "docs" / "images" / "service"
SHOWN = ("stamped", "copy", "changed", "real", "unmarked")
LOOKS = {"desktop": WIDE, "phone": PHONE}
MOST_BYTES, MOST_HIGH = 300_000, 3600
COLOURS = 256
# What lies in a closed part of a page is not loaded before that is opened.
_LOADED = "Promise.all([...document.images].filter((one) => one.checkVisibility()).map((one) => one.decode()))"


@pytest.mark.skipif(not os.environ.get("SCREENSHOTS"), reason="SCREENSHOTS=1 takes the pictures of docs anew")
@pytest.mark.timeout(900)
def test_pictures_of_all_results(browser: Chromium, tmp_path: Path) -> None:
    clips = made(tmp_path, real=True)
    FOLDER.mkdir(parents=True, exist_ok=True)
    with running(clips.home) as base:
        with browser.visit(base) as visit:
            results = {name: checked(visit, getattr(clips, name)) for name in SHOWN}
        for look, size in LOOKS.items():
            for theme in ("light", "dark"):
                with browser.visit(base, size=size, theme=theme) as visit:
                    for name, path in {"start": "/", **results}.items():
                        _take(visit, path, FOLDER / f"{name}-{look}-{theme}.png")


def _take(visit: Visit, path: str, target: Path) -> None:
    visit.open(path)
    size = visit.page.viewport_size
    high = visit.page.evaluate("document.documentElement.scrollHeight")
    visit.page.set_viewport_size({"width": size["width"], "height": high})  # what waits to be seen is loaded
    visit.page.evaluate(_LOADED)
    taken = visit.page.screenshot(full_page=True)
    visit.page.set_viewport_size(size)
    with Image.open(io.BytesIO(taken)) as picture:
        shown = picture.convert("RGB").crop((0, 0, picture.width, min(picture.height, MOST_HIGH)))
        shown.quantize(COLOURS, dither=Image.Dither.NONE).save(target, optimize=True)
    assert target.stat().st_size < MOST_BYTES, target
