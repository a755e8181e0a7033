"""The node keeps ComfyUI's contract, and what it saves is labelled; ComfyUI itself is not there."""

import importlib.util
from pathlib import Path
from types import ModuleType
from typing import Any

import av
import pytest
import torch

from countermark import keyring
from countermark.errors import PromptInvalid
from countermark.settings import Settings, settings
from countermark.verify import verify
from tests import recipes

NODE = Path(__file__).resolve().parents[2] / "integrations" / "comfyui_countermark.py"
FOLDER_PATHS = """
import os

def get_output_directory():
    return {output!r}

def get_save_image_path(prefix, folder, width=0, height=0):
    subfolder, name = os.path.split(prefix)
    full = os.path.join(folder, subfolder)
    os.makedirs(full, exist_ok=True)
    taken = [int(one[len(name) + 1 :].split("_")[0]) for one in os.listdir(full) if one.startswith(name + "_")]
    return full, name, max(taken, default=0) + 1, subfolder, prefix
"""


@pytest.fixture(scope="module")
def options(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    home = tmp_path_factory.mktemp("home")
    keyring.init_development(home)
    return Settings(home=home)


@pytest.fixture
def node(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: Settings) -> ModuleType:
    """Load it as ComfyUI does, with what ComfyUI gives to nodes beside it."""
    (tmp_path / "comfyui").mkdir()
    (tmp_path / "comfyui" / "folder_paths.py").write_text(FOLDER_PATHS.format(output=str(tmp_path / "output")))
    monkeypatch.syspath_prepend(str(tmp_path / "comfyui"))
    monkeypatch.delitem(__import__("sys").modules, "folder_paths", raising=False)
    monkeypatch.setenv("COUNTERMARK_HOME", str(options.home))
    settings.cache_clear()
    spec = importlib.util.spec_from_file_location("custom_nodes.comfyui_countermark", NODE)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    yield module
    settings.cache_clear()


def images(count: int = 12) -> torch.Tensor:
    frames = [torch.from_numpy(one.copy()) for one in recipes.pictures(count, (320, 240))]
    return torch.stack(frames).float() / 255


def test_it_is_a_node(node: ModuleType) -> None:
    assert set(node.NODE_CLASS_MAPPINGS) == set(node.NODE_DISPLAY_NAME_MAPPINGS)
    for kind in node.NODE_CLASS_MAPPINGS.values():
        takes = kind.INPUT_TYPES()
        assert set(takes) <= {"required", "optional", "hidden"}
        assert takes["required"]["images"] == ("IMAGE",) and takes["optional"]["audio"] == ("AUDIO",)
        assert kind.OUTPUT_NODE is True and len(kind.RETURN_TYPES) == len(kind.RETURN_NAMES)
        assert isinstance(kind.CATEGORY, str) and callable(getattr(kind, kind.FUNCTION))
        defaults = {
            name: given[1]["default"] for some in takes.values() for name, given in some.items() if len(given) > 1
        }
        assert set(defaults) | {"images", "audio"} == {name for some in takes.values() for name in some}


def test_what_it_saves_is_labelled(node: ModuleType, tmp_path: Path, options: Settings) -> None:
    sound = {"waveform": torch.rand(1, 2, 24_000) - 0.5, "sample_rate": 48_000}
    asked: dict[str, Any] = {"model": "my-model", "fps": 24.0, "filename_prefix": "video/made", "prompt": "the sea"}
    given = node.CountermarkSaveVideo().save(images(), audio=sound, **asked)
    path, manifest_id = given["result"]
    assert given["ui"]["images"] == [{"filename": "made_00001_.mp4", "subfolder": "video", "type": "output"}]
    assert Path(path) == tmp_path / "output" / "video" / "made_00001_.mp4" and manifest_id.startswith("urn:c2pa:")
    assert verify(Path(path), options=options).outcome == "ai_generated"
    with av.open(path) as written:
        assert written.streams.video[0].frames == 12 and len(written.streams.audio) == 1


def test_what_it_says_by_itself_can_be_saved(node: ModuleType) -> None:
    _, said = node.CountermarkSaveVideo.INPUT_TYPES()["required"]["model"]
    assert said["default"].strip() and "manifest" in said["tooltip"]


def test_what_cannot_be_labelled_is_not_saved(node: ModuleType, tmp_path: Path) -> None:
    with pytest.raises(PromptInvalid, match="without a name"):
        node.CountermarkSaveVideo().save(images(), model=" ", fps=24.0, filename_prefix="made")
    assert list((tmp_path / "output").iterdir()) == []
