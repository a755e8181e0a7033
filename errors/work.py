"""What can go wrong in the work itself: with settings, the network, profiles, packages."""

from __future__ import annotations

from .base import CountermarkError


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


class PackageMissing(CountermarkError):
    """A package that this command needs, and nothing else, is not installed."""

    advice = "install the extra that the message names"
    exit_code = 28


class Interrupted(CountermarkError):
    """A person or the system stopped the work; nothing half written is left."""

    advice = "run it again"
    exit_code = 130
