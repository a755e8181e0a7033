"""Visible labels: whether they are found where they are and missed where not, what the mark bears, what they cost.

    python -m benchmarks.labels [--quick] [--clips FOLDER] [--only seen,mark,cost] [--choose]

Clips are those that `bench watermark` chooses: by the digest of their names, of every subfolder in turn, a short side
of 480 or more, scaled down to 480. Those whose names have an even digest serve to choose the threshold of likeness
(`--choose`, together with clips made in code); the others are reported on.

seen: the first half second of each clip is stamped with each label by the product's own drawing, painting and encoder,
CRF 18; each copy is looked at by the product's examiner, at every picture. Where the label is left, it must be seen at
all of them: the least likeness counts. Where it is gone, at none: the greatest counts. mirrored: reported apart, for
the examiner looks where the manifest says.
mark: twelve clips of 4 s, marked without labels, with those of eu, cn and in, each alone and all three; read back from
copies. What was lost is named.
cost: the CPU time of a re-encode with these three labels against one without, in turn; the median of the ratios. An
encoder has less to do where a label is plain; what painting itself takes is told beside.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import statistics
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from countermark.bench.watermark.clips import Source, choose_clips, pictures
from countermark.bench.watermark.marking import STAMPED
from countermark.bench.watermark.reading import read
from countermark.disclosure.visible.drawing import Drawn, draw
from countermark.disclosure.visible.examiner import THRESHOLD, LabelExaminer
from countermark.disclosure.visible.wanted import labels_for
from countermark.generator.procedural import Shot, render
from countermark.media import EncodeSettings, Geometry, Video, encode, frames, look, probe, transcode
from countermark.media.overlay import Overlay, Painter
from countermark.settings import Limits
from countermark.watermark import OPEN_KEY, Embedder

from .record import RESULTS, lacking, say, write

CLIPS = Path(__file__).resolve().parents[2] / "shared" / "data" / "clips"
OWN, OTHER = "Made by a machine", "Holidays at the sea"
SEEN_LABELS = ("eu", "cn", "in", OWN)
MARK_LABELS = "eu,cn,in"
MADE = ("a sailing boat on the sea at sunset", "a city at night with rain", "snow over forest and birds", "sky")
FAST = EncodeSettings(preset="veryfast", crf=23, threads=1)
CLIPS_SEEN, SECONDS_SEEN = 60, 0.5
CROPPED = 0.2  # of each side: more than labels keep from the edge

Picture = NDArray[np.uint8]
Place = tuple[slice, slice]


@dataclass(frozen=True)
class Clip:
    """Pictures in memory, and where they come from."""

    name: str
    shown: list[Picture]
    size: tuple[int, int]
    rate: Fraction


def main() -> None:
    """Measure the parts that are asked for; parts measured before stay in the result."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="a clip or two, to see that it runs")
    parser.add_argument("--clips", type=Path, default=CLIPS, help="default: ../shared/data/clips")
    parser.add_argument("--only", default="seen,mark,cost", help="parts, by commas")
    parser.add_argument("--choose", action="store_true", help="measure `seen` on what the threshold is chosen from")
    asked = parser.parse_args()
    cv2.setNumThreads(1)
    names = ["chosen_from"] if asked.choose else asked.only.split(",")
    if set(names) != {"cost"} and not asked.clips.is_dir():
        lacking(f"no {asked.clips}: name a folder of clips with --clips")
    parts: dict[str, Callable[[Path], Any]] = {
        "chosen_from": lambda work: _seen(_for_choosing(asked.clips, asked.quick), work),
        "seen": lambda work: _seen(_clips(asked.clips, asked.quick, choosing=False), work),
        "mark": lambda work: _mark(asked.clips, work, 1 if asked.quick else 12),
        "cost": lambda work: _cost(work, 3 if asked.quick else 9),
    }
    path = RESULTS / ("labels.quick.json" if asked.quick else "labels.json")
    for name in names:
        say(f"measuring {name}")
        figures = json.loads(path.read_text())["figures"] if path.exists() else {}
        with tempfile.TemporaryDirectory() as folder:
            figures[name] = parts[name](Path(folder))
        write("labels", figures, quick=asked.quick)
    print(path)


# Whether they are seen -----------------------------------------------------------------------------------------------


def _seen(clips: Iterable[Clip], work: Path) -> dict[str, Any]:
    found: dict[str, list[float]] = {}
    unsaid: dict[str, int] = {}
    names = []
    for clip in clips:
        say(f"  {clip.name}")
        names.append(clip.name)
        for label in SEEN_LABELS:
            [drawn] = draw(labels_for([label]), clip.size, len(clip.shown) / float(clip.rate))
            for copy, path in _copies(clip, drawn, work):
                likeness = _likeness(path, drawn, least=copy in LEFT)
                if likeness is None:
                    unsaid[copy] = unsaid.get(copy, 0) + 1
                else:
                    found.setdefault(copy, []).append(likeness)
    rows = {copy: _row(values, unsaid.get(copy, 0)) for copy, values in found.items()}
    left = [row for copy, row in rows.items() if copy in LEFT]
    gone = [row for copy, row in rows.items() if copy in GONE]
    return {
        "threshold": THRESHOLD,
        "clips": len(names),
        "labels": list(SEEN_LABELS),
        "left": {"seen": sum(r["present"] for r in left), "of": sum(r["looked_at"] for r in left)},
        "gone": {"wrongly_seen": sum(r["present"] for r in gone), "of": sum(r["looked_at"] for r in gone)},
        "lowest_left": min(r["likeness"][0] for r in left),
        "highest_gone": max(r["likeness"][-1] for r in gone),
        "copies": rows,
    }


def _row(values: list[float], unsaid: int) -> dict[str, Any]:
    return {
        "looked_at": len(values),
        "present": sum(value >= THRESHOLD for value in values),
        "inconclusive": unsaid,
        "likeness": [round(float(q), 3) for q in np.quantile(values, (0, 0.02, 0.5, 0.98, 1))],
    }


def _likeness(path: Path, drawn: Drawn, *, least: bool) -> float | None:
    examiner = LabelExaminer(drawn.claim)
    look(path, (), [examiner], Limits())
    found = [one.likeness for one in examiner.looks]
    return (min if least else max)(found) if found else None


def _copies(clip: Clip, drawn: Drawn, work: Path) -> Iterator[tuple[str, Path]]:
    """Give copies one by one; each is written over the one before."""
    plain, stamped, copy = work / "plain.mp4", work / "stamped.mp4", work / "copy.mp4"
    _write(clip, clip.shown, plain, FAST)
    yield "never labelled", plain
    _write(clip, clip.shown, stamped, replace(STAMPED, preset="veryfast"), drawn)
    yield "as stamped", stamped
    video = probe(stamped, Limits())
    for name, settings in CODED.items():
        transcode(video, copy, settings)
        yield name, copy
    shown, before = _decoded(stamped), _decoded(plain)
    _write(replace(clip, rate=clip.rate / 2), shown[::2], copy, replace(FAST, crf=28))
    yield "half the frames, CRF 28", copy
    high, wide = drawn.overlay.picture.shape[:2]
    place = slice(drawn.overlay.y, drawn.overlay.y + high), slice(drawn.overlay.x, drawn.overlay.x + wide)
    for name, change in CHANGED.items():
        _write(clip, [change(one.copy(), place, old) for one, old in zip(shown, before, strict=True)], copy, FAST)
        yield name, copy
    [other] = draw(labels_for([f"{OTHER} [{_where(drawn)}]"]), clip.size, None)
    _write(clip, clip.shown, copy, FAST, other)
    yield "another text in its place", copy


def _where(drawn: Drawn) -> str:
    region = drawn.claim.region
    down = "upper" if region.y + region.height / 2 < 0.5 else "lower"
    return f"{down}-{'left' if region.x < 0.5 else 'right'}"


def _covered(picture: Picture, place: Place, before: Picture) -> Picture:
    picture[place] = picture[place].reshape(-1, 3).mean(0)
    return picture


def _blurred(picture: Picture, place: Place, before: Picture) -> Picture:
    picture[place] = cv2.GaussianBlur(picture[place], (0, 0), picture[place].shape[0] / 6)
    return picture


def _inpainted(picture: Picture, place: Place, before: Picture) -> Picture:
    mask = np.zeros(picture.shape[:2], np.uint8)
    mask[place] = 255
    return np.asarray(cv2.inpaint(picture, mask, 3, cv2.INPAINT_TELEA), np.uint8)


def _put_back(picture: Picture, place: Place, before: Picture) -> Picture:
    picture[place] = before[place]
    return picture


def _cropped(picture: Picture, place: Place, before: Picture) -> Picture:
    high, wide = picture.shape[:2]
    down, across = round(CROPPED * high), round(CROPPED * wide)
    return np.asarray(cv2.resize(picture[down : high - down, across : wide - across], (wide, high)), np.uint8)


def _dimmed(picture: Picture, place: Place, before: Picture) -> Picture:
    return np.asarray(picture * 0.6, np.uint8)


def _mirrored(picture: Picture, place: Place, before: Picture) -> Picture:
    return np.ascontiguousarray(picture[:, ::-1])


CODED = {
    "0.5x, CRF 28": replace(FAST, crf=28, scale=0.5),
    "CRF 33": replace(FAST, crf=33),
    "HEVC CRF 28": EncodeSettings("hevc", "veryfast", 28, threads=1),
}
CHANGED: dict[str, Callable[[Picture, Place, Picture], Picture]] = {
    "dimmed to 0.6": _dimmed,
    "mirrored": _mirrored,
    "cropped away": _cropped,
    "covered by one colour": _covered,
    "blurred by a sixth of its height": _blurred,
    "inpainted": _inpainted,
    "background put back": _put_back,
}
LEFT = {"as stamped", *CODED, "half the frames, CRF 28", "dimmed to 0.6"}
GONE = {"never labelled", *CHANGED, "another text in its place"} - LEFT - {"mirrored"}


def _for_choosing(folder: Path, quick: bool) -> Iterator[Clip]:
    rate = Fraction(24)
    for prompt in MADE[: 1 if quick else None]:
        size = (480, 854) if "rain" in prompt else (854, 480)
        yield Clip(prompt, list(render(Shot(prompt, size=size, seconds=SECONDS_SEEN, frame_rate=rate))), size, rate)
    yield from _clips(folder, quick, choosing=True)


def _clips(folder: Path, quick: bool, *, choosing: bool) -> Iterator[Clip]:
    sources = choose_clips(folder, CLIPS_SEEN).large
    wanted = [source for source in sources if _even(source) == choosing]
    for source in wanted[: 1 if quick else None]:
        yield Clip(source.name, list(pictures(source, SECONDS_SEEN)), source.size, source.rate)


def _even(source: Source) -> bool:
    return hashlib.sha256(source.name.encode()).digest()[-1] % 2 == 0


# Whether the mark bears them -----------------------------------------------------------------------------------------

MARK_WAYS = ("none", "eu", "cn", "in", MARK_LABELS)
MARK_COPIES = {
    "as stamped": None,
    "0.75x, CRF 28": EncodeSettings("h264", "medium", 28, threads=1, scale=0.75),
    "CRF 33": EncodeSettings("h264", "medium", 33, threads=1),
    "HEVC CRF 28": EncodeSettings("hevc", "fast", 28, threads=1),
}


def _mark(folder: Path, work: Path, count: int) -> dict[str, Any]:
    rows = {name: dict.fromkeys(MARK_WAYS, 0) for name in MARK_COPIES}
    ratios, lost = [], []
    sources = choose_clips(folder, count).large
    for source in sources:
        say(f"  {source.name}")
        clip = Clip(source.name, list(pictures(source, 4.0)), source.size, source.rate)
        spent = {}
        for way in MARK_WAYS:
            drawn = draw(labels_for([way]), clip.size, len(clip.shown) / float(clip.rate)) if way != "none" else ()
            marked = work / "marked.mp4"
            embed = Embedder(source.payload, OPEN_KEY, Geometry(*clip.size))
            spent[way] = _write(clip, clip.shown, marked, STAMPED, *drawn, touch=embed)
            for name, settings in MARK_COPIES.items():
                copy = transcode(probe(marked, Limits()), work / "copy.mp4", settings).path if settings else marked
                accuracy = read(copy).accuracy(source.payload)
                rows[name][way] += accuracy is not None
                if accuracy is None:
                    covered = round(_covered_by(drawn, clip.size), 3)
                    lost.append({"clip": source.name, "copy": name, "labels": way, "covered": covered})
        ratios.append(spent[MARK_LABELS] / spent["none"])
    return {
        "clips": len(sources),
        "read_by_copy_and_labels": rows,
        "lost": lost,
        "marking_and_encoding_cpu_ratio": statistics.median(ratios),
    }


def _covered_by(drawn: Iterable[Drawn], size: tuple[int, int]) -> float:
    """How much of the picture lies under labels."""
    return sum(one.overlay.size[0] * one.overlay.size[1] for one in drawn) / (size[0] * size[1])


# What they cost ------------------------------------------------------------------------------------------------------


def _cost(work: Path, rounds: int) -> dict[str, Any]:
    size, rate = (1280, 720), Fraction(24)
    source = work / "source.mp4"
    shot = Shot(MADE[0], size=size, seconds=4.0, frame_rate=rate)
    encode(render(shot), source, size=size, frame_rate=rate, settings=EncodeSettings())
    video, settings = probe(source, Limits()), EncodeSettings(threads=1)
    drawn = draw(labels_for([MARK_LABELS]), size, video.duration_s)
    overlays = [one.overlay for one in drawn]
    ratios, plain = [], []
    for _ in range(rounds):
        spent = []
        for over in ((), overlays):
            begun = time.process_time()
            transcode(video, work / "copy.mp4", settings, overlays=over)
            spent.append(time.process_time() - begun)
        ratios.append(spent[1] / spent[0])
        plain.append(spent[0])
    return {
        "rounds": rounds,
        "covered": _covered_by(drawn, size),
        "encoding_cpu_ratio": statistics.median(ratios),
        "painting_to_encoding": _painting(video, overlays) / statistics.median(plain),
    }


def _painting(video: Video, overlays: list[Overlay]) -> float:
    """The CPU time of painting alone, every frame of a video."""
    paint = Painter(overlays, video.geometry, video.pixel_format, video.colour, video.geometry.display_size)
    spent = 0.0
    for moment in frames(video.path, limits=Limits()):
        moment.frame.make_writable()
        begun = time.process_time()
        paint(moment.frame, moment.seconds)
        spent += time.process_time() - begun
    return spent


def _write(
    clip: Clip, shown: Iterable[Picture], path: Path, settings: EncodeSettings, *drawn: Drawn, touch: Any = None
) -> float:
    """Encode pictures with labels over them; give the CPU time that this took."""
    overlays = tuple(one.overlay for one in drawn)
    begun = time.process_time()
    encode(shown, path, size=clip.size, frame_rate=clip.rate, settings=settings, overlays=overlays, touch=touch)
    return time.process_time() - begun


def _decoded(path: Path) -> list[Picture]:
    return [np.asarray(one.frame.to_ndarray(format="rgb24"), np.uint8) for one in frames(path, limits=Limits())]


if __name__ == "__main__":
    main()
