"""What a run that was killed leaves beside the film: nothing that a model kept can be looked at, and it goes again."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from countermark import keyring
from countermark.generator import Request, door
from countermark.settings import Settings
from countermark.stamp import Encoding

REQUEST = Request("a red ball over the sea", size=(256, 256), seconds=1.0, steps=1)
HOW: dict[str, Any] = {"model": "sketch", "encoding": Encoding(preset="ultrafast")}
KILLED = """
import os, signal, sys
from pathlib import Path
from countermark.generator import door
from countermark.settings import Settings
from tests.generator.test_killed import HOW, REQUEST

def told(share: float) -> None:
    if share > float(sys.argv[3]):
        os.kill(os.getpid(), signal.SIGKILL)

door.generate(REQUEST, Path(sys.argv[1]), progress=told, options=Settings(home=Path(sys.argv[2])), **HOW)
"""


def test_it_keeps_no_picture_open_and_goes_when_the_same_film_is_made(tmp_path: Path) -> None:
    home, folder = tmp_path / "home", tmp_path / "films"
    keyring.init_development(home)
    folder.mkdir()
    command = [sys.executable, "-c", KILLED, str(folder / "a.mp4"), str(home), "0.95"]
    done = subprocess.run(command, cwd=Path(__file__).parents[2], capture_output=True, text=True, check=False)
    assert done.returncode == -9, done.stderr
    left = list(folder.iterdir())
    assert {path.suffix for path in left} == {".part", ".kept"}
    assert all(path.stat().st_mode & 0o777 == 0o700 for path in left)
    kept = [path for path in folder.glob(".*.kept/**/*") if path.is_file() and path.stat().st_size]
    assert kept and all(path.suffix == ".sealed" for path in kept)
    door.generate(REQUEST, folder / "a.mp4", options=Settings(home=home), **HOW)
    assert os.listdir(folder) == ["a.mp4"]
