"""doctor --profile, as a person types it: an empty home, and one where everything is set up."""

from pathlib import Path

import jsonschema
import pytest
from cryptography import x509

from countermark.cli.report import schema
from countermark.generator.hosted import offers
from tests import databases, object_stores
from tests.cli.command import run
from tests.keyring.authority import Authority

SET_UP = {
    "provider": "Acme Video",
    "tsa": "http://time.example/tsa",
    "contact": "labels@acme.example",
    "public_record": "https://acme.example/records/{id}",
    "aigc_producer": "001191110102MAD55U9H0F10002",
}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One with a signing identity that an authority issued."""
    folder = tmp_path_factory.mktemp("home")
    asked = ("keys", "csr", "--name", "Acme Video", "--organisation", "Acme", "--country", "DE", "-o", "ask.csr")
    assert run(folder, *asked).code == 0
    csr = x509.load_pem_x509_csr((folder / "ask.csr").read_bytes())
    assert run(folder, "keys", "import", Authority().chain(folder, csr.public_key())).code == 0
    return folder


def test_an_empty_home_lacks_what_a_law_needs(tmp_path: Path) -> None:
    ran = run(tmp_path, "doctor", "--profile", "ca-sb-942", "--json")
    report = ran.report()
    jsonschema.validate(report, schema())
    assert (ran.code, report["failures"]) == (0, [])
    first = [item for item in report["results"] if item["name"].startswith("ca-sb-942 ")]
    assert report["results"][: len(first)] == first, "what was asked for comes first"
    assert {item["name"].removeprefix("ca-sb-942 ") for item in first if item["state"] == "lacking"} == {
        "provider",
        "certificate",
        "public record",
        "contact",
    }
    assert all(item["advice"] for item in first if item["state"] != "good")
    advice = {item["name"]: item["advice"] for item in report["results"]}
    assert "keys csr" in advice["key"] and "keys csr" in advice["ca-sb-942 certificate"], "for it, none for development"
    for asked in ((), ("--profile", "kr-ai-basic")):
        usual = run(tmp_path, "doctor", *asked, "--json").report()["results"]
        assert ["keys init" in item["advice"] for item in usual if item["name"] == "key"] == [True]


def test_a_development_identity_is_no_certificate(tmp_path: Path) -> None:
    assert run(tmp_path, "keys", "init", "-q").code == 0
    out = run(tmp_path, "doctor", "--profile", "eu-ai-act-50").out
    assert "--  eu-ai-act-50 certificate: " in out and "development identity" in out and "keys csr" in out


def test_a_full_set_up_lacks_nothing(home: Path) -> None:
    report = run(home, "doctor", "--profile", "all", "--json", **SET_UP).report()
    jsonschema.validate(report, schema())
    about = [item for item in report["results"] if item["name"].split(" ")[0].count("-")]
    assert {item["name"].split(" ")[0] for item in about} >= {"ca-sb-942", "eu-ai-act-50", "cn-gb-45438"}
    wanting = {item["name"] for item in about if item["state"] != "good"}
    assert {name for name in wanting if not name.endswith(" fonts")} == set(), "fonts are the machine's affair"


def test_without_a_profile_it_says_what_it_always_said(home: Path) -> None:
    usual = run(home, "doctor", "--json").report()["results"]
    asked = run(home, "doctor", "--profile", "kr-ai-basic", "--json").report()["results"]
    assert [item["name"] for item in asked if not item["name"].startswith("kr-ai-basic ")] == [
        item["name"] for item in usual
    ]


def test_a_profile_that_nobody_knows(tmp_path: Path) -> None:
    ran = run(tmp_path, "doctor", "--profile", "fr-loi")
    assert ran.code == 64 and "eu-ai-act-50" in ran.err and len(ran.err.strip().splitlines()) == 1


def test_what_models_of_others_need_is_named_and_no_key_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for group in {group for offer in offers().values() for group in offer.keys}:
        for name in group:
            monkeypatch.delenv(name, raising=False)
    found = {item["name"]: item for item in run(tmp_path, "doctor", "--json").report()["results"]}
    assert found["hosted models"]["state"] == "lacking" and "countermark models" in found["hosted models"]["advice"]
    packages = found["open models"]
    assert "torch" in packages["found"] and (packages["state"] == "good" or "'.[models]'" in packages["advice"])
    monkeypatch.setenv("KLING_ACCESS_KEY", "first-of-two")
    monkeypatch.setenv("LUMAAI_API_KEY", "very-secret")
    out = run(tmp_path, "doctor").out
    assert "LUMAAI_API_KEY" in out and "KLING" not in out and "secret" not in out


def test_a_service_says_who_runs_it(tmp_path: Path) -> None:
    def told(**said: str) -> tuple[str, str]:
        report = run(tmp_path, "doctor", "--json", **said).report()
        (item,) = (item for item in report["results"] if item["name"] == "service")
        return item["state"], f"{item['found']} {item['advice']}"

    state, words = told()
    assert state == "lacking" and "terms_url" in words and "COUNTERMARK_SERVICE__OPERATOR_CONTACT" in words
    said = {"operator": "Acme", "operator_contact": "a@b.example", "terms_url": "https://b.example/t"}
    given = {f"service__{name}": value for name, value in said.items()}
    assert told(**given)[0] == "lacking"
    assert told(**given, service__privacy_url="https://b.example/p") == (
        "good",
        "run by Acme, at http://127.0.0.1:8000 None",
    )


def test_what_a_service_stands_on_is_tried(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def told(**given: str) -> dict[str, tuple[str, str]]:
        report = run(tmp_path, "doctor", "--json", **given).report()
        return {one["name"]: (one["state"], f"{one['found']} {one['advice']}") for one in report["results"]}

    assert not {"store of media", "queue"} & set(told()), "what home has is made when it is first needed"
    url, environment = object_stores.new("rclone", tmp_path)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert told(service__objects=url)["store of media"][0] == "good"
    away = told(service__objects="s3://nobucket/x", service__jobs="postgresql://me:s3cret@127.0.0.1:1/none")
    assert away["store of media"][0] == "broken" and "bucket" in away["store of media"][1]
    assert away["queue"][0] == "broken" and "s3cret" not in away["queue"][1] and "service.jobs" in away["queue"][1]
    kept = databases.new("postgresql", tmp_path)
    assert told(service__jobs=kept)["queue"][0] == "good"
