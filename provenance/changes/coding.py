"""What is kept of a picture over time, as bytes: a coarse grid of brightness and detail, quantised and packed.

Knows numbers and bytes; knows no video. Bytes may come from a stranger: sizes are checked before anything is unpacked,
and what does not fit is a ValueError.
"""

from __future__ import annotations

import lzma
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from numpy.typing import NDArray

BUDGET = 2000  # bytes a second of video
MOST_WINDOWS, MOST_CELLS = 800, 4096
DETAIL_UNITS = 8.0  # detail is a binary logarithm; so many levels to a doubling
_MAGIC = b"CMGR2"
_HEADER = struct.Struct("<BBHIHHII")  # rows, columns, windows, ms a window, two steps (1/8 level), two lengths
_KEPT = 0.7  # of the frequencies of brightness, the coarse ones: what the others cost is worth more in finer steps
_STEPS = (
    1,
    1.5,
    2,
    2.5,
    3,
    3.5,
    4,
    5,
    6,
    7,
    8,
    10,
    12,
    16,
    20,
    26,
    34,
)  # of brightness, in levels of an orthonormal transform
_DETAIL_STEP = 12.0
_MOST = 32000
_BLOCK = 6  # cells to a side of a block that has one error
_FILTERS = [{"id": lzma.FILTER_LZMA1, "lc": 0, "lp": 0, "pb": 0, "dict_size": 1 << 20}]


@dataclass(frozen=True)
class Grid:
    """An original, coarsely: for each window of time and each cell of the picture, what was there."""

    brightness: NDArray[Any]  # (windows, rows, columns) float32, levels of 8 bits; smooth, once it was packed
    detail: NDArray[Any]  # (windows, rows / 2, columns / 2) float32: log2(energy above the cell's frequencies + 2)
    window_s: float
    error: NDArray[Any] | None = (
        None  # (rows, columns) float32: by how many levels brightness was rounded; None: by none
    )

    def __post_init__(self) -> None:
        """Refuse what could not be packed."""
        windows, rows, columns = self.brightness.shape
        if self.detail.shape != (windows, rows // 2, columns // 2) or rows % 2 or columns % 2:
            raise ValueError(f"detail {self.detail.shape} does not fit brightness {self.brightness.shape}")
        if not (1 <= windows <= MOST_WINDOWS and 4 <= rows <= 255 and 4 <= columns <= 255 and self.window_s > 0):
            raise ValueError(f"no grid: {self.brightness.shape} at {self.window_s} s")

    def __repr__(self) -> str:
        """Sizes, not numbers."""
        return f"Grid({'x'.join(map(str, self.brightness.shape))}, {self.window_s} s)"


def pack(grid: Grid) -> bytes:
    """Give bytes: as finely as the budget allows."""
    windows, rows, columns = grid.brightness.shape
    kept = round(_KEPT * rows * columns)
    detail = _packed(_symbols(grid.detail * DETAIL_UNITS, _DETAIL_STEP, grid.detail[0].size))
    room = max(1024.0, BUDGET * grid.window_s * windows) - len(detail) - len(_MAGIC) - _HEADER.size
    step, brightness = 0.0, b""
    for step in _STEPS:
        brightness = _packed(_symbols(grid.brightness, step, kept))
        if len(brightness) <= room:
            break
    sizes = (round(grid.window_s * 1000), round(step * 8), round(_DETAIL_STEP * 8), len(brightness), len(detail))
    error = _blocks(smooth(grid.brightness) - _unpacked(brightness, grid.brightness.shape, step, kept))
    return _MAGIC + _HEADER.pack(rows, columns, windows, *sizes) + error.tobytes() + brightness + detail


def unpack(data: bytes) -> Grid:
    """Read bytes that anyone may have written; ValueError where they are not what `pack` gives."""
    import numpy as np

    if data[: len(_MAGIC)] != _MAGIC or len(data) < len(_MAGIC) + _HEADER.size:
        raise ValueError("not a record of what was there, or of a newer kind")
    rows, columns, windows, ms, step, detail_step, first, second = _HEADER.unpack_from(data, len(_MAGIC))
    start = len(_MAGIC) + _HEADER.size
    if not (4 <= rows and 4 <= columns and rows * columns <= MOST_CELLS and rows % 2 == columns % 2 == 0):
        raise ValueError(f"a record of what was there has no such grid: {rows}x{columns}")
    high, wide = -(-rows // _BLOCK), -(-columns // _BLOCK)
    end = start + high * wide
    if not (1 <= windows <= MOST_WINDOWS and ms and step and detail_step and len(data) == end + first + second):
        raise ValueError("a record of what was there is cut short, or too long")
    blocks = np.frombuffer(data[start:end], np.uint8).reshape(high, wide).astype(np.float32) / 8
    error, start = np.kron(blocks, np.ones((_BLOCK, _BLOCK), np.float32))[:rows, :columns], end
    brightness = _unpacked(
        data[start : start + first], (windows, rows, columns), step / 8, round(_KEPT * rows * columns)
    )
    small = (windows, rows // 2, columns // 2)
    detail = _unpacked(data[start + first :], small, detail_step / 8, rows // 2 * (columns // 2))
    return Grid(brightness, detail / DETAIL_UNITS, ms / 1000, error)


def _blocks(error: NDArray[Any]) -> NDArray[Any]:
    """Give the root of the mean square in blocks of cells over all windows, in eighths of a level."""
    import numpy as np

    rows, columns = error.shape[1:]
    square = np.pad((error**2).mean(axis=0), ((0, -rows % _BLOCK), (0, -columns % _BLOCK)), mode="edge")
    mean = square.reshape(square.shape[0] // _BLOCK, _BLOCK, square.shape[1] // _BLOCK, _BLOCK).mean((1, 3))
    return np.asarray(np.clip(np.ceil(8 * np.sqrt(mean)), 0, 255), np.uint8)


def smooth(volume: NDArray[Any]) -> NDArray[Any]:
    """Give what a record can hold of pictures (windows, rows, columns): their coarse frequencies."""
    import numpy as np

    across, down, order = _transforms(*volume.shape[1:])
    held = np.zeros(volume[0].size, np.float32)
    held[order[: round(_KEPT * held.size)]] = 1
    held = held.reshape(volume.shape[1:])
    return np.asarray(down.T @ ((down @ volume @ across.T) * held) @ across, np.float32)


def _symbols(volume: NDArray[Any], step: float, kept: int) -> NDArray[Any]:
    """Quantise the transform of each window's difference to the last one as it will be read, or to grey if smaller."""
    import numpy as np

    across, down, order = _transforms(*volume.shape[1:])
    held = np.zeros(volume[0].size, np.float32)
    held[order[:kept]] = 1
    held = held.reshape(volume.shape[1:])
    found = np.zeros((len(volume), kept + 1), np.int16)
    before: Any = None
    for row, picture in zip(found, volume, strict=True):
        tries = []
        for base in (None,) if before is None else (before, None):
            start = np.float32(128) if base is None else base
            coefficients = np.clip(np.rint(down @ (picture - start) @ across.T / step), -_MOST, _MOST) * held
            tries.append((float(np.log2(1 + np.abs(coefficients)).sum()), base is None, coefficients))
        _, fresh, coefficients = min(tries, key=lambda one: one[0])
        row[0], row[1:] = fresh, coefficients.ravel()[order[:kept]]
        before = (np.float32(128) if fresh else before) + down.T @ (coefficients * np.float32(step)) @ across
    return found


def _packed(symbols: NDArray[Any]) -> bytes:
    """One frequency after the other, each through all of time: what is zero is zero for long. High bytes come last."""
    import numpy as np

    folded = ((symbols.T << 1) ^ (symbols.T >> 15)).astype("<u2")
    plain = (folded & 255).astype(np.uint8).tobytes() + (folded >> 8).astype(np.uint8).tobytes()
    return lzma.compress(plain, lzma.FORMAT_RAW, filters=_FILTERS)


def _unpacked(data: bytes, shape: tuple[int, ...], step: float, kept: int) -> NDArray[Any]:
    import numpy as np

    windows, rows, columns = shape
    length = 2 * windows * (kept + 1)
    try:
        plain = lzma.LZMADecompressor(lzma.FORMAT_RAW, filters=_FILTERS).decompress(data, max_length=length + 1)
    except lzma.LZMAError as error:
        raise ValueError(f"a record of what was there can't be unpacked: {error}") from None
    if len(plain) != length:
        raise ValueError("a record of what was there holds too little, or too much")
    low, high = np.frombuffer(plain, np.uint8).astype(np.int32).reshape(2, -1, windows)
    folded = (low | high << 8).T
    symbols = ((folded >> 1) ^ -(folded & 1)).astype(np.float32)
    across, down, order = _transforms(rows, columns)
    volume = np.empty(shape, np.float32)
    before: Any = np.float32(128)
    flat = np.zeros(rows * columns, np.float32)
    for at, row in enumerate(symbols):
        flat[order[:kept]] = row[1:]
        start = np.float32(128) if row[0] else before
        before = volume[at] = start + down.T @ (flat.reshape(rows, columns) * np.float32(step)) @ across
    return volume


def _transforms(rows: int, columns: int) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
    """Give the orthonormal cosine transforms of columns and of rows, and the order from coarse to fine."""
    import numpy as np

    def cosines(count: int) -> NDArray[Any]:
        k, x = np.arange(count)[:, None], np.arange(count)[None, :] + 0.5
        table = np.cos(np.pi * k * x / count) * np.sqrt(2 / count)
        table[0] /= np.sqrt(2)
        return np.asarray(table, np.float32)

    down, across = np.mgrid[:rows, :columns]
    order = np.argsort(((down + 0.5) / rows + (across + 0.5) / columns).ravel(), kind="stable")
    return cosines(columns), cosines(rows), order
