"""What can be wrong with an input or an output."""

from __future__ import annotations

from .base import CountermarkError


class InputMissing(CountermarkError):
    """There is nothing under that name."""

    advice = "check the path"
    exit_code = 11


class InputNotFile(CountermarkError):
    """A folder, a device or a socket stands where a file was expected."""

    advice = "name a file; for all files of a folder use a pattern such as 'folder/*.mp4'"
    exit_code = 12


class InputEmpty(CountermarkError):
    """The file has no bytes."""

    advice = "fetch or export it again"
    exit_code = 13


class UnreadableVideo(CountermarkError):
    """The file is not a video that can be opened and decoded."""

    advice = "check that it plays elsewhere; a download may be cut short"
    exit_code = 14


class NoFrames(CountermarkError):
    """The file has a place for moving pictures, and not one picture in it."""

    advice = "export it again; whatever wrote it was stopped before the first frame"
    exit_code = 10


class NoPictures(CountermarkError):
    """The file opens, and there is sound in it alone."""

    advice = "give a file that shows something"
    exit_code = 15


class TooSmall(CountermarkError):
    """Too small or too short to carry what was asked for."""

    advice = "scale it up first"
    exit_code = 16


class OverLimit(CountermarkError):
    """The file asks for more than the limits allow."""

    advice = (
        "if you trust the file, raise the limit (`countermark config show`), say by COUNTERMARK_LIMITS__MAX_FRAMES=…"
    )
    exit_code = 17


class ReaderDied(CountermarkError):
    """The limited child that looked at the file died, hung or answered nonsense."""

    advice = "the file may be hostile; do not open it elsewhere"
    exit_code = 18


class InputUnreadable(CountermarkError):
    """This user may not read the file."""

    advice = "check its permissions"
    exit_code = 19


class OutputIsInput(CountermarkError):
    """The output would replace the input."""

    advice = "choose another name; inputs are never touched"
    exit_code = 20


class OutputExists(CountermarkError):
    """Something stands under the output's name."""

    advice = "choose another name, or overwrite with --force"
    exit_code = 21


class OutputFolderMissing(CountermarkError):
    """The folder to write into is not there."""

    advice = "make the folder first"
    exit_code = 22


class OutputUnwritable(CountermarkError):
    """The folder to write into does not let this user write."""

    advice = "choose another folder with -o"
    exit_code = 23


class DiskFull(CountermarkError):
    """The disk filled up while writing; what was half written is gone again."""

    advice = "free some space, or write elsewhere with -o"
    exit_code = 24


class EncodeFailed(CountermarkError):
    """The encoder or the container refused what it was given."""

    advice = "choose another codec or container (`countermark doctor` lists the codecs)"
    exit_code = 25
