"""A database of each kind with the table of statements."""

from __future__ import annotations

from pathlib import Path

import pytest

from countermark.settings import Settings
from countermark.store import engine
from countermark.tests import databases


@pytest.fixture(params=databases.KINDS)
def options(request: pytest.FixtureRequest, tmp_path: Path) -> Settings:
    url = databases.new(request.param, tmp_path)
    with engine.writing(url):  # what was never written to has no tables to look into
        pass
    return Settings(home=tmp_path, database=url)
