"""Signed files for tests: a tiny clip, an identity of its own, and one call that signs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from countermark import keyring
from countermark.evidence import CredentialDetails, Evidence
from countermark.provenance import credentials, manifest, signing, trust

OTHERS = Path(__file__).parents[3] / "shared" / "data" / "c2pa"


@dataclass
class Studio:
    """Someone who signs, and believes no one else."""

    folder: Path
    source: Path
    identity: keyring.Identity
    anchors: trust.TrustAnchors

    def sign(self, name: str = "signed.mp4", parent: Path | None = None, **facts: str) -> tuple[Path, signing.Signed]:
        said = manifest.Facts("A title", **facts)
        described = manifest.describe(
            said, manifest.new_manifest_id(), "0123456789abcdef", "own-1", parent=bool(parent)
        )
        target = self.folder / name
        return target, signing.sign(self.source, target, described, self.identity, self.anchors, parent)

    def examine(self, path: Path, anchors: trust.TrustAnchors | None = None) -> Evidence:
        return credentials.CredentialsExaminer(self.anchors if anchors is None else anchors).examine(path, "ab" * 32)

    def details(self, path: Path, anchors: trust.TrustAnchors | None = None) -> CredentialDetails:
        found = self.examine(path, anchors).details
        assert isinstance(found, CredentialDetails), found
        return found
