"""The whole bench, the renderer standing in for the model: what it makes is what was asked for."""

import json
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from countermark.bench.generator.making import taught_by
from countermark.bench.generator.prompts import Prompt, like, prompts
from countermark.bench.generator.reading import Probe
from countermark.bench.generator.rendered.clips import clip
from countermark.bench.generator.rendered.drawing import render
from countermark.bench.generator.results import GeneratorReport, Shares
from countermark.bench.generator.run import Asked, run_generator
from countermark.bench.generator.run import shortfalls as short_of
from countermark.cli.measuring_generator import rows_of
from countermark.errors import NetworkUnfit

ASKED = Asked(prompts=10, processes=1)


def known() -> dict[str, Prompt]:
    return {one.words: one for held_out in (True, False) for one in prompts(10, 0, held_out)}


@dataclass(frozen=True)
class Renderer:
    """Draws what is asked for by other chances than the clips that it is held to."""

    name: str = "rendered"
    steps: int = 1
    guidance: float = 1.0
    taught: int = 200
    asked: dict[str, Prompt] = field(default_factory=known)

    def text(self, prompt: str, seed: int):
        return render(self.asked[prompt].shot, np.random.default_rng([77, seed]))

    def image(self, prompt: str, seed: int, first):
        one = self.asked[prompt]
        return clip("square", one.number, one.held_out)[1]

    def extend(self, prompt: str, seed: int, begun):
        made = self.image(prompt, seed, begun[0]).copy()
        made[8] = np.clip(made[8].astype(int) + 20, 0, 255)
        return made

    def seconds_per_clip(self) -> float:
        return 0.1

    def megabytes(self) -> float:
        return 0.0


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> tuple[GeneratorReport, list[Path]]:
    folder = tmp_path_factory.mktemp("bench")
    heard = list[float]()
    asked = Asked(**{**vars(ASKED), "out": folder / "results", "sheets": folder / "sheets"})
    report, files = run_generator(asked, Renderer(), Probe.load(), heard.append)
    assert heard == sorted(heard) and heard[-1] == 1
    return report, files


def test_what_is_rendered_is_read_as_well_as_the_ceiling(measured) -> None:
    gate = measured[0].gate
    for name in ("colour", "background", "light"):
        assert getattr(gate.held_out, name) >= 0.8 and getattr(gate.probe_ceiling, name) >= 0.8, name
    assert abs(gate.held_out.shape - gate.probe_ceiling.shape) <= 0.4
    assert gate.shuffled.colour <= 0.5


def test_pictures_that_come_back_are_counted(measured) -> None:
    report = measured[0]
    assert report.gate.i2v_psnr == 99 and report.first_frame.worst_decile == 99
    assert report.gate.extend_psnr == pytest.approx(22.5, abs=1)
    assert report.extended.given.mean > report.extended.joint.mean + 8
    assert report.extended.step == report.extended.step_rendered < 60


def test_the_report_says_what_is_short(measured) -> None:
    report = measured[0]
    assert not report.met and any("joint" in words for words in report.short)
    assert short_of(report.gate, report.certainty, report.extended, report.prompts) == report.short
    rows = "\n".join(rows_of(report))
    assert "THE GATE IS NOT MET" in rows and f"{report.gate.held_out.motion:.3f}" in rows


def test_few_prompts_meet_no_gate(measured) -> None:
    report = measured[0]
    assert "10 prompts are too few to say, asked for 200" in report.short
    perfect = Shares(*[1.0] * 9, clips=200)
    gate = replace(report.gate, held_out=perfect, nearest_neighbour_ratio=1.0, i2v_psnr=30.0, extend_psnr=30.0)
    certainty = replace(report.certainty, chance=perfect)
    assert [len(short_of(gate, certainty, report.extended, asked)) for asked in (199, 200)] == [1, 0]


def test_a_wild_frame_after_the_joint_is_short_however_clean_the_joint(measured) -> None:
    report = measured[0]
    gate, joined = replace(report.gate, extend_psnr=40.0), replace(report.extended, step=28.0, step_rendered=30.0)
    assert not any("new frame" in words for words in short_of(gate, report.certainty, joined, 240))
    (words,) = set(short_of(gate, report.certainty, replace(joined, step=15.0), 240)) - set(
        short_of(gate, report.certainty, joined, 240)
    )
    assert words == "first new frame 15.0 dB from the one before, asked for 23.8"


def test_fresh_clips_are_about_as_near_as_fresh_clips_and_flicker_alike(measured) -> None:
    report = measured[0]
    assert 0.7 < report.gate.nearest_neighbour_ratio < 1.4
    assert 0.7 < report.flicker.ratio < 1.4


def test_near_clips_are_looked_for_among_those_that_taught_the_model(measured) -> None:
    assert measured[0].nearness.among == 200 and all(number < 200 for number in like(prompts(10, 0, True), 4, 200))
    assert taught_by({"clips_taught": {"square": 15_360, "wide": 5_120}}) == 15_360


@pytest.mark.parametrize(
    "card", [{}, {"clips_taught": 20_000}, {"clips_taught": {"wide": 5}}, {"clips_taught": {"square": 0}}]
)
def test_a_card_that_does_not_say_what_taught_the_model_is_refused(card) -> None:
    with pytest.raises(NetworkUnfit, match="clips_taught"):
        taught_by(card)


def test_files_hold_the_figures_and_the_sheets_the_clips(measured) -> None:
    report, files = measured
    assert [path.name for path in files] == [
        "generator.json", "generator-held-out-1.jpg", "generator-held-out-2.jpg",
        "generator-image-1.jpg", "generator-extend-1.jpg",
    ]  # fmt: skip
    told = json.loads(files[0].read_bytes())
    assert told["gate"]["held_out"]["colour"] == report.gate.held_out.colour
    assert set(told["gate"]["trained"]) >= {"colour", "background", "camera", "shape", "motion"}
    with Image.open(files[1]) as sheet:
        assert sheet.width > 5 * 128 and sheet.height > 8 * 128


def test_a_probe_whose_card_is_broken_is_refused(tmp_path: Path) -> None:
    (tmp_path / "probe.json").write_text('{"answers": []}')
    with pytest.raises(NetworkUnfit):
        Probe.load(tmp_path)
