"""A fake is cut where its original was, through the same chain."""

from functools import partial
from pathlib import Path

import numpy as np
import pytest

from countermark.training.detector.decoders import decoders
from countermark.training.detector.fakes import Means, fakes_of
from countermark.training.detector.folds import Clip
from countermark.training.detector.shards import Shard, as_it_is, read, write
from tests import recipes

VARIANTS = 3


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> tuple[Clip, ...]:
    folder = tmp_path_factory.mktemp("clips")
    made = []
    for number in range(3):
        path = recipes.clip(folder / f"{number}.mp4", seconds=2, size=(320, 192), fps=12, seed=number)
        made.append(Clip(path, "synthetic" if number == 2 else "real", f"source-{number}", "camera", 1))
    return tuple(made)


def shard(folder: Path, make: object, clips: tuple[Clip, ...], first: int = 0) -> Shard:
    jobs = [(clip, first + variant) for variant in range(VARIANTS) for clip in clips]
    assert write(make, jobs, folder, 1) == len(jobs) * 12  # type: ignore[arg-type]
    return read([folder])[0]


def test_a_fake_is_cut_where_its_original_was(clips: tuple[Clip, ...], tmp_path: Path) -> None:
    reals = clips[:2]
    means = Means(clips, tuple(one for one in decoders(None) if one.kind.family == "ladder"))
    whole = shard(tmp_path / "clips", as_it_is, reals)
    own = shard(tmp_path / "own", partial(fakes_of, means), reals)
    assert [whole.clips[i] for i in whole.clip] == [own.clips[i] for i in own.clip]
    near = np.abs(own.pairs.astype(float) - whole.pairs).mean()
    far = np.abs(own.pairs.astype(float) - np.roll(whole.pairs, 12, axis=0)).mean()
    assert near < far / 2
