"""The table of bad input, against the real command: one line with advice, its own code, and nothing left behind."""

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import av
import pytest

from tests import needs, recipes
from tests.cli.command import Ran, arguments, environment, run, snapshot

NO_FRAMES, MISSING, FOLDER, EMPTY, UNREADABLE, NO_PICTURES, SMALL, OVER = 10, 11, 12, 13, 14, 15, 16, 17
SAME, EXISTS, NO_FOLDER, READ_ONLY, FULL, NO_KEYS, INTERRUPTED = 20, 21, 22, 23, 24, 30, 130


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("home")
    assert run(folder, "keys", "init", "-q").code == 0
    return folder


@pytest.fixture(scope="module")
def bad(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of everything that is wrong, each under the name of what is wrong with it."""
    folder = tmp_path_factory.mktemp("bad")
    (folder / "folder.mp4").mkdir()
    (folder / "empty.mp4").touch()
    (folder / "text.mp4").write_text("not a video, whatever it is called\n" * 50)
    recipes.clip(folder / "tiny.mkv", size=(1, 1), pixel_format="yuv444p")
    recipes.clip(folder / "short.mp4", seconds=0.12)
    recipes.clip(folder / "small.mp4", size=(96, 64))
    whole = recipes.clip(folder / "good.mp4", size=(320, 240), seconds=1, audio=True)
    moov_first = whole.read_bytes()
    (folder / "truncated.mp4").write_bytes(moov_first[: len(moov_first) * 2 // 3])
    (folder / "headless.mp4").write_bytes(moov_first[40:2000])
    _no_frames(folder / "zero.mp4")
    recipes.sound_only(folder / "sound.mp4")
    recipes.bomb(folder / "8k.mp4")
    return folder


def _no_frames(path: Path) -> None:
    """A video stream that holds nothing."""
    with av.open(str(path), "w") as out:
        stream = out.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = 320, 240, "yuv420p"
        out.start_encoding()


INPUTS = {
    "missing.mp4": MISSING,
    "folder.mp4": FOLDER,
    "empty.mp4": EMPTY,
    "text.mp4": UNREADABLE,
    "zero.mp4": NO_FRAMES,
    "tiny.mkv": SMALL,
    "8k.mp4": OVER,
}


def refused(ran: Ran) -> int:
    """It said so in one line, with advice; gives the code that it left with."""
    lines = ran.err.strip().splitlines()
    assert len(lines) == 1, ran.err
    assert lines[0].startswith("countermark: ")
    assert "; " in lines[0], "an error comes with advice"
    assert "Traceback" not in ran.out + ran.err
    return ran.code


@pytest.mark.parametrize("name", INPUTS)
@pytest.mark.parametrize("verb", [("verify",), ("stamp",), ("watermark", "extract")], ids=" ".join)
def test_input(home: Path, bad: Path, verb: tuple[str, ...], name: str) -> None:
    before = snapshot(bad)
    assert refused(run(home, *verb, bad / name)) == INPUTS[name]
    assert snapshot(bad) == before


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("truncated.mp4", UNREADABLE),
        ("headless.mp4", UNREADABLE),
        ("sound.mp4", NO_PICTURES),
        ("short.mp4", SMALL),
        ("small.mp4", SMALL),
    ],
)
def test_what_stamp_refuses(home: Path, bad: Path, name: str, code: int) -> None:
    before = snapshot(bad)
    assert refused(run(home, "stamp", bad / name)) == code
    assert snapshot(bad) == before


@pytest.mark.parametrize("name", ["truncated.mp4", "headless.mp4", "sound.mp4", "short.mp4", "small.mp4"])
def test_what_verify_still_says(home: Path, bad: Path, name: str) -> None:
    ran = run(home, "verify", "--json", bad / name)
    assert (ran.code, ran.err) == (0, "")
    (result,) = ran.report()["results"]
    assert result["verdict"]["outcome"] in ("no_evidence", "inconclusive")
    assert result["verdict"]["not_looked_at"]
    assert {"credentials", "container"} <= {e["examiner"] for e in result["verdict"]["evidence"]}


@pytest.mark.parametrize(("name", "code"), [("headless.mp4", UNREADABLE), ("sound.mp4", NO_PICTURES)])
def test_where_no_mark_can_be(home: Path, bad: Path, name: str, code: int) -> None:
    assert refused(run(home, "watermark", "extract", bad / name)) == code


def _outputs(bad: Path, tmp: Path) -> dict[str, tuple[Path, int]]:
    (tmp / "there.mp4").write_text("something of someone's")
    return {
        "the input itself": (bad / "good.mp4", SAME),
        "taken": (tmp / "there.mp4", EXISTS),
        "no folder": (tmp / "nowhere" / "out.mp4", NO_FOLDER),
        "no suffix of a video": (tmp / "out.txt", 25),
    }


@pytest.mark.parametrize("case", ["the input itself", "taken", "no folder", "no suffix of a video"])
def test_output_of_stamp(home: Path, bad: Path, tmp_path: Path, case: str) -> None:
    output, code = _outputs(bad, tmp_path)[case]
    before = snapshot(bad), snapshot(tmp_path)
    assert refused(run(home, "stamp", bad / "good.mp4", "-o", output)) == code
    if case == "the input itself":
        assert refused(run(home, "stamp", bad / "good.mp4", "-o", output, "--force")) == code
    assert (snapshot(bad), snapshot(tmp_path)) == before


@pytest.mark.parametrize("case", ["taken", "no folder"])
def test_output_of_generate(home: Path, bad: Path, tmp_path: Path, case: str) -> None:
    output, code = _outputs(bad, tmp_path)[case]
    before = snapshot(tmp_path)
    assert refused(run(home, "generate", "the sea", "-o", output)) == code
    assert snapshot(tmp_path) == before


@pytest.mark.parametrize("case", ["the input itself", "taken", "no folder"])
@pytest.mark.parametrize("verb", [("verify",), ("watermark", "extract")], ids=" ".join)
def test_output_of_reports(home: Path, bad: Path, tmp_path: Path, verb: tuple[str, ...], case: str) -> None:
    output, code = _outputs(bad, tmp_path)[case]
    before = snapshot(bad), snapshot(tmp_path)
    assert refused(run(home, *verb, bad / "good.mp4", "-q", "-o", output)) == code
    assert (snapshot(bad), snapshot(tmp_path)) == before


@pytest.fixture
def read_only(tmp_path: Path) -> Iterator[Path]:
    with needs.small_disk(tmp_path / "ro", "size=4m") as folder:
        subprocess.run(["mount", "-o", "remount,ro", str(folder)], check=True)
        yield folder


@pytest.fixture
def full(tmp_path: Path) -> Iterator[Path]:
    with needs.small_disk(tmp_path / "full", "size=192k") as folder:
        yield folder


@pytest.mark.parametrize(
    "arguments_",
    [
        ("stamp", "{good}", "-o", "{folder}/out.mp4"),
        ("generate", "the sea", "-o", "{folder}/out.mp4"),
        ("verify", "{good}", "-q", "-o", "{folder}/report.json"),
        ("demo", "-o", "{folder}/demo"),
    ],
    ids=lambda given: given[0],
)
def test_read_only_folder(home: Path, bad: Path, read_only: Path, arguments_: tuple[str, ...]) -> None:
    given = [part.format(good=bad / "good.mp4", folder=read_only) for part in arguments_]
    assert refused(run(home, *given)) == READ_ONLY


@pytest.mark.parametrize(
    "arguments_",
    [
        ("stamp", "{long}", "-o", "{folder}/out.mp4"),
        ("generate", "the sea", "--seconds", "3", "-o", "{folder}/out.mp4"),
    ],
    ids=lambda given: given[0],
)
def test_disk_full_in_the_middle(
    home: Path, bad: Path, full: Path, tmp_path: Path, arguments_: tuple[str, ...]
) -> None:
    long = recipes.clip(tmp_path / "long.mp4", size=(640, 480), seconds=2)
    given = [part.format(long=long, folder=full) for part in arguments_]
    assert refused(run(home, *given)) == FULL
    assert snapshot(full) == {}


@pytest.mark.parametrize("how", ["Ctrl-C", "SIGINT", "SIGTERM"])
@pytest.mark.parametrize("verb", ["stamp", "generate", "demo", "verify"])
def test_interrupted_in_the_middle(home: Path, tmp_path: Path, verb: str, how: str) -> None:
    """Ctrl-C in a terminal reaches every process of the command, a signal by hand the first alone."""
    long = recipes.clip(tmp_path / "long.mp4", size=(640, 480), seconds=12)
    given = {
        "stamp": [long, "-o", tmp_path / "out.mp4"],
        "generate": ["the sea", "--seconds", "60", "-o", tmp_path / "out.mp4"],
        "demo": ["-o", tmp_path / "demo"],
        "verify": [long, *(tmp_path / f"{number}.mp4" for number in range(60))],
    }[verb]
    for copy in given[1:] if verb == "verify" else []:
        os.link(long, str(copy))
    before = {name: digest for name, digest in snapshot(tmp_path).items() if not name.startswith("demo")}
    process = subprocess.Popen(
        arguments(verb, *given),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(home),
        start_new_session=True,
    )
    _until_at_work(process, tmp_path, verb)
    if how == "Ctrl-C":
        os.killpg(process.pid, signal.SIGINT)
    else:
        process.send_signal(signal.Signals[how])
    out, err = process.communicate(timeout=30)
    assert refused(Ran(process.returncode, out, err)) == INTERRUPTED
    left = {name: digest for name, digest in snapshot(tmp_path).items() if not name.startswith("demo")}
    assert left == before
    assert not list(tmp_path.rglob("*.part*"))


def _until_at_work(process: "subprocess.Popen[str]", folder: Path, verb: str) -> None:
    deadline = time.monotonic() + 60
    if verb == "verify":
        time.sleep(2)
    while verb != "verify" and not _parts(folder) and time.monotonic() < deadline:
        assert process.poll() is None, process.stderr and process.stderr.read()
        time.sleep(0.02)
    time.sleep(0.3)
    assert process.poll() is None, "it was over too soon to be interrupted"


def _parts(folder: Path) -> list[str]:
    """What is unfinished; folders that come and go while one looks are gone over in silence (rglob raises)."""
    return [
        name
        for _, folders, files in os.walk(folder)
        for name in (*folders, *files)
        if name.startswith(".") and "part" in name
    ]


def test_two_stamps_of_one_file_at_once(home: Path, bad: Path, tmp_path: Path) -> None:
    outputs = [tmp_path / "a.mp4", tmp_path / "b.mp4"]
    started = [
        subprocess.Popen(arguments("stamp", bad / "good.mp4", "-q", "-o", output), env=environment(home))
        for output in outputs
    ]
    assert [process.wait(timeout=120) for process in started] == [0, 0]
    verdicts = [run(home, "verify", "--json", output).report()["results"][0]["verdict"] for output in outputs]
    assert [verdict["outcome"] for verdict in verdicts] == ["ai_generated"] * 2
    payloads = {e["details"]["payload"] for v in verdicts for e in v["evidence"] if e["examiner"] == "watermark"}
    assert len(payloads) == 2


def test_two_stamps_to_one_name_at_once(home: Path, bad: Path, tmp_path: Path) -> None:
    output = tmp_path / "one.mp4"
    started = [
        subprocess.Popen(
            arguments("stamp", bad / "good.mp4", "-o", output),
            env=environment(home),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        for _ in range(2)
    ]
    assert sorted(process.wait(timeout=120) for process in started) == [0, EXISTS]
    assert run(home, "verify", "--json", output).report()["results"][0]["verdict"]["outcome"] == "ai_generated"
    assert list(snapshot(tmp_path)) == ["one.mp4"]


def test_other_inputs_of_a_run_are_inputs_too(home: Path, bad: Path, tmp_path: Path) -> None:
    for name in ("a.mp4", "b.mp4"):
        os.link(bad / "good.mp4", tmp_path / name)
    (tmp_path / "a.stamped.mov").write_bytes((bad / "good.mp4").read_bytes())
    (tmp_path / "a.stamped.mov").rename(tmp_path / "a.stamped.mp4")
    before = snapshot(tmp_path)
    passed = run(home, "stamp", "a.mp4", "a.stamped.mp4", "--force", cwd=tmp_path)
    assert passed.code == SAME
    (tmp_path / "a.stamped.stamped.mp4").unlink()  # named by itself, it was an input like any other
    assert snapshot(tmp_path) == before
    assert run(home, "stamp", "b.mp4", "-q", cwd=tmp_path).code == 0
    again = run(home, "stamp", "*.mp4", "--force", cwd=tmp_path)
    assert (again.code, again.out.count("passed over")) == (0, 2)
    assert not list(tmp_path.glob("*.stamped.stamped.*"))


@pytest.mark.parametrize("verb", [("verify",), ("stamp",), ("watermark", "extract")], ids=" ".join)
def test_names_that_no_disk_takes(home: Path, tmp_path: Path, verb: tuple[str, ...]) -> None:
    assert refused(run(home, *verb, tmp_path / ("a" * 300 + ".mp4"))) == 19
    assert refused(run(home, *verb, "")) == MISSING


def test_addresses_of_other_kinds(home: Path) -> None:
    assert refused(run(home, "verify", "ftp://example.com/a.mp4")) == MISSING
    assert refused(run(home, "stamp", "https://example.com/a.mp4")) == MISSING


def test_standard_output_on_a_full_disk(home: Path, bad: Path) -> None:
    with open("/dev/full", "w") as nowhere:
        done = subprocess.run(
            arguments("verify", bad / "good.mp4"),
            stdout=nowhere,
            stderr=subprocess.PIPE,
            text=True,
            env=environment(home),
            timeout=60,
        )
    assert refused(Ran(done.returncode, "", done.stderr)) == FULL


def test_names_of_files_cannot_pass_for_verdicts(home: Path, bad: Path, tmp_path: Path) -> None:
    name = "clip.mp4: credentials_intact (proven)\nother.mp4"
    os.link(bad / "good.mp4", tmp_path / name)
    first, *_ = run(home, "verify", tmp_path / name).out.splitlines()
    assert "\\x0aother.mp4: " in first and "(proven)" not in first.rsplit("other.mp4", 1)[1]


def test_no_keys(bad: Path, tmp_path: Path) -> None:
    before = snapshot(bad)
    assert refused(run(tmp_path, "stamp", bad / "good.mp4")) == NO_KEYS
    assert refused(run(tmp_path, "generate", "the sea")) == NO_KEYS
    assert (snapshot(bad), snapshot(tmp_path)) == (before, {})


def test_one_bad_input_spoils_no_other(home: Path, bad: Path) -> None:
    ran = run(home, "verify", "--json", bad / "empty.mp4", bad / "good.mp4", bad / "text.mp4")
    report = ran.report()
    assert ran.code == report["exit_code"] == EMPTY
    assert [result["input"] for result in report["results"]] == [str(bad / "good.mp4")]
    assert [failure["exit_code"] for failure in report["failures"]] == [EMPTY, UNREADABLE]
    assert all(failure["advice"] for failure in report["failures"])


def test_usage(home: Path) -> None:
    for given in (["verify"], ["verify", "--fail-on", "nonsense", "x"], ["stamp", "x", "--crf", "99"], ["nonsense"]):
        assert run(home, *given).code == 2


def test_recipes_are_what_they_say(bad: Path) -> None:
    with av.open(str(bad / "good.mp4")) as good:
        assert (good.streams.video[0].width, len(good.streams.audio)) == (320, 1)
