"""The pages over real HTTP: who is shown what, what a form does, and what every answer carries."""

from __future__ import annotations

import html
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from countermark.accounts import passwords
from countermark.api.pages import shell
from countermark.api.pages.assets import address, assets
from countermark.docket import revising
from countermark.docket.values import Check, CheckError
from countermark.evidence import (
    ActionDetails,
    Change,
    ChangesDetails,
    CredentialDetails,
    Declaration,
    DeclarationsDetails,
    DetectorDetails,
    Evidence,
    FailureDetails,
    HumanDetails,
    IngredientDetails,
    LabelClaim,
    LabelDetails,
    MarkDetails,
    OtherMark,
    RecordDetails,
    Region,
    Span,
)
from countermark.evidence.judges import Driver, SegmentLook, Thresholds
from countermark.verdict import Judgement, Media, Verdict, fold
from tests.api.served import DIGEST, MANIFEST, PERSON, Place, serving

EMAIL, PASSWORD = "ann@example.org", "correct horse battery"
HERE = {"Sec-Fetch-Site": "same-origin"}
AI = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
HOSTILE = "<script>alert(1)</script>"
SHOT = IngredientDetails("shot.mp4", "inputTo", "urn:c2pa:4", HOSTILE)
CUT = IngredientDetails("cut.mp4", "componentOf", "urn:c2pa:3", "Cem", (), (SHOT, SHOT))


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "COST", 1 << 10)
        with serving(tmp_path_factory.mktemp("home"), operator="Example Broadcast") as found:
            found.accounts.add_person(EMAIL, "administrator", PASSWORD, name="Ann Example")
            found.accounts.add_person("vic@example.org", "viewer", PASSWORD, name="Vic")
            yield found


@pytest.fixture
def stranger(place: Place) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=place.base, timeout=30) as client:
        yield client


@contextmanager
def member(place: Place, email: str = EMAIL) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=place.base, timeout=30, headers=HERE) as client:
        said = client.post("/sign-in", data={"email": email, "password": PASSWORD})
        assert said.status_code == 303
        yield client


def everything() -> Verdict:
    """A verdict in which every card has something to show, much of it hostile."""
    credentials = CredentialDetails(
        MANIFEST,
        "trusted",
        content_matches=False,
        signer=HOSTILE,
        title=HOSTILE,
        failures=("assertion.dataHash.mismatch",),
        ingredients=(
            IngredientDetails(HOSTILE, "parentOf", "urn:c2pa:2", "Bea", ("claimSignature.mismatch",), (CUT,)),
            IngredientDetails("photo.jpg", "componentOf"),
        ),
    )
    mark = MarkDetails(
        "00c0ffee00c0ffee", "open", 3, 1e-12, 0.97, also=(OtherMark("00000000000000bb", "own", 0.9, (Span(3, 4),)),)
    )
    record = RecordDetails("00c0ffee00c0ffee", "live", "fits", "it fits", manifest_id=MANIFEST, issuer=HOSTILE)
    heat = "00" * 3 + "ff" + "70" + "00" * 3
    changes = ChangesDetails(
        (Change("region", Span(1, 2), Region(0.5, 0, 0.25, 0.5), 3.0), Change("cut", Span(3, 3))),
        (Span(0, 4),),
        0.01,
        1.0,
        10.0,
        4,
        2,
        0.5,
        (heat,),
        MANIFEST,
    )
    detector = DetectorDetails(
        "generated",
        "test 1",
        0.031,
        Thresholds(0.9, 0.05, 0.7, 0.2),
        drivers=(Driver("mean", 0.7), Driver(HOSTILE, -0.4)),
        family="unknown",
        timeline=(SegmentLook(0, 2, 0.4), SegmentLook(2, 4, 0.9)),
        pictures=36,
    )
    declared = DeclarationsDetails((Declaration("synthetic", "xmp", HOSTILE, HOSTILE),), ("a field is doubled",))
    label = LabelDetails(LabelClaim("own", HOSTILE, False, Region(0, 0.9, 0.2, 0.1), Span(0, 4)), 0.9, 4)

    def seen(examiner: str, details: object, finding: str = "present", **more: object) -> Evidence:
        return Evidence(DIGEST, "video", examiner, "1", finding, details=details, **more)  # type: ignore[arg-type]

    evidence = (
        seen("credentials", credentials, "invalid"),
        seen("declarations", declared),
        seen("watermark", mark, spans=(Span(0, 3),)),
        seen("registry", record),
        seen("changes", changes),
        seen("detector", detector, score=0.93),
        seen("detector-changes", FailureDetails("can't judge, because it is dark"), "inconclusive"),
        seen("plugin:mine", replace(detector, fpr=0.004), "absent", score=0.2),
        seen("label", label),
        seen("human", HumanDetails("synthetic", PERSON, "the hands")),
    )
    return fold(DIGEST, evidence, Judgement(), ("the sound: no examiner listens to it",))


def test_every_page_keeps_to_its_policy_and_names_the_operator(place: Place, stranger: httpx.Client) -> None:
    check = place.finished("public")
    for path in ("/", "/verdicts", "/sign-in", f"/c/{check.id}", "/r/urn:none", "/c/chk_none"):
        said = stranger.get(path)
        assert said.headers["content-security-policy"] == shell.POLICY
        assert "unsafe" not in shell.POLICY and said.headers["referrer-policy"] == "same-origin"
        assert "Example Broadcast" in said.text and said.text.startswith("<!doctype html>")
        assert " style=" not in said.text and "<style" not in said.text and "onclick" not in said.text
        assert "<script>" not in said.text and 'href="http' not in said.text.replace('href="https://example.org', "")


def test_each_card_shows_its_own_kind_and_what_is_hostile_stays_text(place: Place) -> None:
    check = place.finished(verdict=everything())
    with member(place) as ann:
        said = ann.get(f"/c/{check.id}").text
    assert HOSTILE not in said and "&lt;script&gt;alert(1)" in said
    for words in (
        "Altered since signing",
        "They are not those that were signed.",
        "assertion.dataHash.mismatch",
        "it brought no credentials",
        "at most one in 1,000,000,000,000 unmarked videos",
        "at the top",
        "A part is cut out",
        "At most 4 of 100 real videos like those measured score as high.",
        "At most 4 of 1000 real videos",
        "no family of generators stands out",
        "The sound was not examined",
        PERSON,
    ):
        assert words in said, words
    for within in ("Bea", "it did not check out", "cut.mp4", "Cem", "shot.mp4"):
        said = said[said.index(within) :]  # each stands below the one before
    tree = said[: said.index("photo.jpg")]
    assert tree.count("<li>") == 2 and tree.count("</ul>") == 2 and tree.count("shot.mp4") == 2
    assert 'class="region" x="500.0" y="0" width="250.0" height="500.0"' in said.replace('"0.0"', '"0"')
    assert said.count('class="hot"') == 1 and said.count('class="warm"') == 1


def test_length_and_picture_are_told_exactly_where_they_are_known(place: Place) -> None:
    def shown(verdict: Verdict, language: str = "en") -> str:
        check = place.finished("public", verdict=verdict)
        return place.ask("GET", f"/c/{check.id}", headers={"Accept-Language": language}).text

    media = Media(4.0417, 640, 360, 24000 / 1001)
    assert "about 4.0 s" in shown(everything())
    exactly = shown(replace(everything(), media=media))
    assert "<dd>4.04 s</dd>" in exactly and "640 × 360, 23.98 frames a second<" in exactly and "about 4" not in exactly
    varying = replace(media, frame_rate=30.0, variable_rate=True)
    assert "im Mittel 30 Bilder je Sekunde" in shown(replace(everything(), media=varying), "de")


def test_what_is_only_likely_proves_nothing_and_a_development_signer_is_called_one(place: Place) -> None:
    made = (ActionDetails("c2pa.addedText"), ActionDetails("org.example.stirred"))
    signed = CredentialDetails(
        MANIFEST, "trusted", None, signer="Ann", development=True, says_synthetic=True, source_types=(AI,), actions=made
    )
    record = RecordDetails(
        "00c0ffee00c0ffee",
        "live",
        "fits",
        "it looks like it",
        manifest_id=MANIFEST,
        recorded_at="2026-11-22T14:24:30.463+00:00",
        credentials=signed,
        found_by="fingerprint",
    )
    looks = Evidence(DIGEST, "container", "registry", "2", "present", details=record)
    embedded = Evidence(
        DIGEST, "container", "credentials", "1", "present", details=replace(signed, content_matches=True)
    )

    def shown(*evidence: Evidence) -> str:
        check = place.finished("public", verdict=fold(DIGEST, evidence, Judgement()))
        said = place.ask("GET", f"/c/{check.id}", headers={"Accept-Language": "en"}).text
        assert "Development signer" in said and "Trusted signer" not in said
        assert "<strong>Text added</strong>" in said and "<code>org.example.stirred</code>" in said
        return said[said.index('id="card-limits"') :] + said[said.index('class="why"') : said.index("</section>")]

    likely, proven = shown(looks), shown(embedded)
    assert "two videos that look alike may be two" in likely and "whoever registered" not in likely
    assert "recorded 2026-11-22 14:24 UTC" in likely and "30.463" not in likely
    assert "whoever registered the mark, called it synthetic" in proven
    assert "signed that it is synthetic: made by generative AI" in proven


def test_who_asks_without_a_key_sees_no_personal_provenance(place: Place, stranger: httpx.Client) -> None:
    check = place.finished("public", verdict=everything())
    said = stranger.get(f"/c/{check.id}").text
    assert PERSON not in said and "not shown here" in said


def test_a_tenants_check_is_not_there_for_others(place: Place, stranger: httpx.Client) -> None:
    check = place.finished()
    assert stranger.get(f"/c/{check.id}").status_code == 404
    assert stranger.get(f"/c/{check.id}/bundle").status_code == 404
    assert stranger.get(f"/c/{check.id}/progress").status_code == 404
    assert stranger.post(f"/c/{check.id}/delete", data={}, headers=HERE).status_code == 404
    with member(place) as ann:
        assert ann.get(f"/c/{check.id}").status_code == 200


def test_pictures_on_a_page_are_links_that_are_signed_and_end(place: Place, stranger: httpx.Client) -> None:
    check = place.finished("public", verdict=everything())
    links = [html.unescape(one) for one in re.findall(r'<img src="([^"]+)"', stranger.get(f"/c/{check.id}").text)]
    assert links
    for link in links:
        said = stranger.get(link)
        assert said.status_code == 200 and said.headers["content-type"] == "image/jpeg"
        until = int(re.search(r"until=(\d+)", link)[1])  # type: ignore[index]
        assert time.time() < until <= time.time() + 1800
        assert stranger.get(link.replace(str(until), str(until + 1))).status_code == 403
    assert stranger.get(f"/c/{check.id}/pictures/key-1.jpg").status_code == 404


def test_progress_is_told_examiner_by_examiner_and_ends_in_the_result(place: Place, stranger: httpx.Client) -> None:
    check = place.laid("public")
    assert "Waiting for its turn" in stranger.get(f"/c/{check.id}").text
    place.service.docket.at_stage(check.id, "look")
    place.service.docket.add_evidence(check.id, 1, everything().evidence[2])
    page = stranger.get(f"/c/{check.id}").text
    assert '<noscript><meta http-equiv="refresh"' in page and 'aria-live="polite"' in page
    part = stranger.get(f"/c/{check.id}/progress")
    assert "Watermark" in part.text and "hx-refresh" not in part.headers
    place.service.docket.finish(check.id, everything(), {"countermark": "test"})
    assert stranger.get(f"/c/{check.id}/progress").headers["hx-refresh"] == "true"
    assert "Altered since signing" in stranger.get(f"/c/{check.id}").text


def test_what_failed_says_why_and_what_to_do(place: Place, stranger: httpx.Client) -> None:
    check = place.laid("public")
    place.service.docket.fail(check.id, CheckError("UnreadableVideo", "it is cut off", "send it whole"))
    said = stranger.get(f"/c/{check.id}").text
    assert "it is cut off" in said and "send it whole" in said and "That is no verdict" in said
    assert "UnreadableVideo" not in said


def test_feedback_is_kept_and_thanked_for(place: Place, stranger: httpx.Client) -> None:
    check = place.finished("public")
    said = stranger.post(f"/c/{check.id}/feedback", data={"says": "wrong", "comment": HOSTILE})
    assert said.status_code == 303
    assert "Thank you" in stranger.get(said.headers["location"]).text
    assert place.service.docket.feedback(check.id)[0].comment == HOSTILE
    assert stranger.post(f"/c/{check.id}/feedback", data={"says": "perhaps"}).status_code == 422


def test_feedback_has_one_bound_on_the_page_and_in_the_api(
    place: Place, stranger: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(revising, "MOST_FEEDBACK", 2)
    check, queued, said = place.finished("public"), place.laid("public"), {"says": "right"}

    def given(of: Check) -> list[int]:
        return [
            stranger.post(f"/c/{of.id}/feedback", data=said).status_code,
            stranger.post(f"/v1/checks/{of.id}/feedback", json=said).status_code,
        ]

    assert (given(check), given(check), given(queued)) == ([303, 201], [409, 409], [409, 409])


def test_only_who_asked_may_delete_from_a_page_of_this_service(place: Place, stranger: httpx.Client) -> None:
    check, manage = place.opened("public", content_hash=DIGEST)
    place.service.docket.finish(check.id, everything(), {"countermark": "test"})
    path = f"/c/{check.id}/delete"
    assert stranger.get(path).status_code == 403
    cookie = {"Cookie": f"countermark_manage={manage}"}
    assert "Nobody can bring it back" in stranger.get(path, headers=cookie).text
    elsewhere = {**cookie, "Sec-Fetch-Site": "cross-site"}
    assert stranger.post(path, headers=elsewhere).status_code == 403
    assert stranger.post(path, headers={**cookie, **HERE}).status_code == 200
    assert stranger.get(f"/c/{check.id}").status_code == 410


def test_a_revision_stands_in_the_history(place: Place, stranger: httpx.Client) -> None:
    check = place.finished("public")
    place.service.docket.revise(
        check.id, everything(), who="person:per_1 Ann", why="human", note="seen again", versions={"countermark": "2"}
    )
    said = stranger.get(f"/c/{check.id}").text
    assert said.index("A person looked · ") < said.index("First verdict") and "per_1" not in said


def test_members_pages_lead_to_the_sign_in_and_ask_for_scopes(place: Place, stranger: httpx.Client) -> None:
    for path in ("/checks", "/registry", "/keys"):
        assert stranger.get(path).headers["location"] == f"/sign-in?next=%2F{path[1:]}"
    with member(place, "vic@example.org") as vic:
        assert vic.get("/checks").status_code == 200 and vic.get("/registry").status_code == 200
        assert vic.get("/keys").status_code == 403
        assert vic.post("/keys", data={"name": "x", "scopes": "checks:read"}).status_code == 403


def test_a_list_goes_on_by_its_cursor(place: Place) -> None:
    for number in range(27):
        place.finished(name=f"clip {number}.mp4")
    with member(place) as ann:
        first = ann.get("/checks?verdict=ai_generated").text
        following = first.split('href="/checks?verdict=ai_generated&amp;cursor=')[1].split('"')[0]
        second = ann.get(f"/checks?verdict=ai_generated&cursor={following}").text
    assert "clip 26.mp4" in first and "clip 26.mp4" not in second and "clip 0.mp4" in second


def test_a_key_is_told_once_and_never_more_than_its_maker(place: Place) -> None:
    with member(place) as ann:
        assert ann.post("/keys", data={"name": "x"}).status_code == 422
        assert ann.post("/keys", data={"name": "x", "scopes": "all:things"}).status_code == 422
        assert ann.post("/keys", data={"name": "x", "scopes": "checks:read", "until": "soon"}).status_code == 422
        made = ann.post("/keys", data={"name": HOSTILE, "scopes": ["checks:read"], "until": "2999-01-01"}).text
        key = made.split('id="secret" readonly value="')[1].split('"')[0]
        assert key.startswith("cmk_") and key not in ann.get("/keys").text
        assert ann.post("/keys/cmk_none/revoke").status_code == 404


def test_theme_and_language_are_kept_and_lead_back_here_alone(stranger: httpx.Client) -> None:
    said = stranger.post("/look", data={"theme": "dark", "language": "de", "back": "/verdicts?a=b"})
    assert (said.status_code, said.headers["location"]) == (303, "/verdicts?a=b")
    page = stranger.get("/verdicts").text
    assert '<html lang="de" data-theme="dark">' in page and "Was jedes Urteil bedeutet" in page
    for elsewhere in ("//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)"):
        assert stranger.post("/look", data={"theme": "x", "back": elsewhere}).headers["location"] == "/"


def test_static_files_never_change_and_nothing_else_is_found(stranger: httpx.Client) -> None:
    for name in assets():
        said = stranger.get(address(name))
        assert "immutable" in said.headers["cache-control"] and said.headers["x-content-type-options"] == "nosniff"
        assert stranger.get(address(name), headers={"If-None-Match": said.headers["etag"]}).status_code == 304
    for path in ("/static/../shell.py", "/static/%2e%2e/shell.py", "/static/", "/static/vendor"):
        assert stranger.get(path).status_code == 404


def test_a_service_for_members_says_so_and_still_shows_records(tmp_path: Path) -> None:
    with serving(tmp_path / "home", anonymous=False) as place, httpx.Client(base_url=place.base) as stranger:
        assert "for those who are signed in" in stranger.get("/").text
        assert stranger.get("/verdicts").status_code == 200
        assert stranger.get("/r/urn:none").status_code == 404
        assert stranger.get("/c/chk_none").status_code == 401
