"""The fingerprint in a manifest, written and read back."""

import json
from dataclasses import replace

import pytest

from countermark.evidence import FingerprintDetails
from countermark.provenance.fingerprint.examiner import grid
from countermark.provenance.resolving.shown import MOST, assertion_of, fingerprint_in
from countermark.tests.provenance.sampled import sampled


@pytest.mark.parametrize("parts", [0, 5])
@pytest.mark.parametrize("count", [1, MOST, MOST + 1, 240])
def test_a_fingerprint_comes_back_from_a_manifest(count: int, parts: int) -> None:
    whole = sampled(count, parts)
    data = assertion_of(whole)
    back = fingerprint_in(json.loads(json.dumps(data)))
    assert len(back.hashes) == min(count, MOST)
    kept = [whole.times_s.index(at) for at in back.times_s]
    assert back.hashes == tuple(whole.hashes[at] for at in kept)
    assert back.parts == (tuple(whole.parts[at] for at in kept) if parts else ())
    assert len(json.dumps(data)) < 100 + (52 + 43 * parts) * len(kept)


def test_the_moments_at_which_a_reader_looks_are_kept() -> None:
    for count in (73, 100, 239):
        kept = fingerprint_in(assertion_of(_timed(count))).times_s
        assert set(grid(0.25 * count, 24)) <= set(kept), "of a copy as long as the original"


def _timed(count: int) -> FingerprintDetails:
    return replace(sampled(count, 0), times_s=tuple(0.25 * i for i in range(count)))


SAMPLE = "A" * 4 * 37
FORGED = [None, [], {}, {"samples": ""}, {"samples": 7}, {"samples": "AA=="}, {"samples": "!" * 52}, {"algorithm": 1}]
FORGED += [{"parts": 1}, {"parts": -1}, {"parts": 1 << 40}, {"parts": None}, {"samples": SAMPLE * 100}]


@pytest.mark.parametrize("change", FORGED)
def test_what_is_no_fingerprint_is_said(change: object) -> None:
    data = {**assertion_of(sampled(1, 0)), **change} if isinstance(change, dict) and change else change
    with pytest.raises(ValueError):
        fingerprint_in(data)
