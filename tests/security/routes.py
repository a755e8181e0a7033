"""Every route of the service with the scope that it takes, read off the app itself, so that no new one is forgotten."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from countermark.settings import Settings

# Routes that ask for no scope, each with why not.
OPEN = {
    "GET /v1/checks/{check_id}/pictures/{name}": "the link itself is signed",
    "GET /v1/records/{manifest_id}": "public, as SB 942 has it",
    "GET /v1/services/supportedAlgorithms": "describes the service",
    "GET /v1/services/capabilities": "describes the service",
    "GET /v1/services/status": "describes the service",
    "GET /v1/problems/{name}": "explains errors",
    "OPTIONS /v1/uploads": "describes the service",
    "OPTIONS /v1/uploads/{upload_id}": "describes the service",
    "GET /healthz": "says that it lives",
    "GET /readyz": "says that it is ready",
    "GET /metrics": "by address alone",
    "GET /openapi.json": "describes the service",
    "GET /.well-known/c2pa-soft-binding-resolution": "describes the service",
}
# Of the Soft Binding Resolution API: a hook asks for its scope, not a dependency.
HOOKED = re.compile(r"/v1/(matches|manifests)/")


@dataclass(frozen=True)
class Route:
    """One method of one path."""

    method: str
    path: str
    scope: str | None

    @property
    def name(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def is_page(self) -> bool:
        return not self.path.startswith("/v1/") and self.name not in OPEN

    def filled(self, **names: str) -> str:
        """Give its path with names in it; what is not given is there in no home."""
        return re.sub(r"\{(\w+)\}", lambda found: names.get(found[1], UNKNOWN.get(found[1], "1")), self.path)


UNKNOWN = {
    "check_id": "chk_" + 26 * "a",
    "upload_id": "upl_" + 26 * "a",
    "hold_id": "hld_" + 26 * "a",
    "stamp_id": "stp_" + 26 * "a",
    "key_id": "cmk_" + 26 * "a",
    "manifest_id": "urn:c2pa:00000000-0000-0000-0000-000000000000",
    "name": "nothing",
    "number": "1",
}


@cache
def routes() -> tuple[Route, ...]:
    """Give them all."""
    from fastapi.routing import iter_route_contexts

    from countermark.api.app import app

    with TemporaryDirectory() as folder:
        made = app(Settings(home=Path(folder)), work=False)
        found = []
        for one in iter_route_contexts(made.routes):
            path = str(one.path_format or one.path)
            scope = _scope(one.dependant) or ("fetch:manifests" if HOOKED.match(path) else None)
            found += [Route(method, path, scope) for method in sorted(one.methods or ())]
        return tuple(found)


def _scope(dependant: Any) -> str | None:
    for one in dependant.dependencies:
        scope = getattr(one.call, "scope", None) or _scope(one)
        if scope:
            return str(scope)
    return None
