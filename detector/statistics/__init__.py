"""Hand-made numbers of a segment: what its pictures and its movement say without a network.

>>> import numpy as np
>>> from countermark.detector.statistics import NAMES, measure
>>> chance = np.random.default_rng(0)
>>> measure([chance.integers(0, 255, (96, 96, 3), dtype=np.uint8) for _ in range(8)]).shape == (len(NAMES),)
True
"""

from .segment import NAMES, measure

__all__ = ["NAMES", "measure"]
