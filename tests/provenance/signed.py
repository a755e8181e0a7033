"""Signed files for tests: a tiny clip, an identity of its own, and one call that signs."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from countermark import keyring
from countermark.evidence import CredentialDetails, Evidence
from countermark.provenance import trust
from countermark.provenance.reading import credentials
from countermark.provenance.signing import manifest
from countermark.provenance.signing import writing as signing

PAYLOAD = "0123456789abcdef"
OTHERS = Path(__file__).parents[3] / "shared" / "data" / "c2pa"


@dataclass
class Studio:
    """Someone who signs, and believes no one else."""

    folder: Path
    source: Path
    identity: keyring.Identity
    anchors: trust.TrustAnchors

    def sign(
        self,
        name: str = "signed.mp4",
        parent: Path | None = None,
        spec_version: str = "2.4",
        soft_binding: Literal["unbound", "bound"] = "unbound",
        earlier_marks: tuple[str, ...] = (),
        **facts: Any,
    ) -> tuple[Path, signing.Signed]:
        said = manifest.Facts(**{"title": "A title", **facts})
        described = manifest.describe(
            said,
            manifest.new_manifest_id(),
            PAYLOAD,
            "own-1",
            parent=bool(parent),
            spec_version=spec_version,
            soft_binding=soft_binding,
            earlier_marks=earlier_marks,
        )
        return self.put(described, name, parent, said)

    def put(
        self, described: dict[str, Any], name: str, parent: Path | None = None, said: manifest.Facts | None = None
    ) -> tuple[Path, signing.Signed]:
        """Sign what is described already, rightly or wrongly."""
        target = self.folder / name
        said = said or manifest.Facts("A title")
        extra = {"ingredients": said.ingredients, "thumbnail": said.thumbnail}
        return target, signing.sign(self.source, target, described, self.identity, self.anchors, parent, **extra)

    def fill(self, megabytes: int, *, wide: bool = False, mdats: int = 1) -> bytes:
        """Fill up the source's mdat, by a hole in the file; give what is before it. All offsets in it stay true."""
        content = self.source.read_bytes()
        place = content.index(b"mdat") - 4
        assert content[place - 8 : place] == b"\0\0\0\x08free"
        size = int.from_bytes(content[place : place + 4], "big")
        long = size + (megabytes << 20)
        head = content[place - 8 : place] + long.to_bytes(4, "big") + b"mdat"
        if wide:
            head = b"\0\0\0\1mdat" + (long + 8).to_bytes(8, "big")
        before = content[: place - 8] + head + content[place + 8 : place + size]
        with self.source.open("wb") as file:
            file.write(before)
            file.seek(megabytes << 20, os.SEEK_CUR)
            file.write(content[place + size :] + b"\0\0\0\x10mdat--------" * (mdats - 1))
        return before

    def examine(self, path: Path, anchors: trust.TrustAnchors | None = None) -> Evidence:
        return credentials.CredentialsExaminer(self.anchors if anchors is None else anchors).examine(path, "ab" * 32)

    def details(self, path: Path, anchors: trust.TrustAnchors | None = None) -> CredentialDetails:
        found = self.examine(path, anchors).details
        assert isinstance(found, CredentialDetails), found
        return found
