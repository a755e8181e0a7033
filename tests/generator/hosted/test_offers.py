"""What is known without asking anybody: names, offers, costs, and the files that describe services."""

from fractions import Fraction
from importlib.resources import files
from pathlib import Path

import pytest

from countermark.errors import FeatureLacking, ModelMissing, ModelUnfit, PromptInvalid
from countermark.generator import hosted
from countermark.generator.hosted.described import read, ready, ready_names
from countermark.generator.hosted.filling import at, filled
from countermark.generator.maker import Running
from countermark.generator.request import Camera, Feature, Request
from countermark.settings import Settings


def maker(name: str):
    return hosted.open(name, Settings(), Running())


def test_every_name_opens_without_a_key_and_says_what_it_charges() -> None:
    assert {"veo", "runway", "luma", "http:kling", "http:pika", "http:leonardo"} < set(hosted.names())
    for name in hosted.names():
        opened = maker(name)
        assert opened.name == name and hosted.is_hosted(name)
        assert opened.features == hosted.features_by_model()[name] and Feature.TEXT in opened.features
        assert opened.plan(Request("a ball")).cost
    assert not hosted.is_hosted("sketch")


def test_sora_is_answered() -> None:
    with pytest.raises(ModelMissing, match="24 September 2026") as told:
        maker("sora")
    assert "countermark stamp" in told.value.advice and hosted.is_hosted("sora")


@pytest.mark.parametrize("name", ["veo:5", "runway:gen1", "http:no-such-file.toml"])
def test_names_that_nobody_has_are_answered_with_those_that_there_are(name: str) -> None:
    with pytest.raises(ModelMissing) as told:
        maker(name)
    assert "kling" in told.value.advice


def test_a_plan_says_what_is_asked_and_what_it_costs() -> None:
    plan = maker("runway").plan(Request("a ball", seconds=10, size=(720, 1280)))
    assert (plan.size, plan.frames, plan.frame_rate) == ((720, 1280), 240, Fraction(24))
    assert plan.cost.startswith("about $1.20 for 10 s")
    loud, silent = (maker("veo").plan(Request("a ball", sound=sound)).cost for sound in (True, False))
    assert loud.startswith("about $3.20") and silent.startswith("about $1.60")
    assert "not known" in maker("luma").plan(Request("a ball")).cost


@pytest.mark.parametrize(
    ("name", "request_", "nearest"),
    [
        ("runway", Request("a ball", size=(640, 360)), "1280x720"),
        ("runway", Request("a ball", size=(400, 800)), "720x1280"),
        ("veo", Request("a ball", seconds=5), "4 s|6 s"),
        ("luma", Request("a ball", seconds=60), "9 s"),
        ("http:leonardo", Request("a ball", size=(854, 480)), "832x480"),
        ("http:heygen", Request("a ball", seconds=5), "ask for no length"),
        ("veo", Request("a ball", frame_rate=Fraction(30)), "leave the frame rate"),
    ],
)
def test_what_it_does_not_make_is_refused_with_the_nearest(name: str, request_: Request, nearest: str) -> None:
    with pytest.raises(PromptInvalid) as told:
        maker(name).plan(request_)
    assert any(words in told.value.advice for words in nearest.split("|"))


@pytest.mark.parametrize(
    ("name", "request_"),
    [
        ("luma", Request("a ball", image=Path("a.png"))),
        ("runway", Request("a ball", image=Path("a.png"), video=Path("a.mp4"))),
        ("veo", Request("a ball", last_image=Path("a.png"))),
        ("http:pika", Request("a ball", camera=Camera.PAN_LEFT)),
        ("runway", Request("a ball", steps=30)),
    ],
)
def test_what_it_can_not_do_at_once_is_said(name: str, request_: Request) -> None:
    with pytest.raises(FeatureLacking, match="does not do"):
        maker(name).plan(request_)


def test_what_a_service_decides_is_said() -> None:
    remarks = " ".join(maker("http:heygen").plan(Request("a ball")).remarks)
    assert all(words in remarks for words in ("decides the size", "decides the length", "no seed", "never run against"))
    assert "interpolated by the service" in " ".join(maker("http:leonardo").plan(Request("a ball")).remarks)


# Files that describe services -----------------------------------------------------------------------------------------


def test_each_of_our_files_says_whose_words_it_rests_on() -> None:
    assert ready_names() == ("heygen", "kling", "leonardo", "pika", "synthesia")
    for name in ready_names():
        adapter = ready(name)
        assert adapter.name == name and adapter.documentation.startswith("https://") and adapter.tested == "never"
        assert adapter.base.startswith("https://")


SIZE = '{{width = {}, height = {}, aspect = "4:3"}}'
WRONG = {
    "no toml": (lambda text: text + "\n= 3", "line"),
    "a field too much": (lambda text: "colour = 3\n" + text, "colour"),
    "a key in the file": (lambda text: text.replace('"HEYGEN_API_KEY"', '"sk-1234"'), "key"),
    "a name that nobody fills in": (lambda text: text.replace("{prompt}", "{prmpt}"), "prmpt"),
    "no place for the video": (lambda text: text.replace('result = "data.video_url"', ""), "poll.result"),
    "a feature that is none": (lambda text: text.replace('"sound"]', '"smell"]'), "smell|features"),
    "an address that is none": (lambda text: text.replace("https://api.heygen.com", "file:///etc/passwd"), "base"),
    "a feature that no body can say": (lambda text: text.replace('"sound"]', '"camera"]'), "camera"),
    "a feature that its body does not say": (lambda text: text.replace('"sound"]', '"negative"]'), "negative"),
    "sound that nobody asks for": (lambda text: text.replace("speaks = true", ""), "sound"),
    "no prompt": (lambda text: text.replace('"{prompt}"', '"hello"'), "prompt"),
    "a need that it has not": (
        lambda text: text.replace("speaks =", 'requires = ["image"]\nspeaks ='),
        "requires: image",
    ),
    "lengths that its body does not say": (
        lambda text: text.replace("speaks =", "seconds = [5, 9]\nspeaks ="),
        "seconds",
    ),
    "sizes that its body does not say": (
        lambda text: text.replace("speaks =", f"sizes = [{SIZE.format(640, 480)}, {SIZE.format(1280, 960)}]\nspeaks ="),
        "sizes",
    ),
    "a seed that its body does not say": (lambda text: "seeds = true\n" + text, "seed"),
    "a job that nobody can ask for": (lambda text: text.replace("/v3/videos/{job}", "/v3/videos"), "poll.path"),
    "a job that nobody can stop": (
        lambda text: text + '[tasks.stop]\nmethod = "DELETE"\npath = "/v3/videos"\n',
        "stop.path",
    ),
    "too long": (lambda text: text + "#" * 70_000, "too long"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_file_that_is_wrong_says_where(tmp_path: Path, name: str) -> None:
    change, word = WRONG[name]
    path = tmp_path / "mine.toml"
    path.write_text(change(files(hosted).joinpath("adapters", "heygen.toml").read_text()))
    with pytest.raises(ModelUnfit, match=word) as told:
        read(path)
    assert "mine.toml" in str(told.value)


def test_a_body_is_filled_in_and_what_was_not_asked_for_is_left_out() -> None:
    body = {"a": "{seconds}", "b": ["{prompt}!", {"c": "{negative}"}], "d": "{negative}", "e": 3, "f": "{size}s"}
    given = {"seconds": 5, "prompt": "a ball", "negative": None, "size": "10"}
    assert filled(body, given) == {"a": 5, "b": ["a ball!", {}], "e": 3, "f": "10s"}


def test_a_place_in_an_answer_is_found_or_not() -> None:
    answer = {"data": {"videos": [{"url": "u"}]}}
    assert at(answer, "data.videos.0.url") == "u"
    assert at(answer, "data.videos.1.url") is at(answer, "data.nothing") is at(answer, None) is at([], "a") is None


def test_the_file_in_the_documentation_can_be_read(tmp_path: Path) -> None:
    page = (Path(hosted.__file__).parents[2] / "docs" / "hosted.md").read_text()
    path = tmp_path / "mine.toml"
    path.write_text(page.split("```toml\n")[1].split("```")[0])
    assert maker(f"http:{path}").plan(Request("a ball", seconds=10)).cost.startswith("about $0.50 for 10 s")
    listed = {
        name for line in page.splitlines() if line.startswith("| `") for name in line.split("|")[1].split("`")[1::2]
    }
    assert set(hosted.names()) <= listed
