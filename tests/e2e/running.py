"""The service as its operator starts it: `countermark serve`, a process of its own over a home of its own."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_AT = re.compile(r"checks videos at (http://127\.0\.0\.1:\d+)")
OPERATOR = {
    "OPERATOR": "Example Broadcast",
    "OPERATOR_CONTACT": "check@example.org",
    "TERMS_URL": "https://example.org/terms",
    "PRIVACY_URL": "https://example.org/privacy",
    "ANONYMOUS_CHECKS": "1000",
    "ANONYMOUS_REQUESTS": "100000",
}


@contextmanager
def running(home: Path, **service: str) -> Iterator[str]:
    """Serve a home; gives the address. `service` are settings of that group, in capitals."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("COUNTERMARK_")}
    said = {f"COUNTERMARK_SERVICE__{name}": value for name, value in {**OPERATOR, **service}.items()}
    environment = {**kept, **said, "COUNTERMARK_HOME": str(home), "COUNTERMARK_DETECTOR": "unproven"}
    command = [sys.executable, "-m", "countermark", "serve", "--port", "0"]
    with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        heard: list[str] = []
        try:
            for line in process.stderr:
                heard.append(line)
                if found := _AT.search(line):
                    break
            else:
                raise AssertionError(f"it does not serve: {''.join(heard)}")
            threading.Thread(target=process.stderr.read, daemon=True).start()
            yield found[1]
        finally:
            process.terminate()
            process.wait(timeout=60)
