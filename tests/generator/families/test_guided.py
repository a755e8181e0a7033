"""What is asked of a model reaches it: seeds, pictures, clips, strength, moves, brushes, length. By what comes out."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from inspect import signature
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from countermark.errors import FeatureLacking, MemoryShort, ModelUnfit, PackageMissing, PromptInvalid
from countermark.generator import Feature, Request, families
from countermark.generator.families.folder import read
from countermark.generator.families.model import OpenModel
from countermark.generator.families.registry import FAMILIES
from countermark.generator.families.words import unread
from countermark.generator.maker import Running
from countermark.generator.request import Brush, Camera, Direction, Keyframe
from countermark.generator.spool import Nothing
from countermark.settings import Settings
from tests import recipes
from tests.generator.families.conftest import Weights

WORDS = Request("a red ball falls", size=(128, 128), steps=2)


def _asked(rate: int, frames: int = 9, **more: Any) -> Request:
    return replace(WORDS, seconds=frames / rate, **more)


def _made(folder: Path, request: Request, tmp: Path, running: Running | None = None) -> np.ndarray:
    model = families.open(str(folder), Settings(), running)
    plan = model.plan(request)
    frames = np.stack(list(model.make(request, plan, tmp, lambda share: None).pictures(Nothing())))
    assert len(frames) == plan.frames and frames.shape[2:0:-1] == plan.size
    return frames


def _apart(one: np.ndarray, other: np.ndarray) -> float:
    return float(np.abs(one.astype(int) - other).mean())


@pytest.mark.parametrize(("kind", "rate"), [("wan", 16), ("ltx", 25), ("cogvideox", 8), ("animatediff", 8)])
def test_same_seed_same_frames(kind: str, rate: int, weights: Weights, tmp_path: Path) -> None:
    first = _made(weights(kind), _asked(rate), tmp_path)
    assert np.array_equal(first, _made(weights(kind), _asked(rate), tmp_path))
    assert _apart(first, _made(weights(kind), _asked(rate, seed=7), tmp_path)) > 1


def test_words_and_what_is_not_to_be_seen_reach_the_model(weights: Weights, tmp_path: Path) -> None:
    plain = _made(weights("wan"), _asked(16), tmp_path)
    assert _apart(plain, _made(weights("wan"), _asked(16, negative="clouds"), tmp_path)) > 0
    assert _apart(plain, _made(weights("wan"), _asked(16, guidance=1.0), tmp_path)) > 0
    assert _apart(plain, _made(weights("wan"), _asked(16, steps=3), tmp_path)) > 0
    panned = _asked(16, camera=Camera.PAN_LEFT)
    assert _apart(plain, _made(weights("wan"), panned, tmp_path)) > 0
    remarks = families.open(str(weights("wan")), Settings()).plan(panned).remarks
    assert any("said in words" in remark for remark in remarks)


@pytest.mark.parametrize(
    ("kind", "rate"), [("wan_blind", 16), ("wan_vace", 16), ("skyreels_forcing", 24), ("ltx", 25), ("ltx2", 24)]
)
def test_last_frame_reaches_the_model(
    kind: str, rate: int, weights: Weights, photos: tuple[Path, Path], tmp_path: Path
) -> None:
    begun = _asked(rate, image=photos[0])
    alone = _made(weights(kind), begun, tmp_path)
    same = _made(weights(kind), replace(begun, last_image=photos[0]), tmp_path)
    other = _made(weights(kind), replace(begun, last_image=photos[1]), tmp_path)
    assert _apart(alone, same) > 0 and _apart(same, other) > 0


def test_weights_that_look_at_both_ends_need_both(weights: Weights, photos: tuple[Path, Path], tmp_path: Path) -> None:
    begun = _asked(16, image=photos[0])
    other = _made(weights("wan_ends"), replace(begun, last_image=photos[1]), tmp_path)
    assert _apart(_made(weights("wan_ends"), replace(begun, last_image=photos[0]), tmp_path), other) > 0
    with pytest.raises(FeatureLacking, match="can't do without last-frame"):
        families.open(str(weights("wan_ends")), Settings()).plan(begun)


@pytest.mark.parametrize(("kind", "rate"), [("wan_vace", 16), ("ltx", 25), ("ltx2", 24)])
def test_keyframes_reach_the_model_at_their_time(
    kind: str, rate: int, weights: Weights, photos: tuple[Path, Path], tmp_path: Path
) -> None:
    def keyed(seconds: float, which: int) -> np.ndarray:
        frames = (Keyframe(0.0, photos[0]), Keyframe(seconds, photos[which]))
        return _made(weights(kind), _asked(rate, 17, keyframes=frames), tmp_path)

    early, late, another = keyed(8 / rate, 1), keyed(16 / rate, 1), keyed(8 / rate, 0)
    assert _apart(early, late) > 0 and _apart(early, another) > 0


@pytest.mark.parametrize("kind", ["wan", "cogvideox", "animatediff", "ltx", "ltx2"])
def test_a_clip_is_made_over_as_far_as_strength_says(kind: str, weights: Weights, film: Path, tmp_path: Path) -> None:
    request = replace(WORDS, video=film, seconds=0.9, steps=4)
    model = families.open(str(weights(kind)), Settings())
    assert model.plan(request).frame_rate == 10  # the clip's own
    little = _made(weights(kind), replace(request, strength=0.3), tmp_path)
    much = _made(weights(kind), replace(request, strength=1.0), tmp_path)
    assert len(little) == 9 and _apart(little, much) > 0


GOING_ON = [
    ("skyreels_forcing", 24, 33),
    ("skyreels_image", 24, 9),
    ("wan_image", 16, 9),
    ("wan_vace", 16, 25),
    ("ltx", 25, 25),
    ("ltx_old", 25, 9),
    ("ltx2", 24, 25),
    ("cogvideox_image", 8, 9),
    ("hunyuan_image", 24, 9),
    ("hunyuan15_image", 24, 9),
    ("svd", 7, 9),
    ("i2vgen_xl", 16, 9),
    ("cosmos_video", 30, 9),
    ("cosmos2_video", 16, 9),
    ("sana_image", 16, 9),
    ("sana_wm", 16, 9),
]


@pytest.mark.usefixtures("guarded")
@pytest.mark.parametrize(("kind", "rate", "frames"), GOING_ON)
def test_a_clip_goes_on(kind: str, rate: int, frames: int, weights: Weights, film: Path, tmp_path: Path) -> None:
    model = families.open(str(weights(kind)), Settings())
    request = _asked(rate, frames, extend=film)
    plan = model.plan(request)
    assert plan.frames >= frames and any("itself is not repeated" in remark for remark in plan.remarks)
    _made(weights(kind), request, tmp_path)


def test_a_clip_leads_what_fills_its_holes(weights: Weights, film: Path, tmp_path: Path) -> None:
    request = replace(WORDS, video=film, seconds=0.9)
    made = _made(weights("wan_vace"), request, tmp_path)
    other = recipes.clip(tmp_path / "other.mp4", size=(64, 64), fps=10)
    assert len(made) == 9 and _apart(made, _made(weights("wan_vace"), replace(request, video=other), tmp_path)) > 0


def test_a_long_film_is_made_in_calls_and_goes_on_after_a_kill(weights: Weights, tmp_path: Path) -> None:
    model = families.open(str(weights("ltx")), Settings())
    request = replace(WORDS, seconds=300 / 25, steps=1)
    plan = model.plan(request)
    assert dict(plan.how)["calls"].startswith("2,")
    whole = np.stack(list(model.make(request, plan, tmp_path, lambda share: None).pictures(Nothing())))
    assert len(whole) == plan.frames >= 300

    class First200:
        count = 200

        def last(self, most: int) -> list[np.ndarray]:
            return list(whole[200 - most : 200])

    shares: list[float] = []
    rest = np.stack(list(model.make(request, plan, tmp_path, shares.append).pictures(First200())))
    assert np.array_equal(rest, whole[200:])
    assert min(shares) > 0.5, "the first call was not made again"


def test_weights_for_pictures_go_on_where_those_for_words_end(weights: Weights, tmp_path: Path) -> None:
    both = [families.open(str(weights(kind)), Settings()).checkpoints[0] for kind in ("cogvideox", "cogvideox_image")]
    model = OpenModel("cogvideox", tuple(both), Settings())
    request = replace(WORDS, seconds=90 / 8, steps=1)
    plan = model.plan(request)
    assert any("from the second call on made by tiny-cogvideox_image" in remark for remark in plan.remarks)
    made = model.make(request, plan, tmp_path, lambda share: None)
    assert made.origin.model == "tiny-cogvideox, then tiny-cogvideox_image"
    whole = np.stack(list(made.pictures(Nothing())))
    assert len(whole) == plan.frames >= 90 and _apart(whole[-1], whole[0]) > 0
    with pytest.raises(FeatureLacking, match="at most"):
        families.open(str(weights("cogvideox")), Settings()).plan(request)


def test_a_brush_moves_what_is_white(weights: Weights, photos: tuple[Path, Path], tmp_path: Path) -> None:
    mask = np.zeros((128, 128), np.uint8)
    mask[40:90, 40:90] = 255
    cv2.imwrite(str(tmp_path / "mask.png"), mask)

    def brushed(direction: Direction) -> np.ndarray:
        request = _asked(16, image=photos[0], brush=Brush(tmp_path / "mask.png", direction))
        return _made(weights("wan_vace"), request, tmp_path)

    assert _apart(brushed(Direction.LEFT), brushed(Direction.UP)) > 0
    with pytest.raises(FeatureLacking) as lacking:
        families.open(str(weights("wan_image")), Settings()).plan(
            _asked(16, image=photos[0], brush=Brush(tmp_path / "mask.png", Direction.LEFT))
        )
    assert "wan-vace" in lacking.value.advice


def test_sound_comes_with_the_frames(weights: Weights, tmp_path: Path) -> None:
    import wave

    model = families.open(str(weights("ltx2")), Settings())
    assert Feature.SOUND in model.features
    request = _asked(24, sound=True)
    made = model.make(request, model.plan(request), tmp_path, lambda share: None)
    assert made.sound == "synthetic" and made.audio is not None
    with wave.open(str(made.audio)) as heard:
        assert heard.getframerate() == 16000 and heard.getnframes() > 0
    assert len(list(made.pictures(Nothing()))) == 9
    with pytest.raises(FeatureLacking):
        model.plan(replace(request, seconds=60.0))


def test_a_model_that_gives_no_sound_is_said_to(
    weights: Weights, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import diffusers

    class Mute(diffusers.LTX2Pipeline):  # type: ignore[misc]
        def __call__(self, *args: Any, **more: Any) -> Any:
            found = super().__call__(*args, **more)
            found.audio = None
            return found

    monkeypatch.setattr(diffusers, "LTX2Pipeline", Mute)
    request = _asked(24, sound=True)
    model = families.open(str(weights("ltx2")), Settings())
    with pytest.raises(ModelUnfit, match="no sound"):
        model.make(request, model.plan(request), tmp_path, lambda share: None)
    assert not list(tmp_path.rglob("*.wav"))


def test_another_size_and_rate_are_made_from_the_nearest_and_it_is_said(weights: Weights, tmp_path: Path) -> None:
    request = replace(WORDS, size=(130, 160), seconds=9 / 16, frame_rate=32)
    model = families.open(str(weights("wan")), Settings())
    plan = model.plan(request)
    made = model.make(request, plan, tmp_path, lambda share: None)
    frames = list(made.pictures(Nothing()))
    assert (plan.size, plan.frames) == ((130, 160), 18) and frames[0].shape == (160, 130, 3)
    assert np.array_equal(frames[0], frames[1]) and not np.array_equal(frames[1], frames[2])
    assert "scaled from the model's 128x160" in made.changed[0] and "2% of it cut off" in made.changed[0]
    assert set(made.changed) <= set(plan.remarks)
    assert "repeated" in made.changed[1]


def test_a_device_without_memory_is_tried_more_gently_and_then_it_is_said_what_would_fit(
    weights: Weights, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import diffusers
    import torch

    tried: list[bool] = []

    class Full(diffusers.WanPipeline):  # type: ignore[misc]
        room = 1  # calls that fail

        def __call__(self, *args: Any, **more: Any) -> Any:
            tried.append(self.vae.use_tiling)
            if len(tried) <= self.room:
                raise torch.OutOfMemoryError("CUDA out of memory")
            return super().__call__(*args, **more)

    monkeypatch.setattr(diffusers, "WanPipeline", Full)
    assert len(_made(weights("wan"), _asked(16), tmp_path)) == 9
    assert tried == [False, True]
    tried.clear()
    monkeypatch.setattr(Full, "room", 99)
    with pytest.raises(MemoryShort) as short:
        _made(weights("wan"), _asked(16), tmp_path)
    assert "--size" in short.value.advice and "--seconds" in short.value.advice and len(tried) == 2


def test_whatever_a_pipeline_raises_is_said_in_words(
    weights: Weights, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import diffusers

    class Broken(diffusers.WanPipeline):  # type: ignore[misc]
        def __call__(self, *args: Any, **more: Any) -> Any:
            raise IndexError("index 7 is out of range")

    monkeypatch.setattr(diffusers, "WanPipeline", Broken)
    with pytest.raises(ModelUnfit, match="IndexError: index 7"):
        _made(weights("wan"), _asked(16), tmp_path)


def test_one_part_is_read_from_pickle_and_no_other(weights: Weights, tmp_path: Path) -> None:
    import torch
    from safetensors.torch import load_file

    folder = tmp_path / "tiny-wan"
    shutil.copytree(weights("wan"), folder)
    (tensors,) = (folder / "vae").glob("*.safetensors")
    torch.save(load_file(tensors), folder / "vae" / "diffusion_pytorch_model.bin")
    tensors.unlink()
    (folder / "transformer" / "diffusion_pytorch_model.bin").write_bytes(b"whoever reads this fails")
    (folder / "text_encoder" / "pytorch_model.bin").write_bytes(b"whoever reads this fails")
    allowed = Running(pickle="vae/diffusion_pytorch_model.bin")
    made = _made(folder, _asked(16), tmp_path, allowed)
    assert np.array_equal(made, _made(weights("wan"), _asked(16), tmp_path))


def test_half_precision_runs(weights: Weights, tmp_path: Path) -> None:
    full = _made(weights("wan"), _asked(16), tmp_path)
    half = _made(weights("wan"), _asked(16), tmp_path, Running(dtype="bfloat16"))
    assert 0 < _apart(full, half) < 20


def test_cosmos_is_not_opened_without_its_guard(weights: Weights, tmp_path: Path) -> None:
    with pytest.raises(PackageMissing) as missing:
        _made(weights("cosmos"), _asked(30, steps=1), tmp_path)
    assert "cosmos_guardrail" in missing.value.advice


@pytest.mark.usefixtures("guarded")
def test_cosmos_heeds_its_guard(weights: Weights, tmp_path: Path) -> None:
    with pytest.raises(PromptInvalid, match="unsafe"):
        _made(weights("cosmos"), _asked(30, steps=1, prompt="what is forbidden"), tmp_path)


def test_a_camera_is_led(weights: Weights, photos: tuple[Path, Path], tmp_path: Path) -> None:
    still = _asked(16, image=photos[0], camera=Camera.STILL)
    panned = replace(still, camera=Camera.PAN_LEFT)
    assert _apart(_made(weights("sana_wm"), still, tmp_path), _made(weights("sana_wm"), panned, tmp_path)) > 0
    assert not families.open(str(weights("sana_wm")), Settings()).plan(panned).remarks


def test_a_size_that_a_model_chooses_is_not_said_to_be_ours(weights: Weights, photos: tuple[Path, Path]) -> None:
    model = families.open(str(weights("hunyuan15_image")), Settings())
    remarks = model.plan(_asked(24, image=photos[0])).remarks
    assert "scaled from the size that the model chose to 128x128" in remarks
    assert "a size that it chooses" in dict(model.plan(_asked(24, image=photos[0])).how)["makes"]


def test_a_prompt_that_is_cut_is_said_to_be(weights: Weights) -> None:
    def remarks(kind: str, **asked: Any) -> str:
        return "; ".join(families.open(str(weights(kind)), Settings()).plan(replace(WORDS, **asked)).remarks)

    long = "a red ball falls on the sea, " * 12
    assert "reads 77: its end is not read" in remarks("animatediff", prompt=long)
    assert "not read" not in remarks("wan", prompt=long) and "not read" not in remarks("animatediff")
    assert "not read" not in remarks(
        "animatediff", prompt="a red ball falls on the sea at dawn, the camera pans left" * 2
    )
    assert "reads 128" in remarks("ltx", prompt=long * 2)


def test_a_tokenizer_that_is_broken_or_code_counts_nothing(
    weights: Weights, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What fails in it is of all kinds; and code is neither asked about nor run, though all that is asked is agreed."""
    monkeypatch.setattr("builtins.input", lambda *asked: "y")
    folder = tmp_path / "wan"
    shutil.copytree(weights("wan"), folder)
    checkpoint = read(folder)
    assert "is not read" in (unread("a ball, " * 20, checkpoint, 10) or "")
    ran = folder / "ran"
    (folder / "tokenizer" / "mine.py").write_text(f"open({str(ran)!r}, 'w')\nclass Mine: pass\n")
    code = {"tokenizer_class": "Mine", "auto_map": {"AutoTokenizer": ["mine.Mine", None]}}
    for name, content in (
        ("tokenizer.json", {"model": {"type": "Nope"}}),
        ("tokenizer.json", []),
        ("tokenizer_config.json", code),
    ):
        (folder / "tokenizer" / name).write_text(json.dumps(content))
        told = unread("a ball, " * 20, checkpoint, 10)
        assert told and "could not tell" in told and "10 tokens" in told
        assert unread("a ball", checkpoint, 10) is None
    assert not ran.exists()


@pytest.mark.usefixtures("guarded")
def test_pipelines_read_as_much_as_is_said_of_them() -> None:
    """By their own defaults; where they have none, it is a number in their code that is not to be asked for."""
    import diffusers

    for family in FAMILIES:
        for way in family.ways:
            known = signature(getattr(diffusers, way.pipeline).__call__).parameters.get("max_sequence_length")
            assert known is None or known.default == (way.reads or family.reads), way.pipeline


def test_what_is_not_to_be_seen_needs_guidance(weights: Weights) -> None:
    model = families.open(str(weights("wan")), Settings())
    vain = _asked(16, negative="clouds", guidance=1.0)
    assert any("no effect" in remark for remark in model.plan(vain).remarks)
    assert not any("no effect" in remark for remark in model.plan(replace(vain, guidance=2.0)).remarks)
    embedded = families.open(str(weights("hunyuan")), Settings())
    assert not any("no effect" in remark for remark in embedded.plan(_asked(24, negative="x", guidance=1.0)).remarks)
