"""trust, keys retimestamp and what doctor says of both, as a person types them."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import jsonschema
import pytest

from countermark.cli.report import schema
from tests import recipes
from tests.cli.command import Ran, run
from tests.provenance.authorities import Authority, TimeServer


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("home")
    recipes.clip(folder / "clip.mp4")
    assert run(folder, "keys", "init", "-q").code == 0
    assert run(folder, "stamp", "clip.mp4", "-q").code == 0
    return folder


def test_trust(home: Path, tmp_path: Path) -> None:
    """Trusting the root of another machine turns its unknown signer into a known one."""
    root = home / "keys" / "signing" / "root.pem"
    clip = home / "clip.stamped.mp4"
    assert _outcome(tmp_path, clip) == "declared_ai"
    assert run(tmp_path, "trust", "add", root, "--name", "friend").code == 0
    assert [item["list_name"] for item in run(tmp_path, "trust", "list", "--json").report()["results"]] == ["friend"]
    assert _outcome(tmp_path, clip) == "ai_generated"
    assert run(tmp_path, "trust", "add", root, "--name", "friend").code == 21
    assert run(tmp_path, "trust", "remove", "friend").code == 0
    assert run(tmp_path, "trust", "remove", "friend").code == 11
    assert run(tmp_path, "trust", "add", clip).code == 37
    assert _outcome(tmp_path, clip) == "declared_ai"


def test_a_list_is_brought_and_seen_by_doctor(tmp_path: Path) -> None:
    clocks, ended = Authority("Clocks"), Authority("Ended", begins=-timedelta(days=9), days=8)
    (tmp_path / "list.pem").write_text(clocks.pem + ended.pem)
    lacking = _checks(run(tmp_path, "doctor", "--json"))
    assert {"C2PA list of signers", "C2PA list of timestamp authorities", "timestamps"} <= lacking
    brought = run(tmp_path, "trust", "update", "list.pem", "--name", "tsa", "--json")
    jsonschema.validate(brought.report(), schema())
    (item,) = brought.report()["results"]
    assert (item["list_name"], item["purpose"], item["certificates"], len(item["expired"])) == (
        "tsa",
        "timestamps",
        2,
        1,
    )
    assert "expired: CN=Ended" in run(tmp_path, "trust", "update", "list.pem", "--name", "tsa").out
    assert "C2PA list of timestamp authorities" not in _checks(run(tmp_path, "doctor", "--json"))
    kept = tmp_path / "trust" / "tsa.pem"
    old = (datetime.now(UTC) - timedelta(days=91)).isoformat()
    kept.write_text(kept.read_text().replace(item["added"][:10], old[:10], 1))
    assert "C2PA list of timestamp authorities" in _checks(run(tmp_path, "doctor", "--json"))


def test_a_list_that_shrinks_needs_force(tmp_path: Path) -> None:
    three = [Authority(f"Root {number}") for number in range(3)]
    (tmp_path / "three.pem").write_text("".join(one.pem for one in three))
    (tmp_path / "one.pem").write_text(three[0].pem)
    assert run(tmp_path, "trust", "update", "three.pem", "--name", "acme", "-q").code == 0
    ran = run(tmp_path, "trust", "update", "one.pem", "--name", "acme")
    assert ran.code == 53 and "--force" in ran.err and len(ran.err.strip().splitlines()) == 1
    assert "2 gone" in run(tmp_path, "trust", "update", "one.pem", "--name", "acme", "--force").out


def test_anchors_for_timestamps_alone(tmp_path: Path) -> None:
    (tmp_path / "clocks.pem").write_text(Authority("Clocks").pem)
    assert run(tmp_path, "trust", "add", "clocks.pem", "--for", "time").code == 37
    assert "for timestamps" in run(tmp_path, "trust", "add", "clocks.pem", "--for", "timestamps").out
    (item,) = run(tmp_path, "trust", "list", "--json").report()["results"]
    assert (item["list_name"], item["purpose"]) == ("clocks", "timestamps")


def test_what_waits_for_a_timestamp_is_settled_or_forgotten(tmp_path: Path) -> None:
    line = {"path": str(tmp_path / "a.mp4"), "digest": "ab", "manifest_id": "urn:c2pa:1", "since": "s", "why": "w"}
    (tmp_path / "retimestamp.ndjson").write_text(json.dumps(line) + "\n")
    assert run(tmp_path, "keys", "init", "-q").code == 0
    assert "timestamps owed" in _checks(run(tmp_path, "doctor", "--json"))
    assert run(tmp_path, "keys", "retimestamp").code == 51, "there is no authority"
    (tmp_path / "b.mp4").write_bytes(b"x")
    assert run(tmp_path, "keys", "retimestamp", "b.mp4").code == 11
    forgotten = run(tmp_path, "keys", "retimestamp", "a.mp4", "--forget", "--json").report()
    jsonschema.validate(forgotten, schema())
    assert [item["manifest_id"] for item in forgotten["results"]] == ["urn:c2pa:1"]
    assert "no file waits" in run(tmp_path, "keys", "retimestamp").out


def test_a_timestamp_that_was_put_off_is_added_by_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Stamped while the authority is down, which is policy here; settled when it is back."""
    recipes.clip(tmp_path / "clip.mp4", size=(256, 192), seconds=0.5)
    assert run(tmp_path, "keys", "init", "-q").code == 0
    with TimeServer(Authority("Clocks")) as clock:
        (tmp_path / "settings.toml").write_text(f'tsa = "{clock.url}"\n')
        monkeypatch.setenv("COUNTERMARK_FILE", str(tmp_path / "settings.toml"))
        (tmp_path / "clocks.pem").write_text(clock.authority.pem)
        assert run(tmp_path, "trust", "update", "clocks.pem", "--name", "tsa", "-q").code == 0
        clock.answer = lambda request: (503, "text/html", b"")
        refused = run(tmp_path, "stamp", "clip.mp4", "-o", "a.mp4")
        assert (refused.code, (tmp_path / "a.mp4").exists()) == (51, False)
        (tmp_path / "settings.toml").write_text(f'tsa = "{clock.url}"\ntsa_when_down = "later"\n')
        assert run(tmp_path, "stamp", "clip.mp4", "-o", "a.mp4", "-q").code == 0
        assert run(tmp_path, "keys", "retimestamp").code == 51
        clock.answer = None
        done = run(tmp_path, "keys", "retimestamp", "--json")
        jsonschema.validate(done.report(), schema())
        (item,) = done.report()["results"]
    assert item["new_manifest_id"] != item["manifest_id"]
    assert _outcome(tmp_path, tmp_path / "a.mp4") == "ai_generated"
    for known in (item["manifest_id"], item["new_manifest_id"]):
        assert run(tmp_path, "registry", "show", known, "-q").code == 0


def _checks(ran: Ran) -> set[str]:
    """What doctor does not find good."""
    return {item["name"] for item in ran.report()["results"] if item["state"] != "good"}


def _outcome(home: Path, clip: Path) -> str:
    (result,) = json.loads(run(home, "verify", clip, "--json").out)["results"]
    return str(result["verdict"]["outcome"])
