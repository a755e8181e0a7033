"""What a pipeline of one's own makes leaves labelled, or not at all."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av
import c2pa
import numpy as np
import pytest

import countermark
from countermark import keyring
from countermark.errors import EncodeFailed, InputUnfit, NoKeys, NoPictures, OutputExists, PromptInvalid, TooSmall
from countermark.provenance.registry.registry import Registry
from countermark.settings import Settings
from countermark.stamp import Encoding
from countermark.verify import verify
from tests import recipes

SIZE = (320, 240)


@pytest.fixture(scope="module")
def options(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    home = tmp_path_factory.mktemp("home")
    keyring.init_development(home)
    return Settings(home=home)


def film(count: int = 12) -> np.ndarray:
    return np.stack(list(recipes.pictures(count, SIZE)))


def test_chunks_become_one_labelled_file(tmp_path: Path, options: Settings) -> None:
    frames, target = film(), tmp_path / "clip.mp4"
    with countermark.label(target, model="my-model", fps=12, prompt="the sea", options=options) as out:
        out.write(frames[:5].astype(np.float32) / 255)
        assert not target.exists()
        out.write(list(frames[5:]))
    assert out.stamped is not None and (out.stamped.path, out.stamped.frames) == (target, 12)
    assert verify(target, options=options).outcome == "ai_generated"
    assert [path.name for path in tmp_path.iterdir()] == ["clip.mp4"]
    with av.open(str(target)) as written:
        assert written.streams.video[0].average_rate == 12
        shown = next(written.decode(video=0)).to_ndarray(format="rgb24")
    assert np.abs(shown.astype(int) - frames[0]).mean() < 6
    record = Registry(options.database_url).by_manifest(out.stamped.manifest_id)
    assert record is not None and record.model == "my-model"


def test_one_call_does_the_same_with_sound(tmp_path: Path, options: Settings) -> None:
    tone = np.sin(np.arange(48_000) / 20).astype(np.float32)[None] * 0.3
    done = countermark.release(film(), 24, tmp_path / "a.mp4", model="m", audio=(tone, 48_000), options=options)
    with av.open(str(done.path)) as written:
        assert len(written.streams.audio) == 1
    with c2pa.Reader(str(done.path)) as reader:
        said = json.loads(reader.json())["manifests"][done.manifest_id]["assertions"]
    (generation,) = [one["data"] for one in said if one["label"] == "org.countermark.generation"]
    assert (generation["model"], generation["sound"]) == ("m", "synthetic")


@pytest.mark.parametrize(
    ("frames", "kind"),
    [
        (lambda: film()[:0], NoPictures),
        (lambda: film(1), TooSmall),
        (lambda: np.zeros((12, 16, 16, 3), np.uint8), TooSmall),
        (lambda: [*film(6), *np.zeros((6, 120, 160, 3), np.uint8)], EncodeFailed),
        (lambda: film().astype(np.float32), EncodeFailed),
    ],
    ids=["none", "one", "small", "other-size", "wrong-range"],
)
def test_what_is_no_film_leaves_no_file(tmp_path: Path, options: Settings, frames, kind) -> None:
    with pytest.raises(kind):
        countermark.release(frames(), 24, tmp_path / "clip.mp4", model="m", options=options)
    assert list(tmp_path.iterdir()) == []


def test_an_error_in_the_block_leaves_no_file(tmp_path: Path, options: Settings) -> None:
    def failing() -> Iterator[np.ndarray]:
        yield from film(6)
        raise RuntimeError("out of memory")

    with pytest.raises(RuntimeError), countermark.label(tmp_path / "clip.mp4", model="m", options=options) as out:
        out.write(failing())
    assert out.stamped is None and list(tmp_path.iterdir()) == []


KILLED = """
import os, signal, sys
from pathlib import Path
import countermark
from countermark.settings import Settings
from tests.generator.test_label import film
with countermark.label(sys.argv[2], model="m", options=Settings(home=Path(sys.argv[1]))) as out:
    out.write(film())
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_what_a_kill_leaves_goes_when_the_same_file_is_labelled(tmp_path: Path, options: Settings) -> None:
    command = [sys.executable, "-c", KILLED, str(options.home), str(tmp_path / "clip.mp4")]
    subprocess.run(command, cwd=Path(__file__).parents[2], check=False)
    (left,) = tmp_path.iterdir()
    assert left.stat().st_mode & 0o777 == 0o700 and list(left.glob("*.sealed"))
    with pytest.raises(NoPictures), countermark.label(tmp_path / "other.mp4", model="m", options=options):
        assert left.exists(), "it is another file's"
    with pytest.raises(NoPictures), countermark.label(tmp_path / "clip.mp4", model="m", options=options):
        (own,) = tmp_path.iterdir()
        with pytest.raises(NoPictures), countermark.label(tmp_path / "clip.mp4", model="m", options=options):
            assert len(list(tmp_path.iterdir())) == 2, "one that is at work is left alone"
        assert own.exists() and own != left
    assert list(tmp_path.iterdir()) == []


def test_what_cannot_end_well_does_not_begin(tmp_path: Path, options: Settings) -> None:
    (tmp_path / "there.mp4").write_bytes(b"another's")
    (tmp_path / "broken.wav").write_bytes(b"RIFF" + bytes(400))
    silent = recipes.clip(tmp_path / "silent.mp4")
    cases = [
        (OutputExists, {"path": tmp_path / "there.mp4", "model": "m"}),
        (NoKeys, {"path": tmp_path / "a.mp4", "model": "m", "options": Settings(home=tmp_path / "nobody")}),
        (PromptInvalid, {"path": tmp_path / "a.mp4", "model": "m", "fps": 0}),
        (PromptInvalid, {"path": tmp_path / "a.mp4", "model": "m", "fps": "often"}),
        (PromptInvalid, {"path": tmp_path / "a.mp4", "model": " "}),
        (InputUnfit, {"path": tmp_path / "a.mp4", "model": "m", "audio": tmp_path / "broken.wav"}),
        (InputUnfit, {"path": tmp_path / "a.mp4", "model": "m", "audio": silent}),
    ]
    for kind, asked in cases:
        begun = False
        with pytest.raises(kind), countermark.label(**{"options": options, **asked}):
            begun = True
        assert not begun, asked
    assert (tmp_path / "there.mp4").read_bytes() == b"another's"


def test_a_webm_is_written_by_a_codec_that_it_takes(tmp_path: Path, options: Settings) -> None:
    done = countermark.release(film(), 24, tmp_path / "a.webm", model="m", options=options)
    assert "vp9" in done.codec
    with pytest.raises(EncodeFailed, match="does not take"):
        with countermark.label(tmp_path / "b.webm", model="m", encoding=Encoding(codec="h264"), options=options):
            raise AssertionError("the block was begun")


@pytest.mark.parametrize("word", ["promt", "forse", "ingredient"])
def test_a_word_that_is_misspelt_is_not_swallowed(tmp_path: Path, options: Settings, word: str) -> None:
    said: dict[str, Any] = {word: "x"}
    with pytest.raises(TypeError, match=word):
        countermark.release(film(), 24, tmp_path / "a.mp4", model="m", options=options, **said)
    assert list(tmp_path.iterdir()) == []


def test_memory_does_not_grow_with_the_film(tmp_path: Path, options: Settings) -> None:
    """After the first frames, 200 MB of them more take hardly any; what `stamp` then does is bounded by itself."""
    program = (
        "import resource, sys; from pathlib import Path; import numpy as np, countermark\n"
        "from countermark.settings import Settings\n"
        "peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "with countermark.label(sys.argv[2], model='m', options=Settings(home=Path(sys.argv[1]))) as out:\n"
        "    for number in range(190):\n"
        "        out.write(np.full((480, 854, 3), number, np.uint8))\n"
        "        begun = peak() if number == 20 else begun if number else 0\n"
        "    print(peak() - begun); sys.stdout.flush(); raise SystemExit\n"
    )
    command = [sys.executable, "-c", program, str(options.home), str(tmp_path / "a.mp4")]
    grown = int(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    assert grown < 40_000  # KiB
    assert list(tmp_path.iterdir()) == []


def test_importing_the_package_brings_nothing_heavy() -> None:
    heavy = ("numpy", "av", "cv2", "onnxruntime", "torch", "sqlalchemy", "pydantic")
    program = f"import sys, countermark; print([one for one in {heavy!r} if one in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
    with pytest.raises(AttributeError):
        _ = countermark.no_such_thing
