"""A whole service for clients to ask: the real command, with its worker, in a process of its own."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from countermark import keyring
from countermark.accounts import Accounts
from countermark.accounts.values import MAIN
from countermark.settings import Settings
from countermark.tests.cli.command import arguments, environment

SCOPES = ("checks:read", "checks:write", "stamps:read", "stamps:write")


@dataclass(frozen=True)
class Served:
    """Where it answers, and a key that may check and stamp."""

    base: str
    key: str
    key_file: Path
    home: Path


@contextmanager
def served(folder: Path, **service: object) -> Iterator[Served]:
    """Serve a home of its own that has an identity and a key."""
    home = folder / "home"
    keyring.init_development(home)
    options = Settings(home=home, detector="never")
    _, key = Accounts(options).make_key(MAIN, "tests", SCOPES, "tests")  # type: ignore[arg-type]
    key_file = folder / "api-key"
    key_file.touch(0o600)
    key_file.write_text(f"{key}\n")
    said = {f"COUNTERMARK_SERVICE__{name.upper()}": str(value) for name, value in service.items()}
    with subprocess.Popen(
        arguments("serve", "--port", 0),
        env={**environment(home), **said, "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            for line in process.stdout:
                if found := re.search(r"at (http://\S+)", line):
                    break
            else:
                raise AssertionError("it does not serve")
            yield Served(found[1], key, key_file, home)
        finally:
            process.terminate()
            process.communicate(timeout=60)
            shutil.rmtree(home / "objects", ignore_errors=True)
