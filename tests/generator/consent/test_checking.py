"""Requests are refused, asked about or granted, and the ledger has a line of it that does not tell the prompt."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from countermark.errors import ConsentNeeded, ConsentRefused, InputUnfit
from countermark.generator.consent import ConsentRules, Granted, check
from countermark.generator.consent.checking import ASKED, GIVEN, REFUSED, _holds
from countermark.generator.consent.folding import readings
from countermark.generator.consent.people import inputs_with_faces
from countermark.generator.consent.rules import default, read
from countermark.generator.request import Keyframe, Request
from countermark.media import faces
from countermark.provenance import Registry
from countermark.provenance.signing.manifest import prompt_hash
from countermark.settings import Settings
from countermark.store import ledger
from countermark.store.engine import reading
from tests import recipes
from tests.drawn_face import face
from tests.needs import lacking


@pytest.fixture
def options(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "home")


@pytest.fixture(scope="module")
def given(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Pictures and videos with a face and without."""
    if not faces.available():
        lacking("OpenCV's cascades", "pip install 'opencv-python-headless<5'")
    folder, shown = tmp_path_factory.mktemp("given"), face()
    cv2.imwrite(str(folder / "face.png"), shown[:, :, ::-1])
    cv2.imwrite(str(folder / "bare.png"), next(recipes.pictures(1, (640, 480)))[:, :, ::-1])
    (folder / "broken.png").write_bytes(b"\x89PNG nothing")
    recipes.clip(folder / "face.mp4", size=(640, 480), fps=5, source=lambda n, size, seed: iter([shown] * n))
    recipes.clip(
        folder / "face-once.mp4",
        size=(640, 480),
        fps=1,
        seconds=16,
        source=lambda n, size, seed: (shown if i == 8 else np.full_like(shown, 96) for i in range(n)),
    )
    for name, shows in {
        "face-last.mp4": range(79, 80), "face-at-end.mp4": range(74, 78), "face-at-begin.mp4": range(4, 10)
    }.items():  # fmt: skip
        recipes.clip(
            folder / name,
            size=(640, 480),
            fps=5,
            seconds=16,
            source=lambda n, size, seed, shows=shows: (
                shown if i in shows else np.full_like(shown, 96) for i in range(n)
            ),
        )
    return folder


def lines(options: Settings) -> list[tuple[str, dict[str, object]]]:
    with reading(options.database_url) as connection:
        return [(one.kind, json.loads(one.body)) for one in ledger.entries(connection)] if connection else []


@pytest.fixture
def people(tmp_path: Path) -> ConsentRules:
    (tmp_path / "people.txt").write_text("Ada Person\n")
    (tmp_path / "rules.toml").write_text('names_file = "people.txt"\n')
    return read(tmp_path / "rules.toml")


def test_an_ordinary_prompt_leaves_no_line(options: Settings) -> None:
    for prompt in (
        "a red ball falls on a beach at sunset",
        "children play football in the rain",
        "stars that the naked eye can see, and a baby",
        "a same-sex couple and their kids, a nude-coloured wall",
        "a middle aged woman paints",
    ):
        assert check(Request(prompt), options=options) == Granted()
    assert lines(options) == []


@pytest.mark.parametrize("age", [*range(18)])
@pytest.mark.parametrize(
    "said",
    ["nude {} year old", "sexy {}yo", "naked {} yr old", "nude {} y.o.", "aged {}, topless", "{}-YEAR-OLDS, naked"],
)
def test_every_age_of_a_minor_is_read(age: int, said: str) -> None:
    in_words = "zero one two three four five six seven eight nine ten eleven twelve".split()
    in_words += "thirteen fourteen fifteen sixteen seventeen".split()
    minors = next(rule for rule in default().rules if rule.name == "minors")
    for number in (str(age), in_words[age]):
        assert _holds(minors, readings(said.format(number))), said.format(number)


@pytest.mark.parametrize(
    "prompt",
    [
        "a nude 18 year old",
        "a nude twenty-five-year-old",
        "nude, thirty five years old",
        "nude, aged forty-one",
        "naked, 20.5 yrs",
        "a naked rock, 1,005 years old",
        "sexy 30yo",
        "naked in phone yoga class with 5 yellow balls",
    ],
)
def test_other_ages_are_not_a_minor_s(options: Settings, prompt: str) -> None:
    assert check(Request(prompt), options=options) == Granted()


@pytest.mark.parametrize(
    "prompt",
    [
        "naked children",
        "n4ked ch1ldren",
        "a s-e-x-y schoolgirl",
        "a 15 year old, topless",
        "nude 5 year old",
        "sexy 8yo",
        "naked twelve year old",
        "nude fiv3-yearold",
        "naked \u0665 y/o",
        "twenty five-year-olds, naked",
        "naked, six months old",
        "nudify this picture",
        "UNDRESS HER",
        "Erötic tèenagers",
    ],
)
def test_what_the_shipped_rules_refuse(options: Settings, prompt: str) -> None:
    with pytest.raises(ConsentRefused, match="rule"):
        check(Request(prompt), consent=True, options=options)
    assert [kind for kind, _ in lines(options)] == [REFUSED]


def test_the_ledger_has_a_hash_and_no_word(options: Settings, people: ConsentRules) -> None:
    prompt = "Ada Person, naked"
    with pytest.raises(ConsentRefused):
        check(Request(prompt), people, consent=True, options=options)
    ((kind, body),) = lines(options)
    assert kind == REFUSED and body["rules"] == "intimate pictures of somebody"
    assert "ada" not in json.dumps(body).lower() and "naked" not in json.dumps(body)
    assert body["prompt_hash"] == prompt_hash(prompt, bytes.fromhex(str(body["prompt_salt"])))
    assert Registry(options.database_url).verify().lines == 1, "the chain is whole"


def test_a_name_is_asked_about(options: Settings, people: ConsentRules) -> None:
    request = Request("ADA-PERSON waves")
    with pytest.raises(ConsentNeeded, match="names somebody") as caught:
        check(request, people, options=options)
    assert "--i-have-consent" in caught.value.advice
    granted = check(request, people, consent=True, options=options)
    assert granted.line == 2 and "all who are shown agree" in granted.said[0] and "line 2" in granted.said[0]
    assert "ada" not in granted.said[0].lower()
    assert [kind for kind, _ in lines(options)] == [ASKED, GIVEN]
    assert check(Request("Ada waves"), people, consent=True, options=options) == Granted()


@pytest.mark.parametrize(
    ("request_of", "seen"),
    [
        (
            lambda at: Request("walks", last_image=at / "face.png", keyframes=(Keyframe(0.5, at / "bare.png"),)),
            "1 of 2",
        ),
        (lambda at: Request("walks", image=at / "bare.png", extend=at / "face.mp4"), "1 of 2"),
    ],
)
def test_a_face_is_asked_about_wherever_it_is_given(options: Settings, given: Path, request_of, seen: str) -> None:
    request = request_of(given)
    with pytest.raises(ConsentNeeded, match=f"a face is seen in {seen}"):
        check(request, options=options)
    granted = check(request, consent=True, options=options)
    assert f"a face is seen in {seen}" in granted.said[0]
    (_, asked), (_, body) = lines(options)
    assert asked["inputs_with_faces"] == body["inputs_with_faces"] == 1 and body["inputs"] == len(request.inputs)


@pytest.mark.parametrize(
    ("name", "how", "asked"),
    [
        ("face-at-end", "extend", True),
        ("face-last", "extend", True),  # all that some models are given
        ("face-at-begin", "video", True),
        ("face-last", "video", False),
    ],
)
def test_what_a_model_is_given_of_a_video_is_looked_at_closely(
    options: Settings, given: Path, name: str, how: str, asked: bool
) -> None:
    request = Request("walks", **{how: given / f"{name}.mp4"})
    assert inputs_with_faces(request, options) == int(asked)


def test_inputs_without_a_face_need_no_consent(options: Settings, given: Path) -> None:
    request = Request("walks", image=given / "bare.png", video=given / "face-once.mp4")
    assert check(request, options=options) == Granted()
    said = check(Request("walks", image=given / "bare.png"), consent=True, options=options).said
    assert "no face was found" in said[0], "a consent that is given is noted all the same"


def test_words_that_are_refused_with_a_face_are_not_without(options: Settings, given: Path) -> None:
    with pytest.raises(ConsentRefused, match="name or face"):
        check(Request("she is naked", image=given / "face.png"), consent=True, options=options)
    assert check(Request("she is naked", image=given / "bare.png"), options=options) == Granted()


def test_rules_may_refuse_or_allow_faces(options: Settings, given: Path, tmp_path: Path) -> None:
    for choice in ("refuse", "allow"):
        (tmp_path / f"{choice}.toml").write_text(f'faces = "{choice}"\n')
    request = Request("walks", image=given / "face.png")
    with pytest.raises(ConsentRefused, match="a face"):
        check(request, read(tmp_path / "refuse.toml"), consent=True, options=options)
    assert check(request, read(tmp_path / "allow.toml"), options=options) == Granted()


def test_where_faces_cannot_be_looked_for_they_are_asked_about(
    options: Settings, given: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    faces._cascade.cache_clear()
    with monkeypatch.context() as patch:
        patch.setattr(cv2.data, "haarcascades", str(given))  # a folder without cascades
        with pytest.raises(ConsentNeeded, match="can't look for faces"):
            check(Request("walks", image=given / "bare.png"), options=options)
    faces._cascade.cache_clear()
    assert lines(options)[0][1]["inputs_with_faces"] is None


def test_what_cannot_be_decoded_is_no_face(options: Settings, given: Path) -> None:
    with pytest.raises(InputUnfit):
        check(Request("walks", image=given / "broken.png"), options=options)


def test_the_rules_shipped_say_why() -> None:
    assert all(rule.reason and rule.action == "refuse" for rule in default().rules)
