"""Every family end to end: opened from its folder, planned, made, labelled, and found to be labelled."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import av
import pytest

from countermark.generator import Request, door, families
from countermark.generator.families.loading import loaded
from countermark.generator.families.machine import Choice
from countermark.provenance.registry.registry import Registry
from countermark.settings import Settings
from countermark.stamp import Encoding
from countermark.verify import verify
from tests.generator.families.conftest import Weights

SIZE = (256, 192)  # random weights give rough pictures, in which a mark needs room
FAST = Encoding(preset="ultrafast")
# What is made from words, and what from a picture; the last number is the frames: nine, or the nearest.
ROWS = [
    ("wan", "words", 9),
    ("wan_experts", "words", 9),
    ("wan_image", "picture", 9),
    ("wan_both", "picture", 9),
    ("wan_vace", "words", 9),
    ("skyreels", "words", 9),
    ("skyreels_forcing", "words", 9),
    ("skyreels_forcing", "picture", 9),
    ("skyreels_image", "picture", 9),
    ("ltx", "words", 9),
    ("ltx", "picture", 9),
    ("ltx_old", "words", 9),
    ("ltx_old", "picture", 9),
    ("ltx2", "words", 9),
    ("ltx2", "picture", 9),
    ("cogvideox", "words", 9),
    ("cogvideox_image", "picture", 9),
    ("hunyuan", "words", 9),
    ("hunyuan_image", "picture", 9),
    ("hunyuan15", "words", 9),
    ("hunyuan15_image", "picture", 9),
    ("mochi", "words", 13),
    ("svd", "picture", 9),
    ("animatediff", "words", 9),
    ("latte", "words", 16),
    ("allegro", "words", 24),
    ("i2vgen_xl", "picture", 9),
    ("sana_video", "words", 9),
    ("sana_image", "picture", 9),
    ("sana_wm", "picture", 9),
    ("cosmos", "words", 9),
    ("cosmos_video", "picture", 9),
    ("cosmos2_video", "picture", 9),
]


@pytest.mark.usefixtures("guarded")
@pytest.mark.parametrize(("kind", "source", "frames"), ROWS, ids=[f"{kind}-{source}" for kind, source, _ in ROWS])
def test_generate_stamp_verify(
    kind: str, source: str, frames: int, weights: Weights, options: Settings, photos: tuple[Path, Path], tmp_path: Path
) -> None:
    folder, target = weights(kind), tmp_path / "clip.mp4"
    model = families.open(str(folder), options)
    (checkpoint,) = model.checkpoints
    seconds = (13 if kind == "mochi" else 9) / float(checkpoint.family.frame_rate)
    request = Request(
        "a red ball falls", size=SIZE, seconds=seconds, steps=2, image=photos[0] if source == "picture" else None
    )
    planned = door.plan(request, model=str(folder), options=options)
    assert (planned.size, planned.frames) == (SIZE, frames)
    shares: list[float] = []
    stamped = door.generate(request, target, model=str(folder), options=options, encoding=FAST, progress=shares.append)
    assert stamped.frames == frames
    with av.open(str(target)) as written:
        stream = written.streams.video[0]
        assert (stream.width, stream.height, stream.average_rate) == (*SIZE, planned.frame_rate)
    assert shares == sorted(shares) and shares[-1] == pytest.approx(1)
    found = verify(target, options=options)
    assert found.outcome == "ai_generated"
    record = Registry(options.database_url).by_manifest(stamped.manifest_id)
    assert record is not None and record.model == f"tiny-{kind}"
    assert [path.name for path in tmp_path.iterdir()] == ["clip.mp4"]


def test_an_adapter_moves_what_draws_pictures(weights: Weights, options: Settings, tmp_path: Path) -> None:
    """As both are published: in two folders, and the second names a part that is not read, and was not brought."""
    still, target = tmp_path / "still", tmp_path / "clip.mp4"
    shutil.copytree(weights("still"), still)
    index = json.loads((still / "model_index.json").read_bytes())
    index["safety_checker"] = ["stable_diffusion", "StableDiffusionSafetyChecker"]
    (still / "model_index.json").write_text(json.dumps(index))
    model = f"{weights('motion_adapter')}+{still}"
    request = Request("a red ball falls", size=SIZE, seconds=9 / 8, steps=2)
    stamped = door.generate(request, target, model=model, options=options, encoding=FAST)
    assert stamped.frames == 9 and verify(target, options=options).outcome == "ai_generated"
    record = Registry(options.database_url).by_manifest(stamped.manifest_id)
    assert record is not None and record.model == "tiny-motion_adapter+still"
    (checkpoint,) = families.open(model, options).checkpoints
    found = loaded(checkpoint, "AnimateDiffPipeline", Choice("cpu", "float32"))
    assert (type(found.unet).__name__, type(found.scheduler).__name__) == ("UNetMotionModel", "DDIMScheduler")
    assert found.scheduler.config.beta_schedule == "linear" and not found.scheduler.config.clip_sample
