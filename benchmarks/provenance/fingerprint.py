"""How often copies are known by fingerprint alone, how often something else is taken for them, and how fast that is.

    python -m benchmarks.provenance.fingerprint --clips FOLDER [--quick] [--keep FOLDER]

FOLDER holds `clips.tsv` (columns path and group). `fingerprint_copies` says which clips and copies there are, and which
of them thresholds were chosen on (`dev`); what is reported as `recall` is of the others (`held out`).

Recall: every copy is read by the examiner that verify uses, and looked for by `lookup.find` among all clips' originals
and so many made-up records that the index has lists; found means its own record comes first. `fit` is what `compare`
says of a copy and its own original, as where a mark was read. `met_among_a_million`: whether the lists of an index of a
million records would still bring a copy and its record together.

False matches: every clip as a copy is held to every original of another group. A score is the distance over its limit,
by each of the three ways to see a match alone, and by all together, of the third of the frames that is nearest. The
lowest hundredth of the scores is taken to fall off exponentially beyond what was measured, down to 1, where a copy
counts as found. That is cautious: a normal distribution, which fits them better, falls off faster. Reported is the
larger of the sum of the three and the one of all together, each at the upper end of a 95 % interval, for a million
records a query. Pairs are not independent, having clips in common. Groups that show the same footage or were made from
the same picture are not held to each other: `RELATED`, by looking at the nearest pairs.
"""

from __future__ import annotations

import argparse
import json
import math
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import TypeAdapter

from countermark.errors import CountermarkError
from countermark.evidence import FingerprintDetails
from countermark.media import frames, look, probe
from countermark.media.colour import luma
from countermark.provenance import Fingerprinter, FingerprintExaminer, compare
from countermark.provenance.fingerprint import lookup
from countermark.provenance.fingerprint.index import (
    MOST_LISTS,
    PROBES,
    WITHIN,
    lists_for,
)
from countermark.provenance.fingerprint.matching import (
    FOUND,
    LEAST_FRAMES,
    Shape,
    nearness,
    shape_of,
)
from countermark.settings import Limits

from ..record import say
from .fingerprint_copies import SECONDS, chosen, copies, released, rows
from .fingerprint_lookup import measure_lookup
from .made_up import Shelf

__all__ = ["measure", "measure_lookup"]

RELATED: tuple[frozenset[str], ...] = (
    # the same film clips, edited by several methods
    frozenset("driving tune-a-video runway-gen1 text2video-zero fresco tokenflow control-video videocomposer".split()),
    # made from the same pictures
    frozenset("pia seine dynamicrafter i2vgen-xl consisti2v svd svd-xt pika-1.0 cinemo animatediff".split()),
    frozenset(("cogvideox-1.5", "framepack-hunyuan")),
    frozenset(("diffusion-as-shader", "co-tracker")),
)
RECORDS, TAIL = 10**6, 0.01
LEAST_PAIRS, SAMPLE = 2000, 40_000
COMPARED = 4  # of so many unrelated pairs, one is given to `compare` too
_NEVER = 1e-9  # a limit that no distance keeps
WAYS = {
    name: tuple(limit if only in (None, way) else _NEVER for way, limit in enumerate(FOUND))
    for name, only in (("whole", 0), ("parts", 1), ("middle", 2), ("all together", None))
}
MADE_UP, MADE_UP_QUICK = 4_000, 2_500


@dataclass(frozen=True)
class Taken:
    """One clip's fingerprints: as an original, and as a copy."""

    group: str
    dev: bool
    original: FingerprintDetails
    copy: FingerprintDetails


@dataclass(frozen=True)
class Copy:
    """One copy's."""

    attack: str
    clip: str  # the payload of its original
    dev: bool
    details: FingerprintDetails


def measure(clips: Path, quick: bool, keep: Path | None = None) -> dict[str, Any]:
    """Give recall, false matches a query, how many copies that is of, and the table behind it."""
    with tempfile.TemporaryDirectory() as temporary:
        work = keep or Path(temporary)
        originals, made = _copied(clips, quick, work)
        shelf = Shelf(MADE_UP_QUICK if quick else MADE_UP, originals)
        with tempfile.TemporaryDirectory() as home:
            lookup.update(shelf, Path(home))
            table = _recall(shelf, Path(home), originals, made)
        found = {split: _share(table, split) for split in ("held_out", "dev")}
        met = _met_in_lists(originals, made)
        apart = _apart(list(_every(clips, quick, work)))
    return {
        "recall": found["held_out"],
        "false_match_per_query": apart["all"]["per_query"],
        "n": sum(row["held_out"]["copies"] for row in table.values()),
        "recall_dev": found["dev"],
        "met_among_a_million": met,
        "records_among": len(originals) + (MADE_UP_QUICK if quick else MADE_UP),
        "attacks": table,
        "others": apart,
    }


def _share(table: dict[str, Any], split: str) -> float:
    rows = [row[split] for row in table.values()]
    return round(sum(row["found"] for row in rows) / max(1, sum(row["copies"] for row in rows)), 4)


# Recall --------------------------------------------------------------------------------------------------------------


def _copied(clips: Path, quick: bool, work: Path) -> tuple[dict[str, FingerprintDetails], list[Copy]]:
    """Give originals by payload, and all copies."""
    originals: dict[str, FingerprintDetails] = {}
    made: list[Copy] = []
    for clip in chosen(clips, 6 if quick else 1000):
        payload = clip.source.payload
        originals[payload] = _kept(released(clip, work), "original")
        made += [Copy(name, payload, clip.dev, _kept(path, "copy")) for name, path in copies(clip, work)]
        say(f"{clip.group}: {len(made)} copies")
    return originals, made


def _recall(
    shelf: Shelf, home: Path, originals: dict[str, FingerprintDetails], made: list[Copy]
) -> dict[str, dict[str, Any]]:
    table: dict[str, dict[str, Any]] = {}
    for copy in made:
        row = table.setdefault(copy.attack, {split: _nothing() for split in ("held_out", "dev")})
        into = row["dev" if copy.dev else "held_out"]
        candidates = lookup.find(shelf, home, copy.details).candidates
        into["copies"] += 1
        into["found"] += bool(candidates) and candidates[0].payload == copy.clip
        into[compare(copy.details, originals[copy.clip]).fit] += 1
    return table


def _met_in_lists(originals: dict[str, FingerprintDetails], made: list[Copy]) -> dict[str, Any]:
    """Count the copies that would meet their record in as many lists as a million records have.

    That hangs on the lists' centres alone, not on what else is in them: no million is needed. Of the copies that are
    near enough to their record to be found.
    """
    import faiss

    lists: Any = lists_for(np.random.default_rng(0).integers(0, 256, (SAMPLE, 32), np.uint8), MOST_LISTS)
    shapes = {payload: shape_of(details) for payload, details in originals.items()}
    keys = {payload: _bytes(lookup.keys_of(shape)) for payload, shape in shapes.items()}
    lies_in = {payload: lists.quantizer.search(hashes, 1)[1][:, 0] for payload, hashes in keys.items()}
    met = near = 0
    for copy in made:
        seen = shape_of(copy.details)
        if nearness(seen, shapes[copy.clip]).score() > 1:
            continue
        near += 1
        asked = _bytes(lookup.asked_of(seen))
        looked_in = lists.quantizer.search(asked, PROBES)[1]
        apart = np.bitwise_count(asked[:, None] ^ keys[copy.clip][None]).sum(axis=2)
        meets = (looked_in[:, :, None] == lies_in[copy.clip][None, None]).any(axis=1) & (apart <= WITHIN)
        met += bool(meets.any())
    return {"near": near, "met": met, "lists": MOST_LISTS, "looked_into": PROBES, "faiss": faiss.__version__}


def _bytes(hashes: NDArray[Any]) -> NDArray[Any]:
    return np.ascontiguousarray(hashes).view(np.uint8).reshape(-1, 32)


def _nothing() -> dict[str, int]:
    return dict.fromkeys(("copies", "found", "fits", "unclear", "differs"), 0)


# What is taken for something else -------------------------------------------------------------------------------------


def _every(clips: Path, quick: bool, work: Path) -> Iterator[Taken]:
    """Give every clip that can be read."""
    dev = {clip.group: clip.dev for clip in chosen(clips, 1000)}
    for group, path in rows(clips)[: 24 if quick else None]:
        place = work / "sources" / f"{group}-{path.name}"  # two groups may have a clip of the same name
        try:
            taken = (_kept(path, kind, place) for kind in ("original", "copy"))
            yield Taken(group, dev[group], *taken)
        except CountermarkError as error:
            say(f"left out: {error}")


def _apart(every: list[Taken]) -> dict[str, Any]:
    """Hold every copy to every original that it has nothing to do with."""
    shapes = [(shape_of(one.copy), shape_of(one.original)) for one in every]
    scores: dict[str, list[tuple[float, ...]]] = {"all": [], "dev": []}
    fits: Counter[str] = Counter()
    for one, (seen, _) in zip(every, shapes, strict=True):
        for other, (_, known) in zip(every, shapes, strict=True):
            if not (_unrelated(one.group, other.group) and _enough(seen) and _enough(known)):
                continue
            near = nearness(seen, known)
            scores["all"].append(tuple(near.score(limits) for limits in WAYS.values()))
            if one.dev and other.dev:
                scores["dev"].append(scores["all"][-1])
            if len(scores["all"]) % COMPARED == 0:
                fits[compare(one.copy, other.original).fit] += 1
    return {"clips": len(every), "compared": dict(fits), **{name: _tails(found) for name, found in scores.items()}}


def _unrelated(one: str, other: str) -> bool:
    return one != other and not any(one in family and other in family for family in RELATED)


def _enough(shape: Shape) -> bool:
    return shape.frames >= LEAST_FRAMES


def _tails(scores: list[tuple[float, ...]]) -> dict[str, Any]:
    """Extrapolate by each way, and give what they come to for one query."""
    ways = {name: _tail([row[number] for row in scores]) for number, name in enumerate(WAYS)}
    known = [way["per_query"] for way in ways.values()]
    worst = None if None in known else max(sum(known[:-1]), known[-1])
    return {"pairs": len(scores), "per_query": worst, "ways": ways}


def _tail(scores: list[float]) -> dict[str, Any]:
    """Extrapolate the lowest scores down to 1."""
    known = np.sort([score for score in scores if math.isfinite(score)])
    if len(known) < LEAST_PAIRS:
        return {"per_query": None}
    within = int(TAIL * len(known))
    edge = float(known[within])
    fall = float((edge - known[:within]).mean())  # the scale of an exponential tail, at its likeliest
    error = 1.645 / math.sqrt(within)
    each = within / len(scores)
    return {
        "least": round(float(known[0]), 3),
        "share_below": {str(p): round(float(np.quantile(known, p)), 3) for p in (0.0001, 0.001, 0.01, 0.5)},
        "tail_scale": round(fall, 4),
        "found": int((known <= 1).sum()),
        "per_query_likeliest": RECORDS * each * math.exp(-(edge - 1) / fall),
        "per_query": RECORDS * each * (1 + error) * math.exp(-(edge - 1) / (fall * (1 + error))),
    }


# Fingerprints --------------------------------------------------------------------------------------------------------


def _kept(path: Path, kind: str, beside: Path | None = None) -> FingerprintDetails:
    """Take a fingerprint, or read it where it was taken before."""
    place = (beside or path).with_suffix(f".{kind}.json")
    shape = TypeAdapter(FingerprintDetails)
    if place.exists():
        return shape.validate_json(place.read_bytes())
    details = _as_original(path) if kind == "original" else _as_copy(path)
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(json.dumps(asdict(details)))
    return details


def _as_copy(path: Path) -> FingerprintDetails:
    """As verify takes it."""
    seen = look(path, (), (FingerprintExaminer(),), Limits()).evidence
    return next(evidence.details for evidence in seen if isinstance(evidence.details, FingerprintDetails))


def _as_original(path: Path) -> FingerprintDetails:
    """As stamp takes it, of the planes as they come."""
    video = probe(path, Limits())
    taken: Fingerprinter | None = None
    for moment in frames(path, end_s=SECONDS):
        frame = moment.frame
        if not frame.format.name.startswith("yuv") or "10" in frame.format.name:
            frame = frame.reformat(format="yuv420p")
        plane = luma(frame)
        if taken is None:
            taken = Fingerprinter(replace(video.geometry, width=plane.shape[1], height=plane.shape[0]))
        taken(plane, moment.seconds)
    return taken.details() if taken else FingerprintDetails("pdq", (), (), ())


def main() -> None:
    """Measure and print."""
    given = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    given.add_argument("--clips", type=Path, required=True, help="a folder with a clips.tsv")
    given.add_argument("--quick", action="store_true", help="six clips, to see that it runs")
    given.add_argument("--keep", type=Path, help="keep copies and fingerprints here, and use those that are there")
    asked = given.parse_args()
    print(json.dumps(measure(asked.clips, asked.quick, asked.keep), indent=1))


if __name__ == "__main__":
    main()
