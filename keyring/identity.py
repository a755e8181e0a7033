"""Who signs: reads an identity, chooses its signer, and says what verifiers will make of it. Makes none."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from .. import outputs
from ..errors import CountermarkError, NoKeys
from ..issuing import DEVELOPMENT
from ..private_files import read_private
from . import places, private_keys, use_log
from .certificates import SUITS_C2PA, algorithm, attribute, certificates, fingerprint, purposes
from .profile import PURPOSES, judge
from .signers import FileSigner, Signer

if TYPE_CHECKING:
    from ..settings import Settings

_TRIES = 4
State = Literal["signs", "next", "retired", "pending"]


@dataclass(frozen=True)
class Identity:
    """Who signs: certificates and what signs for them, never the key itself."""

    name: str  # common name of the leaf
    organisation: str
    issuer: str  # common name of whoever issued the leaf
    algorithm: str  # as C2PA calls it: es256, ed25519 ...
    fingerprint: str  # SHA-256 of the leaf
    not_before: datetime
    not_after: datetime
    chain_pem: bytes  # leaf, then intermediates
    home: Path
    folder: Path
    signer: Signer
    root_pem: bytes | None = None
    development: bool = False

    def __repr__(self) -> str:
        """Names and dates."""
        return f"Identity({self.name!r}, issuer={self.issuer!r}, until {self.not_after:%Y-%m-%d}, {self.folder})"

    @property
    def key_path(self) -> Path:
        """Where the key lies, if it is a file."""
        return self.folder / "key.pem"

    @property
    def locked(self) -> bool:
        """Whether its key is a file that has a passphrase."""
        return isinstance(self.signer, FileSigner) and private_keys.is_locked(read_private(self.key_path))

    def key_pem(self) -> bytes:
        """Read a private key that is a file, unlocked, after checking that it is private and belongs to the leaf."""
        if not isinstance(self.signer, FileSigner):
            raise NoKeys(f"the key of {self.name} never comes here", advice=f"it signs by {self.signer.kind}")
        return private_keys.written(self.signer.key(), None)

    def check(self) -> None:
        """Raise what would stop it from signing now; a passphrase is asked for here, before the work."""
        if isinstance(self.signer, FileSigner):
            self.signer.check()
            return
        with self.used_for("a trial"):
            self.signer.check()

    @contextmanager
    def used_for(self, what: str) -> Iterator[None]:
        """Note a use of the key, and how it ended; a use that cannot be noted fails."""

        def note(result: str) -> None:
            use_log.note(self.home, self.fingerprint, self.signer.kind, what, result)

        try:
            yield
        except BaseException as error:
            with suppress(CountermarkError):  # what went wrong first is what must be heard
                note(type(error).__name__)
            raise
        note("ok")


@dataclass(frozen=True)
class IdentityFacts:
    """What a person wants to know of an identity."""

    name: str
    organisation: str
    issuer: str
    algorithm: str
    fingerprint: str  # SHA-256 of the leaf
    not_before: str
    not_after: str
    days_left: int
    purposes: tuple[str, ...]
    development: bool
    folder: str
    key_problem: str | None
    verifiers_will_say: tuple[str, ...]
    signer: Literal["file", "command", "kms"] = "file"
    state: State = "signs"
    signs_from: str | None = None  # of one that takes over later


def load(home: Path, options: Settings | None = None) -> Identity:
    """Read the certificates of the identity that signs now; `options` say by what, a key in a file unless they do.

    The key stays where it is.
    """
    for _ in range(_TRIES):  # another process may put another in its place while it is read
        with suppress(NoKeys):
            return read(home, places.active(home), options)
        time.sleep(0.02)
    return read(home, places.active(home), options)


def read(home: Path, here: Path, options: Settings | None = None) -> Identity:
    """Read one identity's certificates."""
    chain, key, root = here / "chain.pem", here / "key.pem", here / "root.pem"
    if not places.occupied(here):
        if places.half_restored(home):
            advice = "run `countermark keys restore` again: what was here before comes back first"
            raise NoKeys(f"no signing identity in {here}: a restore was stopped half-way", advice=advice)
        raise NoKeys(f"no signing identity in {here}")
    try:
        chain_pem = chain.read_bytes()
        root_pem = root.read_bytes() if root.exists() else None
        present = key.exists() or key.is_symlink()
    except OSError as error:
        raise NoKeys(
            f"{here}: {error.strerror or error}",
            advice="an identity is key.pem and chain.pem; check that both are there",
        ) from None
    return built(home, here, chain_pem, root_pem, _signer(here, chain_pem, present, options))


def built(home: Path, here: Path, chain_pem: bytes, root_pem: bytes | None, signer: Signer) -> Identity:
    """Make an Identity of what was read."""
    leaf = certificates(chain_pem, here)[0]
    organisation = attribute(leaf.subject, "organizationName")
    return Identity(
        name=attribute(leaf.subject, "commonName") or organisation or "unnamed",
        organisation=organisation,
        issuer=attribute(leaf.issuer, "commonName") or attribute(leaf.issuer, "organizationName") or "unnamed",
        algorithm=algorithm(leaf.public_key()),
        fingerprint=fingerprint(leaf),
        not_before=leaf.not_valid_before_utc,
        not_after=leaf.not_valid_after_utc,
        chain_pem=chain_pem,
        home=home,
        folder=here,
        signer=signer,
        root_pem=root_pem,
        development=organisation == DEVELOPMENT,
    )


def remote_signer(chain_pem: bytes, options: Settings) -> Signer:
    """Make the signer of a key that is elsewhere, as the settings say."""
    if options.signer == "command":
        from .command_signer import CommandSigner

        return CommandSigner(chain_pem, options.signer_command or "")
    from .kms_signer import KmsSigner, key_service

    return KmsSigner(chain_pem, key_service(options))


def _signer(here: Path, chain_pem: bytes, key_present: bool, options: Settings | None) -> Signer:
    if options is not None and options.signer != "file":
        if key_present:
            raise NoKeys(
                f"the settings say that {options.signer} signs, and {here} holds the key of another identity",
                advice=f"bring the certificate: `countermark keys import CHAIN --signer {options.signer} --force`",
            )
        return remote_signer(chain_pem, options)
    if not key_present:
        raise NoKeys(
            f"{here} holds a certificate and no key.pem",
            advice="put the key beside its certificate, or let `signer` in the settings say what signs",
        )
    return FileSigner(chain_pem, here / "key.pem")


def development_roots(home: Path) -> tuple[bytes, ...]:
    """Roots made here, of the identity in use, of the next and of retired ones: what they signed stays trusted here."""
    roots = []
    for place in _in_their_order(home):
        try:
            roots.append((place / "root.pem").read_bytes())
        except OSError:
            continue  # one that can't be read is not trusted
    return tuple(roots)


def _in_their_order(home: Path) -> Iterator[Path]:
    """Go the way that identities go, so that one which moves meanwhile is met twice rather than never."""
    yield places.upcoming(home)
    yield places.folder(home)
    yield from places.retired(home)


def disown(home: Path, start: str) -> tuple[Identity, ...]:
    """Trust what an identity made here signed no longer: its root is an anchor no more. `start` begins a fingerprint.

    For a key that leaked. The one that signs now is not disowned: it is replaced first.
    """
    disowned = []
    with places.locked(home):
        places.settle(home)
        for place in places.retired(home):
            with suppress(NoKeys, OSError):
                chain = (place / "chain.pem").read_bytes()
                identity = built(home, place, chain, None, FileSigner(chain, place / "key.pem"))
                if len(start) >= 8 and identity.fingerprint.startswith(start.lower().replace(":", "")):
                    with outputs.translated(place):
                        os.replace(place / "root.pem", place / "root.disowned.pem")
                    disowned.append(identity)
    if not disowned:
        raise NoKeys(
            f"no retired identity made here has a fingerprint that begins with {start[:64]!r}",
            advice="`countermark keys show` lists them; give at least 8 digits; one in use is replaced first",
        )
    return tuple(disowned)


def describe(identity: Identity, state: State = "signs", signs_from: datetime | None = None) -> IdentityFacts:
    """Say when it ends, what it is for, whether its key can be used, and what verifiers will make of it."""
    leaf = certificates(identity.chain_pem, identity.folder)[0]
    problem = None
    if state != "retired":
        try:
            identity.check()
        except CountermarkError as error:
            problem = f"{error}; {error.advice}"
    now = datetime.now(UTC)
    return IdentityFacts(
        name=identity.name,
        organisation=identity.organisation,
        issuer=identity.issuer,
        algorithm=identity.algorithm,
        fingerprint=identity.fingerprint,
        not_before=identity.not_before.isoformat(),
        not_after=identity.not_after.isoformat(),
        days_left=(identity.not_after - now).days,
        purposes=tuple(PURPOSES.get(oid, oid) for oid in purposes(leaf)),
        development=identity.development,
        folder=str(identity.folder),
        key_problem=problem,
        verifiers_will_say=_outlook(identity, now),
        signer=identity.signer.kind,
        state=state,
        signs_from=signs_from.isoformat() if signs_from else None,
    )


def _outlook(identity: Identity, now: datetime) -> tuple[str, ...]:
    lines = []
    if now > identity.not_after:
        lines.append("expired: what it signs reads as invalid everywhere")
    elif now < identity.not_before:
        lines.append("not valid yet: what it signs reads as invalid until it is")
    else:
        lines.append(f"files without a timestamp read as expired after {identity.not_after:%Y-%m-%d}")
    if identity.algorithm not in SUITS_C2PA:
        lines.append("this kind of key can't sign C2PA manifests")
    middle = min(max(now, identity.not_before), identity.not_after)  # dates were spoken of
    judged = judge(certificates(identity.chain_pem, identity.folder), middle)
    lines += [f"verifiers refuse it: {reason}" for reason in judged.refused]
    if identity.development and identity.root_pem is None:
        lines.append("its root is not trusted here: sound, but by an unknown signer")
    elif identity.development:
        lines.append("here: trusted, marked as development; elsewhere: sound, but by an unknown signer")
    else:
        lines += [f"valid, but unlike the C2PA certificate profile: {remark}" for remark in judged.remarks]
        lines.append("trusted wherever its root is among the anchors, an unknown signer elsewhere")
    return tuple(lines)
