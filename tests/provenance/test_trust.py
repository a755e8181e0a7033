"""Anchors: what is trusted is a certificate, under a name, and can be taken back."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

import pytest

from countermark import keyring
from countermark.errors import InputMissing, OutputExists, TrustListInvalid
from countermark.provenance import trust


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def list_of_others(tmp_path: Path) -> Path:
    identity = keyring.init_development(tmp_path / "others")
    file = tmp_path / "anchors.pem"
    assert identity.root_pem
    file.write_bytes(b"some words\n" + identity.root_pem + identity.key_path.read_bytes())
    return file


def test_nothing_is_trusted_at_first(home: Path) -> None:
    assert trust.load(home) == trust.TrustAnchors("", "") and trust.listing(home) == ()
    assert not home.exists()


def test_development_roots_are_trusted_and_stay_so(home: Path) -> None:
    keyring.init_development(home)
    keyring.init_development(home, force=True)
    assert trust.load(home).development.count("BEGIN CERTIFICATE") == 2
    assert {a.list_name for a in trust.listing(home)} == {"development"}


def test_added_anchors_are_listed_and_removed(home: Path, list_of_others: Path) -> None:
    assert trust.add(home, "acme", list_of_others) == 1
    anchors = trust.load(home)
    assert anchors.added.count("BEGIN CERTIFICATE") == 1 and not anchors.development
    assert [a.list_name for a in trust.listing(home)] == ["acme"]
    assert "DEVELOPMENT" in trust.listing(home)[0].subject and not trust.listing(home)[0].expired
    trust.remove(home, "acme")
    assert trust.load(home).pem == ""
    with pytest.raises(InputMissing):
        trust.remove(home, "acme")


def test_the_age_of_a_list_is_known(home: Path, list_of_others: Path) -> None:
    trust.add(home, "acme", list_of_others)
    assert trust.age_days(home, "acme") == 0
    os.utime(home / "trust" / "acme.pem", (time.time() - 3.5 * 86400,) * 2)
    assert trust.age_days(home, "acme") == 3
    with pytest.raises(InputMissing):
        trust.age_days(home, "none")


def test_a_key_in_the_file_is_not_copied(home: Path, list_of_others: Path) -> None:
    trust.add(home, "acme", list_of_others)
    assert "PRIVATE" not in (home / "trust" / "acme.pem").read_text()


def test_a_list_is_not_replaced_in_silence(home: Path, list_of_others: Path) -> None:
    trust.add(home, "acme", list_of_others)
    with pytest.raises(OutputExists):
        trust.add(home, "acme", list_of_others)
    assert [p.name for p in (home / "trust").iterdir()] == ["acme.pem"]


@pytest.mark.parametrize("content", [b"", b"hello", b"-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n"])
def test_what_is_no_list_is_refused(home: Path, tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "bad.pem"
    file.write_bytes(content)
    with pytest.raises(TrustListInvalid):
        trust.add(home, "acme", file)
    assert not (home / "trust").exists()


def test_leaves_are_no_anchors(home: Path, tmp_path: Path) -> None:
    chain = keyring.init_development(tmp_path / "others").chain_pem
    leaf = tmp_path / "leaf.pem"
    leaf.write_bytes(chain[: chain.index(b"-----END") + 25] + b"\n")
    with pytest.raises(TrustListInvalid, match="authority"):
        trust.add(home, "acme", leaf)


@pytest.mark.parametrize("name", ["", "../x", "a/b", "development", ".hidden", "x" * 65])
def test_names_stay_within_the_folder(home: Path, list_of_others: Path, name: str) -> None:
    with pytest.raises(TrustListInvalid):
        trust.add(home, name, list_of_others)


def test_a_spoilt_list_in_the_folder_is_said_so(home: Path) -> None:
    (home / "trust").mkdir(parents=True)
    (home / "trust" / "bad.pem").write_text("nothing")
    with pytest.raises(TrustListInvalid, match="bad.pem"):
        trust.load(home)


def test_anchors_travel_as_json(home: Path, list_of_others: Path) -> None:
    keyring.init_development(home)
    trust.add(home, "acme", list_of_others)
    anchors = trust.load(home)
    assert trust.TrustAnchors.from_json(json.loads(json.dumps(anchors.to_json()))) == anchors
    assert "CERTIFICATE" not in repr(anchors)
