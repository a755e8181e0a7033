"""A key service of our own on this machine, over real HTTP; it keeps real keys and makes real signatures."""

from __future__ import annotations

import base64
import http.server
import importlib.util
import json
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed

from countermark.settings import Settings
from tests.needs import lacking

REGION = "eu-central-1"
ACCESS, SECRET = "AKIATESTTESTTESTTEST", "a-secret-that-no-log-may-hold"


@dataclass
class Service:
    """Where it listens, and a client of its owner's."""

    url: str
    client: Any

    def make(self, spec: str = "ECC_NIST_P256", usage: str = "SIGN_VERIFY") -> tuple[str, Any]:
        """Make a key in there, and give its id and its public key."""
        key_id = self.client.create_key(KeyUsage=usage, KeySpec=spec)["KeyMetadata"]["KeyId"]
        if usage != "SIGN_VERIFY":
            return key_id, None
        der = self.client.get_public_key(KeyId=key_id)["PublicKey"]
        return key_id, serialization.load_der_public_key(der)

    def settings(self, home: Any, key_id: str) -> Settings:
        return Settings(
            home=home, signer="kms", signer_kms_key=key_id, signer_kms_region=REGION, signer_kms_endpoint=self.url
        )

    def demand_rights(self) -> None:
        """From now on ask who calls, and whether they may."""
        self.ask_after(b"0")

    def ask_after(self, calls: bytes) -> None:
        address = f"{self.url}/moto-api/reset-auth"
        plain = {"Content-Type": "text/plain"}
        urllib.request.urlopen(urllib.request.Request(address, calls, plain, method="POST")).read()


@contextmanager
def service(patch: pytest.MonkeyPatch) -> Iterator[Service]:
    """Run one; credentials are in the environment, as a user would have them."""
    if importlib.util.find_spec("moto") is None or importlib.util.find_spec("boto3") is None:
        lacking("boto3 and moto", "pip install 'countermark[kms]' 'moto[kms]' flask flask-cors")
    import boto3
    from moto.server import ThreadedMotoServer

    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_REGION", "AWS_DEFAULT_REGION"):
        patch.delenv(name, raising=False)
    patch.setenv("AWS_ACCESS_KEY_ID", ACCESS)
    patch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    patch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    patch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent")
    patch.setenv("AWS_CONFIG_FILE", "/nonexistent")
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        url = f"http://{host}:{port}"
        there = Service(url, boto3.client("kms", endpoint_url=url, region_name=REGION))
        yield there
        there.ask_after(b"inf")  # it would stay so for the next one of this process
    finally:
        server.stop()


@contextmanager
def speaking(patch: pytest.MonkeyPatch, key: Any) -> Iterator[str]:
    """Sign digests, with the salt of AWS's own service (moto hashes a digest once more, and salts otherwise).

    A key `refuse:WORD` is refused by that word, with a secret in the message.
    """

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            if asked["KeyId"].startswith("refuse:"):
                self.answer(400, {"__type": asked["KeyId"].removeprefix("refuse:"), "message": f"told {SECRET}"})
                return
            message, how = base64.b64decode(asked["Message"]), hashes.SHA256()
            known = Prehashed(how) if asked["MessageType"] == "DIGEST" else how
            if asked["SigningAlgorithm"] == "RSASSA_PSS_SHA_256":
                signature = key.sign(message, padding.PSS(padding.MGF1(how), how.digest_size), known)
            else:
                signature = key.sign(message, ec.ECDSA(known))
            self.answer(200, {"KeyId": asked["KeyId"], "Signature": base64.b64encode(signature).decode()})

        def answer(self, status: int, values: dict[str, str]) -> None:
            content = json.dumps(values).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/x-amz-json-1.1")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: object) -> None:
            pass

    patch.setenv("AWS_ACCESS_KEY_ID", ACCESS)
    patch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
