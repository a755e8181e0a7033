"""What a film owes to the user's files, as its manifest says it."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import pytest

from countermark import keyring
from countermark.evidence import CredentialDetails
from countermark.generator import Feature, door, footage
from countermark.generator.label import release
from countermark.settings import Settings
from countermark.stamp import facts, stamp
from countermark.verify import verify
from tests import recipes
from tests.generator.test_door import FAST, REQUEST, Costly

TRAINED, COMPOSITE = "trainedAlgorithmicMedia", "compositeWithTrainedAlgorithmicMedia"


class Over(Costly):
    """Makes clips over, or lets them go on, as far as a manifest can tell."""

    features = Costly.features | {Feature.VIDEO, Feature.EXTEND, Feature.LAST_FRAME}


@pytest.fixture(scope="module")
def options(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    home = tmp_path_factory.mktemp("home")
    keyring.init_development(home)
    return Settings(home=home)


def said(path: Path, options: Settings) -> CredentialDetails:
    """What verify reads in it."""
    found = verify(path, options=options)
    assert found.outcome == "ai_generated"
    (details,) = [one.details for one in found.evidence if isinstance(one.details, CredentialDetails)]
    assert details.trust == "trusted" and details.failures == ()
    return details


def kinds(details: CredentialDetails) -> list[tuple[str, str]]:
    """The first actions, with the codes of their sources."""
    return [(one.action, (one.source_type or "").rsplit("/", 1)[-1]) for one in details.actions[:2]]


@pytest.mark.parametrize("ask", [lambda clip: {"video": clip}, lambda clip: {"extend": clip}], ids=["over", "on"])
def test_a_clip_that_is_made_over_or_goes_on_is_the_parent(
    tmp_path: Path, options: Settings, ask: Callable[[Path], dict[str, Path]]
) -> None:
    clip, last = recipes.clip(tmp_path / "clip.mp4", size=(320, 180)), tmp_path / "last.png"
    cv2.imwrite(str(last), next(recipes.pictures(1, (320, 180))))
    request = replace(REQUEST, last_image=last, **ask(clip))
    door.generate(request, tmp_path / "a.mp4", model=Over(), encoding=FAST, options=options)
    found = said(tmp_path / "a.mp4", options)
    assert kinds(found) == [("c2pa.opened", ""), ("c2pa.edited", COMPOSITE)]
    assert [(one.title, one.relationship) for one in found.ingredients] == [
        ("clip.mp4", "parentOf"),
        ("last.png", "inputTo"),
    ]


def test_what_was_wholly_made_stays_so_when_it_goes_on(tmp_path: Path, options: Settings) -> None:
    first, second = tmp_path / "first.mp4", tmp_path / "second.mp4"
    labelled = options.model_copy(update={"label": "MADE BY AI"})  # a label for people is no footage
    door.generate(REQUEST, first, model="procedural", encoding=FAST, options=labelled)
    request = replace(REQUEST, extend=first)
    door.generate(request, second, model=Over(), encoding=FAST, options=options)
    found = said(second, options)
    assert kinds(found) == [("c2pa.opened", ""), ("c2pa.edited", TRAINED)]
    assert found.ingredients[0].manifest_id == said(first, options).manifest_id
    elsewhere = Settings(home=tmp_path / "nobody")
    assert footage.source_type(TRAINED, request.inputs, elsewhere) == COMPOSITE, "nobody there knows it"


def test_what_holds_footage_by_its_own_word_makes_no_other_whole(tmp_path: Path, options: Settings) -> None:
    clip = recipes.clip(tmp_path / "clip.mp4", size=(320, 240))
    mixed = stamp(clip, tmp_path / "mixed.mp4", facts=facts(source_type=COMPOSITE), encoding=FAST, options=options)
    assert footage.source_type(TRAINED, [mixed.path], options) == COMPOSITE
    assert footage.source_type(TRAINED, [], options) == TRAINED
    assert footage.source_type("algorithmicMedia", [clip], options) == "algorithmicMedia"


def test_a_pipeline_s_pictures_are_footage_unless_it_says_otherwise(tmp_path: Path, options: Settings) -> None:
    frames, still = list(recipes.pictures(12, (320, 240))), tmp_path / "still.png"
    cv2.imwrite(str(still), frames[0])
    about: dict[str, Any] = {"model": "m", "ingredients": [still], "encoding": FAST, "options": options}
    release(frames, 12, tmp_path / "a.mp4", **about)
    release(frames, 12, tmp_path / "b.mp4", source_type=TRAINED, **about)
    found = [kinds(said(tmp_path / name, options))[0] for name in ("a.mp4", "b.mp4")]
    assert found == [("c2pa.created", COMPOSITE), ("c2pa.created", TRAINED)]


def test_a_clip_that_a_service_makes_over_is_an_input_of_its_file() -> None:
    request = replace(REQUEST, video=Path("clip.mp4"))
    assert [one.relationship for one in footage.ingredients(request, opened=False)] == ["inputTo"]
    assert [one.relationship for one in footage.ingredients(request, opened=True)] == ["parentOf"]
