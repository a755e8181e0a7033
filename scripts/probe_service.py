"""Asks the real server every question that its own description allows, and many that it forbids, by schemathesis.

    python -m scripts.probe_service [--max-examples 20] [--only /v1/uploads]

A server of its own is started over a folder that goes away, with a key, a check, an upload and a record in it. It is
asked three times: with an administrator's key, with the same and the names of things that are there, and by nobody. The
end is 1 where an answer is an error of the server, has a status, a type, a header or a shape that /openapi.json does
not name, or where the server died of it. It is no test of speed, and takes some minutes.
"""

from __future__ import annotations

import argparse
import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

ROOT = Path(__file__).resolve().parents[1]
CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
)
PHASES = "examples,coverage,fuzzing,stateful"
SECONDS = 60.0  # for the server to begin, and for a check to end
EXAMPLES = 8  # of each operation, in each of the three ways
MOST_FAILURES = 60
ENDING = ("delete", "cancel", "revoke", "revocation", "complete")  # what takes away things that others ask for


@dataclass(frozen=True)
class Given:
    """A server that answers, and what is there to be asked for."""

    base: str
    key: str
    names: Mapping[str, str]  # of parameters, each with the name of a thing that is there
    process: subprocess.Popen[str]


def main() -> int:
    """Probe, and give the status to end with."""
    words = argparse.ArgumentParser(description="Ask the service whatever its description allows.")
    words.add_argument("--max-examples", type=int, default=EXAMPLES, help="of each operation, in each of three ways")
    words.add_argument("--only", default="", help="ask only the operations under this path")
    words.add_argument("--seed", type=int, default=1, help="another one asks other things")
    asked = words.parse_args()
    with tempfile.TemporaryDirectory(prefix="countermark-probe-") as name, served(Path(name)) as given:
        ways: dict[str, tuple[bool, Mapping[str, str]]] = {
            "with a key": (True, {}),
            "with a key, of what is there": (True, given.names),
            "by nobody": (False, {}),
        }
        ended = {
            way: _asked(given, Path(name), asked, key=with_key, names=names) for way, (with_key, names) in ways.items()
        }
        alive = given.process.poll() is None
    for way, status in ended.items():
        print(f"{way}: {'good' if status == 0 else 'NOT GOOD'}")
    print(f"the server {'lived' if alive else 'DIED'}")
    return 0 if alive and not any(ended.values()) else 1


def _asked(given: Given, folder: Path, asked: argparse.Namespace, *, key: bool, names: Mapping[str, str]) -> int:
    """Have schemathesis ask; what it says goes where ours goes."""
    said = folder / "schemathesis.toml"
    said.write_text("[parameters]\n" + "".join(f'"path.{name}" = "{value}"\n' for name, value in names.items()))
    command = [str(Path(sys.executable).parent / "schemathesis"), "--config-file", str(said)]
    command += ["run", f"{given.base}/openapi.json", "--url", given.base, "--no-color", "--continue-on-failure"]
    command += ["--checks", ",".join(CHECKS), "--phases", PHASES, "--mode", "all", "--workers", "1"]
    command += ["--max-examples", str(asked.max_examples), "--max-failures", str(MOST_FAILURES), "--no-shrink"]
    command += ["--seed", str(asked.seed), "--generation-database", "none", "--request-timeout", "30"]
    command += ["--suppress-health-check", "all", "--warnings", "off", "--output-sanitize", "true"]
    if key:
        command += ["--header", f"Authorization: Bearer {given.key}"]
    if names:
        command += ["--exclude-name-regex", f"^DELETE|{'|'.join(ENDING)}"]
    if asked.only:
        command += ["--include-path-regex", f"^{re.escape(asked.only)}"]
    hooks = str(Path(__file__).with_name("probe_bytes.py"))
    return subprocess.run(command, cwd=folder, check=False, env={**os.environ, "SCHEMATHESIS_HOOKS": hooks}).returncode


@contextmanager
def served(folder: Path) -> Iterator[Given]:
    """Serve a home in which things are there."""
    home = folder / "home"
    key = _key_of(home)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("COUNTERMARK_")}
    many = {f"COUNTERMARK_SERVICE__{name}": "1000000" for name in ("KEY_REQUESTS", "KEY_CHECKS", "ANONYMOUS_REQUESTS")}
    environment |= {**many, "COUNTERMARK_SERVICE__ANONYMOUS_CHECKS": "1000000", "COUNTERMARK_HOME": str(home)}
    environment |= {"COUNTERMARK_DETECTOR": "never", "COUNTERMARK_SERVICE__UPLOAD_BYTES": str(1 << 20)}
    command = [sys.executable, "-m", "countermark", "serve", "--port", "0"]
    process = subprocess.Popen(
        command, cwd=folder, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    try:
        base = _address(process)
        yield Given(base, key, _names(base, key, home, folder), process)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(SECONDS)


def _address(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    said = ""
    for line in process.stdout:
        said += line
        if found := re.search(r"Countermark checks videos at (http://\S+)", line):
            threading.Thread(target=_drained, args=(process,), daemon=True).start()
            return found[1]
    raise SystemExit(f"the server did not begin:\n{said}")


def _drained(process: subprocess.Popen[str]) -> None:
    """Take what the server logs, and pass on what it says of faults of its own."""
    assert process.stdout is not None
    for line in process.stdout:
        if '"level": "error"' in line or "Traceback" in line:
            print(f"the server says: {line.rstrip()[:4000]}", flush=True)


def _key_of(home: Path) -> str:
    from countermark.accounts import SCOPES, Accounts
    from countermark.settings import Settings

    return Accounts(Settings(home=home)).make_key("main", "probe", SCOPES, "probe")[1]


def _names(base: str, key: str, home: Path, folder: Path) -> dict[str, str]:
    """Put things there: a record, a check that has its verdict, with feedback and a hold, an upload, a key."""
    from countermark import keyring
    from countermark.settings import Settings
    from countermark.stamp import facts, stamp
    from countermark.tests.recipes import clip

    options = Settings(home=home)
    keyring.init_development(home)
    film = clip(folder / "clip.mp4", seconds=0.5)
    stamped = stamp(film, folder / "stamped.mp4", facts=facts(model="probe"), options=options)
    with httpx.Client(base_url=base, headers={"Authorization": f"Bearer {key}"}, timeout=SECONDS) as asking:

        def made(path: str, **sent: object) -> str:
            return str(asking.post(path, json=sent).raise_for_status().json()["id"])

        with stamped.path.open("rb") as content:
            check = asking.post("/v1/checks", files={"file": content}).raise_for_status().json()["id"]
        with asking.stream("GET", f"/v1/checks/{check}/events") as events:
            for _ in events.iter_lines():
                pass  # until it is over
        return {
            "check_id": check,
            "upload_id": made("/v1/uploads", name="clip.mp4", bytes=5),
            "hold_id": made(f"/v1/checks/{check}/holds", reason="review", note="probed"),
            "manifest_id": stamped.manifest_id,
        }


if __name__ == "__main__":
    sys.exit(main())
