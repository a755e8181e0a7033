"""Detectors of the user's own: an ONNX file, a timm checkpoint, a Python class; added, tried, calibrated, fused."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from onnx import TensorProto, helper, numpy_helper

from countermark.detector import plugins
from countermark.detector.looker import Looker
from countermark.detector.plugins.examiner import PluginExaminer
from countermark.detector.plugins.kinds import opened, prepared, scores_of
from countermark.detector.plugins.looking import raw_score
from countermark.detector.plugins.scores import (
    COUNTED_FROM,
    Calibrated,
    Coefficients,
    calibrate,
    fused,
    said,
    weight_of,
)
from countermark.errors import NetworkUnfit, PluginInvalid
from countermark.evidence import DetectorDetails, Evidence, FailureDetails
from countermark.media import probe
from countermark.media.plan import View
from countermark.settings import Limits, Settings
from tests import recipes

BRIGHT = """
import numpy

class Bright:
    name, version, wants = "bright", "3", "frames"

    def score(self, pictures):
        return pictures.reshape(len(pictures), -1).mean(axis=1)

class Moving(Bright):
    wants = "tiles"

    def score(self, pictures):
        return numpy.abs(pictures[:, 1].astype(float) - pictures[:, 0]).mean(axis=(1, 2, 3))

class Broken(Bright):
    def score(self, pictures):
        raise RuntimeError("no pictures today")

class Mute(Bright):
    def score(self, pictures):
        return [float("nan")] * len(pictures)

class Shapeless:
    pass
"""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a user's module, where Python finds it."""
    (tmp_path / "users_own.py").write_text(BRIGHT)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "users_own", raising=False)
    return tmp_path


def _described(folder: Path, **values: object) -> Path:
    path = folder / "mine.toml"
    path.write_text("".join(f"{key} = {json.dumps(value)}\n" for key, value in values.items()))
    return path


def _graph(path: Path, side: int = 32, batch: int | str = "n") -> Path:
    """Two outputs: the mean of red, and that of blue."""
    x = helper.make_tensor_value_info("x", TensorProto.FLOAT, [batch, 3, side, side])
    y = helper.make_tensor_value_info("y", TensorProto.FLOAT, [batch, 2])
    pick = numpy_helper.from_array(np.array([[1, 0], [0, 0], [0, 1]], np.float32), "pick")
    nodes = [
        helper.make_node("ReduceMean", ["x"], ["m"], axes=[2, 3], keepdims=0),
        helper.make_node("MatMul", ["m", "pick"], ["y"]),
    ]
    body = helper.make_graph(nodes, "g", [x], [y], [pick])
    model = helper.make_model(body, opset_imports=[helper.make_opsetid("", 17)], ir_version=10)
    path.write_bytes(model.SerializeToString())
    return path


def _pictures(*colours: tuple[int, int, int]) -> np.ndarray:
    return np.array([np.full((48, 64, 3), colour) for colour in colours], np.uint8)


# Kinds ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("batch", ["n", 1])
def test_an_onnx_file_is_copied_and_asked(home: Path, tmp_path: Path, batch: int | str) -> None:
    graph = _graph(tmp_path / "their model.onnx", batch=batch)
    spec = _described(
        tmp_path, name="mine", kind="onnx", file=graph.name, side=32, normalisation="unit", logit=0, against=1
    )
    plugins.add(home, spec)
    graph.unlink()
    (one,) = plugins.installed(home)
    detector = opened(one)
    assert (detector.name, detector.wants, one.calibration, one.problem) == ("mine", "frames", None, "")
    assert detector.version.startswith("1+")
    scores = scores_of(detector, _pictures((255, 0, 0), (0, 9, 255), (51, 200, 0)))
    assert scores == pytest.approx([1, -1, 0.2], abs=1e-6)


def test_a_file_that_was_exchanged_after_it_was_added_is_refused(home: Path, tmp_path: Path) -> None:
    graph = _graph(tmp_path / "g.onnx")
    one = plugins.add(home, _described(tmp_path, name="mine", kind="onnx", file=graph.name, side=32))
    assert one.file is not None
    one.file.write_bytes(one.file.read_bytes()[:-1] + b"\1")
    with pytest.raises(NetworkUnfit, match="not the file that was meant"):
        opened(one)


def test_a_timm_checkpoint_is_loaded_without_pickle(home: Path, tmp_path: Path) -> None:
    import timm
    import torch
    from safetensors.torch import save_file

    torch.manual_seed(1)
    torch.set_num_threads(1)
    model = timm.create_model("test_vit", pretrained=False, num_classes=2).eval()
    save_file(model.state_dict(), tmp_path / "w.safetensors")
    side = model.default_cfg["input_size"][1]
    words = {"name": "vit", "kind": "timm", "model": "test_vit", "classes": 2, "logit": 1, "side": side}
    one = plugins.add(home, _described(tmp_path, file="w.safetensors", **words))
    pictures = np.random.default_rng(0).integers(0, 256, (3, 200, 220, 3), dtype=np.uint8)
    with torch.inference_mode():
        wanted = model(torch.from_numpy(prepared(pictures, side, "imagenet")))[:, 1]
    assert scores_of(opened(one), pictures) == pytest.approx(wanted.tolist(), abs=1e-5)

    torch.save(model.state_dict(), tmp_path / "w.pth")
    for file, why in (("w.pth", "file"), ("renamed.safetensors", "header")):
        (tmp_path / "renamed.safetensors").write_bytes((tmp_path / "w.pth").read_bytes())
        with pytest.raises(PluginInvalid, match=f"(?i){why}"):
            plugins.add(home, _described(tmp_path, file=file, **{**words, "name": "pickled"}))
    with pytest.raises(PluginInvalid):
        plugins.add(home, _described(tmp_path, file="w.safetensors", **{**words, "name": "other", "classes": 3}))
    assert [one.name for one in plugins.installed(home)] == ["vit"]
    assert sorted(path.name for path in one.folder.iterdir()) == ["vit.safetensors", "vit.toml"], "nothing is left"


def test_a_class_is_imported_when_it_is_opened_and_not_before(home: Path, written: Path) -> None:
    plugins.add(home, _described(written, name="mine", kind="python", python="users_own:Moving"))
    del sys.modules["users_own"]
    (one,) = plugins.installed(home)
    assert "users_own" not in sys.modules
    detector = opened(one)
    assert "users_own" in sys.modules
    assert (detector.name, detector.version, detector.wants) == ("mine", "3", "tiles")
    pairs = np.zeros((2, 2, 128, 128, 3), np.uint8)
    pairs[1, 1] = 7
    assert scores_of(detector, pairs) == [0, 7]


@pytest.mark.parametrize(
    ("python", "why"),
    [
        ("users_own:Broken", "no pictures today"),
        ("users_own:Mute", "no finite number"),
        ("users_own:Shapeless", "lacks"),
        ("users_own:Nobody", "AttributeError"),
        ("nowhere_at_all:Bright", "ModuleNotFoundError"),
        ("users_own.Bright", "python"),
    ],
)
def test_a_class_that_does_not_work_is_not_taken_in(home: Path, written: Path, python: str, why: str) -> None:
    with pytest.raises(PluginInvalid, match=why):
        plugins.add(home, _described(written, name="mine", kind="python", python=python))
    assert plugins.installed(home) == ()


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"kind": "pickle"}, "kind"),
        ({"kind": "timm"}, "model|safetensors"),
        ({"name": "../up"}, "name"),
        ({"file": "gone.onnx"}, "No such file"),
        ({"logit": 2}, "no output 2"),
        ({"normalisation": "best"}, "normalisation"),
        ({"colour": "red"}, "colour"),
        ({"side": 64}, "mine"),  # the graph takes 32
        ({"sha256": "0"}, "not the file that was meant"),
        ({"file": "no.onnx"}, "no.onnx|mine.onnx"),
    ],
)
def test_what_is_described_wrongly_is_refused(home: Path, tmp_path: Path, change: dict, why: str) -> None:
    _graph(tmp_path / "g.onnx")
    (tmp_path / "no.onnx").write_bytes(b"no graph")
    words = {"name": "mine", "kind": "onnx", "file": "g.onnx", "side": 32, **change}
    with pytest.raises((PluginInvalid, NetworkUnfit), match=why):
        plugins.add(home, _described(tmp_path, **words))
    assert plugins.installed(home) == ()


def test_names_are_taken_once_and_given_back(home: Path, written: Path) -> None:
    spec = _described(written, name="mine", kind="python", python="users_own:Bright")
    plugins.add(home, spec)
    with pytest.raises(PluginInvalid, match="added already"):
        plugins.add(home, spec)
    plugins.keep_calibration(home, calibrate("mine", "3", *_scores(10, 10, 1.0)))
    plugins.remove(home, "mine")
    assert list((home / "detectors").iterdir()) == []
    with pytest.raises(PluginInvalid, match="none yet"):
        plugins.remove(home, "mine")


def test_a_broken_description_in_the_home_is_listed_with_its_fault(home: Path, written: Path) -> None:
    plugins.add(home, _described(written, name="mine", kind="python", python="users_own:Bright"))
    (home / "detectors" / "bad.toml").write_text("name = ")
    bad, mine = plugins.installed(home)
    assert (bad.name, bad.description, mine.problem) == ("bad", None, "")
    assert "bad.toml" in bad.problem
    with pytest.raises(PluginInvalid, match="bad.toml"):
        opened(bad)
    plugins.remove(home, "bad")


def test_importing_plugins_imports_nothing_heavy() -> None:
    code = (
        "import sys, countermark.detector.plugins, countermark.detector.plugins.examiner;"
        "print({'torch', 'timm', 'sklearn', 'onnxruntime', 'cv2', 'numpy'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout.strip() == "set()", done.stderr


# What scores mean ----------------------------------------------------------------------------------------------------


def _scores(synthetic: int, real: int, apart: float, seed: int = 0) -> tuple[list[float], list[bool]]:
    random = np.random.default_rng(seed)
    truth = [True] * synthetic + [False] * real
    return [float(random.normal(apart * (1 if one else -1), 1)) for one in truth], truth


def test_the_line_that_made_the_scores_is_found() -> None:
    """Two normals of deviation 1, d apart from the middle: the true log-odds are 2 d x."""
    scores, truth = _scores(3000, 1000, 0.7)
    found = calibrate("mine", "1", [50 + 10 * s for s in scores], truth)
    assert found.slope * 10 == pytest.approx(1.4, abs=0.12)
    assert found.probability(50) == pytest.approx(0.5, abs=0.03), "classes count alike whatever their sizes"
    assert (found.synthetic, len(found.reals)) == (3000, 1000)
    assert list(found.reals) == sorted(found.reals)


def test_a_score_that_runs_backwards_is_turned_round() -> None:
    scores, truth = _scores(80, 80, 1.5)
    there, back = (calibrate("mine", "1", [sign * s for s in scores], truth) for sign in (1, -1))
    assert back.slope == pytest.approx(-there.slope)
    assert back.probability(-2.0) == pytest.approx(there.probability(2.0))
    assert back.weight == pytest.approx(there.weight)


def test_chance_weighs_next_to_nothing_and_certainty_stays_bounded() -> None:
    scores, truth = _scores(100, 100, 0.0)
    assert calibrate("mine", "1", scores, truth).weight < 0.02
    sure = calibrate("mine", "1", [float(one) for one in truth], truth)
    assert 0.8 < sure.weight < 1
    assert 0.9 < sure.probability(1.0) < 0.999, "a hundred videos without an error prove no more"
    assert weight_of([0.1, 0.9], [True, False]) == 0.0, "what misleads weighs nothing"


def test_too_few_videos_and_scores_that_are_none_are_refused() -> None:
    with pytest.raises(PluginInvalid, match="9 synthetic"):
        calibrate("mine", "1", *_scores(9, 50, 1.0))
    scores, truth = _scores(20, 20, 1.0)
    with pytest.raises(PluginInvalid, match="finite"):
        calibrate("mine", "1", [float("nan"), *scores[1:]], truth)
    with pytest.raises(PluginInvalid, match="one finite score for each"):
        calibrate("mine", "1", scores[1:], truth)


REALS = tuple(i / 1000 for i in range(200))  # of 200 real videos none reaches .2


def test_two_that_agree_are_more_alike_than_sure() -> None:
    ours = Calibrated("ours", 0.9, 0.6, REALS)
    alone = fused(ours, [])
    assert (alone.counted, alone.shown) == (("ours",), ())
    assert alone.probability == pytest.approx(0.9)
    both = fused(ours, [Calibrated("theirs", 0.5, 0.3, REALS)])
    assert both.probability == pytest.approx(1 / (1 + (1 / 9) ** (2 / 3)))
    assert both.counted == ("ours", "theirs")
    assert alone.fpr < both.fpr < 0.05, "two may be wrong in more ways than one"


def test_what_is_not_calibrated_or_on_too_few_is_shown_and_not_counted() -> None:
    ours = Calibrated("ours", 0.9, 0.6, REALS)
    few = calibrate("few", "1", *_scores(COUNTED_FROM, COUNTED_FROM - 1, 2.0))
    many = calibrate("many", "1", *_scores(COUNTED_FROM, COUNTED_FROM, 2.0))
    useless = Calibrated("useless", 0.5, 0.0, REALS)
    found = fused(ours, [said("raw", 99.0, None), said("few", 9.0, few), said("many", 9.0, many), useless])
    assert found.counted == ("ours", "many")
    assert found.shown == ("raw", "few", "useless")


def test_false_alarms_of_the_fused_stay_under_what_is_stated() -> None:
    """Real videos on which both err together: the bound holds whatever they have in common."""
    random = np.random.default_rng(5)
    common = random.normal(0, 1, 600)
    share = 1 / (1 + np.exp(-(common[:, None] + random.normal(0, 0.7, (600, 2)))))
    known = [tuple(sorted(share[:200, i])) for i in (0, 1)]
    found = [
        fused(Calibrated("a", float(a), 0.5, known[0]), [Calibrated("b", float(b), 0.4, known[1])])
        for a, b in share[200:]
    ]
    rates = np.array([one.fpr for one in found])
    for stated in (0.2, 0.4):
        assert 0 < np.mean(rates <= stated) <= stated


# Among the examiners -------------------------------------------------------------------------------------------------


def _shown(examiner: PluginExaminer, path: Path) -> Evidence:
    video = probe(path, Limits())
    random = np.random.default_rng(3)
    for seconds in examiner.plan(video).times_s:
        examiner.see(View(seconds, random.integers(100, 110, (240, 320, 3), dtype=np.uint8)))
    return examiner.conclude(video)


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return recipes.clip(tmp_path_factory.mktemp("clip") / "clip.mp4", seconds=4, fps=24)


@pytest.mark.parametrize(("kind", "raw", "most"), [("Bright", 104.5, 16), ("Moving", 3.3, 64)])
def test_it_looks_with_the_others_and_never_finds_alone(
    home: Path, written: Path, video: Path, kind: str, raw: float, most: int
) -> None:
    spec = _described(written, name="mine", kind="python", python=f"users_own:{kind}")
    examiner = PluginExaminer(plugins.add(home, spec))
    assert examiner.plan(probe(video, Limits())) == Looker(None).plan(probe(video, Limits())), "one decode serves both"
    evidence = _shown(examiner, video)
    assert (evidence.finding, evidence.score) == ("inconclusive", None)
    assert isinstance(evidence.details, DetectorDetails)
    assert evidence.details.fpr == 1.0
    assert 1 < evidence.details.pictures <= most
    assert examiner.raw() == ("3", pytest.approx(raw, abs=0.2))
    assert not examiner.calibrated().counts


def test_calibrated_it_says_how_likely_and_when(home: Path, written: Path, video: Path) -> None:
    spec = _described(written, name="mine", kind="python", python="users_own:Bright")
    plugins.add(home, spec)
    scores, truth = _scores(80, 80, 2.0)
    one = plugins.keep_calibration(home, calibrate("mine", "3", [100 + 4 * s for s in scores], truth))
    examiner = PluginExaminer(one)
    evidence = _shown(examiner, video)
    assert evidence.score == pytest.approx(examiner.calibrated().probability)
    assert evidence.score > 0.8
    assert evidence.details.fpr < 0.2
    assert len(evidence.details.timeline) >= 2
    assert examiner.calibrated().counts
    other = plugins.keep_calibration(home, calibrate("mine", "4", scores, truth))
    assert _shown(PluginExaminer(other), video).score is None, "measured on another version"


def test_a_limited_child_scores_a_file_for_calibrating(home: Path, written: Path, video: Path) -> None:
    options = Settings(home=home)
    plugins.add(home, _described(written, name="mine", kind="python", python="users_own:Bright"))
    version, score = raw_score(video, "mine", options)
    assert version == "3"
    assert 20 < score < 230
    plugins.add(home, _described(written, name="still", kind="python", python="users_own:Moving"))
    (home / "detectors" / "still.toml").write_text("name = ")
    with pytest.raises(PluginInvalid, match="still.toml"):
        raw_score(video, "still", options)


def test_where_it_fails_it_says_so(home: Path, written: Path, video: Path) -> None:
    one = plugins.add(home, _described(written, name="mine", kind="python", python="users_own:Bright"))
    source = written / "users_own.py"
    source.write_text(BRIGHT.replace("return pictures.reshape", "pictures.nothing; return pictures.reshape"))
    del sys.modules["users_own"]
    evidence = _shown(PluginExaminer(one), video)
    assert isinstance(evidence.details, FailureDetails)
    assert "nothing" in evidence.details.error
    source.unlink()
    del sys.modules["users_own"]
    evidence = _shown(PluginExaminer(one), video)
    assert "ModuleNotFoundError" in evidence.details.error


def test_coefficients_come_back_as_they_were_kept(home: Path, written: Path) -> None:
    plugins.add(home, _described(written, name="mine", kind="python", python="users_own:Bright"))
    coefficients = calibrate("mine", "3", *_scores(20, 30, 1.0))
    assert plugins.keep_calibration(home, coefficients).calibration == coefficients
    assert isinstance(plugins.find(home, "mine").calibration, Coefficients)
    (home / "detectors" / "mine.calibration.json").write_text("{}")
    assert "mine.calibration.json" in plugins.find(home, "mine").problem
