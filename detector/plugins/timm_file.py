"""A user's timm checkpoint as a detector. The one module of what runs that imports torch, for whoever added one.

Knows timm and safetensors; reads nothing that is pickled, for such a file may do whatever it likes.
"""

from __future__ import annotations

import ctypes.util
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ... import networks
from ...errors import PluginInvalid
from ...media import isolation
from .described import TimmFile
from .kinds import chosen, prepared

if TYPE_CHECKING:
    from numpy.typing import NDArray


class TimmDetector:
    """A model that timm knows by name, with the user's weights."""

    def __init__(self, description: TimmFile, file: Path) -> None:
        """Check the file's hash, and load it into the model; every weight must find its place."""
        isolation.grant_most()
        _spare_what_a_child_may_not(file.parent)
        try:
            import timm
            from safetensors.torch import load
        except ImportError:
            advice = "install 'countermark[train]'; or export it to ONNX where timm is, which also runs faster"
            raise PluginInvalid(f"{description.name} needs timm and torch, which are not here", advice=advice) from None
        content = networks.checked(file, description.sha256)
        try:
            model = timm.create_model(description.model, pretrained=False, num_classes=description.classes)
            model.load_state_dict(load(content))
        except Exception as error:  # whatever timm, torch and safetensors raise of a wrong name or file
            raise PluginInvalid(f"{description.name}: {str(error)[:300]}") from None
        self._model, self._description = model.eval(), description
        self.name, self.wants = description.name, description.wants
        self.version = f"{description.version}+{description.sha256[:12]}"

    def score(self, pictures: NDArray[Any]) -> Sequence[float]:
        """Ask the model."""
        import torch

        shown = pictures[:, 0] if self.wants == "tiles" else pictures
        given = prepared(shown, self._description.side, self._description.normalisation)
        with torch.inference_mode():
            answer = self._model(torch.from_numpy(given)).numpy()
        scores: list[float] = chosen(answer, self._description).tolist()
        return scores


def _spare_what_a_child_may_not(folder: Path) -> None:
    """Let torch be imported where no file may be written and no program started.

    It asks for a temporary folder and for one to compile into, and uses neither; ctypes' search for libraries starts a
    compiler, and torch falls back on their plain names.
    """
    try:
        tempfile.gettempdir()
    except FileNotFoundError:
        tempfile.tempdir = str(folder)
    os.environ.setdefault("TORCHINDUCTOR_CACHE_DIR", str(folder))
    find = ctypes.util.find_library

    def found(name: str) -> str | None:
        try:
            return find(name)
        except OSError:
            return None

    ctypes.util.find_library = found
