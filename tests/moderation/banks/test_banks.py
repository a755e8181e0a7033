"""Making banks, filling and emptying them, for one tenant and no other."""

from __future__ import annotations

import json

import pytest

from countermark.errors import ModerationMissing, ModerationUnfit
from countermark.evidence import Evidence
from countermark.moderation.banks import Banks, Frame, Shelves, Signals, SignalUnfit, desk, exchange, filling, vpdq
from countermark.settings import Settings
from countermark.store import engine, ledger
from countermark.tests.docket.rooms import DIGEST, Room, at_once, verdict
from countermark.tests.moderation.banks.clips import Clips
from countermark.tests.moderation.banks.package import (
    FileCollaborationConfig,
    LocalFileSignalExchangeAPI,
    PdqSignal,
    VideoSHA256Signal,
    VPDQSignal,
)

ME = "person:1"
VIDEO = Signals(vpdq=(Frame("ab" * 32, 90, 0.04), Frame("cd" * 32, 90, 1 / 3)))


def _lines(room: Room) -> list[tuple[str, dict[str, object]]]:
    with engine.reading(room.url) as connection:
        assert connection is not None
        return [(one.kind, json.loads(one.body)) for one in ledger.entries(connection)]


def test_a_bank_is_made_changed_and_dropped(room: Room, banks: Banks) -> None:
    made = banks.create(room.tenant, "KNOWN", ME, restricted=True, enabled_share=0.25)
    assert banks.get(room.tenant, "KNOWN") == made and made.restricted
    assert banks.change(room.tenant, "KNOWN", ME, restricted=False).enabled_share == 0.25
    assert banks.listed(room.tenant) == (banks.get(room.tenant, "KNOWN"),)
    banks.add(room.tenant, "KNOWN", VIDEO, ME)
    assert banks.drop(room.tenant, "KNOWN", ME) == 1 and banks.listed(room.tenant) == ()
    mine = [(kind, body["who"]) for kind, body in _lines(room) if body.get("bank") == made.id]
    assert mine == [(f"bank.{one}", ME) for one in ("made", "changed", "filled", "removed")]


@pytest.mark.parametrize("name", ["", "known", "1A", "A" * 65, "A B", "A.B", "Ä", "A\n"])
def test_what_is_no_name_is_refused(room: Room, banks: Banks, name: str) -> None:
    with pytest.raises(ModerationUnfit):
        banks.create(room.tenant, name, ME)


@pytest.mark.parametrize("share", [-0.1, 1.1, float("nan")])
def test_what_is_no_share_is_refused(room: Room, banks: Banks, share: float) -> None:
    with pytest.raises(ModerationUnfit):
        banks.create(room.tenant, "KNOWN", ME, enabled_share=share)


def test_a_name_is_taken_once(room: Room, banks: Banks) -> None:
    def made() -> bool:
        try:
            banks.create(room.tenant, "KNOWN", ME)
        except ModerationUnfit:
            return False
        return True

    assert sorted(at_once(made, made, made)) == [False, False, True]


def test_a_bank_of_another_tenant_is_not_there(room: Room, banks: Banks, clips: Clips) -> None:
    banks.create(room.tenant, "KNOWN", ME)
    content = banks.add(room.tenant, "KNOWN", Signals(DIGEST, vpdq=vpdq.of_fingerprint(clips.original)), ME)
    other = f"{room.tenant}_other"
    mine = banks.create(other, "MINE", ME)
    for asked in (
        lambda: banks.get(other, "KNOWN"),
        lambda: banks.change(other, "KNOWN", ME, restricted=True),
        lambda: banks.drop(other, "KNOWN", ME),
        lambda: banks.add(other, "KNOWN", VIDEO, ME),
        lambda: banks.contents(other, "KNOWN"),
        lambda: banks.take_in(other, "KNOWN", [], ME),
        lambda: list(banks.give_out(other, "KNOWN")),
        lambda: banks.content(other, "MINE", content.id),
        lambda: banks.disable(other, "MINE", content.id, ME),
        lambda: banks.remove(other, "MINE", content.id, ME),
        lambda: banks.judge(other, "MINE", content.id, "DISPUTED", ME),
        lambda: banks.add_check(other, "MINE", room.finished(), ME),
    ):
        with pytest.raises(ModerationMissing):
            asked()
    assert banks.matches(other, clips.original, DIGEST) == () and banks.listed(other) == (mine,)
    assert len(banks.matches(room.tenant, clips.original, DIGEST)) == 2


def test_a_past_check_becomes_a_content(room: Room, banks: Banks, clips: Clips) -> None:
    banks.create(room.tenant, "KNOWN", ME)
    looked = Evidence(DIGEST, "video", "fingerprint", "2", "present", details=clips.original)
    check = room.finished(verdict(looked))
    content = banks.add_check(room.tenant, "KNOWN", check, ME, opinion="INVESTIGATION_SEED")
    assert content.signals == Signals(DIGEST, vpdq=vpdq.of_fingerprint(clips.original))
    found = banks.matches(room.tenant, clips.copy, DIGEST)
    assert [(one.algorithm, one.compare) for one in found] == [
        ("sha256", f"check:{check.id}"),
        ("vpdq", f"check:{check.id}"),
    ]
    assert banks.add_check(room.tenant, "KNOWN", room.finished(), ME).signals == Signals(DIGEST)
    with pytest.raises(ModerationUnfit, match="no digest yet"):
        banks.add_check(room.tenant, "KNOWN", room.docket.get(room.laid()), ME)


def test_the_same_content_is_added_once_and_stays_as_it_is(room: Room, banks: Banks) -> None:
    banks.create(room.tenant, "KNOWN", ME)
    first = banks.add(room.tenant, "KNOWN", VIDEO, ME, note="first")
    again = Signals(vpdq=tuple(reversed(VIDEO.vpdq)))
    assert banks.add(room.tenant, "KNOWN", again, ME, opinion="DISPUTED", note="second") == first
    judged = banks.judge(room.tenant, "KNOWN", first.id, "DISPUTED", ME)
    assert (judged.opinion, judged.note) == ("DISPUTED", "first")
    assert banks.contents(room.tenant, "KNOWN") == (judged,)


@pytest.mark.parametrize(
    ("signals", "more"),
    [
        (Signals(), {}),
        (Signals(sha256="ab"), {}),
        (Signals(pdq="x" * 64), {}),
        (Signals(vpdq=(Frame("ab", 90, 0.0),)), {}),
        (Signals(vpdq=(Frame("ab" * 32, 90, float("nan")),)), {}),
        (Signals(vpdq=(Frame("ab" * 32, 10, 0.0),)), {}),
        (VIDEO, {"opinion": "GUILTY"}),
        (VIDEO, {"note": "x" * 501}),
    ],
)
def test_what_nothing_is_known_by_is_refused(
    room: Room, banks: Banks, signals: Signals, more: dict[str, object]
) -> None:
    banks.create(room.tenant, "KNOWN", ME)
    with pytest.raises(ModerationUnfit):
        banks.add(room.tenant, "KNOWN", signals, ME, **more)  # type: ignore[arg-type]
    assert banks.contents(room.tenant, "KNOWN") == ()


def test_names_that_no_database_takes_are_not_there(room: Room, banks: Banks) -> None:
    banks.create(room.tenant, "KNOWN", ME)
    for odd in ("A\0", "\ud800", "KNOWN\n", "x" * 100_000):
        with pytest.raises(ModerationMissing):
            banks.get(room.tenant, odd)
        with pytest.raises(ModerationMissing):
            banks.remove(room.tenant, "KNOWN", odd, ME)
        assert banks.quarantined(room.tenant, after=odd) == ()
    assert banks.add(room.tenant, "KNOWN", VIDEO, ME, note="a\0b\ud800").note == "a\ufffdb\ufffd"


def test_a_bank_has_an_end(room: Room, banks: Banks, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(filling, "BANK_FRAMES", 3)
    banks.create(room.tenant, "KNOWN", ME)
    content = banks.add(room.tenant, "KNOWN", VIDEO, ME)
    another = Signals(vpdq=(Frame("01" * 32, 90, 0.0), Frame("23" * 32, 90, 1.0)))
    with pytest.raises(ModerationUnfit, match="at most 3 frames"):
        banks.add(room.tenant, "KNOWN", another, ME)
    banks.remove(room.tenant, "KNOWN", content.id, ME)
    banks.add(room.tenant, "KNOWN", another, ME)


def test_a_file_goes_out_and_comes_into_another_bank(
    room: Room, banks: Banks, clips: Clips, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(desk, "_TAKEN_IN", 3)
    for name in ("FROM", "TO"):
        banks.create(room.tenant, name, ME)
    given = [Signals(DIGEST, vpdq=vpdq.of_fingerprint(clips.original)), VIDEO, Signals(pdq=clips.other.hashes[0])]
    for signals in given:
        banks.add(room.tenant, "FROM", signals, ME)
    gone = banks.add(room.tenant, "FROM", Signals(sha256="01" * 32), ME)
    banks.disable(room.tenant, "FROM", gone.id, ME)
    lines = list(banks.give_out(room.tenant, "FROM"))
    done = banks.take_in(room.tenant, "TO", ["# from a partner\n", "\n", *lines, *lines], ME)
    assert (done.added, done.known) == (4, 0)
    assert banks.take_in(room.tenant, "TO", lines, ME).known == 4
    assert list(banks.give_out(room.tenant, "TO")) == lines
    assert {one.bank for one in banks.matches(room.tenant, clips.copy, None)} == {"FROM", "TO"}


def test_the_package_reads_our_file_and_we_read_its_own(room: Room, banks: Banks, clips: Clips) -> None:
    for name in ("FROM", "TO"):
        banks.create(room.tenant, name, ME)
    banks.add(room.tenant, "FROM", Signals(DIGEST, clips.other.hashes[0], vpdq.of_fingerprint(clips.original)), ME)
    path = room.options.home / "signals.txt"
    path.write_text("".join(banks.give_out(room.tenant, "FROM")))
    config = FileCollaborationConfig(name="ours", api="local_file", enabled=True, filename=str(path))
    theirs = LocalFileSignalExchangeAPI.for_collab(config)
    types = {one.get_name(): one for one in (PdqSignal, VPDQSignal, VideoSHA256Signal)}
    (delta,) = theirs.fetch_iter(list(types.values()), None)
    assert {kind for kind, _ in delta.updates} == set(types)
    for kind, signal in delta.updates:
        assert types[kind].validate_signal_str(signal) == signal
    with path.open("a") as file:
        for signal in (*PdqSignal.get_examples()[:2], *VPDQSignal.get_examples()):
            file.write(f"{'vpdq' if signal[0] == '[' else 'pdq'} {signal}\n")
    done = banks.take_in(room.tenant, "TO", path.read_text().splitlines(), ME)
    assert done.added == 3 + 2 + 1
    (example,) = banks.looked_up(room.tenant, exchange.signals("vpdq", VPDQSignal.get_examples()[0]))
    assert (example.bank, example.share, example.distance) == ("TO", 1.0, 0)


@pytest.mark.parametrize(
    "line", ["pdq " + "g" * 64, "pdq", "tmk abc", "vpdq [", '["ab,1"]', "video_sha256 " + "a" * 63, "\0"]
)
def test_a_file_with_one_bad_line_leaves_nothing(room: Room, banks: Banks, line: str) -> None:
    banks.create(room.tenant, "KNOWN", ME)
    with pytest.raises(SignalUnfit, match="line 2: "):
        banks.take_in(room.tenant, "KNOWN", ["pdq " + "ab" * 32, line], ME)
    assert banks.contents(room.tenant, "KNOWN") == ()


def test_a_million_lines_are_refused_before_they_are_read(room: Room, banks: Banks) -> None:
    banks.create(room.tenant, "KNOWN", ME)
    read = 0

    def lines() -> object:
        nonlocal read
        for read in range(1_000_000):
            yield f"video_sha256 {read:064x}"

    with pytest.raises(SignalUnfit, match="100,000 lines"):
        banks.take_in(room.tenant, "KNOWN", lines(), ME)  # type: ignore[arg-type]
    assert read == exchange.MOST_LINES and banks.contents(room.tenant, "KNOWN") == ()


def test_a_database_that_was_never_written_knows_no_bank(settings_of_nothing: Settings, clips: Clips) -> None:
    banks = Banks(settings_of_nothing, shelves=Shelves())
    assert banks.matches("ten_1", clips.original, DIGEST) == () and banks.listed("ten_1") == ()
    assert not banks.closed("chk_1") and banks.kept("chk_1") == () and banks.quarantined("ten_1") == ()
    with pytest.raises(ModerationMissing):
        banks.get("ten_1", "KNOWN")
