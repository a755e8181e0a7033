"""`countermark bundle`: brought from a real service, verified without one."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from countermark.api.client import Client
from countermark.errors import BundleInvalid, OutputExists, ServerRefused
from countermark.tests.api.client.worked import Served, served
from countermark.tests.cli.command import run
from countermark.tests.recipes import clip


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(tmp_path_factory.mktemp("served")) as running:
        yield running


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return clip(tmp_path_factory.mktemp("films") / "film.mp4", size=(64, 48), seconds=0.3)


@pytest.fixture(scope="module")
def check(here: Served, film: Path) -> str:
    with Client(here.base, here.key) as client:
        done = client.wait(client.check_file(film).id, timeout_s=120)
        assert done.verdict
        return done.id


@pytest.fixture(scope="module")
def bundle(here: Served, check: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("bundles") / "evidence.zip"
    ran = run(here.home, "bundle", check, "--server", here.base, "--key-file", here.key_file, "-o", target)
    assert ran.code == 0, ran.err
    assert "holds" in ran.out and "a development identity" in ran.out and check in ran.out
    return target


def test_a_bundle_verifies_where_its_signer_is_trusted(here: Served, check: str, bundle: Path, film: Path) -> None:
    ran = run(here.home, "bundle", "verify", bundle, "--media", film, "--json")
    (item,) = ran.report()["results"]
    assert (ran.code, item["kind"], item["trust"], item["check"]) == (0, "bundle", "trusted", check)
    assert item["outcome"] == "no_evidence" and item["development"] and item["vouched_at"] is None


def test_elsewhere_it_is_whole_but_by_nobody_who_is_trusted(bundle: Path, tmp_path: Path) -> None:
    ran = run(tmp_path, "bundle", "verify", bundle)
    assert ran.code == 1 and "nobody who is trusted here signed it" in ran.out and "unknown_signer" in ran.out
    assert "countermark trust add ROOT.pem" in ran.out


def test_whoever_takes_in_the_operators_root_has_it_hold(here: Served, bundle: Path, tmp_path: Path) -> None:
    root = tmp_path / "root.pem"
    shutil.copy(here.home / "keys" / "signing" / "root.pem", root)
    assert run(tmp_path, "trust", "add", root).code == 0
    ran = run(tmp_path, "bundle", "verify", bundle)
    assert ran.code == 0 and "holds" in ran.out and "trust add" not in ran.out, ran.out


def test_a_changed_byte_is_an_error_with_advice(here: Served, bundle: Path, tmp_path: Path) -> None:
    content = bytearray(bundle.read_bytes())
    content[len(content) // 2] ^= 1
    changed = tmp_path / "changed.zip"
    changed.write_bytes(content)
    ran = run(here.home, "bundle", "verify", changed, bundle)
    assert ran.code == BundleInvalid.exit_code and "do not rely on this one" in ran.err and "holds" in ran.out


def test_a_bundle_about_another_file_is_told(here: Served, bundle: Path, film: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.mp4"
    shutil.copy(film, other)
    with other.open("ab") as file:
        file.write(b"\0")
    ran = run(here.home, "bundle", "verify", bundle, "--media", other)
    assert ran.code == BundleInvalid.exit_code and "another file" in ran.err


def test_what_stands_there_is_not_overwritten(here: Served, check: str, bundle: Path) -> None:
    before = bundle.read_bytes()
    ran = run(here.home, "bundle", check, "--server", here.base, "-o", bundle)
    assert ran.code == OutputExists.exit_code and bundle.read_bytes() == before


def test_a_check_of_others_or_none_leaves_no_file(here: Served, check: str, tmp_path: Path) -> None:
    for id in (check, "chk_nothing"):
        ran = run(here.home, "bundle", "get", id, "--server", here.base, cwd=tmp_path)  # without the key
        assert ran.code == ServerRefused.exit_code and "there is no check" in ran.err
    assert not list(tmp_path.iterdir())
