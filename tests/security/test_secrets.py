"""No secret is written down: not in the log, not in a database, not in any file but those of keys themselves."""

from __future__ import annotations

import ast
import re
import stat
from pathlib import Path
from typing import Any

import httpx
import pytest

from countermark import accounts, api, docket, jobs, posts
from countermark.docket import Callbacks
from countermark.tests.jobs.rooms import receiving, until
from countermark.tests.security.running import PASSWORD, Running, running

EMAIL, WRONG = "secretary@example.org", "a wrong but telling password"
ROOMS = (accounts, api, docket, jobs, posts)


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory, film: Path) -> tuple[Running, dict[str, str], dict[str, str]]:
    """A day in the life of a service; gives it when it has ended, what was secret, and what is not for the log."""
    folder = tmp_path_factory.mktemp("secrets")
    with running(folder / "home", unsafe_private_addresses="true") as server, receiving() as receiver:
        secret, private = _by_key(server, film, f"{receiver.url}?token=callback-token-of-somebody", receiver)
        anonymous, more = _by_nobody(server, film)
        session = _by_browser(server)
        _by_mistake(server)
    return server, {**secret, **anonymous, **session}, {**private, **more, "e-mail": EMAIL}


def _by_key(server: Running, film: Path, callback: str, receiver: Any) -> tuple[dict[str, str], dict[str, str]]:
    key = server.key()
    with server.client(headers=key) as asking, film.open("rb") as content:
        sent = {"callback_url": callback, "external_id": "external-id-of-somebody"}
        head = {"Idempotency-Key": "idempotency-key-of-somebody"}
        answer = asking.post("/v1/checks", files={"file": ("private-name.mp4", content)}, data=sent, headers=head)
        check_id = answer.json()["id"]
        check: Any = server.over(check_id)
        picture = check["pictures"][0]["url"]
        assert asking.get(picture).status_code == 200
        callback_secret = asking.get("/v1/callbacks/secret").json()["secret"]
        made = asking.post("/v1/keys", json={"name": "another", "scopes": ["checks:read"]}).json()
        until(lambda: receiver.got)
    _in_vain(server, film, key)
    secrets = {
        "key": key["Authorization"].rpartition("_")[2],
        "another key": made["key"].rpartition("_")[2],
        "callback secret": callback_secret.removeprefix("whsec_"),
        "signature of a link": re.search(r"signature=(\w+)", picture)[1],  # type: ignore[index]
        "signature of a callback": receiver.got[0][0]["webhook-signature"].partition(",")[2],
        "idempotency key": "idempotency-key-of-somebody",
    }
    private = {
        "callback's token": "callback-token-of-somebody",
        "name": "private-name",
        "url's": "url-token-of-somebody",
    }
    return secrets, private


def _in_vain(server: Running, film: Path, key: dict[str, str]) -> None:
    """A callback and a URL at which nobody answers; the tokens in both are somebody's."""
    hook = "http://127.0.0.1:1/hook?token=callback-token-of-somebody"
    with server.client(headers=key) as asking, film.open("rb") as content:
        data = {"callback_url": hook}
        called = asking.post("/v1/checks", files={"file": ("a.mp4", content)}, data=data).json()["id"]
        fetched = asking.post("/v1/checks", json={"url": "http://127.0.0.1:1/a.mp4?sig=url-token-of-somebody"})
    assert server.over(fetched.json()["id"])["status"] == "failed"
    server.over(called)
    callbacks = Callbacks(server.options)
    until(lambda: any(owed.failure for owed in callbacks.of_check(called)))


def _by_nobody(server: Running, film: Path) -> tuple[dict[str, str], dict[str, str]]:
    with server.client(headers={"Sec-Fetch-Site": "same-origin"}) as asking, film.open("rb") as content:
        answer = asking.post("/v1/checks", files={"file": ("holiday.mp4", content)})
        check_id, manage = answer.json()["id"], answer.json()["manage"]
        server.over(check_id)
        wrong = asking.delete(f"/v1/checks/{check_id}", headers={"X-Manage-Token": "a-wrong-manage-token"})
        assert wrong.status_code == 403
        content.seek(0)
        page = asking.post("/check", files={"file": ("holiday.mp4", content)})
        cookie = page.cookies["countermark_manage"]
        assert asking.delete(f"/v1/checks/{check_id}", headers={"X-Manage-Token": manage}).status_code == 204
        page_id = page.headers["location"].rpartition("/")[2]
        server.over(page_id)
    secrets = {"manage": manage, "manage cookie": cookie, "wrong manage": "a-wrong-manage-token"}
    return secrets, {"id of an open check": page_id, "another": check_id, "name of its file": "holiday"}


def _by_browser(server: Running) -> dict[str, str]:
    server.accounts.add_person(EMAIL, "administrator", PASSWORD)
    with server.client(headers={"Sec-Fetch-Site": "same-origin"}) as browser:
        assert browser.post("/sign-in", data={"email": EMAIL, "password": WRONG}).status_code == 401
        answer = browser.post("/sign-in", data={"email": EMAIL, "password": PASSWORD})
        assert answer.status_code == 303
        csrf = re.search(r'name="csrf" value="(\w+)"', browser.get("/checks").text)
        page = browser.post("/keys", data={"name": "from a page", "scopes": "checks:read"}).text
        made = re.search(r"cmk_\w+", page)
        assert made and csrf
        assert browser.post("/sign-out", data={"csrf": csrf[1]}).status_code == 303
    session = answer.cookies["countermark"]
    return {"password": PASSWORD, "wrong password": WRONG, "session": session, "csrf": csrf[1], "page's": made[0][-52:]}


def _by_mistake(server: Running) -> None:
    """Secrets where they do not belong, and requests that fail."""
    with server.client() as asking:
        asking.get("/v1/checks", params={"key": PASSWORD, "api_key": "misplaced-secret"})
        asking.get("/v1/checks/misplaced-secret")
        asking.get("/misplaced-secret")
        asking.get("/v1/checks", headers={"Authorization": "Bearer misplaced-secret"})
        asking.get("/v1/checks", headers={"Authorization": "Basic misplaced-secret"})
        asking.post("/v1/checks", content=b'{"misplaced-secret": ', headers={"Content-Type": "application/json"})
        asking.post("/v1/checks", json={"url": "http://somebody:misplaced-secret@127.0.0.1:1/?misplaced-secret"})
        with_secret = httpx.URL(server.base).copy_with(username="somebody", password="misplaced-secret")
        asking.get(f"{with_secret}")


def test_the_log_tells_no_secret(told: tuple[Running, dict[str, str], dict[str, str]]) -> None:
    server, secrets, private = told
    log = server.log.read_text()
    assert '"route": "/v1/checks"' in log, "it is a log"
    untold = {**secrets, **private, "misplaced": "misplaced-secret"}
    found = {name: next(line for line in log.splitlines() if one in line) for name, one in untold.items() if one in log}
    assert not found


def test_of_checks_that_go_wrong_the_log_has_no_whole_id(tmp_path: Path, film: Path) -> None:
    """Whoever reads a log shall not see what was checked without a key: an id is all that it takes."""
    cut = tmp_path / "cut.mp4"
    cut.write_bytes(film.read_bytes()[:-200])
    with running(tmp_path / "home", unsafe_private_addresses="true") as server:
        ids = [server.sent(cut), server.sent(film)]
        with server.client() as asking:
            ids.append(asking.post("/v1/checks", json={"url": "http://127.0.0.1:1/gone.mp4"}).json()["id"])
            for check_id in ids:
                server.over(check_id)
            upload = asking.post("/v1/uploads", json={"name": "a.mp4", "bytes": 9}).json()["id"]
            for check_id in (ids[0], upload):
                asking.get(f"/v1/checks/{check_id}/{check_id}")
                asking.patch(f"/v1/uploads/{check_id}", content=b"x", headers={"Upload-Offset": "5"})
    log = server.log.read_text()
    assert not re.findall(r"(?:chk|upl|stp|cbk|hld|fbk)_[a-z2-7]{26}", log)
    assert f"{ids[0][:10]}…" in log, "it is told which it is"


def test_no_file_holds_a_secret(told: tuple[Running, dict[str, str], dict[str, str]]) -> None:
    """Neither the databases (registry, accounts, queue) nor what lies beside them."""
    server, secrets, _ = told
    files = [path for path in server.options.home.rglob("*") if path.is_file()]
    assert {"registry.sqlite", "jobs.sqlite"} <= {path.name for path in files}
    for path in files:
        content = path.read_bytes()
        assert not [name for name, one in secrets.items() if one.encode() in content], path


def test_what_is_kept_is_its_owners_alone(told: tuple[Running, dict[str, str], dict[str, str]]) -> None:
    home = told[0].options.home
    assert stat.S_IMODE(home.stat().st_mode) & 0o077 == 0
    for path in home.glob("*.key"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path


def test_the_log_says_nothing_of_where_people_come_from(told: tuple[Running, dict[str, str], dict[str, str]]) -> None:
    log = told[0].log.read_text()
    assert not re.search(r"127\.[2-9]\d*\.\d+\.\d+", log), "addresses of clients"


# By construction -----------------------------------------------------------------------------------------------------

SECRET = re.compile(r"secret|token|signature|password|csrf|manage\b|mac\b", re.IGNORECASE)
HARMLESS = {"now['password_hash'] != kept"}  # two hashes of the same row, neither of which anybody sent


def _compared(tree: ast.AST) -> list[str]:
    """Comparisons of what is called a secret by `==` or `!=`, whose time tells how much of it was right."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Compare) and any(isinstance(one, ast.Eq | ast.NotEq) for one in node.ops):
            sides = [node.left, *node.comparators]
            if any(isinstance(one, ast.Constant) for one in sides):
                continue  # what is written in the code is no secret
            names = [ast.unparse(one) for one in sides]
            if any(SECRET.search(name) for name in names):
                found.append(ast.unparse(node))
    return [one for one in found if one not in HARMLESS]


def test_nothing_secret_is_compared_by_its_first_letters() -> None:
    found, constant = {}, 0
    for room in ROOMS:
        assert room.__file__
        for path in Path(room.__file__).parent.rglob("*.py"):
            text = path.read_text()
            constant += len(re.findall(r"\bcompare_digest\(", text))
            if compared := _compared(ast.parse(text)):
                found[str(path)] = compared
    assert not found, found
    assert constant >= 5, "keys and sessions, passwords, manage tokens, links, the proxy's word"


def test_every_secret_passes_through_such_a_comparison(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Each kind, really asked: what compares is `hmac.compare_digest`."""
    import hmac

    from countermark.accounts import Accounts, tokens
    from countermark.api.links import Links
    from countermark.docket import secrets as docket_secrets
    from countermark.settings import Settings

    asked: list[int] = []
    real = hmac.compare_digest

    def counted(one: Any, other: Any) -> bool:
        asked.append(1)
        return bool(real(one, other))

    monkeypatch.setattr(hmac, "compare_digest", counted)
    people = Accounts(Settings(home=tmp_path))
    people.add_person("a@example.org", "viewer", PASSWORD)
    _, key = people.make_key("main", "k", ["checks:read"], "test")

    def counts(what: object) -> bool:
        before = len(asked)
        assert what() is not None  # type: ignore[operator]
        return len(asked) > before

    assert counts(lambda: people.caller_of_key(key))
    assert counts(lambda: people.sign_in("a@example.org", PASSWORD))
    assert counts(lambda: tokens.same("a", "b") is False)
    assert counts(lambda: docket_secrets.matches("a", docket_secrets.hash_of("a")))
    assert counts(lambda: Links(tmp_path).holds("/a", 2**40, "b", 0.0) is False)
