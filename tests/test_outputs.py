import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from countermark.errors import (
    CountermarkError,
    DiskFull,
    InputEmpty,
    InputMissing,
    InputNotFile,
    OutputExists,
    OutputFolderMissing,
    OutputIsInput,
    OutputUnwritable,
)
from countermark.outputs import check_input, check_output, release, settle, staged, translated, write_whole


def test_inputs(tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    os.mkfifo(tmp_path / "pipe")
    for name, error in {"none": InputMissing, "": InputNotFile, "empty": InputEmpty, "pipe": InputNotFile}.items():
        with pytest.raises(error):
            check_input(tmp_path / name)


@pytest.mark.parametrize("force", [False, True])
def test_the_input_is_never_the_output(tmp_path: Path, force: bool) -> None:
    source = tmp_path / "a"
    source.write_text("a")
    (tmp_path / "link").symlink_to(source)
    os.link(source, tmp_path / "hard")
    for name in ("a", "link", "hard", "../" + tmp_path.name + "/a"):
        with pytest.raises(OutputIsInput):
            check_output(tmp_path / name, [source], force)


def test_outputs(tmp_path: Path) -> None:
    (tmp_path / "taken").touch()
    check_output(tmp_path / "taken", (), force=True)
    check_output(tmp_path / "new", (), force=False)
    cases: dict[str, type[CountermarkError]] = {
        "taken": OutputExists,
        "no/where": OutputFolderMissing,
        "": OutputExists,
    }
    for name, error in cases.items():
        with pytest.raises(error):
            check_output(tmp_path / name, (), force=False)
    assert [path.name for path in tmp_path.iterdir()] == ["taken"]


def test_staged_files_go_whatever_happens(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError), staged(tmp_path / "out.mp4") as name:
        first, second = name(".mp4"), name(".mp4")
        assert first != second and first.suffix == ".mp4" and first.parent.name.startswith(".")
        first.write_text("half")
        raise RuntimeError
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("links", [True, False])
def test_release_overwrites_nothing_that_came_in_between(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, links: bool
) -> None:
    if not links:  # as on FAT and some network disks

        def refuse(*given: object) -> None:
            raise PermissionError(1, "Operation not permitted")

        monkeypatch.setattr(os, "link", refuse)
    target, part = tmp_path / "out", tmp_path / "part"
    part.write_text("new")
    target.write_text("old")
    with pytest.raises(OutputExists):
        release(part, target, force=False)
    assert (target.read_text(), part.read_text()) == ("old", "new")
    release(part, target, force=True)
    assert target.read_text() == "new"
    target.unlink()
    part.write_text("newer")
    release(part, target, force=False)
    assert (target.read_text(), part.exists()) == ("newer", False)


def test_what_is_settled_has_its_name_and_replaces_what_had_it(tmp_path: Path) -> None:
    part, target = tmp_path / "a.part", tmp_path / "a"
    target.write_text("old")
    part.write_text("new")
    settle(part, target)
    assert [path.name for path in tmp_path.iterdir()] == ["a"] and target.read_text() == "new"
    part.write_text("newer")
    with pytest.raises(OutputUnwritable):
        settle(part, tmp_path / "none" / "a")
    assert part.exists()


def test_small_files_are_whole_or_not_there(tmp_path: Path) -> None:
    write_whole(tmp_path / "a.json", b"{}")
    with pytest.raises(OutputExists):
        write_whole(tmp_path / "a.json", b"[]", force=False)
    with pytest.raises(OutputFolderMissing):
        write_whole(tmp_path / "no" / "a.json", b"{}")
    assert (tmp_path / "a.json").read_bytes() == b"{}"
    assert len(list(tmp_path.iterdir())) == 1


@pytest.mark.parametrize(
    ("number", "error"), [(28, DiskFull), (122, DiskFull), (13, OutputUnwritable), (30, OutputUnwritable)]
)
def test_the_system_is_translated(number: int, error: type[CountermarkError]) -> None:
    with pytest.raises(error, match="out"), translated(Path("out")):
        raise OSError(number, os.strerror(number))


KILLED = """
import os, signal, sys
from pathlib import Path
from countermark.outputs import staged
with staged(Path(sys.argv[1])) as name:
    name(".mp4").write_bytes(b"all of it")
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_what_a_kill_leaves_goes_when_the_same_file_is_made_again(tmp_path: Path) -> None:
    for name in ("a.mp4", "a.webm"):
        subprocess.run([sys.executable, "-c", KILLED, str(tmp_path / name)], check=False)
    left = {path.name.partition(".mp4")[1] or ".webm": path for path in tmp_path.iterdir()}
    assert len(left) == 2 and all((path / "1.mp4").exists() for path in left.values())
    with staged(tmp_path / "a.mp4") as mine:
        assert not left[".mp4"].exists() and left[".webm"].exists(), "it is another file's"
        mine(".mp4").write_bytes(b"half")
        with staged(tmp_path / "a.mp4") as other:
            assert mine(".mp4").parent.exists() and other(".mp4").parent != mine(".mp4").parent
        assert (mine(".mp4").parent / "1.mp4").exists(), "one that is at work is left alone"
    assert list(tmp_path.iterdir()) == [left[".webm"]]


def test_many_at_once_leave_each_other_alone(tmp_path: Path) -> None:
    def work(number: int) -> bytes:
        with staged(tmp_path / "a.mp4") as name:
            part = name(".mp4")
            part.write_bytes(b"%d" % number)
            return part.read_bytes()

    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(work, range(300))) == [b"%d" % number for number in range(300)]
    assert list(tmp_path.iterdir()) == []
