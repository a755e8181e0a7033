"""The networks as torch and diffusers run them, held to the graphs that are shipped."""

import json
import subprocess
import sys

import numpy as np
import pytest

from countermark.generator.sketch.engine import Engine, Given
from countermark.generator.sketch.graphs import WEIGHTS

torch = pytest.importorskip("torch")
pytest.importorskip("diffusers")


@pytest.fixture(scope="module")
def pipe():
    from countermark.generator.sketch.form.pipeline import SketchPipeline

    return SketchPipeline.from_pretrained(WEIGHTS, torch_dtype=torch.float32)


def test_both_give_the_same_frames_from_the_same_noise(pipe) -> None:
    prompt = "two small yellow stars rise over a city at night, camera pans left"
    graphs = Engine.load().make(prompt, seed=5, steps=6, negative="rain")
    form = pipe(prompt, seed=5, num_inference_steps=6, negative_prompt="rain").frames[0]
    assert form.shape == graphs.shape
    apart = np.abs(form * 255 - graphs)
    assert apart.max() <= 2 and apart.mean() < 0.02


def test_both_lay_what_is_given_alike(pipe) -> None:
    picture = np.random.default_rng(0).integers(0, 256, (128, 128, 3), dtype=np.uint8)
    given = Given(first=picture, ends={2: picture})
    graphs = Engine.load().make("a red ball", steps=3, given=given)
    form = pipe("a red ball", num_inference_steps=3, given=given).frames[0]
    assert np.abs(form * 255 - graphs).max() <= 2


def test_it_fits_into_25_megabytes_and_is_what_its_card_says() -> None:
    card = json.loads((WEIGHTS / "card.json").read_text())
    files = list(WEIGHTS.rglob("*.safetensors"))
    assert sum(path.stat().st_size for path in files) == card["weights_bytes"] <= 25_000_000


def test_later_frames_do_not_change_earlier_latents(pipe) -> None:
    rng = np.random.default_rng(0)
    clip = torch.from_numpy(rng.uniform(-1, 1, (1, 3, 17, 32, 32)).astype(np.float32))
    other = clip.clone()
    other[:, :, 9:] = 0
    with torch.no_grad():
        one, two = pipe.autoencoder.encode(clip), pipe.autoencoder.encode(other)
        first = pipe.autoencoder.encode(clip[:, :, :1])
    assert torch.allclose(one[:, :, :2], two[:, :, :2], atol=1e-5)
    assert not torch.allclose(one[:, :, 2], two[:, :, 2])
    assert torch.allclose(one[:, :, :1], first, atol=1e-5)


def test_running_it_imports_no_torch() -> None:
    code = (
        "import sys; from countermark.generator.sketch.engine import Engine;"
        "Engine.load().make('a ball', steps=1); print('torch' in sys.modules, 'diffusers' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]
