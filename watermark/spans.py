"""From how far each view carries a mark to stretches of time. Knows times and scores; looks at no pixel.

Between two neighbouring views that carry a mark, all is taken to carry it, however far apart they are: in a long video
those are minutes that nobody looked at.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..evidence import Span

SURE = 3.0  # deviations: a view that says the same by chance is one in 700
LIKELY = 1.0  # enough where both neighbours are sure


def covered(times_s: list[float], scores: NDArray[np.float32], duration_s: float) -> tuple[Span, ...]:
    """Join neighbouring views that carry the mark; an edge lies midway between one that does and one that does not.

    >>> covered([0.0, 1.0, 2.0, 3.0], np.array([9.0, 8.0, 0.1, 0.2], np.float32), 4.0)
    (Span(start_s=0.0, end_s=1.5),)
    """
    sure = scores >= SURE
    near = np.pad(sure, 1, mode="edge")
    carried = sure | ((scores >= LIKELY) & near[:-2] & near[2:])
    edges = [0.0, *((a + b) / 2 for a, b in zip(times_s, times_s[1:], strict=False)), max(duration_s, times_s[-1])]
    spans: list[Span] = []
    for number, here in enumerate(carried):
        if here and spans and spans[-1].end_s == edges[number]:
            spans[-1] = Span(spans[-1].start_s, edges[number + 1])
        elif here:
            spans.append(Span(edges[number], edges[number + 1]))
    return tuple(spans)
