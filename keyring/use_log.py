"""Who signed what, when, and how it ended: one line of JSON a use, in home/keys/use.ndjson (0600). Never a secret.

A use that cannot be noted fails: nothing is released that this log does not know of.
"""

from __future__ import annotations

import json
import logging
import os
from datetime import UTC, datetime
from pathlib import Path

from .. import outputs

log = logging.getLogger(__name__)


def file(home: Path) -> Path:
    """Where it lies."""
    return home / "keys" / "use.ndjson"


def note(home: Path, identity: str, signer: str, what: str, result: str) -> None:
    """Add a line: a fingerprint, what signs, a manifest's id or a verb, and `ok` or the name of an error."""
    at = datetime.now(UTC).isoformat(timespec="milliseconds")
    line = json.dumps({"time": at, "identity": identity, "signer": signer, "what": what[:200], "result": result})
    with outputs.translated(file(home)):
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
        handle = os.open(file(home), flags, 0o600)
        try:
            if os.write(handle, line.encode() + b"\n") <= len(line):
                raise OSError(28, "No space left on device")
        finally:
            os.close(handle)
    log.log(logging.INFO if result == "ok" else logging.WARNING, "%s by %s (%s): %s", what, identity, signer, result)
