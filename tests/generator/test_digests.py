"""Names that lie in the open: the same here each time, and no help to who guesses."""

import hashlib
import json
from dataclasses import replace
from pathlib import Path

import pytest

from countermark import keyring
from countermark.errors import UnsafeKeys
from countermark.generator import door
from countermark.generator.digests import keyed
from countermark.settings import Settings
from tests.generator.test_door import FAST, REQUEST, Costly


def test_the_same_home_gives_the_same_name_and_another_another(tmp_path: Path) -> None:
    said = ["a model", "the sea"]
    name = keyed(tmp_path / "home", said)
    assert name == keyed(tmp_path / "home", said) != keyed(tmp_path / "home", ["a model", "the sky"])
    assert name not in (keyed(tmp_path / "other", said), hashlib.sha256(json.dumps(said).encode()).hexdigest())
    key = tmp_path / "home" / "keys" / "requests.key"
    assert key.stat().st_mode & 0o777 == 0o600 and key.parent.stat().st_mode & 0o777 == 0o700
    key.chmod(0o644)
    with pytest.raises(UnsafeKeys):
        keyed(tmp_path / "home", said)
    key.chmod(0o600)
    for broken in (b"", b"short", key.read_bytes() * 2):
        key.write_bytes(broken)
        with pytest.raises(UnsafeKeys, match="32"):
            keyed(tmp_path / "home", said)


def test_the_same_request_of_two_homes_has_two_names(tmp_path: Path) -> None:
    names, request = set(), replace(REQUEST, size=(192, 128))
    for home in (tmp_path / "a", tmp_path / "b"):
        keyring.init_development(home)
        for _ in range(2):
            how = {"model": Costly(17), "encoding": FAST, "options": Settings(home=home)}
            with pytest.raises(RuntimeError):
                door.generate(request, tmp_path / "a.mp4", **how)
            names |= {path.name for path in tmp_path.glob(".a.mp4.*.kept")}
    assert len(names) == 2
