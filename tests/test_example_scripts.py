"""Scripts that the documents show run as they are, with a pipeline that is real and tiny."""

import importlib.util
from pathlib import Path

import pytest

from countermark import keyring
from countermark.settings import Settings, settings
from countermark.verify import verify
from tests.generator.families import tiny

EXAMPLES = Path(__file__).resolve().parents[1] / "docs" / "examples"


def test_the_script_for_diffusers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    keyring.init_development(tmp_path / "home")
    monkeypatch.setenv("COUNTERMARK_HOME", str(tmp_path / "home"))
    settings.cache_clear()
    spec = importlib.util.spec_from_file_location("diffusers_script", EXAMPLES / "diffusers_script.py")
    assert spec is not None and spec.loader is not None
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    folder, target = tiny.saved(tiny.wan, tmp_path / "tiny-wan"), tmp_path / "ball.mp4"
    small = {"num_frames": 9, "height": 128, "width": 128, "num_inference_steps": 1}
    script.main(str(folder), "a red ball falls", str(target), **small)
    settings.cache_clear()
    assert verify(target, options=Settings(home=tmp_path / "home")).outcome == "ai_generated"
