"""Files on their way in, where something ended between two steps."""

from __future__ import annotations

from pathlib import Path

import pytest

from countermark.errors import CheckUnfit, ObjectMissing
from countermark.objects import Arriving, opened
from countermark.settings import Settings
from countermark.tests.api.v1.uploading import FILM, digest


def arriving_in(home: Path) -> Arriving:
    options = Settings(home=home)
    return Arriving(options, opened(options))


def written(arriving: Arriving, offset: int, data: bytes) -> None:
    with arriving.piece("upl_a", first=offset == 0) as piece:
        piece.stand(offset)
        piece.write(data)
        piece.settle()


def test_what_was_delivered_before_it_was_noted_is_found(tmp_path: Path) -> None:
    arriving = arriving_in(tmp_path)
    written(arriving, 0, FILM)
    for _ in range(2):  # whoever died after the first does it once more
        assert arriving.deliver("upl_a", "uploads/upl_a", len(FILM)) == digest(FILM)
    with pytest.raises(ObjectMissing):
        arriving.deliver("upl_b", "uploads/upl_b", 5)


def test_what_was_never_counted_goes(tmp_path: Path) -> None:
    arriving = arriving_in(tmp_path)
    written(arriving, 0, b"0123456789")
    written(arriving, 4, b"x")
    assert (tmp_path / "uploads" / "upl_a").read_bytes() == b"0123x"
    with pytest.raises(ObjectMissing, match="lost"):
        written(arriving, 6, b"x")
    assert (tmp_path / "uploads" / "upl_a").stat().st_mode & 0o777 == 0o600


def test_one_at_a_time_writes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("countermark.objects.arriving._WAIT_S", 0.1)
    arriving = arriving_in(tmp_path)
    with arriving.piece("upl_a", first=True):
        with pytest.raises(CheckUnfit, match="another request"):
            written(arriving, 0, b"x")
    written(arriving, 0, b"x")


@pytest.mark.parametrize("name", ["../x", "", "a/b", ".", "ü", "a b"])
def test_no_id_leads_out(name: str, tmp_path: Path) -> None:
    arriving = arriving_in(tmp_path)
    with pytest.raises(ValueError, match="no id"), arriving.piece(name, first=True):
        pass
    with pytest.raises(ValueError, match="no id"):
        arriving.drop(name)
