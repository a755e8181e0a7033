"""Those who hold, judge and revoke, in a real browser: by keyboard alone, and as a phone shows it."""

import pytest

from countermark.accounts import Accounts
from countermark.settings import Settings
from tests.e2e.browser import PHONE, WIDE, Chromium, Visit
from tests.e2e.conftest import EMAIL, PASSWORD, Site
from tests.e2e.test_service import checked

MOST_TABS = 80


def reach(visit: Visit, name: str) -> None:
    """Go on by the tabulator until what has the focus begins with these words."""
    for _ in range(MOST_TABS):
        visit.page.keyboard.press("Tab")
        if visit.page.evaluate("document.activeElement.innerText.trim()").startswith(name):
            return
    raise AssertionError(f"the keyboard does not reach {name!r}")


def press(visit: Visit, *keys: str) -> None:
    for key in keys:
        visit.page.keyboard.press(key)


def send(visit: Visit) -> None:
    with visit.page.expect_navigation():
        press(visit, "Enter")


def test_a_check_is_judged_and_held_and_a_record_revoked_by_keyboard_alone(browser: Chromium, site: Site) -> None:
    with browser.visit(site.base) as visit:
        path = checked(visit.sign_in(EMAIL, PASSWORD), site.clips.stamped)
        visit.open(path)
        reach(visit, "Add a finding …")
        press(visit, "Enter", "Tab", "ArrowDown", "Tab")
        visit.page.keyboard.type("the lake has no shore")
        press(visit, "Tab")
        send(visit)
        assert "Your finding stands in the history." in visit.text() and "the lake has no shore" in visit.text()
        reach(visit, "Place a hold …")
        press(visit, "Enter", "Tab", "ArrowDown", "Tab")
        visit.page.keyboard.type("they ask for another look")
        press(visit, "Tab")
        send(visit)
        assert "Held back from deletion for an appeal" in visit.text() and "they ask for another look" in visit.text()
        reach(visit, "Lift it")
        send(visit)
        assert "The hold is lifted." in visit.text() and "they ask for another look" not in visit.text()
        visit.open(f"/r/{site.clips.record.manifest_id}")
        reach(visit, "Revoke this record …")
        send(visit)
        reach(visit, "Leave it as it is")
        press(visit, "Shift+Tab", "Shift+Tab")
        visit.page.keyboard.type("it was released too soon")
        press(visit, "Tab")
        send(visit)
        assert "The record is revoked." in visit.text() and "it was released too soon" in visit.text()
        visit.is_sound()
    with browser.visit(site.base) as stranger:
        assert "it was released too soon" in stranger.open(f"/r/{site.clips.record.manifest_id}").text()


def test_keys_of_a_single_letter_are_turned_off_and_on_again(browser: Chromium, site: Site) -> None:
    with browser.visit(site.base) as visit:
        visit.sign_in(EMAIL, PASSWORD).open("/queues")
        visit.page.check("[data-keys-off]")
        posted = []
        visit.page.on("request", lambda request: posted.append(request.url) if request.method == "POST" else None)
        for again in (False, True):  # at once, and remembered
            if again:
                visit.open("/queues")
            assert visit.page.is_checked("[data-keys-off]")
            visit.page.evaluate("document.activeElement.blur()")
            press(visit, "n")
            visit.page.evaluate("new Promise((done) => requestAnimationFrame(() => setTimeout(done, 0)))")
            assert posted == []
        visit.page.uncheck("[data-keys-off]")
        with visit.page.expect_navigation():
            press(visit, "n")
        assert visit.page.url.endswith("/queues?done=none") and len(posted) == 1
        visit.is_sound()


@pytest.mark.parametrize(("theme", "size"), [("light", WIDE), ("dark", PHONE)])
def test_axe_finds_nothing_grave_on_these_forms(
    browser: Chromium, site: Site, theme: str, size: tuple[int, int]
) -> None:
    with browser.visit(site.base, theme=theme, size=size, bypass=True) as visit:
        path = checked(visit.sign_in(EMAIL, PASSWORD), site.clips.unmarked)
        visit.open(path)
        visit.page.click("text=Place a hold …")
        visit.page.fill("[name=note]", "x" * 300)
        visit.click("Place the hold")
        assert "The hold stands." in visit.text()
        for one in (str(visit.page.url).removeprefix(visit.base), "/registry", "/keys", "/api"):
            visit.open(one)
            for closed in visit.page.query_selector_all("main details:not([open]) > summary"):
                closed.click()
            assert visit.grave() == [] and visit.overflow() == 0, one


@pytest.mark.parametrize(("language", "name"), [("en-GB", "Ann Example"), ("de-DE", "Annegret Beispiel-Musterfrau")])
def test_the_head_of_a_phone_has_two_rows_at_most(browser: Chromium, site: Site, language: str, name: str) -> None:
    address = f"{language}@example.org"
    Accounts(Settings(home=site.clips.home)).add_person(address, "administrator", PASSWORD, name=name)
    with browser.visit(site.base, size=PHONE, language=language) as visit:
        visit.sign_in(address, PASSWORD)
        tops = visit.page.eval_on_selector_all(".top nav a, .top summary", _MIDDLES)
        assert len(set(tops)) == 2, tops
        assert visit.overflow() == 0


# The middles of what stands in one row are the same, but for how high each is.
_MIDDLES = (
    "(all) => all.map((one) => one.getBoundingClientRect()).map((box) => Math.round((box.top + box.bottom) / 20))"
)
