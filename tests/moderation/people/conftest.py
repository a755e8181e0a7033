"""One database of each kind for the tests of a file, each with a tenant of its own."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest

from countermark.tests import databases, memory
from countermark.tests.docket.rooms import options
from countermark.tests.moderation.people.rooms import Room

_numbers = itertools.count(1)


@pytest.fixture
def tmp_path() -> Iterator[Path]:
    with memory.folder() as folder:
        yield folder


@pytest.fixture(scope="module", params=databases.KINDS)
def peopled(request: pytest.FixtureRequest) -> Iterator[str]:
    with memory.folder() as folder:
        yield databases.new(request.param, folder)


@pytest.fixture
def room(peopled: str, tmp_path: Path) -> Room:
    return Room(options(peopled, tmp_path), f"ten_p{next(_numbers)}")
