"""Every open model behind one door: families over diffusers, opened from a folder or the user's own cache of a hub.

>>> from countermark.generator.families import names
>>> [name for name in names() if name.startswith("wan")]
['wan', 'wan-vace']
"""

from .opening import open_model as open
from .registry import features_by_model, names

__all__ = ["features_by_model", "names", "open"]
