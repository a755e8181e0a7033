"""A key in AWS KMS, or in a service that speaks like it: it signs there and never leaves. Knows boto3, no key.

Credentials are boto3's affair: environment, shared files, the role of the machine. What the service says is turned
into words of ours and dropped, since some of its messages repeat headers of the request.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from ..errors import SignerFailed
from . import signatures
from .signers import TRIAL, Certified

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes

    from ..settings import Settings

_SPECS = {  # as C2PA calls it: as KMS does, and the hash of the digest that it is sent
    "es256": ("ECDSA_SHA_256", "sha256"),
    "es384": ("ECDSA_SHA_384", "sha384"),
    "es512": ("ECDSA_SHA_512", "sha512"),
    "ps256": ("RSASSA_PSS_SHA_256", "sha256"),
}
_MOST_RAW = 4096  # bytes that KMS hashes itself
_SAID = {  # what the service answers, and what that means
    "AccessDeniedException": (
        "does not let these credentials sign with the key",
        "allow kms:Sign and kms:GetPublicKey",
    ),
    "DisabledException": ("says that the key is disabled", "enable it, or rotate to another"),
    "KMSInvalidStateException": ("says that the key can't be used in its state", "it may be waiting for deletion"),
    "KeyUnavailableException": ("can't reach the key now", "try again"),
    "NotFoundException": ("knows no such key", "check `signer_kms_key` and `signer_kms_region`"),
    "InvalidKeyUsageException": (
        "says that the key is not for signing so",
        "use one for SIGN_VERIFY of a fitting kind",
    ),
    "ValidationException": ("says that the key can't sign so", "its kind must fit the certificate's"),
    "UnrecognizedClientException": ("does not know these credentials", "renew them"),
    "InvalidClientTokenId": ("does not know these credentials", "renew them"),
    "InvalidSignatureException": ("does not take these credentials", "check the secret key and the clock"),
    "ExpiredTokenException": ("says that these credentials expired", "log in again"),
    "ThrottlingException": ("is asked too often", "try again later"),
}


@dataclass(frozen=True)
class KeyService:
    """One key of a service."""

    key_id: str
    region: str | None = None
    endpoint: str | None = None
    _made: list[Any] = field(default_factory=list, repr=False, compare=False)  # the client, once there is one

    def sign(self, data: bytes, algorithm: str) -> bytes:
        """Send what is to be signed, or its digest where it is long; give what comes back."""
        import hashlib

        if algorithm not in _SPECS:
            raise SignerFailed(
                f"{algorithm} is not asked of a key service here", advice="use a key of P-256, P-384 or RSA"
            )
        spec, digest = _SPECS[algorithm]
        short = len(data) <= _MOST_RAW
        with _translated():
            answer = self._client().sign(
                KeyId=self.key_id,
                Message=data if short else hashlib.new(digest, data).digest(),
                MessageType="RAW" if short else "DIGEST",
                SigningAlgorithm=spec,
            )
        return bytes(answer["Signature"])

    def public_key(self) -> PublicKeyTypes:
        """Ask for the public key."""
        from cryptography.hazmat.primitives.serialization import load_der_public_key

        with _translated():
            return load_der_public_key(self._client().get_public_key(KeyId=self.key_id)["PublicKey"])

    def _client(self) -> Any:
        if self._made:
            return self._made[0]
        try:
            import boto3
            from botocore.config import Config
        except ImportError:
            advice = "pip install 'countermark[kms]'"
            raise SignerFailed("signing by a key service needs boto3, which is not installed", advice=advice) from None
        if not self.key_id:
            raise SignerFailed("`signer` is kms, and no key is named", advice="set `signer_kms_key`")
        patience = Config(connect_timeout=5, read_timeout=15, retries={"total_max_attempts": 3, "mode": "standard"})
        session = boto3.session.Session(region_name=self.region)
        self._made.append(session.client("kms", endpoint_url=self.endpoint, config=patience))
        return self._made[0]


@dataclass(frozen=True)
class KmsSigner(Certified):
    """Signs by a key service."""

    service: KeyService
    kind: Literal["kms"] = "kms"

    def sign(self, data: bytes) -> bytes:
        """Have it signed, and check what comes back."""
        return signatures.checked(self.public_key, data, self.service.sign(data, self.algorithm))

    def check(self) -> None:
        """Have it sign something that is no manifest."""
        self.sign(TRIAL)


def key_service(options: Settings) -> KeyService:
    """Give the key that the settings name."""
    return KeyService(options.signer_kms_key or "", options.signer_kms_region, options.signer_kms_endpoint)


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except SignerFailed:
        raise
    except _refusals() as error:  # their words may repeat the request
        raise _plain(error) from None


def _refusals() -> tuple[type[Exception], ...]:
    from botocore.exceptions import BotoCoreError, ClientError

    return BotoCoreError, ClientError, ValueError  # the last for an endpoint that is no URL


def _plain(error: Exception) -> SignerFailed:
    name = type(error).__name__
    answer = getattr(error, "response", None)
    if isinstance(answer, dict):
        code = str(answer.get("Error", {}).get("Code", "?"))
        said, advice = _SAID.get(code, (f"refused: {code[:60]}", "see the log of the key service"))
        if code not in _SAID and answer.get("ResponseMetadata", {}).get("HTTPStatusCode") in (401, 403):
            said, advice = "does not take these credentials", "check them, and what they are allowed"
        return SignerFailed(f"the key service {said}", advice=advice)
    if "Credential" in name or "Token" in name or name in ("ProfileNotFound", "ConfigNotFound"):
        return SignerFailed(
            "there are no credentials for the key service",
            advice="set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
        )
    if name == "NoRegionError":
        return SignerFailed("no region is named for the key service", advice="set `signer_kms_region`")
    if "Connect" in name or "Timeout" in name or "Closed" in name or "SSL" in name or "HTTPClient" in name:
        return SignerFailed(
            "the key service can't be reached", advice="check the network and `signer_kms_endpoint`, and try again"
        )
    return SignerFailed(f"the key service could not be asked ({name})", advice="check the `signer_kms_…` settings")
