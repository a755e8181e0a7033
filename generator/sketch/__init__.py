"""The embedded model: a small latent video diffusion transformer of our own, shipped with its weights.

It knows few words (`words.known()`) and draws small pictures; it runs on ONNX Runtime, without torch. `form/` holds the
same networks as diffusers has them.

>>> from countermark.generator.sketch.words import read
>>> read("a big red ball over the ocean").words
('large', 'red', 'ball', 'sea')
"""

from .maker import NAME, Sketch

__all__ = ["NAME", "Sketch"]
