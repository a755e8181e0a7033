"""Makes development identities, and lets a new one take over. Knows the order of things, no certificate's fields.

The leaf is signed by an intermediate and that by a root, and neither private key is kept: whoever steals the folder can
sign as this leaf until it expires, but can never issue another identity that those who trust the root would believe.
The price: such an identity can't be renewed, only replaced. The certificates follow the C2PA profile but for what would
be a lie: policy, assurance level and record of the conformance programme, addresses of responders.
"""

from __future__ import annotations

import logging
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from .. import outputs
from ..errors import CertificateUnfit
from ..issuing import issue_development
from ..private_files import release_private, write_new
from . import places, private_keys
from .certificates import certificates
from .identity import Identity, load, read

if TYPE_CHECKING:
    from ..settings import Settings

log = logging.getLogger(__name__)


def init_development(home: Path, *, force: bool = False, passphrase: bytes | None = None) -> Identity:
    """Make an identity whose root only this machine knows; refuse to replace one without `force`."""
    return _make(home, None, force, passphrase)


def rotate(
    home: Path,
    *,
    options: Settings | None = None,
    since: datetime | None = None,
    force: bool = False,
    passphrase: bytes | None = None,
) -> Identity:
    """Make a new development identity that signs from now on, or from a time; until then the one in use does.

    The old one is kept, and what it signed stays trusted here. `force` replaces a next one that is waiting already.
    """
    current = load(home, options)
    if not current.development:
        raise CertificateUnfit(
            f"{current.name} was certified by {current.issuer}, and only they can certify the next",
            advice="`countermark keys csr`, send the request to them, then `countermark keys import CHAIN --force`",
        )
    return _make(home, since, force, passphrase, replace=True)


def relock(home: Path, passphrase: bytes | None) -> Identity:
    """Give the key of the identity that signs another passphrase, or none."""
    with places.locked(home):
        identity = load(home)
        written = private_keys.written(private_keys.opened(identity.key_path), passphrase)
        release_private(identity.key_path, written, force=True)
    if passphrase is not None:
        private_keys.remember(identity.key_path, passphrase)
    log.info("the passphrase of %s was changed", identity.name)
    return identity


def _make(home: Path, since: datetime | None, force: bool, passphrase: bytes | None, replace: bool = False) -> Identity:
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    with places.locked(home), outputs.translated(places.folder(home)), places.workshop(home) as made:
        issued = issue_development()
        ends = certificates(issued.chain, made)[0].not_valid_after_utc
        if since is not None and since >= ends:
            raise CertificateUnfit(
                f"by then the new certificate will have expired (on {ends:%Y-%m-%d})", advice="rotate nearer to the day"
            )
        key = issued.key
        if passphrase is not None:
            key = private_keys.written(load_pem_private_key(key, None), passphrase)
        write_new(made / "key.pem", key, 0o600)
        write_new(made / "chain.pem", issued.chain, 0o644)
        write_new(made / "root.pem", issued.root, 0o644)
        identity = read(home, places.install(home, made, since, force=force, replace=replace))
    if passphrase is not None:
        private_keys.remember(identity.key_path, passphrase)
    log.info("development identity made: %s, until %s", identity.name, identity.not_after.date())
    return identity
