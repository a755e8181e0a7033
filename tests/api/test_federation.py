"""Registries that know of each other: what one released, another recovers."""

import socket
from pathlib import Path

import pytest

from countermark.evidence import FailureDetails, RecordDetails
from countermark.provenance import trust
from countermark.settings import Settings
from countermark.tests.api.release import Releases
from countermark.tests.api.service import call, serving
from countermark.verify import verify


def test_a_stripped_file_is_recovered_from_another_registry(service: str, releases: Releases, tmp_path: Path) -> None:
    """Signed by nobody whom this machine knows: found and said, and no proof."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        dead = f"http://127.0.0.1:{unused.getsockname()[1]}/v1"
        options = Settings(home=tmp_path, resolvers=f"{dead},{service}")
        verdict = verify(releases.stripped, options=options)
    records = [e.details for e in verdict.evidence if isinstance(e.details, RecordDetails) and e.finding == "present"]
    (record,) = records
    assert (record.payload, record.manifest_id) == (releases.live.payload, releases.live.manifest_id)
    assert (record.resolver, record.fit) == (service, "unclear")
    assert record.credentials and record.credentials.trust == "unknown_signer"
    assert dead in " ".join(e.details.error for e in verdict.evidence if isinstance(e.details, FailureDetails))
    assert verdict.sureness != "proven"
    alone = verify(releases.stripped, options=Settings(home=tmp_path))
    assert "resolver" not in [e.examiner for e in alone.evidence]


def test_trust_is_this_machines_own_affair(service: str, releases: Releases, tmp_path: Path) -> None:
    trust.add(tmp_path, "partner", releases.options.home / "keys" / "signing" / "root.pem")
    verdict = verify(releases.stripped, options=Settings(home=tmp_path, resolvers=service))
    (record,) = (e.details for e in verdict.evidence if e.examiner == "resolver")
    assert isinstance(record, RecordDetails) and record.credentials and record.credentials.trust == "trusted"
    assert record.fit in ("fits", "unclear") and verdict.outcome != "conflict"


@pytest.mark.parametrize("known", [True, False])
def test_who_is_asked_asks_nobody_else(releases: Releases, tmp_path: Path, known: bool) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        other.setblocking(False)
        resolver = f"http://127.0.0.1:{other.getsockname()[1]}/v1"
        home = releases.options.home if known else tmp_path
        with serving(home, COUNTERMARK_RESOLVERS=resolver) as base:
            said = call(base, "/matches/byContent", releases.stripped.read_bytes(), Content_Type="video/mp4")
            assert said.status == 200 and bool(said.json["matches"]) == known
        with pytest.raises(BlockingIOError):
            other.accept()
