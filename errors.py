"""Exceptions mean 'I could not look' or 'I could not write'. Knows every class of error, and nothing else.

A subclass says what happened, its `advice` what to do about it, in one line for a person. Each class has its own exit
code (10 and up; 0, 1 and 2 belong to the command line).
"""

from __future__ import annotations


class CountermarkError(Exception):
    """Something that none of the other classes names went wrong."""

    advice = "run `countermark doctor`"
    exit_code = 70

    def __init__(self, message: str, *, advice: str | None = None) -> None:
        """Take one line of what happened; `advice` replaces the class's own where more is known."""
        super().__init__(" ".join(message.split()))  # one line, whatever a library put into its message
        if advice is not None:
            self.advice = advice
        self.add_note(f"advice: {self.advice}")  # under a traceback, for those who call us from Python


# The input -----------------------------------------------------------------------------------------------------------


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


# The output ----------------------------------------------------------------------------------------------------------


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


# Labels --------------------------------------------------------------------------------------------------------------


class AlreadyMarked(CountermarkError):
    """The input carries a mark that can be read here."""

    advice = "keep it as it is (`countermark verify` says whose it is), or mark it anew with --remark"
    exit_code = 29


class NoKeys(CountermarkError):
    """There is no signing identity."""

    advice = "`countermark keys init` makes one for development, `countermark keys csr` asks for one that others trust"
    exit_code = 30


class UnsafeKeys(CountermarkError):
    """A private key lies open to others, or does not belong to its certificate."""

    advice = "make it readable by its owner alone: chmod 600"
    exit_code = 31


class SigningFailed(CountermarkError):
    """The manifest could not be built or signed."""

    advice = "look at `countermark keys show`"
    exit_code = 32


class LabelFailed(CountermarkError):
    """The finished file did not pass the check by verify's own examiners, so it was not released."""

    advice = "nothing was written; try a larger size or a lower --crf"
    exit_code = 33


class LabelUnfit(CountermarkError):
    """A visible label can't be drawn as asked: its text, its colours, or the picture's size do not allow it."""

    advice = "choose a shorter text, or one of the forms: eu, cn, in, kr, ca"
    exit_code = 61


class FontMissing(CountermarkError):
    """No font on this machine has all the letters of a visible label."""

    advice = "apt install fonts-noto-core fonts-noto-cjk"
    exit_code = 62


class UnknownRecord(CountermarkError):
    """The registry has no such record."""

    advice = "see `countermark registry list`"
    exit_code = 34


class RegistryUnavailable(CountermarkError):
    """The registry's database could not be opened, read or written."""

    advice = "check `database` in `countermark config show`"
    exit_code = 35


class LedgerBroken(CountermarkError):
    """The hash chain of the ledger does not add up: a line was changed or removed."""

    advice = "restore the database from a backup, and find out who could write to it"
    exit_code = 36


class TrustListInvalid(CountermarkError):
    """What was given as trust anchors holds no certificate that could serve as one."""

    advice = "give a PEM file of certificates"
    exit_code = 37


class UnknownMarkKey(CountermarkError):
    """No mark key is kept here under that name."""

    advice = "see `countermark keys mark list`"
    exit_code = 38


class MarkKeyUnfit(CountermarkError):
    """A mark key, or a name for one, is not fit for what was asked."""

    advice = "have it exported again where it was made (`countermark keys mark export`)"
    exit_code = 39


class KeyLocked(CountermarkError):
    """A signing key or a backup has a passphrase, and none that opens it was given."""

    advice = "give it when asked, or in a file of mode 600 that --passphrase-file names"
    exit_code = 47


class CertificateUnfit(CountermarkError):
    """Verifiers would refuse what these certificates sign, or no key here belongs to them."""

    advice = "ask whoever issued them; `countermark keys csr` makes a request that fits"
    exit_code = 48


class SignerFailed(CountermarkError):
    """The program or the key service that signs did not give a signature that holds."""

    advice = "check `signer` in `countermark config show`"
    exit_code = 49


class BackupInvalid(CountermarkError):
    """The file is no backup of keys, or it was damaged."""

    advice = "take another copy of the backup"
    exit_code = 50


class RecordExists(CountermarkError):
    """A record with that payload or manifest id is registered already."""

    advice = "stamp it again"
    exit_code = 58


class ArchiveInvalid(CountermarkError):
    """An export of a registry is damaged, cut short, or contradicts what is registered here; nothing was taken in."""

    advice = "export it again where it came from"
    exit_code = 59


class LedgerCut(CountermarkError):
    """The ledger does not contain the line that was noted earlier: it was cut off, or replaced as a whole."""

    advice = "restore the database from a backup, and find out who could write to it"
    exit_code = 60


class TimestampFailed(CountermarkError):
    """The timestamp authority gave no timestamp that holds, and the settings ask for one."""

    advice = "try again later; or set tsa_when_down to later, and settle by `countermark keys retimestamp`"
    exit_code = 51


class TimestampOwed(CountermarkError):
    """A file that waits for its timestamp can't be given one."""

    advice = "`countermark keys retimestamp --forget FILE` takes it off the list"
    exit_code = 52


class TrustListShrunk(CountermarkError):
    """A new trust list lacks more than half of what the kept one trusts."""

    advice = "find out why; replace it all the same with --force"
    exit_code = 53


class LabelFieldInvalid(CountermarkError):
    """A label for machines can't be written: one of its values is missing, too long, or of the wrong characters."""

    advice = "see docs/machine-labels.md for what each field takes"
    exit_code = 63


# The rest ------------------------------------------------------------------------------------------------------------


class SettingsInvalid(CountermarkError):
    """A setting has a name that nobody knows, or a value that does not fit."""

    advice = "`countermark config show` lists every name"
    exit_code = 40


class NetworkRefused(CountermarkError):
    """The address is one that this machine must not be made to ask."""

    advice = "give the address of a public web server, over http or https"
    exit_code = 41


class FetchFailed(CountermarkError):
    """The network did not bring what was asked for."""

    advice = "try the address in a browser"
    exit_code = 42


class PromptInvalid(CountermarkError):
    """The generator cannot make anything of what was asked."""

    advice = "describe the picture in a few plain words"
    exit_code = 43


class ChainBroken(CountermarkError):
    """A stamped video could not be followed from its signature to its copy and back."""

    advice = "run `countermark doctor`, and report it with the JSON files that were written"
    exit_code = 44


class NetworkUnfit(CountermarkError):
    """A network can't be run: one of its files is missing or damaged, or is not the one that was meant."""

    advice = "install countermark again; for a detector of your own, add it again (`countermark detectors add`)"
    exit_code = 45


class PluginInvalid(CountermarkError):
    """A detector that was added by the user is described wrongly, does not load, or gives no scores."""

    advice = "docs/detector-plugins.md says how a detector is described"
    exit_code = 46


class NoCredentials(CountermarkError):
    """The file carries no credentials that could be written out."""

    advice = "see what `countermark verify` says of it"
    exit_code = 55


class ManifestFileInvalid(CountermarkError):
    """What was given as the manifest store of a file is none."""

    advice = "give the .c2pa file that came with the video"
    exit_code = 56


class FragmentsInvalid(CountermarkError):
    """The fragments that were given can't be put behind the file that they should follow."""

    advice = "give the init segment as the file, and its media segments by --fragments 'seg*.m4s'"
    exit_code = 57


class NothingCompared(CountermarkError):
    """There is no original to which the file could be held."""

    advice = "name one with --against; or stamp with this version, which keeps what copies are held to"
    exit_code = 26


class ProfileInvalid(CountermarkError):
    """A profile of duties has a name that nobody knows, or its file is wrong."""

    advice = "docs/audit.md says how a profile is written"
    exit_code = 64


class ProfileUnmet(CountermarkError):
    """What is set up here can't fulfil the duties of the laws that were asked for; nothing was begun."""

    advice = "`countermark doctor --profile NAME` lists what is lacking, and what to do"
    exit_code = 65


class ClipTableInvalid(CountermarkError):
    """A table of clips lacks a column, says what it may not say, or holds clips that can't be judged as asked."""

    advice = "docs/detector-bench.md says what stands in it"
    exit_code = 27


class PackageMissing(CountermarkError):
    """A package that this command needs, and nothing else, is not installed."""

    advice = "install the extra that the message names"
    exit_code = 28


class DetectorUnreadable(CountermarkError):
    """The detector's own coefficients are missing or broken."""

    advice = "install countermark again"
    exit_code = 54


class NothingDrawn(CountermarkError):
    """The detector could judge no frame of the file, so that there is no heat map of any."""

    advice = "leave --heat-maps out; what it says of the file is told without them"
    exit_code = 66


class AdaptationRefused(CountermarkError):
    """From these clips no head can be fitted that is worth having: too few, the same on both sides, or of harm."""

    advice = "give at least two clips of the generator, better ten, that differ in what they show (docs/adapt.md)"
    exit_code = 67


class HeadUnfit(CountermarkError):
    """A head that was adapted to a generator is not here, is damaged, or belongs to another model."""

    advice = "have it exported again where it was made (`countermark heads export`), or adapt again"
    exit_code = 68


class Interrupted(CountermarkError):
    """A person or the system stopped the work; nothing half written is left."""

    advice = "run it again"
    exit_code = 130


def every_error() -> dict[str, type[CountermarkError]]:
    """All classes by name: the table of exit codes in the help and the documentation is made from it."""
    found = {"CountermarkError": CountermarkError}
    for kind in CountermarkError.__subclasses__():
        found[kind.__name__] = kind
    return found
