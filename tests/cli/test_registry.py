"""The registry, as a person asks it."""

import json
import shutil
from pathlib import Path

import pytest

from tests import recipes
from tests.cli.command import run


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("home")
    recipes.clip(folder / "clip.mp4")
    assert run(folder, "keys", "init").code == 0
    assert run(folder, "stamp", "clip.mp4", "-q", "--model", "m1").code == 0
    return folder


def test_a_record_is_listed_and_shown(home: Path) -> None:
    record = run(home, "registry", "list", "--json").report()["results"][-1]
    for key in ("payload", "manifest_id", "content_digest"):
        for written in {record[key], record[key].upper() if key != "manifest_id" else record[key]}:
            (shown,) = run(home, "registry", "show", written, "--json").report()["results"]
            same = set(shown) & set(record) - {"kind"}
            assert {name: shown[name] for name in same} == {name: record[name] for name in same}
    assert (
        shown["fingerprint_hashes"] > 0
        and record["manifest_id"] in run(home, "registry", "show", record["payload"]).out
    )
    assert run(home, "registry", "show", record["payload"], "--manifest", "back.c2pa", "-q").code == 0
    assert record["manifest_id"].encode() in (home / "back.c2pa").read_bytes()
    assert run(home, "registry", "show", record["payload"], "--manifest", "back.c2pa").code == 21
    assert run(home, "registry", "show", "ffffffffffffffff").code == 34


def test_a_list_is_filtered_and_goes_on(home: Path) -> None:
    assert run(home, "stamp", "clip.mp4", "-q", "-o", "second.mp4", "--model", "m2").code == 0
    newest, first = run(home, "registry", "list", "--json").report()["results"]
    ran = run(home, "registry", "list", "--limit", "1")
    assert f"--before {newest['position']}" in ran.out
    for given, wanted in (
        (("--before", newest["position"]), [first]),
        (("--model", "m1"), [first]),
        (("--status", "revoked"), []),
        (("--since", newest["created_at"]), [newest]),
        (("--until", "2020"), []),
    ):
        assert run(home, "registry", "list", *given, "--json").report()["results"] == wanted, given


def test_the_head_is_noted_and_expected(home: Path) -> None:
    (ledger,) = run(home, "ledger", "verify", "--json").report()["results"]
    assert ledger["noted"] == f"{ledger['head']}:{ledger['lines']}" in run(home, "ledger", "verify").out
    assert run(home, "ledger", "verify", "--expect", ledger["noted"]).code == 0
    assert run(home, "ledger", "verify", "--expect", f"{'0' * 64}:1").code == 60
    assert run(home, "ledger", "verify", "--expect", "nonsense").code == 2
    (stats,) = run(home, "registry", "stats", "--json").report()["results"]
    lines = run(home, "ledger", "list", "--kind", "record", "--limit", "1", "--json").report()["results"]
    assert lines[0]["line"] == ledger["lines"] and lines[0]["about"].startswith("record.")
    assert f"--before {ledger['lines']}" in run(home, "ledger", "list", "--limit", "1").out
    assert (stats["records"], stats["head"]) == (ledger["records"], ledger["head"])
    assert "model m1: 1" in run(home, "registry", "stats").out


def test_a_lost_home_comes_back_from_an_export(home: Path, tmp_path: Path) -> None:
    """Whoever has the export and trusts the root recovers a file that carries nothing but its mark."""
    (noted,) = run(home, "registry", "export", tmp_path / "out.ndjson.gz", "--json").report()["results"]
    assert run(home, "registry", "export", tmp_path / "out.ndjson.gz").code == 21
    assert run(home, "stamp", "clip.mp4", "-q", "-o", "later.mkv").code == 0
    assert run(tmp_path, "trust", "add", home / "keys" / "signing" / "root.pem", "--name", "friend").code == 0
    ran = run(tmp_path, "registry", "import", "out.ndjson.gz", "--expect", noted["noted"])
    assert ran.code == 0 and f"{noted['records']} records taken in" in ran.out
    (again,) = run(tmp_path, "registry", "import", "out.ndjson.gz", "--json").report()["results"]
    assert (again["records"], again["already"]) == (0, noted["records"])
    whole = (tmp_path / "out.ndjson.gz").read_bytes()
    (tmp_path / "cut.ndjson.gz").write_bytes(whole[: len(whole) // 2])
    assert run(tmp_path, "registry", "import", "cut.ndjson.gz").code == 59
    assert run(tmp_path, "registry", "settle", "--json").report()["results"] == []
    here, there = (run(folder, "registry", "list", "--json").report()["results"] for folder in (tmp_path, home))
    assert {one["manifest_id"] for one in here} < {one["manifest_id"] for one in there}


def test_a_revoked_record_proves_nothing(home: Path) -> None:
    recipes.clip(home / "other.mp4", seed=41)  # of the clip itself there is another record, that stands
    assert run(home, "stamp", "other.mp4", "-q", "-o", "revoked.mkv").code == 0
    assert _outcome(home, home / "revoked.mkv") == "ai_generated"
    (newest, *_) = run(home, "registry", "list", "--json").report()["results"]
    assert run(home, "registry", "revoke", newest["manifest_id"], "--reason", "a mistake").code == 0
    assert _outcome(home, home / "revoked.mkv") == "declared_ai"
    assert "a mistake" in run(home, "verify", "revoked.mkv").out
    assert run(home, "registry", "revoke", "urn:c2pa:none", "--reason", "x").code == 34


def test_where_there_is_no_registry_none_is_made(tmp_path: Path) -> None:
    for words in ("list", "settle", "stats"):
        assert run(tmp_path, "registry", words).code == 0
    assert list(tmp_path.iterdir()) == []


def _outcome(home: Path, clip: Path) -> str:
    (result,) = json.loads(run(home, "verify", clip, "--json").out)["results"]
    return str(result["verdict"]["outcome"])


def test_a_release_is_withdrawn(home: Path, tmp_path: Path) -> None:
    """In a registry of its own: elsewhere, other records are of the same pictures."""
    shutil.copytree(home / "keys", tmp_path / "keys")
    assert run(tmp_path, "stamp", home / "clip.mp4", "-q", "-o", "wrong.mkv").code == 0
    (record,) = run(tmp_path, "registry", "list", "--json").report()["results"]
    given = ("registry", "withdraw", record["manifest_id"])
    assert run(tmp_path, *given).code == 2, "a reason is wanted"
    ran = run(tmp_path, *given, "--reason", "the wrong cut", "--json")
    (one,) = ran.report()["results"]
    assert (ran.code, one["status"], one["status_reason"]) == (0, "withdrawn", "the wrong cut")
    (found,) = run(tmp_path, "verify", "wrong.mkv", "--json").report()["results"]
    assert found["verdict"]["outcome"] == "declared_ai", "its mark still says so, and its looks lead nowhere"
    assert "withdrawn: the wrong cut" in str(found["verdict"])
    assert run(tmp_path, "ledger", "verify").code == 0
    assert run(tmp_path, "registry", "withdraw", "urn:c2pa:none", "--reason", "x").code == 34
