"""The tables of docs/generator.md: every model is there; and what no other test takes to a labelled file."""

from __future__ import annotations

from pathlib import Path

import pytest

from countermark import keyring
from countermark.generator import Request, door, models
from countermark.provenance.registry.registry import Registry
from countermark.settings import Settings
from countermark.stamp import Encoding, facts, stamp
from countermark.verify import verify
from tests import recipes

DOCUMENT = Path(__file__).parents[2] / "docs" / "generator.md"
NAMED = (
    "Sora", "Veo", "Runway", "Pika", "Stable Video Diffusion", "Kling", "Luma Dream Machine", "Genmo", "Leonardo",
    "HeyGen", "Synthesia",
)  # fmt: skip


@pytest.fixture(scope="module")
def options(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    home = tmp_path_factory.mktemp("home")
    keyring.init_development(home)
    return Settings(home=home)


def test_the_tables_have_every_model_and_every_system_that_is_named() -> None:
    rows = [
        [cell.strip() for cell in line[1:-1].split("|")]
        for line in DOCUMENT.read_text().splitlines()
        if line.startswith("| ")
    ]
    cells = " ".join(cell for row in rows for cell in row[:2])
    assert not [name for name in models.kinds() if f"`{name}`" not in cells]
    for name in NAMED:
        (row,) = [row for row in rows if row[0].startswith(name)]
        assert len(row) == 7 and row[3:5] == ["yes", "yes"], name


def test_what_the_embedded_model_draws_leaves_labelled(tmp_path: Path, options: Settings) -> None:
    target = tmp_path / "ball.mp4"
    request = Request("a red ball bounces over the sea", size=(320, 180), seconds=1.0, steps=4)
    stamped = door.generate(request, target, model="sketch", encoding=Encoding(preset="ultrafast"), options=options)
    assert verify(target, options=options).outcome == "ai_generated"
    record = Registry(options.database_url).by_manifest(stamped.manifest_id)
    assert record is not None and "sketch" in (record.model or "")


def test_a_file_of_a_service_that_is_gone_is_labelled_as_a_file(tmp_path: Path, options: Settings) -> None:
    made, target = recipes.clip(tmp_path / "sora.mp4", seconds=2), tmp_path / "labelled.mp4"
    stamped = stamp(made, target, facts=facts(model="sora-2", provider="OpenAI"), options=options)
    assert verify(target, options=options).outcome == "ai_generated"
    record = Registry(options.database_url).by_manifest(stamped.manifest_id)
    assert record is not None and record.model == "sora-2"
