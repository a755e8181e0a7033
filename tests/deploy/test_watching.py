"""The dashboard and the alerts ask for what a server says, and the alerts speak when they are to, and not else."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from countermark.jobs.presence import Presence, presence, worker_name
from countermark.store import engine
from countermark.tests import databases
from countermark.tests.needs import program
from tests.api.served import Place, serving

DEPLOY = Path(__file__).parents[2] / "deploy"
NAME = re.compile(r"\bcountermark_\w+\b")
LABELS = re.compile(r"\b(countermark_\w+)\{([^}]*)\}")


@pytest.fixture(scope="module", params=databases.KINDS)
def place(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    folder = tmp_path_factory.mktemp("served")
    with serving(folder / "home", databases.new(request.param, folder)) as made:
        with engine.writing(made.options.database_url):
            pass  # as `countermark serve` does when it starts
        yield made


@pytest.fixture
def at_work(place: Place) -> Iterator[Presence]:
    held = presence(place.options)
    yield held
    held.close()


def expressions() -> list[str]:
    """Give what the dashboard and the alerts ask for."""
    rules = yaml.safe_load((DEPLOY / "prometheus" / "rules.yaml").read_text())
    board = json.loads((DEPLOY / "grafana" / "dashboard.json").read_text())
    asked = [rule["expr"] for group in rules["groups"] for rule in group["rules"]]
    return asked + [target["expr"] for panel in board["panels"] for target in panel["targets"]]


def test_every_number_that_is_asked_for_is_said_by_a_server(place: Place) -> None:
    place.finished()
    place.ask("GET", "/v1/checks/chk_none")
    place.ask("GET", "/v1/checks/chk_none")
    said = place.ask("GET", "/metrics").text
    names = {line.split("{")[0].split(" ")[0] for line in said.splitlines() if not line.startswith("#")}
    asked = {name for one in expressions() for name in NAME.findall(one)}
    assert len(asked) >= 8 and asked <= names, asked - names
    for one in expressions():
        for name, labels in LABELS.findall(one):
            for label, value in re.findall(r'(\w+)="([^"$]*)"', labels):
                if label != "job" and value != "failed":
                    assert re.search(rf'^{name}{{[^}}]*\b{label}="{re.escape(value)}"', said, re.MULTILINE), (
                        name,
                        value,
                    )


def test_the_page_tells_of_each_number() -> None:
    told = set(NAME.findall((DEPLOY.parent / "docs" / "operations.md").read_text()))
    asked = {re.sub("_bucket$", "", name) for one in expressions() for name in NAME.findall(one)}
    assert asked <= told, asked - told


def test_workers_are_counted_while_they_hold_their_names(place: Place, at_work: Presence) -> None:
    def counted() -> float:
        found = re.search(r"^countermark_workers (\S+)$", place.ask("GET", "/metrics").text, re.MULTILINE)
        assert found is not None
        return float(found[1])

    assert counted() == 0
    for name in ("one", "two"):
        assert at_work.hold(worker_name(name))
    assert at_work.hold("rounds quick")
    assert counted() == 2, "a round is no worker"
    at_work.let_go(worker_name("one"))
    assert counted() == 1


def test_who_waits_is_seen_by_how_long(place: Place) -> None:
    def waits(queue: str) -> float:
        found = re.search(
            rf'^countermark_queue_oldest_seconds{{queue="{queue}"}} (\S+)$',
            place.ask("GET", "/metrics").text,
            re.MULTILINE,
        )
        assert found is not None
        return float(found[1])

    assert waits("bulk") == 0
    place.service.jobs.enqueue_check(place.laid(lane="bulk").id, "bulk")
    first = waits("bulk")
    assert 0 < first < 60 and waits("live") == 0
    assert waits("bulk") > first


def test_what_was_given_up_is_counted(place: Place) -> None:
    from countermark.docket import CheckError

    def given_up() -> str:
        return re.findall(r'^countermark_dead_letters{kind="checks"} (\S+)$', place.ask("GET", "/metrics").text, re.M)[
            0
        ]

    assert given_up() == "0.0"
    for error in ("Unreadable", "ReaderDied"):
        check = place.laid()
        place.service.docket.at_stage(check.id, "look")
        place.service.docket.fail(check.id, CheckError(error, "it did", "see"))
    assert given_up() == "1.0"


def test_the_rules_are_sound_and_speak_when_they_are_to() -> None:
    promtool, folder = program("promtool", "prometheus"), DEPLOY / "prometheus"
    for words in (["check", "rules", "rules.yaml"], ["test", "rules", "rules.test.yaml"]):
        ran = subprocess.run([promtool, *words], cwd=folder, capture_output=True, text=True, timeout=60)
        assert ran.returncode == 0, ran.stdout + ran.stderr


def test_each_alert_is_tried_both_ways() -> None:
    rules = yaml.safe_load((DEPLOY / "prometheus" / "rules.yaml").read_text())
    alerts = {rule["alert"] for group in rules["groups"] for rule in group["rules"] if "alert" in rule}
    silent, amiss = yaml.safe_load((DEPLOY / "prometheus" / "rules.test.yaml").read_text())["tests"]
    assert {one["alertname"] for one in silent["alert_rule_test"] if not one.get("exp_alerts")} == alerts
    assert {one["alertname"] for one in amiss["alert_rule_test"] if one.get("exp_alerts")} == alerts


def test_advice_of_alerts_leads_to_headings_that_are_there() -> None:
    text = (DEPLOY / "prometheus" / "rules.yaml").read_text()
    page = (DEPLOY.parent / "docs" / "operations.md").read_text()
    headings = {line.lstrip("# ").lower().replace(" ", "-") for line in page.splitlines() if line.startswith("## ")}
    links = set(re.findall(r"docs/operations\.md#([\w-]+)", text))
    assert links and links <= headings


def test_the_dashboard_has_no_panel_over_another() -> None:
    board = json.loads((DEPLOY / "grafana" / "dashboard.json").read_text())
    places = [panel["gridPos"] for panel in board["panels"]]
    cells = [
        (x, y) for at in places for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])
    ]
    assert len(cells) == len(set(cells)) and max(x for x, _ in cells) == 23
    assert len({panel["id"] for panel in board["panels"]}) == len(places)
