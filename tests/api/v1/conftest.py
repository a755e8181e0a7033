from collections.abc import Iterator

import pytest

from tests.api.served import Place, serving


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with serving(tmp_path_factory.mktemp("home")) as made:
        yield made
