"""One database of each kind for the tests of a file, each with a tenant of its own."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest

from countermark.tests import databases
from countermark.tests.docket.rooms import options
from countermark.tests.moderation.hooks.rooms import Hooks

_numbers = itertools.count(1)


@pytest.fixture(scope="module", params=databases.KINDS)
def database(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> str:
    return databases.new(request.param, tmp_path_factory.mktemp("database"))


@pytest.fixture
def hooks(database: str, tmp_path: Path) -> Hooks:
    return Hooks(options(database, tmp_path), f"ten_{next(_numbers)}")
