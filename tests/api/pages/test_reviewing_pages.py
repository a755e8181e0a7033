"""The pages of moderation over real HTTP: who may see and do what, what is kept from whom, and media by stretches."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta

import httpx
import pytest

from countermark.accounts import passwords
from countermark.accounts.values import MAIN
from countermark.docket import times
from countermark.docket.desk import Desk
from countermark.moderation.banks import BankMatch
from countermark.moderation.deciding import Deciding
from countermark.moderation.people import (
    AppealRequest,
    Contact,
    Queue,
    Report,
    ReviewJob,
    Said,
    appeals,
    claiming,
    notices,
    opening,
    queues,
    reviewing,
    samples,
)
from countermark.moderation.shelf import Shelf
from countermark.moderation.values import Action, Item, Review, Submission
from tests.api.pages.test_staff import ELSEWHERE, OTHER, PASSWORD, member
from tests.api.served import Place, serving
from tests.moderation.rooms import document, rule

VIDEO = bytes(range(256)) * 8
RITA, RON = "reviewer", "ron"
GENERATED = "The whole result"  # with the verdict before it


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "COST", 1 << 10)
        with serving(tmp_path_factory.mktemp("home")) as found:
            roles = {"viewer": "viewer", RITA: "reviewer", RON: "reviewer", "administrator": "administrator"}
            for name, role in roles.items():
                found.accounts.add_person(f"{name}@example.org", role, PASSWORD, name=name.title())  # type: ignore[arg-type]
            tenant = found.accounts.add_tenant(OTHER).id
            found.accounts.add_person(f"{OTHER}@example.org", "administrator", PASSWORD, tenant_id=tenant)
            yield found


def who(place: Place, name: str) -> str:
    return f"person:{place.accounts.person_called(f'{name}@example.org').id}"


_items = iter(range(1, 10_000))


def submitted(place: Place) -> Submission:
    """Let an item be checked whose video is here."""
    number = next(_items)
    key, of = f"media/page-{number}", {"item_id": f"item-{number}", "item_type": "video"}
    place.service.objects.put_bytes(key, VIDEO)
    check = place.finished(object_key=key, bytes=len(VIDEO), content_hash=f"{number:064x}", **of)
    found = Deciding(place.options).of_check(check.id)
    assert found is not None
    return found


def waiting(place: Place, queue: str = "pages", people: int = 1, **covers: bool) -> str:
    """Lay a review; gives its id."""
    named = frozenset({who(place, RITA), who(place, RON)}) if covers.get("restricted") else frozenset()
    queues.put(place.service.desk, MAIN, Queue(queue, people=named, **covers), by="test")
    return opening.want(place.service.desk, submitted(place), Review(queue, 5, people))


def job(place: Place, review_id: str) -> ReviewJob:
    return reviewing.get(place.service.desk, MAIN, review_id)


def taken(browser: httpx.Client, review_id: str) -> str:
    """Claim a review and give its page."""
    said = browser.post(f"/reviews/{review_id}/take")
    assert (said.status_code, said.headers["location"]) == (303, f"/reviews/{review_id}")
    return browser.get(f"/reviews/{review_id}").text


def media_of(page: str) -> str:
    found = re.search(r'<video[^>]* src="([^"]+)"', page)
    assert found is not None
    return found[1].replace("&amp;", "&")


DECIDED = {"finding": "synthetic", "actions": ["label"], "label": "Made with AI", "reason": "the hands melt"}


def test_a_reviewer_takes_the_next_decides_and_takes_it_back(place: Place) -> None:
    review_id = waiting(place, "first")
    with member(place, RITA) as rita:
        page = rita.get("/queues").text
        assert "first" in page and "Take the next" in page
        said = rita.post("/queues/next", data={"queue": "first"})
        assert said.headers["location"] == f"/reviews/{review_id}"
        page = rita.get(said.headers["location"]).text
        assert GENERATED in page and 'data-until="' in page
        for lacking in ("finding", "reason"):
            said = rita.post(f"/reviews/{review_id}/opinion", data={k: v for k, v in DECIDED.items() if k != lacking})
            assert said.status_code == 422, lacking
        for wrong in ({"actions": "burn"}, {"label": " "}, {"category": "none"}):
            assert rita.post(f"/reviews/{review_id}/opinion", data={**DECIDED, **wrong}).status_code == 422, wrong
        said = rita.post(f"/reviews/{review_id}/opinion", data=DECIDED)
        assert said.headers["location"] == f"/reviews/{review_id}?done=given"
        page = rita.get(said.headers["location"]).text
        assert "Your decision stands." in page and "Made with AI" in page and "the hands melt" in page
        opinion = job(place, review_id).opinions[-1]
        assert (opinion.finding, [one.words for one in opinion.actions]) == ("synthetic", ["label: Made with AI"])


def test_what_people_decided_stands_on_the_page_of_the_check(place: Place) -> None:
    review_id = waiting(place, "shown")
    check_id = job(place, review_id).submission.check_id
    with member(place, RITA) as rita, member(place, "viewer") as vic:
        taken(rita, review_id)
        rita.post(f"/reviews/{review_id}/opinion", data=DECIDED)
        page = rita.get(f"/c/{check_id}").text.split('id="decisions"')[1]
        assert "the hands melt" in page and "Reviewer" in page and ("Undo the decision" in page or "Appeal" in page)
        page = vic.get(f"/c/{check_id}").text.split('id="decisions"')[1]
        assert "the hands melt" in page and "Undo the decision" not in page and "Take in the appeal" not in page
    with member(place, OTHER) as other:
        assert 'id="decisions"' not in other.get(f"/c/{check_id}").text


def test_a_decision_is_undone_in_time_by_review_and_by_check(place: Place) -> None:
    shelf = Shelf(place.options)
    version = shelf.add(MAIN, "undoing", document(rule("any", "synthetic", "block"), name="undoing"), by="test")
    shelf.set_state(MAIN, "undoing", version.number, "LIVE", by="test")
    queues.put(place.service.desk, MAIN, Queue("undoing"), by="test")
    of = submitted(place)
    review_id = opening.want(place.service.desk, of, Review("undoing"), "undoing")
    with member(place, RITA) as rita:
        for number in (1, 2):
            taken(rita, review_id)
            rita.post(f"/reviews/{review_id}/opinion", data=DECIDED)
            decision_id = job(place, review_id).decision_id
            assert decision_id is not None and "Undo the decision" in rita.get(f"/reviews/{review_id}").text
            path = f"/reviews/{review_id}/undo" if number == 1 else f"/decisions/{decision_id}/undo"
            assert rita.post(path, data={"reason": " "}).status_code == 422
            said = rita.post(path, data={"reason": "the wrong button"})
            assert said.status_code == 303, said.text
            assert job(place, review_id).settled_at is None
        assert "The decision is undone." in rita.get(said.headers["location"]).text
        page = rita.get("/policies").text
        assert "undoing" in page and 'href="/policies/undoing/1"' in page
        page = rita.get("/policies/undoing/1").text
        assert "policy: undoing" in page.replace("&#34;", '"') or "undoing" in page
        assert rita.get("/policies/undoing/9").status_code == 404
    with member(place, OTHER) as other:
        assert "undoing" not in other.get("/policies").text
        assert other.get("/policies/undoing/1").status_code == 404
        assert other.post(f"/decisions/{decision_id}/undo", data={"reason": "x"}).status_code == 404
        assert other.post(f"/decisions/{decision_id}/appeal", data={"reason": "x"}).status_code == 404


def test_where_two_differ_and_nobody_is_left_the_queues_say_so(place: Place) -> None:
    review_id = waiting(place, "differing", people=2, restricted=True)
    for name, finding in ((RITA, "synthetic"), (RON, "genuine")):
        with member(place, name) as browser:
            taken(browser, review_id)
            said = browser.post(f"/reviews/{review_id}/opinion", data={"finding": finding, "reason": "so it seems"})
            assert said.status_code == 303, said.text
            page = browser.get("/queues").text
            assert ("People differ on 1: it takes one more." in page) is (name == RON)
    assert "Too few people are left for 1: somebody else is to be named for this queue." in page


def test_who_may_not_is_refused_and_told_no_more_than_they_may_know(place: Place) -> None:
    review_id = waiting(place, "rights")
    path = f"/reviews/{review_id}"
    posts = ("take", "extend", "give-back", "opinion", "undo")
    with member(place, "viewer") as vic:
        assert vic.get("/queues").status_code == 200 and "Take the next" not in vic.get("/queues").text
        assert vic.get(path).status_code == 403 and vic.post("/queues/next").status_code == 403
        assert {vic.post(f"{path}/{one}", data=DECIDED).status_code for one in posts} == {403}
        assert vic.get(f"{path}/media").status_code == 403
    with member(place, OTHER) as other:
        assert other.get(path).status_code == 404 and "rights" not in other.get("/queues").text
        assert {other.post(f"{path}/{one}", data=DECIDED).status_code for one in posts} == {404}
        assert other.get(f"{path}/media").status_code == 404
    assert place.ask("GET", path).headers["location"] == f"/sign-in?next=%2Freviews%2F{review_id}"
    assert place.ask("POST", f"{path}/take").status_code == 401
    with member(place, RITA) as rita:
        said = rita.post(f"{path}/take", headers=ELSEWHERE)
        assert said.status_code == 403, "a form of another site"
        assert job(place, review_id).claimed_by is None


def test_a_program_takes_part_in_no_review(place: Place) -> None:
    review_id = waiting(place, "programs")
    key, path = place.key("reviews:write", "moderation:read"), f"/reviews/{review_id}"
    paths = (path, f"{path}/media", f"{path}/pictures/key-1.jpg")
    assert {place.ask("GET", one, headers=key).status_code for one in paths} == {403}
    posts = (*(f"{path}/{one}" for one in ("take", "extend", "give-back", "opinion", "undo")), "/queues/next")
    posts += ("/decisions/dec_1/undo", "/decisions/dec_1/appeal")
    assert {place.ask("POST", one, headers=key, data=DECIDED).status_code for one in posts} == {403}
    assert job(place, review_id).claimed_by is None


def test_who_answers_an_appeal_reads_it(place: Place) -> None:
    number, now = next(_items), times.now
    of = {"item_id": f"item-{number}", "item_type": "video", "content_hash": f"{number:064x}"}
    check, desk = place.finished(**of), place.service.desk
    report = Report("other", "deepfake", "NOTICEWORDS", by=Contact(email="zoe@mail.example"))
    past = Desk(place.options, place.service.objects, lambda: now() - timedelta(hours=1))
    queues.put(desk, MAIN, Queue("appeals"), by="test")
    review_id = notices.receive(past, MAIN, Item(f"item-{number}", "video"), report).notice.review_id
    claiming.take(past, MAIN, review_id, "person:long-gone")
    decided = reviewing.give(past, MAIN, review_id, "person:long-gone", Said("synthetic", (Action("remove"),), "melts"))
    asked = AppealRequest("uploader", "APPEALWORDS", policies=("house",))
    made = appeals.appeal(desk, MAIN, str(decided.decision_id), asked)
    with member(place, RITA) as rita:
        page = taken(rita, made.review_id)
    assert "APPEALWORDS" in page and "NOTICEWORDS" in page and "zoe@mail.example" not in page
    assert 'aria-keyshortcuts="y"' in page and check.id in page
    said = place.ask("GET", f"/v1/reviews/{made.review_id}", headers=place.key("reviews:write")).json()
    assert (said["appeal"]["id"], said["appeal"]["reason"]) == (made.id, "APPEALWORDS")
    assert [one["explanation"] for one in said["reports"]] == ["NOTICEWORDS"]


def test_a_review_that_somebody_is_at_is_theirs(place: Place) -> None:
    review_id = waiting(place, "claimed")
    path = f"/reviews/{review_id}"
    with member(place, RITA) as rita, member(place, RON) as ron:
        link = media_of(taken(rita, review_id))
        assert rita.get(link).content == VIDEO
        page = ron.get(path)
        assert page.status_code == 409 and "Somebody else is at this review." in page.text
        assert GENERATED not in page.text and "<video" not in page.text
        assert ron.post(f"{path}/take").status_code == 409
        assert ron.post(f"{path}/opinion", data=DECIDED).status_code == 409
        assert ron.post(f"{path}/extend").status_code == 409
        assert ron.get(link).status_code == 409, "a link is of no use to others"
        assert rita.post(f"{path}/extend").headers["location"] == path
        assert rita.post(f"{path}/give-back").headers["location"] == "/queues"
        assert rita.get(link).status_code == 409, "nor to who has given it back"
        assert media_of(taken(ron, review_id))


def test_media_comes_by_stretches_and_by_a_link_that_holds(place: Place) -> None:
    review_id = waiting(place, "media")
    with member(place, RITA) as rita:
        link = media_of(taken(rita, review_id))
        whole = rita.get(link)
        assert whole.content == VIDEO and whole.headers["cache-control"] == "no-store"
        assert whole.headers["content-type"] == "video/mp4" and whole.headers["accept-ranges"] == "bytes"
        for asked, start, end in (("bytes=2-5", 2, 6), ("bytes=-7", 2041, 2048), ("bytes=2000-9999", 2000, 2048)):
            said = rita.get(link, headers={"Range": asked})
            assert (said.status_code, said.content) == (206, VIDEO[start:end])
            assert said.headers["content-range"] == f"bytes {start}-{end - 1}/2048"
        assert rita.get(link, headers={"Range": "bytes=0-"}).status_code == 206
        assert rita.get(link, headers={"Range": "bytes=5000-"}).headers["content-range"] == "bytes */2048"
        assert rita.get(link, headers={"Range": "bytes=1-2,4-5"}).content == VIDEO
        for wrong in (
            link[:-1] + ("0" if link[-1] != "0" else "1"),
            link.split("?")[0],
            link.replace("until=", "until=9"),
        ):
            assert rita.get(wrong).status_code == 403, wrong
        picture = rita.get(f"/reviews/{review_id}/pictures/key-1.jpg")
        assert picture.status_code == 200 and picture.headers["cache-control"] == "no-store"
        assert rita.get(f"/reviews/{review_id}/pictures/none.jpg").status_code == 404


def test_blind_people_see_nothing_of_what_the_detector_says(place: Place) -> None:
    queues.put(place.service.desk, MAIN, Queue("unseen"), by="test")
    review_id = samples.consider(place.service.desk, submitted(place), 1.0, "unseen")
    assert review_id is not None
    with member(place, RITA) as rita:
        page = taken(rita, review_id)
        assert "This review is blind" in page and "<video" in page
        assert GENERATED not in page and "/c/chk_" not in page and "Example Studio" not in page
        assert 'name="actions"' not in page
        check = place.finished(item_id="without-video", item_type="video", content_hash=64 * "e")
        of = Deciding(place.options).of_check(check.id)
        assert of is not None
        frames = taken(rita, str(samples.consider(place.service.desk, of, 1.0, "unseen")))
        assert "The picture at 0.5 s" in frames and "generated" not in frames.split("<main")[1].split("decide")[0]
        rita.post(f"/reviews/{review_id}/opinion", data={"finding": "genuine", "reason": "no trace"})
    with member(place, RON) as ron:
        page = taken(ron, review_id)
        assert "2 people must agree." in page and "Reviewer" in page and "no trace" not in page
        assert "What they said is shown once all have spoken." in page


def test_a_restricted_queue_covers_its_media_and_is_for_the_people_it_names(place: Place) -> None:
    review_id = waiting(place, "closed", restricted=True, blur=True, greyscale=True, mute=True)
    with member(place, RITA) as rita, member(place, "administrator") as ann:
        page = taken(rita, review_id)
        for name in ("blur", "grey", "mute"):
            (field,) = re.findall(rf'<input[^>]*id="cover-{name}"[^>]*>', page)
            assert "checked" in field
        assert " muted" in page.split("<video")[1].split(">")[0]
        assert ann.get(f"/reviews/{review_id}").status_code == 404 and "closed" not in ann.get("/queues").text


def test_closed_media_is_shown_in_a_restricted_queue_alone(place: Place) -> None:
    open_id, closed_id = waiting(place, "open"), waiting(place, "vault", restricted=True)
    with member(place, RITA) as rita:
        for review_id, shown in ((open_id, False), (closed_id, True)):
            link = media_of(taken(rita, review_id))
            check = place.service.docket.get(job(place, review_id).submission.check_id)
            match = BankMatch(
                "bnk_1", "KNOWN", True, f"cnt_{shown}", 1, "POSITIVE_CLASS", "", "sha256", 0, 1.0, 1.0, "content:x"
            )
            place.service.banks.keep(check, [match])
            assert place.service.banks.closed(check.id)
            page = rita.get(f"/reviews/{review_id}").text
            assert ("<video" in page, "This media is closed." in page) == (shown, not shown)
            assert rita.get(link).status_code == (200 if shown else 404)
            picture = rita.get(f"/reviews/{review_id}/pictures/key-1.jpg")
            assert picture.status_code == (200 if shown else 404)
            assert "/pictures/" not in rita.get(f"/c/{check.id}").text
            rita.post(f"/reviews/{review_id}/give-back")
