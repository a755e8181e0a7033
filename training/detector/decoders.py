"""Our own decoders: small autoencoders whose pictures stand for those of generators; each belongs to one fold.

    python -m countermark.training.detector.decoders --clips DIR [--only J ...]

Decoder j belongs to fold j mod 5 and has seen only frames of that fold's real clips. A network that holds out fold k is
given those of the other folds alone, so that those it never saw are families of their own. Knows which decoder is
whose; what they are built of is `decoder_kinds`, how they learn `decoder_fit`.
"""

from __future__ import annotations

import argparse
import hashlib
import json
from dataclasses import asdict, dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from .decoder_kinds import KINDS, Kind, build
from .folds import FOLDS

_HERE = Path(__file__).parent / "decoders"
_TABLE = _HERE / "decoders.json"
_SEED = 5300


@dataclass(frozen=True)
class Decoder:
    """One decoder whose weights are there."""

    number: int
    name: str
    kind: Kind
    psnr: float  # on clips of its fold that it was not trained on
    sha256: str  # of its weights

    @property
    def fold(self) -> int:
        """The fold whose real clips it was trained on."""
        return self.number % FOLDS

    @property
    def family(self) -> str:
        """Its name among generators: each decoder is one."""
        return f"own-{self.name}"

    def network(self) -> Any:
        """Give the network, loaded at the first call."""
        return _loaded(self)


def decoders(held_out_fold: int | None) -> tuple[Decoder, ...]:
    """Give the decoders of all folds but one."""
    rows = json.loads(_TABLE.read_text()) if _TABLE.is_file() else []
    every = (Decoder(r["number"], r["name"], KINDS[r["number"]], r["psnr"], r["sha256"]) for r in rows)
    return tuple(decoder for decoder in every if decoder.fold != held_out_fold)


@cache
def _loaded(decoder: Decoder) -> Any:
    """Read weights of 16 bits into a network of 32."""
    from safetensors.torch import load_file

    network = build(decoder.kind)
    network.load_state_dict(load_file(_HERE / f"{decoder.name}.safetensors"))
    return network.eval().requires_grad_(False)


def main() -> None:
    """Train, write weights, and write the table anew after each."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clips", type=Path, required=True, help="folder with clips.tsv")
    parser.add_argument("--only", type=int, nargs="+", metavar="J", help="numbers of decoders; all where left out")
    asked = parser.parse_args()
    for number in asked.only if asked.only is not None else range(len(KINDS)):
        row = _train(number, asked.clips)
        print(f"{number}: {row['name']}, PSNR {row['psnr']:.2f} dB, sha256 {row['sha256'][:12]}", flush=True)


def _train(number: int, clips: Path) -> dict[str, Any]:
    """Train one decoder and put it beside the others."""
    from safetensors.torch import save_file

    from .decoder_fit import fit

    kind = KINDS[number]
    name = f"{number:02d}-{kind.name}"
    fitted = fit(kind, _material(number % FOLDS, clips), _SEED + number)
    _HERE.mkdir(exist_ok=True)
    weights = _HERE / f"{name}.safetensors"
    save_file({key: value.half().contiguous() for key, value in fitted.network.state_dict().items()}, weights)
    row = {
        "number": number,
        "name": name,
        "fold": number % FOLDS,
        "kind": asdict(kind),
        "seed": _SEED + number,
        "last_difference": round(fitted.loss, 5),
        "psnr": round(fitted.psnr, 2),
        "sha256": hashlib.sha256(weights.read_bytes()).hexdigest(),
    }
    rows = json.loads(_TABLE.read_text()) if _TABLE.is_file() else []
    rows = sorted([*(r for r in rows if r["number"] != number), row], key=lambda r: r["number"])
    _TABLE.write_text(json.dumps(rows, indent=1) + "\n")
    return row


@lru_cache(maxsize=FOLDS)
def _material(fold: int, clips: Path) -> Any:
    """Read the frames of one fold once for its three decoders."""
    from .decoder_fit import material
    from .folds import read_clips, real_clips

    return material(real_clips(read_clips(clips / "clips.tsv"), fold), _SEED)


if __name__ == "__main__":
    main()
