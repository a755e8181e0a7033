"""Time: a real authority on a port of this machine that works, lies, stalls or is not there, and what is put off."""

from __future__ import annotations

import hashlib
import json
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from countermark import keyring, outputs
from countermark.errors import CountermarkError, SigningFailed, TimestampFailed, TimestampOwed, UnknownRecord
from countermark.evidence import CredentialDetails
from countermark.provenance import Record, Registry, trust
from countermark.provenance.reading.credentials import CredentialsExaminer, read_store
from countermark.provenance.signing import (
    manifest,
    owed,
    timestamps,
)
from countermark.provenance.signing import (
    writing as signing,
)
from countermark.provenance.signing.retimestamping import Settled, settle, settles
from countermark.settings import Settings
from countermark.tests.provenance import authorities
from countermark.tests.provenance.authorities import Authority, Holder, TimeServer, granted
from countermark.tests.recipes import clip

REPLY = "application/timestamp-reply"
NOW = "0123456789abcdef"


@dataclass
class Office:
    """Someone who signs with a certificate of an authority, and asks another authority for the time."""

    folder: Path
    source: Path
    clock: TimeServer
    authority: Authority = field(default_factory=lambda: Authority("Signing root"))

    def hold(self, leaf: Holder | None = None) -> Holder:
        """Use this identity from now on."""
        shutil.rmtree(self.home / "keys", ignore_errors=True)
        leaf = leaf or self.authority.signer()
        authorities.settle_in(self.home, leaf)
        return leaf

    @property
    def home(self) -> Path:
        return self.folder / "home"

    @property
    def anchors(self) -> trust.TrustAnchors:
        return trust.TrustAnchors(added=self.authority.pem, timestamps=self.clock.authority.pem)

    def options(self, **more: str | None) -> Settings:
        return Settings.model_validate({"home": self.home, "tsa": self.clock.url, **more})

    def sign(self, name: str, **more: str | None) -> tuple[Path, signing.Signed, str | None]:
        options = self.options(**more)
        facts = manifest.Facts("A title")
        described = manifest.describe(facts, manifest.new_manifest_id(), NOW, "own-1")
        identity, target = keyring.load(self.home, options), self.folder / name
        signed, why = timestamps.with_time(
            options, lambda url: signing.sign(self.source, target, described, identity, self.anchors, timestamp=url)
        )
        return target, signed, why

    def owe(self, name: str) -> tuple[Path, owed.Owed]:
        """Sign without a timestamp, register, and list."""
        self.clock.answer = lambda request: (503, REPLY, b"")
        target, signed, why = self.sign(name, tsa_when_down="later")
        self.clock.answer = None
        assert why
        digest = hashlib.sha256(target.read_bytes()).hexdigest()
        one = owed.add(self.home, target, digest, signed.manifest_id, why)
        payload = hashlib.sha256(name.encode()).hexdigest()[:16]
        Registry(self.options().database_url).add(Record(payload, signed.manifest_id, signed.store, digest))
        return target, one

    def settle(self, one: owed.Owed, at: Path | None = None, **more: str | None) -> Settled:
        options = self.options(**more)
        identity = keyring.load(self.home, options)
        return settle(one, options, identity, self.anchors, Registry(options.database_url), at)

    def reads(self, path: Path, anchors: trust.TrustAnchors | None = None) -> CredentialDetails:
        found = CredentialsExaminer(anchors or self.anchors).examine(path, "ab").details
        assert isinstance(found, CredentialDetails), found
        return found


@pytest.fixture
def office(tmp_path: Path, _tiny: Path) -> Iterator[Office]:
    with TimeServer(Authority("Time root")) as clock:
        made = Office(tmp_path, Path(shutil.copy(_tiny, tmp_path / "source.mp4")), clock)
        made.hold()
        yield made


def test_a_timestamp_is_in_the_file(office: Office) -> None:
    before = datetime.now(UTC) - timedelta(seconds=1)
    target, _, why = office.sign("a.mp4")
    found = office.reads(target)
    assert (why, found.trust, found.content_matches, office.clock.asked) == (None, "trusted", True, 1)
    assert found.signed_at and before <= datetime.fromisoformat(found.signed_at) <= datetime.now(UTC)
    stranger = office.reads(target, trust.TrustAnchors(added=office.authority.pem))
    assert (stranger.trust, stranger.signed_at) == ("trusted", None), "nobody here vouches for that clock"


def test_without_an_authority_nobody_is_asked(office: Office) -> None:
    target, _, why = office.sign("a.mp4", tsa=None)
    assert (why, office.reads(target).signed_at, office.clock.asked) == (None, None, 0)


def test_files_outlive_the_certificate_by_their_timestamp_alone(office: Office) -> None:
    """Signed in time, signed without, and settled before the certificate ended."""
    ends = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=7)
    office.hold(office.authority.signer(ends=ends - datetime.now(UTC)))
    stamped, _, _ = office.sign("stamped.mp4")
    plain, _, _ = office.sign("plain.mp4", tsa=None)
    later, one = office.owe("later.mp4")
    late, forgotten = office.owe("late.mp4")
    office.hold()
    done = office.settle(one)
    time.sleep(max(0.0, (ends - datetime.now(UTC)).total_seconds()) + 1.1)
    assert office.reads(stamped).trust == "trusted"
    assert office.reads(plain).trust == "expired"
    settled = office.reads(later)
    assert (settled.trust, settled.manifest_id, settled.ingredient_failures) == ("trusted", done.new_manifest_id, ())
    with pytest.raises(TimestampOwed, match="too late"):
        office.settle(forgotten)
    assert office.reads(late).trust == "expired"
    no_clock = trust.TrustAnchors(added=office.authority.pem)
    assert office.reads(stamped, no_clock).trust == "expired"
    assert "signingCredential.untrusted" in office.reads(later, no_clock).ingredient_failures


def _misbehaving(clock: TimeServer) -> dict[str, Callable[[bytes], tuple[int, str, bytes]]]:
    def off(request: bytes, **change: int) -> bytes:
        return granted(request, clock.stamper, datetime.now(UTC), **change)

    at_digest = len(b"\x30\x00\x02\x01\x01\x30\x31\x30\x0d") + 17
    return {
        "down": lambda request: (503, "text/html", b"down for maintenance"),
        "rubbish": lambda request: (200, REPLY, b"\x30\x03rub"),
        "another type": lambda request: (200, "text/html", off(request)),
        "endless": lambda request: (200, REPLY, bytes(1 << 20)),
        "refused": lambda request: (200, REPLY, bytes.fromhex("30053003020102")),
        "another nonce": lambda request: (200, REPLY, off(request, nonce=7)),
        "another digest": lambda request: (
            200,
            REPLY,
            off(request[:at_digest] + bytes([request[at_digest] ^ 1]) + request[at_digest + 1 :]),
        ),
        "cut": lambda request: (200, REPLY, off(request)[:-9]),
    }


@pytest.mark.parametrize("kind", list(_misbehaving(TimeServer(Authority()))))
def test_an_authority_that_fails_is_said_so_and_the_policy_holds(office: Office, kind: str) -> None:
    office.clock.answer = _misbehaving(office.clock)[kind]
    with pytest.raises(TimestampFailed) as caught:
        office.sign("refused.mp4")
    assert office.clock.url in str(caught.value) and "retimestamp" in caught.value.advice
    assert not (office.folder / "refused.mp4").exists()
    target, _, why = office.sign("later.mp4", tsa_when_down="later")
    found = office.reads(target)
    assert why and (found.trust, found.content_matches, found.signed_at) == ("trusted", True, None)


def test_an_authority_that_is_not_there(office: Office) -> None:
    with TimeServer(Authority()) as gone:
        url = gone.url
    with pytest.raises(TimestampFailed):
        office.sign("a.mp4", tsa=url)
    assert office.sign("a.mp4", tsa=url, tsa_when_down="later")[2]


def test_an_authority_that_stalls_holds_nobody_up(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timestamps, "SECONDS", 0.5)
    office.clock.delay = 300
    with pytest.raises(TimestampFailed, match="longer than"):
        office.sign("a.mp4")


def test_what_has_nothing_to_do_with_time_is_no_failure_of_time(office: Office) -> None:
    office.hold(office.authority.signer(begins=-timedelta(days=9), ends=-timedelta(days=1)))
    with pytest.raises(SigningFailed):
        office.sign("a.mp4", tsa_when_down="later")
    assert office.clock.asked == 0


def test_the_relay_answers_the_library_alone(office: Office) -> None:
    with timestamps.relay(office.clock.url) as door:
        assert door.answer("/", b"x") is None and door.answer("/tsa", b"x") is None and door.asked == 0
        with pytest.raises(CountermarkError):
            timestamps.fetch.ask(f"{door.origin}/other", most_bytes=9, seconds=5, body=b"x", home=door.origin)
        with pytest.raises(CountermarkError):
            timestamps.fetch.ask(door.url, most_bytes=9, seconds=5, body=bytes(1 << 16), home=door.origin)
    assert office.clock.asked == 0


def test_proxies_of_the_environment_are_not_asked(office: Office) -> None:
    code = (
        "import os, sys\n"
        "from pathlib import Path\n"
        "from countermark import keyring\n"
        "from countermark.provenance import sign, trust\n"
        "from countermark.provenance.signing import manifest, timestamps\n"
        "from countermark.settings import Settings\n"
        "options = Settings(home=Path(sys.argv[1]), tsa=sys.argv[2])\n"
        "said = manifest.describe(manifest.Facts('t'), manifest.new_manifest_id(), '0123456789abcdef', 'own-1')\n"
        "source, target, identity = Path(sys.argv[3]), Path(sys.argv[4]), keyring.load(options.home)\n"
        "write = lambda url: sign(source, target, said, identity, trust.TrustAnchors(), timestamp=url)\n"
        "sys.exit(timestamps.with_time(options, write)[1])\n"
    )
    environment = {"HTTP_PROXY": "http://127.0.0.1:1", "ALL_PROXY": "http://127.0.0.1:1", "PATH": "/usr/bin"}
    given = [str(one) for one in (office.home, office.clock.url, office.source, office.folder / "a.mp4")]
    done = subprocess.run([sys.executable, "-c", code, *given], env=environment, capture_output=True, timeout=60)
    assert (done.returncode, office.clock.asked) == (0, 1), done.stderr


# What a signature says of its certificate ----------------------------------------------------------------------------


def test_revoked_by_a_stapled_answer_of_the_authority(office: Office) -> None:
    leaf = office.hold()
    for revoked, expected in ((False, "trusted"), (True, "revoked")):
        target, _, _ = office.sign(f"{revoked}.mp4")
        authorities.staple(target, office.authority.revocation(leaf, revoked))
        found = office.reads(target)
        assert (found.trust, found.content_matches) == (expected, True)


def test_a_revocation_counts_from_its_day_and_by_the_authority_alone(office: Office) -> None:
    leaf = office.hold()
    revoked = office.authority.revocation(leaf, True)
    lie = office.authority.revocation(leaf, True, said_by=Authority("Signing root"))
    clock = revoked.index(b"\x18\x0f20") + 12  # a digit of the time that the responder signed
    bent = revoked[:clock] + bytes([revoked[clock] ^ 1]) + revoked[clock + 1 :]
    for name, answer, hours in (("before", revoked, -1), ("lie", lie, 0), ("bent", bent, 0)):
        office.clock.when = lambda hours=hours: datetime.now(UTC) + timedelta(hours=0.9 * hours)  # type: ignore[misc]
        target, _, _ = office.sign(f"{name}.mp4")
        authorities.staple(target, answer)
        assert office.reads(target).trust == "trusted", name


def test_not_yet_valid_is_told_from_expired(office: Office) -> None:
    leaf = office.authority.signer()
    for begins, ends, expected in ((1, 30, "not_yet_valid"), (-30, -1, "expired")):
        other = authorities.reissued(office.authority, leaf, timedelta(days=begins), timedelta(days=ends))
        described = manifest.describe(manifest.Facts("t"), manifest.new_manifest_id(), NOW, "own-1")
        target = office.folder / f"{expected}.mp4"
        authorities.sign_as(leaf, other, described, office.source, target)
        found = office.reads(target)
        assert (found.trust, found.content_matches) == (expected, True)


# What was put off ----------------------------------------------------------------------------------------------------


def test_what_is_owed_is_settled_and_the_registry_follows(office: Office) -> None:
    target, one = office.owe("a.mp4")
    target.chmod(0o640)
    assert owed.listing(office.home) == (one,)
    done = office.settle(one)
    found = office.reads(target)
    assert (found.manifest_id, found.trust, found.content_matches) == (done.new_manifest_id, "trusted", True)
    assert done.new_manifest_id != one.manifest_id and found.signed_at == done.signed_at is not None
    assert found.says_synthetic and found.title == "A title" and target.stat().st_mode & 0o777 == 0o640
    registry = Registry(office.options().database_url)
    newest = registry.by_manifest(done.new_manifest_id)
    assert newest and registry.by_manifest(one.manifest_id) == newest
    assert newest.content_digest == hashlib.sha256(target.read_bytes()).hexdigest()
    assert owed.listing(office.home) == () and registry.verify().records == 1


def test_what_cannot_be_settled_stays_as_it_is_and_owed(office: Office) -> None:
    target, one = office.owe("a.mp4")
    content = target.read_bytes()
    office.clock.answer = lambda request: (503, REPLY, b"")
    with pytest.raises(TimestampFailed):
        office.settle(one)
    with pytest.raises(TimestampFailed):
        office.settle(one, tsa=None)
    office.clock.answer = None
    with pytest.raises(UnknownRecord):
        settle(
            one,
            office.options(),
            keyring.load(office.home),
            office.anchors,
            Registry(f"sqlite:///{office.folder / 'other.sqlite'}"),
        )
    assert target.read_bytes() == content
    target.write_bytes(content + b"x")
    with pytest.raises(TimestampOwed, match="changed"):
        office.settle(one)
    target.unlink()
    with pytest.raises(TimestampOwed):
        office.settle(one)
    assert owed.listing(office.home) == (one,) and {path.suffix for path in office.folder.iterdir()} <= {
        ".mp4",
        ".sqlite",
        "",
    }


def test_a_crash_before_the_file_is_replaced_is_made_up_for(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    target, one = office.owe("a.mp4")
    content, release = target.read_bytes(), outputs.release

    def broken(finished: Path, into: Path, force: bool) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(outputs, "release", broken)
    with pytest.raises(KeyboardInterrupt):
        office.settle(one)
    monkeypatch.setattr(outputs, "release", release)
    registry = Registry(office.options().database_url)
    known = registry.by_digest(hashlib.sha256(content).hexdigest())
    assert target.read_bytes() == content and owed.listing(office.home) == (one,) and known
    done = office.settle(one)
    newest = registry.by_digest(hashlib.sha256(target.read_bytes()).hexdigest())
    assert newest and newest.payload == known.payload and newest.manifest_id == done.new_manifest_id


def test_a_crash_after_the_file_is_replaced_is_made_up_for(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    target, one = office.owe("a.mp4")
    remove = owed.remove

    def broken(home: Path, one: owed.Owed) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(owed, "remove", broken)
    with pytest.raises(KeyboardInterrupt):
        office.settle(one)
    monkeypatch.setattr(owed, "remove", remove)
    content, asked = target.read_bytes(), office.clock.asked
    done = office.settle(one)
    assert done.new_manifest_id == office.reads(target).manifest_id != one.manifest_id and done.signed_at
    assert (target.read_bytes(), office.clock.asked, owed.listing(office.home)) == (content, asked, ())


SETTLE = """
import json, os, signal, sys
from pathlib import Path
from countermark import keyring, outputs
from countermark.provenance import Registry, trust
from countermark.provenance.signing import owed, retimestamping
from countermark.settings import Settings

options, anchors, point = Settings.model_validate_json(sys.argv[1]), json.loads(sys.argv[2]), sys.argv[3]
holder, name = {"begun": (outputs, "release"), "replaced": (Registry, "follow"), "followed": (owed, "remove")}[point]
real = getattr(holder, name)

def deadly(*given, **named):
    if name != "release" or given[1].suffix == ".mp4":
        os.kill(os.getpid(), signal.SIGKILL)
    return real(*given, **named)

setattr(holder, name, deadly)
(one,) = owed.listing(options.home)
registry = Registry(options.database_url)
retimestamping.settle(one, options, keyring.load(options.home), trust.TrustAnchors.from_json(anchors), registry)
"""


@pytest.mark.parametrize("point", ["begun", "replaced", "followed"])
def test_whoever_is_killed_leaves_no_manifest_that_is_in_no_file(office: Office, point: str) -> None:
    target, one = office.owe("a.mp4")
    before = target.read_bytes()
    given = [office.options().model_dump_json(), json.dumps(office.anchors.to_json()), point]
    killed = subprocess.run([sys.executable, "-c", SETTLE, *given], capture_output=True, text=True, check=False)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    registry, asked = Registry(office.options().database_url), office.clock.asked
    record = registry.by_manifest(one.manifest_id)
    assert record is not None and (record.manifest_id == one.manifest_id) == (point != "followed")
    assert (target.read_bytes() == before) == (point == "begun")
    (waiting,) = owed.listing(office.home)
    done = office.settle(waiting)
    record = registry.by_manifest(one.manifest_id)
    assert record is not None and record.manifest_id == done.new_manifest_id == office.reads(target).manifest_id
    assert record.content_digest == hashlib.sha256(target.read_bytes()).hexdigest() and len(record.former) == 1
    assert read_store(record.manifest_store, office.anchors).manifest_id == done.new_manifest_id
    assert owed.listing(office.home) == () and (office.clock.asked == asked) == (point != "begun")
    registry.verify()


@pytest.mark.parametrize("suffix", [".mov", ".m4v", ".avi", ".mkv"])
def test_other_containers(office: Office, suffix: str) -> None:
    target = clip(office.folder / f"plain{suffix}", size=(64, 48), seconds=0.2)
    if signing.embeds(suffix):
        office.source = target
        target, one = office.owe(f"a{suffix}")
    else:
        one = owed.add(office.home, target, "ab", "urn:c2pa:1", "down")
    if settles(suffix):
        assert office.settle(one).signed_at and office.reads(target).content_matches
    else:
        content = target.read_bytes()
        with pytest.raises(TimestampOwed, match=suffix):
            office.settle(one)
        assert target.read_bytes() == content


def test_a_moved_file_is_settled_where_it_is(office: Office) -> None:
    target, one = office.owe("a.mp4")
    moved = target.rename(office.folder / "b.mp4")
    assert office.settle(one, moved).path == moved
    assert office.reads(moved).signed_at and owed.listing(office.home) == ()


def test_a_line_that_was_never_finished_spoils_no_other(tmp_path: Path) -> None:
    first = owed.add(tmp_path, tmp_path / "a.mp4", "ab", "urn:c2pa:1", "down")
    with (tmp_path / "retimestamp.ndjson").open("ab") as file:
        file.write(json.dumps({"path": "x"}).encode()[:-3])
    second = owed.add(tmp_path, tmp_path / "b.mp4", "cd", "urn:c2pa:2", "down")
    assert owed.listing(tmp_path) == (first, second)
    owed.remove(tmp_path, first)
    assert owed.listing(tmp_path) == (second,)


def test_writers_at_once_lose_nothing(tmp_path: Path) -> None:
    def write(number: int) -> None:
        for turn in range(5):
            one = owed.add(tmp_path, tmp_path / f"{number}-{turn}.mp4", "ab", f"urn:c2pa:{number}", "down")
            if turn % 2:
                owed.remove(tmp_path, one)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(owed.listing(tmp_path)) == 6 * 3
