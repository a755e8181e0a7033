"""The only way out: what a model makes leaves labelled, with its facts; what can't be made is refused before."""

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any

import av
import c2pa
import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from countermark import keyring
from countermark.errors import (
    ConsentRefused,
    DiskFull,
    FeatureLacking,
    InputMissing,
    ModelMissing,
    NoKeys,
    OutputIsInput,
    PromptInvalid,
    TooSmall,
)
from countermark.generator import Camera, Feature, File, Frames, Kept, Maker, Origin, Plan, Request, door, models
from countermark.generator.families.folder import Checkpoint
from countermark.generator.families.model import OpenModel
from countermark.generator.families.registry import FAMILIES
from countermark.generator.label import label
from countermark.generator.maker import Progress
from countermark.generator.procedural import Procedural, Shot, render
from countermark.settings import Settings
from countermark.stamp import Encoding
from countermark.verify import verify
from tests import recipes

FAST = Encoding(preset="ultrafast")
REQUEST = Request("a red balloon over misty mountains", size=(320, 180), seconds=1.0)


@pytest.fixture(scope="module")
def options(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    home = tmp_path_factory.mktemp("home")
    keyring.init_development(home)
    return Settings(home=home)


@dataclass(frozen=True)
class Costly(Procedural):
    """The procedural renderer, as if it were slow and small: begins with a picture, and is enlarged."""

    falls_at: int | None = None
    features = Procedural.features | {Feature.IMAGE}

    def plan(self, request: Request) -> Plan:
        return replace(super().plan(request), costly=True)

    def make(self, request: Request, plan: Plan, folder: Path, progress: Progress) -> Frames:
        made = super().make(request, plan, folder, progress)

        def pictures(kept: Kept) -> Iterator[NDArray[np.uint8]]:
            for number, picture in enumerate(made.pictures(kept), kept.count):
                if number == self.falls_at:
                    raise RuntimeError("the model fell over")
                yield picture

        origin = Origin("own/model", "3", source_type="trainedAlgorithmicMedia")
        return replace(made, pictures=pictures, origin=origin, changed=("enlarged from 160x90",), sound="synthetic")


def manifest(path: Path) -> dict[str, Any]:
    with path.open("rb") as stream:
        said = json.loads(c2pa.Reader("video/mp4", stream).json())
    active: dict[str, Any] = said["manifests"][said["active_manifest"]]
    return active


def assertion(found: dict[str, Any], label: str) -> dict[str, Any]:
    return next(one["data"] for one in found["assertions"] if one["label"] == label)


def test_what_rules_drew_leaves_as_algorithmic(tmp_path: Path, options: Settings) -> None:
    shares: list[float] = []
    target = tmp_path / "a.mp4"
    done = door.generate(REQUEST, target, model="procedural", encoding=FAST, progress=shares.append, options=options)
    assert done.frames == 24 and shares == sorted(shares) and shares[-1] == 1.0
    assert any("not by a trained model" in remark for remark in done.remarks)
    found = manifest(target)
    (created, *_) = assertion(found, "c2pa.actions.v2")["actions"]
    assert created["digitalSourceType"].endswith("/algorithmicMedia") and created["softwareAgent"]["name"]
    generation = assertion(found, "org.countermark.generation")
    assert (generation["model"], generation["sound"]) == ("countermark-procedural", "none")
    assert len(generation["prompt"]["hash"]) == 64
    assert REQUEST.prompt not in target.read_bytes().decode("latin-1")
    assert verify(target, options=options).outcome == "ai_generated"
    assert [path.name for path in tmp_path.iterdir()] == ["a.mp4"]


def test_what_falls_over_goes_on_and_says_all_that_was_done(tmp_path: Path, options: Settings) -> None:
    target, picture = tmp_path / "a.mp4", tmp_path / "first.png"
    cv2.imwrite(str(picture), next(recipes.pictures(1, (320, 180))))
    sound = recipes.clip(tmp_path / "sound.mp4", audio=True)
    request, track = replace(REQUEST, image=picture), door.Audio(sound, "recorded")
    how: dict[str, Any] = {"audio": track, "consent": True, "encoding": FAST, "options": options}
    with pytest.raises(RuntimeError):
        door.generate(request, target, model=Costly(falls_at=20), **how)
    assert not target.exists()
    done = door.generate(request, target, model=Costly(), **how)
    assert any("16 frames" in remark for remark in done.remarks) and "enlarged from 160x90" in done.remarks
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.mp4", "first.png", "sound.mp4"]
    found = manifest(target)
    created, placed, enhanced, *_ = assertion(found, "c2pa.actions.v2")["actions"]
    assert created["digitalSourceType"].endswith("/compositeWithTrainedAlgorithmicMedia"), "a picture went in"
    assert (enhanced["action"], enhanced["description"]) == ("c2pa.enhanced", "enlarged from 160x90")
    assert [(one["title"], one["relationship"]) for one in found["ingredients"]] == [
        ("first.png", "inputTo"),
        ("sound.mp4", "componentOf"),
    ]
    assert placed["action"] == "c2pa.placed"
    said = assertion(found, "org.countermark.generation")
    assert (said["model"], said["modelVersion"], said["sound"]) == ("own/model", "3", "recorded")
    assert "agree" in said["consent"]
    with av.open(str(target)) as written:
        assert len(written.streams.audio) == 1


class Weighted(OpenModel):
    """An open model by its folder of weights, which draws as the procedural renderer does, and falls over at 20."""

    features = Costly.features  # type: ignore[assignment]

    def plan(self, request: Request) -> Plan:
        return Costly().plan(request)

    def make(self, request: Request, plan: Plan, folder: Path, progress: Progress) -> Frames:
        return Costly(falls_at=20).make(request, plan, folder, progress)


def test_other_weights_do_not_go_on_where_the_first_stopped(tmp_path: Path, options: Settings) -> None:
    folder, target = tmp_path / "weights", tmp_path / "a.mp4"
    (folder / "transformer").mkdir(parents=True)
    file = folder / "transformer" / "a.safetensors"
    model = Weighted("mine", (Checkpoint(folder, FAMILIES[0], "Any", (), "mine"),), options)

    def kept(content: bytes) -> set[str]:
        file.write_bytes(content)
        with pytest.raises(RuntimeError):
            door.generate(REQUEST, target, model=model, encoding=FAST, options=options)
        return {path.name for path in tmp_path.glob("*.kept")}

    first = kept(b"one")
    assert len(first) == 1 and kept(b"another") > first
    stated = models.made_by(model)
    assert stated == models.made_by(model) and stated != models.made_by(Costly())


def test_a_service_s_file_is_stamped_as_the_file_it_is(tmp_path: Path, options: Settings) -> None:
    class Service(Procedural):
        def make(self, request: Request, plan: Plan, folder: Path, progress: Progress) -> File:  # type: ignore[override]
            made = recipes.clip(folder / "made.mp4", audio=True, size=(320, 240))
            return File(made, Origin("them/model", provider="Them", agent="their client"), "synthetic")

    target = tmp_path / "a.mp4"
    door.generate(REQUEST, target, model=Service(), encoding=FAST, options=options)
    said = assertion(manifest(target), "org.countermark.generation")
    assert (said["model"], said["provider"], said["sound"]) == ("them/model", "Them", "synthetic")
    assert [path.name for path in tmp_path.iterdir()] == ["a.mp4"]


class Untouched(Procedural):
    """Must not be asked to make anything."""

    def make(self, request: Request, plan: Plan, folder: Path, progress: Progress) -> Frames:
        raise AssertionError("it was asked to")


REFUSED: dict[str, tuple[dict[str, Any], type[Exception]]] = {
    "nobody's camera": ({"camera": Camera.TILT_UP}, FeatureLacking),
    "a picture": ({"image": Path(__file__)}, FeatureLacking),
    "too thin": ({"size": (1280, 128)}, TooSmall),
    "too small": ({"size": (64, 128)}, PromptInvalid),
    "too short": ({"seconds": 0.1}, TooSmall),
    "no disk": ({"size": (4096, 4096), "seconds": 3600.0, "frame_rate": 240}, DiskFull),
    "not to be made": ({"prompt": "nudify the sea"}, ConsentRefused),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_can_t_be_made_is_refused_before(tmp_path: Path, options: Settings, case: str) -> None:
    given, error = REFUSED[case]
    with pytest.raises(error):
        door.generate(replace(REQUEST, **given), tmp_path / "a.mp4", model=Untouched(), options=options)
    assert list(tmp_path.iterdir()) == []


def test_no_key_and_no_picture_are_found_out_before(tmp_path: Path, options: Settings) -> None:
    with pytest.raises(NoKeys):
        door.generate(REQUEST, tmp_path / "a.mp4", model=Untouched(), options=Settings(home=tmp_path / "none"))
    with pytest.raises(InputMissing):
        door.plan(replace(REQUEST, image=tmp_path / "none.png"), model=Costly(), options=options)
    assert list(tmp_path.iterdir()) == []


def test_a_plan_refuses_what_has_no_room_for_a_mark(options: Settings) -> None:
    for given in ({"size": (4096, 128)}, {"seconds": 0.1}):
        with pytest.raises(TooSmall):
            door.plan(replace(REQUEST, **given), model="procedural", options=options)


def test_a_law_that_asks_for_the_model_s_version_is_given_it(tmp_path: Path, options: Settings) -> None:
    named = options.model_copy(update={"profile": "ca-sb-942", "provider": "Somebody"})
    for model in ("procedural", "sketch"):
        planned = door.foresee(Request("a red ball"), tmp_path / "a.mp4", model=model, options=named)
        assert ("profile", "ca-sb-942") in planned.how
        assert not [words for what, words in planned.how if what == "to do first"]
    how: dict[str, Any] = {"model": "procedural", "encoding": FAST, "options": named}
    done = door.generate(replace(REQUEST, seconds=0.5), tmp_path / "a.mp4", **how)
    assert assertion(manifest(done.path), "org.countermark.generation")["modelVersion"] == "1"


def test_no_output_replaces_what_it_was_made_from(tmp_path: Path, options: Settings) -> None:
    song = recipes.clip(tmp_path / "song.mp4", audio=True)
    before = song.read_bytes()
    how: dict[str, Any] = {"model": Untouched(), "force": True, "options": options}
    with pytest.raises(OutputIsInput):
        door.generate(REQUEST, song, audio=door.Audio(song), **how)
    with pytest.raises(OutputIsInput), label(song, model="m", audio=song, force=True, options=options):
        raise AssertionError("the block was begun")
    assert song.read_bytes() == before


def test_names_lead_to_models_and_strange_ones_to_advice(options: Settings) -> None:
    assert models.find("procedural", options).name == "procedural"
    for name in ("", "nobody-knows-this", "sora"):
        with pytest.raises(ModelMissing):
            models.find(name, options)
    meant = {"kling": "http:kling?", "wan2.1": "wan?", "stable-video-diffusion": "svd?", "Veo 3": "veo?"}
    for name, near in meant.items():
        with pytest.raises(ModelMissing) as missing:
            models.find(name, options)
        assert f"did you mean {near}" in missing.value.advice
        assert all(one in missing.value.advice for one in ("sketch", "procedural", "luma", "http:FILE"))
    known = models.features_by_model()
    assert set(models.kinds()) == set(known) == set(models.needs())
    with pytest.raises(FeatureLacking) as lacking:
        models.check_features(Procedural(), Request("sea", negative="rain"))
    able = [name for name, features in known.items() if {Feature.TEXT, Feature.NEGATIVE} <= features]
    assert able and all(name in lacking.value.advice for name in able)


PEAK = """
import resource, sys
from pathlib import Path
from countermark.generator import Request, door
from countermark.settings import Settings
from countermark.stamp import Encoding
from tests.generator.test_door import Costly
request = Request("clouds over hills", size=(1280, 720), seconds=float(sys.argv[2]))
folder = Path(sys.argv[1])
encoding = Encoding(preset="ultrafast")
door.generate(request, folder / "a.mp4", model=Costly(), encoding=encoding, force=True, options=Settings(home=folder))
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


def test_memory_does_not_grow_with_length(tmp_path: Path) -> None:
    """Four times as long, 36 frames and 95 MiB of them more: the peak stays where it was."""
    keyring.init_development(tmp_path)

    def peak(seconds: float) -> int:
        command = [sys.executable, "-c", PEAK, str(tmp_path), str(seconds)]
        done = subprocess.run(command, cwd=Path(__file__).parents[2], capture_output=True, text=True, check=True)
        return int(done.stdout)

    assert peak(2.0) < 1.15 * peak(0.5)


def test_the_same_request_gives_the_same_frames_as_before(tmp_path: Path) -> None:
    maker: Maker = Procedural()
    request = replace(REQUEST, camera=Camera.PAN_LEFT, seed=7)
    made = maker.make(request, maker.plan(request), tmp_path, lambda share: None)
    assert isinstance(made, Frames)
    shot = Shot(REQUEST.prompt, size=(320, 180), seconds=1.0, seed=7, move="pan_left")
    assert made.plan.frames == shot.frames == 24

    class Three:
        count = 3

        def last(self, most: int) -> list[NDArray[np.uint8]]:
            return []

    for mine, drawn in zip(islice(made.pictures(Three()), 2), islice(render(shot), 3, 5), strict=True):
        assert (mine == drawn).all()
