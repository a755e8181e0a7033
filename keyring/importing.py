"""Takes in a certificate that someone else issued, with its key, or finds the key that was waiting for it.

Refuses what verifiers would refuse: better here, with the reason, than at every reader's.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from .. import outputs
from ..errors import CertificateUnfit, InputMissing, InputUnreadable, NoKeys
from ..issuing import DEVELOPMENT
from ..private_files import read_private, write_new
from . import places, private_keys, requests
from .certificates import MOST_BYTES, attribute, certificates, issued_by, pem_of, spki
from .identity import Identity, built, read, remote_signer
from .profile import judge

if TYPE_CHECKING:
    from cryptography import x509

    from ..settings import Settings

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Imported:
    """An identity that was taken in, and what is to be said of it."""

    identity: Identity
    remarks: tuple[str, ...]


def import_chain(
    home: Path,
    chain_file: Path,
    key_file: Path | None = None,
    *,
    options: Settings | None = None,
    since: datetime | None = None,
    force: bool = False,
) -> Imported:
    """Let this certificate sign, from now on or from a time.

    Its key is in `key_file`, or waits from a request, or stays with what the `signer` of `options` names. `force` sets
    aside the identity in use.
    """
    chain, remarks = _chain(chain_file)
    _refuse(chain, max(since or datetime.now(UTC), datetime.now(UTC)))
    remarks += judge(chain, chain[0].not_valid_before_utc).remarks
    key, waiting, elsewhere = None, None, None
    if options is not None and options.signer != "file":
        if key_file is not None:
            raise CertificateUnfit("a key that stays elsewhere has no file", advice="leave --key away")
        elsewhere = remote_signer(pem_of(chain), options)
    else:
        key, waiting = _key(home, chain[0], key_file)
    with places.locked(home), outputs.translated(places.folder(home)), places.workshop(home) as made:
        if elsewhere is not None:
            built(home, made, pem_of(chain), None, elsewhere).check()  # a trial: does that key fit?
        if key is not None:
            write_new(made / "key.pem", key, 0o600)
        write_new(made / "chain.pem", pem_of(chain), 0o644)
        place = places.install(home, made, since, force=force)
        if waiting is not None:
            requests.forget(waiting)
        identity = read(home, place, options)
    log.info("certificate taken in: %s, until %s", identity.name, identity.not_after.date())
    return Imported(identity, remarks)


def _chain(file: Path) -> tuple[list[x509.Certificate], tuple[str, ...]]:
    """Read a chain; a root at its end is left out, since those who trust it have it."""
    try:
        with file.open("rb") as opened:
            pem = opened.read(MOST_BYTES + 1)
    except FileNotFoundError:
        raise InputMissing(f"{file} is not there") from None
    except OSError as error:
        raise InputUnreadable(f"{file}: {error.strerror or error}") from None
    if len(pem) > MOST_BYTES:
        raise CertificateUnfit(f"{file} is too large for a chain of certificates")
    try:
        chain = certificates(pem, file)
    except NoKeys as error:
        raise CertificateUnfit(str(error), advice=error.advice) from None
    remarks: tuple[str, ...] = ()
    if len(chain) > 1 and chain[-1].issuer == chain[-1].subject and issued_by(chain[-1], chain[-1]):
        root = chain.pop()
        name = attribute(root.subject, "commonName") or root.subject.rfc4514_string()
        remarks = (f"the root “{name}” was left out of the chain: `countermark trust add` makes it an anchor here",)
    if attribute(chain[0].subject, "organizationName") == DEVELOPMENT:
        raise CertificateUnfit(
            "this is a development identity, of this machine or another",
            advice="`countermark keys init` makes one, `countermark keys restore` brings one back",
        )
    return chain, remarks


def _refuse(chain: list[x509.Certificate], at: datetime) -> None:
    if refused := judge(chain, at).refused:
        more = f" (and {len(refused) - 1} more)" if len(refused) > 1 else ""
        raise CertificateUnfit(f"verifiers would refuse what it signs: {refused[0]}{more}")


def _key(home: Path, leaf: x509.Certificate, key_file: Path | None) -> tuple[bytes, requests.Pending | None]:
    """Give the key's file as it is, locked if it was, and the request that it belongs to."""
    wanted = spki(leaf.public_key())
    if key_file is not None:
        if spki(private_keys.opened(key_file).public_key()) != wanted:
            raise CertificateUnfit(f"{key_file} is not the key of this certificate", advice="give the two that fit")
        return read_private(key_file), None
    for waiting in requests.listing(home):
        if waiting.public == wanted:
            if spki(private_keys.opened(waiting.key_path).public_key()) != wanted:
                raise CertificateUnfit(f"{waiting.key_path} does not belong to its request")
            return read_private(waiting.key_path), waiting
    raise CertificateUnfit(
        "no key that waits here belongs to this certificate",
        advice="name its key with --key, or ask for a certificate with `countermark keys csr`",
    )
