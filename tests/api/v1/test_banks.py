"""Banks over HTTP: made, filled by signals and checks, brought in and given out, asked, and media that they close."""

import itertools
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from countermark.evidence import Evidence, FingerprintDetails
from countermark.moderation.banks import Signals
from countermark.tests.moderation.banks.package import FileCollaborationConfig, LocalFileSignalExchangeAPI
from countermark.verdict import Judgement, Verdict, fold
from tests.api.served import DIGEST, Place

FRAMES = [f"{'%064x' % (7919**number)},90,{number / 2}" for number in range(8, 14)]
_numbers = itertools.count(1)


class Asker:
    """Somebody with a key of a tenant."""

    def __init__(self, place: Place, tenant: str) -> None:
        self.place, self.tenant = place, tenant
        self.key = place.key("moderation:read", "banks:write", tenant=tenant)

    def __call__(self, method: str, path: str, status: int, **more: object) -> httpx.Response:
        said = self.place.ask(method, path, headers=self.key, **more)
        assert said.status_code == status, said.text
        if status >= 400:
            assert said.headers["content-type"] == "application/problem+json" and said.json()["advice"]
        return said


@pytest.fixture
def ask(place: Place) -> Iterator[Asker]:
    asker = Asker(place, place.accounts.add_tenant(f"bank {next(_numbers)}").id)
    asker("POST", "/v1/banks", 201, json={"name": "KNOWN"})
    yield asker


def test_a_bank_is_made_changed_and_taken_away(ask: Asker) -> None:
    made = ask("POST", "/v1/banks", 201, json={"name": "PARTNER_7", "restricted": True, "enabled_share": 0.5})
    assert made.headers["location"] == "/v1/banks/PARTNER_7"
    assert ask("GET", "/v1/banks/PARTNER_7", 200).json() == made.json()
    assert [one["name"] for one in ask("GET", "/v1/banks", 200).json()["banks"]] == ["KNOWN", "PARTNER_7"]
    changed = ask("PATCH", "/v1/banks/PARTNER_7", 200, json={"restricted": False}).json()
    assert (changed["restricted"], changed["enabled_share"]) == (False, 0.5)
    ask("POST", "/v1/banks", 409, json={"name": "KNOWN"})
    ask("DELETE", "/v1/banks/PARTNER_7", 204)
    ask("GET", "/v1/banks/PARTNER_7", 404)


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"name": "small"},
        {"name": "A", "enabled_share": 2},
        {"name": "A\0"},
        {"name": "A", "more": 1},
        {"name": 65 * "A"},
    ],
)
def test_a_bank_that_does_not_fit_is_refused(ask: Asker, body: dict[str, object]) -> None:
    ask("POST", "/v1/banks", 422, json=body)


def test_contents_are_listed_judged_disabled_and_removed(ask: Asker) -> None:
    here = "/v1/banks/KNOWN/contents"
    first = ask("POST", here, 201, json={"signals": {"video_sha256": DIGEST.upper()}, "note": "case 7"}).json()
    assert first["signals"] == {"video_sha256": DIGEST} and first["opinion"] == "POSITIVE_CLASS"
    again = ask("POST", here, 201, json={"signals": {"video_sha256": DIGEST}, "note": "another"}).json()
    assert again == first
    second = ask("POST", here, 201, json={"signals": {"vpdq": FRAMES}, "opinion": "INVESTIGATION_SEED"}).json()
    page = ask("GET", here, 200, params={"limit": 1}).json()
    rest = ask("GET", here, 200, params={"limit": 2, "after": page["next"]}).json()
    assert [*page["contents"], *rest["contents"]] == [first, second] and rest["next"] is None
    one = f"{here}/{first['id']}"
    assert ask("GET", one, 200).json() == first
    changed = ask("PATCH", one, 200, json={"opinion": "NEGATIVE_CLASS", "disabled": True}).json()
    assert changed["opinion"] == "NEGATIVE_CLASS" and changed["disabled_at"]
    lookup = {"signals": {"video_sha256": DIGEST}}
    assert ask("POST", "/v1/banks/lookup", 200, json=lookup).json() == {"matches": []}
    assert ask("PATCH", one, 200, json={"disabled": False}).json()["disabled_at"] is None
    (match,) = ask("POST", "/v1/banks/lookup", 200, json=lookup).json()["matches"]
    assert (match["bank"], match["content_id"], match["distance"]) == ("KNOWN", first["id"], 0)
    ask("DELETE", one, 204)
    ask("GET", one, 404)


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"signals": {}},
        {"signals": {"pdq": "ab"}},
        {"signals": {"vpdq": ["no frame"]}},
        {"signals": {"vpdq": "[[[["}},
        {"signals": {"tmk": "ab"}},
        {"signals": {"pdq": 64 * "a"}, "check_id": "chk_1"},
        {"signals": {"pdq": 64 * "a"}, "opinion": "GOOD"},
        {"signals": {"pdq": 64 * "a"}, "note": 501 * "n"},
    ],
)
def test_a_content_that_does_not_fit_is_refused(ask: Asker, body: dict[str, object]) -> None:
    ask("POST", "/v1/banks/KNOWN/contents", 422, json=body)
    assert ask("GET", "/v1/banks/KNOWN/contents", 200).json()["contents"] == []


def test_a_file_of_the_package_is_taken_in_and_given_out(ask: Asker, tmp_path: Path) -> None:
    lines = f"# theirs\nvideo_sha256 {DIGEST}\npdq {64 * 'b'}\npdq {64 * 'b'}\n"
    assert ask("POST", "/v1/banks/KNOWN/import", 200, content=lines).json() == {"added": 2, "known": 0}
    more = lines + f"pdq {64 * 'c'}\n"
    params = {"opinion": "DISPUTED"}
    assert ask("POST", "/v1/banks/KNOWN/import", 200, content=more, params=params).json() == {"added": 1, "known": 2}
    given = ask("GET", "/v1/banks/KNOWN/export", 200)
    assert given.headers["content-type"].startswith("text/plain")
    path = tmp_path / "bank.txt"
    path.write_text(given.text)
    api = LocalFileSignalExchangeAPI(FileCollaborationConfig(name="ours", filename=str(path)))
    assert len(next(iter(api.fetch_iter([], None))).updates) == 3
    assert len(ask("GET", "/v1/banks/KNOWN/contents", 200).json()["contents"]) == 3


@pytest.mark.parametrize("content", [b"pdq short", b"\xff\xfe", b"tmk abc", b"vpdq [" + 1000 * b"["])
def test_one_wrong_line_keeps_a_file_out(ask: Asker, content: bytes) -> None:
    ask("POST", "/v1/banks/KNOWN/import", 422, content=f"pdq {64 * 'a'}\n".encode() + content)
    assert ask("GET", "/v1/banks/KNOWN/export", 200).text == ""


def shown(*frames: str) -> Verdict:
    hashes, qualities, times = zip(*(one.split(",") for one in frames), strict=True)
    details = FingerprintDetails("pdq", tuple(map(float, times)), hashes, tuple(map(int, qualities)))
    return fold(DIGEST, (Evidence(DIGEST, "video", "fingerprint", "1", "present", details=details),), Judgement(), ())


def test_a_past_check_goes_into_a_bank_and_is_looked_up(ask: Asker) -> None:
    check = ask.place.finished(ask.tenant, verdict=shown(*FRAMES))
    asked = {"check_id": check.id}
    made = ask("POST", "/v1/banks/KNOWN/contents", 201, json=asked).json()
    assert made["check_id"] == check.id and set(made["signals"]) == {"video_sha256", "vpdq"}
    matches = ask("POST", "/v1/banks/lookup", 200, json=asked).json()["matches"]
    assert [(one["algorithm"], one["compare"]) for one in matches][0] == ("sha256", f"check:{check.id}")
    assert {one["algorithm"] for one in matches} >= {"sha256", "vpdq"}
    waiting = ask.place.laid(ask.tenant)
    for path in ("/v1/banks/lookup", "/v1/banks/KNOWN/contents"):
        ask("POST", path, 409, json={"check_id": waiting.id})
        ask("POST", path, 404, json={"check_id": ask.place.finished("main").id})


def test_what_a_restricted_bank_closes_is_listed_and_opened_again(ask: Asker) -> None:
    banks = ask.place.service.banks
    ask("PATCH", "/v1/banks/KNOWN", 200, json={"restricted": True})
    banks.add(ask.tenant, "KNOWN", Signals(DIGEST), "test")
    checks = [ask.place.finished(ask.tenant) for _ in range(2)]
    for check in checks:
        banks.keep(check, banks.matches(ask.tenant, None, DIGEST))
    page = ask("GET", "/v1/quarantine", 200, params={"limit": 1}).json()
    rest = ask("GET", "/v1/quarantine", 200, params={"limit": 2, "after": page["next"]}).json()
    listed = [*page["checks"], *rest["checks"]]
    assert [one["check_id"] for one in listed] == sorted(check.id for check in checks) and rest["next"] is None
    assert listed[0]["matches"][0]["bank"] == "KNOWN"
    reopened = ask("POST", f"/v1/checks/{checks[0].id}/reopen", 200).json()
    assert reopened == {"check_id": checks[0].id, "closed": False}
    ask("POST", f"/v1/checks/{checks[0].id}/reopen", 409)
    assert [one["check_id"] for one in ask("GET", "/v1/quarantine", 200).json()["checks"]] == [checks[1].id]
    assert [hold.reason for hold in ask.place.service.docket.get(checks[0].id).holds] == ["legal_order"]
