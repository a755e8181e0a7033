"""One checkpoint of a kind for all tests of a run, and a home to label from."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import cv2
import numpy as np
import pytest

from countermark import keyring
from countermark.settings import Settings
from tests import recipes

Weights = Callable[[str], Path]


@pytest.fixture(scope="session")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Weights:
    """Give the folder of a tiny checkpoint by the name of its function in `tiny`."""
    from tests.generator.families import tiny

    root = tmp_path_factory.mktemp("weights")

    def of(kind: str) -> Path:
        folder = root / f"tiny-{kind}"
        return folder if folder.is_dir() else tiny.saved(getattr(tiny, kind), folder)

    return of


@pytest.fixture(scope="session")
def options(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    home = tmp_path_factory.mktemp("home")
    keyring.init_development(home)
    return Settings(home=home)


@pytest.fixture(scope="session")
def photos(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Two pictures that differ, as large as what tiny models make."""
    folder = tmp_path_factory.mktemp("photos")
    first = next(recipes.pictures(1, (128, 128)))
    cv2.imwrite(str(folder / "first.png"), np.ascontiguousarray(first[..., ::-1]))
    cv2.imwrite(str(folder / "last.png"), np.ascontiguousarray(255 - first[..., ::-1]))
    return folder / "first.png", folder / "last.png"


@pytest.fixture(scope="session")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clip of two seconds."""
    return recipes.clip(tmp_path_factory.mktemp("film") / "clip.mp4", seconds=2, size=(128, 128), fps=10)


@pytest.fixture
def guarded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Put something where Cosmos has its guard, which is not here."""
    import diffusers

    from tests.generator.families.tiny import Guard

    for name in ("CosmosTextToWorldPipeline", "CosmosVideoToWorldPipeline", "Cosmos2VideoToWorldPipeline"):
        kind = getattr(diffusers, name)
        monkeypatch.setattr(kind, "from_pretrained", partial(kind.from_pretrained, safety_checker=Guard()))
