"""Writes the release's reference bank: the clips it was trained with, in numbers, so that `adapt` has what to hold to.

Each clip is read by the network of the fold that lacks it, and judged by that fold's model: so its real half was never
seen by what judges it. What was read is kept in the work folder, fold by fold, and serves `adapt_bench` as well. Knows
the table of clips and Samples; fits nothing. The bank names sources and generators, and holds no pixels.

    python -m countermark.training.detector.reference --clips DIR [DIR] --work DIR [--processes 2]
"""

from __future__ import annotations

import argparse
import hashlib
import multiprocessing
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

import cv2

from ...bench.detector.keys import code
from ...detector.adapting.bank import bank_of, read_bank, write_bank
from ...detector.adapting.samples import Sample, read, rebuilt
from ...detector.model import RELEASE, Model, load, reader
from ...detector.network import read_card
from ...errors import CountermarkError
from ...media.probe import digest_of
from ...settings import Limits
from .folds import FOLDS, Clip, read_clips

LARGEST = 3 << 20  # bytes of a bank
ROOT = Path(__file__).resolve().parents[2]
_LOOKS = (
    *("detector/adapting/samples.py", "detector/adapting/bank.py", "detector/looker.py", "detector/tiles.py"),
    *("detector/pooling.py", "detector/quality.py", "detector/statistics/*.py", "detector/network.py"),
    *("media/decode.py", "media/encode.py", "media/views.py"),
)


def samples_of(fold: int, clips: Sequence[Clip], work: Path, processes: int) -> tuple[Sample, ...]:
    """Read a fold's clips by the model that lacks them; kept, so that these very models and files are read once.

    A clip goes by its place in the table: what its file is called is nobody's business.
    """
    mine, model = {str(place): clip for place, clip in enumerate(clips) if clip.fold == fold}, load(f"fold-{fold}")
    work.mkdir(parents=True, exist_ok=True)
    path = work / f"reference-{fold}-{_key(mine, model)}.npz"
    if not path.is_file():
        found = _read_all(mine, model, processes)
        part = path.with_suffix(".part")
        write_bank(found, part, model)
        part.replace(path)
    return read_bank(path, model)


def _key(clips: Mapping[str, Clip], model: Model) -> str:
    """Digest all that numbers depend on: the model, the files, and the code that looks."""
    parts = [read_card(model.weights).version, model.version, code(ROOT, _LOOKS)]
    parts += [f"{name} {clip.group} {clip.label} {digest_of(clip.path)}" for name, clip in clips.items()]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]


def _read_all(clips: Mapping[str, Clip], model: Model, processes: int) -> list[Sample]:
    """Read clips as `adapt` does, in processes of ours; those that can't be judged are named."""
    found: list[Sample] = []
    for number, (clip, said) in enumerate(zip(clips.values(), _made(clips, model, processes), strict=True)):
        if isinstance(said, str):
            print(f"left out: {clip.name}: {said}", flush=True)
        else:
            found.append(said)
        if number % 20 == 0:
            print(f"{model.name}: {number} of {len(clips)} clips", flush=True)
    return found


def _made(clips: Mapping[str, Clip], model: Model, processes: int) -> Iterator[Sample | str]:
    """Read all in order; one process is this one. Others are begun afresh: a fork beside threads may never end."""
    if processes == 1:
        yield from map(partial(_of_clip, model.name), clips, clips.values())
        return
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes, context, initializer=partial(cv2.setNumThreads, 1)) as pool:
        yield from pool.map(partial(_of_clip, model.name), clips, clips.values())


def _of_clip(model: str, name: str, clip: Clip) -> Sample | str:
    try:
        with tempfile.TemporaryDirectory(prefix="countermark-copies-") as folder:
            told = read(clip.path, reader(model), Limits(), folder)
        return rebuilt(told, name, load(model), clip.group, clip.synthetic)
    except CountermarkError as error:
        return str(error)


def main(given: Sequence[str] | None = None) -> None:
    """Read the clips and write the bank beside the release's weights."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clips", type=Path, nargs="+", required=True, help="folders with clips.tsv")
    parser.add_argument("--work", type=Path, required=True, help="folder for what was read of clips")
    parser.add_argument("--processes", type=int, default=2)
    asked = parser.parse_args(given)
    clips = [clip for folder in asked.clips for clip in read_clips(folder / "clips.tsv")]
    found = [one for fold in range(FOLDS) for one in samples_of(fold, clips, asked.work, asked.processes)]
    release = load(RELEASE)
    target = bank_of(release.weights)
    with tempfile.TemporaryDirectory(dir=target.parent) as folder:
        part = Path(folder) / target.name
        write_bank(found, part, release)
        if part.stat().st_size > LARGEST:
            raise SystemExit(f"the bank has {part.stat().st_size} bytes; {LARGEST} are the most")
        part.replace(target)
    print(f"{target.name}: {len(found)} clips, {target.stat().st_size} bytes")


if __name__ == "__main__":
    main()
