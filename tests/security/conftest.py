from collections.abc import Iterator
from pathlib import Path

import pytest

from countermark.tests.recipes import clip
from countermark.tests.security.running import Running, running
from countermark.tests.security.slow import Slow


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """One service for all that leaves it as it was, as strange settings leave it: with none."""
    with running(tmp_path_factory.mktemp("service") / "home") as one:
        yield one


@pytest.fixture(scope="session")
def slow(server: Running) -> Iterator[Slow]:
    """Clients that begin to send a letter a second."""
    one = Slow(server)
    yield one
    one.cut_after()


@pytest.fixture(scope="session")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clip that is looked at in no time."""
    return clip(tmp_path_factory.mktemp("film") / "small.mp4", seconds=0.04, size=(32, 32))
