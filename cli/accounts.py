"""The commands about who uses the service: accounts of people, tenants, keys of programs."""

from __future__ import annotations

import getpass
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from ..errors import AccountUnfit
from .app import app
from .report_accounts import ApiKeyItem, PersonItem, TenantItem
from .session import Json, Quiet, Session, Verbose, printable

if TYPE_CHECKING:
    from ..accounts import Accounts, ApiKey, Person, Tenant

MADE_BY = "the command line"

RoleName = Literal["viewer", "reviewer", "policy_editor", "administrator"]
Email = Annotated[str, typer.Argument(metavar="EMAIL", help="Their e-mail address.")]
OfTenant = Annotated[str, typer.Option("--tenant", help="Name or id of the tenant, as `accounts tenants` shows it.")]
PasswordFile = Annotated[
    Path | None, typer.Option("--password-file", help="File (mode 600) with the password; else asked for, or made.")
]

accounts = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, help="Let people sign in to the service, and say what each may do."
)
api_keys = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, help="Make, list and revoke the keys of programs that ask the service."
)
app.add_typer(accounts, name="accounts")
app.add_typer(api_keys, name="api-keys")


@accounts.command("add")
def add(
    email: Email,
    role: Annotated[RoleName, typer.Option(help="What they may do; each role may do what those before it may.")],
    name: Annotated[str, typer.Option(help="Their name, as others see it; default: the address.")] = "",
    tenant: OfTenant = "main",
    password_file: PasswordFile = None,
    json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Let somebody sign in with a password: asked for, or made and shown once where nobody can be asked."""
    session = Session("accounts add", json, quiet, verbose)
    with session.shield(email):
        tenant_id = _accounts().tenant_called(tenant).id
        password, made = _new_password(password_file)
        person = _accounts().add_person(email, role, password, name=name, tenant_id=tenant_id)
        _tell(session, person, f"{person.email} may sign in as {person.role}", made)
    session.end()


@accounts.command("list")
def list_(json: Json = False, quiet: Quiet = False, verbose: Verbose = False) -> None:
    """List everybody who may sign in, and as what."""
    session = Session("accounts list", json, quiet, verbose)
    with session.shield():
        for person in _accounts().people():
            state = ", disabled" if person.disabled_at else ""
            way = "with a password" if person.local else f"at {person.issuer}"
            words = f"{person.email or person.id}  {person.role}  {person.name}, of {person.tenant_id}, {way}{state}"
            session.add(_person_item(person), words)
    session.end()


@accounts.command("role")
def role_(
    email: Email,
    role: Annotated[RoleName, typer.Argument(help="What they may do from now on.")],
    json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Change what somebody may do; it holds from their next request on."""
    session = Session("accounts role", json, quiet, verbose)
    with session.shield(email):
        _accounts().set_role(_accounts().person_called(email).id, role)
        person = _accounts().person_called(email)
        session.add(_person_item(person), f"{person.email} is {person.role} from now on")
    session.end()


@accounts.command("disable")
def disable(
    email: Email,
    undo: Annotated[bool, typer.Option("--undo", help="Let them in again.")] = False,
    json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Let somebody in no more, and end where they are signed in; their keys are another matter (`api-keys list`)."""
    session = Session("accounts disable", json, quiet, verbose)
    with session.shield(email):
        found = _accounts().person_called(email).id
        _accounts().enable(found) if undo else _accounts().disable(found)
        person = _accounts().person_called(email)
        session.add(_person_item(person), f"{person.email} may {'sign in again' if undo else 'sign in no more'}")
    session.end()


@accounts.command("password")
def password_(
    email: Email,
    password_file: PasswordFile = None,
    json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Give somebody a new password, and end where they are signed in."""
    session = Session("accounts password", json, quiet, verbose)
    with session.shield(email):
        person = _accounts().person_called(email)
        password, made = _new_password(password_file)
        _accounts().set_password(person.id, password)
        _tell(session, person, f"{person.email} has a new password", made)
    session.end()


@accounts.command("tenants")
def tenants(json: Json = False, quiet: Quiet = False, verbose: Verbose = False) -> None:
    """List the tenants: who shares checks, keys and people, and how long things are kept for them."""
    session = Session("accounts tenants", json, quiet, verbose)
    with session.shield():
        for tenant in _accounts().tenants():
            session.add(_tenant_item(tenant), _tenant_words(tenant))
    session.end()


@accounts.command("tenant")
def tenant_(
    name: Annotated[str, typer.Argument(help="Name or id; with --new a name that is not taken.")],
    new: Annotated[bool, typer.Option("--new", help="Make a tenant of this name.")] = False,
    media: Annotated[
        float | None, typer.Option("--keep-media", min=0, help="Seconds that media is kept after its result.")
    ] = None,
    records: Annotated[
        float | None, typer.Option("--keep-records", help="Days that records of checks are kept.")
    ] = None,
    as_set: Annotated[bool, typer.Option("--as-set", help="Keep both as long as the settings say.")] = False,
    may_stamp: Annotated[
        bool | None, typer.Option("--may-stamp/--no-stamp", help="Whether it may stamp in the operator's name.")
    ] = None,
    json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Make a tenant, or say how long things are kept for one, and whether it may stamp."""
    session = Session("accounts tenant", json, quiet, verbose)
    with session.shield(name):
        tenant = _accounts().add_tenant(name) if new else _accounts().tenant_called(name)
        if as_set:
            _accounts().set_kept(tenant.id, None, None)
        elif media is not None or records is not None:
            before = tenant.kept
            _accounts().set_kept(
                tenant.id,
                before.media_s if media is None else media,
                before.record_days if records is None else records,
            )
        if may_stamp is not None:
            _accounts().set_may_stamp(tenant.id, may_stamp)
        tenant = _accounts().tenant_called(tenant.id)
        session.add(_tenant_item(tenant), _tenant_words(tenant))
        if as_set or media is not None or records is not None:
            session.remark("  these times hold for checks and stamps that end from now on")
    session.end()


@api_keys.command("make")
def make(
    name: Annotated[str, typer.Argument(help="What it is for.")],
    scope: Annotated[list[str], typer.Option("--scope", help="What it may do, such as checks:write; may be repeated.")],
    expires: Annotated[str | None, typer.Option(help="When it ends, say 2027-01-31; default: never.")] = None,
    tenant: OfTenant = "main",
    json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Make a key for a program; the whole key is shown this once."""
    session = Session("api-keys make", json, quiet, verbose)
    with session.shield(name):
        tenant_id = _accounts().tenant_called(tenant).id
        key, whole = _accounts().make_key(tenant_id, name, scope, MADE_BY, expires)  # type: ignore[arg-type]
        words = "keep it now: it is shown this once, and kept by nobody here"
        if _read_by_a_program(session):
            session.add(_key_item(key, whole), "")
            _hand_over(session, whole, words)
        else:
            session.add(_key_item(key, whole), f"{whole}\n{words}")
    session.end()


@api_keys.command("list")
def list_keys(tenant: OfTenant = "main", json: Json = False, quiet: Quiet = False, verbose: Verbose = False) -> None:
    """List a tenant's keys, the newest first, also those that open nothing any more."""
    session = Session("api-keys list", json, quiet, verbose)
    with session.shield(tenant):
        for key in _accounts().keys(_accounts().tenant_called(tenant).id):
            session.add(_key_item(key), _key_words(key))
    session.end()


@api_keys.command("revoke")
def revoke(
    key_id: Annotated[str, typer.Argument(metavar="ID", help="As `api-keys list` shows it.")],
    tenant: OfTenant = "main",
    json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Let a key open nothing from now on."""
    session = Session("api-keys revoke", json, quiet, verbose)
    with session.shield(key_id):
        key = _accounts().revoke_key(_accounts().tenant_called(tenant).id, key_id)
        if key is None:
            raise AccountUnfit(f"{tenant} has no key {key_id}", advice="see `countermark api-keys list`")
        session.add(_key_item(key), _key_words(key))
    session.end()


def _accounts() -> Accounts:
    from ..accounts import Accounts
    from ..settings import settings

    return Accounts(settings())


def _new_password(file: Path | None) -> tuple[str, str | None]:
    """Give a password, and once more if it was made here: from the file, by asking twice, or else by chance."""
    from ..accounts import passwords
    from ..private_files import read_private

    if file is not None:
        try:
            return read_private(file).decode().removesuffix("\n").removesuffix("\r"), None
        except UnicodeDecodeError:
            raise AccountUnfit(f"{file} holds no text", advice="write the password into it, on one line") from None
    given = _asked() if sys.stdin.isatty() and sys.stderr.isatty() else ""
    made = None if given else passwords.generated()
    return given or str(made), made


def _asked() -> str:
    try:
        given = getpass.getpass("New password (nothing: one is made): ", sys.stderr)
        if given and given != getpass.getpass("Once more: ", sys.stderr):
            raise AccountUnfit("the two passwords differ", advice="try again")
    except EOFError:
        raise AccountUnfit("no password was given", advice="try again") from None
    return given


def _tell(session: Session, person: Person, words: str, made: str | None) -> None:
    """Show somebody with the password that was made for them, this once."""
    if made and _read_by_a_program(session):
        session.add(_person_item(person, made), "")
        _hand_over(
            session,
            made,
            f"{words}, with the password that went to standard output; keep it now: it is shown this once",
        )
        return
    shown = f"\npassword: {made}\nkeep it now: it is shown this once" if made else ""
    session.add(_person_item(person, made), words + shown)


def _read_by_a_program(session: Session) -> bool:
    """Whether standard output goes into a file or a program, which want a secret and nothing else."""
    return not session.json and (session.quiet or not sys.stdout.isatty())


def _hand_over(session: Session, secret: str, words: str) -> None:
    """Print a secret alone, also where nothing else is to be said: nobody could ask for it again."""
    print(secret)
    if not session.quiet:
        print(printable(words), file=sys.stderr)


def _person_item(person: Person, password: str | None = None) -> PersonItem:
    return PersonItem(**vars(person), password=password)


def _tenant_item(tenant: Tenant) -> TenantItem:
    return TenantItem(tenant.id, tenant.name, tenant.created_at, *tenant.kept, tenant.detector_head, tenant.may_stamp)


def _tenant_words(tenant: Tenant) -> str:
    media, days = tenant.kept
    kept = (
        "media as set" if media is None else f"media {media:g} s",
        "records as set" if days is None else f"records {days:g} days",
    )
    stamps = ", may stamp in the operator's name" if tenant.may_stamp else ""
    return f"{tenant.id}  {tenant.name}: {', '.join(kept)}{stamps}"


def _key_item(key: ApiKey, whole: str | None = None) -> ApiKeyItem:
    return ApiKeyItem(**{**vars(key), "scopes": tuple(sorted(key.scopes))}, key=whole)


def _key_words(key: ApiKey) -> str:
    now = datetime.now(UTC).isoformat()
    over = key.expires_at is not None and key.expires_at <= now
    state = "revoked" if key.revoked_at else "expired" if over else f"until {key.expires_at or 'it is revoked'}"
    used = (
        f"last used within the hour from {key.last_used_at[:16].replace('T', ' ')} UTC"
        if key.last_used_at
        else "never used"
    )
    return f"{key.id}  {key.name}: {' '.join(sorted(key.scopes))}; {state}, {used}"
