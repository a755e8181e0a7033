"""How tests read metadata: from bytes, as plain tuples."""

from __future__ import annotations

from pathlib import Path

from countermark.media.metadata import Metadata, metadata


def read(folder: Path, content: bytes) -> Metadata:
    path = folder / "file"
    path.write_bytes(content)
    return metadata(path)


def fields(folder: Path, content: bytes) -> list[tuple[str, str, bytes]]:
    """Place, name and value of each; there may be no problems, and nothing may be cut."""
    found = read(folder, content)
    assert not found.problems and not any(field.cut for field in found.fields), found
    return [(field.place, field.name, field.value) for field in found.fields]
