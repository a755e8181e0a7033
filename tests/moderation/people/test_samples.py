"""Blind samples: who is chosen, what they are not shown, what may teach, how often the detector was overruled."""

from __future__ import annotations

import math
from dataclasses import asdict
from pathlib import Path

import pytest

from countermark.errors import ModerationUnfit
from countermark.evidence import Change, ChangesDetails, Span
from countermark.moderation.people import Label, Said, claiming, opening, samples
from countermark.moderation.people.values import Share
from countermark.moderation.values import Review, Submission
from countermark.tests.docket.rooms import DIGEST, at_once, evidence, verdict
from countermark.tests.moderation.people.rooms import ADA, BEN, CEM, FAKE, FINE, Room

SYNTHETIC = Said("synthetic", (), "the hands melt")
GENUINE = Said("genuine", (), "the shadows are right")
UNCLEAR = Said("unclear", (), "too dark")


def sample(room: Room, item: str, says: str = "synthetic") -> str:
    review_id = samples.consider(room.desk, room.item(item, says), 1.0)
    assert review_id is not None
    return review_id


def blind(room: Room, item: str, *given: tuple[str, Said]) -> str:
    """Let an item be sampled, and people say what they think."""
    review_id = sample(room, item)
    for who, what in given:
        claiming.take(room.desk, room.tenant, review_id, who)
        room.give(review_id, who, what)
    return review_id


def test_the_share_is_kept_always_the_same_and_under_another_key_another(tmp_path: Path) -> None:
    ids = [f"sub_{number}" for number in range(4000)]
    one = {id for id in ids if samples.chosen(tmp_path / "a", id, 0.1)}
    again = {id for id in ids if samples.chosen(tmp_path / "a", id, 0.1)}
    more = {id for id in ids if samples.chosen(tmp_path / "a", id, 0.3)}
    other = {id for id in ids if samples.chosen(tmp_path / "b", id, 0.1)}
    assert one == again and one < more and one != other
    for found, part in ((one, 0.1), (more, 0.3), (other, 0.1)):
        assert abs(len(found) - 4000 * part) < 5 * math.sqrt(4000 * part * (1 - part))
    assert not any(samples.chosen(tmp_path / "a", id, 0.0) for id in ids)
    assert all(samples.chosen(tmp_path / "a", id, 1.0) for id in ids)


def test_an_item_is_sampled_once(room: Room) -> None:
    of = room.item()
    ids = at_once(*[lambda: samples.consider(room.desk, of, 1.0)] * 3)
    assert len(set(ids)) == 1 and ids[0] is not None
    assert samples.consider(room.desk, of, 0.0) is None
    without = Submission(of.id, of.tenant_id, of.item, of.check_id, of.at, None)
    assert samples.consider(room.desk, without, 1.0) is None


def test_blind_people_are_shown_neither_verdict_nor_each_other(room: Room) -> None:
    review_id = sample(room, "1")
    job = room.next(ADA)
    assert job is not None and job.blind and job.seen is None and job.opinions == ()
    assert "likely" not in str(asdict(job)) and "outcome" not in str(asdict(job))
    with pytest.raises(ModerationUnfit, match="no actions"):
        room.give(review_id, ADA, FAKE)
    room.give(review_id, ADA, SYNTHETIC)
    second = room.next(BEN)
    assert second is not None and second.seen is None and second.opinions == ()
    settled = room.give(review_id, BEN, SYNTHETIC)
    assert settled.seen is not None and settled.seen.outcome == room.docket.get(job.submission.check_id).outcome
    assert settled.decision_id is None and settled.finding == "synthetic"
    assert room.in_force() == []


def test_who_has_seen_the_verdict_is_not_blind(room: Room) -> None:
    of = room.item()
    opening.want(room.desk, of, Review("all"))
    review_id = room.taken(ADA, "all")
    claiming.give_back(room.desk, room.tenant, review_id, ADA)
    sampled = samples.consider(room.desk, of, 1.0)
    assert sampled is not None
    assert room.next(ADA, samples.QUEUE) is None
    with pytest.raises(ModerationUnfit, match="has a part"):
        claiming.take(room.desk, room.tenant, sampled, ADA)
    held = room.taken(BEN, samples.QUEUE)  # and who looks at the verdict in between is so no longer
    claiming.take(room.desk, room.tenant, review_id, BEN)
    with pytest.raises(ModerationUnfit, match="has a part"):
        room.give(held, BEN, SYNTHETIC)


def test_who_has_seen_the_verdict_of_the_same_bytes_is_not_blind(room: Room) -> None:
    opening.want(room.desk, room.item("1"), Review("all"))
    room.taken(ADA, "all")
    assert samples.consider(room.desk, room.item("2"), 1.0) is not None
    assert room.next(ADA, samples.QUEUE) is None and room.next(BEN, samples.QUEUE) is not None


def test_closed_media_is_no_sample(room: Room) -> None:
    of = room.item()
    room.closes(of)
    assert samples.consider(room.desk, of, 1.0) is None


def test_only_what_blind_people_agree_on_teaches(room: Room) -> None:
    blind(room, "agreed", (ADA, SYNTHETIC), (BEN, SYNTHETIC))
    blind(room, "split", (ADA, SYNTHETIC), (BEN, GENUINE), (CEM, GENUINE))
    blind(room, "unclear", (ADA, UNCLEAR), (BEN, UNCLEAR))
    blind(room, "waits", (ADA, SYNTHETIC))
    opening.want(room.desk, room.item("seen"), Review("all", 0, 2))
    room.looked(ADA, FAKE, "all")
    room.looked(BEN, FAKE, "all")
    (agreed,) = room.reviews("agreed")
    assert samples.for_adapting(room.desk, room.tenant) == (Label(agreed.submission.check_id, DIGEST, "synthetic"),)
    assert samples.for_adapting(room.desk, "ten_other") == ()
    assert agreed.settled_at is not None
    assert samples.for_adapting(room.desk, room.tenant, until=agreed.settled_at) == ()


def test_agreement_is_that_of_the_first_two(room: Room) -> None:
    assert samples.agreement(room.desk, room.tenant).fleiss is None
    blind(room, "1", (ADA, SYNTHETIC), (BEN, SYNTHETIC))
    blind(room, "2", (BEN, GENUINE), (ADA, GENUINE))
    blind(room, "3", (ADA, SYNTHETIC), (BEN, GENUINE), (CEM, GENUINE))
    blind(room, "4", (ADA, GENUINE), (CEM, GENUINE))
    found = samples.agreement(room.desk, room.tenant)
    assert found.items == 4
    assert found.fleiss == pytest.approx((0.75 - 34 / 64) / (1 - 34 / 64))  # 3 of 8 synthetic, 5 genuine
    pairs = {(one.first, one.second): (one.items, one.kappa) for one in found.pairs}
    assert pairs == {(ADA, BEN): (3, pytest.approx(0.4)), (ADA, CEM): (1, None)}


def test_how_often_the_detector_was_overruled(room: Room) -> None:
    held = Change("region", Span(0.0, 1.0)), Change("cut", Span(2.0, 2.0))
    details = ChangesDetails(held, (Span(0.0, 3.0),), 0.01, 0.5, 8.0)
    of_changes = verdict(evidence("changes", details, "present"))
    for number, what in enumerate((FINE, FINE, FAKE, Said("unclear", (), "dark"))):
        room.clock.move(seconds=1)
        check = room.finished(of_changes, item_id=f"c{number}", item_type="video")
        found = room.deciding.of_check(check.id)
        assert found is not None
        opening.want(room.desk, found, Review("all"))
        room.looked(ADA, what, "all")
    outcome = check.outcome
    assert outcome == "altered"
    blind(room, "b", (BEN, GENUINE), (CEM, GENUINE))
    report = {(one.by, one.name, one.blind): one for one in samples.overruled(room.desk, room.tenant)}
    seen = report["outcome", str(outcome), False]
    assert (seen.overruled.count, seen.overruled.of, seen.unclear) == (2, 3, 1)
    assert seen.overruled.low == pytest.approx(0.2077, abs=1e-4) and seen.overruled.high == pytest.approx(
        0.9385, abs=1e-4
    )
    for kind in ("region", "cut"):
        assert report["manipulation", kind, False].overruled == seen.overruled
    (once,) = [one for one in report.values() if one.blind]
    assert (once.by, once.overruled) == ("outcome", Share(1, 1, pytest.approx(0.2065, abs=1e-4), 1.0))
    assert len(report) == 4


def test_what_people_said_before_is_not_the_detector_s(room: Room) -> None:
    of = room.item(says="genuine")
    was = room.docket.get(of.check_id).outcome
    room.revised(of.check_id, "synthetic")
    assert room.docket.get(of.check_id).outcome != was
    opening.want(room.desk, of, Review("all"))
    job = room.next(ADA)
    assert job is not None and job.seen is not None and job.seen.outcome == was
