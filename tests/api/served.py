"""The service as tests ask it: the real app behind a real server, in a thread of this process, over a home of its own.

It has no worker: what a worker would find, `finished` writes into the docket. Tests of the whole start the command.
"""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from countermark.accounts import Accounts, Scope
from countermark.accounts.values import MAIN
from countermark.api.app import app
from countermark.api.service import Service
from countermark.docket import Check, CheckPicture, Request
from countermark.evidence import CredentialDetails, Evidence, IdentityDetails, RecordDetails
from countermark.settings import Settings
from countermark.verdict import Judgement, Verdict, fold

DIGEST = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
PERSON = "Jane Q. Publisher"
MANIFEST = "urn:c2pa:2f1f0c5e-7f0a-4d3c-9b1e-0d8a6c3b5e11"
PAYLOAD = "00c0ffee00c0ffee"
VERSIONS = {"countermark": "test"}


@dataclass
class Place:
    """A service that answers."""

    base: str
    service: Service
    options: Settings
    _connections: httpx.HTTPTransport = field(default_factory=httpx.HTTPTransport)
    _keys: dict[tuple[str, tuple[str, ...]], str] = field(default_factory=dict)

    @property
    def accounts(self) -> Accounts:
        return self.service.accounts

    def key(self, *scopes: Scope, tenant: str = MAIN) -> dict[str, str]:
        """Give the header of a key with these scopes."""
        name = (tenant, scopes)
        if name not in self._keys:
            self._keys[name] = self.accounts.make_key(tenant, "test", scopes, "test")[1]
        return {"Authorization": f"Bearer {self._keys[name]}"}

    def ask(self, method: str, path: str, **more: Any) -> httpx.Response:
        """Ask once, as somebody who keeps no cookies; connections are kept."""
        client = httpx.Client(base_url=self.base, timeout=30, transport=self._connections)
        return client.request(method, path, **more)

    def laid(self, tenant: str = MAIN, **more: Any) -> Check:
        """Lay a check that nobody works on."""
        return self.opened(tenant, **more)[0]

    def opened(self, tenant: str = MAIN, **more: Any) -> tuple[Check, str | None]:
        asked = {"made_by": "anonymous" if tenant == "public" else "key:test", "source": "upload", "name": "clip.mp4"}
        opened = self.service.docket.open(Request(tenant_id=tenant, **{**asked, **more}))
        return opened.check, opened.manage

    def finished(
        self,
        tenant: str = MAIN,
        verdict: Verdict | None = None,
        versions: Mapping[str, str] = VERSIONS,
        **more: Any,
    ) -> Check:
        """Lay a check and give it a verdict, with a picture."""
        check = self.laid(tenant, **{"content_hash": DIGEST, **more})
        key = f"pictures/{check.id}/key-1.jpg"
        self.service.objects.put_bytes(key, b"\xff\xd8\xff a picture")
        picture = CheckPicture(
            "key-1.jpg", "key_frame", 0.5, "Second 0.5; one of those that look most as if generated", key
        )
        self.service.docket.at_stage(check.id, "look")
        return self.service.docket.finish(check.id, verdict or told(), versions, [picture])


def told() -> Verdict:
    """A verdict on a file that a trusted signer calls synthetic and that names a person, with its record."""
    credentials = CredentialDetails(
        manifest_id=MANIFEST,
        trust="trusted",
        content_matches=True,
        signer="Example Studio",
        title="jane-at-home.mp4",
        source_types=("http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia",),
        says_synthetic=True,
        identities=(IdentityDetails("cawg.x509.cose", "confirmed", PERSON, "An issuer"),),
    )
    record = RecordDetails(PAYLOAD, "live", "fits", "it fits", manifest_id=MANIFEST, issuer="Example Studio")
    evidence = (
        Evidence(DIGEST, "container", "credentials", "2", "present", details=credentials),
        Evidence(DIGEST, "container", "registry", "1", "present", details=record),
    )
    return fold(DIGEST, evidence, Judgement(), ("the sound: no examiner listens to it",))


@contextmanager
def serving(
    home: Path, database: str | None = None, tsa: str | None = None, tsa_when_down: str = "refuse", **service: Any
) -> Iterator[Place]:
    """Serve a home; `service` are settings of that group. The name that it is reached by is its own address."""
    import uvicorn

    from countermark.api.server import bound, configured

    with bound("127.0.0.1", 0) as at:
        port = at.getsockname()[1]
        group = {"public_url": f"http://127.0.0.1:{port}", "anonymous_requests": 100_000, "key_requests": 100_000}
        options = Settings.model_validate(
            {
                **{"home": home, "database": database, "detector": "never", "service": {**group, **service}},
                **{"tsa": tsa, "tsa_when_down": tsa_when_down},
            }
        )
        made = app(options, work=False)
        config = configured(made)
        config.timeout_graceful_shutdown = 2
        server = uvicorn.Server(config)
        thread = threading.Thread(target=_run, args=(server, at))
        thread.start()
        try:
            while not server.started and thread.is_alive():
                thread.join(0.01)
            assert server.started
            yield Place(f"http://127.0.0.1:{port}", made.state.service, options)
        finally:
            server.should_exit = True
            thread.join(20)
        assert not thread.is_alive()


def _run(server: Any, at: socket.socket) -> None:
    asyncio.run(server.serve([at]))
