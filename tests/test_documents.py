"""What the documents say is so."""

import re
from pathlib import Path
from typing import get_args

from countermark.errors import every_error
from countermark.verdict import Outcome
from scripts import write_help

ROOT = Path(__file__).resolve().parents[1]


def test_the_readme_shows_the_real_help() -> None:
    assert write_help.README.read_text() == write_help.text(), "run `python -m scripts.write_help`"


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
