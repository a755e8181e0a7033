"""A home, and a user's module where Python finds it."""

import sys
from pathlib import Path

import pytest

from tests.detector.plugins.own import MODULE


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a user's module, where Python finds it."""
    (tmp_path / "users_own.py").write_text(MODULE)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "users_own", raising=False)
    return tmp_path
