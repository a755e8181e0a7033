"""Sending: against a server that keeps each puid once, answers late, wrongly, by halves, or not at all."""

from __future__ import annotations

import json
import logging
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from countermark.errors import KeyMissing, ModerationMissing, ModerationUnfit, NetworkRefused, StatementInvalid
from countermark.moderation.statements import Database, Sent, Statements, database, send, sending
from countermark.settings import Settings
from countermark.store import engine, ledger
from countermark.tests import databases
from countermark.tests.moderation.statements.cases import TOKEN, decision, statement, transparency_database


@dataclass
class Clock:
    at: datetime = field(default_factory=lambda: datetime(2026, 3, 3, tzinfo=UTC))

    def __call__(self) -> datetime:
        return self.at

    def move(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)


@dataclass
class Room:
    options: Settings
    clock: Clock = field(default_factory=Clock)

    def __post_init__(self) -> None:
        self.statements = Statements(self.options, clock=self.clock)

    def lay(self, *ids: str) -> None:
        for id in ids:
            self.statements.lay(decision(id=id), statement(id))

    def states(self) -> dict[str, str]:
        return {one.decision_id: one.state for one in self.statements.of_tenant("ten_1", limit=1000)}

    def lines(self, kind: str) -> list[str]:
        with engine.reading(self.options.database_url) as connection:
            assert connection is not None
            found = [line for line in ledger.entries(connection) if line.kind == f"moderation.statement_{kind}"]
        return sorted(json.loads(line.body)["decision"] for line in found)


@pytest.fixture
def room(options: Settings) -> Room:
    return Room(options)


# Laying down --------------------------------------------------------------------------------------------------------


def test_one_of_each_decision_is_laid_down(room: Room) -> None:
    first = room.statements.lay(decision(), statement())
    assert room.statements.lay(decision(), statement()) == first
    assert (first.state, first.puid, first.attempts) == ("waiting", "dec_aaaa", 0)
    with pytest.raises(ModerationUnfit, match="another"):
        room.statements.lay(decision(), statement(decision_facts="Other facts."))
    with pytest.raises(ModerationUnfit, match="id of its decision"):
        room.statements.lay(decision(id="dec_b"), statement())
    assert room.lines("laid") == ["dec_aaaa"]


def test_what_is_unsound_is_not_laid_down(room: Room) -> None:
    with pytest.raises(StatementInvalid, match="decision_facts"):
        room.statements.lay(decision(), statement(decision_facts="The account ada.lovelace did it."))
    assert room.states() == {} and room.lines("laid") == []


def test_statements_are_their_tenants(room: Room) -> None:
    room.lay("dec_1")
    assert room.statements.get("dec_1", "ten_1").tenant_id == "ten_1"
    for id, tenant in (("dec_1", "ten_2"), ("dec_2", "ten_1")):
        with pytest.raises(ModerationMissing):
            room.statements.get(id, tenant)


def test_pages_of_a_tenants_statements_follow_each_other(room: Room) -> None:
    room.lay(*(f"dec_{n}" for n in range(5)))
    first = room.statements.of_tenant("ten_1", limit=2)
    rest = room.statements.of_tenant("ten_1", after=(first[-1].made_at, first[-1].decision_id))
    assert [one.decision_id for one in (*first, *rest)] == [f"dec_{n}" for n in range(5)]


# Sending ------------------------------------------------------------------------------------------------------------


def test_one_goes_alone_and_many_in_hundreds(room: Room) -> None:
    room.lay(*(f"dec_{n:03}" for n in range(101)))
    with transparency_database() as (state, to):
        assert send(room.statements, to) == Sent(taken=100)
        assert send(room.statements, to) == Sent(taken=1)
        assert send(room.statements, to) == Sent()
        assert state.asked == [("/api/v1/statements", 100), ("/api/v1/statement", 1)]
        assert state.taken["dec_007"] == statement("dec_007").body()
    assert set(room.states().values()) == {"sent"}
    kept = room.statements.get("dec_007", "ten_1")
    assert kept.sent_at is not None and kept.due_at is None and kept.attempts == 1
    assert json.loads(kept.answer or "")["uuid"] == "u-dec_007"
    assert len(room.lines("sent")) == 101


@pytest.mark.parametrize("how", ["cut", "nonsense", "dead", "500", "502", "429", "302", "404"])
@pytest.mark.parametrize("many", [1, 3])
def test_whatever_goes_wrong_each_is_accepted_once(room: Room, how: str, many: int) -> None:
    ids = [f"dec_{n}" for n in range(many)]
    room.lay(*ids)
    with transparency_database() as (state, to):
        state.next = [how]
        assert send(room.statements, to) == Sent(later=many)
        kept = room.statements.get("dec_0", "ten_1")
        assert (kept.state, kept.attempts) == ("waiting", 1) and kept.failure
        assert send(room.statements, to) == Sent()  # not yet due
        room.clock.move(61)
        assert send(room.statements, to) == Sent(taken=many)
        assert sorted(state.taken) == ids and state.inserts == many
    assert room.lines("sent") == ids
    if how == "cut":  # it was there already
        assert json.loads(room.statements.get("dec_0", "ten_1").answer or "")["how"] == "existing"


def test_a_database_that_says_when_is_asked_then(room: Room) -> None:
    room.lay("dec_1")
    with transparency_database() as (state, to):
        state.next = ["429 1000"]
        send(room.statements, to)
        room.clock.move(990)
        assert send(room.statements, to) == Sent()
        room.clock.move(11)
        assert send(room.statements, to) == Sent(taken=1)


def test_pauses_grow_and_nothing_is_given_up(room: Room) -> None:
    room.lay("dec_1")
    with transparency_database() as (state, to):
        waited = []
        for _ in range(7):
            state.next = ["503"]
            assert send(room.statements, to) == Sent(later=1)
            due = datetime.fromisoformat(room.statements.get("dec_1", "ten_1").due_at or "")
            waited.append((due - room.clock.at).total_seconds())
            room.clock.at = due
        assert waited == [60, 300, 1800, 7200, 21600, 21600, 21600]
        assert send(room.statements, to) == Sent(taken=1)


def test_what_it_has_counts_as_sent_and_the_others_go_again(room: Room) -> None:
    room.lay("dec_1", "dec_2", "dec_3")
    with transparency_database() as (state, to):
        state.taken["dec_2"] = {}
        assert send(room.statements, to) == Sent(taken=3)
        assert state.asked == [("/api/v1/statements", 3), ("/api/v1/statements", 2)] and state.inserts == 2
    assert json.loads(room.statements.get("dec_2", "ten_1").answer or "") == {"how": "existing", "puid": "dec_2"}


def test_what_it_refuses_is_kept_with_its_reasons_and_holds_up_no_other(room: Room) -> None:
    room.lay("dec_1", "dec_2", "dec_3", "dec_4")
    with transparency_database() as (state, to):
        state.refuses = {"dec_2": {"category": ["The selected category is invalid."]}}
        state.refuses["dec_4"] = {"decision_facts": ["No."]}
        assert send(room.statements, to) == Sent(taken=2, refused=2)
        room.clock.move(1e6)
        assert send(room.statements, to) == Sent()
        assert len(state.asked) == 2
    kept = room.statements.get("dec_2", "ten_1")
    assert (kept.state, kept.due_at, kept.sent_at) == ("refused", None, None)
    assert kept.failure == "category: The selected category is invalid."
    assert json.loads(kept.answer or "") == {"errors": {"category": ["The selected category is invalid."]}}
    assert room.lines("refused") == ["dec_2", "dec_4"] and room.lines("sent") == ["dec_1", "dec_3"]


def test_one_that_is_refused_alone_is_kept_with_its_reasons(room: Room) -> None:
    room.lay("dec_1")
    with transparency_database() as (state, to):
        state.refuses = {"dec_1": {"puid": ["The puid format is invalid."]}}
        assert send(room.statements, to) == Sent(refused=1)
    assert room.statements.get("dec_1", "ten_1").failure == "puid: The puid format is invalid."


@pytest.mark.parametrize("how", ["vague", "413"])
def test_a_batch_that_is_refused_without_names_goes_one_by_one(room: Room, how: str) -> None:
    room.lay("dec_1", "dec_2", "dec_3")
    with transparency_database() as (state, to):
        state.next = [how]
        state.refuses = {"dec_2": {"category": ["No."]}} if how == "vague" else {}
        assert send(room.statements, to) == Sent(taken=3 - len(state.refuses), refused=len(state.refuses))
        assert state.asked[1:] == [("/api/v1/statement", 1)] * 3


def test_one_by_one_stops_where_the_database_goes_away(room: Room) -> None:
    room.lay("dec_1", "dec_2", "dec_3")
    with transparency_database() as (state, to):
        state.next = ["413", "", "503"]
        assert send(room.statements, to) == Sent(taken=1, later=2)
        assert len(state.asked) == 3


def test_a_sender_that_dies_before_its_note_sends_nothing_twice(room: Room) -> None:
    room.lay("dec_1", "dec_2")
    with transparency_database() as (state, to):
        kept = room.statements.take(100)
        assert len(sending._delivered(to, list(kept))) == 2  # and here it dies
        assert send(room.statements, to) == Sent()  # for a while nobody else takes them
        room.clock.move(601)
        assert send(room.statements, to) == Sent(taken=2)
        assert state.inserts == 2
    assert room.lines("sent") == ["dec_1", "dec_2"]


def test_a_note_that_comes_twice_changes_nothing(room: Room) -> None:
    room.lay("dec_1")
    with transparency_database() as (_, to):
        outcomes = sending._delivered(to, list(room.statements.take(1)))
        room.statements.note(outcomes)
        first = room.statements.get("dec_1", "ten_1")
        room.statements.note(outcomes)
        room.statements.note([sending.Outcome("dec_1", failure="late")])
        assert room.statements.get("dec_1", "ten_1") == first
    assert room.lines("sent") == ["dec_1"]


def test_several_senders_at_once_send_each_once(room: Room) -> None:
    room.lay(*(f"dec_{n:02}" for n in range(40)))
    with transparency_database() as (state, to), ThreadPoolExecutor(4) as threads:
        sent = list(threads.map(lambda _: send(room.statements, to, limit=10), range(8)))
        assert sum(one.taken for one in sent) == 40 and state.inserts == 40
    assert len(room.lines("sent")) == 40


# Address and token --------------------------------------------------------------------------------------------------


def test_the_token_is_nowhere_to_be_read(room: Room, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    room.lay("dec_1")
    with transparency_database() as (state, to):
        state.next = ["422"]  # says the header again
        send(room.statements, to)
        assert TOKEN not in repr(to)
    kept = room.statements.get("dec_1", "ten_1")
    assert "***" in (kept.failure or "")
    rows = databases.ask(room.options.database_url, "SELECT * FROM statements", "SELECT * FROM ledger")
    assert TOKEN not in caplog.text + str(kept) + str(rows)
    (row,) = databases.ask(room.options.database_url, "SELECT answer, failure, body FROM statements")
    assert TOKEN not in str(row)


def test_a_token_that_is_not_accepted_keeps_all_waiting(room: Room) -> None:
    room.lay("dec_1", "dec_2")
    with transparency_database() as (_, to):
        assert send(room.statements, Database(to.address, "old")) == Sent(later=2)
        assert "DSA_STATEMENTS_TOKEN" in (room.statements.get("dec_1", "ten_1").failure or "")
        room.clock.move(61)
        assert send(room.statements, to) == Sent(taken=2)


def test_nothing_is_sent_unless_an_address_is_named() -> None:
    assert database({}) is None
    assert database({"DSA_STATEMENTS_TOKEN": TOKEN}) is None
    url = "https://transparency.example/api/v1"
    assert database({"DSA_STATEMENTS_URL": url + "/", "DSA_STATEMENTS_TOKEN": TOKEN}) == Database(url, TOKEN)
    with pytest.raises(KeyMissing, match="DSA_STATEMENTS_TOKEN"):
        database({"DSA_STATEMENTS_URL": url})
    with pytest.raises(KeyMissing):
        database({"DSA_STATEMENTS_URL": url, "DSA_STATEMENTS_TOKEN": "a\nb"})
    with pytest.raises(NetworkRefused, match="in clear"):
        database({"DSA_STATEMENTS_URL": "http://transparency.example", "DSA_STATEMENTS_TOKEN": TOKEN})
