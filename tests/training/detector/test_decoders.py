"""No fold is given a decoder of its own clips, weights are those of the table, and pictures come back as they went."""

import hashlib
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from countermark.training.detector import decoders as ours
from countermark.training.detector.decoder_fit import Material, fit, material, psnr
from countermark.training.detector.decoder_kinds import KINDS, Kind, build, rebuilt, through
from countermark.training.detector.decoders import Decoder, decoders
from countermark.training.detector.folds import FOLDS, Clip
from countermark.training.detector.reconstruct import low_band_swapped, reconstruct
from tests import recipes

WEIGHTS = Path(ours.__file__).parent / "decoders"
MEGABYTES = 12


def moving(count: int, size: tuple[int, int], seed: int = 0) -> np.ndarray:
    return np.stack(list(recipes.pictures(count, size, seed)))


def one_of(family: str) -> Decoder:
    return next(decoder for decoder in decoders(None) if decoder.kind.family == family)


def test_a_fold_is_never_given_its_own_decoders() -> None:
    every = decoders(None)
    assert len({decoder.number for decoder in every}) == len(every)
    for fold in range(FOLDS):
        given = decoders(fold)
        assert {decoder.fold for decoder in given} == set(range(FOLDS)) - {fold}
        assert set(given) == {decoder for decoder in every if decoder.number % FOLDS != fold}


def test_what_a_fold_holds_out_no_other_holds_out_alike() -> None:
    held = [KINDS[fold::FOLDS] for fold in range(FOLDS)]
    makes = [frozenset((kind.family, kind.factor, kind.up, kind.loss) for kind in three) for three in held]
    assert all(len(three) == 3 for three in makes)
    assert len(set(makes)) == FOLDS
    assert len({kind.name for kind in KINDS}) == len(KINDS)


def test_weights_are_those_of_the_table_and_small() -> None:
    files = {path.stem: path for path in WEIGHTS.glob("*.safetensors")}
    assert set(files) == {decoder.name for decoder in decoders(None)}
    for decoder in decoders(None):
        assert hashlib.sha256(files[decoder.name].read_bytes()).hexdigest() == decoder.sha256
    assert sum(path.stat().st_size for path in files.values()) < MEGABYTES * 2**20


@pytest.mark.parametrize("decoder", decoders(None), ids=lambda decoder: decoder.name)
def test_each_decoder_draws_what_it_was_shown(decoder: Decoder) -> None:
    frames = moving(4, (96, 64))
    back = reconstruct(decoder, frames)
    assert back.shape == frames.shape and (back != frames).any()
    light, shown = (pictures.mean(axis=3).ravel() for pictures in (back, frames))
    assert np.corrcoef(light, shown)[0, 1] > 0.9, "colours that footage seldom has are muted by some; light is not"


@pytest.mark.parametrize("family", sorted({decoder.kind.family for decoder in decoders(None)}))
@pytest.mark.parametrize("shape", [(1, 32, 33), (5, 47, 61), (3, 50, 34)])
def test_any_size_and_number_of_frames_comes_back(family: str, shape: tuple[int, int, int]) -> None:
    count, height, width = shape
    frames = moving(count, (width, height))
    before, threads = frames.copy(), torch.get_num_threads()
    back = reconstruct(one_of(family), frames)
    assert back.shape == frames.shape and back.dtype == np.uint8
    assert (frames == before).all() and torch.get_num_threads() == threads


def test_what_is_too_small_or_no_clip_is_refused() -> None:
    for shape in ((2, 31, 64, 3), (64, 64, 3), (0, 64, 64, 3), (2, 64, 64, 1)):
        with pytest.raises(ValueError, match="frames are"):
            reconstruct(one_of("ladder"), np.zeros(shape, np.uint8))


@pytest.mark.parametrize("family", ["ladder", "video"])
def test_only_a_video_decoder_lets_frames_reach_each_other(family: str) -> None:
    kind = next(kind for kind in KINDS if kind.family == family)
    torch.manual_seed(0)
    network = build(kind).eval()
    frames = moving(6, (40, 36))
    other = frames.copy()
    other[5] = 255 - other[5]
    gap = np.abs(rebuilt(kind, network, frames).astype(int) - rebuilt(kind, network, other)).max(axis=(1, 2, 3))
    assert gap[5] > 0 and (gap[4] > 0) == (family == "video")


@pytest.mark.parametrize("size", [(64, 48), (65, 49)])
def test_bands_are_swapped_and_nothing_else(size: tuple[int, int]) -> None:
    real = moving(2, size)
    assert (low_band_swapped(real, real) == real).all()
    brighter = np.clip(real.astype(int) + 9, 0, 245).astype(np.uint8)
    lifted = np.clip(real, 0, 236)
    assert (low_band_swapped(lifted, lifted + 9) == lifted).all()  # what differs lies in the low band alone
    assert (low_band_swapped(lifted, lifted + 9, reverse=True) == lifted + 9).all()
    mixed = low_band_swapped(real, brighter)
    assert mixed.shape == real.shape and mixed.dtype == np.uint8
    with pytest.raises(ValueError, match="one shape"):
        low_band_swapped(real, real[:1])


def test_the_low_band_of_a_mixture_is_the_real_one() -> None:
    random = np.random.default_rng(0)
    real, fake = (random.integers(90, 160, (2, 32, 32, 3), dtype=np.uint8) for _ in range(2))
    mixed = low_band_swapped(real, fake).astype(float)

    def means(frames: np.ndarray) -> np.ndarray:
        return frames.astype(float).reshape(2, 16, 2, 16, 2, 3).mean(axis=(2, 4))

    assert np.abs(means(mixed) - means(real)).max() <= 0.5
    assert np.abs((mixed - fake).reshape(2, 16, 2, 16, 2, 3).std(axis=(2, 4))).max() <= 0.5


@pytest.mark.parametrize("number", range(len(KINDS)), ids=lambda number: KINDS[number].name)
def test_a_kind_keeps_shapes_and_passes_gradients_everywhere(number: int) -> None:
    kind = KINDS[number]
    torch.manual_seed(0)
    network = build(kind)
    pictures = torch.rand(1, 3, kind.time, 32, 32) * 2 - 1
    back = through(kind, network, pictures)
    assert back.shape == pictures.shape
    (back - pictures).abs().mean().backward()
    assert all(value.grad is not None and torch.isfinite(value.grad).all() for value in network.parameters())


def test_training_lowers_the_difference_and_gives_the_same_weights_again() -> None:
    spans = (moving(8, (80, 72)),)
    for kind in (
        Kind("ladder", 4, 8, "shuffle", "adversarial", steps=12),
        Kind("video", 8, 8, "smooth", "edges", width=8),
    ):
        short = replace(kind, steps=12)
        one, two = (fit(short, Material(spans, spans), seed=3) for _ in range(2))
        weights, again = one.network.state_dict(), two.network.state_dict()
        assert all(torch.equal(weights[key], again[key]) for key in weights)
        torch.manual_seed(3)
        assert one.psnr > psnr(short, build(short).eval(), spans)


def test_clips_whose_psnr_is_measured_teach_nothing(tmp_path: Path) -> None:
    clips = []
    for number in range(3):
        path = recipes.clip(tmp_path / f"{number}.mp4", seconds=0.5, size=(96, 80), seed=number)
        clips.append(Clip(path, "real", f"source{number}", "camera", 0))
    cut = material(clips, seed=0)
    alone = material([clips[0], clips[1]], seed=0)
    assert cut.kept and len(cut.learned) == 2 * len(cut.kept)
    assert all((one == other).all() for one, other in zip(cut.kept, alone.kept, strict=True))
    assert not any(one.shape == kept.shape and (one == kept).all() for one in cut.learned for kept in cut.kept)
    assert Counter(span.shape for span in cut.learned) == {(8, 80, 96, 3): len(cut.learned)}
