"""Makes a bundle: files, a list of them, a signature over the list, a timestamp over the signature."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from .. import keyring, outputs
from ..docket.values import Check
from ..objects import Objects
from ..settings import Settings
from . import cms, timestamps, zipped
from .contents import MANIFEST, files_of

SIGNATURE = f"{MANIFEST}.p7s"
TIMESTAMP = f"{SIGNATURE}.tst"


@dataclass(frozen=True)
class Made:
    """A bundle that was written."""

    path: Path
    timed: bool  # whether an authority vouches for the time of its signature


def make(
    check: Check,
    objects: Objects,
    options: Settings,
    target: Path,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> Made:
    """Write the evidence of a check that has succeeded to `target`; whole or not at all.

    The identity that signs manifests signs this. It says what `check` says: who may not see a name does not give one.
    """
    identity = keyring.load(options.home, options)
    files = files_of(check, objects, options)
    signature = cms.signed(files[MANIFEST], identity, clock(), f"bundle {check.id}")
    files[SIGNATURE] = signature
    token = timestamps.token_for(signature, options)
    if token is not None:
        files[TIMESTAMP] = token
    outputs.write_whole(target, zipped.written(files))
    return Made(target, token is not None)
