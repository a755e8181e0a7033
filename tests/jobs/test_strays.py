"""What is open is looked at by parts, one round after the other."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from countermark.docket import Docket, Request, Stamps
from countermark.jobs import strays
from countermark.tests import databases
from countermark.tests.docket.rooms import options


@pytest.mark.parametrize("kind", databases.KINDS)
def test_a_round_goes_on_where_the_last_ended(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(strays, "_PART", 2)
    monkeypatch.setattr(strays, "_PARTS", 1)
    parts: list[strays.Part] = []
    monkeypatch.setattr(strays, "_look_after", lambda _, part: parts.append(part))
    settings = options(databases.new(kind, tmp_path), tmp_path)
    docket = Docket(settings)
    checks = [docket.open(Request("ten_a", "key:1", "upload", "a.mp4")).check.id for _ in range(3)]
    stamp = Stamps(settings).open("ten_a", "key:1", "a.mp4", {})
    docket.cancel(docket.open(Request("ten_a", "key:1", "upload", "over.mp4")).check.id, "key:1")
    given: Any = SimpleNamespace(options=settings)
    search = strays.Strays(given, after=timedelta(0))
    for _ in range(3):
        search.bring_back()
    found = [[number for number, _ in part] for part in parts]
    assert found == [checks[:2], [stamp.id], checks[2:], [stamp.id], checks[:2], [stamp.id]]
    assert parts[0][0][1] == "live" and parts[1][0][1] is None
