"""The stores that media can live in: a folder, and buckets of two real S3 servers over HTTP on this machine.

rclone's checks signatures and answers ranges without saying so; moto's does ranges and believes any key. Both run for
as long as the tests of one process do.
"""

from __future__ import annotations

import atexit
import itertools
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

from countermark.tests.needs import lacking

KINDS = ("folder", "rclone", "moto")
KEY, SECRET = "TESTSKEYID", "a-secret-of-tests"
SECONDS = 30.0
_numbers = itertools.count(1)


def new(kind: str, folder: Path) -> tuple[str, dict[str, str]]:
    """Give the URL of an empty store, and the environment in which it can be opened."""
    if kind == "folder":
        return (folder / "media").as_uri(), {}
    endpoint, bucket = server(kind), f"bucket-{os.getpid()}-{next(_numbers)}"
    environment = variables(endpoint)
    _make(endpoint, bucket)
    return f"s3://{bucket}/some/prefix", environment


def variables(endpoint: str, secret: str = SECRET) -> dict[str, str]:
    """Give what a client of S3 reads from the environment."""
    return {
        "AWS_ACCESS_KEY_ID": KEY,
        "AWS_SECRET_ACCESS_KEY": secret,
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ALLOW_HTTP": "true",
        "AWS_REGION": "us-east-1",
    }


@cache
def server(kind: str) -> str:
    """Start a server for this process; give its URL."""
    context = started(kind)
    url, _ = context.__enter__()
    atexit.register(context.__exit__, None, None, None)
    return url


@contextmanager
def started(kind: str, port: int | None = None, folder: Path | None = None) -> Iterator[tuple[str, Path]]:
    """Start a server of one's own, say to end it; gives its URL and, of rclone's, the folder of its buckets."""
    port = port or _free()
    with tempfile.TemporaryDirectory(prefix="cm-s3-") as made:
        folder = folder or Path(made)
        address = f"127.0.0.1:{port}"
        programs = Path(sys.executable).parent
        command = {
            "rclone": [programs / "rclone", "serve", "s3", "--auth-key", f"{KEY},{SECRET}", "--addr", address, folder],
            "moto": [programs / "moto_server", "-H", "127.0.0.1", "-p", str(port)],
        }[kind]
        if not Path(command[0]).exists():
            lacking(str(command[0]), "pip install -e '.[dev]'")
        # In a folder of its own: it reads no settings of whoever runs the tests.
        environment = {"PATH": os.environ["PATH"], "HOME": made, "RCLONE_CONFIG": "/dev/null"}
        with subprocess.Popen(
            [str(word) for word in command],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        ) as process:
            try:
                if not _answers(port, process):
                    lacking(f"{kind}'s S3 server", "it did not start")
                yield f"http://{address}", folder
            finally:
                process.kill()


def client(endpoint: str) -> Any:
    """Give somebody else's client, with keys of its own: boto3's is of the first environment that it has seen."""
    import boto3

    return boto3.client(
        "s3",
        endpoint_url=endpoint,
        region_name="us-east-1",
        aws_access_key_id=KEY,
        aws_secret_access_key=SECRET,
    )


def _make(endpoint: str, bucket: str) -> None:
    client(endpoint).create_bucket(Bucket=bucket)


def _free() -> int:
    with socket.socket() as asked:
        asked.bind(("127.0.0.1", 0))
        return int(asked.getsockname()[1])


def _answers(port: int, process: subprocess.Popen[bytes]) -> bool:
    end = time.monotonic() + SECONDS
    while time.monotonic() < end and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return True
        except OSError:
            time.sleep(0.05)
    return False
