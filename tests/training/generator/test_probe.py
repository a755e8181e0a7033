"""How the probe is taught: mirrored labels, light disturbance, its material; and what is said of the shipped one."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from countermark.bench.generator.reading import FOLDER, Probe
from countermark.bench.generator.rendered.grammar import CAMERAS, MOTIONS
from countermark.training.generator.probe import (
    ANSWERS,
    BATCH,
    FRESH,
    TRAINED,
    Material,
    _mirrored,
    answers,
    disturbed,
    held_out_in_mirror,
    loss_of,
    rendered,
    shares_right,
    untrained,
)  # fmt: skip
from countermark.training.generator.probe_network import GRID, SHARP, _flows, prepared


@pytest.fixture(scope="module")
def few(tmp_path_factory: pytest.TempPathFactory) -> np.ndarray:
    return rendered(tmp_path_factory.mktemp("clips") / "few.npy", FRESH, 12, True, 1)


def test_clips_are_rendered_once_and_gone_on_with(few, tmp_path: Path) -> None:
    part = np.lib.format.open_memmap(tmp_path / "some.part.npy", "w+", np.uint8, (4, 9, 128, 128, 4))
    part[:3] = few[:3]
    part[1, 1] = 7  # would be another if it were rendered anew
    part.flush()
    found = rendered(tmp_path / "some.npy", FRESH, 4, True, 1)
    assert (found[1, 1] == 7).all() and (found[3] == few[3]).all() and not (tmp_path / "some.part.npy").exists()


def test_in_a_mirror_left_is_right_and_twice_is_as_before() -> None:
    ways = dict(zip(ANSWERS, _mirrored(), strict=True))
    for name, names in (("motion", MOTIONS), ("camera", CAMERAS)):
        assert names[int(ways[name][names.index("pan left" if name == "camera" else "moves left")])].endswith("right")
    assert all((way[way] == torch.tensor([*range(len(way) - 1), -1])).all() for way in ways.values())


def test_what_is_disturbed_stays_what_it_was() -> None:
    clip = torch.randint(0, 256, (4, 9, 128, 128, 3), dtype=torch.uint8)
    light = prepared(clip, (1, 4))
    again = disturbed(*light, np.random.default_rng(3))
    assert [part.shape for part in again] == [part.shape for part in light] == [(4, 2, 3, 128, 128), (4, 27, 64, 64)]
    smooth = disturbed(torch.zeros(4, 2, 3, 128, 128), torch.zeros(4, 27, 64, 64), np.random.default_rng(3))
    assert all(float(part.abs().max()) < 0.5 and float(part.mean().abs()) < 0.1 for part in smooth)


def test_material_gives_clips_labels_and_maps_that_belong_together(few) -> None:
    many = np.concatenate([few] * 3)
    told = answers(FRESH, 12, True).repeat(3, 1)
    (sharp, stacked), right, maps = Material(many, told).batch(np.random.default_rng(0))
    assert sharp.shape[:2] == (BATCH, 2) and stacked.shape[:2] == (BATCH, 27) and right.shape == (BATCH, 9)
    assert maps.shape == (BATCH, 11, GRID, GRID) and 0 < float(maps.mean()) < 0.4
    network = untrained()
    loss = loss_of(*network.read(sharp, stacked), right, maps)
    loss.backward()
    assert all(part.grad is not None and bool(part.grad.isfinite().all()) for part in network.parameters())


def test_what_is_held_out_is_not_seen_in_a_mirror_either() -> None:
    told = answers(TRAINED, 400, False)
    apart = held_out_in_mirror(told)
    assert 10 < apart.sum() < 60, "such clips are there"
    told = told[torch.from_numpy(apart)].repeat(4, 1)
    shown = {tuple(row) for row in told.tolist()}
    material = Material(np.zeros((len(told), 9, 128, 128, 4), np.uint8), told)
    for seed in range(3):
        assert {tuple(row) for row in material.batch(np.random.default_rng(seed))[1].tolist()} <= shown


def test_others_are_turned_with_their_labels() -> None:
    known = answers(TRAINED, 100, False)
    told = known[(known[:, 4] == 0).numpy() & ~held_out_in_mirror(known)][:1].repeat(BATCH, 1)
    pixels = np.zeros((BATCH, 9, 128, 128, 4), np.uint8)
    pixels[:, :, :, :64, 3] = 255  # all of it on the left
    _, right, maps = Material(pixels, told).batch(np.random.default_rng(1))
    on_left = maps[:, 0, :, : GRID // 2].mean((1, 2)) > 0.5
    assert 0 < int(on_left.sum()) < BATCH
    assert [MOTIONS[int(way)] for way in right[:, 4]] == ["moves left" if left else "moves right" for left in on_left]


def test_a_camera_s_way_is_found() -> None:
    wide = np.random.default_rng(0).random((64, 84, 1)).astype(np.float32).repeat(3, 2)
    wide = torch.nn.functional.avg_pool2d(torch.from_numpy(wide).permute(2, 0, 1), 5, 1, 2).permute(1, 2, 0)
    frames = torch.stack([wide[:, shift : shift + 64] for shift in range(0, 18, 2)])  # what is seen goes left
    flows = _flows(frames.permute(0, 3, 1, 2).reshape(1, 27, 64, 64), torch.zeros(1, 9, GRID, GRID))
    pan, tilt, zoom, orbit = flows[0, :4]
    assert float(pan) < -0.5 and max(abs(float(way)) for way in (tilt, zoom, orbit)) < 0.2


def test_the_shipped_probe_is_small_and_reads_rendered_clips(few) -> None:
    card = json.loads((FOLDER / "probe.json").read_bytes())
    assert sum(path.stat().st_size for path in FOLDER.iterdir()) < 2_100_000
    assert card["answers"] == {name: list(values) for name, values in ANSWERS.items()}
    found = shares_right(Probe.load().see(few[..., :3]), answers(FRESH, 12, True))
    assert found["colour"] >= 0.8 and found["background"] >= 0.8 and found["shape"] >= 0.6
    assert set(card["ceiling"]) == set(ANSWERS) and len(SHARP) == 3
