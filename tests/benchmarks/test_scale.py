"""The measurement of scans, in its smallest form: each part says something, and no part takes another's place."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from countermark.benchmarks.scale import __main__ as scale
from countermark.benchmarks.scale import million, parts, sizing, watching, written
from countermark.tests import memory


@pytest.fixture
def tmp_path() -> Iterator[Path]:
    with memory.folder() as folder:
        yield folder


def test_a_crowd_is_laid_drained_and_gathered_whole(tmp_path: Path) -> None:
    drained = million.drained(300, tmp_path, "sqlite", 1)
    assert (drained["state"], drained["lines"], drained["different_names"]) == ("done", 300, 300)
    assert set(drained["lister"]["peak_mib"]) == {"10%", "50%", "100%"}
    made = drained["workers"]
    assert made["objects"] == 300 and made["objects_per_s"] > 0
    assert 0 <= made["in_looks_s"] <= made["seconds"] + 0.5
    assert made["worker_memory_mib"]["pss_most"] > 50 and set(made["cpu_s"]) == {"workers", "others"}


def test_each_look_is_timed_past_the_queue(tmp_path: Path) -> None:
    figures = parts.by_look(parts.LEAST, tmp_path)
    looks = figures[parts.LEAST.kinds[0].name]["looks"]
    assert list(looks) == ["digest", "container", "pictures"], "its detector is never asked"
    assert looks["digest"]["mean_s"] < looks["container"]["mean_s"]
    assert figures["no video"]["objects"] == 1


def test_past_checks_are_come_to_again(tmp_path: Path) -> None:
    (made,) = parts.by_rescan(parts.LEAST, tmp_path).values()
    assert (made["checks"], made["changed"], made["failed"]) == (parts.LEAST.past,) * 2 + (0,)
    assert made["checks_per_s"] > 0


def test_parts_lie_beside_each_other_and_the_last_one_of_a_name_stays(tmp_path: Path) -> None:
    for name, value in (("million", 1), ("workers", 2), ("million", 3)):
        path = written.part(name, {"value": value}, quick=True, folder=tmp_path)
    result = json.loads(path.read_text())
    assert result["figures"] == {"workers": {"value": 2}, "million": {"value": 3}}
    assert list(result["measured"]) == ["workers", "million"]
    assert [one.name for one in tmp_path.iterdir()] == ["scale.quick.json"]
    assert set(scale.measures(parts.LEAST, 1)) == set(written.PARTS)


def test_time_and_memory_of_processes_are_counted() -> None:
    before, end = watching.usage(os.getpid()), time.monotonic() + 0.3
    while time.monotonic() < end:
        pass
    after = watching.usage(os.getpid())
    assert 0.05 < after.cpu_s - before.cpu_s
    assert 10 < after.private_mib <= after.pss_mib + 1 <= watching.peak_mib() * 10
    assert watching.parent(os.getpid()) == os.getppid()
    assert watching.usage(2**22 + 1) == watching.Usage(0.0, 0.0, 0.0), "it is gone"


def test_the_page_has_the_figures_that_were_measured() -> None:
    assert sizing.text() == sizing.PAGE.read_text("utf-8"), "python -m benchmarks.scale.sizing"
