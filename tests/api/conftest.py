from collections.abc import Iterator

import pytest

from countermark.tests.api.release import Releases, released
from countermark.tests.api.service import serving


@pytest.fixture(scope="session")
def releases(tmp_path_factory: pytest.TempPathFactory) -> Releases:
    return released(tmp_path_factory.mktemp("released"))


@pytest.fixture(scope="session")
def service(releases: Releases) -> Iterator[str]:
    with serving(releases.options.home) as base:
        yield base
