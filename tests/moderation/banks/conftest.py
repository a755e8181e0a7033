"""A docket and banks on each kind of database, each test with a tenant of its own."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest

from countermark.moderation.banks import Banks, Shelves
from countermark.settings import Settings
from countermark.tests import databases
from countermark.tests.docket.rooms import Room, options
from countermark.tests.moderation.banks.clips import Clips, made

_numbers = itertools.count(1)


@pytest.fixture(scope="module", params=databases.KINDS)
def database(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> str:
    return databases.new(request.param, tmp_path_factory.mktemp("database"))


@pytest.fixture
def room(database: str, tmp_path: Path) -> Room:
    return Room(options(database, tmp_path), f"ten_{next(_numbers)}")


@pytest.fixture
def banks(room: Room) -> Banks:
    return Banks(room.options, clock=room.clock, shelves=Shelves())


@pytest.fixture(scope="session")
def clips(tmp_path_factory: pytest.TempPathFactory) -> Clips:
    return made(tmp_path_factory.mktemp("clips"))


@pytest.fixture
def settings_of_nothing(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "nothing")
