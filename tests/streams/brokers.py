"""Brokers for tests, each a process of its own: a cluster that librdkafka plays, and a real Redis server."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from countermark.tests.needs import program

SECONDS = 30.0
PASSWORD = "s3cret-of-tests"
# Through librdkafka's own face, since Python's can't say that a new group is not to wait for more members.
_PLAYS = """
import ctypes, sys
import confluent_kafka
path = next(line.split()[-1] for line in open("/proc/self/maps") if "librdkafka" in line)
library = ctypes.CDLL(path)
for name in ("rd_kafka_conf_new", "rd_kafka_new", "rd_kafka_mock_cluster_new"):
    getattr(library, name).restype = ctypes.c_void_p
library.rd_kafka_mock_cluster_bootstraps.restype = ctypes.c_char_p
producer = library.rd_kafka_new(0, ctypes.c_void_p(library.rd_kafka_conf_new()), None, ctypes.c_size_t(0))
cluster = ctypes.c_void_p(library.rd_kafka_mock_cluster_new(ctypes.c_void_p(producer), 3))
library.rd_kafka_mock_group_initial_rebalance_delay_ms(cluster, 100)
print(library.rd_kafka_mock_cluster_bootstraps(cluster).decode(), flush=True)
sys.stdin.read()
"""


@dataclass
class Cluster:
    """Three brokers of Kafka's protocol; they keep nothing when their process ends."""

    process: subprocess.Popen[str]
    brokers: str

    @contextmanager
    def away(self) -> Iterator[None]:
        """Have them answer nobody for as long."""
        self.process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self.process.send_signal(signal.SIGCONT)


@contextmanager
def cluster() -> Iterator[Cluster]:
    """Run one."""
    process = subprocess.Popen(
        [sys.executable, "-c", _PLAYS], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=dict(os.environ)
    )
    try:
        assert process.stdout is not None
        yield Cluster(process, process.stdout.readline().strip())
    finally:
        process.kill()
        process.wait(SECONDS)


@dataclass
class Server:
    """A Redis server that forgets nothing when it ends."""

    program: str
    folder: Path
    port: int
    running: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def address(self) -> str:
        """Where it listens."""
        return f"127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start it, and wait until it answers."""
        words = ["--port", self.port, "--bind", "127.0.0.1", "--dir", self.folder, "--requirepass", PASSWORD]
        kept = ["--appendonly", "yes", "--appendfsync", "always", "--save", ""]
        with (self.folder / "log").open("ab") as log:
            call = [self.program, *map(str, words), *kept]
            self.running.append(subprocess.Popen(call, stdout=log, stderr=log))
        end = time.monotonic() + SECONDS
        while not self._answers():
            assert time.monotonic() < end and self.running[-1].poll() is None, (self.folder / "log").read_text()
            time.sleep(0.02)

    def _answers(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=1) as asked:
                asked.sendall(b"PING\r\n")
                return asked.recv(64).startswith((b"+PONG", b"-NOAUTH"))
        except OSError:
            return False

    def kill(self) -> None:
        """End it without a word."""
        self.running[-1].kill()
        self.running[-1].wait(SECONDS)


@contextmanager
def server() -> Iterator[Server]:
    """Run one on a free port of this machine."""
    found = program("redis-server", "redis-server")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    folder = Path(tempfile.mkdtemp(prefix="cm-redis-"))
    made = Server(found, folder, port)
    made.start()
    try:
        yield made
    finally:
        made.kill()
        shutil.rmtree(folder, ignore_errors=True)
