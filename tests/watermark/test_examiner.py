"""An examiner asks for few pictures, and says what it read, how sure it is, where in time, and how it lies."""

import hashlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from countermark.evidence import NoMarkDetails
from countermark.media.plan import View
from countermark.watermark import FLOOR, OPEN_KEY, MarkExaminer, MarkKey, embed
from countermark.watermark.code import false_accept_bound
from countermark.watermark.reader import MOST_TRIALS
from countermark.watermark.reading import SHORT_SIDE

from .copies import OTHER_KEY, OTHER_PAYLOAD, PAYLOAD, details_of, laid, look, recut
from .scenes import scene, video


@settings(max_examples=10, deadline=None, derandomize=True)
@given(
    width=st.integers(128, 400),
    height=st.integers(128, 400),
    frames=st.integers(FLOOR.frames, 14),
    bits=st.sampled_from([8, 10]),
    way=st.integers(0, 7),
    key=st.sampled_from([OPEN_KEY, OTHER_KEY]),
)
def test_any_size_depth_length_and_way_round(
    width: int, height: int, frames: int, bits: int, way: int, key: MarkKey
) -> None:
    planes = scene(width, height, frames)
    if bits == 10:
        deep = embed((plane.astype(np.uint16) * 4 for plane in planes), PAYLOAD, key, bit_depth=10)
        marked = [(plane / 4).astype(np.float32) for plane in deep]
    else:
        marked = list(embed(planes, PAYLOAD, key))
    details = details_of(look([laid(plane, way) for plane in marked], (OPEN_KEY, OTHER_KEY)))
    assert (details.payload, details.key) == (PAYLOAD, key.name)
    assert details.geometry.plain and not details.geometry.searched
    assert (details.geometry.mirrored, details.geometry.quarter_turns) == (way >= 4, way % 4)


@pytest.mark.parametrize("size", [(128, 128), (129, 131), (128, 640)])
def test_a_picture_no_larger_than_the_floor(size: tuple[int, int]) -> None:
    assert details_of(look(list(embed(scene(*size, FLOOR.frames), PAYLOAD)), search_s=0)).payload == PAYLOAD


def test_evidence_says_how_sure() -> None:
    evidence = look(list(embed(scene(320, 240, 10), PAYLOAD)))
    details = details_of(evidence)
    assert details.false_accept_bound == false_accept_bound(details.trials) <= false_accept_bound(MOST_TRIALS)
    assert details.key == "open" and details.frames == 10 and details.bit_accuracy > 0.9 and details.also == ()
    assert evidence.spans[0].start_s == 0 and evidence.spans[0].end_s == pytest.approx(0.4)


def test_three_marked_seconds_in_twelve() -> None:
    planes = scene(320, 240, 96)
    planes[32:56] = embed(planes[32:56], PAYLOAD)
    evidence = look(planes, rate=8)
    assert details_of(evidence).payload == PAYLOAD
    (span,) = evidence.spans
    assert span.start_s == pytest.approx(4.0, abs=0.5) and span.end_s == pytest.approx(7.0, abs=0.5)


def test_two_marked_videos_joined() -> None:
    joined = [*embed(scene(320, 240, 12), PAYLOAD), *embed(scene(320, 240, 12, seed=4), OTHER_PAYLOAD)]
    evidence = look(joined, rate=4)
    details = details_of(evidence)
    (other,) = details.also
    where = {details.payload: evidence.spans, other.payload: other.spans}
    assert set(where) == {PAYLOAD, OTHER_PAYLOAD}
    ((first,), (second,)) = where[PAYLOAD], where[OTHER_PAYLOAD]
    assert (first.start_s, second.end_s) == (0, 6) and first.end_s == second.start_s == pytest.approx(3.0, abs=0.3)


@pytest.mark.parametrize("same_variant", [False, True])
def test_a_mark_is_no_other_by_chance(same_variant: bool) -> None:
    """Some payloads agree in many of their bits; and one in eight has the pilots of the other."""
    plain = scene(320, 240, 12), scene(320, 240, 12, seed=4)
    payloads = (hashlib.sha256(bytes([number])).hexdigest()[:16] for number in range(256))
    drawn = ((one, next(payloads)) for one in payloads)
    pairs = [pair for pair in drawn if len({OPEN_KEY.variant(one) for one in pair}) == 2 - same_variant]
    for pair in pairs[:8]:
        joined = [plane for planes, one in zip(plain, pair, strict=True) for plane in embed(planes, one)]
        evidence = look(joined, rate=4)
        details = details_of(evidence)
        where = {details.payload: evidence.spans} | {other.payload: other.spans for other in details.also}
        assert set(where) == set(pair)
        ((first,), (second,)) = where[pair[0]], where[pair[1]]
        assert (first.start_s, second.end_s) == (0, 6) and first.end_s == second.start_s == pytest.approx(3, abs=0.3)


def test_marked_again_with_another_key() -> None:
    """The new mark is read; the old one it has levelled."""
    evidence = look(list(embed(embed(scene(320, 240, 10), PAYLOAD), OTHER_PAYLOAD, OTHER_KEY)), (OPEN_KEY, OTHER_KEY))
    details = details_of(evidence)
    assert (details.payload, details.key) == (OTHER_PAYLOAD, "other") and details.also == ()


def test_two_marks_that_share_their_seconds() -> None:
    plain = scene(320, 240, 10)
    one, two = list(embed(plain, PAYLOAD)), list(embed(plain, OTHER_PAYLOAD, OTHER_KEY))
    both = [(a.astype(np.int16) + b - c).clip(0, 255).astype(np.uint8) for a, b, c in zip(one, two, plain, strict=True)]
    evidence = look(both, (OPEN_KEY, OTHER_KEY), search_s=0)
    details = details_of(evidence)
    (other,) = details.also
    assert {details.payload: details.key, other.payload: other.key} == {PAYLOAD: "open", OTHER_PAYLOAD: "other"}
    assert other.spans == evidence.spans and other.bit_accuracy > 0.6


def test_unmarked_and_wrong_key_are_absent() -> None:
    marked = list(embed(scene(320, 240, 8), PAYLOAD))
    for evidence, names in ((look(scene(320, 240, 8)), ("open",)), (look(marked, (OTHER_KEY,)), ("other",))):
        assert evidence.finding == "absent" and evidence.spans == ()
        assert isinstance(evidence.details, NoMarkDetails) and evidence.details.keys == names
        assert 0 < evidence.details.trials <= MOST_TRIALS and evidence.details.frames == 8


def test_a_search_is_made_only_where_there_is_time_for_it() -> None:
    turned = [recut(plane, crop=0.8, turn=-14) for plane in embed(scene(400, 300, 8), PAYLOAD)]
    details = details_of(look(turned))
    assert details.payload == PAYLOAD and details.geometry.searched
    assert details.geometry.rotation == pytest.approx(-14, abs=0.7)
    hurried = look(turned, search_s=0)
    assert hurried.finding == "absent" and isinstance(hurried.details, NoMarkDetails)
    assert hurried.details.trials < details.trials


def test_no_picture_is_inconclusive() -> None:
    assert MarkExaminer().conclude(video(320, 240)).finding == "inconclusive"


def test_a_picture_like_a_thread_is_not_worked_on() -> None:
    examiner = MarkExaminer()
    examiner.see(View(0.0, np.zeros((16, 2000), np.float32)))
    assert examiner.conclude(video(2000, 16)).finding == "absent"


@pytest.mark.parametrize("duration", [0.0, 0.04, 0.3, 5.0, 20.0, 7200.0])
@pytest.mark.parametrize("most", [1, 16, 24])
def test_plans_are_bounded(duration: float, most: int) -> None:
    plan = MarkExaminer(max_frames=most).plan(video(640, 480, round(duration * 25)))
    times = plan.times_s
    assert 1 <= len(times) <= most and times[0] == 0.0 and times[-1] <= duration
    assert plan.pixels == "luma" and plan.short_side == SHORT_SIDE


def test_an_examiner_without_keys_or_frames_is_refused() -> None:
    for arguments in ({"keys": ()}, {"max_frames": 0}):
        with pytest.raises(ValueError, match="needs a key and a frame"):
            MarkExaminer(**arguments)  # type: ignore[arg-type]
