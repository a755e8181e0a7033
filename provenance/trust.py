"""Whose signatures count: roots made here for development, and PEM files in `home/trust`. Asks no network.

Anchors are plain text, so that they can be handed to the limited child as JSON.
"""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from .. import keyring, outputs
from ..errors import InputMissing, InputUnreadable, OutputExists, OutputUnwritable, TrustListInvalid

if TYPE_CHECKING:
    from cryptography import x509

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_MAX_BYTES = 8 << 20
DEVELOPMENT = "development"  # the list that the keyring fills


@dataclass(frozen=True)
class TrustAnchors:
    """Certificates, as PEM text, that a chain may lead to."""

    added: str = ""
    development: str = ""

    @property
    def pem(self) -> str:
        """All of them."""
        return "\n".join(part.strip() for part in (self.added, self.development) if part.strip())

    def __repr__(self) -> str:
        """How many, not which."""
        count = self.pem.count("BEGIN CERTIFICATE")
        return f"TrustAnchors({count}, {self.development.count('BEGIN CERTIFICATE')} of them for development)"

    def to_json(self) -> dict[str, str]:
        """As plain values."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: dict[str, str]) -> TrustAnchors:
        """Rebuild from plain values."""
        return cls(**values)


@dataclass(frozen=True)
class Anchor:
    """One certificate of the anchors, for a person's eyes."""

    list_name: str  # "development", or the name under which it was added
    subject: str
    not_after: str
    fingerprint: str  # SHA-256
    expired: bool


def load(home: Path) -> TrustAnchors:
    """Gather the development roots of the keyring and `home/trust/*.pem`; a file that is no list is an error."""
    added = []
    for file in sorted((home / "trust").glob("*.pem")):
        text = _read(file)
        _certificates(text, file)
        added.append(text)
    return TrustAnchors("\n".join(added), _development(home))


def add(home: Path, name: str, pem_file: Path) -> int:
    """Trust the certificates of a PEM file from now on, under a name; give how many there are."""
    from datetime import UTC, datetime

    target = _file(home, name)
    text = _read(pem_file)
    certificates = _certificates(text, pem_file)
    now = datetime.now(UTC)
    if not any(_is_authority(c) and c.not_valid_after_utc > now for c in certificates):
        raise TrustListInvalid(f"{pem_file}: no certificate of an authority that is still valid")
    kept = "".join(_pem(c) for c in certificates)  # nothing but certificates: a key in the file is left out
    with outputs.translated(target):
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        outputs.write_whole(target, kept.encode("ascii"), force=False)
    except OutputExists:
        raise OutputExists(f"a trust list is called {name!r} already", advice="remove it first") from None
    return len(certificates)


def remove(home: Path, name: str) -> None:
    """Trust the certificates under that name no longer."""
    target = _file(home, name)
    try:
        target.unlink()
    except FileNotFoundError:
        raise InputMissing(f"no trust list is called {name!r}", advice="`countermark trust list` shows them") from None
    except OSError as error:
        raise OutputUnwritable(f"{target}: {error.strerror or error}", advice="check `home` in the settings") from None


def listing(home: Path) -> tuple[Anchor, ...]:
    """Every anchor, with the name of the list that it came from."""
    anchors = []
    for file in sorted((home / "trust").glob("*.pem")):
        anchors += [_anchor(file.stem, c) for c in _certificates(_read(file), file)]
    development = _development(home)
    if development:
        anchors += [_anchor(DEVELOPMENT, c) for c in _certificates(development, home)]
    return tuple(anchors)


def age_days(home: Path, name: str) -> int:
    """Give how long ago a list was added."""
    import time

    try:
        return int((time.time() - _file(home, name).stat().st_mtime) / 86400)
    except FileNotFoundError:
        raise InputMissing(f"no trust list is called {name!r}", advice="`countermark trust list` shows them") from None


def _development(home: Path) -> str:
    roots = (root.decode("ascii", "replace").strip() for root in keyring.development_roots(home))
    return "\n".join(dict.fromkeys(roots))


def _file(home: Path, name: str) -> Path:
    if name == DEVELOPMENT:
        raise TrustListInvalid(
            f"{name!r} is the root of the signing identities made here", advice="it goes with them; choose another name"
        )
    if not _NAME.fullmatch(name):
        raise TrustListInvalid(
            f"{name!r} can't be the name of a trust list", advice="letters, digits, - and _, say: acme"
        )
    return home / "trust" / f"{name}.pem"


def _read(file: Path) -> str:
    try:
        with file.open("rb") as opened:
            content = opened.read(_MAX_BYTES + 1)
    except FileNotFoundError:
        raise InputMissing(f"{file} is not there") from None
    except OSError as error:
        raise InputUnreadable(f"{file}: {error.strerror or error}") from None
    if len(content) > _MAX_BYTES:
        raise TrustListInvalid(f"{file} is too large for a list of certificates")
    return content.decode("ascii", "replace")


def _certificates(pem: str, where: Path) -> list[x509.Certificate]:
    from cryptography import x509

    try:
        return x509.load_pem_x509_certificates(pem.encode("ascii", "replace"))
    except ValueError as error:
        raise TrustListInvalid(f"{where}: no certificates in PEM ({error})") from None


def _is_authority(certificate: x509.Certificate) -> bool:
    from cryptography import x509

    try:
        return bool(certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca)
    except (x509.ExtensionNotFound, ValueError):
        return False


def _pem(certificate: x509.Certificate) -> str:
    from cryptography.hazmat.primitives.serialization import Encoding

    return certificate.public_bytes(Encoding.PEM).decode("ascii")


def _anchor(list_name: str, certificate: x509.Certificate) -> Anchor:
    from datetime import UTC, datetime

    from cryptography.hazmat.primitives import hashes

    until = certificate.not_valid_after_utc
    return Anchor(
        list_name=list_name,
        subject=certificate.subject.rfc4514_string(),
        not_after=until.isoformat(),
        fingerprint=certificate.fingerprint(hashes.SHA256()).hex(),
        expired=until < datetime.now(UTC),
    )
