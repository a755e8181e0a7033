"""A full disk, and a database that goes away and comes back: the right status, advice, and nothing is lost."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest

from countermark.tests import databases
from countermark.tests.needs import small_disk
from countermark.tests.recipes import clip
from countermark.tests.security.running import PASSWORD, Running, running

# Longer than any patience would be by accident; `AWAY_S=75` for a whole minute and more.
AWAY_S = float(os.environ.get("AWAY_S", "20"))


class Postgres:
    """A server of one test, which can be stopped and started."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._programs, self._user = databases._programs(), 65534 if os.geteuid() == 0 else None
        self._process: subprocess.Popen[bytes] | None = None
        if self._user is not None:
            os.chown(folder, self._user, self._user)
        self._run("initdb", "-D", folder / "data", "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync").wait(60)

    @property
    def url(self) -> str:
        return f"postgresql://postgres@/postgres?host={quote(str(self.folder))}"

    def start(self) -> None:
        more = ("-c", "listen_addresses=", "-c", "fsync=off", "-c", "max_connections=60")
        self._process = self._run("postgres", "-D", self.folder / "data", "-k", self.folder, *more)
        assert databases._answers(self.folder, self._process)

    def stop(self) -> None:
        """Stop it by its own pid, without waiting for those who are connected."""
        if self._process is not None:
            self._process.send_signal(2)
            self._process.wait(30)
            self._process = None

    def _run(self, program: str, *words: object) -> subprocess.Popen[bytes]:
        call = [str(self._programs / program), *map(str, words)]
        with (self.folder / "log").open("ab") as log:
            return subprocess.Popen(
                call, user=self._user, cwd=self.folder, stdout=log, stderr=log, env={"PATH": os.environ["PATH"]}
            )


@contextmanager
def postgres() -> Iterator[Postgres]:
    pytest.importorskip("psycopg")
    with tempfile.TemporaryDirectory(prefix="cm-pg-", dir="/tmp") as name:  # a socket's path may have 107 letters
        one = Postgres(Path(name))
        one.start()
        try:
            yield one
        finally:
            one.stop()


def away(answer: httpx.Response) -> bool:
    """Whether it says that it will be back, in words, and nothing of the inside."""
    assert answer.status_code == 503, (answer.request.url, answer.status_code, answer.text[:300])
    assert int(answer.headers["retry-after"]) > 0
    assert "psycopg" not in answer.text and "socket" not in answer.text
    if "json" in answer.headers["content-type"]:
        assert answer.json()["advice"]
    return True


@pytest.fixture(scope="module")
def on_postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Postgres, Running]]:
    home = tmp_path_factory.mktemp("on-postgres") / "home"
    with postgres() as database, running(home, database=database.url) as server:
        yield database, server


OWN = {"Sec-Fetch-Site": "same-origin"}
WITH_NUL = (
    *("/v1/checks/a%00b", "/c/a%00b", "/r/a%00b", "/v1/records/a%00b", "/v1/manifests/a%00b", "/v1/uploads/a%00b"),
    *("/v1/stamps/a%00b", "/v1/checks/{}/pictures/a%00b?until=1&signature=a%00b", "/v1/checks/{}/events?after=%00"),
    "/v1/checks?cursor=MjAyNi0wMS0wMVQwMDowMDowMCswMDowMCAA",
)
NUL, HALF = "a\0b", "a\ud800b"


@pytest.mark.parametrize("letters", [NUL, HALF], ids=["nul", "half a pair"])
def test_letters_that_no_database_takes(on_postgres: tuple[Postgres, Running], film: Path, letters: str) -> None:
    """PostgreSQL refuses some that JSON, forms and addresses can carry: that is an answer, and no failure."""
    server = on_postgres[1]
    check_id = server.sent(film, server.key())
    server.over(check_id)
    if not server.accounts.people():
        server.accounts.add_person("nul@example.org", "administrator", PASSWORD)
    said: dict[str, httpx.Response] = {}
    with server.client(headers=server.key()) as asking, server.client(headers=OWN) as nobody:
        for path, sent in _with(letters, check_id):
            body = json.dumps(sent).encode()
            said[f"{path} {sent}"] = asking.post(path, content=body, headers={"Content-Type": "application/json"})
        for path in (one.format(check_id) for one in WITH_NUL):
            said[path] = asking.get(path)
        if letters is NUL:
            form = {"email": f"{NUL}@example.org", "password": NUL * 5, "says": "right", "comment": NUL}
            for path in ("/sign-in", f"/c/{check_id}/feedback", "/look", "/keys"):
                said[f"form {path}"] = nobody.post(path, data=form)
            said["form file"] = nobody.post("/v1/checks", files={"file": (NUL, b"x" * 9)})
            said["form field"] = nobody.post("/v1/checks", files={"file": ("a", b"x" * 9), "external_id": (None, NUL)})
            with server.signed_in("nul@example.org") as browser:
                for path in ("/registry?q=a%00b", "/checks?cursor=%00", "/checks?verdict=%00"):
                    said[f"browser {path}"] = browser.get(path)
                said["browser /keys"] = browser.post("/keys", data={"name": NUL, "scopes": "checks:read"})
    failed = {what: one.text for what, one in said.items() if one.status_code >= 500}
    assert not failed, sorted(failed)


def _with(letters: str, check_id: str) -> Iterator[tuple[str, object]]:
    """Every text that a body in JSON can bring."""
    url = "http://1.1.1.1/"
    for name in ("external_id", "policy_id", "name"):
        yield "/v1/checks", {"url": url, name: letters}
    yield "/v1/checks", {"url": url, "metadata": {letters: letters}}
    yield "/v1/checks", {"url": url + letters}
    yield "/v1/checks", {"url": url, "callback_url": url + letters}
    yield "/v1/checks", {"upload_id": letters}
    yield "/v1/uploads", {"name": letters, "bytes": 5}
    yield "/v1/keys", {"name": letters, "scopes": ["checks:read"]}
    yield "/v1/stamps", {"upload_id": letters, "model": letters}
    yield "/v1/matches/byBinding", {"alg": letters, "value": letters}
    at = f"/v1/checks/{check_id}"
    yield f"{at}/feedback", {"says": "right", "comment": letters}
    yield f"{at}/holds", {"reason": "review", "note": letters}
    yield f"{at}/findings", {"says": "genuine", "why": letters}


def test_a_database_that_is_away_is_waited_for(
    on_postgres: tuple[Postgres, Running], tmp_path: Path, film: Path
) -> None:
    """By the server, its own worker and another one: nothing is lost, nobody is taken for dead, health says so."""
    database, server = on_postgres
    long = clip(tmp_path / "long.mp4", seconds=2, size=(640, 360), options={"preset": "ultrafast"})
    key = server.key()
    with another_worker(server) as log, server.client(headers=key) as asking, server.client() as nobody:
        done = server.sent(film, key)
        server.over(done)
        begun = asking.post("/v1/uploads", json={"name": "late.mp4", "bytes": film.stat().st_size}).json()
        waiting = [server.sent(long, key) for _ in range(2)]
        while not any(asking.get(f"/v1/checks/{one}").json()["status"] == "running" for one in waiting):
            time.sleep(0.02)
        database.stop()
        stopped = time.monotonic()
        assert away(asking.get(f"/v1/checks/{done}"))
        assert away(asking.post("/v1/checks", files={"file": ("a.mp4", film.read_bytes())}))
        assert away(nobody.post("/v1/checks", files={"file": ("a.mp4", film.read_bytes())}))
        assert away(nobody.post("/v1/uploads", json={"name": "a", "bytes": 5}))
        assert away(nobody.get(f"/c/{done}", headers={"Accept": "text/html"}))
        assert away(nobody.post("/sign-in", data={"email": "a@b.c", "password": "x" * 12},
                                headers={"Sec-Fetch-Site": "same-origin"}))  # fmt: skip
        while time.monotonic() < stopped + AWAY_S:
            asked = time.monotonic()
            assert nobody.get("/healthz").status_code == 200, "it lives"
            ready = nobody.get("/readyz")
            assert (ready.status_code, ready.json()["database"], ready.json()["queue"]) == (503, "away", "away")
            assert away(asking.get(f"/v1/checks/{waiting[0]}"))
            assert time.monotonic() - asked < 10, "who asks is told so at once"
            time.sleep(1)
        database.start()
        assert [server.over(one, 120)["status"] for one in waiting] == ["succeeded"] * 2, "what was laid has its result"
        assert asking.get(f"/v1/checks/{done}").json()["status"] == "succeeded", "what was done is still there"
        assert nobody.get("/readyz").status_code == 200
        piece = {"Tus-Resumable": "1.0.0", "Content-Type": "application/offset+octet-stream", "Upload-Offset": "0"}
        assert asking.patch(begun["url"], content=film.read_bytes(), headers=piece).status_code == 204
        late = asking.post("/v1/checks", json={"upload_id": begun["id"]}).json()["id"]
        assert server.over(late)["status"] == "succeeded", "what was begun goes on"
    assert [len(server.docket.get(one).revisions) for one in (done, *waiting, late)] == [1] * 4
    for one in (log, server.log):
        assert "is dead" not in one.read_text()


@contextmanager
def another_worker(server: Running) -> Iterator[Path]:
    """Run `countermark worker` on the same database, in a process and under a name of its own; gives its log."""
    options, log = server.options, server.options.home.parent / "worker.log"
    environment = {name: value for name, value in os.environ.items() if not name.startswith("COUNTERMARK_")}
    environment |= {"COUNTERMARK_HOME": str(options.home), "COUNTERMARK_DATABASE": options.database_url}
    environment |= {"COUNTERMARK_DETECTOR": "never", "COUNTERMARK_SERVICE__EXECUTOR": "another", "OMP_NUM_THREADS": "1"}
    with log.open("wb") as file:
        process = subprocess.Popen(
            [sys.executable, "-m", "countermark", "worker"],
            cwd=options.home.parent,
            env=environment,
            stdout=file,
            stderr=file,
        )
    try:
        end = time.monotonic() + 60
        while "takes jobs" not in log.read_text():
            assert process.poll() is None and time.monotonic() < end, log.read_text()
            time.sleep(0.05)
        yield log
    finally:
        process.terminate()
        assert process.wait(60) == 0


def test_a_full_disk_is_said_and_loses_nothing(tmp_path: Path, film: Path) -> None:
    with small_disk(tmp_path / "disk", "size=24m") as disk, running(disk / "home") as server:
        key = server.key()
        before = server.sent(film, key)
        server.over(before)
        _fill(disk, leave=512 << 10)
        with server.client(headers=key) as asking:
            for answer in _large(asking):
                assert answer.status_code in (507, 503), (answer.status_code, answer.text)
                assert answer.json()["advice"] and str(disk) not in answer.text
            assert asking.get(f"/v1/checks/{before}").json()["status"] == "succeeded"
            assert not list((server.options.home / "incoming").glob("*")), "nothing of it is left to fill the disk more"
        assert server.lives()
        (disk / "ballast").unlink()
        assert server.over(server.sent(film, key))["status"] == "succeeded", "with room, it goes on"


def _large(asking: httpx.Client) -> Iterator[httpx.Response]:
    content = bytes(2 << 20)
    yield asking.post("/v1/checks", files={"file": ("a.mp4", content)})
    yield asking.post("/v1/checks", content=content, headers={"Content-Type": "video/mp4"})
    yield asking.post("/v1/stamps", files={"file": ("a.mp4", content)}, data={"model": "m"})


def _fill(disk: Path, leave: int) -> None:
    state = os.statvfs(disk)
    with (disk / "ballast").open("wb") as file:
        file.write(bytes(max(0, state.f_bavail * state.f_frsize - leave)))


def test_a_server_that_may_write_no_large_file_lives(tmp_path: Path, film: Path) -> None:
    """A quota of the operator's instead of a full disk: what is larger is refused, and what fits is taken."""
    with running(tmp_path / "home") as server:
        _limit(server, 1 << 20)
        with server.client() as asking:
            answer = asking.post("/v1/checks", files={"file": ("a.mp4", bytes(2 << 20))})
            assert answer.status_code in (507, 503, 413) and answer.json()["advice"], answer.text
        assert server.lives()


def _limit(server: Running, size: int) -> None:
    import resource

    resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (size, size))
