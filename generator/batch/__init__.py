"""Many requests of one file: checked first, then made, some at once; a run that was stopped goes on where it was.

>>> from countermark.generator.batch import how_many
>>> how_many([], None, 8 << 30, 4)
1
"""

from .lines import Common, Item, LinesWrong, read
from .running import Outcome, Standing, how_many, run

__all__ = ["Common", "Item", "LinesWrong", "Outcome", "Standing", "how_many", "read", "run"]
