"""Hashes in the forms of exchanges, and what is none."""

from __future__ import annotations

import json

import pytest

from countermark.evidence import FingerprintDetails
from countermark.moderation.banks import Frame, SignalUnfit, vpdq
from countermark.tests.moderation.banks.clips import Clips
from countermark.tests.moderation.banks.package import VpdqCompactFeature, json_to_vpdq, vpdq_to_json

HASH = "ab" * 32


def test_what_is_written_is_read_back_in_full_also_by_the_package(clips: Clips) -> None:
    frames = vpdq.of_fingerprint(clips.original)
    assert len(frames) > 4 and vpdq.read(vpdq.written(frames)) == frames
    theirs = json_to_vpdq(vpdq.written(frames))
    assert [(one.pdq_hex, one.quality, one.timestamp) for one in theirs] == [
        (one.hash, one.quality, one.seconds) for one in frames
    ]


def test_what_the_package_writes_is_read_with_its_coarse_times() -> None:
    theirs = [VpdqCompactFeature(HASH, 100, 123.456), VpdqCompactFeature("0" * 64, 0, 12345.6)]
    assert vpdq.read(vpdq_to_json(theirs, indent=2)) == (Frame(HASH, 100, 123.0), Frame("0" * 64, 0, 12300.0))


def test_only_frames_that_show_enough_count_and_each_hash_once() -> None:
    frames = (Frame(HASH, 49, 0.0), Frame(HASH, 50, 1.0), Frame(HASH, 90, 2.0), Frame("cd" * 32, 90, 2.0))
    assert vpdq.usable(frames) == (frames[1], frames[3])
    assert vpdq.moments(frames, ours=False) == ((HASH,), ("cd" * 32,))
    assert vpdq.moments(frames, ours=True) == ((HASH,), (HASH, "cd" * 32))
    assert vpdq.wholes(frames) == frames[:3]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "no JSON",
        "{}",
        "[]",
        "[1]",
        "[" * 100_000,
        '["ab"]',
        f'["{HASH},50"]',
        f'["{HASH[:-1]},50,0"]',
        f'["{HASH[:-1]}g,50,0"]',
        f'["{HASH}ab,50,0"]',
        f'["{HASH},nan,0"]',
        f'["{HASH},101,0"]',
        f'["{HASH},-1,0"]',
        f'["{HASH},5.5,0"]',
        f'["{HASH},50,nan"]',
        f'["{HASH},50,inf"]',
        f'["{HASH},50,-1"]',
        f'["{HASH},50,soon"]',
        f'["{HASH},50,0,0"]',
        json.dumps([f"{HASH},50,0"] * (vpdq.MOST_FRAMES + 1)),
        " " * (vpdq.MOST_CHARACTERS + 1),
    ],
)
def test_what_is_no_list_of_frames_is_refused(text: str) -> None:
    with pytest.raises(SignalUnfit) as said:
        vpdq.read(text)
    assert len(str(said.value)) < 200 and "banks.md" in said.value.advice


@pytest.mark.parametrize("text", ["", "ab", HASH + "0", "g" * 64, "é" * 64, "０" * 64])
def test_what_is_no_digest_is_refused(text: str) -> None:
    with pytest.raises(SignalUnfit):
        vpdq.digest(text)


def test_a_fingerprint_of_another_kind_is_refused() -> None:
    with pytest.raises(SignalUnfit, match="phash"):
        vpdq.of_fingerprint(FingerprintDetails("phash", (0.0,), ("ab" * 8,), (100,)))
