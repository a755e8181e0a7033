"""Where each token is in time and picture: a number means the same distance in every shape of picture."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def places(times: int, rows: int, columns: int, first: int = 0) -> NDArray[np.float32]:
    """Give (times, rows, columns, 3): when (in latents, from `first` on), row and column from the middle."""
    import numpy as np

    grid = np.meshgrid(
        np.arange(first, first + times), np.arange(rows) - (rows - 1) / 2, np.arange(columns) - (columns - 1) / 2,
        indexing="ij",
    )  # fmt: skip
    return np.stack(grid, -1).astype(np.float32)
