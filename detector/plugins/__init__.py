"""Detectors that users add: kept, opened, asked beside ours, and measured. Knows nothing of how ours is made.

>>> from pathlib import Path
>>> from countermark.detector import plugins
>>> plugins.installed(Path("nowhere"))
()
"""

from .kept import add, find, installed, keep_calibration, place, remove

__all__ = ["add", "find", "installed", "keep_calibration", "place", "remove"]
