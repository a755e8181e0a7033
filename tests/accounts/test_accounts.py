"""Tenants, people, sessions and keys, in a SQLite file and in a real PostgreSQL."""

from __future__ import annotations

import statistics
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from countermark.accounts import (
    MAIN,
    PUBLIC,
    ROLE_SCOPES,
    ROLES,
    SCOPE_WORDS,
    SCOPES,
    Accounts,
    Identity,
    KeptHere,
    Role,
    passwords,
)
from countermark.errors import AccountUnfit, SignInFailed
from countermark.provenance import Registry
from countermark.settings import Service, Settings
from countermark.tests import databases

ADA, PASSWORD = "ada@example.org", "correct horse battery"


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 22, 9, 59, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def move(self, **by: float) -> None:
        self.now += timedelta(**by)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """The cost of a password is a matter of its own tests."""
    monkeypatch.setattr(passwords, "COST", 1 << 10)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(params=databases.KINDS)
def options(request: pytest.FixtureRequest, tmp_path: Path) -> Settings:
    return Settings(home=tmp_path, database=databases.new(request.param, tmp_path), service=Service(session_s=3600))


@pytest.fixture
def accounts(options: Settings, clock: Clock) -> Iterator[Accounts]:
    yield Accounts(options, clock)


def elsewhere(**changed: object) -> Identity:
    said = {"issuer": "https://issuer.example", "subject": "7", "email": ADA, "name": "Ada", "role": "viewer"}
    return Identity(**{**said, **changed})  # type: ignore[arg-type]


def test_the_first_tenants_are_there(accounts: Accounts) -> None:
    assert accounts.people() == () and accounts.keys(MAIN) == ()
    assert accounts.kept(MAIN) == KeptHere(None, None), "before anything was written, too"
    assert {tenant.id for tenant in accounts.tenants()} == {PUBLIC, MAIN}


def test_tenants_keep_things_for_their_own_time(accounts: Accounts) -> None:
    herald = accounts.add_tenant("The Herald")
    accounts.set_kept(herald.id, 0, 7)
    accounts.set_detector_head(herald.id, "ours")
    assert accounts.may_stamp(MAIN) and not accounts.may_stamp(herald.id)
    accounts.set_may_stamp(herald.id, True)
    assert accounts.may_stamp(herald.id)
    assert (accounts.kept(herald.id), accounts.detector_head(herald.id)) == (KeptHere(0, 7), "ours")
    assert (accounts.kept(MAIN), accounts.detector_head(MAIN)) == (KeptHere(None, None), None)
    for unfit in ((-1, None), (None, 0), (366 * 86_400 + 1, None), (None, 36_501)):
        with pytest.raises(AccountUnfit):
            accounts.set_kept(herald.id, *unfit)
    with pytest.raises(AccountUnfit, match="no tenant"):
        accounts.set_kept("ten_none", 1, 1)
    with pytest.raises(AccountUnfit, match="already"):
        accounts.add_tenant(" The  Herald ")


def test_somebody_signs_in_and_out(accounts: Accounts, clock: Clock, options: Settings) -> None:
    person = accounts.add_person("Ada@Example.org", "reviewer", PASSWORD, name="Ada\nL.")
    token = accounts.sign_in(" ADA@example.org ", PASSWORD)
    caller = accounts.person_of(token)
    assert caller is not None
    assert (caller.tenant_id, caller.made_by, caller.name, caller.role) == (
        MAIN,
        f"person:{person.id}",
        "Ada L.",
        "reviewer",
    )
    assert caller.scopes == ROLE_SCOPES["reviewer"] and caller.known
    kept = databases.ask(options.database_url, "SELECT hash, expires_at FROM sessions")
    assert len(kept) == 1 and token not in str(kept), "of a token its hash alone is kept"
    accounts.sign_out(token)
    assert accounts.person_of(token) is None
    token = accounts.sign_in(ADA, PASSWORD)
    clock.move(seconds=3599)
    assert accounts.person_of(token) is not None
    clock.move(seconds=1)
    assert accounts.person_of(token) is None
    accounts.sign_in(ADA, PASSWORD)
    assert len(databases.ask(options.database_url, "SELECT hash FROM sessions")) == 1, "what is over is forgotten"


@pytest.mark.parametrize(
    ("email", "password"), [(ADA, "correct horse"), ("bob@example.org", PASSWORD), ("", ""), (ADA, PASSWORD + "!")]
)
def test_what_is_wrong_is_said_in_the_same_words(accounts: Accounts, email: str, password: str) -> None:
    accounts.add_person(ADA, "viewer", PASSWORD)
    with pytest.raises(SignInFailed) as refused:
        accounts.sign_in(email, password)
    assert str(refused.value) == "e-mail or password is wrong"


def test_who_is_not_there_is_answered_as_late(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "COST", 1 << 14)
    monkeypatch.setattr(passwords, "_NOBODYS", passwords._NOBODYS.replace(f"${1 << 15}$", f"${1 << 14}$"))
    accounts = Accounts(Settings(home=tmp_path))
    accounts.add_person(ADA, "viewer", PASSWORD)
    took: dict[str, list[float]] = {ADA: [], "bob@example.org": []}
    for _ in range(5):
        for email, times in took.items():
            began = time.thread_time()  # whatever else this machine is at
            with pytest.raises(SignInFailed):
                accounts.sign_in(email, "wrong")
            times.append(time.thread_time() - began)
    there, not_there = map(statistics.median, took.values())
    assert 0.6 < there / not_there < 1.6


def test_who_is_shut_out_is_out_at_once(accounts: Accounts) -> None:
    person = accounts.add_person(ADA, "viewer", PASSWORD)
    token = accounts.sign_in(ADA, PASSWORD)
    accounts.disable(person.id)
    assert accounts.person_of(token) is None
    with pytest.raises(SignInFailed):
        accounts.sign_in(ADA, PASSWORD)
    accounts.enable(person.id)
    assert accounts.person_of(token) is None, "an old session does not come back"
    assert accounts.person_of(accounts.sign_in(ADA, PASSWORD)) is not None


def test_a_new_password_ends_sessions_and_a_new_role_holds_at_once(accounts: Accounts) -> None:
    person = accounts.add_person(ADA, "administrator", PASSWORD)
    token = accounts.sign_in(ADA, PASSWORD)
    accounts.set_role(person.id, "viewer")
    caller = accounts.person_of(token)
    assert caller is not None and not caller.may("keys:write")
    accounts.set_password(person.id, "another one of mine")
    assert accounts.person_of(token) is None
    with pytest.raises(SignInFailed):
        accounts.sign_in(ADA, PASSWORD)
    accounts.sign_in(ADA, "another one of mine")


def test_a_hash_of_older_parameters_is_made_anew(
    accounts: Accounts, options: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    accounts.add_person(ADA, "viewer", PASSWORD)
    monkeypatch.setattr(passwords, "COST", 1 << 11)
    accounts.sign_in(ADA, PASSWORD)
    ((kept,),) = databases.ask(options.database_url, "SELECT password_hash FROM people")
    assert str(kept).startswith("scrypt$2048$")
    accounts.sign_in(ADA, PASSWORD)


@pytest.mark.parametrize(
    ("email", "password", "changed"),
    [
        ("ada", PASSWORD, {}),
        ("ada@example.org, bob@example.org", PASSWORD, {}),
        (ADA, "short", {}),
        (ADA, PASSWORD, {"role": "root"}),
        (ADA, PASSWORD, {"tenant_id": "ten_none"}),
        (ADA, PASSWORD, {"tenant_id": PUBLIC}),
    ],
)
def test_unfit_people(accounts: Accounts, email: str, password: str, changed: dict[str, str]) -> None:
    with pytest.raises(AccountUnfit):
        accounts.add_person(email, **{"role": "viewer", "password": password, **changed})  # type: ignore[arg-type]
    assert accounts.people() == ()


def test_who_comes_from_elsewhere_gets_an_account(accounts: Accounts) -> None:
    caller = accounts.person_of(accounts.signed_in_elsewhere(elsewhere()))
    assert caller is not None and (caller.tenant_id, caller.role, caller.name) == (MAIN, "viewer", "Ada")
    accounts.signed_in_elsewhere(elsewhere(name="Ada L.", email="ada.l@example.org"))
    (person,) = accounts.people()
    assert (person.name, person.email, person.local, person.issuer) == (
        "Ada L.", "ada.l@example.org", False, "https://issuer.example",
    )  # fmt: skip
    with pytest.raises(SignInFailed):
        accounts.sign_in("ada.l@example.org", "")
    with pytest.raises(AccountUnfit, match="elsewhere"):
        accounts.set_password(person.id, PASSWORD)
    accounts.signed_in_elsewhere(elsewhere(issuer="https://other.example", email=None))
    accounts.signed_in_elsewhere(elsewhere(issuer="https://third.example", email=None))
    assert len(accounts.people()) == 3, "the same subject of another issuer is somebody else"
    accounts.disable(person.id)
    with pytest.raises(SignInFailed, match="disabled"):
        accounts.signed_in_elsewhere(elsewhere())


def test_nobody_takes_an_account_over_by_its_address(accounts: Accounts) -> None:
    accounts.add_person(ADA, "administrator", PASSWORD)
    with pytest.raises(SignInFailed, match="another kind"):
        accounts.signed_in_elsewhere(elsewhere())
    accounts.signed_in_elsewhere(elsewhere(email="bob@example.org"))
    accounts.signed_in_elsewhere(elsewhere(email=ADA))
    assert {person.email for person in accounts.people()} == {ADA, "bob@example.org"}, "nor by changing their own to it"


def test_whom_the_issuer_gives_no_role_stays_outside(accounts: Accounts, options: Settings, clock: Clock) -> None:
    nobody = elsewhere(role=None)
    with pytest.raises(SignInFailed, match="no role here") as caught:
        accounts.signed_in_elsewhere(nobody)
    assert "service.oidc_open" in caught.value.advice and accounts.people() == ()
    open_to_all = Accounts(
        options.model_copy(update={"service": options.service.model_copy(update={"oidc_open": True})}), clock
    )
    caller = open_to_all.person_of(open_to_all.signed_in_elsewhere(nobody))
    assert caller is not None and (caller.tenant_id, caller.role) == (MAIN, "viewer")


def test_who_loses_the_issuers_role_is_out_at_once(accounts: Accounts) -> None:
    token = accounts.signed_in_elsewhere(elsewhere(role="administrator"))
    with pytest.raises(SignInFailed):
        accounts.signed_in_elsewhere(elsewhere(role=None))
    assert accounts.person_of(token) is None


def test_a_role_that_an_issuer_gave_goes_with_its_word(accounts: Accounts) -> None:
    def role(said: Role | None) -> str | None:
        caller = accounts.person_of(accounts.signed_in_elsewhere(elsewhere(role=said)))
        return caller.role if caller else None

    assert [role("administrator"), role("reviewer"), role("viewer")] == ["administrator", "reviewer", "viewer"]
    accounts.set_role(accounts.people()[0].id, "policy_editor")
    assert role(None) == "policy_editor", "what was given here stays"


def test_a_key_opens_until_it_is_revoked_or_over(accounts: Accounts, clock: Clock, options: Settings) -> None:
    key, whole = accounts.make_key(
        MAIN, "bot", ["checks:write", "checks:read"], "person:per_1", "2026-11-22T12:00:00+02:00"
    )
    assert whole.startswith(f"{key.id}_") and key.expires_at == "2026-11-22T10:00:00.000000+00:00"
    caller = accounts.caller_of_key(whole)
    assert caller is not None
    assert (caller.made_by, caller.role, caller.scopes) == (f"key:{key.id}", None, {"checks:write", "checks:read"})
    assert whole.rpartition("_")[2] not in str(databases.ask(options.database_url, "SELECT * FROM api_keys"))
    clock.move(minutes=1)
    assert accounts.caller_of_key(whole) is None, "its time is over"
    lasting, whole = accounts.make_key(MAIN, "other", ["checks:read"], "person:per_1")
    assert accounts.revoke_key("ten_other", lasting.id) is None and accounts.caller_of_key(whole) is not None
    revoked = accounts.revoke_key(MAIN, lasting.id)
    assert revoked is not None and revoked.revoked_at is not None and accounts.caller_of_key(whole) is None
    assert accounts.revoke_key(MAIN, lasting.id) == revoked, "again changes nothing"
    assert [one.name for one in accounts.keys(MAIN)] == ["other", "bot"] and accounts.keys(PUBLIC) == ()


def test_a_wrong_key_opens_nothing(accounts: Accounts) -> None:
    key, whole = accounts.make_key(MAIN, "bot", ["checks:read"], "me")
    other, _ = accounts.make_key(MAIN, "other", ["checks:read"], "me")
    secret = whole.rpartition("_")[2]
    for wrong in (
        "",
        key.id,
        f"{key.id}_",
        f"{other.id}_{secret}",
        whole[:-1],
        whole + "a",
        whole.upper(),
        secret,
        "ü",
    ):
        assert accounts.caller_of_key(wrong) is None


def test_the_hour_of_use_is_kept(accounts: Accounts, clock: Clock) -> None:
    _, whole = accounts.make_key(MAIN, "bot", ["checks:read"], "me")
    accounts.caller_of_key(whole)
    accounts.caller_of_key(whole)
    assert accounts.keys(MAIN)[0].last_used_at == "2026-11-22T09:00:00.000000+00:00"
    clock.move(hours=2)
    accounts.caller_of_key(whole)
    assert accounts.keys(MAIN)[0].last_used_at == "2026-11-22T11:00:00.000000+00:00"


def test_a_key_opens_also_where_its_use_cannot_be_kept(
    accounts: Accounts, options: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    from countermark.store import engine

    monkeypatch.setattr(engine, "BUSY_S", 1.0)
    _, whole = accounts.make_key(MAIN, "bot", ["checks:read"], "me")
    with engine.writing(options.database_url):
        found: list[object] = []
        asking = threading.Thread(target=lambda: found.append(accounts.caller_of_key(whole)))
        asking.start()
        asking.join(30)
    assert found and found[0] is not None


@pytest.mark.parametrize(
    ("scopes", "until"),
    [([], None), (["everything"], None), (["checks:read"], "2026-11-22T09:00"), (["checks:read"], "soon")],
)
def test_unfit_keys(accounts: Accounts, scopes: list[str], until: str | None) -> None:
    with pytest.raises(AccountUnfit):
        accounts.make_key(MAIN, "bot", scopes, "me", until)  # type: ignore[arg-type]
    for name, tenant in (("\n", MAIN), ("bot", PUBLIC), ("bot", "ten_none")):
        with pytest.raises(AccountUnfit):
            accounts.make_key(tenant, name, ["checks:read"], "me")


def test_who_may_do_what_stands_in_the_ledger_without_names(accounts: Accounts, options: Settings) -> None:
    person = accounts.add_person(ADA, "viewer", PASSWORD, name="Ada")
    accounts.set_role(person.id, "administrator")
    key, whole = accounts.make_key(MAIN, "bot", ["checks:read"], f"person:{person.id}")
    accounts.revoke_key(MAIN, key.id)
    accounts.disable(person.id)
    lines = databases.ask(options.database_url, "SELECT kind, body FROM ledger ORDER BY seq")
    assert [kind for kind, _ in lines] == ["person.added", "person.role", "key.made", "key.revoked", "person.disabled"]
    for private in (ADA, "Ada", PASSWORD, whole):
        assert private not in str(lines)
    assert Registry(options.database_url).verify().lines == len(lines)


def test_each_role_may_do_what_those_before_it_may() -> None:
    for lower, higher in zip(ROLES, ROLES[1:], strict=False):
        assert ROLE_SCOPES[lower] < ROLE_SCOPES[higher]
    assert ROLE_SCOPES["administrator"] == set(SCOPES)
    assert "provenance:personal" not in ROLE_SCOPES["viewer"]


def test_the_documents_say_what_each_may_do() -> None:
    text = (Path(__file__).parents[2] / "docs" / "accounts.md").read_text()
    lines = [line.split("|")[1:-1] for line in text.splitlines() if line.startswith("| `")]
    said = {scope.strip(" `"): [mark.strip() == "yes" for mark in marks] for scope, *marks, _ in lines}
    assert said == {scope: [scope in ROLE_SCOPES[role] for role in ROLES] for scope in SCOPES}
    assert {scope.strip(" `"): words.strip() for scope, *_, words in lines} == SCOPE_WORDS
