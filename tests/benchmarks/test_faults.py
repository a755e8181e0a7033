"""The short form of the fault run: real workers and a listener die, and so does the database; then all is counted."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from countermark.benchmarks.faults import running
from countermark.benchmarks.faults.__main__ import FULL
from countermark.benchmarks.faults.landing import Landed
from countermark.benchmarks.faults.running import Faults, amiss, run
from countermark.benchmarks.faults.submitting import submitting
from countermark.benchmarks.record import RESULTS
from countermark.settings import Service, Settings
from countermark.tests import databases

QUICK_S = 0.1  # between two looks into the queue, and two rounds
FEW, FEWER = Landed(clips=2, copies=2, words=25, poison=1), Landed(clips=2, copies=1, words=1)


@pytest.mark.parametrize(
    "faults",
    [
        Faults("sqlite", FEW, FEWER, workers=1, kills=1, apart_s=(2, 3), shard=15, round_s=QUICK_S),
        Faults("postgresql", FEW, FEWER, workers=3, kills=3, apart_s=(1, 3), shard=10, restarts=1, round_s=QUICK_S),
    ],
    ids=lambda faults: faults.kind,
)
def test_nothing_is_lost_or_twice_while_everything_dies(faults: Faults, tmp_path: Path) -> None:
    figures = run(faults, tmp_path, detector="never")
    assert amiss(figures, faults) == {}
    assert figures["scan"]["results"] == FEW.objects and figures["scan"]["given_up"] == 1
    assert figures["submissions"]["first_decisions"] == FEWER.objects
    assert figures["submissions"]["decisions_told"] >= 3, "those that could be read carry a label"
    assert figures["kills"] == faults.kills and figures["died over poison"] >= 2 and figures["ended otherwise"] == 0
    assert figures["database_restarts"] == faults.restarts and figures["scan"]["state"] == "done"


def test_the_stored_run_is_clean() -> None:
    stored = json.loads((RESULTS / "faults.json").read_text())["figures"]
    assert {faults.kind: amiss(stored[faults.kind], faults) for faults in FULL} == {"sqlite": {}, "postgresql": {}}


def test_a_run_in_which_nothing_was_killed_or_all_was_given_up_is_no_clean_one() -> None:
    (faults, _), stored = FULL, json.loads((RESULTS / "faults.json").read_text())["figures"]["sqlite"]
    scan = {**stored["scan"], "given_up": 2000}
    submissions = {**stored["submissions"], "with_effects": 0, "for_people": 0, "ledger_effects_out": 0}
    found = amiss({**stored, "scan": scan, "submissions": submissions, "kills": 0}, faults)
    assert {"scan: given_up", "submissions: with effects, or for people", "at least half of the kills"} <= found.keys()


def test_what_is_lost_or_twice_in_results_is_found(tmp_path: Path) -> None:
    lines = [_line("a"), _line("b"), _line("b"), _line("c", outcome=None)]
    path = tmp_path / "results.ndjson"
    path.write_text("".join(f"{json.dumps(one)}\n" for one in lines))
    found = running._counted(path, {"a", "b", "d"})
    assert [found[name] for name in running.SCAN_ZERO] == [1, 1, 1, 1]


def test_what_is_lost_of_submissions_is_found(tmp_path: Path) -> None:
    database, service = databases.new("sqlite", tmp_path), Service(unsafe_private_addresses=True)
    options = Settings(home=tmp_path / "home", database=database, service=service)
    with submitting(options, tmp_path / "uploads", FEWER) as submitted:
        assert submitted.going
        assert submitted.counted()["lost"] == FEWER.objects


def _line(name: str, outcome: str | None = "no_evidence") -> dict[str, Any]:
    return {"name": name, "outcome": outcome, "error": None, "same_as": None, "stage": "container"}
