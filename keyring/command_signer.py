"""A program that signs: bytes on its standard input, the signature on its standard output. Knows processes, no key.

The program is split into words as a shell would, and run without one. What it says on standard error is thrown away:
it may hold secrets, and only the program knows.
"""

from __future__ import annotations

import os
import selectors
import shlex
import signal
import subprocess
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import Literal

from ..errors import SignerFailed
from . import signatures
from .signers import TRIAL, Certified

SECONDS = 60.0
_MOST_BYTES = 8192  # of a signature, which has 600 at most
_ADVICE = "run the program of `signer_command` by hand, with some bytes on its standard input"


@dataclass(frozen=True)
class CommandSigner(Certified):
    """Signs by a program of the user's."""

    command: str
    seconds: float = SECONDS
    kind: Literal["command"] = "command"

    def __repr__(self) -> str:
        """Not the command: people put passwords there."""
        return f"CommandSigner({self.algorithm})"

    def sign(self, data: bytes) -> bytes:
        """Run the program, and check what it answers."""
        return signatures.checked(self.public_key, data, self._answer(data))

    def check(self) -> None:
        """Have it sign something that is no manifest."""
        self.sign(TRIAL)

    def _answer(self, data: bytes) -> bytes:
        try:
            words = shlex.split(self.command)
        except ValueError:
            words = []
        if not words:
            raise SignerFailed("`signer_command` is no command", advice="say: signer_command = 'sign --key 7'")
        with tempfile.TemporaryFile() as given:  # a file, so that a program that reads nothing holds up nobody
            given.write(data)
            given.seek(0)
            try:
                process = subprocess.Popen(
                    words,
                    stdin=given,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.DEVNULL,
                    start_new_session=True,
                )
            except OSError as error:
                raise SignerFailed(f"{words[0]} could not be started: {error.strerror}", advice=_ADVICE) from None
        with process:
            try:
                answer = self._read(process)
                if process.wait(max(1.0, self.seconds)) != 0:
                    raise SignerFailed(f"{words[0]} ended with status {process.returncode}", advice=_ADVICE)
            except subprocess.TimeoutExpired:
                raise self._late() from None
            finally:
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)  # whatever it started, too
        if not answer:
            raise SignerFailed(f"{words[0]} answered nothing", advice=_ADVICE)
        return answer

    def _read(self, process: subprocess.Popen[bytes]) -> bytes:
        assert process.stdout is not None
        ends, answer = time.monotonic() + self.seconds, b""
        with selectors.DefaultSelector() as waiting:
            waiting.register(process.stdout, selectors.EVENT_READ)
            while True:
                if not waiting.select(max(0.0, ends - time.monotonic())):
                    raise self._late()
                part = os.read(process.stdout.fileno(), 4096)
                answer += part
                if not part:
                    return answer
                if len(answer) > _MOST_BYTES:
                    raise SignerFailed("the program that signs answered far more than a signature", advice=_ADVICE)

    def _late(self) -> SignerFailed:
        return SignerFailed(f"the program that signs did not answer within {self.seconds:g} s", advice=_ADVICE)
