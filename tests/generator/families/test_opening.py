"""What is opened and what is refused, by the folder alone: no torch is imported, and no network is asked."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from countermark.errors import ModelMissing, ModelUnfit
from countermark.generator import Feature, families
from countermark.generator.families.model import OpenModel
from countermark.generator.families.registry import FAMILIES, by_class, by_hub, with_features
from countermark.generator.maker import Running
from countermark.settings import Settings

TENSOR = {"a": {"dtype": "F32", "shape": [5, 7], "data_offsets": [0, 140]}}


def _safetensors(path: Path, header: Any = TENSOR, content: bytes = bytes(140)) -> None:
    said = json.dumps(header).encode()
    path.write_bytes(len(said).to_bytes(8, "little") + said + content)


def _folder(place: Path, kind: object = "WanPipeline", library: str = "diffusers", **more: object) -> Path:
    part = place / "transformer"
    part.mkdir(parents=True)
    (part / "config.json").write_text("{}")
    _safetensors(part / "model.safetensors")
    index = {"_class_name": kind, "transformer": [library, "WanTransformer3DModel"], "image_encoder": [None, None]}
    (place / "model_index.json").write_text(json.dumps(index | more))
    return place


def _open(folder: Path, pickle: str | None = None) -> OpenModel:
    return families.open(str(folder), Settings(), Running(pickle=pickle))


def test_a_folder_says_what_it_is_and_how_large(tmp_path: Path) -> None:
    (checkpoint,) = _open(_folder(tmp_path / "mine")).checkpoints
    assert (checkpoint.family.name, checkpoint.kind, checkpoint.name) == ("wan", "WanPipeline", "mine")
    assert checkpoint.parameters == (("transformer", 35),)


def test_weights_for_pictures_too_are_told_apart(tmp_path: Path) -> None:
    words = _open(_folder(tmp_path / "words"))
    both = _open(_folder(tmp_path / "both", expand_timesteps=True))
    experts = _open(_folder(tmp_path / "experts", boundary_ratio=0.9, expand_timesteps=False))
    assert Feature.IMAGE not in words.features and Feature.IMAGE in both.features
    assert Feature.VIDEO in words.features and Feature.VIDEO not in experts.features
    assert _open(_folder(tmp_path / "odd", image_encoder=5)).features == words.features


def test_a_folder_of_a_known_name_has_its_makers_sizes(tmp_path: Path) -> None:
    (checkpoint,) = _open(_folder(tmp_path / "Wan2.2-TI2V-5B-Diffusers")).checkpoints
    assert (checkpoint.family.side, checkpoint.family.frame_rate) == (32, 24)
    assert checkpoint.name == "Wan2.2-TI2V-5B-Diffusers", "whose weights they are, a folder's name does not say"


def test_an_unknown_class_is_named_with_those_that_are_known(tmp_path: Path) -> None:
    with pytest.raises(ModelMissing, match="DreamPipeline") as missing:
        _open(_folder(tmp_path / "dream", "DreamPipeline"))
    assert "WanPipeline" in missing.value.advice and "MochiPipeline" in missing.value.advice


def test_a_folder_without_an_index_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ModelMissing, match="model_index.json"):
        _open(tmp_path)


def test_a_single_file_is_no_folder(tmp_path: Path) -> None:
    _safetensors(tmp_path / "wan.safetensors")
    with pytest.raises(ModelUnfit, match="one file"):
        _open(tmp_path / "wan.safetensors")


def test_a_pickle_is_refused_unless_it_is_asked_for_by_its_name(tmp_path: Path) -> None:
    folder = _folder(tmp_path / "old")
    (folder / "transformer" / "model.safetensors").rename(folder / "transformer" / "pytorch_model.bin")
    for wrong in (None, "model.bin", "pytorch_model.bin", "vae/pytorch_model.bin"):
        with pytest.raises(ModelUnfit, match="pytorch_model.bin is a pickle") as unfit:
            _open(folder, wrong)
    assert "--allow-pickle transformer/pytorch_model.bin" in unfit.value.advice
    (checkpoint,) = _open(folder, "transformer/pytorch_model.bin").checkpoints
    assert [one.part for one in checkpoint.pickled] == ["transformer"]


def test_a_pickle_beside_safetensors_is_left_alone(tmp_path: Path) -> None:
    folder = _folder(tmp_path / "both")
    (folder / "transformer" / "pytorch_model.bin").write_bytes(b"\x80\x04.")
    (checkpoint,) = _open(folder).checkpoints
    assert not checkpoint.pickled


@pytest.mark.parametrize("library", ["my_code", "../x", "os"])
def test_code_that_comes_with_weights_is_never_run(library: str, tmp_path: Path) -> None:
    with pytest.raises(ModelUnfit, match="code of its own"):
        _open(_folder(tmp_path / "theirs", library=library))


def test_a_class_of_its_own_is_code_too(tmp_path: Path) -> None:
    with pytest.raises(ModelUnfit, match="never run"):
        _open(_folder(tmp_path / "theirs", ["pipeline", "Mine"]))


@pytest.mark.parametrize(
    ("file", "config"),
    [
        ("tokenizer/tokenizer_config.json", {"auto_map": {"AutoTokenizer": ["mine.Tokenizer", None]}}),
        ("transformer/config.json", {"auto_map": {"AutoModel": "mine.Model"}}),
        ("text_encoder/config.json", {"text_config": [{"auto_map": {"AutoModel": "mine.Model"}}]}),
        ("transformer/later/config.9.0.json", {"auto_map": {"AutoModel": "mine.Model"}}),
        ("processor/preprocessor_config.json", {"auto_map": {"AutoProcessor": "mine.Processor"}}),
    ],
)
def test_code_that_a_configuration_names_is_not_asked_about(file: str, config: object, tmp_path: Path) -> None:
    folder = _folder(tmp_path / "theirs")
    (folder / file).parent.mkdir(exist_ok=True)
    (folder / file).write_text(json.dumps(config))
    with pytest.raises(ModelUnfit, match="names code of its own") as unfit:
        _open(folder)
    assert file in str(unfit.value)
    (folder / file).write_text(json.dumps({"auto_map": None}))
    assert _open(folder).checkpoints


def test_half_a_download_is_said_to_be_one(tmp_path: Path) -> None:
    bare, lacking, cut = (_folder(tmp_path / name) for name in ("bare", "lacking", "cut"))
    (bare / "transformer" / "model.safetensors").unlink()
    (lacking / "model_index.json").write_text(
        json.dumps({"_class_name": "WanPipeline", "vae": ["diffusers", "AutoencoderKLWan"]})
    )
    _safetensors(cut / "transformer" / "model.safetensors", content=bytes(100))
    for folder, what in ((bare, "no weights"), (lacking, "has no vae"), (cut, "cut short")):
        with pytest.raises(ModelUnfit, match=what):
            _open(folder)


@pytest.mark.parametrize("index", [b"{", b"[]", b"\xff\xfe", b"{}", b'{"_class_name": 3}'])
def test_a_broken_index_is_no_model(index: bytes, tmp_path: Path) -> None:
    (tmp_path / "model_index.json").write_bytes(index)
    with pytest.raises(ModelUnfit):
        _open(tmp_path)


def test_what_is_not_in_the_cache_is_not_downloaded(tmp_path: Path) -> None:
    """In a process of its own, as a cache is looked for where the environment says at first import."""
    script = """
import sys
from countermark.errors import ModelMissing
from countermark.generator import families
from countermark.settings import Settings
for name in sys.argv[1:]:
    try:
        families.open(name, Settings())
    except ModelMissing as missing:
        print(missing, "|", missing.advice)
assert "torch" not in sys.modules
"""
    names = ("Wan-AI/Wan2.1-T2V-1.3B-Diffusers", "wan", "someone/unheard-of", "nothing")
    ran = subprocess.run(
        [sys.executable, "-c", script, *names],
        env={"PATH": "/usr/bin", "HF_HOME": str(tmp_path), "HF_ENDPOINT": "http://127.0.0.1:9"},
        capture_output=True,
        text=True,
        check=True,
    )
    known, family, unheard, nothing = ran.stdout.splitlines()
    assert "28.9 GB" in known and "Apache-2.0" in known
    assert "`hf download Wan-AI/Wan2.1-T2V-1.3B-Diffusers --include" in known
    assert "Wan2.2-TI2V-5B" in family and "hf download someone/unheard-of" in unheard
    assert "as a folder" in unheard
    assert "skyreels-v2" in nothing
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_without_the_packages_the_weights_are_told_too() -> None:
    script = """
import sys
for name in ("torch", "diffusers", "huggingface_hub"):
    sys.modules[name] = None
from countermark.errors import PackageMissing
from countermark.generator import families
from countermark.settings import Settings
for name in sys.argv[1:]:
    try:
        families.open(name, Settings())
    except PackageMissing as missing:
        print(missing, "|", missing.advice)
"""
    names = ("wan", "genmo/mochi-1-preview", "someone/unheard-of")
    ran = subprocess.run([sys.executable, "-c", script, *names], capture_output=True, text=True, check=True)
    wan, mochi, unheard = ran.stdout.splitlines()
    assert all("torch and diffusers" in line and "'.[models]'" in line for line in (wan, mochi, unheard))
    assert "Apache-2.0" in wan and "GB" in wan and "`hf download Wan-AI/" in wan and "or another of" in wan
    assert "GB" in mochi and "hf download someone/unheard-of" in unheard


def test_what_is_in_the_cache_is_found_with_its_version(tmp_path: Path) -> None:
    repository = tmp_path / "hub" / "models--genmo--mochi-1-preview"
    _folder(repository / "snapshots" / "0123abcd", "MochiPipeline")
    (repository / "refs").mkdir()
    (repository / "refs" / "main").write_text("0123abcd")
    script = """
from countermark.generator import families
from countermark.settings import Settings
for name in ("mochi", "genmo/mochi-1-preview", "mochi-1-preview"):
    one, = families.open(name, Settings()).checkpoints
    print(one.name, one.version, one.family.name)
"""
    ran = subprocess.run(
        [sys.executable, "-c", script],
        env={"PATH": "/usr/bin", "HF_HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert ran.stdout.splitlines() == ["genmo/mochi-1-preview 0123abcd mochi"] * 3


def test_half_a_download_hinders_no_other_of_its_family(tmp_path: Path) -> None:
    for name, version in (("LTX-Video", "0123"), ("LTX-Video-0.9.5", "4567")):
        repository = tmp_path / "hub" / f"models--Lightricks--{name}"
        _folder(repository / "snapshots" / version, "LTXPipeline")
        (repository / "refs").mkdir()
        (repository / "refs" / "main").write_text(version)
    (tmp_path / "hub/models--Lightricks--LTX-Video/snapshots/0123/transformer/model.safetensors").unlink()
    script = """
from countermark.errors import ModelUnfit
from countermark.generator import families
from countermark.settings import Settings
model = families.open("ltx", Settings())
print([one.name for one in model.checkpoints], model.remarks)
try:
    families.open("Lightricks/LTX-Video", Settings())
except ModelUnfit as unfit:
    print(unfit)
"""
    ran = subprocess.run(
        [sys.executable, "-c", script],
        env={"PATH": "/usr/bin", "HF_HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    whole, half = ran.stdout.splitlines()
    assert "['Lightricks/LTX-Video-0.9.5']" in whole and "passed over" in whole and "no weights" in whole
    assert "no weights" in half


def test_every_class_belongs_to_one_family_and_every_family_is_found() -> None:
    owners = [name for family in FAMILIES for name in family.classes]
    assert len(owners) == len(set(owners))
    for family in FAMILIES:
        assert all(by_class(name) is family for name in family.classes)
        assert all(by_hub(hub.name) == (family, hub) for hub in family.hubs)
        assert all(family.ways_of(name) for name in family.classes)
        assert family.grid.nearest(family.grid.usual) == family.grid.usual <= family.grid.most
        assert all(side % family.side == 0 for side in family.fitting(family.size))


def test_who_has_a_feature_is_known() -> None:
    assert with_features({Feature.BRUSH, Feature.IMAGE}) == ("wan-vace",)
    assert with_features({Feature.SOUND, Feature.TEXT}) == ("ltx-2",)
    assert with_features({Feature.LAST_FRAME}) == ("wan-vace", "ltx", "ltx-2"), "others want a first picture, too"
    assert set(with_features({Feature.KEYFRAMES})) == {"wan-vace", "ltx", "ltx-2"}


def _adapter(place: Path, **more: object) -> Path:
    place.mkdir()
    (place / "config.json").write_text(json.dumps({"_class_name": "MotionAdapter"} | more))
    _safetensors(place / "diffusion_pytorch_model.safetensors")
    return place


def test_an_adapter_is_opened_with_what_it_moves(tmp_path: Path) -> None:
    adapter = _adapter(tmp_path / "moves", motion_max_seq_length=24)
    still = _folder(tmp_path / "still", "StableDiffusionPipeline", safety_checker=["stable_diffusion", "Checker"])
    (one,) = families.open(f"{adapter}+{still}", Settings()).checkpoints
    assert (one.family.name, one.kind, one.name) == (
        "animatediff",
        "AnimateDiffPipeline",
        "moves+still",
    ) and not one.version
    assert one.parameters == (("transformer", 35), ("motion_adapter", 35)) and one.folders == (still, adapter)
    assert one.family.grid.most == 24
    with pytest.raises(ModelMissing, match="motion adapter") as alone:
        _open(adapter)
    assert f"--model {adapter}+BASE" in alone.value.advice
    for pair, what in (
        (f"{still}+{adapter}", "no motion adapter"),
        (f"{adapter}+{_folder(tmp_path / 'wan')}", "WanPipe"),
    ):
        with pytest.raises(ModelUnfit, match=what):
            families.open(pair, Settings())
    with pytest.raises(ModelMissing, match="nothing here is called ./none"):
        families.open(f"{adapter}+./none", Settings())
    next(adapter.glob("*.safetensors")).unlink()
    with pytest.raises(ModelUnfit, match="has no weights"):
        families.open(f"{adapter}+{still}", Settings())


def test_a_published_adapter_is_found_by_its_name_with_what_it_moves(tmp_path: Path) -> None:
    for name, version in (("guoyww--animatediff-motion-adapter-v1-5-2", "01ab"), ("them--moves", "23cd")):
        place = tmp_path / "hub" / f"models--{name}"
        (place / "snapshots").mkdir(parents=True)
        _adapter(place / "snapshots" / version)
        (place / "refs").mkdir()
        (place / "refs" / "main").write_text(version)
    place = tmp_path / "hub" / "models--stable-diffusion-v1-5--stable-diffusion-v1-5"
    _folder(place / "snapshots" / "45ef", "StableDiffusionPipeline")
    (place / "refs").mkdir()
    (place / "refs" / "main").write_text("45ef")
    script = """
import sys
from countermark.errors import ModelMissing
from countermark.generator import families
from countermark.settings import Settings
for name in sys.argv[1:]:
    try:
        one, = families.open(name, Settings()).checkpoints
        print(one.name, one.version, one.kind)
    except ModelMissing as missing:
        print(missing, "|", missing.advice)
"""
    still = "stable-diffusion-v1-5/stable-diffusion-v1-5"
    names = (
        "animatediff",
        "guoyww/animatediff-motion-adapter-v1-5-2",
        f"them/moves+{still}",
        "them/moves",
        "us/x+us/y",
    )
    names += (f"us/x+{still}", "them/moves+us/y", f"guoyww/animatediff-motion-adapter-v1-5+{still}")
    names += (f"guoyww/animatediff-motion-adapter-v1-5-2+{still}",)
    ran = subprocess.run(
        [sys.executable, "-c", script, *names],
        env={"PATH": "/usr/bin", "HF_HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    family, known, other, alone, nowhere, half, second, first, both = ran.stdout.splitlines()
    assert family == known == both == f"guoyww/animatediff-motion-adapter-v1-5-2+{still} 01ab+45ef AnimateDiffPipeline"
    assert other == f"them/moves+{still} 23cd+45ef AnimateDiffPipeline"
    assert "them/moves+BASE" in alone
    assert "`hf download us/x --include 'config.json'" in nowhere and "`hf download us/y --include" in nowhere
    assert "`hf download us/x --include 'config.json'" in half and half.count("hf download") == 1
    assert "`hf download us/y --include 'model_index.json'" in second and second.count("hf download") == 1
    assert "about 6 GB" in first and first.count("hf download") == 2


def test_another_variant_of_the_same_weights_is_not_counted(tmp_path: Path) -> None:
    folder = _folder(tmp_path / "twice", "MochiPipeline")
    _safetensors(folder / "transformer" / "model.bf16.safetensors")
    _safetensors(folder / "transformer" / "model.bf16-00001-of-00001.safetensors")
    (checkpoint,) = _open(folder).checkpoints
    assert (checkpoint.parameters, checkpoint.variant) == ((("transformer", 35),), None)
    (folder / "transformer" / "model.safetensors").unlink()
    assert _open(folder).checkpoints[0].variant == "bf16"
