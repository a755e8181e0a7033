"""The service in a real browser, over the real command: what is sent in, what comes out, and that it keeps its word."""

from pathlib import Path
from urllib.parse import quote

import pytest

from countermark.api.pages.explained import NAMES
from countermark.settings import Settings
from countermark.stamp import facts, stamp
from tests import recipes
from tests.e2e.browser import PHONE, WIDE, Chromium, Visit
from tests.e2e.conftest import EMAIL, PASSWORD, Site

RESULTS = {
    "stamped": ("ai_generated",),
    "copy": ("ai_generated",),
    "changed": ("altered",),
    "real": ("no_evidence", "inconclusive"),  # as the detector finds what a recipe drew
    "unmarked": ("no_evidence", "inconclusive"),
}


def checked(visit: Visit, path: Path) -> str:
    """Send a file through the page, wait for its result, and give the result's path."""
    visit.open("/")
    visit.page.set_input_files("#file", str(path))
    visit.click("Check it")
    visit.page.wait_for_selector(".band h1", timeout=60_000)
    return str(visit.page.url).removeprefix(visit.base)


@pytest.fixture(scope="module")
def results(browser: Chromium, site: Site) -> dict[str, str]:
    """Send every clip, and give where its result is."""
    found = {}
    with browser.visit(site.base) as visit:
        for name in RESULTS:
            found[name] = checked(visit, getattr(site.clips, name))
            visit.is_sound()
    return found


@pytest.mark.parametrize("name", RESULTS)
def test_each_kind_of_clip_gets_its_verdict(browser: Chromium, site: Site, results: dict[str, str], name: str) -> None:
    with browser.visit(site.base) as visit:
        visit.open(results[name])
        assert visit.text(".band h1") in [NAMES[outcome] for outcome in RESULTS[name]]  # type: ignore[index]
        for card in ("Content Credentials", "Declarations", "Watermark", "What changed since signing", "Detectors"):
            assert visit.page.get_by_role("region", name=card, exact=True).count() == 1, card
        assert "Example Broadcast" in visit.text("footer")
        visit.is_sound()


def test_what_was_stamped_names_signer_mark_and_record(browser: Chromium, site: Site, results: dict[str, str]) -> None:
    with browser.visit(site.base) as visit:
        visit.open(results["stamped"])
        assert "Development signer" in visit.text() and "The mark belongs to this content" in visit.text()
        visit.page.get_by_text("What was validated").first.click()
        assert "They are those that were signed." in visit.text()
        visit.click("Public page of the record")
        assert site.clips.record.manifest_id in visit.text() and "Example Studio" in visit.text()
        visit.is_sound()


def test_a_change_is_drawn_where_it_is(browser: Chromium, site: Site, results: dict[str, str]) -> None:
    with browser.visit(site.base) as visit:
        visit.open(results["changed"])
        box = visit.page.locator(".map .over").bounding_box()
        region = visit.page.locator(".map .region").first.bounding_box()
        assert region["x"] > box["x"] + box["width"] / 2 and region["y"] < box["y"] + box["height"] / 2
        assert visit.page.locator(".map img").evaluate("image => image.naturalWidth") > 0
        assert "at the upper right" in visit.text("#content .changes")


def test_it_works_without_script(browser: Chromium, site: Site) -> None:
    with browser.visit(site.base, script=False) as visit:
        visit.open("/")
        visit.page.set_input_files("#file", str(site.clips.unmarked))
        visit.page.click("text=Check it")
        visit.page.wait_for_selector(".band h1", timeout=60_000)
        assert visit.text(".band h1") in ("No evidence", "Inconclusive")
        visit.page.check("input[value=unclear]")
        visit.page.fill("textarea", "what is a mark?")
        visit.page.click("text=Send")
        assert "Thank you" in visit.text()
        visit.page.click("text=Delete this check")
        visit.page.click("button:has-text('Delete it')")
        assert visit.text("h1") == "Deleted"
        path = str(visit.page.url).removeprefix(visit.base).removesuffix("/delete")
        assert visit.page.goto(visit.base + path).status == 410


def test_a_stranger_sees_a_result_by_its_link_and_cannot_end_it(
    browser: Chromium, site: Site, results: dict[str, str]
) -> None:
    with browser.visit(site.base) as visit:
        visit.open(results["real"])
        assert "Delete this check" not in visit.text()
        assert visit.page.goto(f"{site.base}{results['real']}/delete").status == 403
        assert "What to do" in visit.text()


def test_what_is_no_video_says_so_and_what_to_do(browser: Chromium, site: Site, tmp_path: Path) -> None:
    (tmp_path / "notes.mp4").write_text("no video at all")
    with browser.visit(site.base) as visit:
        visit.open("/")
        visit.page.set_input_files("#file", str(tmp_path / "notes.mp4"))
        visit.click("Check it")
        visit.page.wait_for_selector("text=It could not be checked", timeout=60_000)
        assert "What to do" in visit.text() and "no verdict" in visit.text()
        visit.is_sound()


def test_neither_file_nor_link_is_refused_with_advice(browser: Chromium, site: Site) -> None:
    with browser.visit(site.base) as visit:
        visit.open("/")
        visit.click("Check it")
        assert "Choose a file or paste a link." in visit.text()


def test_a_link_to_a_private_address_is_refused(browser: Chromium, site: Site) -> None:
    with browser.visit(site.base) as visit:
        visit.open("/")
        visit.page.fill("#url", "http://127.0.0.1/clip.mp4")
        visit.click("Check it")
        visit.page.wait_for_selector("text=What to do", timeout=60_000)
        said = visit.text()
        assert "127.0.0.1" in said and "no public address" in said, said


def test_the_link_is_copied(browser: Chromium, site: Site, results: dict[str, str]) -> None:
    with browser.visit(site.base) as visit:
        visit.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
        visit.open(results["real"])
        visit.click("Copy")
        visit.page.wait_for_selector("text=Copied")
        assert visit.page.evaluate("navigator.clipboard.readText()") == site.base + results["real"]


def test_theme_and_language_are_chosen_without_script(browser: Chromium, site: Site) -> None:
    with browser.visit(site.base, script=False) as visit:
        visit.open("/verdicts")
        visit.page.click("text=Deutsch")
        assert visit.text("h1") == "Was jedes Urteil bedeutet" and visit.page.url.endswith("/verdicts")
        visit.page.click("button:has-text('Dunkel')")
        assert visit.page.get_attribute("html", "data-theme") == "dark"
        assert visit.page.get_attribute("html", "lang") == "de"


def test_a_german_result_marks_the_judges_english(browser: Chromium, site: Site, results: dict[str, str]) -> None:
    with browser.visit(site.base, language="de-DE") as visit:
        visit.open(results["changed"])
        assert visit.text(".band h1") == "Nach dem Signieren verändert"
        assert visit.page.get_attribute(".why ul", "lang") == "en"


def signed_in(visit: Visit) -> Visit:
    return visit.sign_in(EMAIL, PASSWORD)


def test_members_list_checks_look_records_up_and_make_keys(browser: Chromium, site: Site) -> None:
    with browser.visit(site.base) as visit:
        path = checked(signed_in(visit), site.clips.stamped)
        visit.open("/checks?verdict=ai_generated")
        assert visit.page.get_by_role("link", name=site.clips.stamped.name).get_attribute("href") == path
        visit.open("/checks?verdict=conflict")
        assert "Nothing here yet" in visit.text()
        visit.open("/registry")
        visit.page.fill("[name=q]", site.clips.record.payload)
        visit.click("Show")
        assert site.clips.record.manifest_id in visit.text()
        visit.open("/keys")
        visit.page.fill("[name=name]", "newsroom bot")
        visit.click("Make it")
        key = visit.page.input_value("#secret")
        asked = visit.page.request.get(f"{site.base}/v1/checks", headers={"Authorization": f"Bearer {key}"})
        assert asked.status == 200
        visit.page.click("text=Revoke …")
        visit.click("Revoke newsroom bot for good")
        assert key not in visit.page.content() and "Revoked" in visit.text()
        visit.is_sound()
    with browser.visit(site.base) as stranger:
        assert stranger.page.goto(site.base + path).status == 404
        stranger.open("/keys")
        assert stranger.page.url.startswith(f"{site.base}/sign-in?next=%2Fkeys")


HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(2)>"


def test_a_manifest_full_of_script_is_shown_as_text_and_runs_nothing(
    browser: Chromium, site: Site, tmp_path: Path
) -> None:
    options = Settings(home=site.clips.home, provider=HOSTILE)
    source = recipes.clip(tmp_path / "source.mp4", seconds=1, size=(320, 180), seed=4)
    given = facts(title=HOSTILE, model=HOSTILE, provider=HOSTILE, software_agent=HOSTILE)
    stamped = stamp(source, tmp_path / "<script>alert(3)<.mp4", facts=given, options=options)
    with browser.visit(site.base) as visit:
        path = checked(signed_in(visit), stamped.path)
        for one in (path, f"/r/{stamped.manifest_id}", "/checks", "/registry"):
            visit.open(one)
            assert "<script>alert(" in visit.text() and visit.page.locator("main script, main img[src=x]").count() == 0
            visit.is_sound()
    with browser.visit(site.base) as stranger:
        stranger.open(f"/registry?q={quote(HOSTILE)}")
        stranger.is_sound()


PAGES = ("/", "/verdicts", "/api", "/sign-in", "/r/urn:none", "/checks", "/registry", "/keys")


@pytest.mark.parametrize(("theme", "size"), [("light", WIDE), ("dark", PHONE)])
def test_axe_finds_nothing_grave_and_nothing_is_wider_than_the_window(
    browser: Chromium, site: Site, results: dict[str, str], theme: str, size: tuple[int, int]
) -> None:
    with browser.visit(site.base, theme=theme, size=size, bypass=True) as visit:
        signed_in(visit)
        record = f"/r/{site.clips.record.manifest_id}"
        for path in (*PAGES, record, results["stamped"], results["changed"], results["real"]):
            visit.open(path)
            for closed in visit.page.query_selector_all("main details:not([open]) > summary"):
                closed.click()
            assert visit.grave() == [], path
            assert visit.overflow() == 0, path


def test_a_keyboard_reaches_what_there_is_and_one_sees_where_it_is(browser: Chromium, site: Site) -> None:
    with browser.visit(site.base) as visit:
        visit.open("/")
        visit.page.keyboard.press("Tab")
        assert visit.page.evaluate("document.activeElement.className") == "skip"
        visit.page.keyboard.press("Enter")
        assert visit.page.evaluate("document.activeElement.id") == "content"
        reached = []
        for _ in range(4):
            visit.page.keyboard.press("Tab")
            reached.append(visit.page.evaluate("document.activeElement.id || document.activeElement.innerText"))
            assert visit.page.evaluate("parseFloat(getComputedStyle(document.activeElement).outlineWidth)") >= 2
        assert reached[:3] == ["file", "url", "Check it"]
