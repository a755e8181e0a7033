import shutil
from pathlib import Path

import pytest

from countermark import keyring
from countermark.provenance import trust
from countermark.tests.provenance.signed import Studio
from countermark.tests.recipes import clip


@pytest.fixture(scope="session")
def _tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return clip(tmp_path_factory.mktemp("tiny") / "tiny.mp4", size=(64, 48), seconds=0.2)


@pytest.fixture
def studio(tmp_path: Path, _tiny: Path) -> Studio:
    source = Path(shutil.copy(_tiny, tmp_path / "source.mp4"))
    identity = keyring.init_development(tmp_path / "home")
    return Studio(tmp_path, source, identity, trust.load(tmp_path / "home"))
