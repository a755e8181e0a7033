"""A shadow held to the live detector, and both to what blind people agree on."""

from __future__ import annotations

from pathlib import Path

import pytest

from countermark.evidence import DetectorDetails, Evidence, FailureDetails
from countermark.evidence.judges import Thresholds
from countermark.moderation.people import Said, claiming, samples
from countermark.moderation.people.values import Share
from countermark.moderation.shadowing import Compared, Shadows
from countermark.tests import databases
from countermark.tests.docket.rooms import DIGEST, options, verdict
from countermark.tests.moderation.people.rooms import ADA, BEN, CEM, Room

SHADOW = "/models/next"
SYNTHETIC, GENUINE = Said("synthetic", (), "the hands melt"), Said("genuine", (), "the shadows are right")


@pytest.fixture(params=databases.KINDS)
def room(request: pytest.FixtureRequest, tmp_path: Path) -> Room:
    return Room(options(databases.new(request.param, tmp_path), tmp_path / "home"), "ten_shadow")


def seen(alarm: bool, model: str, fpr: float, examiner: str = "detector") -> Evidence:
    limits = Thresholds(0.9, fpr, 0.5, 0.2)
    details = DetectorDetails("generated", model, 0.001 if alarm else 0.6, limits)
    finding = "present" if alarm else "absent"
    return Evidence(DIGEST, "video", examiner, "1", finding, 0.95 if alarm else 0.2, details=details)  # type: ignore[arg-type]


def looked(room: Room, item: str, live: bool, beside: bool | None) -> str:
    """Let both look; None: the shadow can't judge."""
    check = room.finished(verdict(seen(live, "old", 0.01)), item_id=item, item_type="video")
    room.deciding.decide(check.id)
    found = seen(bool(beside), "new", 0.002)
    if beside is None:
        found = Evidence(DIGEST, "video", "detector", "1", "inconclusive", details=FailureDetails("too dark"))
    Shadows(room.desk).keep(check.id, SHADOW, (found,), 0.5)
    return check.id


def say(room: Room, check_id: str, *given: tuple[str, Said]) -> None:
    of = room.deciding.of_check(check_id)
    assert of is not None
    review_id = samples.consider(room.desk, of, 1.0)
    assert review_id is not None
    for who, what in given:
        claiming.take(room.desk, room.tenant, review_id, who)
        room.give(review_id, who, what)


def compared(room: Room, **more: str) -> Compared:
    (one,) = Shadows(room.desk).compared(SHADOW, **more).targets
    return one


def test_who_flags_what_and_who_people_say_is_right(room: Room) -> None:
    both, live_only, beside_only, neither = (
        looked(room, str(number), *flags)
        for number, flags in enumerate([(True, True), (True, False), (False, True), (False, False)])
    )
    looked(room, "dark", True, None)
    for check_id, what in ((both, SYNTHETIC), (beside_only, SYNTHETIC), (live_only, GENUINE)):
        say(room, check_id, (ADA, what), (BEN, what))
    say(room, neither, (ADA, SYNTHETIC), (BEN, GENUINE), (CEM, GENUINE))  # not agreed: it counts for nobody
    one = compared(room)
    assert (one.target, one.looks, one.judged) == ("generated", 5, 4)
    assert (one.both, one.live_only, one.beside_only, one.neither) == (1, 1, 1, 1)
    assert (one.agreed.count, one.agreed.of, one.kappa) == (2, 4, 0.0)
    assert 0 < one.agreed.low < 0.5 < one.agreed.high < 1
    assert (one.live_fpr, one.beside_fpr) == (0.01, 0.002)
    assert (one.only_live, one.only_beside) == ((live_only,), (beside_only,))
    assert [(share.count, share.of) for share in one.people.found] == [(1, 2), (2, 2)]
    assert [(share.count, share.of) for share in one.people.false] == [(1, 1), (0, 1)]


def test_what_nobody_decided_and_what_could_not_be_looked_at(room: Room) -> None:
    check_id = looked(room, "1", True, True)
    Shadows(room.desk).keep(check_id, SHADOW, (seen(False, "new", 0.002),), 9.0)
    Shadows(room.desk).failed(check_id, SHADOW, "late", 9.0)
    assert compared(room).both == 1, "the first look stays"
    assert compared(room).people.found == (Share(0, 0, 0.0, 1.0),) * 2
    other = room.finished(verdict(seen(True, "old", 0.01)))
    Shadows(room.desk).failed(other.id, SHADOW, "no such folder", 0.0)
    unasked = room.finished()
    Shadows(room.desk).failed(unasked.id, SHADOW, "no such folder", 0.0)
    found = Shadows(room.desk).compared(SHADOW)
    assert (found.checks, found.failed, found.why, found.seconds) == (2, 1, {"no such folder": 1}, 0.5)
    assert (found.models, found.beside) == (("old",), ("new",))
    assert Shadows(room.desk).names() == (SHADOW,)
    assert Shadows(room.desk).compared(SHADOW, "ten_other").checks == 0
    assert Shadows(room.desk).compared("another").targets == ()


def test_no_verdict_or_fact_of_a_policy_knows_of_it(room: Room) -> None:
    """Where both look, and a policy decides, what is told is what it was without a shadow."""
    check = room.finished(verdict(seen(False, "old", 0.01)), item_id="1", item_type="video")
    before = (room.docket.get(check.id), room.docket.events(check.id))
    Shadows(room.desk).keep(check.id, SHADOW, (seen(True, "new", 0.002),), 0.5)
    assert (room.docket.get(check.id), room.docket.events(check.id)) == before
    assert room.deciding.decide(check.id) == ()
