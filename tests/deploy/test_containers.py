"""The container and the compose file name what the program has: commands, options, settings, environment."""

from __future__ import annotations

import os
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from countermark import settings
from tests.cli.command import run

ROOT = Path(__file__).parents[2]
CONTAINERFILE = (ROOT / "deploy" / "Containerfile").read_text()
COMPOSE = yaml.safe_load((ROOT / "deploy" / "compose.yaml").read_text())
OURS = ("serve", "worker-1", "worker-2", "worker-3")
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
# What libraries read: PostgreSQL's client, the store's (docs/service.md), Python.
OTHERS = {"PGPASSFILE", "PATH", "HOME", "PYTHONDONTWRITEBYTECODE", "PYTHONUNBUFFERED", "ORT_DISABLE_TELEMETRY"}


def filled(value: str) -> str:
    """Fill in what the environment of who starts it would."""
    return re.sub(r"\$\{\w+(:-([^}]*)|:\?[^}]*)?\}", lambda found: found[2] or "", value)


def instructions(name: str) -> list[str]:
    joined = re.sub(r"\\\n", " ", CONTAINERFILE)
    return [line.removeprefix(f"{name} ").strip() for line in joined.splitlines() if line.startswith(f"{name} ")]


def test_settings_of_each_service_are_settings() -> None:
    for name in OURS:
        given = {key: filled(value) for key, value in SERVICES[name]["environment"].items()}
        ours = {key: value for key, value in given.items() if key.startswith("COUNTERMARK_")}
        options, source = settings.load(ours)
        assert options.database_url.startswith("postgresql://") and (options.service.objects or "").startswith("s3://")
        assert ":" not in options.database_url.partition("://")[2], "no password stands in it"
        stores = set(re.findall(r"`(AWS_\w+)`", (ROOT / "docs" / "service.md").read_text())) | {"AWS_ALLOW_HTTP"}
        assert set(given) - set(ours) <= OTHERS | stores
        assert {key for key, where in source.items() if where.startswith("COUNTERMARK_")} >= {"database"}


def test_each_worker_has_a_name_of_its_own_and_all_else_is_the_same() -> None:
    names = [SERVICES[name]["environment"].get("COUNTERMARK_SERVICE__EXECUTOR") for name in OURS[1:]]
    assert names == ["worker-1", "worker-2", "worker-3"]
    rest = [
        {key: value for key, value in SERVICES[name]["environment"].items() if key != "COUNTERMARK_SERVICE__EXECUTOR"}
        for name in OURS
    ]
    assert all(one == rest[0] for one in rest)


@pytest.mark.parametrize("command", ["serve", "worker"])
def test_commands_and_options_are_the_programs(command: str, tmp_path: Path) -> None:
    helped = run(tmp_path, command, "--help").out
    used = [SERVICES[name]["command"] for name in OURS]
    used += [yaml.safe_load(instructions("CMD")[-1])]
    mine = [words for words in used if words[0] == command]
    assert mine
    for words in mine:
        assert all(word in helped for word in words if word.startswith("--"))
    assert (["serve", "--no-work"] == SERVICES["serve"]["command"][:2]) and SERVICES["worker-1"]["command"] == [
        "worker"
    ]


def test_every_container_of_ours_may_do_little() -> None:
    for name, service in SERVICES.items():
        assert service["read_only"] is True and service["cap_drop"] == ["ALL"], name
        assert not service.get("cap_add") and not service.get("privileged")
        assert service["security_opt"] == ["no-new-privileges:true"]
        limits = service["deploy"]["resources"]["limits"]
        assert {"cpus", "memory", "pids"} <= set(limits)
        assert "healthcheck" in service and "latest" not in service["image"]
    for name in OURS:
        assert SERVICES[name]["user"] == "10001:10001" and SERVICES[name]["tmpfs"]
        assert SERVICES[name]["volumes"] == ["home:/var/lib/countermark"]
        waits = SERVICES[name]["depends_on"]
        assert {"database", "store"} <= set(waits) and all(
            one["condition"] == "service_healthy" for one in waits.values()
        )


def test_secrets_come_from_outside() -> None:
    text = (ROOT / "deploy" / "compose.yaml").read_text()
    assert set(COMPOSE["secrets"]) == {name for one in SERVICES.values() for name in one.get("secrets", ())}
    for service in SERVICES.values():
        for key, value in service.get("environment", {}).items():
            if re.search("SECRET|PASSWORD|KEY", key):
                assert value.startswith(("${", "/run/secrets/")), key
    assert set(COMPOSE["volumes"]) == {one.split(":")[0] for s in SERVICES.values() for one in s.get("volumes", ())}
    assert "chown 10001:10001 secrets/pgpass" in text


def test_the_container_is_small_in_rights_and_parts() -> None:
    stages = re.findall(r"^FROM (\S+)", CONTAINERFILE, re.MULTILINE)
    assert stages == ["${BASE}", "${BASE}"] and re.search(
        r"^ARG BASE=python:3\.\d+\.\d+-slim-\w+$", CONTAINERFILE, re.M
    )
    assert instructions("USER") == ["10001:10001"] and instructions("EXPOSE") == ["8000"]
    last = CONTAINERFILE.rpartition("FROM ")[2]
    assert not re.search(r"\b(apt|gcc|build-essential|pip install)\b", last) and "--from=build" in last
    wanted = set(re.search(r"/src\[([\w,]+)\]", CONTAINERFILE)[1].split(","))  # type: ignore[index]
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    assert wanted == {"serve", "postgres", "scan"} <= set(extras)
    assert "/readyz" in instructions("HEALTHCHECK")[0] and 'ENTRYPOINT ["countermark"]' in CONTAINERFILE
    (given,) = instructions("ENV")
    names = dict(re.findall(r"(\w+)=(\S+)", given))
    assert names.pop("COUNTERMARK_HOME") == instructions("VOLUME")[0] and set(names) <= OTHERS


def test_secrets_are_neither_copied_nor_committed() -> None:
    for name in ("deploy/secrets", "deploy/.env"):
        assert name in (ROOT / "deploy" / "Containerfile.dockerignore").read_text().split()
        assert name in {line.strip("/") for line in (ROOT / ".gitignore").read_text().split()}


def test_what_is_copied_is_there() -> None:
    for left_out in (ROOT / "deploy" / "Containerfile.dockerignore").read_text().split():
        assert left_out not in {"constraints.txt", "pyproject.toml", "README.md"}
    assert (ROOT / "constraints.txt").exists() and COMPOSE["services"]["serve"]["build"] == {
        "context": "..",
        "dockerfile": "deploy/Containerfile",
    }
    assert (ROOT / "deploy" / os.path.basename(COMPOSE["services"]["serve"]["build"]["dockerfile"])).exists()
