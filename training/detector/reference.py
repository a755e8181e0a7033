"""Writes a model's reference bank: its training clips in numbers, so that `adapt` has real ones to hold new ones to.

Knows the table of clips and Samples; fits nothing. The bank names sources and generators, and holds no pixels.

python -m countermark.training.detector.reference --clips DIR --model release
"""

from __future__ import annotations

import argparse
import os
import tempfile
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from ...detector.adapting.bank import bank_of, write_bank
from ...detector.adapting.samples import Sample, sample
from ...detector.model import place
from ...detector.network import read_card
from ...errors import CountermarkError
from ...settings import Limits
from .folds import Clip, read_clips

LARGEST = 2 << 20  # bytes of a bank


def read_all(clips: Iterable[Clip], weights: Path, workers: int) -> list[Sample]:
    """Read clips as `adapt` does, each in a limited child of its own; those that can't be judged are named."""

    def one(clip: Clip) -> Sample | str:
        try:
            return sample(clip.path, weights, Limits(), group=clip.group, synthetic=clip.synthetic)
        except CountermarkError as error:
            return str(error)

    found: list[Sample] = []
    chosen = list(clips)
    with ThreadPoolExecutor(workers) as pool:
        for number, (clip, said) in enumerate(zip(chosen, pool.map(one, chosen), strict=True), 1):
            if isinstance(said, str):
                print(f"left out: {clip.name}: {said}", flush=True)
            else:
                found.append(said)
            if number % 20 == 0:
                print(f"{number} of {len(chosen)}", flush=True)
    return found


def main(given: Sequence[str] | None = None) -> None:
    """Read the clips and write the bank beside the weights."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clips", type=Path, required=True, help="folder with clips.tsv")
    parser.add_argument("--model", default="release", help="its name, or the folder of its files")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    asked = parser.parse_args(given)
    weights = place(asked.model)
    # Files' names say nothing that a head needs, and may say what is nobody's business.
    numbered = [
        Sample(str(number), one.group, one.synthetic, one.seconds, one.copies)
        for number, one in enumerate(read_all(read_clips(asked.clips / "clips.tsv"), weights, asked.workers))
    ]
    target = bank_of(weights)
    with tempfile.TemporaryDirectory(dir=target.parent) as folder:
        part = Path(folder) / target.name
        write_bank(numbered, part, read_card(weights).version)
        if part.stat().st_size > LARGEST:
            raise SystemExit(f"the bank has {part.stat().st_size} bytes; {LARGEST} are the most")
        part.replace(target)
    print(f"{target.name}: {len(numbered)} clips, {target.stat().st_size} bytes")


if __name__ == "__main__":
    main()
