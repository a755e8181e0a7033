"""Runs the embedded model's networks as they are shipped: graphs on ONNX Runtime over the weights in safetensors."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ... import networks
from ...errors import NetworkUnfit

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]

WEIGHTS = Path(__file__).parent / "weights"
CARD = "card.json"
_ADVICE = "the embedded model's files are broken: install the package anew"
_FILE = "diffusion_pytorch_model.safetensors"  # as diffusers names it


@dataclass(frozen=True)
class Graphs:
    """The networks, open. A part is opened when it is first needed."""

    folder: Path
    threads: int
    card: dict[str, Any]
    sessions: dict[str, Any]

    @classmethod
    def load(cls, threads: int | None = None, folder: Path = WEIGHTS) -> Graphs:
        """Read the card; a file whose hash is not the card's is refused when it is opened."""
        try:
            card = json.loads(networks.content_of(folder / CARD))
        except ValueError as error:
            raise NetworkUnfit(f"{folder / CARD}: {error}", advice=_ADVICE) from None
        return cls(folder, threads or min(4, networks.processors()), card, {})

    @property
    def version(self) -> str:
        """Name the files that draw: another training, or another graph, is another version."""
        files = json.dumps(self.card["files"], sort_keys=True)
        return hashlib.sha256(files.encode()).hexdigest()[:12]

    def encode(self, clip: Floats) -> Floats:
        """(T, H, W, 3), -1 to 1, to latents (t, h, w, C)."""
        latents: Floats = self._run("autoencoder/encode.onnx", {"clip": clip[None]})[0]
        return latents

    def decode(self, latents: Floats) -> Floats:
        """Undo `encode`."""
        clip: Floats = self._run("autoencoder/decode.onnx", {"latents": latents[None]})[0]
        return clip

    def words(self, numbers: NDArray[np.int64]) -> Floats:
        """(B, L) to features (B, L, D)."""
        return self._run("words/graph.onnx", {"numbers": numbers})

    def velocity(self, tokens: Floats, places: Floats, given: Floats, noise: float, words: Floats) -> Floats:
        """(B, F, h, w, C), (F, h, w, 3), (F,) and (B, L, D) to (B, F, h, w, C)."""
        import numpy as np

        fed = {"tokens": tokens, "places": places[None], "given": given[None], "words": words}
        return self._run("transformer/graph.onnx", {**fed, "noise": np.asarray([noise], np.float32)})

    def _run(self, name: str, fed: dict[str, Any]) -> Floats:
        if name not in self.sessions:
            folder, graph = (self.folder / name).parent, Path(name).name
            files = self.card["files"]
            sealed = {part: files[f"{folder.name}/{part}"] for part in (graph, _FILE)}
            self.sessions[name] = networks.load(folder / graph, self.threads, sealed=sealed)
        answer: Floats = self.sessions[name].run(None, fed)[0]
        return answer
