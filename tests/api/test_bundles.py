"""Evidence bundles over real HTTP: signed once, few at once, in nobody's way, and gone with their check."""

import io
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from countermark import keyring
from countermark.api import bundles
from countermark.bundle import check_bundle, keep
from countermark.bundle.making import TIMESTAMP
from countermark.docket import PUBLIC
from countermark.settings import Settings
from countermark.tests.provenance.authorities import Authority, TimeServer, granted
from tests.api.served import PERSON, Place, serving

SEES = ("checks:read", "provenance:personal")
HTML = {"Accept": "text/html"}


@dataclass
class Office:
    """A service that signs, and an authority of time that a test may make wait or fail."""

    place: Place
    clock: TimeServer

    def bundle(self, check_id: str, headers: dict[str, str] | None = None) -> httpx.Response:
        return self.place.ask("GET", f"/v1/checks/{check_id}/bundle", headers=headers or {})

    @contextmanager
    def slow(self) -> Iterator[None]:
        """Let nobody be given the time within this block."""
        go_on = threading.Event()

        def answer(request: bytes) -> tuple[int, str, bytes]:
            assert go_on.wait(20)
            clock = self.clock
            told = granted(request, clock.stamper, clock.when(), chain=(clock.authority.root,))
            return 200, "application/timestamp-reply", told

        self.clock.answer = answer
        try:
            yield
        finally:
            go_on.set()
            self.clock.answer = None

    def until(self, holds: Callable[[], bool]) -> None:
        end = time.monotonic() + 15
        while not holds():
            assert time.monotonic() < end, "it never came to that"
            time.sleep(0.01)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    home = tmp_path_factory.mktemp("home")
    keyring.init_development(home)
    with TimeServer(Authority("Time root")) as clock, serving(home, tsa=clock.url, anonymous_checks=1000) as place:
        yield Office(place, clock)


@pytest.fixture
def office(served: Office) -> Office:
    served.clock.asked = 0
    return served


@pytest.fixture
def asking() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(24) as threads:
        yield threads


def files(said: httpx.Response) -> dict[str, bytes]:
    assert said.status_code == 200, said.text
    with zipfile.ZipFile(io.BytesIO(said.content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def words(said: httpx.Response) -> bytes:
    return b"".join(files(said).values())


def test_a_bundle_is_signed_once_for_all_who_see_the_same(office: Office, tmp_path: Path) -> None:
    check = office.place.finished(PUBLIC)
    first = office.bundle(check.id)
    assert first.headers["content-length"] == str(len(first.content)) and f"{check.id}.zip" in str(first.headers)
    assert [office.bundle(check.id).content for _ in range(3)] == [first.content] * 3
    assert office.place.ask("GET", f"/c/{check.id}/bundle", headers=HTML).content == first.content
    assert office.clock.asked == 1
    (tmp_path / "a.zip").write_bytes(first.content)
    found = check_bundle(tmp_path / "a.zip", Settings(home=office.place.options.home))
    assert found.holds and found.timestamp


def test_each_view_and_each_revision_has_its_own(office: Office) -> None:
    check, place = office.place.finished(), office.place
    plain, seeing = place.key("checks:read"), place.key(*SEES)
    for _ in range(2):
        assert PERSON.encode() not in words(office.bundle(check.id, plain))
        assert PERSON.encode() in words(office.bundle(check.id, seeing))
    assert office.clock.asked == 2
    place.service.docket.give_feedback(check.id, "right", "", "key:test")  # which no bundle says
    office.bundle(check.id, plain)
    assert office.clock.asked == 2
    verdict = check.revisions[-1].verdict
    place.service.docket.revise(check.id, verdict, who="the service", why="model", note="anew", versions={"mark": "2"})
    assert b"anew" in words(office.bundle(check.id, plain)) and office.clock.asked == 3


def test_another_signer_signs_anew(office: Office) -> None:
    check = office.place.finished(PUBLIC)
    before = office.bundle(check.id).content
    keyring.init_development(office.place.options.home, force=True)
    assert office.bundle(check.id).content != before and office.clock.asked == 2


def test_many_who_ask_at_once_have_it_made_once_and_are_in_nobodys_way(
    office: Office, asking: ThreadPoolExecutor
) -> None:
    check = office.place.finished(PUBLIC)
    with office.slow():
        waiting = [asking.submit(office.bundle, check.id) for _ in range(20)]
        office.until(lambda: office.clock.asked == 1)
        began = time.monotonic()
        for _ in range(10):
            assert office.place.ask("GET", f"/v1/checks/{check.id}").status_code == 200
        assert time.monotonic() - began < 5
        assert not any(one.done() for one in waiting)
    assert len({one.result(20).content for one in waiting}) == 1 and office.clock.asked == 1


def test_few_are_made_at_once_and_more_are_told_to_come_again(office: Office, asking: ThreadPoolExecutor) -> None:
    checks = [office.place.finished(PUBLIC) for _ in range(bundles.MOST + 1)]
    with office.slow():
        waiting = [asking.submit(office.bundle, one.id) for one in checks[:-1]]
        going = office.place.service.bundles._going
        office.until(lambda: len(going) == bundles.MOST and office.clock.asked == bundles.AT_ONCE)
        refused = office.bundle(checks[-1].id)
        assert refused.status_code == 503 and int(refused.headers["retry-after"]) > 0
        assert office.clock.asked == bundles.AT_ONCE
    assert all(one.result(20).status_code == 200 for one in waiting)
    assert office.bundle(checks[-1].id).status_code == 200


def test_where_the_authority_is_away_who_asks_is_told_to_come_again(office: Office) -> None:
    check = office.place.finished(PUBLIC)
    office.clock.answer = lambda request: (500, "text/plain", b"down")
    try:
        said = office.bundle(check.id)
    finally:
        office.clock.answer = None
    assert said.status_code == 503 and "retry-after" in said.headers and office.clock.url not in said.text
    assert TIMESTAMP in files(office.bundle(check.id))


def test_one_without_its_time_is_given_and_made_again(tmp_path: Path, office: Office) -> None:
    keyring.init_development(tmp_path)
    with serving(tmp_path, tsa=office.clock.url, tsa_when_down="later") as place:
        check, here = place.finished(PUBLIC), Office(place, office.clock)
        office.clock.answer = lambda request: (500, "text/plain", b"down")
        try:
            assert TIMESTAMP not in files(here.bundle(check.id))
        finally:
            office.clock.answer = None
        assert TIMESTAMP in files(here.bundle(check.id))
        place.service.docket.delete(check.id, "test")
        assert place.service.objects.delete_all(f"bundles/{check.id}/") == 0


def test_what_is_deleted_takes_its_bundles_along(office: Office) -> None:
    check, objects = office.place.finished(PUBLIC), office.place.service.objects
    office.bundle(check.id)
    office.place.service.docket.delete(check.id, "test")
    assert objects.delete_all(f"bundles/{check.id}/") == 0
    assert office.bundle(check.id).status_code == 410


def test_one_that_is_deleted_while_its_bundle_is_made_leaves_none(office: Office, asking: ThreadPoolExecutor) -> None:
    check, objects = office.place.finished(PUBLIC), office.place.service.objects
    with office.slow():
        waiting = asking.submit(office.bundle, check.id)
        office.until(lambda: office.clock.asked == 1)
        office.place.service.docket.delete(check.id, "test")
    assert waiting.result(20).status_code == 410
    assert objects.delete_all(f"bundles/{check.id}/") == 0


def test_making_one_counts_as_a_check_and_fetching_it_again_does_not(tmp_path: Path) -> None:
    keyring.init_development(tmp_path)
    with serving(tmp_path, anonymous_checks=2) as place:
        first, second, third = (place.finished(PUBLIC).id for _ in range(3))
        office = Office(place, TimeServer(Authority("unused")))
        assert [office.bundle(one).status_code for one in (first, first, second, first)] == [200] * 4
        refused = office.bundle(third)
        assert refused.status_code == 429 and "retry-after" in refused.headers
        assert office.bundle(second).status_code == 200


def test_a_head_makes_none_and_reads_none(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    check = office.place.finished(PUBLIC)
    path = f"/v1/checks/{check.id}/bundle"
    before = office.place.ask("HEAD", path)
    assert before.status_code == 200 and "content-length" not in before.headers and office.clock.asked == 0
    whole = office.bundle(check.id)
    monkeypatch.setattr(office.place.service.objects, "chunks", lambda *_: pytest.fail("it was read"))
    after = office.place.ask("HEAD", path)
    assert (after.status_code, after.headers["content-length"]) == (200, str(len(whole.content)))
    assert office.place.ask("HEAD", "/v1/checks/chk_none/bundle").status_code == 404


def test_a_page_of_another_site_has_none_made(office: Office) -> None:
    check = office.place.finished(PUBLIC)
    for site in ("cross-site", "same-site"):
        assert office.bundle(check.id, {"Sec-Fetch-Site": site}).status_code == 403
    assert office.clock.asked == 0
    assert office.bundle(check.id, {"Sec-Fetch-Site": "none"}).status_code == 200
    assert office.bundle(check.id, {"Sec-Fetch-Site": "cross-site"}).status_code == 200, "it is kept"


def test_one_without_its_time_stays_as_it_is_for_who_reads_it(tmp_path: Path, office: Office) -> None:
    keyring.init_development(tmp_path)
    with serving(tmp_path, tsa=office.clock.url, tsa_when_down="later") as place:
        check = place.finished(PUBLIC)
        office.clock.answer = lambda request: (500, "text/plain", b"down")
        try:
            keys = {keep(check, place.service.objects, place.options) for _ in range(2)}
        finally:
            office.clock.answer = None
        assert len(keys) == 2 and all(place.service.objects.size(key) for key in keys)


def test_where_nobody_can_sign_no_page_leads_to_a_bundle_and_who_asks_is_told_why(tmp_path: Path) -> None:
    with serving(tmp_path) as place:
        check = place.finished(PUBLIC)
        assert "/bundle" not in place.ask("GET", f"/c/{check.id}", headers=HTML).text
        said = place.ask("GET", f"/c/{check.id}/bundle", headers=HTML)
        assert said.status_code == 409 and said.headers["content-type"].startswith("text/html")
        assert "no signing identity" in said.text and str(tmp_path) not in said.text
        said = place.ask("GET", f"/v1/checks/{check.id}/bundle", headers=HTML)
        assert said.status_code == 409 and said.headers["content-type"] == "application/problem+json"
        keyring.init_development(tmp_path)
        assert f"/c/{check.id}/bundle" in place.ask("GET", f"/c/{check.id}", headers=HTML).text
