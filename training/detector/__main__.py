"""Trains one network and writes it as it is shipped, with a log that ends with the hash of its weights.

    python -m countermark.training.detector --clips DIR --fold 0
    python -m countermark.training.detector --clips DIR --release

Shards that are not there yet are cut first. `heads` then measures and calibrates what was trained.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from .export import export
from .fit import FitSettings, fit
from .shards import digest_of, read

WEIGHTS = Path(__file__).resolve().parents[2] / "detector" / "weights"
SHARDS = {  # what a full run is made of: the module that cuts it, and how much
    "clips": ("shards", ["--synthetic", "8", "--real", "16"]),
    "own": ("fakes", ["--variants", "6", "--decoders", *map(str, (0, 1, 2, 4, 5, 7, 8, 9, 12))]),
}


def main() -> None:
    """Train as asked."""
    asked = argparse.ArgumentParser(prog="countermark.training.detector", description=__doc__)
    asked.add_argument("--clips", type=Path, required=True, help="folder with clips.tsv")
    which = asked.add_mutually_exclusive_group(required=True)
    which.add_argument("--fold", type=int, choices=range(5), help="train without this fold")
    which.add_argument("--release", action="store_true", help="train on all there is")
    asked.add_argument("--shards", type=Path, default=Path("shards"), help="where shards lie, or are cut to")
    asked.add_argument("--out", type=Path, default=WEIGHTS)
    asked.add_argument("--steps", type=int, default=FitSettings.steps)
    asked.add_argument("--seed", type=int, default=FitSettings.seed)
    asked.add_argument("--threads", type=int, default=FitSettings.threads, help="another number, another hash")
    given = asked.parse_args()
    for name, (module, sizes) in SHARDS.items():
        if not (given.shards / name / "shard.json").is_file():
            command = [sys.executable, "-m", f"{__package__}.{module}", "--clips", str(given.clips)]
            subprocess.run([*command, "--out", str(given.shards / name), *sizes], check=True)
    settings = FitSettings(held_out=given.fold, steps=given.steps, seed=given.seed, threads=given.threads)
    folders = [given.shards / name for name in SHARDS]
    train(folders, settings, given.out, "release" if given.release else f"fold-{given.fold}")


def train(shards: Sequence[Path], settings: FitSettings, out: Path, name: str) -> str:
    """Train, write NAME.* into `out`, and give the hash of the weights; nothing is there before all of it is."""
    lines: list[str] = []

    def say(line: str) -> None:
        print(line, file=sys.stderr, flush=True)
        lines.append(line)

    say(json.dumps({"shards": {folder.name: digest_of(folder) for folder in shards}}))
    network = fit(read(shards), settings, say)
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out, prefix=".") as part:
        weights, _ = export(network, Path(part), name)
        digest: str = json.loads(weights.with_suffix(".json").read_text())["files"][weights.name]
        say(json.dumps({"weights": weights.name, "sha256": digest}))
        weights.with_suffix(".log.jsonl").write_text("\n".join(lines) + "\n")
        for path in sorted(Path(part).iterdir()):
            os.replace(path, out / path.name)
    return digest


if __name__ == "__main__":
    main()
