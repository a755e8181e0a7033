import numpy as np
import pytest

from countermark.training.detector.chain import MATCHED, Chain, Pass, captioned, encoded, random_chain, through


@pytest.fixture(scope="module")
def frames() -> np.ndarray:
    rng = np.random.default_rng(1)
    ground = rng.integers(40, 200, (130, 170, 3)).astype(np.uint8)
    return np.stack([np.roll(ground, shift, axis=1)[:128, :160] for shift in range(5)])


def test_a_draw_depends_on_chance_alone() -> None:
    draws = [random_chain(np.random.default_rng(seed)) for seed in range(200)]
    assert draws == [random_chain(np.random.default_rng(seed)) for seed in range(200)]
    assert {step.codec for chain in draws for step in chain.passes} == {"h264", "hevc", "vp9", "av1"}
    assert {len(chain.passes) for chain in draws} == {1, 2}
    assert any(chain.palette for chain in draws) and any(chain.caption is not None for chain in draws)
    assert min(chain.scale for chain in draws) >= 0.5 and any(chain.scale == 1 for chain in draws)


@pytest.mark.parametrize("step", [Pass("h264", "veryfast", 30), Pass("hevc", "ultrafast", 32), Pass("vp9", "7", 40),
                                  Pass("av1", "12", 42)])  # fmt: skip
def test_every_encoder_gives_as_many_frames_that_lost_something(frames: np.ndarray, step: Pass) -> None:
    shown = encoded(frames, step, 24)
    assert shown.shape == frames.shape and shown.dtype == np.uint8
    error = float(np.abs(shown.astype(float) - frames).mean())
    assert 0.5 < error < 40


def test_a_chain_scales_and_loses_no_frame(frames: np.ndarray) -> None:
    shown = through(frames, MATCHED["half-crf28"])
    assert shown.shape == (5, 64, 80, 3)


def test_a_palette_leaves_few_colours(frames: np.ndarray) -> None:
    shown = through(frames, Chain(1.0, 3, 24, (), palette=16))
    assert len(np.unique(shown[0].reshape(-1, 3), axis=0)) <= 16


def test_a_caption_is_over_all_frames_alike(frames: np.ndarray) -> None:
    shown = captioned(frames, np.random.default_rng(5))
    changed = [(one != other).any(axis=2) for one, other in zip(frames, shown, strict=True)]
    assert changed[0].any() and not changed[0].all()
    both = np.logical_and.reduce(changed)
    assert both.sum() > 0.5 * changed[0].sum(), "it stays where it is"
