"""The fifth examiner: what a file declares of itself, unsigned. Knows files; what fields mean is reading.py's."""

from __future__ import annotations

from pathlib import Path

from ...evidence import Evidence, FailureDetails, Finding, Track
from ...media.metadata import metadata
from .reading import declared_in


class DeclarationsExaminer:
    """Reads the metadata of a file: a `media.plan.ContainerExaminer`. Whatever the content is, it is a finding."""

    name = "declarations"
    version = "1"
    track: Track = "container"

    def examine(self, path: Path, digest: str) -> Evidence:
        """Say what is declared, with the exact field of each; details are there also where nothing is."""
        try:
            details = declared_in(metadata(path))
        except OSError as error:
            failure = FailureDetails(f"the file can't be read: {error.strerror or error}")
            return Evidence(digest, self.track, self.name, self.version, "failed", details=failure)
        finding: Finding = "present" if details.declarations else "absent"
        return Evidence(digest, self.track, self.name, self.version, finding, details=details)
