"""Several marks, and marks of a part: each leads to its own record, and speaks for its own seconds."""

import random
from dataclasses import replace
from pathlib import Path

import pytest

from countermark.evidence import Evidence, FingerprintDetails, MarkDetails, MarkGeometry, OtherMark, RecordDetails, Span
from countermark.media import Looked, probe
from countermark.provenance import Record, Registry
from countermark.recover import recover
from countermark.settings import Limits, Settings
from countermark.verdict import Judgement, Verdict, fold
from tests import recipes

A, B = "00000000000000aa", "00000000000000bb"
STEP_S = 0.25


def _fingerprint(seed: int, count: int, start_s: float = 0.0) -> FingerprintDetails:
    """Hashes that are as far from those of another seed as chance is: 128 bits of 256."""
    random_ = random.Random(seed)
    hashes = tuple(f"{random_.getrandbits(256):064x}" for _ in range(count))
    parts = tuple(f"{random_.getrandbits(5 * 256):0320x}" for _ in range(count))
    return FingerprintDetails("pdq", tuple(start_s + STEP_S * i for i in range(count)), hashes, (100,) * count, parts)


def _joined(first: FingerprintDetails, second: FingerprintDetails) -> FingerprintDetails:
    offset = first.times_s[-1] + STEP_S
    times = (*first.times_s, *(offset + at for at in second.times_s))
    return FingerprintDetails(
        "pdq", times, first.hashes + second.hashes, first.qualities + second.qualities, first.parts + second.parts
    )


ORIGINAL_A, ORIGINAL_B = _fingerprint(1, 16), _fingerprint(2, 16)  # 4 s each
UNMARKED = _fingerprint(3, 16)
FIRST, SECOND = Span(0.0, 4.0), Span(4.0, 8.0)


@pytest.fixture
def options(tmp_path: Path) -> Settings:
    home = tmp_path / "home"
    home.mkdir()
    options = Settings(home=home)
    for payload, shape in ((A, ORIGINAL_A), (B, ORIGINAL_B)):
        Registry(options.database_url).add(
            Record(payload, f"urn:c2pa:{payload}", b"no manifest", "0" * 64, shape, issuer=f"maker of {payload}")
        )
    return options


def _looked(folder: Path, shown: FingerprintDetails, mark: MarkDetails, *spans: Span) -> Looked:
    """A look as it is brought back, of a video as long as what it shows."""
    video = replace(
        probe(recipes.clip(folder / "a.mp4", size=(160, 120), seconds=0.4), Limits()),
        duration_s=shown.times_s[-1] + STEP_S,
    )
    evidence = (
        Evidence(video.digest, "video", "watermark", "2", "present", spans=spans, details=mark),
        Evidence(video.digest, "video", "fingerprint", "1", "present", details=shown),
    )
    return Looked(video, video.digest, video.bytes, evidence)


def _mark(payload: str = A, *also: OtherMark, geometry: MarkGeometry | None = None) -> MarkDetails:
    return MarkDetails(payload, "open", 2, 5e-10, 0.98, geometry or MarkGeometry(), also)


def _records(evidence: tuple[Evidence, ...]) -> dict[str, tuple[str, tuple[Span, ...]]]:
    found = [(e, e.details) for e in evidence]
    return {d.payload: (d.fit, e.spans) for e, d in found if isinstance(d, RecordDetails)}


def _verdict(looked: Looked, evidence: tuple[Evidence, ...]) -> Verdict:
    return fold(looked.digest, (*looked.evidence, *evidence), Judgement())


def test_a_mark_of_the_whole_is_as_it_was(tmp_path: Path, options: Settings) -> None:
    for spans in ((), (Span(0.0, 4.0),), (Span(0.1, 3.8),)):
        looked = _looked(tmp_path, ORIGINAL_A, _mark(), *spans)
        evidence = recover(looked, options).evidence
        assert _records(evidence) == {A: ("fits", ())}
        assert _verdict(looked, evidence).outcome == "ai_generated"


def test_a_mark_that_is_legible_in_a_part_of_its_own_copy(tmp_path: Path, options: Settings) -> None:
    looked = _looked(tmp_path, ORIGINAL_A, _mark(), Span(0.0, 1.5))
    verdict = _verdict(looked, recover(looked, options).evidence)
    assert verdict.outcome == "ai_generated" and "for this content" in " ".join(verdict.reasons)


def test_a_marked_part_does_not_carry_the_rest(tmp_path: Path, options: Settings) -> None:
    looked = _looked(tmp_path, _joined(ORIGINAL_A, UNMARKED), _mark(), FIRST)
    evidence = recover(looked, options).evidence
    verdict = _verdict(looked, evidence)
    assert _records(evidence) == {A: ("unclear", (FIRST,))}
    assert (verdict.outcome, verdict.also) == ("declared_ai", ())
    assert "0.0 to 4.0 s fit" in " ".join(verdict.reasons) and "only 4.0 of 8.0 s" in " ".join(verdict.reasons)


def test_a_mark_moved_onto_a_part_is_a_conflict(tmp_path: Path, options: Settings) -> None:
    looked = _looked(tmp_path, _joined(ORIGINAL_A, UNMARKED), _mark(), SECOND)
    evidence = recover(looked, options).evidence
    assert _records(evidence) == {A: ("differs", (SECOND,))}
    assert _verdict(looked, evidence).outcome == "conflict"


def test_two_marked_videos_joined_never_read_as_one(tmp_path: Path, options: Settings) -> None:
    also = OtherMark(B, "open", 0.97, (SECOND,), MarkGeometry())
    looked = _looked(tmp_path, _joined(ORIGINAL_A, ORIGINAL_B), _mark(A, also), FIRST)
    evidence = recover(looked, options).evidence
    assert _records(evidence) == {A: ("fits", (FIRST,)), B: ("fits", (SECOND,))}
    verdict = _verdict(looked, evidence)
    said = " ".join(verdict.reasons)
    assert verdict.outcome == "ai_generated"
    for words in (f"{A} from 0.0 to 4.0 s, issued by maker of {A} for what it shows there", f"{B} from 4.0 to 8.0 s"):
        assert words in said
    assert "no mark speaks for the whole" in said and "for this content" not in said


def test_joined_with_what_no_record_knows(tmp_path: Path, options: Settings) -> None:
    also = OtherMark("00000000000000cc", "open", 0.97, (SECOND,))
    looked = _looked(tmp_path, _joined(ORIGINAL_A, UNMARKED), _mark(A, also), FIRST)
    verdict = _verdict(looked, recover(looked, options).evidence)
    assert (verdict.outcome, verdict.also) == ("declared_ai", ())
    assert "no registry" in " ".join(verdict.reasons)


def test_joined_with_what_was_revoked(tmp_path: Path, options: Settings) -> None:
    Registry(options.database_url).revoke(f"urn:c2pa:{B}", "a mistake")
    also = OtherMark(B, "open", 0.97, (SECOND,), MarkGeometry())
    looked = _looked(tmp_path, _joined(ORIGINAL_A, ORIGINAL_B), _mark(A, also), FIRST)
    verdict = _verdict(looked, recover(looked, options).evidence)
    assert (verdict.outcome, verdict.also) == ("declared_ai", ())
    assert "a mistake" in " ".join(verdict.reasons)


def test_a_long_first_part_does_not_take_over_the_second(tmp_path: Path, options: Settings) -> None:
    """More than 70 % of the frames are A's, and B still has its own word."""
    cut = {name: getattr(ORIGINAL_B, name)[:4] for name in ("times_s", "hashes", "qualities", "parts")}
    short = replace(ORIGINAL_B, **cut)
    also = OtherMark(B, "open", 0.97, (Span(4.0, 5.0),), MarkGeometry())
    looked = _looked(tmp_path, _joined(ORIGINAL_A, short), _mark(A, also), FIRST)
    assert _records(recover(looked, options).evidence) == {A: ("fits", (FIRST,)), B: ("fits", (Span(4.0, 5.0),))}


def test_a_crop_that_does_not_look_the_same_is_unclear(tmp_path: Path, options: Settings) -> None:
    for geometry, fit, outcome in (
        (MarkGeometry(), "differs", "conflict"),
        (MarkGeometry(scale=1.4, searched=True), "unclear", "declared_ai"),
    ):
        looked = _looked(tmp_path, UNMARKED, _mark(geometry=geometry))
        evidence = recover(looked, options).evidence
        assert _records(evidence) == {A: (fit, ())}
        verdict = _verdict(looked, evidence)
        assert (verdict.outcome, verdict.also) == (outcome, ())


def test_the_very_bytes_are_whole_wherever_the_mark_was_read(tmp_path: Path, options: Settings) -> None:
    looked = _looked(tmp_path, UNMARKED, _mark("00000000000000dd"), Span(0.0, 1.0))
    Registry(options.database_url).add(
        Record("00000000000000dd", "urn:c2pa:dd", b"no manifest", looked.digest, ORIGINAL_A)
    )
    assert _records(recover(looked, options).evidence) == {"00000000000000dd": ("fits", ())}
