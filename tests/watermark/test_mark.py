"""What the embedder puts in, the examiner reads: any size, depth and orientation; and it is not seen."""

import hashlib
from fractions import Fraction

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from countermark.errors import TooSmall
from countermark.evidence import Evidence, MarkDetails, NoMarkDetails
from countermark.media.facts import Geometry, Video
from countermark.media.plan import View
from countermark.watermark import OPEN_KEY, Embedder, MarkExaminer, MarkKey, check_room, new_payload

from .scenes import scene, video

PAYLOAD = "0123456789abcdef"
OTHER_KEY = MarkKey("other", hashlib.sha256(b"another key").digest())


def coded(upright: NDArray[np.uint8], geometry: Geometry) -> NDArray[np.uint8]:
    """The plane that a player turns into the upright picture."""
    turned = np.rot90(upright, -geometry.rotation // 90)
    plane = turned[:, ::-1] if geometry.flipped else turned
    return np.ascontiguousarray(cv2.resize(np.ascontiguousarray(plane), (geometry.width, geometry.height)))


def shown(plane: NDArray[np.uint8], geometry: Geometry) -> NDArray[np.float32]:
    """What a player shows: mirrored if so tagged, then turned counter-clockwise, pixels made square."""
    upright = np.rot90(plane[:, ::-1] if geometry.flipped else plane, geometry.rotation // 90)
    return cv2.resize(np.ascontiguousarray(upright, np.float32), geometry.display_size, interpolation=cv2.INTER_AREA)


def view(picture: NDArray[np.float32], seconds: float) -> View:
    scale = 256 / min(picture.shape)
    size = (round(picture.shape[1] * scale), round(picture.shape[0] * scale))
    return View(seconds, cv2.resize(picture.astype(np.float32), size, interpolation=cv2.INTER_AREA))


def look(pictures: list[NDArray[np.float32]], keys: tuple[MarkKey, ...] = (OPEN_KEY,)) -> Evidence:
    height, width = pictures[0].shape
    about: Video = video(width, height, len(pictures))
    examiner = MarkExaminer(keys)
    for i, _ in enumerate(examiner.plan(about).times_s):
        examiner.see(view(pictures[min(i, len(pictures) - 1)], i / 25))
    return examiner.conclude(about)


def payload_of(evidence: Evidence) -> str | None:
    return evidence.details.payload if isinstance(evidence.details, MarkDetails) else None


def marked(geometry: Geometry, frames: int = 10, payload: str = PAYLOAD, seed: int = 1) -> list[NDArray[np.uint8]]:
    embed = Embedder(payload, OPEN_KEY, geometry)
    planes = [coded(upright, geometry) for upright in scene(*geometry.display_size, frames, seed)]
    for i, plane in enumerate(planes):
        embed(plane, i / 25)
    return planes


@pytest.mark.parametrize("flipped", [False, True])
@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
def test_all_eight_orientations(rotation: int, flipped: bool) -> None:
    geometry = Geometry(320, 192, rotation, flipped)
    evidence = look([shown(plane, geometry) for plane in marked(geometry)])
    assert payload_of(evidence) == PAYLOAD
    assert isinstance(evidence.details, MarkDetails) and not evidence.details.mirrored


@settings(max_examples=12, deadline=None)
@given(
    width=st.integers(128, 420),
    height=st.integers(128, 420),
    aspect=st.sampled_from([Fraction(1), Fraction(12, 11), Fraction(4, 3), Fraction(8, 9)]),
    rotation=st.sampled_from([0, 90, 180, 270]),
    payload=st.integers(1, 2**64 - 1).map(lambda number: f"{number:016x}"),
)
def test_any_size_shape_and_payload(width: int, height: int, aspect: Fraction, rotation: int, payload: str) -> None:
    geometry = Geometry(width, height, rotation, sample_aspect=aspect)
    if min(geometry.display_size) < 128:
        return
    evidence = look([shown(plane, geometry) for plane in marked(geometry, payload=payload)])
    assert payload_of(evidence) == payload


def test_ten_bits() -> None:
    geometry = Geometry(320, 180)
    embed = Embedder(PAYLOAD, OPEN_KEY, geometry, bit_depth=10)
    pictures = []
    for i, upright in enumerate(scene(320, 180, 10)):
        plane = upright.astype(np.uint16) * 4 + 1
        before = plane.astype(int)
        embed(plane, i / 25)
        assert plane.max() <= 1023 and np.abs(plane - before).max() <= 32
        pictures.append(plane.astype(np.float32) / 4)
    assert payload_of(look(pictures)) == PAYLOAD


def test_ten_bits_stay_inside() -> None:
    plane = np.full((180, 320), 1023, np.uint16)
    Embedder(PAYLOAD, OPEN_KEY, Geometry(320, 180), bit_depth=10)(plane, 0.0)
    assert plane.max() == 1023 and plane.min() < 1023


@pytest.mark.parametrize("scale", [0.34, 0.5, 0.75, 2.0])
def test_scaled_copies(scale: float) -> None:
    planes = marked(Geometry(640, 384))
    size = (round(640 * scale), round(384 * scale))
    way = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    assert payload_of(look([cv2.resize(plane, size, interpolation=way) for plane in planes])) == PAYLOAD


def test_mirrored_copy() -> None:
    evidence = look([np.ascontiguousarray(plane[:, ::-1]) for plane in marked(Geometry(320, 240))])
    assert payload_of(evidence) == PAYLOAD
    assert isinstance(evidence.details, MarkDetails) and evidence.details.mirrored


def test_rough_copies() -> None:
    """JPEG of each frame, brighter and with less contrast, and few frames in another order."""
    planes = marked(Geometry(480, 360))
    rough = []
    for plane in planes[6:2:-1]:
        lit = np.clip(plane.astype(np.float32) * 0.8 + 30, 0, 255).astype(np.uint8)
        rough.append(cv2.imdecode(cv2.imencode(".jpg", lit, [cv2.IMWRITE_JPEG_QUALITY, 60])[1], cv2.IMREAD_GRAYSCALE))
    assert payload_of(look(rough)) == PAYLOAD


def test_evidence_says_how_sure() -> None:
    evidence = look(list(marked(Geometry(320, 240))))
    details = evidence.details
    assert evidence.finding == "present" and isinstance(details, MarkDetails)
    assert details.trials <= 4 and details.false_accept_bound == details.trials / 2**32
    assert details.key == "open" and details.frames == 10 and details.bit_accuracy > 0.9
    assert evidence.spans[0].end_s == pytest.approx(0.4)


def test_unmarked_and_wrong_key_are_absent() -> None:
    plain = look(list(scene(320, 240, 10)))
    wrong = look(list(marked(Geometry(320, 240))), keys=(OTHER_KEY,))
    for evidence, names in ((plain, ("open",)), (wrong, ("other",))):
        assert evidence.finding == "absent" and evidence.spans == ()
        assert evidence.details == NoMarkDetails(keys=names, trials=2, frames=10)


def test_many_keys_share_four_trials() -> None:
    keys = tuple(MarkKey(f"k{i}", hashlib.sha256(bytes([i])).digest()) for i in range(5))
    found = look(list(marked(Geometry(320, 240))), keys=(*keys, OPEN_KEY))
    assert payload_of(found) == PAYLOAD and isinstance(found.details, MarkDetails) and found.details.key == "open"
    missed = look(list(scene(320, 240, 10)), keys=keys)
    assert isinstance(missed.details, NoMarkDetails) and missed.details.trials == 4


def test_no_picture_is_inconclusive() -> None:
    assert MarkExaminer().conclude(video(320, 240)).finding == "inconclusive"


@pytest.mark.parametrize("level", [0, 16, 128, 235, 255])
def test_flat_pictures_hold_no_mark(level: int) -> None:
    assert look([np.full((240, 320), level, np.float32)] * 8).finding == "absent"


def test_it_is_not_seen() -> None:
    """At least 42 dB, at most 8 levels, and between two frames the change itself hardly changes."""
    pictures = scene(480, 320, 14)
    embed = Embedder(PAYLOAD, OPEN_KEY, Geometry(480, 320))
    still = pictures[0].copy()
    changes = []
    for i in range(14):
        plane = still.copy()
        embed(plane, i / 25)
        changes.append(plane.astype(np.float32) - still)
    error = float(np.mean(changes[0] ** 2))
    assert 10 * np.log10(255**2 / error) >= 42
    assert np.abs(changes).max() <= 8
    for before, after in zip(changes, changes[1:], strict=False):
        assert float(np.mean((after - before) ** 2)) < 0.05 * error


def test_flat_and_dark_places_get_little() -> None:
    picture = scene(480, 320, 1)[0]
    picture[:, :160] = 16  # a black bar
    plane = picture.copy()
    Embedder(PAYLOAD, OPEN_KEY, Geometry(480, 320))(plane, 0.0)
    change = np.abs(plane.astype(int) - picture)
    assert change[:, :140].max() <= 2 and change[:, 200:].max() >= 4


def test_wrong_planes_are_refused() -> None:
    embed = Embedder(PAYLOAD, OPEN_KEY, Geometry(320, 240))
    for plane in (np.zeros((320, 240), np.uint8), np.zeros((240, 320), np.uint16)):
        with pytest.raises(ValueError):
            embed(plane, 0.0)


@pytest.mark.parametrize(
    ("geometry", "frames"),
    [(Geometry(127, 720), None), (Geometry(1280, 100), None), (Geometry(1280, 200), None), (Geometry(320, 240), 7)],
)
def test_too_small_is_said(geometry: Geometry, frames: int | None) -> None:
    with pytest.raises(TooSmall):
        check_room(geometry, frames)


def test_enough_room() -> None:
    check_room(Geometry(128, 128), 8)
    check_room(Geometry(720, 576, sample_aspect=Fraction(16, 11)))
    check_room(Geometry(3840, 2160))


@pytest.mark.parametrize("duration", [0.0, 0.04, 0.3, 5.0, 20.0, 7200.0])
@pytest.mark.parametrize("most", [1, 16, 24])
def test_plans_are_bounded(duration: float, most: int) -> None:
    facts = video(640, 480, round(duration * 25))
    times = MarkExaminer(max_frames=most).plan(facts).times_s
    assert 1 <= len(times) <= most and times[0] == 0.0 and times[-1] <= duration


def test_new_payload_is_readable() -> None:
    payload = new_payload()
    assert payload_of(look(list(marked(Geometry(256, 256), payload=payload)))) == payload
