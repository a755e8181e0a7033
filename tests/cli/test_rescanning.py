"""`countermark rescan` and `shadow report`, as a person has them: estimates, reports, refusals, gone on with."""

from __future__ import annotations

from pathlib import Path

import pytest

from countermark.docket import times
from countermark.docket.desk import Desk
from countermark.errors import AccountUnfit, ScanUnfit
from countermark.evidence import DetectorDetails, Evidence
from countermark.evidence.judges import Thresholds
from countermark.jobs.rescans import Plan, Rescans
from countermark.moderation.shadowing import Shadows
from countermark.tests.cli.command import Ran, run
from countermark.tests.docket.rooms import DIGEST, Clock, Room, evidence, options, verdict


@pytest.fixture
def room(tmp_path: Path) -> Room:
    return Room(options(f"sqlite:///{tmp_path / 'registry.sqlite'}", tmp_path), "ten_a", Clock(times.now()))


def asked(room: Room, *given: object) -> Ran:
    said = run(room.options.home, *given, database=room.url)
    assert "Traceback" not in said.out + said.err
    return said


def seen(model: str, alarm: bool = True) -> Evidence:
    details = DetectorDetails("generated", model, 0.01, Thresholds(0.9, 0.01, 0.5, 0.1))
    return Evidence(DIGEST, "video", "detector", "1", "present" if alarm else "absent", 0.95, details=details)


def test_what_can_change_is_counted_then_gone_through_and_not_again(room: Room) -> None:
    """The media of one is gone: nothing can be looked at, and that is said of it."""
    check = room.finished(verdict(evidence("detector")))
    room.objects.delete(f"media/{check.id}")
    (item,) = asked(room, "rescan", "--because", "model", "--dry-run", "--json").report()["results"]
    assert (item["state"], item["checks"], item["rescan"]) == ("estimate", 1, "")
    assert item["examples"][0]["check"] == check.id and item["seconds"] is not None
    said = asked(room, "rescan", "--because", "model")
    assert said.code == 0 and "done: 1 of 1 checks; 0 changed, 0 same, 1 could not be judged anew" in said.out
    assert f"{check.id}  gone: media gone, stays" in said.out and "rescan --resume rsc_" in said.out
    rescan_id = Rescans(Desk(room.options)).open(Plan("model"))
    (made,) = asked(room, "rescan", "--resume", rescan_id, "--json").report()["results"]
    assert (made["rescan"], made["because"], made["state"], made["looked"]) == (rescan_id, "model", "done", 0)


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        ((), 2, "--because"),
        (("--because", "mood"), 2, "mood"),
        (("--resume", "rsc_x"), ScanUnfit.exit_code, "no rescan rsc_x"),
        (("--because", "model", "--since", "yesterday"), 2, "begins with a year"),
        (("--because", "model", "--until", "21.11.2026"), 2, "begins with a year"),
        (("--because", "model", "--tenant", "nobody"), AccountUnfit.exit_code, "no tenant nobody"),
    ],
    ids=["no reason", "no such reason", "no such rescan", "no time", "no time either", "no such tenant"],
)
def test_what_is_refused(room: Room, words: tuple[str, ...], code: int, says: str) -> None:
    said = asked(room, "rescan", *words)
    assert said.code == code and says in said.err


def test_one_is_ended(room: Room) -> None:
    room.finished(verdict(evidence("detector")))
    rescan_id = Rescans(Desk(room.options)).open(Plan("model"))
    assert "cancelled: 0 of 0 checks" in asked(room, "rescan", "--cancel", rescan_id).out
    assert Rescans(Desk(room.options)).get(rescan_id).state == "cancelled"
    assert asked(room, "rescan", "--cancel", "rsc_x").code == ScanUnfit.exit_code


def test_a_shadow_beside_the_live_one(room: Room) -> None:
    check = room.finished(verdict(seen("old")))
    Shadows(Desk(room.options)).keep(check.id, "/models/next", (seen("new", alarm=False),), 0.25)
    said = asked(room, "shadow", "report")
    assert said.code == 0 and "/models/next: 1 checks in all" in said.out and ": new beside old\n" in said.out
    assert "agreed on 0 of 1 (0.0% to 79.3%)" in said.out and f"live alone: {check.id}" in said.out
    (item,) = asked(room, "shadow", "report", "/models/next", "--json").report()["results"]
    (one,) = item["pairings"]
    assert (one["judged"], one["live_only"], one["live_fpr"], one["only_live"]) == (1, 1, 0.01, [check.id])
    assert (one["live"], one["shadow"], item["unjudged"]) == ("old", "new", 0) and one["since"] == one["until"]
    assert one["agreed"]["of"] == 1 and one["shadow_found"]["of"] == 0
