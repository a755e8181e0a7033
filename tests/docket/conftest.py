"""One database of each kind for the tests of a file, each with a tenant of its own; or a fresh one, to sweep."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest

from countermark.tests import databases
from countermark.tests.docket.rooms import Room, options

_numbers = itertools.count(1)


@pytest.fixture(scope="module", params=databases.KINDS)
def database(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> str:
    return databases.new(request.param, tmp_path_factory.mktemp("database"))


@pytest.fixture
def room(database: str, tmp_path: Path) -> Room:
    return Room(options(database, tmp_path), f"ten_{next(_numbers)}")


@pytest.fixture(params=databases.KINDS)
def fresh(request: pytest.FixtureRequest, tmp_path: Path) -> Room:
    """A docket that nobody else has anything in."""
    return Room(options(databases.new(request.param, tmp_path), tmp_path), f"ten_{next(_numbers)}")
