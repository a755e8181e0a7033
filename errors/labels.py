"""What can go wrong with marks, manifests and labels: with keys, the registry, timestamps and trust."""

from __future__ import annotations

from .base import CountermarkError


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


class RegistryRefused(RegistryUnavailable):
    """The registry's database can be reached, and refuses what was asked of it; to wait mends nothing."""

    advice = "report it, with what was done; it is a fault of Countermark"
    exit_code = 92


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
