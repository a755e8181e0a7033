"""A platform's day, with every part as it is run: bucket, listener, server, worker, receiver, browser, ledger.

Videos land in a bucket. A rule that only counted is promoted; the policy labels and blocks, a receiver is told, people
report, a reviewer overrules, the uploader appeals, others look again, and what was decided stands in the ledger.
"""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote

import httpx
import jsonschema
import pytest
from standardwebhooks import Webhook

import countermark.moderation.statements
from countermark.accounts import SCOPES, Accounts
from countermark.settings import Settings
from tests import object_stores
from tests.api.pages.clips import Clips, made
from tests.cli.command import arguments, environment
from tests.e2e.browser import Chromium
from tests.e2e.running import running
from tests.jobs.rooms import Receiver, receiving

PASSWORD = "a long password of tests"
ANN, BEN = "ann@example.org", "ben@example.org"
WAIT_S = 90.0
GROUND = {
    **{"kind": "incompatible", "reference": "Synthetic video", "category": "STATEMENT_CATEGORY_OTHER_VIOLATION_TC"},
    "explanation": "Videos made by AI carry a label here, and proven ones are not advertised.",
}
POLICY = {
    **{"policy": "house", "title": "Synthetic video", "norm": "Videos made by AI say so.", "undo_s": 1},
    "unknown": {"queue": "unsure"},
    "rules": [
        {
            **{"id": "marked", "why": "It carries our mark.", "ground": GROUND},
            **{"when": {"mark": {"is": "present"}}, "then": [{"label": "Made with AI"}]},
        },
        {
            **{"id": "proven", "why": "A proof says that it was made by AI.", "ground": GROUND, "state": "BACKGROUND"},
            **{"when": {"outcomes": {"contains": "ai_generated"}}, "then": ["block"]},
        },
    ],
}
T = TypeVar("T")


@dataclass(frozen=True)
class Platform:
    """Those who run the service, and those who ask it."""

    home: Path
    base: str
    bucket: str
    asking: httpx.Client
    told: Receiver
    secret: str
    store: str  # where the bucket is

    def ask(self, way: str, path: str, status: int = 200, **sent: Any) -> Any:
        said = self.asking.request(way, f"/v1{path}", **sent)
        assert said.status_code == status, (way, path, said.text)
        return said.json() if said.content else None

    def command(self, *words: object) -> str:
        ran = subprocess.run(
            arguments(*words), env=environment(self.home), capture_output=True, text=True, timeout=WAIT_S
        )
        assert ran.returncode == 0, ran.stdout + ran.stderr
        return ran.stdout

    def lands(self, name: str, clip: Path) -> None:
        """Put a video into the bucket, and have the listener bring what is new there."""
        bucket, _, prefix = self.bucket.removeprefix("s3://").partition("/")
        object_stores.client(self.store).upload_file(str(clip), bucket, f"{prefix}/{name}")
        self.command("listen", self.bucket, "--item-type", "video", "--settled", 0, "--once")

    def item(self, name: str) -> str:
        """What a video of the bucket is called as an item."""
        return f"{self.bucket}/{name}"

    def about(self, name: str) -> Any:
        return self.ask("GET", f"/items/video/{quote(self.item(name), safe='')}/decisions")

    def decisions(self, name: str) -> list[Any]:
        return list(self.about(name)["decisions"])

    def decided(self, name: str, wanted: Callable[[Any], bool]) -> Any:
        """Wait for a decision about an item."""
        return until(lambda: next((one for one in self.decisions(name) if wanted(one)), None))

    def sequence(self, subject: str) -> list[int]:
        """Give the numbers of what the receiver was told about one thing, as it came."""
        events = [json.loads(body) for _, body in self.told.got]
        return [one["sequence"] for one in events if one["subject"] == subject]

    def heard(self, decision_id: str) -> Any:
        """Wait until the receiver was told of a decision; its signature holds."""

        def found() -> Any:
            for headers, body in self.told.got:
                event = Webhook(self.secret).verify(body, headers)
                if event["type"] == "decision.made" and event["data"]["decision"] == decision_id:
                    return event
            return None

        return until(found)


def until(asked: Callable[[], T | None]) -> T:
    end = time.monotonic() + WAIT_S
    while time.monotonic() < end:
        if (found := asked()) is not None:
            return found
        time.sleep(0.2)
    raise AssertionError("it does not come")


def acts(*kinds: str) -> Callable[[Any], bool]:
    return lambda one: {action["kind"] for action in one["actions"]} == set(kinds) and not one["background"]


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> Clips:
    return made(tmp_path_factory.mktemp("platform"))


@pytest.fixture(scope="module")
def platform(clips: Clips) -> Iterator[Platform]:
    accounts = Accounts(Settings(home=clips.home))
    for email in (ANN, BEN):
        accounts.add_person(email, "reviewer", PASSWORD, name=email.partition("@")[0].title())
    key = accounts.make_key("main", "the platform's own", list(SCOPES), "test")[1]
    bucket, store = object_stores.new("rclone", clips.home)
    with pytest.MonkeyPatch.context() as patch, receiving() as told:
        for name, value in store.items():
            patch.setenv(name, value)
        with running(clips.home, UNSAFE_PRIVATE_ADDRESSES="true", STATEMENTS="true") as base:
            asking = httpx.Client(base_url=base, headers={"Authorization": f"Bearer {key}"}, timeout=30)
            hook = asking.post("/v1/endpoints", json={"url": told.url})
            assert hook.status_code == 201, hook.text
            platform = Platform(
                clips.home, base, bucket, asking, told, hook.json()["secret"], store["AWS_ENDPOINT_URL"]
            )
            yield platform


def test_from_the_bucket_to_the_ledger(browser: Chromium, platform: Platform, clips: Clips) -> None:
    ask = platform.ask
    ask("PUT", "/policies/house", 201, json=POLICY)
    ask("POST", "/policies/house/versions/1/state", json={"state": "LIVE"})
    ask("POST", "/policies/house/default", json={"by_default": True})

    # The policy labels; what the rule in the background would do is counted.
    platform.lands("balloon.mp4", clips.stamped)
    labelled = platform.decided("balloon.mp4", acts("label"))
    assert platform.heard(labelled["id"])["data"]["actions"] == [{"kind": "label", "value": "Made with AI"}]
    tried = ask("POST", "/policies/house/versions/1/backtest", json={})
    assert (tried["looked"], tried["changed"]) == (1, 0), tried
    assert [(one["rule"], one["held"]) for one in tried["rules"]] == [("marked", 1), ("proven", 1)]

    # Promoted, it blocks what comes from then on; what was decided stays.
    ask("POST", "/policies/house/promote", json={"rule": "proven"})
    platform.lands("again.mp4", clips.stamped)
    blocked = platform.decided("again.mp4", acts("block", "label"))
    assert blocked["policy_version"] == 2
    subject = platform.heard(blocked["id"])["subject"]
    assert platform.sequence(subject) == list(range(1, len(platform.sequence(subject)) + 1))
    assert [one["policy_version"] for one in platform.decisions("balloon.mp4")] == [1]

    # Nothing is known of this one. Somebody says that it shows them, and a reviewer overrules what was decided.
    platform.lands("harbour.mp4", clips.unmarked)
    let_be = platform.decided("harbour.mp4", acts())
    report = {"item_id": platform.item("harbour.mp4"), "item_type": "video", "category": "deepfake", "good_faith": True}
    place = {"urls": ["https://platform.example/v/harbour"], "seconds": [[0.5, 1.5]]}
    whose = {"contact": {"name": "Zoe Example", "email": "zoe@mail.example"}, "explanation": "I was never there."}
    noticed = ask("POST", "/reports", 201, json={**report, **whose, "place": place})
    reviewed(browser, platform, ANN, "synthetic", "the harbour has no water", block=True)
    overruled = platform.decided("harbour.mp4", acts("block"))
    assert overruled["by"].startswith("person:") and not overruled["automated"] and overruled["id"] != let_be["id"]
    assert platform.heard(overruled["id"])["data"]["automated"] is False

    # Its statement of reasons holds to the form, and says nothing of who reported.
    laid = until(
        lambda: next(
            (one for one in ask("GET", "/statements")["statements"] if one["decision_id"] == overruled["id"]), None
        )
    )
    statement = ask("GET", f"/statements/{laid['decision_id']}")["statement"]
    schema = Path(countermark.moderation.statements.__path__[0]) / "statement.schema.json"
    jsonschema.validate(statement, json.loads(schema.read_text()))
    assert statement["source_type"] == "SOURCE_ARTICLE_16" and "Zoe" not in json.dumps(statement)
    assert {one["side"] for one in ask("GET", f"/decisions/{overruled['id']}/told")["told"]} == {"reporter", "uploader"}

    # The uploader objects; who decided is not asked again, somebody else takes it back.
    objection = {"side": "uploader", "reason": "I filmed this myself."}
    appeal = ask("POST", f"/decisions/{overruled['id']}/appeals", 201, json=objection)
    assert appeal["answer"] is None
    reviewed(browser, platform, ANN, None, "")
    reviewed(browser, platform, BEN, "genuine", "the raw film of the camera came with it", answer="ACCEPT")
    freed = platform.decided("harbour.mp4", lambda one: one["occasion"] == "appeal" and not one["actions"])
    assert ask("GET", f"/appeals/{appeal['id']}")["answer"] == "ACCEPT"
    assert platform.heard(freed["id"])["sequence"] > platform.heard(overruled["id"])["sequence"]
    assert platform.about("harbour.mp4")["in_force"] == []

    # What people found stands on the page of the check, revision by revision, and once they show it to everybody, on
    # the public one; and all of it in the ledger.
    shows_its_revisions(browser, platform, let_be["check_id"])
    shows_them_to_everybody(browser, platform, let_be["check_id"])
    assert "unbroken" in platform.command("ledger", "verify")
    kinds = platform.command("ledger", "list", "--kind", "moderation", "--limit", "200")
    for kind in ("policy", "decision", "notice", "review_settled", "appeal_answered", "effects_out", "statement_laid"):
        assert f"moderation.{kind}" in kinds
    assert noticed["review_id"] in kinds and "Zoe" not in kinds


def shows_its_revisions(browser: Chromium, platform: Platform, check_id: str) -> None:
    with browser.visit(platform.base) as visit:
        visit.sign_in(BEN, PASSWORD).open(f"/c/{check_id}")
        history = visit.page.inner_text(".history")
        assert "the harbour has no water" in history and "the raw film of the camera came with it" in history
    revisions = platform.ask("GET", f"/checks/{check_id}")["revisions"]
    assert [one["why"] for one in revisions] == ["first", "human", "human"]


def shows_them_to_everybody(browser: Chromium, platform: Platform, check_id: str) -> None:
    """A stranger sees what was found and when, and neither who found it nor what they wrote."""
    assert httpx.get(f"{platform.base}/c/{check_id}").status_code == 404
    with browser.visit(platform.base) as visit:
        visit.sign_in(BEN, PASSWORD).open(f"/c/{check_id}")
        visit.page.click("text=Show it to everybody …")
        with visit.page.expect_navigation():
            visit.page.click("button:text-is('Show it to everybody')")
        assert "Everybody who has the link sees the result now." in visit.text()
        visit.is_sound()
    with browser.visit(platform.base) as visit:
        visit.open(f"/c/{check_id}")
        history = visit.page.inner_text(".history")
        assert history.count("a person") == 2 and visit.page.locator(".history li").count() == 3
        said = visit.page.content()
        for secret in ("the harbour has no water", "the raw film", "Ann", "Ben", "harbour.mp4", "Your decision"):
            assert secret not in said, secret
        assert visit.page.locator("form:not(footer form, header form)").count() == 0
        visit.is_sound()


def reviewed(
    browser: Chromium,
    platform: Platform,
    email: str,
    finding: str | None,
    why: str,
    *,
    block: bool = False,
    answer: str = "",
) -> None:
    """Take what is next, and decide about it; without a finding, see that nothing waits for this reviewer."""
    with browser.visit(platform.base) as visit:
        visit.sign_in(email, PASSWORD).open("/queues")
        with visit.page.expect_navigation():
            visit.page.keyboard.press("n")
        if finding is None:
            assert "/reviews/" not in visit.page.url
            return
        visit.page.check(f"[name=finding][value={finding}]")
        if block:
            visit.page.check("[name=actions][value=block]")
        if answer:
            visit.page.check(f"[name=answer][value={answer}]")
        visit.page.fill("[name=reason]", why)
        visit.page.focus("[name=reason]")
        with visit.page.expect_navigation():
            visit.page.keyboard.press("Tab")
            visit.page.keyboard.press("Enter")
        assert "Your decision stands." in visit.text()
        visit.is_sound()
