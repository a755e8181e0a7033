"""Authorities made for tests: one that issues, one that stamps time over real HTTP, one that says who is revoked."""

from __future__ import annotations

import hashlib
import http.server
import ipaddress
import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Any

import c2pa
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from countermark.issuing import CLAIM_SIGNING

PEM = serialization.Encoding.PEM
DER = serialization.Encoding.DER
SHA256 = bytes.fromhex("0609608648016503040201")
TST_INFO = bytes.fromhex("060b2a864886f70d0109100104")
SIGNED_DATA = bytes.fromhex("06092a864886f70d010702")
ECDSA_SHA256 = bytes.fromhex("06082a8648ce3d040302")


@dataclass(frozen=True)
class Holder:
    """A certificate and its key."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    @property
    def pem(self) -> bytes:
        return self.certificate.public_bytes(PEM)

    @property
    def key_pem(self) -> bytes:
        return self.key.private_bytes(PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())


class Authority:
    """A root that issues what a test needs, for any span of time."""

    def __init__(self, name: str = "Test root", *, begins: timedelta = -timedelta(days=2), days: float = 3650) -> None:
        self.root = _issue(name, None, begins, begins + timedelta(days=days), None)

    @property
    def pem(self) -> str:
        return self.root.pem.decode()

    def signer(
        self,
        name: str = "Test signer",
        *,
        begins: timedelta = -timedelta(hours=1),
        ends: timedelta = timedelta(days=30),
    ) -> Holder:
        purposes = [x509.ObjectIdentifier(CLAIM_SIGNING), ExtendedKeyUsageOID.EMAIL_PROTECTION]
        return _issue(name, self.root, begins, ends, purposes)

    def stamper(self, ends: timedelta = timedelta(days=3650)) -> Holder:
        return _issue("Test TSA", self.root, -timedelta(days=1), ends, [ExtendedKeyUsageOID.TIME_STAMPING])

    def web_server(self) -> Holder:
        """Give a certificate for https on this machine."""
        begins, ends = -timedelta(days=1), timedelta(days=9)
        here = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
        return _issue("127.0.0.1", self.root, begins, ends, [ExtendedKeyUsageOID.SERVER_AUTH], here)

    def beneath(self, name: str, purposes: list[x509.ObjectIdentifier]) -> Holder:
        """Give an authority under the root, for some purposes alone."""
        return _issue(name, self.root, -timedelta(days=1), timedelta(days=99), purposes, authority=True)

    def revocation(self, leaf: Holder, revoked: bool, said_by: Authority | None = None) -> bytes:
        """Give what an OCSP responder would answer about a certificate of ours; one of another authority may lie."""
        responder = _issue(
            "Test OCSP",
            (said_by or self).root,
            -timedelta(days=1),
            timedelta(days=99),
            [ExtendedKeyUsageOID.OCSP_SIGNING],
        )
        now = datetime.now(UTC).replace(microsecond=0)
        status = ocsp.OCSPCertStatus.REVOKED if revoked else ocsp.OCSPCertStatus.GOOD
        answer = (
            ocsp.OCSPResponseBuilder()
            .add_response(
                leaf.certificate,
                self.root.certificate,
                hashes.SHA1(),
                status,
                now - timedelta(minutes=30),
                now + timedelta(days=7),
                now - timedelta(minutes=40) if revoked else None,
                x509.ReasonFlags.key_compromise if revoked else None,
            )
            .responder_id(ocsp.OCSPResponderEncoding.HASH, responder.certificate)
            .certificates([responder.certificate])
        )
        return answer.sign(responder.key, hashes.SHA256()).public_bytes(DER)


def _issue(
    name: str,
    issuer: Holder | None,
    begins: timedelta,
    ends: timedelta,
    purposes: list[x509.ObjectIdentifier] | None,
    *more: x509.ExtensionType,
    authority: bool = False,
) -> Holder:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "DE"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Tests"),
            x509.NameAttribute(NameOID.COMMON_NAME, name),
        ]
    )
    above, signing = (issuer.certificate.subject, issuer.key) if issuer else (subject, key)
    now = datetime.now(UTC).replace(microsecond=0)
    authority = authority or purposes is None
    usage = {
        "digital_signature": not authority, "content_commitment": False, "key_encipherment": False,
        "data_encipherment": False, "key_agreement": False, "key_cert_sign": authority, "crl_sign": authority,
        "encipher_only": False, "decipher_only": False,
    }  # fmt: skip
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(above)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + begins)
        .not_valid_after(now + ends)
        .add_extension(x509.BasicConstraints(authority, None), critical=True)
        .add_extension(x509.KeyUsage(**usage), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signing.public_key()), critical=False)
    )
    if purposes is not None:
        lone = purposes == [ExtendedKeyUsageOID.TIME_STAMPING]
        builder = builder.add_extension(x509.ExtendedKeyUsage(purposes), critical=lone)
    for extension in more:
        builder = builder.add_extension(extension, critical=False)
    return Holder(builder.sign(signing, hashes.SHA256()), key)


# Time ----------------------------------------------------------------------------------------------------------------


def der(tag: int, *parts: bytes) -> bytes:
    """Write one value of DER."""
    body = b"".join(parts)
    if len(body) < 128:
        return bytes([tag, len(body)]) + body
    size = len(body).to_bytes((len(body).bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(size)]) + size + body


def integer(value: int) -> bytes:
    return der(2, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def parts(content: bytes) -> list[tuple[int, bytes]]:
    """Read the values that stand in a row."""
    found, at = [], 0
    while at < len(content):
        tag, size, at = content[at], content[at + 1], at + 2
        if size & 0x80:
            more = size & 0x7F
            size, at = int.from_bytes(content[at : at + more], "big"), at + more
        found.append((tag, content[at : at + size]))
        at += size
    return found


def granted(
    request: bytes, stamper: Holder, when: datetime, *, nonce: int | None = None, chain: tuple[Holder, ...] = ()
) -> bytes:
    """Answer a request of RFC 3161 with a token that says `when`; with another nonce, where one is given."""
    fields = parts(parts(request)[0][1])
    asked = next(der(2, value) for tag, value in fields[2:] if tag == 2)
    info = der(
        0x30,
        integer(1),
        bytes.fromhex("06042a030401"),
        der(0x30, fields[1][1]),
        integer(int(time.time() * 1e6)),
        der(0x18, when.strftime("%Y%m%d%H%M%SZ").encode()),
        asked if nonce is None else integer(nonce),
    )
    return der(0x30, der(0x30, integer(0)), _token(info, stamper, when, chain))


def _token(info: bytes, stamper: Holder, when: datetime, chain: tuple[Holder, ...]) -> bytes:
    certificate = stamper.certificate
    encoded = certificate.public_bytes(DER)
    digest = der(0x30, SHA256, der(5))
    named = der(0x30, certificate.issuer.public_bytes(), integer(certificate.serial_number))
    attributes = sorted(
        [
            der(0x30, bytes.fromhex("06092a864886f70d010903"), der(0x31, TST_INFO)),
            der(
                0x30,
                bytes.fromhex("06092a864886f70d010905"),
                der(0x31, der(0x17, when.strftime("%y%m%d%H%M%SZ").encode())),
            ),
            der(0x30, bytes.fromhex("06092a864886f70d010904"), der(0x31, der(4, hashlib.sha256(info).digest()))),
            der(
                0x30,
                bytes.fromhex("060b2a864886f70d010910022f"),  # the token names its certificate by digest
                der(0x31, der(0x30, der(0x30, der(0x30, der(4, hashlib.sha256(encoded).digest()))))),
            ),
        ]
    )
    signature = stamper.key.sign(der(0x31, *attributes), ec.ECDSA(hashes.SHA256()))
    signer = der(0x30, integer(1), named, digest, der(0xA0, *attributes), der(0x30, ECDSA_SHA256), der(4, signature))
    carried = b"".join(one.certificate.public_bytes(DER) for one in (stamper, *chain))
    content = der(0x30, TST_INFO, der(0xA0, der(4, info)))
    signed = der(0x30, integer(3), der(0x31, digest), content, der(0xA0, carried), der(0x31, signer))
    return der(0x30, SIGNED_DATA, der(0xA0, signed))


@dataclass
class TimeServer:
    """A timestamp authority on a port of this machine; `answer` may be replaced by what misbehaves."""

    authority: Authority
    stamper: Holder = field(init=False)
    delay: float = 0.0
    asked: int = 0
    when: Callable[[], datetime] = field(default=lambda: datetime.now(UTC))
    answer: Callable[[bytes], tuple[int, str, bytes]] | None = None

    def __post_init__(self) -> None:
        self.stamper = self.authority.stamper()

    def reply(self, request: bytes) -> tuple[int, str, bytes]:
        self.asked += 1
        if self.answer:
            return self.answer(request)
        return (
            200,
            "application/timestamp-reply",
            granted(request, self.stamper, self.when(), chain=(self.authority.root,)),
        )

    def __enter__(self) -> TimeServer:
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                request = self.rfile.read(int(self.headers["Content-Length"]))
                status, kind, body = outer.reply(request)
                time.sleep(outer.delay)
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *given: object) -> None:
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}/tsa"


# Files ---------------------------------------------------------------------------------------------------------------


def settle_in(home: Path, leaf: Holder) -> None:
    """Make a holder the signing identity of a home."""
    folder = home / "keys" / "signing"
    folder.mkdir(parents=True, mode=0o700)
    (folder / "chain.pem").write_bytes(leaf.pem)
    (folder / "key.pem").touch(0o600)
    (folder / "key.pem").write_bytes(leaf.key_pem)


def staple(file: Path, answer: bytes) -> None:
    """Put what an OCSP responder said beside a signature, into the room that the library leaves there."""
    content = file.read_bytes()
    at = content.rindex(b"\x63pad\x59")
    room = int.from_bytes(content[at + 5 : at + 7], "big")
    stapled = b"\x65rVals\xa1\x68ocspVals\x81\x59" + len(answer).to_bytes(2, "big") + answer
    left = room - len(stapled)
    assert left > 255, "no room beside the signature"
    headers = content.rindex(b"\xa2\x67sigTst", 0, at)  # two of them: the timestamp and the padding
    padding = b"\x63pad\x59" + left.to_bytes(2, "big") + bytes(left)
    made = content[:headers] + b"\xa3" + content[headers + 1 : at] + stapled + padding + content[at + 7 + room :]
    assert len(made) == len(content)
    file.write_bytes(made)


def reissued(authority: Authority, leaf: Holder, begins: timedelta, ends: timedelta) -> Holder:
    """Certify the same key for another time, in as many bytes."""
    old, now = leaf.certificate, datetime.now(UTC).replace(microsecond=0)
    while True:
        builder = (
            x509.CertificateBuilder()
            .subject_name(old.subject)
            .issuer_name(old.issuer)
            .public_key(old.public_key())
            .serial_number(old.serial_number)
            .not_valid_before(now + begins)
            .not_valid_after(now + ends)
        )
        for extension in old.extensions:
            builder = builder.add_extension(extension.value, extension.critical)
        made = builder.sign(authority.root.key, hashes.SHA256())
        if len(made.public_bytes(DER)) == len(old.public_bytes(DER)):
            return Holder(made, leaf.key)


def sign_as(leaf: Holder, other: Holder, description: dict[str, Any], source: Path, target: Path) -> None:
    """Sign under a certificate that the library would refuse to sign with: it is told of `leaf` meanwhile."""
    told, meant = leaf.certificate.public_bytes(DER), other.certificate.public_bytes(DER)

    def sign(data: bytes) -> bytes:
        r, s = decode_dss_signature(leaf.key.sign(data.replace(told, meant), ec.ECDSA(hashes.SHA256())))
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")

    signer = c2pa.Signer.from_callback(sign, c2pa.C2paSigningAlg.ES256, leaf.pem.decode(), None)
    with c2pa.Context.from_dict({"verify": {"verify_after_sign": False}}, signer) as ground:
        builder = c2pa.Builder(json.dumps(description), ground)
        with source.open("rb") as stream, target.open("w+b") as output:
            builder.sign("video/mp4", stream, output)
    content = target.read_bytes()
    assert content.count(told) == 1
    target.write_bytes(content.replace(told, meant))
