"""What a test needs of the machine: where it is lacking, the test is skipped with a loud line; in CI it fails."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"


def lacking(what: str, advice: str) -> None:
    """Skip, or in CI fail, for the want of `what`."""
    message = f"LACKING {what}: {advice}"
    if os.environ.get("CI"):
        pytest.fail(message)
    pytest.skip(message)


def program(name: str, package: str) -> str:
    """Give the path of a program that a test runs."""
    found = shutil.which(name)
    if found is None:
        lacking(name, f"apt install {package}")
    return str(found)


def data(*parts: str) -> Path:
    """Give a folder of the data beside the project; a stranger's clone has none, and CI need not."""
    folder = DATA.joinpath(*parts)
    if not folder.exists():
        pytest.skip(f"../shared/data/{'/'.join(parts)} is not there")
    return folder


@contextmanager
def small_disk(folder: Path, options: str) -> Iterator[Path]:
    """Mount a tmpfs of its own, say `size=1m`; only root can."""
    folder.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)], capture_output=True)
    if mounted.returncode:
        lacking("the right to mount a tmpfs", "run the tests as root, or in a user namespace")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)
