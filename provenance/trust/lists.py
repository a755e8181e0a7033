"""What one list of trust anchors is: its certificates, what they are for, where they came from. Opens no file."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal

from ...errors import NoKeys, TrustListInvalid, TrustListShrunk
from ...issuing import CLAIM_SIGNING
from ...keyring.certificates import certificates as of_pem
from ...keyring.certificates import fingerprint, pem_of, purposes

if TYPE_CHECKING:
    from cryptography import x509

Purpose = Literal["signing", "timestamps"]
DEVELOPMENT = "development"  # the list that the keyring fills
OFFICIAL, TSA = "official", "tsa"  # those of the C2PA
MOST_BYTES, MOST_CERTIFICATES = 8 << 20, 5000
_HEAD = "# countermark trust list: "
_TIME_STAMPING = "1.3.6.1.5.5.7.3.8"


@dataclass(frozen=True)
class TrustList:
    """One list as it is kept."""

    name: str
    purpose: Purpose
    source: str | None  # None, like `brought`: kept by a version that did not note it
    brought: str | None
    certificates: tuple[x509.Certificate, ...]

    def __repr__(self) -> str:
        """Without the certificates."""
        return f"TrustList({self.name!r}, {self.purpose}, {len(self.certificates)} certificates, {self.brought})"

    @classmethod
    def made(cls, name: str, purpose: Purpose, source: str, found: list[x509.Certificate]) -> TrustList:
        """Make one that is brought now."""
        now = datetime.now(UTC).isoformat(timespec="seconds")
        return cls(name, purpose, source, now, tuple(found))

    @classmethod
    def read(cls, name: str, text: str) -> TrustList:
        """Read one that is kept; its certificates must be those that were brought."""
        first, _, _ = text.partition("\n")
        found = tuple(certificates(text, f"{name}.pem"))
        if not first.startswith(_HEAD):
            return cls(name, "signing", None, None, found)
        try:
            said = json.loads(first.removeprefix(_HEAD))
            purpose, source, brought, digest = (said[key] for key in ("purpose", "source", "brought", "sha256"))
            if purpose not in ("signing", "timestamps") or not isinstance(source, str):
                raise ValueError(purpose)
            datetime.fromisoformat(brought)
        except (ValueError, KeyError, TypeError):
            raise _damaged(name, "its first line can't be read") from None
        if digest != _digest(found):
            raise _damaged(name, "its certificates are not those that were brought")
        return cls(name, purpose, source, brought, found)

    @staticmethod
    def kind_of(found: list[x509.Certificate], where: str) -> str:
        """Tell the C2PA's list of signers from that of timestamp authorities, by what their authorities are for."""
        every = [set(purposes(one)) for one in found]
        if any(CLAIM_SIGNING in each for each in every):
            return OFFICIAL
        if any(each == {_TIME_STAMPING} for each in every):
            return TSA
        raise TrustListInvalid(
            f"{where} does not show what it is for", advice="say --name official, --name tsa, or a name of your own"
        )

    @property
    def sha256(self) -> str:
        """Over the certificates."""
        return _digest(self.certificates)

    @property
    def age_days(self) -> int | None:
        """Since it was brought; None where that is not known."""
        if self.brought is None:
            return None
        return (datetime.now(UTC) - datetime.fromisoformat(self.brought)).days

    def expired(self) -> tuple[str, ...]:
        """Give the subjects whose time is over."""
        now = datetime.now(UTC)
        return tuple(one.subject.rfc4514_string() for one in self.certificates if one.not_valid_after_utc < now)

    def to_pem(self) -> str:
        """Give the file's text: nothing but certificates under the first line; a key beside them is left out."""
        said = {"purpose": self.purpose, "source": self.source, "brought": self.brought, "sha256": self.sha256}
        return f"{_HEAD}{json.dumps(said)}\n{written(self.certificates)}"

    def check_purpose(self, where: str) -> None:
        """Refuse a list of timestamp authorities for signers, and the other way round."""
        for one in self.certificates:
            given = set(purposes(one))
            if self.purpose == "signing":
                wrong, said = given == {_TIME_STAMPING}, "issues for timestamps alone"
            else:
                wrong, said = CLAIM_SIGNING in given and _TIME_STAMPING not in given, "issues for signers"
            if wrong:
                raise TrustListInvalid(
                    f"{where}: {one.subject.rfc4514_string()} {said}, and {self.name!r} is for {self.purpose}",
                    advice="give the other list, or another --name",
                )

    def check_against(self, before: TrustList) -> None:
        """Refuse to lose more than half of what is trusted now."""
        old = {fingerprint(one) for one in before.certificates}
        stays = len(old & {fingerprint(one) for one in self.certificates})
        if 2 * stays < len(old):
            raise TrustListShrunk(f"the new list {self.name!r} keeps {stays} of the {len(old)} certificates of the old")


def certificates(pem: str, where: str) -> list[x509.Certificate]:
    """Read all certificates of a PEM text; one that can't be read spoils the list."""
    try:
        found = of_pem(pem.encode("ascii", "replace"), where)
    except NoKeys as error:
        raise TrustListInvalid(str(error)) from None
    if len(found) > MOST_CERTIFICATES:
        raise TrustListInvalid(f"{where}: {len(found):,} certificates are more than any list has")
    return found


def check(found: list[x509.Certificate], where: str, *, every: bool) -> None:
    """Ask for at least one authority that is still valid; `every`: and for nothing but authorities."""
    now = datetime.now(UTC)
    for one in found if every else ():
        if not _is_authority(one):
            raise TrustListInvalid(f"{where}: {one.subject.rfc4514_string()} is no authority")
    if not any(_is_authority(one) and one.not_valid_after_utc > now for one in found):
        raise TrustListInvalid(f"{where}: no certificate of an authority that is still valid")


def written(found: Sequence[x509.Certificate]) -> str:
    """As PEM text."""
    return pem_of(found).decode("ascii")


def _digest(found: tuple[x509.Certificate, ...]) -> str:
    return hashlib.sha256("".join(fingerprint(one) for one in found).encode()).hexdigest()


def _damaged(name: str, why: str) -> TrustListInvalid:
    advice = f"`countermark trust remove {name}`, then bring it again"
    return TrustListInvalid(f"the trust list {name!r} is damaged: {why}", advice=advice)


def _is_authority(certificate: x509.Certificate) -> bool:
    from cryptography import x509

    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except x509.ExtensionNotFound:
        return False
