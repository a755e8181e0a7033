"""Whose signatures and whose clocks count: roots made here, and the lists in `home/trust`. Asks the network by `fetch`.

A list is one PEM file whose first line says what it is for, and where and when it came from. Anchors are plain text,
so that they can be handed to the limited child as JSON.
"""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ... import keyring, outputs
from ...errors import (
    InputMissing,
    InputUnreadable,
    OutputExists,
    OutputUnwritable,
    TrustListInvalid,
)
from ...keyring.certificates import fingerprint
from .lists import (
    DEVELOPMENT,
    MOST_BYTES,
    OFFICIAL,
    TSA,
    Purpose,
    TrustList,
    certificates,
    check,
    written,
)

if TYPE_CHECKING:
    from cryptography import x509

__all__ = ["DEVELOPMENT", "OFFICIAL", "TSA", "Anchor", "Purpose", "TrustAnchors", "TrustList", "Updated"]

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_SIGNERS, _CLOCKS = "urn:countermark:signers", "urn:countermark:clocks"
_OF_THE_C2PA: dict[str, Purpose] = {OFFICIAL: "signing", TSA: "timestamps"}
STALE_DAYS = 90


@dataclass(frozen=True)
class TrustAnchors:
    """Certificates, as PEM text, that a chain may lead to."""

    added: str = ""
    development: str = ""
    timestamps: str = ""  # of timestamp authorities alone

    @property
    def pem(self) -> str:
        """All that a signer's chain may lead to."""
        return "\n".join(part.strip() for part in (self.added, self.development) if part.strip())

    def __repr__(self) -> str:
        """How many, not which."""
        counts = [text.count("BEGIN CERTIFICATE") for text in (self.pem, self.development, self.timestamps)]
        return f"TrustAnchors({counts[0]}, {counts[1]} of them for development; {counts[2]} for timestamps)"

    def to_json(self) -> dict[str, str]:
        """As plain values."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: dict[str, str]) -> TrustAnchors:
        """Rebuild from plain values."""
        return cls(**values)

    def settings(self) -> dict[str, Any]:
        """Say it in the C2PA library's words, for `trust` in its settings."""
        named = ((_SIGNERS, "manifest", self.pem), (_CLOCKS, "tsa", self.timestamps))
        return {
            "anchors": [
                {"trust_anchors": pem, "trust_kind": kind, "trust_uri": name} for name, kind, pem in named if pem
            ]
        }


def vouched(explanation: str) -> bool:
    """Say whether a list for signers vouches, by what the library explains of `signingCredential.trusted`.

    It lets every list vouch for a signer, whatever the list is for, and names the one that did.
    """
    return f"[{_CLOCKS}]" not in explanation


@dataclass(frozen=True)
class Anchor:
    """One certificate of the anchors, for a person's eyes."""

    list_name: str  # "development", or the name under which it was added
    subject: str
    not_after: str
    fingerprint: str  # SHA-256
    expired: bool
    purpose: Purpose
    added: str | None  # when its list was brought
    source: str | None


@dataclass(frozen=True)
class Updated:
    """What bringing a list changed."""

    trust_list: TrustList
    came: int  # certificates that were not there before
    went: int
    expired: tuple[str, ...]  # subjects in it that vouch for nobody any more


def load(home: Path) -> TrustAnchors:
    """Gather the development roots of the keyring and `home/trust/*.pem`; a file that is no list is an error."""
    found: dict[Purpose, list[x509.Certificate]] = {"signing": [], "timestamps": []}
    for kept in lists(home):
        found[kept.purpose] += kept.certificates
    signers, development = found["signing"], _development(home)
    # The library lets any list vouch for both, and takes one at random where two could. So what vouches for signers,
    # or stands above what does, is in one list alone.
    known = {fingerprint(one) for one in signers}
    above = {one.issuer for one in signers}
    clocks = [one for one in found["timestamps"] if fingerprint(one) not in known and one.subject not in above]
    return TrustAnchors(written(signers), development, written(clocks))


def lists(home: Path) -> tuple[TrustList, ...]:
    """Give the lists that are kept, by name."""
    return tuple(TrustList.read(file.stem, _read(file)) for file in sorted((home / "trust").glob("*.pem")))


def add(home: Path, name: str, pem_file: Path, purpose: Purpose = "signing") -> int:
    """Trust the certificates of a PEM file from now on, under a name; give how many there are."""
    target = _file(home, name)
    found = certificates(_read(pem_file), str(pem_file))
    check(found, str(pem_file), every=False)
    if purpose != (meant := _OF_THE_C2PA.get(name, purpose)):
        raise TrustListInvalid(f"the list {name!r} is for {meant}", advice="choose another --name")
    fresh = TrustList.made(name, purpose, str(pem_file.absolute()), found)
    fresh.check_purpose(str(pem_file))
    try:
        _keep(target, fresh, force=False)
    except OutputExists:
        advice = "remove it first, or replace it by `countermark trust update`"
        raise OutputExists(f"a trust list is called {name!r} already", advice=advice) from None
    return len(found)


def update(home: Path, source: str, name: str | None = None, *, force: bool = False) -> Updated:
    """Bring a list from a file or an https URL, check every entry, and keep it in the place of the one before."""
    if name is not None:
        _file(home, name)  # refused before anything is fetched
    content = _fetched(source) if "://" in source else _read(Path(source))
    found = certificates(content, source)
    check(found, source, every=True)
    name = name or TrustList.kind_of(found, source)
    target = _file(home, name)
    before = TrustList.read(name, _read(target)) if target.exists() else None
    purpose = _OF_THE_C2PA.get(name, before.purpose if before else "signing")
    origin = source if "://" in source else str(Path(source).absolute())
    fresh = TrustList.made(name, purpose, origin, found)
    fresh.check_purpose(source)
    if before and not force:
        fresh.check_against(before)
    _keep(target, fresh, force=True)
    old = {fingerprint(one) for one in before.certificates} if before else set()
    new = {fingerprint(one) for one in found}
    return Updated(fresh, len(new - old), len(old - new), fresh.expired())


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
    for kept in lists(home):
        anchors += [_anchor(kept, one) for one in kept.certificates]
    development = _development(home)
    if development:
        own = TrustList(DEVELOPMENT, "signing", None, None, tuple(certificates(development, str(home))))
        anchors += [_anchor(own, one) for one in own.certificates]
    return tuple(anchors)


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


def _keep(target: Path, kept: TrustList, force: bool) -> None:
    with outputs.translated(target):
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    outputs.write_whole(target, kept.to_pem().encode("ascii"), force=force)


def _read(file: Path) -> str:
    try:
        with file.open("rb") as opened:
            content = opened.read(MOST_BYTES + 1)
    except FileNotFoundError:
        raise InputMissing(f"{file} is not there") from None
    except (OSError, ValueError) as error:
        raise InputUnreadable(f"{file}: {getattr(error, 'strerror', None) or error}") from None
    if len(content) > MOST_BYTES:
        raise TrustListInvalid(f"{file} is too large for a list of certificates")
    return content.decode("ascii", "replace")


def _fetched(url: str) -> str:
    from ... import fetch

    if not url.lower().startswith("https://"):
        advice = "whoever sits between could choose whom you trust; give an https URL, or a file"
        raise TrustListInvalid(f"{url[:120]}: a trust list is brought over https alone", advice=advice)
    said = fetch.ask(url, most_bytes=MOST_BYTES, seconds=60.0, accept="application/x-pem-file, */*;q=0.5", home=url)
    if not said.url.lower().startswith("https://"):
        raise TrustListInvalid(f"{url[:120]} leads away from https")
    return said.body.decode("ascii", "replace")


def _anchor(kept: TrustList, certificate: x509.Certificate) -> Anchor:
    from datetime import UTC, datetime

    until = certificate.not_valid_after_utc
    return Anchor(
        list_name=kept.name,
        subject=certificate.subject.rfc4514_string(),
        not_after=until.isoformat(),
        fingerprint=fingerprint(certificate),
        expired=until < datetime.now(UTC),
        purpose=kept.purpose,
        added=kept.brought,
        source=kept.source,
    )
