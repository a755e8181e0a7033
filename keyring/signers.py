"""Whatever can sign for an identity, behind one protocol. Here: a key in a file. Knows no C2PA."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol

from ..errors import UnsafeKeys
from . import private_keys, signatures
from .certificates import algorithm, certificates, fingerprint, spki

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes, PublicKeyTypes

log = logging.getLogger(__name__)

Kind = Literal["file", "command", "kms"]
TRIAL = b"countermark: does this key fit its certificate?"


class Signer(Protocol):
    """Signs; where its key lies is its own affair."""

    @property
    def kind(self) -> Kind:
        """Say how it signs."""

    @property
    def chain_pem(self) -> bytes:
        """Give the certificates: leaf, then intermediates."""

    @property
    def algorithm(self) -> str:
        """Name the algorithm as C2PA does."""

    def sign(self, data: bytes) -> bytes:
        """Give a signature in COSE's form that holds under the leaf."""

    def check(self) -> None:
        """Raise what would stop it from signing."""


@dataclass(frozen=True)
class Certified:
    """What every signer has: a chain, and from it the public key and the algorithm."""

    chain_pem: bytes = field(repr=False)

    @property
    def algorithm(self) -> str:
        """Name the algorithm as C2PA does."""
        return algorithm(self.public_key)

    @property
    def public_key(self) -> PublicKeyTypes:
        """Give the leaf's public key."""
        return certificates(self.chain_pem, "the signer's chain")[0].public_key()


@dataclass(frozen=True)
class FileSigner(Certified):
    """A key in a file of mode 600, with or without a passphrase; it is read anew for each signature."""

    path: Path
    kind: Literal["file"] = "file"

    def sign(self, data: bytes) -> bytes:
        """Sign in this process."""
        return signatures.sign(self.key(), data)

    def check(self) -> None:
        """Open the key once: a passphrase is asked for before the work, not after."""
        self.key()

    def key(self) -> PrivateKeyTypes:
        """Read the key, after checking that it is its owner's alone and belongs to the leaf."""
        path = self._where() / self.path.name
        key = private_keys.opened(path)
        leaf = certificates(self.chain_pem, self.path.parent)[0]
        if spki(key.public_key()) != spki(leaf.public_key()):
            raise UnsafeKeys(
                f"{path} does not belong to its certificate", advice="restore key.pem and chain.pem together"
            )
        log.info("signing key read for certificate %s", fingerprint(leaf))
        return key

    def _where(self) -> Path:
        """Find the identity's folder, should another have taken over since it was loaded: work under way goes on."""
        keys = self.path.parent.parent
        for place in (self.path.parent, keys / "signing", *sorted((keys / "retired").glob("*"))):
            try:
                if (place / "chain.pem").read_bytes() == self.chain_pem:
                    return place
            except OSError:
                continue
        return self.path.parent
