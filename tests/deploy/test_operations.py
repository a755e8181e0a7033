"""What docs/operations.md tells an engineer to do, done as it stands there, by a shell, against a real PostgreSQL.

In the place of three things something else is put: the folder /srv/countermark, the port 8000, and `runuser -u
postgres`, which the tests' server knows as the user of the same name.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from urllib.parse import unquote

import pytest

from countermark.tests import databases
from countermark.tests.needs import lacking, program

PAGE = Path(__file__).parents[2] / "docs" / "operations.md"
SECONDS = 150  # 45 on two quiet cores
PARTS = ("database", "settings", "accounts", "start", "clips", "check", "scan", "death", "stop", "backup", "restore")
BLOCK = re.compile(r"^<!-- run by a test: (\w+) -->\n```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def test_the_page_has_lost_none_of_its_blocks() -> None:
    assert tuple(name for name, _ in BLOCK.findall(PAGE.read_text())) == PARTS
    assert PAGE.read_text().count("<!-- run by a test") == len(PARTS)


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """In the place of /srv/countermark; what is started there and not stopped is ended."""
    made = tmp_path / "srv"
    made.mkdir()
    yield made
    for file in made.glob("*.pid"):
        with suppress(ProcessLookupError, ValueError):
            os.kill(int(file.read_text()), signal.SIGKILL)


def test_its_commands_do_what_it_says(folder: Path, tmp_path: Path) -> None:
    ran = subprocess.Popen(
        ["bash", "-c", _script(folder)],
        cwd=folder,
        env=_environment(tmp_path),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        out, err = ran.communicate(timeout=SECONDS)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(ran.pid, signal.SIGKILL)
    logs = "".join(f"\n{file.name}: {file.read_text()[-600:]}" for file in (folder / "log").glob("*"))
    if ran.returncode:
        pytest.fail("\n".join((f"it ended with {ran.returncode}", out[-2000:], err[-3000:], logs)), pytrace=False)
    said = dict(re.findall(r"^=== (\w+) begins\n(.*?)=== \1 ends$", out, re.MULTILINE | re.DOTALL))
    assert tuple(said) == PARTS
    assert '"status":"good"' in said["start"]
    assert re.search(r'"outcome": ?"\w+"', said["check"])
    assert re.search(r"^4$", said["scan"], re.MULTILINE), "a line for each clip"
    assert "ada@example.org" in said["restore"]
    logs_of = [(folder / "log" / f"worker-{number}.log").read_text() for number in (1, 2, 3)]
    assert all("takes jobs" in log for log in logs_of)
    assert all(log.count("takes jobs") >= 2 for log in logs_of[1:]), "both that ended were started again"


def _script(folder: Path) -> str:
    """Give one script of all blocks; any command that fails ends it."""
    with socket.socket() as asked:
        asked.bind(("127.0.0.1", 0))
        port = str(asked.getsockname()[1])
    # What outlives the script would hold its output open.
    lines = ["set -eu", "trap 'kill -KILL $(cat *.pid) 2> /dev/null' EXIT"]
    for name, block in BLOCK.findall(PAGE.read_text()):
        block = block.replace("/srv/countermark", str(folder)).replace("8000", port)
        lines += [f"echo '=== {name} begins'", block, f"echo '=== {name} ends'"]
    return "\n".join(lines)


def _environment(tmp_path: Path) -> dict[str, str]:
    """Put the programs that the page names into the path, those of the server that runs among them."""
    for name in ("bash", "curl", "tar"):
        program(name, name)
    server = unquote(databases.new("postgresql", tmp_path).partition("?host=")[2])
    there = databases._programs()
    if not (there / "pg_dump").exists():
        lacking("pg_dump", "apt install postgresql-client")
    programs = tmp_path / "programs"
    programs.mkdir()
    _write(programs / "countermark", f'exec {shlex.quote(sys.executable)} -m countermark "$@"')
    _write(programs / "runuser", 'PGUSER=$2; export PGUSER; shift 3; exec "$@"')
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("COUNTERMARK_", "PG", "AWS_"))}
    path = os.pathsep.join([str(programs), str(there), os.environ["PATH"]])
    quick = {"COUNTERMARK_DETECTOR": "never", "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    return {**kept, **quick, "PATH": path, "PGHOST": server, "PGUSER": "countermark", "HOME": str(tmp_path)}


def _write(path: Path, line: str) -> None:
    path.write_text(f"#!{shutil.which('sh')}\n{line}\n")
    path.chmod(0o755)
