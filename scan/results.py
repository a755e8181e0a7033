"""What a scan brought, as files: a line of JSON for each object, the same as Parquet, and a summary. All or none.

Lines are read as they come from the store, part by part, and never held whole.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .. import outputs
from ..errors import OutputExists
from ..objects import Objects
from .report import page
from .shards import Shards
from .values import Scan

if TYPE_CHECKING:
    import pyarrow as pa

LINES, TABLE, SUMMARY, PAGE = "results.ndjson", "results.parquet", "summary.json", "report.html"
_BATCH = 2000  # lines of a group of rows


def check_folder(out: Path) -> None:
    """Refuse, before any work, a folder in which results lie already."""
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise OutputExists(f"{out}: something lies there", advice="name a folder that is new, or empty")
    outputs.check_output(out / LINES if out.exists() else out.with_name(f"{out.name}.probe"), (), force=False)


def write(shards: Shards, objects: Objects, scan: Scan, out: Path) -> None:
    """Write what is there of a scan; the folder appears when all of it is written."""
    with outputs.staged(out) as name:
        made = name("")
        with outputs.translated(out):
            made.mkdir()
            with (made / LINES).open("x", encoding="ascii") as file:
                for line in _lines(shards, objects, scan):
                    file.write(line + "\n")
            if find_spec("pyarrow") is not None:
                _table(made / LINES, made / TABLE)
            (made / SUMMARY).write_text(json.dumps(summary(scan), indent=1) + "\n")
            (made / PAGE).write_text(page(scan), encoding="utf-8")
            if out.is_dir():
                out.rmdir()  # it was empty
            shutil.move(made, out)


def summary(scan: Scan) -> dict[str, Any]:
    """Give what a scan came to, as plain values."""
    return {
        **{"scan": scan.id, "state": scan.state, "begun": scan.made_at, "finished": scan.finished_at},
        **{"plan": {**vars(scan.plan), "policy": scan.plan.policy and json.loads(scan.plan.policy)}},
        **{"objects": scan.objects, "bytes": scan.bytes, "shards": scan.shards, "shards_done": scan.shards_done},
        **{
            "results": scan.counts.objects,
            "outcomes": dict(scan.counts.outcomes),
            "last_look": dict(scan.counts.stages),
        },
        **{"seconds_by_look": dict(scan.counts.seconds), "effects": dict(scan.counts.effects)},
    }


def _lines(shards: Shards, objects: Objects, scan: Scan) -> Iterator[str]:
    for key in shards.parts(scan.id):
        left = b""
        for chunk in objects.chunks(key):
            *whole, left = (left + chunk).split(b"\n")
            for line in whole:
                yield line.decode("ascii")


def _table(lines: Path, target: Path) -> None:
    import pyarrow as pa
    from pyarrow import parquet

    shape = _shape(pa)
    with parquet.ParquetWriter(target, shape, compression="zstd") as writer, lines.open(encoding="ascii") as file:
        some: list[dict[str, Any]] = []
        for line in file:
            some.append(_row(json.loads(line)))
            if len(some) == _BATCH:
                writer.write_table(pa.Table.from_pylist(some, shape))
                some = []
        writer.write_table(pa.Table.from_pylist(some, shape))


def _shape(pa: Any) -> pa.Schema:
    text, many, number = pa.string(), pa.list_(pa.string()), pa.float64()
    columns = {
        **{"url": text, "name": text, "bytes": pa.int64(), "sha256": text, "stage": text, "same_as": text},
        **{"outcome": text, "also": many, "sureness": text, "basis": many, "reasons": many, "not_looked_at": many},
        **{"generated_score": number, "generated_fpr": number, "manipulated_score": number, "manipulated_fpr": number},
        **{"effect": text, "actions": many, "rules": many, "unsure": many, "seconds": number},
        **{"error_type": text, "error": text, "advice": text},
    }
    return pa.schema(list(columns.items()))


def _row(line: dict[str, Any]) -> dict[str, Any]:
    """Give a line flat, as tables have it."""
    scores, ruling, error = line["scores"], line["ruling"] or {}, line["error"] or {}
    flat = {name: one for name, one in line.items() if name not in ("scores", "ruling", "error", "seconds")}
    for target in ("generated", "manipulated"):
        found = scores.get(target, {})
        flat |= {f"{target}_score": found.get("score"), f"{target}_fpr": found.get("fpr")}
    flat |= {"seconds": sum(line["seconds"].values()), "error_type": error.get("type"), "error": error.get("message")}
    flat |= {"advice": error.get("advice"), **{name: ruling.get(name) for name in _RULED}}
    # Names, and what is said of them, may hold bytes that are no text; a table takes text alone.
    return {
        name: one.encode("utf-8", "replace").decode() if isinstance(one, str) else one for name, one in flat.items()
    }


_RULED = ("effect", "actions", "rules", "unsure")
