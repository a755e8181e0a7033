"""The review console in a real browser: by keys alone, and with covers over what a restricted queue shows."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from countermark.accounts import passwords
from countermark.accounts.values import MAIN
from countermark.evidence import Evidence, Span
from countermark.moderation.deciding import Deciding
from countermark.moderation.people import Contact, Queue, Report, claiming, notices, opening, queues, reviewing
from countermark.moderation.people import Place as Where
from countermark.moderation.values import Item, Review
from countermark.verdict import Judgement, Verdict, fold
from tests import recipes
from tests.api.served import DIGEST, Place, serving
from tests.e2e.browser import PHONE, Chromium, Visit
from tests.e2e.conftest import EMAIL, PASSWORD

SPANS = (Span(0.4, 0.9), Span(1.5, 2.0))
FILTER = "getComputedStyle(document.querySelector('.screen video, .screen img')).filter"
NOW = "Math.round(100 * document.getElementById('video').currentTime) / 100"


@pytest.fixture(scope="module")
def place(browser: Chromium, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "COST", 1 << 10)
        with serving(tmp_path_factory.mktemp("home")) as found:
            found.accounts.add_person(EMAIL, "reviewer", PASSWORD, name="Rita")
            path = tmp_path_factory.mktemp("clips") / "clip.webm"
            clip = recipes.clip(path, size=(320, 180), seconds=3.0, codec="libvpx-vp9")
            found.service.objects.put_file("media/clip", clip)
            yield found


def seen() -> Verdict:
    evidence = Evidence(DIGEST, "video", "detector-changes", "1", "present", 0.9, SPANS)
    return fold(DIGEST, (evidence,), Judgement(), ())


def waiting(place: Place, number: int, queue: Queue) -> str:
    """Lay a review of a video with evidence, which somebody has reported, too."""
    item = {"item_id": f"item-{number}", "item_type": "video"}
    check = place.finished(verdict=seen(), object_key="media/clip", name="clip.webm", **item)
    of = Deciding(place.options).of_check(check.id)
    assert of is not None
    queues.put(place.service.desk, MAIN, queue, by="test")
    review_id = opening.want(place.service.desk, of, Review(queue.name, 10 - number))
    where = Where(("https://example.org/v/1",), ((2.5, 2.8),))
    report = Report("article_16", "deepfake", "this is not me", where, True, Contact("Zoe", "zoe@example.org"))
    notices.receive(place.service.desk, MAIN, Item(item["item_id"], "video"), report)
    return review_id


def press(visit: Visit, *keys: str) -> None:
    for key in keys:
        visit.page.keyboard.press(key)


def at(visit: Visit, second: float) -> None:
    visit.page.wait_for_function(f"Math.abs(document.getElementById('video').currentTime - {second}) < 0.02")


def test_reviews_are_taken_and_decided_by_keys_alone(browser: Chromium, place: Place) -> None:
    first, second = (waiting(place, number, Queue("open")) for number in (1, 2))
    with browser.visit(place.base, bypass=True) as visit:  # to wait by asking the page
        visit.sign_in(EMAIL, PASSWORD).open("/queues")
        with visit.page.expect_navigation():
            press(visit, "n")
        assert visit.page.url.endswith(f"/reviews/{first}")
        visit.page.wait_for_function("document.getElementById('video').readyState >= 2")
        assert "Time left:" in visit.text("#claim") and "this is not me" in visit.text()
        press(visit, "j")
        at(visit, SPANS[0].start_s)
        press(visit, "j")
        at(visit, SPANS[1].start_s)
        press(visit, "j")
        at(visit, 2.5)
        press(visit, "k", ".")
        at(visit, SPANS[1].start_s + 0.04)
        press(visit, ",", " ")
        visit.page.wait_for_function("!document.getElementById('video').paused")
        press(visit, " ")
        visit.page.wait_for_function("document.getElementById('video').paused")
        before = visit.page.get_attribute("#claim", "data-until")
        press(visit, "e")
        visit.page.wait_for_function(f"document.getElementById('claim').dataset.until !== '{before}'")
        press(visit, "?")
        assert "a frame back, a frame on" in visit.text("#keys")
        press(visit, "2", "5", "Tab")
        visit.page.keyboard.type("Changed by AI")
        press(visit, "r")  # in a field, keys are letters
        assert visit.page.input_value("[name=label]") == "Changed by AIr"
        visit.page.focus("[name=finding]:checked")
        press(visit, "r")
        visit.page.keyboard.type("j 1 n: the chin is not hers")
        with visit.page.expect_navigation():
            press(visit, "Tab", "Enter")
        assert "Your decision stands." in visit.text() and "Manipulated" in visit.text()
        assert "j 1 n: the chin is not hers" in visit.text()
        job = reviewing.get(place.service.desk, MAIN, first)
        assert [one.words for one in job.opinions[-1].actions] == ["label: Changed by AIr"]
        with visit.page.expect_navigation():
            press(visit, "n")
        assert visit.page.url.endswith(f"/reviews/{second}")
        visit.click("Give it back")
        visit.page.wait_for_url("**/queues")
        visit.is_sound()


def test_a_restricted_queue_is_covered_until_each_cover_is_lifted(browser: Chromium, place: Place) -> None:
    rita = f"person:{place.accounts.person_called(EMAIL).id}"
    review_id = waiting(place, 3, Queue.closed("vault", frozenset({rita})))
    with browser.visit(place.base) as visit:
        visit.sign_in(EMAIL, PASSWORD)
        claiming.take(place.service.desk, MAIN, review_id, rita)
        visit.open(f"/reviews/{review_id}")
        muted = "document.getElementById('video').muted"
        assert visit.page.evaluate(FILTER) == "blur(24px) grayscale(1)" and visit.page.evaluate(muted)
        press(visit, "b")
        assert visit.page.evaluate(FILTER) == "grayscale(1)"
        press(visit, "g", "m")
        assert visit.page.evaluate(FILTER) == "none" and not visit.page.evaluate(muted)
        visit.page.reload()
        assert visit.page.evaluate(FILTER) == "blur(24px) grayscale(1)" and visit.page.evaluate(muted)
        visit.is_sound()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_console_is_accessible_and_fits_a_phone(
    browser: Chromium, place: Place, theme: str, tmp_path: Path
) -> None:
    rita = f"person:{place.accounts.person_called(EMAIL).id}"
    review_id = waiting(place, 4 if theme == "light" else 5, Queue("phones"))
    claiming.take(place.service.desk, MAIN, review_id, rita)
    for size in (PHONE, (1280, 900)):
        with browser.visit(place.base, size=size, theme=theme, bypass=True) as visit:
            visit.sign_in(EMAIL, PASSWORD)
            for path in (f"/reviews/{review_id}", "/queues", "/policies"):
                visit.open(path)
                visit.page.screenshot(path=tmp_path / f"{path.replace('/', '-')}-{size[0]}-{theme}.png", full_page=True)
                assert visit.grave() == [] and visit.overflow() == 0, path
            visit.is_sound()
