"""Every service, over real HTTP, as its documentation says it answers: what is sent, brought and labelled."""

import base64
import hashlib
import hmac
import json
import os
import stat
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import cv2
import pytest

from countermark.errors import InputUnfit, PromptInvalid, ServiceFailed, SpendingUnapproved, TooSmall
from countermark.evidence import CredentialDetails
from countermark.generator import door, hosted
from countermark.generator.maker import File, Maker, Running
from countermark.generator.request import Camera, Request
from countermark.settings import Settings
from countermark.verify import verify
from tests import recipes
from tests.generator.hosted.conftest import KEYS
from tests.generator.hosted.studio import Studio, page

BALL = Request("a red ball falls", seed=7)
Open = Callable[..., Studio]
Opened = Callable[..., Maker]


def make(maker: Maker, request: Request, folder: Path) -> File:
    told: list[float] = []
    made = maker.make(request, maker.plan(request), folder, told.append)
    assert isinstance(made, File)
    assert told == sorted(told) and told[-1] == 1.0
    return made


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    path = tmp_path / "first.png"
    cv2.imwrite(str(path), next(recipes.pictures(1, (96, 64)))[:, :, ::-1])
    return path


@pytest.mark.parametrize("name", KEYS)
def test_what_it_makes_leaves_labelled_and_is_known_again(
    studio: Open, maker: Opened, name: str, tmp_path: Path, options: Settings
) -> None:
    asked = studio(name)
    opened, told = maker(asked, name), []
    done = door.generate(BALL, tmp_path / "out.mp4", model=opened, options=options, progress=told.append)
    assert len(asked.orders) == 1 and told == sorted(told) and told[-1] == 1.0
    task = opened.offer.task(BALL)
    signed = credentials(done.path, options)
    assert {f"model: {task.model}", f"provider: {opened.offer.provider}"} <= set(signed.ai_facts), signed.ai_facts
    left = {path.name for path in tmp_path.iterdir() if path.suffix != ".toml"}
    assert left == {"out.mp4"}, "what it was made of is gone"


def test_their_own_manifest_stays_as_an_ingredient(
    studio: Open, maker: Opened, signed_film: bytes, tmp_path: Path, options: Settings
) -> None:
    opened = maker(studio("runway", signed_film), "runway")
    signed = credentials(door.generate(BALL, tmp_path / "out.mp4", model=opened, options=options).path, options)
    (ingredient,) = signed.ingredients
    assert signed.manifests == 2
    assert ingredient.relationship == "parentOf" and ingredient.manifest_id
    assert ingredient.failures == ("signingCredential.untrusted",), "nobody here knows them"
    assert ingredient.manifest_id.encode() in signed_film


def test_the_door_finds_them_by_name_and_leaves_nothing_where_nothing_was_paid(
    studio: Open, maker: Opened, tmp_path: Path, options: Settings
) -> None:
    asked = studio("luma")
    maker(asked, "luma")  # its key and its address are in the environment now
    assert door.plan(BALL, model="luma", options=options).cost
    with pytest.raises(SpendingUnapproved):
        door.generate(BALL, tmp_path / "out.mp4", model="luma", options=options)
    assert not asked.orders and not list(tmp_path.iterdir())


def credentials(path: Path, options: Settings) -> CredentialDetails:
    verdict = verify(path, options=options)
    assert verdict.outcome == "ai_generated", verdict.reasons
    (signed,) = (e.details for e in verdict.evidence if isinstance(e.details, CredentialDetails))
    return signed


# What is sent --------------------------------------------------------------------------------------------------------


def sent(studio: Studio) -> dict:
    ((body, _),) = studio.orders
    return body


def test_veo_is_asked_on_the_agent_platform(studio: Open, maker: Opened, picture: Path, tmp_path: Path) -> None:
    asked = studio("veo")
    request = Request(
        "it rains", size=(720, 1280), seconds=6.0, seed=7, image=picture, last_image=picture, negative="fog", sound=True
    )
    assert make(maker(asked, "veo"), request, tmp_path).sound == "synthetic"
    body = sent(asked)
    first = {"bytesBase64Encoded": base64.b64encode(picture.read_bytes()).decode(), "mimeType": "image/png"}
    assert body["instances"] == [{"prompt": "it rains", "image": first, "lastFrame": first}]
    assert body["parameters"] == {
        "sampleCount": 1,
        "durationSeconds": 6,
        "seed": 7,
        "aspectRatio": "9:16",
        "resolution": "720p",
        "negativePrompt": "fog",
        "generateAudio": True,
    }
    assert asked.orders[0][1]["x-goog-api-key"] == "key-of-google"


def test_veo_goes_on_from_a_clip(studio: Open, maker: Opened, film: bytes, tmp_path: Path) -> None:
    asked, clip = studio("veo"), tmp_path / "begun.mp4"
    clip.write_bytes(film)
    make(maker(asked, "veo"), Request("it goes on", extend=clip), tmp_path)
    assert base64.b64decode(sent(asked)["instances"][0]["video"]["bytesBase64Encoded"]) == film
    assert "resolution" not in sent(asked)["parameters"], "the clip's own"


def test_runway_is_asked_for_text_pictures_and_clips(
    studio: Open, maker: Opened, picture: Path, film: bytes, tmp_path: Path
) -> None:
    asked, clip = studio("runway"), tmp_path / "begun.mp4"
    clip.write_bytes(film)
    opened = maker(asked, "runway")
    for request in (BALL, Request("it moves", image=picture, size=(960, 960)), Request("as clay", video=clip)):
        make(opened, request, tmp_path)
    (text, headers), (image, _), (video, _) = asked.orders
    assert text == {"model": "gen4.5", "promptText": "a red ball falls", "ratio": "1280:720", "duration": 5, "seed": 7}
    assert headers["authorization"] == "Bearer key-of-runway" and headers["x-runway-version"]
    assert image["promptImage"].startswith("data:image/png;base64,") and image["ratio"] == "960:960"
    assert video["model"] == "aleph2" and video["videoUri"].startswith("data:video/mp4;base64,")


def test_luma_is_told_how_the_camera_moves(studio: Open, maker: Opened, tmp_path: Path) -> None:
    asked = studio("luma")
    make(maker(asked, "luma"), Request("a hill", camera=Camera.ORBIT_LEFT, size=(1080, 1920), seconds=9), tmp_path)
    assert sent(asked) == {
        "model": "ray-2",
        "prompt": "a hill",
        "aspect_ratio": "9:16",
        "resolution": "1080p",
        "duration": "9s",
        "concepts": [{"key": "orbit_left"}],
    }


def test_kling_gets_a_token_that_its_secret_signed(studio: Open, maker: Opened, picture: Path, tmp_path: Path) -> None:
    asked = studio("kling")
    make(maker(asked, "kling"), Request("it moves", image=picture, seconds=10), tmp_path)
    body, headers = asked.orders[0]
    assert base64.b64decode(body.pop("image")) == picture.read_bytes()
    assert body == {
        "model_name": "kling-v2-6",
        "prompt": "it moves",
        "mode": "pro",
        "sound": "off",
        "duration": "10",
    }, "no last picture, and nothing to avoid: neither is sent"
    said, _, signature = headers["Authorization"].removeprefix("Bearer ").rpartition(".")
    right = hmac.new(b"secret-of-kling", said.encode(), hashlib.sha256).digest()
    assert base64.urlsafe_b64decode(signature + "==") == right
    claims = json.loads(base64.urlsafe_b64decode(said.partition(".")[2] + "=="))
    assert claims["iss"] == "access-of-kling" and claims["exp"] - claims["nbf"] == 1805


def test_values_that_only_the_user_can_choose_come_from_the_environment(
    studio: Open, maker: Opened, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    asked = studio("synthesia")
    monkeypatch.setenv("SYNTHESIA_AVATAR", "mia_costume2_cameraB")
    assert make(maker(asked, "synthesia"), Request("Hello there."), tmp_path).sound == "synthetic"
    (scene,) = sent(asked)["input"]
    assert scene == {"scriptText": "Hello there.", "avatar": "mia_costume2_cameraB", "background": "off_white"}


# What is refused before anything is asked ----------------------------------------------------------------------------


def test_a_broken_or_strange_picture_is_not_paid_for(studio: Open, maker: Opened, tmp_path: Path) -> None:
    asked, broken, bitmap = studio("runway"), tmp_path / "broken.png", tmp_path / "a.bmp"
    broken.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(200))
    cv2.imwrite(str(bitmap), next(recipes.pictures(1, (96, 64))))
    opened = maker(asked, "runway")
    for path in (broken, bitmap):
        with pytest.raises(InputUnfit, match=path.name):
            make(opened, Request("it moves", image=path), tmp_path)
    assert not asked.orders


def test_a_prompt_that_is_too_long_is_not_paid_for(studio: Open, maker: Opened, tmp_path: Path) -> None:
    asked = studio("runway")
    with pytest.raises(PromptInvalid, match="1000"):
        make(maker(asked, "runway"), Request("ball " * 250), tmp_path)
    assert not asked.orders


# What a service refuses ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["veo", "runway", "luma", "kling", "pika", "heygen"])
def test_its_own_words_are_told_and_harmless(studio: Open, maker: Opened, name: str, tmp_path: Path) -> None:
    asked = studio(name)
    secret = next(reversed(KEYS[name].values()))
    asked.words = f"not with \x1b[2J{secret} and people"
    with pytest.raises(ServiceFailed, match="did not make it") as refused:
        make(maker(asked, name), BALL, tmp_path)
    told = str(refused.value)
    assert "and people" in told and "\x1b" not in told and secret not in told and "***" in told
    assert not list(tmp_path.glob("*.job.json")), "a new try would be a new job"


def test_what_bears_no_label_yet_is_for_its_owner_alone(
    studio: Open, maker: Opened, tmp_path: Path, options: Settings
) -> None:
    asked = studio("heygen")
    asked.faults["file"] = [page]
    before = os.umask(0o022)
    try:
        with pytest.raises(ServiceFailed, match="text/html"):
            door.generate(BALL, tmp_path / "out.mp4", model=maker(asked, "heygen"), options=options)
    finally:
        os.umask(before)
    (kept,) = tmp_path.glob(".*.kept")
    assert stat.S_IMODE(kept.stat().st_mode) == 0o700


def test_a_key_that_was_lost_does_not_pay_twice(studio: Open, maker: Opened, tmp_path: Path, options: Settings) -> None:
    asked = studio("heygen")
    asked.faults["file"] = [page]
    target, opened = tmp_path / "out.mp4", maker(asked, "heygen")
    with pytest.raises(ServiceFailed, match="text/html"):
        door.generate(BALL, target, model=opened, options=options)
    (kept,) = tmp_path.glob(".*.kept")
    key = options.home / "keys" / "requests.key"
    before = key.read_bytes()
    key.unlink()
    try:
        for request in (BALL, replace(BALL, prompt="another ball falls")):
            with pytest.raises(ServiceFailed, match="is paid for") as refused:
                door.generate(request, target, model=opened, options=options)
            assert str(kept) in refused.value.advice
    finally:
        key.write_bytes(before)
    assert len(asked.orders) == 1 and list(tmp_path.glob(".*.kept")) == [kept]
    door.generate(BALL, target, model=opened, options=options)
    assert len(asked.orders) == 1 and target.exists() and not kept.exists()


@pytest.mark.parametrize(("old", "new"), [("width = 832, height = 480", "width = 120, height = 64"), ("[5]", "[0.2]")])
def test_what_is_too_small_or_short_for_a_mark_is_not_ordered(
    studio: Open, maker: Opened, old: str, new: str, tmp_path: Path
) -> None:
    asked = studio("leonardo")
    maker(asked, "leonardo")  # its description lies there now
    path = tmp_path / "leonardo.toml"
    path.write_text(path.read_text().replace(old, new))
    opened = hosted.open(f"http:{path}", Settings(), Running(approve_cost=True))
    with pytest.raises(TooSmall):
        opened.plan(BALL)
