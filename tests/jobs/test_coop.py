"""Reports and appeals arrive at a Coop as its forms want them, with its key, and with nobody's name."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from countermark.errors import ModerationUnfit, SettingsInvalid
from countermark.jobs import Worker, coop, queue, rounds
from countermark.moderation.hooks import Endpoints, Outbox
from countermark.moderation.people import AppealRequest, appeals
from countermark.settings import Service, Settings
from countermark.tests import databases, memory
from countermark.tests.jobs.rooms import receiving, until
from countermark.tests.moderation.people.rooms import ADA, FAKE, Room, said
from tests.moderation.hooks.test_forms import APPEAL, REPORT, fits

KNOWN = {"key": "k-secret", "reporter_type": "user", "actions": {"label": "act_1"}, "policies": {"house": "pol_1"}}
KNOWN_DATA = {**KNOWN, "data": {"title": "item", "link": "url"}}


@pytest.fixture
def tmp_path() -> Iterator[Path]:
    with memory.folder() as folder:
        yield folder


def room(folder: Path, url: str, known: Any = KNOWN_DATA) -> Room:
    file = folder / "coop.json"
    file.write_text(json.dumps(known))
    file.chmod(0o600)
    service = Service(coop=url, coop_file=file, executor="one")
    options = Settings(
        home=folder / "home", database=databases.new("sqlite", folder), detector="never", service=service
    )
    return Room(options, "ten_coop")


def test_a_report_and_an_appeal_arrive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rounds, "QUICK_S", 0.1)
    monkeypatch.setitem(queue.POLL_S, queue.HOOKS, 0.1)
    with receiving() as receiver:
        there = room(tmp_path, receiver.url.removesuffix("/hook"))
        made = Endpoints(there.options).create(there.tenant, "", who=ADA, way="coop")
        assert set(made.kinds) == {"report.received", "appeal.received"}
        there.item()
        notice = there.report(report=said("Zoe")).notice
        job = there.looked(ADA, FAKE)
        there.over()
        asked = AppealRequest("uploader", "it is my own camera", policies=("house", "other"))
        appeal = appeals.appeal(there.desk, there.tenant, str(job.decision_id), asked)
        with Worker(there.options):
            until(lambda: len(receiver.got) == 2)
            until(lambda: not Outbox(there.options).page(there.tenant, state="waiting"))
    by_path = {
        path: (headers, json.loads(body)) for path, (headers, body) in zip(receiver.paths, receiver.got, strict=True)
    }
    assert {headers["x-api-key"] for headers, _ in by_path.values()} == {"k-secret"}
    report, objection = by_path["/api/v1/report"][1], by_path["/api/v1/report/appeal"][1]
    fits(report, REPORT)
    fits(objection, APPEAL)
    assert report["reporter"] == {"kind": "user", "typeId": "user", "id": notice.id}
    assert report["reportedItem"]["data"] == {"title": "1", "link": "https://example.org/v/1"}
    assert (objection["appealId"], objection["actionsTaken"]) == (appeal.id, ["act_1"])
    assert objection["violatingPolicies"] == [{"id": "pol_1"}, {"id": "other"}]
    assert "Zoe" not in str(by_path) and "zoe@" not in str(by_path)
    rows = databases.ask(there.url, "SELECT * FROM hook_endpoints") + databases.ask(
        there.url, "SELECT body FROM ledger"
    )
    assert "k-secret" not in str(rows)


def test_what_coop_has_no_form_for_is_refused(tmp_path: Path) -> None:
    there = room(tmp_path, "http://127.0.0.1:9")
    endpoints = Endpoints(there.options)
    with pytest.raises(ModerationUnfit, match=r"no events 'decision\.made' for it"):
        endpoints.create(there.tenant, "", who=ADA, way="coop", kinds=["decision.made"])
    made = endpoints.create(there.tenant, "", who=ADA, way="coop", kinds=["report.received"])
    with pytest.raises(ModerationUnfit, match="for it"):
        endpoints.change(there.tenant, made.id, who=ADA, kinds=["decision.made"])
    with pytest.raises(ModerationUnfit, match="test"):
        endpoints.test(there.tenant, made.id)


@pytest.mark.parametrize(
    "known",
    [
        *("words", [1], {}, {"key": "k"}, {**KNOWN, "key": ""}, {**KNOWN, "more": 1}, {**KNOWN, "actions": {"a": 1}}),
        *({**KNOWN, "data": {"a": "name"}}, {**KNOWN, "policies": []}),
    ],
)
def test_a_file_that_says_otherwise_is_refused_without_its_words(known: Any, tmp_path: Path) -> None:
    there = room(tmp_path, "http://127.0.0.1:9", known)
    Endpoints(there.options).create(there.tenant, "", who=ADA, way="coop")
    there.item()
    there.report()
    (delivery,) = Outbox(there.options).page(there.tenant)
    with pytest.raises(SettingsInvalid, match=r"coop\.json") as refused:
        coop.send(there.options, delivery, 1.0)
    assert "k-secret" not in str(refused.value)


def test_nothing_is_sent_where_no_coop_is_named(tmp_path: Path) -> None:
    there = room(tmp_path, "")
    Endpoints(there.options).create(there.tenant, "", who=ADA, way="coop")
    there.item()
    there.report()
    (delivery,) = Outbox(there.options).page(there.tenant)
    with pytest.raises(SettingsInvalid, match="no Coop"):
        coop.send(there.options, delivery, 1.0)
