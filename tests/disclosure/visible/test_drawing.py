import io
from base64 import b64decode
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from countermark.disclosure.visible.colours import LEAST_CONTRAST, colour, contrast
from countermark.disclosure.visible.drawing import Drawn, draw
from countermark.disclosure.visible.icon import icon
from countermark.disclosure.visible.wanted import VisibleLabel, labels_for
from countermark.errors import LabelUnfit
from tests.disclosure.visible.test_fonts import CJK, DEVANAGARI, can_shape, needs, noto

SIZES = [(1280, 720), (720, 1280), (1279, 717), (640, 640), (3840, 2160), (426, 240)]


def all_forms() -> tuple[VisibleLabel, ...]:
    if not can_shape():
        needs("FriBiDi", "apt install libfribidi0")
    return labels_for("eu,cn,in,kr,ca", "Acme Video")


def fonts() -> tuple[Path, ...]:
    return (noto(DEVANAGARI), noto(CJK))


def one(spec: str, size: tuple[int, int] = (1280, 720), duration_s: float | None = 10.0) -> Drawn:
    (drawn,) = draw(labels_for(spec), size, duration_s, fonts() if spec.startswith("cn") else ())
    return drawn


def over(drawn: Drawn, ground: int) -> NDArray[np.uint8]:
    picture = Image.fromarray(drawn.overlay.picture)
    return np.asarray(Image.alpha_composite(Image.new("RGBA", picture.size, (ground,) * 3 + (255,)), picture))[..., :3]


@pytest.mark.parametrize("size", SIZES)
def test_labels_keep_apart_and_inside_the_safe_area(size: tuple[int, int]) -> None:
    boxes = []
    for drawn in draw(all_forms(), size, 10.0, fonts()):
        overlay = drawn.overlay
        height, width = overlay.picture.shape[:2]
        assert (overlay.x % 2, overlay.y % 2, width % 2, height % 2) == (0, 0, 0, 0)
        boxes.append((overlay.x, overlay.y, overlay.x + width, overlay.y + height))
        left, top, right, bottom = (0.05, 0.08, 0.86, 0.8) if size[1] > size[0] else (0.05, 0.05, 0.95, 0.95)
        assert overlay.x + 2 >= left * size[0] and overlay.x + width - 2 <= right * size[0]
        assert overlay.y + 2 >= top * size[1] and overlay.y + height - 2 <= bottom * size[1]
        region = drawn.claim.region
        assert (region.x * size[0], region.y * size[1]) == pytest.approx((overlay.x, overlay.y))
        assert (region.width * size[0], region.height * size[1]) == pytest.approx((width, height))
    for (a, b, c, d), (e, f, g, h) in combinations(boxes, 2):
        assert c <= e or g <= a or d <= f or h <= b


@pytest.mark.parametrize(
    "colours", ["white/black", "black/white", "#ffd400/#102040", "#202020/#ffcc66", "white/#b00020"]
)
def test_letters_can_be_read_over_black_and_over_white(colours: str) -> None:
    drawn = one(f"HHHHHH [8% {colours}]")
    letters = colour(colours.split("/")[0])
    height, width = drawn.overlay.picture.shape[:2]
    for ground in (0, 255):
        pixels = over(drawn, ground)
        row = pixels[height // 2 - 2, width // 8 : -width // 8].astype(int)
        ink = np.abs(row - letters).sum(axis=1) < 12
        red, green, blue = (int(part) for part in pixels[height // 2, width // 16])
        assert 0.1 < ink.mean() < 0.9
        assert contrast((red, green, blue), letters) >= LEAST_CONTRAST


def ink_height(drawn: Drawn) -> int:
    picture = drawn.overlay.picture.astype(int)
    rows = np.flatnonzero((picture[6:-6, 12:-12, :3].min(axis=2) > 200).any(axis=1))
    return int(rows[-1] - rows[0] + 1)


@pytest.mark.parametrize("size", [(1280, 720), (720, 1280), (320, 180)])
def test_letters_are_as_high_as_they_should_be(size: tuple[int, int]) -> None:
    assert ink_height(one("cn", size)) >= 0.05 * min(size)
    assert ink_height(one("AHE [6%]", size)) >= 0.06 * min(size)


def test_times() -> None:
    for duration_s, end_s, to_end, told in ((10.0, 3.0, False, 3.0), (2.5, None, True, 2.5), (None, 3.0, False, 3.0)):
        drawn = one("cn", duration_s=duration_s)
        assert (drawn.overlay.end_s, drawn.to_end, drawn.claim.span.end_s) == (end_s, to_end, told)
    assert (one("eu", duration_s=None).to_end, one("eu", duration_s=None).overlay.end_s) == (True, None)
    with pytest.raises(LabelUnfit, match="after the clip's end"):
        one("late [from:20s]")


def test_the_claim_keeps_a_small_picture_of_the_label() -> None:
    drawn = one("A rather long label, of many words that stand in several lines, with all kinds of letters in it: xyzq")
    kept = b64decode(drawn.claim.picture)
    picture = Image.open(io.BytesIO(kept)).convert("RGBA")
    assert picture.height <= 64 and len(drawn.claim.picture) <= 8192
    height, width = drawn.overlay.picture.shape[:2]
    assert picture.width / picture.height == pytest.approx(width / height, rel=0.05)
    assert np.asarray(picture)[..., 3].min() < 32 and np.asarray(picture)[..., 3].max() > 250


def test_a_small_video_gets_the_least_letters_or_is_told_its_size() -> None:
    drawn = one("cn", (64, 64))
    assert ink_height(drawn) >= 8
    assert one("eu", (64, 64)).claim.text == "AI"  # the icon alone
    with pytest.raises(LabelUnfit):
        one("Synthetic picture [icon]", (64, 64))  # its words can't be left out
    with pytest.raises(LabelUnfit, match=r"needs about (\d+) x \1") as error:
        one("AI-GENERATED", (64, 64))
    wide, high = sizes_in(error.value)
    assert one("AI-GENERATED", (wide, high)).claim.text == "AI-GENERATED"


def sizes_in(error: LabelUnfit) -> tuple[int, int]:
    wide, high = str(error).rsplit("about ", 1)[1].split(" x ")
    return int(wide), int(high)


def test_a_text_too_long_for_any_size() -> None:
    with pytest.raises(LabelUnfit, match="does not fit") as error:
        one("W" * 200)
    assert "shorten" in error.value.advice
    with pytest.raises(LabelUnfit, match="nothing would be seen"):
        draw(labels_for("\u3164"), (640, 360), 1.0, (noto(CJK),))


def test_labels_that_find_no_place_together() -> None:
    with pytest.raises(LabelUnfit, match="finds no place"):
        draw(labels_for(["one label", "another label", "a third label", "a fourth"]), (120, 68), 5.0, ())


def test_long_texts_are_set_in_lines_of_one_length() -> None:
    words, portrait = "This video was made by a machine and shows nothing real", (720, 1280)
    height, width = one(words, portrait).overlay.picture.shape[:2]
    assert width <= 0.81 * 720 + 2 and height > 3 * 0.045 * 720
    ink = one(words, portrait).overlay.picture[12:-12, 24:-24, :3].min(axis=2) > 200
    lines = [ink[third * ink.shape[0] // 3 : (third + 1) * ink.shape[0] // 3].any(axis=0) for third in range(3)]
    reaches = [np.flatnonzero(line)[-1] - np.flatnonzero(line)[0] for line in lines]
    assert min(reaches) > 0.7 * max(reaches)


def test_the_icon() -> None:
    for pixels in (16, 64, 512):
        picture = np.asarray(icon(pixels))
        assert picture.shape == (pixels, pixels, 4)
        assert picture[0, -1, 3] < 128 and picture[pixels // 2, pixels // 2, 3] == 255
    ink = np.asarray(icon(256).convert("L"))[40:-40, 30:-30] < 64
    assert 0.1 < ink.mean() < 0.5  # letters on the tag
