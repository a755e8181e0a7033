"""accounts and api-keys, as whoever runs the service types them."""

from __future__ import annotations

import json
import os
import pty
import subprocess
from pathlib import Path

import pytest

from countermark.accounts import Accounts
from countermark.errors import AccountUnfit, SignInFailed, UnsafeKeys
from countermark.settings import Settings
from tests.cli.command import arguments, environment, run

ADA = "ada@example.org"


def test_the_first_administrator_gets_a_password_that_is_shown_once(tmp_path: Path) -> None:
    ran = run(tmp_path, "accounts", "add", ADA, "--role", "administrator", "--json")
    (item,) = ran.report()["results"]
    assert (ran.code, item["role"], item["tenant_id"], item["local"]) == (0, "administrator", "main", True)
    accounts = Accounts(Settings(home=tmp_path))
    caller = accounts.person_of(accounts.sign_in(ADA, item["password"]))
    assert caller is not None and caller.may("keys:write")
    listed = run(tmp_path, "accounts", "list")
    assert f"{ADA}  administrator" in listed.out and item["password"] not in listed.out
    for file in tmp_path.rglob("*"):
        assert file.is_dir() or item["password"].encode() not in file.read_bytes()
    again = run(tmp_path, "accounts", "add", "ADA@example.org", "--role", "viewer")
    assert again.code == AccountUnfit.exit_code and "has an account already" in again.err


def test_a_password_is_asked_for_and_not_shown(tmp_path: Path) -> None:
    """On a terminal of its own, as a person sees it."""
    main, side = pty.openpty()
    command = arguments("accounts", "add", ADA, "--role", "viewer", "--json")
    running = subprocess.Popen(
        command, stdin=side, stderr=side, stdout=subprocess.PIPE, env=environment(tmp_path), start_new_session=True
    )
    os.close(side)
    said = b""
    for prompt in (b"New password", b"Once more"):
        while prompt not in said:
            said += os.read(main, 1024)
        os.write(main, b"a password of mine\n")
    out, _ = running.communicate(timeout=60)
    os.close(main)
    assert running.returncode == 0 and b"a password" not in said + out
    assert json.loads(out)["results"][0]["password"] is None
    Accounts(Settings(home=tmp_path)).sign_in(ADA, "a password of mine")


def test_role_password_and_door(tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.touch(0o600)
    file.write_text("a password of mine\n")
    assert run(tmp_path, "accounts", "add", ADA, "--role", "viewer", "--password-file", file).code == 0
    accounts = Accounts(Settings(home=tmp_path))
    session = accounts.sign_in(ADA, "a password of mine")
    assert "is reviewer from now on" in run(tmp_path, "accounts", "role", ADA, "reviewer").out
    caller = accounts.person_of(session)
    assert caller is not None and caller.role == "reviewer", "it holds without another sign-in"
    file.write_text("another one of mine\n")
    assert run(tmp_path, "accounts", "password", ADA, "--password-file", file).code == 0
    assert accounts.person_of(session) is None
    session = accounts.sign_in(ADA, "another one of mine")
    assert "no more" in run(tmp_path, "accounts", "disable", ADA).out
    assert accounts.person_of(session) is None
    with pytest.raises(SignInFailed):
        accounts.sign_in(ADA, "another one of mine")
    assert "sign in again" in run(tmp_path, "accounts", "disable", ADA, "--undo").out
    accounts.sign_in(ADA, "another one of mine")
    file.chmod(0o644)
    assert run(tmp_path, "accounts", "password", ADA, "--password-file", file).code == UnsafeKeys.exit_code


def test_tenants_and_how_long_things_are_kept(tmp_path: Path) -> None:
    ran = run(tmp_path, "accounts", "tenant", "The Herald", "--new", "--keep-media", "60", "--json")
    made = ran.report()["results"][0]
    assert (made["media_kept_s"], made["record_kept_days"]) == (60.0, None)
    assert "from now on" in run(tmp_path, "accounts", "tenant", made["id"], "--keep-records", "7").out
    for given, word in ((("The Hreald",), "--new"), (("The Herald", "--keep-media", "1e9"), "a year")):
        said = run(tmp_path, "accounts", "tenant", *given)
        assert said.code == AccountUnfit.exit_code and word in said.err
    assert run(tmp_path, "accounts", "tenant", "The Herald", "--new").code == AccountUnfit.exit_code
    listed = run(tmp_path, "accounts", "tenants").out
    assert "public" in listed and "main" in listed and "The Herald: media 60 s, records 7 days" in listed
    assert "media as set, records as set" in run(tmp_path, "accounts", "tenant", "The Herald", "--as-set").out
    assert made["may_stamp"] is False
    assert "may stamp" in run(tmp_path, "accounts", "tenant", "The Herald", "--may-stamp").out
    assert "may stamp" not in run(tmp_path, "accounts", "tenant", "The Herald", "--no-stamp").out
    assert (
        run(tmp_path, "accounts", "add", ADA, "--role", "viewer", "--tenant", "public").code == AccountUnfit.exit_code
    )


def test_a_tenant_is_named_or_given_by_its_id(tmp_path: Path) -> None:
    made = run(tmp_path, "accounts", "tenant", "The Herald", "--new", "--json").report()["results"][0]
    for number, tenant in enumerate(("The Herald", made["id"])):
        of = ("--tenant", tenant, "--json")
        (key,) = run(tmp_path, "api-keys", "make", "bot", "--scope", "checks:read", *of).report()["results"]
        assert key["tenant_id"] == made["id"]
        assert key["id"] in [one["id"] for one in run(tmp_path, "api-keys", "list", *of).report()["results"]]
        assert run(tmp_path, "api-keys", "revoke", key["id"], *of).code == 0
        added = run(tmp_path, "accounts", "add", f"{number}@example.org", "--role", "viewer", *of).report()["results"]
        assert added[0]["tenant_id"] == made["id"]
    nobody = run(tmp_path, "api-keys", "list", "--tenant", "The Hreald")
    assert nobody.code == AccountUnfit.exit_code and "accounts tenants" in nobody.err


def test_who_is_not_there_is_looked_up_in_the_list(tmp_path: Path) -> None:
    said = run(tmp_path, "accounts", "role", "nobody@example.org", "viewer")
    assert said.code == AccountUnfit.exit_code and "accounts list" in said.err


def test_a_secret_goes_alone_to_standard_output_where_a_program_reads_it(tmp_path: Path) -> None:
    made = run(tmp_path, "api-keys", "make", "bot", "--scope", "checks:write")
    accounts = Accounts(Settings(home=tmp_path))
    assert accounts.caller_of_key(made.out.strip()) is not None and len(made.out.split()) == 1
    assert "keep it now" in made.err and made.out.strip() not in made.err
    added = run(tmp_path, "accounts", "add", ADA, "--role", "viewer")
    assert "may sign in as viewer" in added.err
    accounts.sign_in(ADA, added.out.removesuffix("\n"))


def test_a_key_is_shown_once(tmp_path: Path) -> None:
    ran = run(tmp_path, "api-keys", "make", "bot", "--scope", "checks:write", "--scope", "checks:read", "--json")
    (item,) = ran.report()["results"]
    accounts = Accounts(Settings(home=tmp_path))
    assert accounts.caller_of_key(item["key"]) is not None
    listed = run(tmp_path, "api-keys", "list")
    assert item["id"] in listed.out and item["key"] not in listed.out and "until it is revoked" in listed.out
    assert "revoked" in run(tmp_path, "api-keys", "revoke", item["id"]).out
    assert accounts.caller_of_key(item["key"]) is None
    again = run(tmp_path, "api-keys", "revoke", "cmk_none")
    assert again.code == AccountUnfit.exit_code and "api-keys list" in again.err
