"""What the documents say is so."""

import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import get_args

from countermark.errors import every_error
from countermark.verdict import Outcome
from scripts import write_help
from tests import recipes
from tests.cli.command import environment

ROOT = Path(__file__).resolve().parents[1]


def test_the_readme_shows_the_real_help() -> None:
    assert write_help.README.read_text() == write_help.text(), "run `python -m scripts.write_help`"


def test_what_the_readme_shows_runs_from_top_to_bottom(tmp_path: Path) -> None:
    block = re.search(r"from top to bottom:\n\n```sh\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    assert block is not None
    lines = [line for line in block[1].splitlines() if not line.startswith("pip ")]
    assert len(lines) >= 12
    recipes.clip(tmp_path / "clip.mp4", seconds=0.6)
    shell = f'countermark() {{ {shlex.quote(sys.executable)} -m countermark "$@"; }}\n'
    shell += "".join(f'{line}\necho "ended with $?" >&2\n' for line in lines)
    known = environment(tmp_path / "home")
    ran = subprocess.run(["bash", "-c", shell], cwd=tmp_path, env=known, capture_output=True, text=True, timeout=400)
    ended = re.findall(r"^ended with (\d+)$", ran.stderr, re.MULTILINE)
    for line, code in zip(lines, ended, strict=True):
        assert code == ("1" if "ends with 1" in line else "0"), (line, ran.stdout, ran.stderr)


def test_the_table_of_verdicts_is_that_of_the_code() -> None:
    rows = re.findall(r"^\| (`.*?`) \|", (ROOT / "docs" / "verdicts.md").read_text(), re.MULTILINE)
    named = [name for row in rows for name in re.findall(r"`(\w+)`", row)]
    assert named == list(get_args(Outcome))


def test_links_lead_somewhere() -> None:
    for document in [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")]:
        for link in re.findall(r"\]\((?!http)([^)#]+)", document.read_text()):
            assert (document.parent / link).exists(), f"{document.name}: {link}"


def test_the_map_of_the_house_names_what_is_there() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text()
    for name in re.findall(r"`(\w+(?:/|\.py))`", text):
        assert (ROOT / name).exists() or (ROOT / "media" / name).exists(), name
    rooms = {path.parent.name for path in ROOT.glob("*/__init__.py")} - {"tests"}
    unnamed = {room for room in rooms if f"`{room}/`" not in text and f"{room}." not in text}
    assert unnamed == set()


def test_advice_names_commands_that_exist() -> None:
    helped = write_help.text()
    for error in every_error().values():
        for command in re.findall(r"`countermark (\w+)", error.advice):
            assert re.search(rf"^  {command} ", helped, re.MULTILINE), error.advice
