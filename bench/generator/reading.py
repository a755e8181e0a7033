"""Reads from pixels what a clip shows, by a network that was taught on rendered clips. Knows no generator."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ... import networks
from ...errors import NetworkUnfit

if TYPE_CHECKING:
    from numpy.typing import NDArray

FOLDER = Path(__file__).parent / "weights"
NAME = "probe"
_BATCH = 16


@dataclass(frozen=True)
class Probe:
    """A probe that is ready to look; every attribute has its answers in a fixed order."""

    answers: dict[str, tuple[str, ...]]
    version: str
    frames: slice  # which frames of a clip it looks at
    session: Any

    @classmethod
    def load(cls, folder: Path = FOLDER, threads: int = 1) -> Probe:
        """Open the probe that came with this installation."""
        try:
            card = json.loads(networks.content_of(folder / f"{NAME}.json"))
            answers = {name: tuple(values) for name, values in card["answers"].items()}
            frames, files = slice(*card["frames"]), dict(card["files"])
            version = files[f"{NAME}.safetensors"][:12]
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise NetworkUnfit(f"{NAME}.json: {error}") from None
        return cls(answers, version, frames, networks.load(folder / f"{NAME}.onnx", threads, sealed=files))

    def read(self, clips: NDArray[Any]) -> dict[str, NDArray[Any]]:
        """Say for bytes (N, 25, 128, 128, 3) which answer each attribute has, by its place."""
        return self.see(clips[:, self.frames])

    def see(self, seen: NDArray[Any]) -> dict[str, NDArray[Any]]:
        """Say it for the frames that are looked at alone: (N, 9, 128, 128, 3)."""
        import numpy as np

        parts = [
            self.session.run(["logits"], {"clips": np.ascontiguousarray(seen[start : start + _BATCH])})[0]
            for start in range(0, len(seen), _BATCH)
        ]
        ends = np.cumsum([len(values) for values in self.answers.values()])
        logits = np.split(np.concatenate(parts), ends[:-1], axis=1)
        return {name: part.argmax(1) for name, part in zip(self.answers, logits, strict=True)}
