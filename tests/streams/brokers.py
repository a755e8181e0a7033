"""Brokers for tests: a cluster that librdkafka plays, in a process of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

SECONDS = 30.0
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
