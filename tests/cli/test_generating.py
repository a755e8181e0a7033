"""`generate` and `models`, as a person runs them."""

import json
from pathlib import Path

import cv2
import jsonschema
import numpy as np
import pytest

from countermark.cli.report import schema
from countermark.errors import ConsentRefused, FeatureLacking, InputMissing, ModelMissing, PromptInvalid
from tests.cli.command import Ran, run


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("home")
    assert run(folder, "keys", "init", "-q").code == 0
    return folder


def fits(ran: Ran) -> Ran:
    jsonschema.validate(ran.report(), schema())
    return ran


def test_a_plan_says_how_and_makes_nothing(home: Path, tmp_path: Path) -> None:
    asked = ("generate", "a red ballon over the sea", "--plan", "--fps", "30000/1001", "--seconds", "2")
    ran = fits(run(home, *asked, "--model", "procedural", "--json", cwd=tmp_path))
    (plan,) = ran.report()["results"]
    assert (ran.code, plan["kind"], plan["model"]) == (0, "plan", "procedural")
    assert (plan["width"], plan["height"], plan["frames"], plan["frame_rate"]) == (854, 480, 60, "30000/1001")
    assert any("'ballon'; did you mean balloon" in remark for remark in plan["remarks"])
    assert list(tmp_path.iterdir()) == []


def test_a_plan_says_what_is_given_and_drawn_and_what_has_to_be_done_first(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "a.png"), np.full((240, 320, 3), 90, np.uint8))
    cv2.imwrite(str(tmp_path / "mask.png"), np.full((240, 320, 3), 255, np.uint8))
    (tmp_path / "people.txt").write_text("Anna Beispiel\n")
    (tmp_path / "rules.toml").write_text('names = "ask"\nnames_file = "people.txt"\n')
    given = ("--image", "a.png", "--brush", "mask.png:left", "--label", "MADE BY RULES", "--profile", "eu-ai-act-50")
    asked = ("generate", "Anna Beispiel plays ball", *given, "--plan", "--json", "-o", "there.mp4")
    (tmp_path / "there.mp4").write_bytes(b"another")
    environment = {"consent_rules": tmp_path / "rules.toml", "provider": ""}
    ran = fits(run(tmp_path / "home", *asked, cwd=tmp_path, **environment))
    (plan,) = ran.report()["results"]
    how = dict(plan["how"])
    assert ran.code == 0 and (how["begins with"], how["profile"]) == ("a.png", "eu-ai-act-50")
    assert how["brush"] == "what is white in mask.png goes left"
    assert any(what == "label" and "MADE BY RULES" in words for what, words in plan["how"])
    to_do = "\n".join(words for what, words in plan["how"] if what == "to do first")
    for word in ("keys init", "--i-have-consent", "COUNTERMARK_PROVIDER", "something stands under there.mp4"):
        assert word in to_do, word
    assert not (tmp_path / "home").exists()
    answered = run(tmp_path / "home", *asked, "--i-have-consent", cwd=tmp_path, **environment)
    assert "--i-have-consent" not in answered.out


def test_a_plan_of_a_service_says_what_it_wants_first(home: Path) -> None:
    words = run(home, "generate", "the sea", "--model", "http:kling", "--plan").out
    assert "KLING_ACCESS_KEY and KLING_SECRET_KEY" in words and "--approve-cost" in words


@pytest.mark.parametrize(
    ("given", "code"),
    [
        (("--image", "text.png"), 79),
        (("--video", "a.png"), 79),
        (("--audio", "a.png"), 79),
        (("--audio", "none.wav"), 11),
        (("--image", "a.png", "--brush", "small.png:left"), 79),
        (("--profile", "no-such-law"), 64),
        (("-o", "a.txt"), None),
    ],
    ids=lambda given: " ".join(given) if isinstance(given, tuple) else "",
)
def test_a_plan_refuses_what_making_refuses(
    home: Path, tmp_path: Path, given: tuple[str, ...], code: int | None
) -> None:
    cv2.imwrite(str(tmp_path / "a.png"), np.full((240, 320, 3), 90, np.uint8))
    cv2.imwrite(str(tmp_path / "small.png"), np.full((64, 64, 3), 255, np.uint8))
    (tmp_path / "text.png").write_text("no picture")
    before = sorted(tmp_path.iterdir())
    planned = fits(run(home, "generate", "a red ball", *given, "--plan", "--json", cwd=tmp_path))
    made = fits(run(home, "generate", "a red ball", *given, "--json", cwd=tmp_path))
    assert planned.report()["failures"] == made.report()["failures"] != []
    assert planned.code == made.code and code in (None, made.code) and sorted(tmp_path.iterdir()) == before


def test_models_are_listed_with_what_they_do_and_need(home: Path) -> None:
    ran = fits(run(home, "models", "--json"))
    found = {one["name"]: one for one in ran.report()["results"]}
    assert ran.code == 0 and {"procedural", "ltx", "veo"} <= set(found)
    assert "camera" in found["procedural"]["features"] and found["procedural"]["needs"] == "nothing"
    assert "weights" in found["ltx"]["needs"] and "countermark[models]" in found["ltx"]["needs"]
    assert all(word in found["veo"]["needs"] for word in ("GOOGLE_API_KEY", "GOOGLE_CLOUD_PROJECT", "google-genai"))
    assert "KLING_ACCESS_KEY and KLING_SECRET_KEY" in found["http:kling"]["needs"]
    words = run(home, "models").out
    assert "procedural: drawn by rules; needs nothing" in words and max(map(len, words.splitlines())) < 320
    (one,) = fits(run(home, "models", "wan", "--json")).report()["results"]
    assert one == found["wan"]
    assert run(home, "models", "kling").code == ModelMissing.exit_code


@pytest.mark.parametrize(
    "given",
    [
        (),
        ("sea", "--keyframe", "2:a.png"),
        ("sea", "--brush", "mask.png"),
        ("sea", "--camera", "spin"),
        ("sea", "--audio-is", "loud"),
        ("sea", "--audio-is", "loud", "--plan"),
        ("sea", "--audio-is", "recorded"),
        ("sea", "--workers", "2"),
        ("sea", "--codec", "mjpeg"),
        ("sea", "--crf", "99"),
    ],
    ids=lambda given: " ".join(given) or "nothing",
)
def test_what_can_t_be_read_is_a_matter_of_usage(home: Path, tmp_path: Path, given: tuple[str, ...]) -> None:
    ran = run(home, "generate", *given, cwd=tmp_path)
    assert ran.code == 2 and "Traceback" not in ran.err and list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("given", "error", "word"),
    [
        (("sea", "--model", "procedural", "--steps", "5"), FeatureLacking, "ltx"),
        (("sea", "--model", "procedural", "--size", "321x240"), PromptInvalid, "320x240"),
        (("sea", "--model", "procedural", "--device", "cuda:9"), FeatureLacking, "device"),
        (("sea", "--model", "veo", "--plan", "--dtype", "float16"), FeatureLacking, "dtype"),
        (("sea", "--model", ""), ModelMissing, "name"),
        (("sea", "--model", "sora"), ModelMissing, "stamp"),
        (("sea", "--model", "veo", "--image", "none.png"), InputMissing, "none.png"),
        (("nudify the sea", "--model", "procedural"), ConsentRefused, "rule"),
    ],
    ids=["feature", "size", "device", "dtype", "unset", "sora", "image", "consent"],
)
def test_what_can_t_be_made_says_why_and_what_to_do(
    home: Path, tmp_path: Path, given: tuple[str, ...], error: type[Exception], word: str
) -> None:
    ran = fits(run(home, "generate", *given, "--json", cwd=tmp_path))
    (failure,) = ran.report()["failures"]
    assert (ran.code, failure["error"]) == (failure["exit_code"], error.__name__)
    assert word in failure["message"] + failure["advice"] and list(tmp_path.iterdir()) == []


def test_it_is_written_as_asked(home: Path, tmp_path: Path) -> None:
    asked = ("generate", "the sea", "--model", "procedural", "--seconds", "0.5", "--size", "192x128", "--json")
    vp9 = fits(run(home, *asked, "--crf", "45", "-o", tmp_path / "a.webm"))
    (made,) = vp9.report()["results"]
    assert vp9.code == 0 and "vp9" in made["codec"] and "45" in made["codec"]
    hevc = fits(run(home, *asked, "--codec", "hevc", "-o", tmp_path / "a.webm", "--force"))
    assert "does not take" in hevc.report()["failures"][0]["message"]


def test_a_plan_of_a_file_of_requests_says_all_costs_and_makes_nothing(home: Path, tmp_path: Path) -> None:
    prompts, folder = tmp_path / "prompts.jsonl", tmp_path / "out"
    folder.mkdir()
    lines = [{"prompt": "the sea", "model": "veo", "seconds": 8}] * 2 + [{"prompt": "hills", "model": "procedural"}]
    lines.append({"prompt": "the sea", "model": "luma"})
    prompts.write_text("\n".join(map(json.dumps, lines)))
    asked = ("generate", "--prompts", prompts, "-o", folder, "--plan", "--approve-cost")
    ran = fits(run(home, *asked, "--json"))
    *plans, summary = ran.report()["results"]
    assert ran.code == 0 and [plan["model"] for plan in plans] == ["veo", "veo", "procedural", "luma"]
    assert (summary["kind"], summary["total"], summary["made"]) == ("batch", 4, 0)
    assert summary["cost"] == "about $3.20, and what 1 more cost, which is not known here"
    words = run(home, *asked).out
    assert (
        "cost, 2 times: about $1.60" in words
        and "cost of all: about $3.20" in words
        and "00003.mp4: procedural" in words
    )
    assert list(folder.iterdir()) == []


def test_a_plan_of_a_file_of_requests_names_the_line_whose_sound_does_not_play(home: Path, tmp_path: Path) -> None:
    (tmp_path / "text.png").write_text("no picture")
    lines = [{"prompt": "the sea", "audio": "text.png"}, {"prompt": "hills", "model": "procedural"}]
    (tmp_path / "prompts.jsonl").write_text("\n".join(map(json.dumps, lines)))
    ran = fits(run(home, "generate", "--prompts", "prompts.jsonl", "-o", "new", "--plan", "--json", cwd=tmp_path))
    (failure,) = ran.report()["failures"]
    assert (failure["input"], ran.code) == ("line 1, 00001.mp4", 79) and not (tmp_path / "new").exists()


def test_a_file_of_requests_is_made_and_gone_on_with(home: Path, tmp_path: Path) -> None:
    prompts, folder = tmp_path / "prompts.jsonl", tmp_path / "out"
    lines = [{"prompt": "the sea", "output": "sea.mp4"}, {"prompt": "naked children"}]
    prompts.write_text("\n".join(map(json.dumps, lines)))
    asked = ("generate", "--prompts", prompts, "-o", folder, "--seconds", "0.5", "--size", "320x180", "--json")
    for counts in ({"made": 1, "skipped": 0}, {"made": 0, "skipped": 1}):
        ran = fits(run(home, *asked, "--model", "procedural"))
        report = ran.report()
        (summary,) = (one for one in report["results"] if one["kind"] == "batch")
        assert {name: summary[name] for name in counts} == counts and summary["failed"] == 1
        (failure,) = report["failures"]
        assert failure["error"] == "ConsentRefused" and failure["message"].startswith("line 2, 00002.mp4: ")
        assert ran.code == ConsentRefused.exit_code
    assert (folder / "sea.mp4").exists() and not (folder / "00002.mp4").exists()
    labelled = run(home, *asked, "--model", "procedural", "--label", "MADE BY RULES")
    assert "is there already, and not of this line" in labelled.err
    words = run(home, *asked[:-1], "--model", "procedural").out
    assert "failed: line 2, 00002.mp4: " in words.partition("1 failed")[2]
    prompts.write_text('{"prompt": ""}\n{"prompt": "sea", "colour": "red"}')
    assert run(home, *asked, "-o", tmp_path / "new").code == 2 and not (tmp_path / "new").exists()
    ran = run(home, *asked)
    assert ran.code == 2 and "line 1" in ran.err and "line 2" in ran.err
