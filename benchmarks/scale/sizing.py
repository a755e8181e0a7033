"""Writes what scans were measured to take into docs/operations.md, between two marks, from the benchmark's results.

python -m benchmarks.scale.sizing
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from .running import saturated

ROOT = Path(__file__).resolve().parents[2]
PAGE, RESULTS = ROOT / "docs" / "operations.md", ROOT / "benchmarks" / "results" / "scale.json"
_NOISE = 0.01
BLOCK = re.compile(r"(<!-- sizing: .*? -->\n).*?(<!-- end of sizing -->)", re.DOTALL)


def text() -> str:
    """Give the page as it should be."""
    rows = "\n".join(f"| {what} | {value} |" for what, value in _rows(json.loads(RESULTS.read_text())))
    table = f"| what | measured |\n|---|---|\n{rows}\n"
    return BLOCK.sub(lambda found: found[1] + table + found[2], PAGE.read_text("utf-8"))


def _rows(result: dict[str, Any]) -> Iterator[tuple[str, str]]:
    figures = result["figures"]
    for kind, made in figures.get("stages", {}).items():
        looks = ", ".join(f"{look} {1000 * took['mean_s']:,.1f} ms" for look, took in made["looks"].items())
        yield f"looks at one object, {kind}", f"{looks}; {made['cpu_s'] / made['objects']:.2f} core-seconds in all"
    for name, made in _runs(figures.get("workers", {})):
        yield (
            f"{name}, clips of {figures['workers']['clips']}",
            f"**{made['objects_per_s']:.2f} a second**; {_cores(made)}; full: {_full(made)};"
            f" {made['share_of_workers_outside_looks']:.0%} of workers' time outside looks;"
            f" {made['worker_memory_mib']['pss_most']:,.0f} MiB a worker",
        )
    for name, mix in figures.get("engine", {}).items():
        for database, made in _runs({one: value for one, value in mix.items() if one != "loop"}):
            lost = made["share_lost_to_the_engine"]
            fewer = f"{lost:.1%} fewer a second" if lost > _NOISE else "no fewer a second"
            yield f"against a plain loop: {name}, {database}", fewer
    for name, made in _runs(figures.get("shards", {})):
        each = sum(made["cpu_ms_an_object"].values())
        yield f"{name}, to digest", f"{made['objects_per_s']:,.1f} objects a second; {each:.2f} ms of a core each"
    for name, made in _runs(figures.get("rescans", {})):
        each = sum(made["cpu_ms_a_check"].values())
        yield (
            f"{name}, 1 worker, {made['checks']:,} past checks decided anew",
            f"{made['checks_per_s']:,.1f} checks a second; {each:.2f} ms of a core each",
        )
    if "million" in figures:
        yield from _million(figures["million"])
    for part, said in result["measured"].items():
        machine = said["machine"]
        of = f"{machine['processor']}, {machine['cores']} cores, load {said['load_of_15_min']}"
        yield f"{part}: `{said['command']}`", f"{said['at'][:10]}, {of}"


def _million(made: dict[str, Any]) -> Iterator[tuple[str, str]]:
    workers, of = made["workers"], f"{made['objects']:,} objects to digest"
    yield f"{of}, {workers['workers']} workers", f"**{workers['objects_per_s']:,.0f} a second**; {_cores(workers)}"
    for who, peaks in (
        ("lister", made["lister"]["peak_mib"]),
        ("worker", workers["worker_peak_mib_at"]),
        ("gatherer", made["gatherer"]["peak_mib"]),
    ):
        yield f"{of}: memory of the {who}", ", ".join(f"{value:.0f} MiB at {share}" for share, value in peaks.items())
    yield f"{of}: memory of the gatherer, with the table", f"{made['gatherer']['with_tables']:.0f} MiB"


def _runs(figures: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    return ((name, made) for name, made in figures.items() if isinstance(made, dict))


def _full(made: dict[str, Any]) -> str:
    return saturated(made["cpu_s"], made["seconds"], made["cores_busy"], made["workers"])


def _cores(made: dict[str, Any]) -> str:
    """Say what an object takes of a core."""
    return ", ".join(f"{name} {value:,.2f} ms" for name, value in made["cpu_ms_an_object"].items()) + " of a core each"


if __name__ == "__main__":
    PAGE.write_text(text(), "utf-8")
