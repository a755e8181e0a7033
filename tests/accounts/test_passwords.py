"""Passwords, at their full cost."""

from __future__ import annotations

import threading
import time

import pytest

from countermark.accounts import passwords
from countermark.errors import AccountUnfit, SignInFailed


def test_a_password_holds_and_is_not_kept() -> None:
    kept = passwords.hashed("pässword of mine")
    assert kept.startswith("scrypt$32768$8$3$") and "mine" not in kept
    assert passwords.holds("pässword of mine", kept)
    assert passwords.holds("pa\u0308ssword of mine", kept), "as another keyboard types it"
    assert not passwords.holds("pässword of yours", kept) and not passwords.outgrown(kept)
    assert passwords.hashed("pässword of mine") != kept, "each has salt of its own"


def test_parameters_are_those_of_the_hash(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "COST", 1 << 10)
    older = passwords.hashed("a password of mine")
    monkeypatch.undo()
    assert passwords.holds("a password of mine", older) and passwords.outgrown(older)


def test_nobodys_password_never_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "_scrypt", lambda *given: bytes(32))
    assert not passwords.holds("", None), "though the keys are the same"


@pytest.mark.parametrize("password", ["", "too short", "a" * 1025])
def test_what_is_too_short_or_long(password: str) -> None:
    with pytest.raises(AccountUnfit):
        passwords.hashed(password)


def test_who_waits_too_long_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """While two are at work, a third waits, for a while."""
    monkeypatch.setattr(passwords, "_PATIENCE_S", 0.1)
    at_work = threading.BoundedSemaphore(2)
    monkeypatch.setattr(passwords, "_AT_A_TIME", at_work)
    with at_work, at_work:
        began = time.monotonic()
        with pytest.raises(SignInFailed, match="too many"):
            passwords.holds("any", None)
        assert time.monotonic() - began < 5
    assert passwords.holds("any", None) is False


def test_a_generated_password_is_fit() -> None:
    made = {passwords.generated() for _ in range(50)}
    assert len(made) == 50 and all(len(one) >= passwords.FEWEST for one in made)
