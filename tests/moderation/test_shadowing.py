"""A shadow held to the live detector, and both to what blind people agree on."""

from __future__ import annotations

import json
import tracemalloc
from pathlib import Path

import pytest
from sqlalchemy import insert, select

from countermark.docket import times
from countermark.evidence import DetectorDetails, Evidence, FailureDetails
from countermark.evidence.judges import Thresholds
from countermark.moderation import shadowing
from countermark.moderation.people import Said, claiming, samples
from countermark.moderation.people.values import Share
from countermark.moderation.shadowing import Compared, Pairing, Shadows
from countermark.store import shadow_rows
from countermark.store.checks import checks
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


def looked(room: Room, item: str, live: bool, beside: bool | None, release: str = "new", fpr: float = 0.002) -> str:
    """Let both look; None: the shadow can't judge."""
    check = room.finished(verdict(seen(live, "old", 0.01)), item_id=item, item_type="video")
    room.deciding.decide(check.id)
    found = seen(bool(beside), release, fpr)
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
    (one,) = Shadows(room.desk).compared(SHADOW, **more).compared
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
    assert one.pairing == Pairing("generated", "old", "new", 0.01, 0.002)
    assert one.judged == 4 and Shadows(room.desk).compared(SHADOW).unjudged == 1
    assert (one.both, one.live_only, one.beside_only, one.neither) == (1, 1, 1, 1)
    assert (one.agreed.count, one.agreed.of, one.kappa) == (2, 4, 0.0)
    assert 0 < one.agreed.low < 0.5 < one.agreed.high < 1
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
    assert [(one.pairing.live, one.pairing.beside) for one in found.compared] == [("old", "new")]
    assert Shadows(room.desk).names() == (SHADOW,)
    assert Shadows(room.desk).compared(SHADOW, "ten_other").checks == 0
    assert Shadows(room.desk).compared("another").compared == ()


def test_another_release_or_threshold_of_the_same_name_is_compared_by_itself(room: Room) -> None:
    """What stands behind a name is another one day; neither counts for the other."""
    first = room.clock.at.isoformat()[:19]
    looked(room, "1", True, True)
    looked(room, "2", True, True)
    room.clock.move(seconds=60)
    looked(room, "3", True, False, release="newer")
    room.clock.move(seconds=60)
    looked(room, "4", True, True, release="newer", fpr=0.004)
    found = Shadows(room.desk).compared(SHADOW)
    told = [(one.pairing.beside, one.pairing.beside_fpr, one.judged, one.both) for one in found.compared]
    assert told == [("newer", 0.004, 1, 1), ("newer", 0.002, 1, 0), ("new", 0.002, 2, 2)], "the last one first"
    assert found.checks == 4 and found.compared[-1].since.startswith(first)
    assert found.compared[-1].until < found.compared[1].since == found.compared[1].until < found.compared[0].since


def test_pages_come_to_what_one_look_at_all_comes_to(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever a page holds, and wherever it ends: also between the two questions about one video."""
    for number in range(7):
        check_id = looked(room, str(number), number % 2 == 0, number % 3 == 0, release=f"new {number % 2}")
        say(room, check_id, *((who, SYNTHETIC if number % 2 else GENUINE) for who in (ADA, BEN)))
    whole = Shadows(room.desk).compared(SHADOW)
    assert whole.checks == 7 and sum(one.people.found[0].of for one in whole.compared) == 3
    for size in (1, 2, 3):
        monkeypatch.setattr(shadowing, "PAGE", size)
        pages = list(Shadows(room.desk)._pages(SHADOW, "", "", times.LAST))
        assert max(map(len, pages)) <= size and sum(map(len, pages)) == 7
        assert Shadows(room.desk).compared(SHADOW) == whole


def test_many_looks_take_no_more_memory_than_few(room: Room) -> None:
    few, many = (_peak(room, count) for count in (2_000, 20_000))
    assert many < 1.5 * few, "ten times as many"


def _peak(room: Room, count: int) -> int:
    """Lay so many looks under a name of their own, and give the most memory that comparing takes."""
    look = json.dumps({"model": "old", "finding": "absent", "score": 0.2, "fpr": 0.6, "alarm_fpr": 0.01})
    check_id = room.finished(verdict(seen(True, "old", 0.01))).id
    with room.desk.writing() as connection:
        row = dict(connection.execute(select(checks).where(checks.c.id == check_id)).mappings().one())
        rows = [{**row, "id": f"{check_id}-{number:06}"[-40:]} for number in range(count)]
        connection.execute(insert(checks), rows)
        common = {"shadow": str(count), "target": "generated", "tenant_id": room.tenant, "at": row["created_at"]}
        looks = {"live": look, "beside": look, "why": "", "seconds": 0.5}
        shadow_rows.add(connection, [{"check_id": one["id"], **common, **looks} for one in rows])
    del rows
    tracemalloc.start()
    try:
        found = Shadows(room.desk).compared(str(count))
        assert found.checks == found.compared[0].neither == count
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_no_verdict_or_fact_of_a_policy_knows_of_it(room: Room) -> None:
    """Where both look, and a policy decides, what is told is what it was without a shadow."""
    check = room.finished(verdict(seen(False, "old", 0.01)), item_id="1", item_type="video")
    before = (room.docket.get(check.id), room.docket.events(check.id))
    Shadows(room.desk).keep(check.id, SHADOW, (seen(True, "new", 0.002),), 0.5)
    assert (room.docket.get(check.id), room.docket.events(check.id)) == before
    assert room.deciding.decide(check.id) == ()
