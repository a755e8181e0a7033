"""Runs a network over tile pairs. Knows files of weights and batches; knows nothing of frames, nor of what logits mean.

A network is three files in one folder: NAME.safetensors (the weights), NAME.onnx (a graph that points into them) and
NAME.json (what it is, and the hashes of the two).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .. import networks
from ..errors import NetworkUnfit
from .tiles import SIDE

if TYPE_CHECKING:
    from numpy.typing import NDArray

BATCH = 8  # tile pairs: more is no faster on a core, and takes more memory
_FOLDER = "weights"


@dataclass(frozen=True)
class Card:
    """What is stated of a network beside its weights."""

    name: str
    backbone: str
    parameters: int
    embedding: int  # numbers that a tile pair is summed up in
    files: dict[str, str]  # SHA-256 by name

    def __post_init__(self) -> None:
        """Refuse what names files elsewhere, or a network of no kind that is run here."""
        if any(Path(name).name != name for name in self.files) or self.embedding < 1:
            raise ValueError(f"{self.name}: a file of its own folder and an embedding are needed")

    @property
    def version(self) -> str:
        """The weights in twelve digits of their hash."""
        return self.files[f"{self.name}.safetensors"][:12]


def names() -> tuple[str, ...]:
    """Name the networks that came with this installation."""
    folder = _shipped()
    return tuple(sorted(path.stem for path in folder.glob("*.safetensors"))) if folder.is_dir() else ()


def weights(name: str) -> Path:
    """Give the weights of a network that came with this installation."""
    path = _shipped() / f"{name}.safetensors"
    if not path.is_file():
        raise NetworkUnfit(f"no network called {name} came with this installation")
    return path


def read_card(weights: Path) -> Card:
    """Read what is stated beside a file of weights."""
    path = weights.with_suffix(".json")
    try:
        facts = json.loads(path.read_bytes())
        card = Card(**{field: facts[field] for field in Card.__dataclass_fields__})
        if {weights.name, f"{weights.stem}.onnx"} != set(card.files) or card.name != weights.stem:
            raise ValueError("it speaks of other files")
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        what = getattr(error, "strerror", None) or error
        raise NetworkUnfit(f"{path.name}: {what}") from None
    return card


class TileReader:
    """A network that is ready to look at tile pairs."""

    def __init__(self, weights: Path, threads: int = 1, device: networks.Device = "cpu") -> None:
        """Check the files, load them, and look once at nothing, so that the first look costs what the others do."""
        import numpy as np

        self.card = read_card(weights)
        graph = weights.with_suffix(".onnx")
        self._session = networks.load(graph, threads, sealed=self.card.files, device=device)
        logits, embeddings = self._run(np.zeros((1, 2, SIDE, SIDE, 3), dtype=np.uint8))
        if logits.shape != (1, 2) or embeddings.shape != (1, self.card.embedding):
            raise NetworkUnfit(f"{graph.name}: it answers {logits.shape} and {embeddings.shape}")

    def read(self, pairs: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
        """Give logits (N, 2), synthetic and blended, and embeddings (N, E) of uint8 tile pairs (N, 2, 128, 128, 3)."""
        import numpy as np

        if pairs.dtype != np.uint8 or pairs.shape[1:] != (2, SIDE, SIDE, 3):
            raise ValueError(f"tile pairs are bytes of (N, 2, {SIDE}, {SIDE}, 3), not {pairs.dtype} of {pairs.shape}")
        logits = np.empty((len(pairs), 2), np.float32)
        embeddings = np.empty((len(pairs), self.card.embedding), np.float32)
        for start in range(0, len(pairs), BATCH):
            part = slice(start, start + BATCH)
            logits[part], embeddings[part] = self._run(pairs[part])
        return logits, embeddings

    def _run(self, pairs: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
        try:
            logits, embeddings = self._session.run(["logits", "embedding"], {"pairs": pairs})
        except Exception as error:  # its own classes share no other parent
            raise NetworkUnfit(f"{self.card.name} does not run: {error}") from None
        return logits, embeddings


def _shipped() -> Path:
    return Path(str(resources.files(__package__) / _FOLDER))
