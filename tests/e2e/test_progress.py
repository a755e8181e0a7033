"""A page of a check under way, in a real browser: it hears what happens, and asks where it can't hear."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from countermark.accounts import passwords
from countermark.api.v1 import events
from countermark.docket import Check
from tests.api.served import VERSIONS, Place, serving, told
from tests.e2e.browser import Chromium, Visit
from tests.e2e.conftest import EMAIL, PASSWORD

HIDE = """(shown) => {
  Object.defineProperty(document, "visibilityState", {value: shown, configurable: true});
  document.dispatchEvent(new Event("visibilitychange"));
}"""


@pytest.fixture(scope="module")
def place(browser: Chromium, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "COST", 1 << 10)
        with serving(tmp_path_factory.mktemp("home")) as found:
            found.accounts.add_person(EMAIL, "administrator", PASSWORD, name="Ann")
            yield found


class Asked(list[str]):
    """The addresses that a page asked for."""

    def __init__(self, visit: Visit) -> None:
        super().__init__()
        visit.page.on("request", lambda request: self.append(request.url))

    def progress(self) -> int:
        return sum(url.endswith("/progress") for url in self)

    def streams(self) -> int:
        return sum(url.endswith("/events") for url in self)


@contextmanager
def watching(browser: Chromium, place: Place, check: Check, *, member: bool = False) -> Iterator[tuple[Visit, Asked]]:
    """Open a check's page."""
    with browser.visit(place.base) as visit:
        if member:
            visit.sign_in(EMAIL, PASSWORD)
        asked = Asked(visit)
        with visit.page.expect_response("**/events"):
            visit.open(f"/c/{check.id}")
        yield visit, asked
        visit.is_sound()


def settled(visit: Visit, asked: Asked) -> int:
    """Let pass what the stream says when it opens; gives how often the page has asked by then."""
    visit.page.wait_for_timeout(2500)
    return asked.progress()


@pytest.mark.parametrize("member", [False, True])
def test_a_page_hears_what_happens_and_does_not_ask_meanwhile(browser: Chromium, place: Place, member: bool) -> None:
    check = place.laid("main" if member else "public")
    with watching(browser, place, check, member=member) as (visit, asked):
        before = settled(visit, asked)
        visit.page.wait_for_timeout(4000)
        assert asked.progress() <= before + 1 and asked.streams() == 1, "it asks each second without a stream"
        place.service.docket.at_stage(check.id, "look")
        visit.page.wait_for_selector("text=Examiners are looking")
        place.service.docket.finish(check.id, told(), VERSIONS)
        visit.page.wait_for_selector(".band h1")


def test_a_page_that_hears_nothing_asks_each_ten_seconds(browser: Chromium, place: Place) -> None:
    """Somebody between may hold the stream back."""
    check = place.laid("public")
    with watching(browser, place, check) as (visit, asked):
        before = settled(visit, asked)
        visit.page.wait_for_timeout(12000)
        assert before + 1 <= asked.progress() <= before + 2 and asked.streams() == 1


def test_a_page_that_gets_no_stream_asks_each_second(
    browser: Chromium, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "MOST_OF_ONE", 0)
    check = place.laid("public")
    with watching(browser, place, check) as (visit, asked):
        before = settled(visit, asked)
        visit.page.wait_for_timeout(5000)
        assert asked.progress() >= before + 3
        place.service.docket.finish(check.id, told(), VERSIONS)
        visit.page.wait_for_selector(".band h1")


def test_a_page_that_nobody_looks_at_gives_its_stream_back(browser: Chromium, place: Place) -> None:
    check = place.laid("public")
    with watching(browser, place, check) as (visit, asked):
        before = settled(visit, asked)
        visit.page.evaluate(HIDE, "hidden")
        visit.page.wait_for_timeout(4000)
        assert asked.streams() == 1 and asked.progress() > before + 1, "without a stream it asks each second"
        with visit.page.expect_response("**/events"):
            visit.page.evaluate(HIDE, "visible")
        assert asked.streams() == 2
