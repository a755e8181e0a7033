"""No test of a model writes into the home of whoever runs it."""

from collections.abc import Iterator

import pytest

from countermark.settings import Settings


@pytest.fixture(autouse=True, scope="module")
def own_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Settings.model_fields["home"], "default", tmp_path_factory.mktemp("own-home"))
        Settings.model_rebuild(force=True)
        yield
    Settings.model_rebuild(force=True)
