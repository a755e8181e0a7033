"""Names finished work by all that could change its outcome, so that no old figure passes for a new one."""

from __future__ import annotations

import hashlib
import json
from functools import lru_cache
from pathlib import Path

from ..machine import versions

_ROOT = Path(__file__).resolve().parents[2]
_OURS = ("bench/detector/conditions.py", "bench/detector/pieces.py", "media/*.py")
_ASKED = ("bench/detector/ours.py", "bench/detector/scoring.py")
_CODE = {
    "score": (*_OURS, *_ASKED, "detector/**/*.py", "networks.py"),
    "numbers": (*_OURS, "bench/detector/numbers.py"),
    "speed": (*_OURS, "detector/**/*.py", "networks.py", "bench/detector/speed.py"),
}
_LIBRARIES = ("av", "numpy", "onnxruntime", "opencv-python-headless")


def key_of(what: str, **parts: object) -> str:
    """Give the key of an outcome; the same parts and the same code, the same key."""
    whole = {**parts, "what": what, "code": code(_ROOT, _CODE[what]), "libraries": versions(*_LIBRARIES)}
    return hashlib.sha256(json.dumps(whole, sort_keys=True, default=str).encode()).hexdigest()[:32]


@lru_cache(maxsize=16)
def code(root: Path, patterns: tuple[str, ...]) -> str:
    """Digest the modules that an outcome depends on."""
    digest = hashlib.sha256()
    for path in sorted({path for pattern in patterns for path in root.glob(pattern)}):
        content = path.read_bytes()
        digest.update(f"{path.relative_to(root)}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()
