"""What each verb imports, and that none of them asks the network: the whole process tree is watched, not one process.

Every Python process of a verb loads a `sitecustomize` that writes down what it imports and each socket that it opens or
name that it looks up. Where strace works, the kernel's own list of sockets is read as well.
"""

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

TRAINING = {"torch", "torchvision", "timm", "diffusers", "sklearn", "transformers", "accelerate"}
PIXELS = {"numpy", "av", "cv2", "onnxruntime", "PIL", "pdqhash"}
SERVICES = {"sqlalchemy", "alembic", "fastapi", "dbos", "uvicorn"}
SIGNING = {"c2pa", "cryptography"}
WATCH = """
import atexit, json, os, socket, sys
_log = os.open(os.environ["WATCH_LOG"], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
_wanted = set(os.environ["WATCH_MODULES"].split())
_heard = {"socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto", "socket.bind"}

def _watch(event, arguments):
    if event == "import" and arguments[0].partition(".")[0] in _wanted:
        line = ["import", arguments[0].partition(".")[0]]
    elif event in _heard and getattr(arguments[0], "family", None) != socket.AF_UNIX:
        line = ["network", event + " " + repr(arguments)]
    else:
        return
    try:
        os.write(_log, (json.dumps([os.getpid(), *line]) + "\\n").encode())
    except OSError:
        pass

sys.addaudithook(_watch)
"""
DRIVER = """
import json, sys
code = 0
try:
    import countermark.cli
    countermark.cli.main()
except SystemExit as end:
    code = end.code
with open(sys.argv[0], "w") as file:
    json.dump({"code": code, "modules": sorted({name.partition(".")[0] for name in sys.modules})}, file)
"""
VERBS = {
    "help": ("--help",),
    "version": ("version",),
    "config show": ("config", "show"),
    "exit-codes": ("exit-codes",),
    "keys show": ("keys", "show"),
    "doctor": ("doctor",),
    "generate": ("generate", "sea", "-o", "made.mp4", "--seconds", "0.5", "--size", "320x240"),
    "verify": ("verify", "clip.mp4"),
    "stamp": ("stamp", "clip.mp4", "--remark", "-o", "stamped.mp4"),
    "extract": ("watermark", "extract", "clip.mp4"),
}


@dataclass(frozen=True)
class Ran:
    """What was seen while one verb ran."""

    code: int
    modules: frozenset[str]  # of the first process, at its end
    imported: frozenset[str]  # of those watched, in any process
    network: tuple[str, ...]  # what Python asked of the network, in any process
    sockets: tuple[str, ...] | None  # families of the sockets that the kernel gave; None where it cannot be asked
    output: str


@pytest.fixture(scope="module")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with keys, and a clip made there."""
    folder = tmp_path_factory.mktemp("verbs")
    (folder / "watch").mkdir()
    (folder / "watch" / "sitecustomize.py").write_text(WATCH)
    for words in (("keys", "init"), ("generate", "sea", "-o", "clip.mp4", "--seconds", "0.5", "--size", "320x240")):
        done = subprocess.run(
            [sys.executable, "-m", "countermark", *words], cwd=folder, env=_environment(folder), capture_output=True
        )
        assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture(scope="module")
def ran(workshop: Path):  # noqa: ANN201  a function from a verb's name to what was seen
    @cache
    def run(verb: str) -> Ran:
        return _run(workshop, verb, VERBS[verb])

    return run


def _environment(folder: Path) -> dict[str, str]:
    """As a user's shell: neither CI nor a wish about telemetry is set."""
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "TMPDIR") if name in os.environ}
    return {**kept, "HOME": str(folder), "COUNTERMARK_HOME": str(folder / "home")}


def _run(folder: Path, verb: str, words: tuple[str, ...]) -> Ran:
    name = verb.replace(" ", "-")
    log, ended, trace = folder / f"{name}.log", folder / f"{name}.json", folder / f"{name}.trace"
    environment = _environment(folder) | {
        "PYTHONPATH": str(folder / "watch"),
        "WATCH_LOG": str(log),
        "WATCH_MODULES": " ".join(sorted(TRAINING)),
    }
    code = f"import sys; sys.argv[0] = {str(ended)!r}\n" + DRIVER
    before = ["strace", "-f", "-qq", "-e", "trace=network", "-o", str(trace)] if _strace_works() else []
    command = [*before, sys.executable, "-c", code, *words]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=300)
    assert ended.exists(), done.stderr
    seen = json.loads(ended.read_text())
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    sockets = tuple(_families(trace)) if before else None
    return Ran(
        seen["code"] or 0,
        frozenset(seen["modules"]),
        frozenset(what for _, kind, what in lines if kind == "import"),
        tuple(what for _, kind, what in lines if kind == "network"),
        sockets,
        done.stdout + done.stderr,
    )


def _families(trace: Path) -> list[str]:
    """The first argument of each socket() that succeeded or not: AF_UNIX, AF_INET ..."""
    calls = [line.split(None, 1)[1] for line in trace.read_text().splitlines() if " " in line]
    return [call.split("(", 1)[1].split(",")[0] for call in calls if call.startswith("socket(")]


@cache
def _strace_works() -> bool:
    if shutil.which("strace") is None:
        return False
    return subprocess.run(["strace", "-f", "-qq", "-o", os.devnull, "true"], capture_output=True).returncode == 0


# What is imported ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("verb", VERBS)
def test_no_verb_imports_what_only_training_needs(ran, verb: str) -> None:
    seen = ran(verb)
    assert seen.code == 0, seen.output
    assert not seen.imported, "in this process or one of its children"
    assert not TRAINING & seen.modules


def test_help_imports_next_to_nothing(ran) -> None:
    heavier = PIXELS | SERVICES | SIGNING | {"pydantic", "rich", "asyncio", "multiprocessing"}
    assert not heavier & ran("help").modules


@pytest.mark.parametrize("verb", ["version", "config show", "keys show"])
def test_looking_at_the_machine_needs_no_pixels(ran, verb: str) -> None:
    assert not (PIXELS | SERVICES | {"c2pa"}) & ran(verb).modules


@pytest.mark.parametrize("verb", ["verify", "extract"])
def test_judging_decodes_nothing_in_the_first_process(ran, verb: str) -> None:
    """The untrusted file is read by a limited child; the parent needs no decoders, no arrays, no migrations."""
    assert not {"numpy", "av", "cv2", "onnxruntime", "alembic", "fastapi"} & ran(verb).modules


# What is asked of the network ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("verb", VERBS)
def test_no_verb_asks_the_network(ran, verb: str) -> None:
    assert ran(verb).network == ()


@pytest.mark.parametrize("verb", VERBS)
def test_the_kernel_gave_no_verb_a_network_socket(ran, verb: str) -> None:
    sockets = ran(verb).sockets
    if sockets is None:
        pytest.skip("strace does not work here; what Python asked of the network was watched all the same")
    assert set(sockets) <= {"AF_UNIX"}, "only the fork server's own sockets"


def test_the_watch_sees_what_it_should(workshop: Path, tmp_path: Path) -> None:
    """A URL asked for is a connection seen; and a child that imports one of those modules is seen as well."""
    seen = _run(workshop, "verify a URL", ("verify", "http://127.0.0.1:9/clip.mp4"))
    assert seen.code == 41, "refused, and before any connection"
    (asked,) = seen.network
    assert "getaddrinfo" in asked and "127.0.0.1" in asked, "the name was looked up, and nothing more"
    log = tmp_path / "log"
    (tmp_path / "torch.py").write_text("")
    program = "import subprocess, sys; subprocess.run([sys.executable, '-c', 'import torch'], check=True)"
    environment = _environment(tmp_path) | {
        "PYTHONPATH": f"{workshop / 'watch'}:{tmp_path}",
        "WATCH_LOG": str(log),
        "WATCH_MODULES": "torch",
    }
    subprocess.run([sys.executable, "-c", program], env=environment, check=True)
    assert '"torch"' in log.read_text()


# onnxruntime's own reporting -----------------------------------------------------------------------------------------


def _field(number: int, value: int | str | bytes) -> bytes:
    """One field of a protobuf message, small enough for one byte of length."""
    if isinstance(value, int):
        return bytes([number << 3, value])
    content = value.encode() if isinstance(value, str) else value
    return bytes([number << 3 | 2, len(content)]) + content


def _identity_graph() -> bytes:
    """The smallest ONNX model: y = Identity(x), one float."""
    one_float = _field(1, _field(1, 1) + _field(2, _field(1, _field(1, 1))))  # tensor: float32, of one dimension of 1
    x, y = (_field(1, name) + _field(2, one_float) for name in "xy")
    node = _field(1, "x") + _field(2, "y") + _field(4, "Identity")
    graph = _field(1, node) + _field(2, "g") + _field(11, x) + _field(12, y)
    return _field(1, 8) + _field(7, graph) + _field(8, _field(1, "") + _field(2, 13))


@pytest.fixture(scope="module")
def graph(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("graph") / "identity.onnx"
    path.write_bytes(_identity_graph())
    return path


RUN_GRAPH = """
import numpy, os, time
answer = session.run(None, {"x": numpy.ones(1, numpy.float32)})[0]
assert answer.tolist() == [1.0]
time.sleep(1.0)
links = [os.path.realpath("/proc/self/fd/" + number) for number in os.listdir("/proc/self/fd")]
print(sum("socket:" in link for link in links))
"""
WITHOUT = """
import onnxruntime
session = onnxruntime.InferenceSession({graph!r}, providers=["CPUExecutionProvider"])
"""


def test_our_networks_do_not_report_to_anyone(graph: Path, tmp_path: Path) -> None:
    """Its maker's library keeps a database of reports in the cache folder, and sends it half a minute later."""
    code = f"from pathlib import Path\nfrom countermark.networks import load\nsession = load(Path({str(graph)!r}))\n"
    done = subprocess.run(
        [sys.executable, "-c", code + RUN_GRAPH], env=_environment(tmp_path), capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "0", "no socket is open"
    assert list(tmp_path.rglob("*")) == [], "no report was kept for sending"


def test_without_our_setting_it_would_report(graph: Path, tmp_path: Path) -> None:
    """The control for the test above, in a network of its own where nothing can be reached."""
    if shutil.which("unshare") is None or subprocess.run(["unshare", "-rn", "true"], capture_output=True).returncode:
        pytest.skip("no network namespace can be made here, and reporting is not let out")
    code = WITHOUT.format(graph=str(graph))
    command = ["unshare", "-rn", sys.executable, "-c", code + RUN_GRAPH]
    done = subprocess.run(command, env=_environment(tmp_path), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    if not list(tmp_path.rglob("*.db")):
        pytest.skip("this onnxruntime keeps no reports: the setting may no longer be needed")
