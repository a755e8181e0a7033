"""What is like what: held to the matching of the `threatexchange` package, and to what a match must not mean."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from countermark.evidence import FingerprintDetails
from countermark.moderation.banks import Banks, Frame, Shelves, Signals, bank_facts, shelves, vpdq
from countermark.tests.docket.rooms import Room, at_once
from countermark.tests.moderation.banks.clips import Clips
from countermark.tests.moderation.banks.package import PDQIndex, PdqSignal, VPDQIndex, VPDQSignal

ME, DIGEST = "person:1", "ab" * 32


def _video(details: FingerprintDetails) -> Signals:
    return Signals(vpdq=vpdq.of_fingerprint(details))


def _turned(hash: str, bits: int, seed: int) -> str:
    """Turn so many bits of a hash."""
    row = np.unpackbits(np.frombuffer(bytes.fromhex(hash), np.uint8))
    row[np.random.default_rng(seed).permutation(256)[:bits]] ^= 1
    return np.packbits(row).tobytes().hex()


def test_an_honest_copy_and_a_changed_one_both_match_and_nothing_else_follows(
    room: Room, banks: Banks, clips: Clips
) -> None:
    banks.create(room.tenant, "KNOWN", ME)
    content = banks.add(room.tenant, "KNOWN", _video(clips.original), ME, opinion="NEGATIVE_CLASS", note="case 7")
    found = [banks.matches(room.tenant, one, None) for one in (clips.copy, clips.swapped)]
    for (match,) in found:
        assert (match.content_id, match.opinion, match.note) == (content.id, "NEGATIVE_CLASS", "case 7")
        assert match.algorithm == "vpdq" and match.share >= 0.8 and match.compare == f"content:{content.id}"
    # The changed one is the nearer: whoever took over what is known of the original would be fed by this.
    assert found[1][0].distance <= found[0][0].distance
    assert bank_facts(found[1], ["KNOWN", "OTHER"]) == {
        "bank.KNOWN.matched": True,
        "bank.KNOWN.opinion": "NEGATIVE_CLASS",
        "bank.KNOWN.share": found[1][0].share,
        "bank.KNOWN.distance": found[1][0].distance,
        "bank.OTHER.matched": False,
        "bank.OTHER.opinion": "none",
        "bank.OTHER.share": 0.0,
        "bank.OTHER.distance": 256,
    }
    assert banks.matches(room.tenant, clips.other, None) == ()
    assert not any("verdict" in name or "outcome" in name for name in vars(found[0][0]))


def test_the_seconds_of_both_are_told(room: Room, banks: Banks, clips: Clips) -> None:
    banks.create(room.tenant, "KNOWN", ME)
    banks.add(room.tenant, "KNOWN", _video(clips.original), ME)
    (match,) = banks.matches(room.tenant, clips.excerpt, None)
    assert match.share_of_content < 0.8 and match.share == 1.0
    first, last = match.spans[0], match.spans[-1]
    assert first.copy.start_s == pytest.approx(0, abs=0.3) and first.original.start_s == pytest.approx(2, abs=0.3)
    assert last.copy.end_s == pytest.approx(2, abs=0.5) and last.original.end_s == pytest.approx(4, abs=0.5)


def test_videos_match_where_the_package_says_so(
    room: Room, banks: Banks, clips: Clips, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shelves, "_READ", 20)  # so that a shelf is read in several goes
    known = [vpdq.wholes(vpdq.of_fingerprint(one)) for one in (clips.original, clips.other)]
    half = tuple(
        replace(frame, hash=_turned(frame.hash, 40, i) if i % 3 else frame.hash) for i, frame in enumerate(known[0])
    )
    near = tuple(replace(frame, hash=_turned(frame.hash, 31, i)) for i, frame in enumerate(known[0]))
    far = tuple(replace(frame, hash=_turned(frame.hash, 32, i)) for i, frame in enumerate(known[1]))
    known += [half, known[0][:3] * 2, known[0] + known[1]]
    banks.create(room.tenant, "KNOWN", ME)
    for frames in known:
        banks.add(room.tenant, "KNOWN", Signals(vpdq=frames), ME)
    index = VPDQIndex.build([(vpdq.written(one), number) for number, one in enumerate(known, 1)])
    asked = [vpdq.wholes(vpdq.of_fingerprint(one)) for one in (clips.copy, clips.swapped, clips.excerpt, clips.other)]
    matched = 0
    for frames in (*asked, *known, near, far, known[0] + known[1][:1]):
        theirs = {
            one.metadata: (one.similarity_info.query_match_percent, one.similarity_info.compared_match_percent)
            for one in index.query(vpdq.written(frames))
        }
        ours = {
            one.number: (one.share * 100, one.share_of_content * 100)
            for one in banks.looked_up(room.tenant, Signals(vpdq=frames))
        }
        assert ours.keys() == theirs.keys()
        for number, shares in ours.items():
            assert shares == pytest.approx(theirs[number])
            brute = VPDQSignal.compare_hash(vpdq.written(frames), vpdq.written(known[number - 1]))
            assert brute.match and shares[0] == pytest.approx(brute.distance.query_match_percent)
        matched += len(ours)
    assert matched > 10


def test_pictures_match_where_the_package_says_so(room: Room, banks: Banks, clips: Clips) -> None:
    hashes = list(dict.fromkeys((*clips.original.hashes, *clips.other.hashes)))
    banks.create(room.tenant, "KNOWN", ME)
    for hash in hashes:
        banks.add(room.tenant, "KNOWN", Signals(pdq=hash), ME)
    index = PDQIndex([(hash, number) for number, hash in enumerate(hashes, 1)])
    asked = [*clips.copy.hashes, *clips.swapped.hashes, _turned(hashes[0], 31, 1), _turned(hashes[0], 32, 1)]
    for hash in asked:
        theirs = {(one.metadata, one.similarity_info.distance) for one in index.query(hash)}
        ours = {(one.number, one.distance) for one in banks.looked_up(room.tenant, Signals(pdq=hash))}
        assert ours == theirs
        for number, distance in ours:
            assert PdqSignal.compare_hash(hash, hashes[number - 1]).distance.distance == distance
    # A video is not looked for among pictures by others' forms, and a check's frames are.
    assert banks.looked_up(room.tenant, _video(clips.copy)) == ()
    found = banks.matches(room.tenant, clips.copy, None)
    assert found and {one.algorithm for one in found} == {"pdq"}


def test_one_way_to_see_a_frame_is_enough(room: Room, banks: Banks, clips: Clips) -> None:
    """A copy with bars has two hashes a frame, and only that without them is alike."""
    banks.create(room.tenant, "KNOWN", ME)
    banks.add(room.tenant, "KNOWN", _video(clips.original), ME)
    frames = vpdq.usable(vpdq.of_fingerprint(clips.original))
    barred = [
        pair for i, frame in enumerate(frames) for pair in (replace(frame, hash=_turned(frame.hash, 90, i)), frame)
    ]
    details = FingerprintDetails(
        "pdq",
        tuple(frame.seconds for frame in barred),
        tuple(frame.hash for frame in barred),
        tuple(frame.quality for frame in barred),
    )
    (match,) = banks.matches(room.tenant, details, None)
    assert (match.share, match.distance) == (1.0, 0)


def test_a_digest_is_found_first_and_in_every_bank(room: Room, banks: Banks, clips: Clips) -> None:
    for name in ("A", "B"):
        banks.create(room.tenant, name, ME)
        banks.add(room.tenant, name, Signals(sha256=DIGEST), ME, opinion="DISPUTED")
    banks.add(room.tenant, "B", _video(clips.original), ME)
    found = banks.matches(room.tenant, clips.copy, DIGEST)
    assert [(one.bank, one.algorithm, one.distance) for one in found[:2]] == [("A", "sha256", 0), ("B", "sha256", 0)]
    assert [(one.bank, one.algorithm) for one in found[2:]] == [("B", "vpdq")]
    assert bank_facts(found)["bank.B.opinion"] == "POSITIVE_CLASS"
    assert banks.exact(room.tenant, "cd" * 32) == ()


def test_what_is_new_disabled_or_gone_shows_at_once_in_every_process(room: Room, banks: Banks, clips: Clips) -> None:
    another = Banks(room.options, shelves=Shelves())
    banks.create(room.tenant, "KNOWN", ME)

    def seen() -> set[str]:
        found = [{one.content_id for one in of.matches(room.tenant, clips.copy, DIGEST)} for of in (banks, another)]
        assert found[0] == found[1]
        return found[0]

    assert seen() == set()
    video = banks.add(room.tenant, "KNOWN", _video(clips.original), ME)
    assert seen() == {video.id}
    digest = another.add(room.tenant, "KNOWN", Signals(sha256=DIGEST), ME)
    assert seen() == {video.id, digest.id}
    banks.disable(room.tenant, "KNOWN", video.id, ME)
    another.disable(room.tenant, "KNOWN", digest.id, ME)
    assert seen() == set()
    banks.enable(room.tenant, "KNOWN", video.id, ME)
    assert seen() == {video.id}
    banks.remove(room.tenant, "KNOWN", video.id, ME)
    assert seen() == set()
    again = banks.add(room.tenant, "KNOWN", _video(clips.original), ME)
    assert again.number > video.number and seen() == {again.id}
    banks.drop(room.tenant, "KNOWN", ME)
    assert seen() == set()


def test_who_looks_up_while_others_fill_sees_what_was_there_before(room: Room, banks: Banks, clips: Clips) -> None:
    banks.create(room.tenant, "KNOWN", ME)
    banks.add(room.tenant, "KNOWN", _video(clips.original), ME)

    def fill() -> None:
        for number in range(5):
            banks.add(room.tenant, "KNOWN", Signals(pdq=_turned(clips.copy.hashes[0], 8, number)), ME)

    def ask() -> None:
        for _ in range(5):
            assert banks.matches(room.tenant, clips.copy, None)

    at_once(fill, ask, ask)
    assert len(banks.matches(room.tenant, clips.copy, None)) == 6


def test_a_bank_that_is_enabled_in_part_takes_the_same_content_always_or_never(room: Room, banks: Banks) -> None:
    banks.create(room.tenant, "KNOWN", ME, enabled_share=0.5)
    digests = [f"{number:064x}" for number in range(60)]
    for digest in digests:
        banks.add(room.tenant, "KNOWN", Signals(sha256=digest), ME)
    taken = [bool(banks.exact(room.tenant, digest)) for digest in digests]
    assert 10 < sum(taken) < 50 and taken == [bool(banks.exact(room.tenant, digest)) for digest in digests]
    banks.change(room.tenant, "KNOWN", ME, enabled_share=0)
    assert not any(banks.exact(room.tenant, digest) for digest in digests)


def test_a_process_holds_no_more_than_it_has_room_for(room: Room, clips: Clips) -> None:
    held = Shelves(most=30)
    banks = Banks(room.options, shelves=held)
    for number in range(4):
        banks.create(room.tenant, f"B{number}", ME)
        banks.add(room.tenant, f"B{number}", _video(clips.original), ME)
    frames = len(vpdq.usable(vpdq.of_fingerprint(clips.original)))
    assert [one.bank for one in banks.matches(room.tenant, clips.copy, None)] == ["B0", "B1", "B2", "B3"]
    assert frames <= len(held) <= max(frames, 30)
    assert len(banks.matches(room.tenant, clips.copy, None)) == 4


def test_a_fingerprint_that_says_nothing_matches_nothing(room: Room, banks: Banks, clips: Clips) -> None:
    banks.create(room.tenant, "KNOWN", ME)
    banks.add(room.tenant, "KNOWN", _video(clips.original), ME)
    flat = replace(clips.original, qualities=(0,) * len(clips.original.hashes))
    assert banks.matches(room.tenant, flat, None) == ()
    assert banks.matches(room.tenant, None, None) == ()
    assert banks.looked_up(room.tenant, Signals(vpdq=(Frame("0" * 64, 10, 0.0),))) == ()
