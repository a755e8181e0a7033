"""The commands about who signs."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Literal

import typer

from ..errors import NoKeys
from .app import app
from .report_keys import KeyFileItem, KeyItem
from .session import Force, Json, Quiet, Session, Verbose

Replace = Annotated[bool, typer.Option("--force", help="Set an identity that is there aside; it stays trusted here.")]
Lock = Annotated[bool, typer.Option("--passphrase", help="Lock the new key with a passphrase, asked for.")]
Since = Annotated[str | None, typer.Option("--from", help="When it takes over, say 2027-01-31; default: now.")]


def _take_file(file: Path | None) -> Path | None:
    """Take passphrases from the file that was named, whatever asks for one."""
    if file is not None:
        from ..keyring import passphrases

        passphrases.name_file(file)
    return file


LockFile = Annotated[
    Path | None,
    typer.Option("--passphrase-file", callback=_take_file, help="File (mode 600) with the passphrase, not a prompt."),
]

keys = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Make and look at identities and mark keys.")
app.add_typer(keys, name="keys")


@keys.command("init")
def keys_init(
    force: Replace = False,
    passphrase: Lock = False,
    passphrase_file: LockFile = None,
    json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Make a development identity: a root, an intermediate and a signing key of this machine's own."""
    from .. import keyring
    from ..settings import settings

    session = Session("keys init", json, quiet, verbose)
    with session.shield():
        lock = _lock(passphrase or passphrase_file is not None)
        identity = keyring.init_development(settings().home, force=force, passphrase=lock)
        session.add(
            _item(keyring.describe(identity)),
            f"made {identity.name} in {identity.folder}, mode 0600\n"
            "for development only: nobody else trusts what it signs",
        )
    session.end()


@keys.command("rotate")
def keys_rotate(
    since: Since = None,
    force: Annotated[bool, typer.Option("--force", help="Replace a next identity that waits already.")] = False,
    passphrase: Lock = False,
    passphrase_file: LockFile = None,
    json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Make a new development identity that signs from now on, or from a day; what the old one signed stays trusted."""
    from .. import keyring
    from ..settings import settings

    session = Session("keys rotate", json, quiet, verbose)
    starts = _time(since)
    with session.shield():
        locked = keyring.load(settings().home, settings()).locked  # then its successor is not left open
        lock = _lock(passphrase or passphrase_file is not None or locked)
        keyring.rotate(settings().home, options=settings(), since=starts, force=force, passphrase=lock)
        _show(session)
    session.end()


@keys.command("csr")
def keys_csr(
    name: Annotated[str, typer.Option(help="Common name, say of the product that signs.")],
    organisation: Annotated[str, typer.Option(help="As it stands in the register, or the conforming products list.")],
    country: Annotated[str, typer.Option(help="Two letters, say DE.")],
    output: Annotated[Path, typer.Option("-o", "--output", help="File to write the request to.")],
    algorithm: Annotated[
        Literal["es256", "es384", "ed25519", "ps256"], typer.Option(help="What the key signs with.")
    ] = "es256",
    signer: Annotated[
        Literal["file", "kms"] | None, typer.Option(help="kms: for the key that the settings name; default: as set.")
    ] = None,
    passphrase: Lock = False,
    passphrase_file: LockFile = None,
    force: Force = False,
    json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Make a key, and a request for its certificate to send to an authority; the key waits here for the answer."""
    from .. import keyring
    from ..outputs import check_output, write_whole
    from ..settings import settings

    session = Session("keys csr", json, quiet, verbose)
    with session.shield():
        subject = keyring.Subject(name, organisation, country)
        check_output(output, (), force)
        options = settings().model_copy(update={"signer": signer} if signer else {})
        if options.signer == "file":
            lock = _lock(passphrase or passphrase_file is not None)
            made = keyring.request(options.home, subject, algorithm, lock)
            csr, where = made.csr_pem, f"its key waits in {made.folder}, mode 0600"
        else:
            csr, where = keyring.request_elsewhere(options, subject), "its key stays where it is"
        write_whole(output, csr, force)
        session.add(
            KeyFileItem("request", str(output), 1),
            f"wrote the request to {output}; {where}\n"
            "send the request to an authority of the C2PA trust list, then: countermark keys import CHAIN",
        )
    session.end()


@keys.command("import")
def keys_import(
    chain: Annotated[Path, typer.Argument(help="Certificates in PEM: the leaf, then those above it.")],
    key: Annotated[Path | None, typer.Option(help="Its private key, mode 600; default: one that waits here.")] = None,
    signer: Annotated[
        Literal["file", "command", "kms"] | None, typer.Option(help="Where the key is used; default: as set.")
    ] = None,
    since: Since = None,
    passphrase_file: LockFile = None,
    force: Replace = False,
    json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Take in a certificate that an authority issued; refused is what verifiers would refuse."""
    from .. import keyring
    from ..settings import settings

    session = Session("keys import", json, quiet, verbose)
    starts = _time(since)
    options = settings().model_copy(update={"signer": signer} if signer else {})
    with session.shield(str(chain)):
        taken = keyring.import_chain(
            options.home,
            chain,
            key,
            options=options,
            since=starts,
            force=force,
        )
        state: Literal["signs", "next"] = "next" if starts and starts > datetime.now(UTC) else "signs"
        facts = keyring.describe(taken.identity, state, starts)
        session.add(_item(facts), "\n".join((_words(facts), *(f"  {remark}" for remark in taken.remarks))))
        if options.signer != settings().signer:
            session.remark(f"set `signer` to {options.signer}, so that it signs")
    session.end()


@keys.command("show")
def keys_show(
    passphrase_file: LockFile = None, json: Json = False, quiet: Quiet = False, verbose: Verbose = False
) -> None:
    """Show the identities: which signs, until when each holds, and what a verifier will say of it and why."""
    session = Session("keys show", json, quiet, verbose)
    with session.shield():
        _show(session)
    session.end()


@keys.command("passphrase")
def keys_passphrase(
    remove: Annotated[bool, typer.Option("--remove", help="Leave the key open.")] = False,
    new_file: Annotated[
        Path | None, typer.Option("--new-passphrase-file", help="File (mode 600) with the new one, not a prompt.")
    ] = None,
    passphrase_file: LockFile = None,
    json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Lock the key that signs with a passphrase, change it, or take it away."""
    from .. import keyring
    from ..settings import settings

    session = Session("keys passphrase", json, quiet, verbose)
    with session.shield():
        keyring.load(settings().home, settings()).key_pem()  # it is here, and the old passphrase is asked for first
        lock = None if remove else keyring.passphrases.new("the key", new_file)
        facts = keyring.describe(keyring.relock(settings().home, lock))
        session.add(_item(facts), f"{facts.name}: its key {'is open now' if remove else 'has a new passphrase'}")
    session.end()


@keys.command("disown")
def keys_disown(
    fingerprint: Annotated[str, typer.Argument(help="Of a retired identity, or how it begins (8 digits or more).")],
    json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Trust what a retired development identity signed no longer, say because its key leaked."""
    from .. import keyring
    from ..settings import settings

    session = Session("keys disown", json, quiet, verbose)
    with session.shield(fingerprint):
        for identity in keyring.disown(settings().home, fingerprint):
            facts = keyring.describe(identity, "retired")
            session.add(_item(facts), f"{facts.name}: what it signed reads as by an unknown signer from now on")
    session.end()


@keys.command("backup")
def keys_backup(
    file: Annotated[Path, typer.Argument(help="File to write.")],
    passphrase_file: LockFile = None,
    force: Force = False,
    json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Save identities, mark keys and trust lists in one encrypted file."""
    from .. import keyring
    from ..settings import settings

    session = Session("keys backup", json, quiet, verbose)
    with session.shield(str(file)):
        passphrase = keyring.passphrases.new("the backup")
        held = keyring.save(settings().home, file, passphrase, force)
        words = f"saved {held} files in {file}; without its passphrase nobody can read it, you neither"
        session.add(KeyFileItem("backup", str(file), held), words)
    session.end()


@keys.command("restore")
def keys_restore(
    file: Annotated[Path, typer.Argument(help="What `keys backup` wrote.")],
    passphrase_file: LockFile = None,
    force: Annotated[bool, typer.Option("--force", help="Set keys and trust lists that are here aside.")] = False,
    json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Bring identities, mark keys and trust lists back from a backup: all of them, or none."""
    from .. import keyring
    from ..settings import settings

    session = Session("keys restore", json, quiet, verbose)
    with session.shield(str(file)):
        passphrase = keyring.passphrases.existing("the backup")
        done = keyring.restore(settings().home, file, passphrase, force)
        aside = f"; what was here lies in {done.set_aside}" if done.set_aside else ""
        words = "they are here already" if done.there_already else f"brought {done.files} files back{aside}"
        session.add(KeyFileItem("restore", str(file), done.files, str(done.set_aside) if aside else None), words)
    session.end()


def _show(session: Session) -> None:
    from .. import keyring
    from ..settings import settings

    found = keyring.listing(settings().home, settings())
    for facts in found:
        session.add(_item(facts), _words(facts))
    if not any(facts.state == "signs" for facts in found):
        raise NoKeys("none of these signs")


def _item(facts: object) -> KeyItem:
    return KeyItem(**vars(facts))


def _words(facts: object) -> str:
    """Say one identity to a person."""
    item = _item(facts)
    if item.state == "pending":
        return f"{item.name}: asked for on {item.not_before}\n  in {item.folder}: {item.key_problem}"
    state = {"signs": "signs now", "next": f"signs from {item.signs_from}", "retired": "retired, signs no more"}
    return "\n".join(
        (
            f"{item.name}, issued by {item.issuer}: {state[item.state]}",
            f"  valid {item.not_before} to {item.not_after}, {item.days_left} days left",
            f"  for {', '.join(item.purposes)}",
            f"  {item.algorithm}, SHA-256 {item.fingerprint}",
            f"  by {item.signer}, in {item.folder}" + (f": {item.key_problem}" if item.key_problem else ""),
            *(f"  verifiers will say: {words}" for words in item.verifiers_will_say),
        )
    )


def _lock(wanted: bool) -> bytes | None:
    from ..keyring import passphrases

    return passphrases.new("the new key") if wanted else None


def _time(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is no day or time; say 2027-01-31 or 2027-01-31T08:00+00:00") from None
    return time if time.tzinfo else time.replace(tzinfo=UTC)
