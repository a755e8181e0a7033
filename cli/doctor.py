"""What this machine has, what it lacks, and what to do about that. Looks; changes nothing.

A store of media that is set is tried, as the service does at its start: a small object goes in and out again.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from ..errors import CountermarkError, JobsUnavailable, NoKeys, RegistryUnavailable
from ..settings import address_of, settings, without_secrets
from .report import CheckItem

if TYPE_CHECKING:
    from ..disclosure.duties.needs import SigningIdentity
    from ..disclosure.duties.profile import Profile

DISK_NEEDED = 2 << 30
_SERVING = ("uvicorn", "dbos", "obstore", "jinja2", "python_multipart", "limits", "structlog", "prometheus_client")
_SAID_OF_OPERATORS = ("operator", "operator_contact", "terms_url", "privacy_url")
_OPEN_MODELS = ("torch", "diffusers", "transformers", "accelerate")  # what the extra `models` brings


def examine(profiles: str = "") -> Iterator[CheckItem]:
    """Give one item to each thing looked at; what cannot be looked at is broken, and the rest goes on.

    What the laws of `profiles` (names by commas, or `all`) need of the set-up comes first.
    """
    laws = _laws(profiles) if profiles else ()
    signer = _signer() if laws else None
    for law in laws:
        yield from _needs(law, signer)

    def keys() -> Iterator[CheckItem]:
        return _keys(any("certificate" in law.maker.needs for law in laws))

    checks: tuple[Callable[[], Iterator[CheckItem]], ...] = (
        _python,
        _codecs,
        _gpu,
        _open_models,
        _services,
        _verification_service,
        _store_of_media,
        _queue,
        _isolation,
        keys,
        _mark_keys,
        _trust,
        _timestamps,
        _database,
        _disk,
    )
    for check in checks:
        try:
            yield from check()
        except CountermarkError as error:
            yield CheckItem(check.__name__.strip("_").replace("_", " "), "broken", str(error), error.advice)


def _laws(names: str) -> tuple[Profile, ...]:
    from ..disclosure.duties.profile import chosen

    return chosen(names)


def _needs(law: Profile, signer: SigningIdentity | None) -> Iterator[CheckItem]:
    from ..disclosure.duties.needs import needs

    found = needs(law, settings(), signer)
    for need in found:
        state: Literal["good", "lacking"] = "good" if need.met else "lacking"
        yield CheckItem(f"{law.id} {need.name.replace('_', ' ')}", state, need.found, need.advice or None)
    if not found:
        yield CheckItem(law.id, "good", "it needs nothing to be set up")


def _signer() -> SigningIdentity | None:
    """Say who signs here, in the plain words in which a profile asks."""
    from .. import keyring
    from ..disclosure.duties.needs import SigningIdentity

    try:
        identity = keyring.load(settings().home, settings())
    except NoKeys:
        return None
    except CountermarkError as error:
        return SigningIdentity("the signing identity", development=False, problem=str(error))
    told = keyring.describe(identity)
    ended = f"it expired on {told.not_after[:10]}" if told.days_left < 0 else None
    return SigningIdentity(identity.name, identity.development, told.key_problem or ended)


def _python() -> Iterator[CheckItem]:
    found = f"{sys.version_info.major}.{sys.version_info.minor}.{sys.version_info.micro} on {sys.platform}"
    yield CheckItem("python", "good", found)


def _codecs() -> Iterator[CheckItem]:
    from ..media import available

    for tool in available():
        name = f"{tool.role} {tool.codec}"
        if tool.works:
            depths = f", {' and '.join(map(str, tool.bit_depths))} bit" if tool.bit_depths else ""
            yield CheckItem(name, "good", f"{tool.library}{depths}")
        else:
            found = f"{tool.library}: {tool.problem or 'does not open here'}"
            yield CheckItem(name, "lacking", found, "reinstall the wheel of av")


def _gpu() -> Iterator[CheckItem]:
    devices = sorted(Path("/dev").glob("nvidia[0-9]*"))
    if devices:
        yield CheckItem("GPU", "good", f"{len(devices)} NVIDIA devices; running needs none")
    else:
        yield CheckItem("GPU", "good", "none; running needs none, training is slower without")


def _open_models() -> Iterator[CheckItem]:
    """Say whether the packages of models that others published are here; nothing is imported."""
    from importlib.metadata import PackageNotFoundError, version

    from ..generator.families.looking import INSTALL

    there, absent = [], []
    for package in _OPEN_MODELS:
        try:
            there.append(f"{package} {version(package)}")
        except PackageNotFoundError:
            absent.append(package)
    if absent:
        found = f"not installed: {', '.join(absent)}; our own models need none of them"
        yield CheckItem("open models", "lacking", found, f"for `--model wan` and others: {INSTALL}")
    else:
        yield CheckItem("open models", "good", f"{', '.join(there)}; `--plan` says whether a model's weights are here")


def _services() -> Iterator[CheckItem]:
    """Say which keys of services are set, and never what they are."""
    from ..generator.hosted import offers

    known = offers().values()
    groups = dict.fromkeys(group for offer in known for group in offer.keys)
    kept = [" and ".join(group) for group in groups if all(os.environ.get(name, "").strip() for name in group)]
    if not kept:
        advice = "for models that run at services: `countermark models` names the key of each; no other needs one"
        yield CheckItem("hosted models", "lacking", "no key of a service is in the environment", advice)
        return
    found = f"keys in the environment: {', '.join(kept)}"
    lacking = dict.fromkeys(
        what for offer in known if any(" and ".join(group) in kept for group in offer.keys) for what in offer.lacking()
    )
    yield CheckItem("hosted models", "lacking" if lacking else "good", found, "; ".join(lacking) or None)


def _verification_service() -> Iterator[CheckItem]:
    """Say what `serve` lacks: its packages, and what its pages say of whoever runs it."""
    from importlib.util import find_spec

    absent = [package for package in _SERVING if find_spec(package) is None]
    if absent:
        install = "`pip install '.[serve]'` in the folder of Countermark's sources installs it"
        advice = f"only for `countermark serve`: {install}"
        yield CheckItem("service", "lacking", f"not installed: {', '.join(absent)}", advice)
        return
    service = settings().service
    unsaid = [name for name in _SAID_OF_OPERATORS if not getattr(service, name)]
    if unsaid:
        found = f"its pages don't say who runs it: {', '.join(unsaid)}"
        names = ", ".join(f"COUNTERMARK_SERVICE__{name.upper()}" for name in unsaid)
        yield CheckItem("service", "lacking", found, f"only for `countermark serve`: set {names}")
    else:
        yield CheckItem("service", "good", f"run by {service.operator}, at {address_of(service.public_url)}")


def _store_of_media() -> Iterator[CheckItem]:
    """Try the store that the settings name; the folder in home is made when `serve` first runs."""
    from ..objects import opened

    if settings().service.objects is None:
        return

    where = address_of(settings().objects_url)
    opened(settings()).tried()
    yield CheckItem("store of media", "good", f"{where}: an object was put in, read and let go")


def _queue() -> Iterator[CheckItem]:
    """Reach the server that has the queue, where one is named; a file is made when `serve` first runs."""
    from importlib.util import find_spec

    from ..jobs import Jobs

    if find_spec("dbos") is None or not (settings().service.jobs or "").startswith("postgresql"):
        return
    jobs = Jobs(settings())
    try:
        reached = jobs.ready()
    finally:
        jobs.close()
    where = without_secrets(settings().jobs_url)
    if reached:
        yield CheckItem("queue", "good", where)
    else:
        yield CheckItem("queue", "broken", f"{where} can't be reached", JobsUnavailable.advice)


def _isolation() -> Iterator[CheckItem]:
    from ..media import isolation

    holds = isolation.protection()
    found = f"{holds.system}: {'; '.join(holds.lines())}"
    if holds.complete:
        yield CheckItem("isolation", "good", found)
    else:
        yield CheckItem("isolation", "lacking", found, "look at files of strangers on Linux (x86-64 or arm64)")


def _keys(certified: bool) -> Iterator[CheckItem]:
    from .. import keyring
    from ..disclosure.duties.needs import GET_CERTIFIED

    try:
        identity = keyring.load(settings().home, settings())
    except NoKeys as error:
        yield CheckItem("key", "lacking", str(error), GET_CERTIFIED if certified else error.advice)
        return
    identity.check()  # says whether it may be used
    kind = "a development identity, which nobody else trusts" if identity.development else "a signing identity"
    yield CheckItem("key", "good", f"{identity.name}: {kind}, valid until {identity.not_after:%Y-%m-%d}")


def _mark_keys() -> Iterator[CheckItem]:
    from .. import mark_keys

    home = settings().home
    left_out = mark_keys.readable(home).left_out
    kept = [key for key in mark_keys.listing(home) if key.name != mark_keys.OPEN]
    name = settings().mark_key or mark_keys.chosen(home)
    if name != mark_keys.OPEN:
        mark_keys.load(home, name)  # says why it cannot stamp
    found = f"{name} stamps; {len(kept)} private keys are kept"
    if left_out:
        found += f", and left out are {'; '.join(left_out)}"
        yield CheckItem("mark keys", "lacking", found, "see `countermark keys mark list`")
    else:
        yield CheckItem("mark keys", "good", found)


def _trust() -> Iterator[CheckItem]:
    from ..provenance import trust

    kept = {one.name: one for one in trust.lists(settings().home)}
    for name, wanted in ((trust.OFFICIAL, "signers"), (trust.TSA, "timestamp authorities")):
        what, one = f"C2PA list of {wanted}", kept.pop(name, None)
        if one is None:
            found = f"not here: what {wanted} of the C2PA sign reads as unknown"
            yield CheckItem(what, "lacking", found, "bring it: `countermark trust update FILE|URL`")
            continue
        age, ended = one.age_days, len(one.expired())
        found = f"{len(one.certificates)} certificates, {ended} expired, brought "
        found += "some time ago" if age is None else f"{age} days ago"
        old = age is None or age > trust.STALE_DAYS
        advice = "it is old: bring it anew by `countermark trust update`" if old else None
        yield CheckItem(what, "lacking" if old else "good", found, advice)
    if kept:
        found = ", ".join(f"{name} ({len(one.certificates)}, for {one.purpose})" for name, one in kept.items())
        yield CheckItem("own trust lists", "good", found)


def _timestamps() -> Iterator[CheckItem]:
    from ..provenance import trust
    from ..provenance.signing import owed

    waiting = len(owed.listing(settings().home))
    if waiting:
        found = f"{waiting} files wait for theirs"
        yield CheckItem("timestamps owed", "lacking", found, "settle them: `countermark keys retimestamp`")
    if (authority := settings().tsa) is None:
        found = "none are made: what is signed reads as expired when its certificate ends"
        yield CheckItem("timestamps", "lacking", found, "name an authority: COUNTERMARK_TSA")
    elif not any(one.purpose == "timestamps" for one in trust.lists(settings().home)):
        found = f"from {address_of(authority)}, for which no list of timestamp authorities vouches here"
        yield CheckItem("timestamps", "lacking", found, "`countermark trust update`, or `trust add --for timestamps`")
    else:
        found = f"from {address_of(authority)}; when it is down: {settings().tsa_when_down}"
        yield CheckItem("timestamps", "good", found)


def _database() -> Iterator[CheckItem]:
    from ..provenance import Registry

    where = without_secrets(settings().database_url)
    try:
        state = Registry(settings().database_url).verify()
    except RegistryUnavailable as error:
        yield CheckItem("database", "broken", str(error), error.advice)
        return
    found = f"{where}, {state.records} records" if state.lines else f"{where}, made with the first stamp"
    yield CheckItem("database", "good", found)


def _disk() -> Iterator[CheckItem]:
    home = settings().home
    standing = next(folder for folder in (home, *home.parents) if folder.exists())
    free = shutil.disk_usage(standing).free
    if not os.access(standing, os.W_OK):
        yield CheckItem("disk", "broken", f"{standing}: this user may not write there", "set COUNTERMARK_HOME")
    elif free < DISK_NEEDED:
        yield CheckItem("disk", "lacking", f"{free >> 20} MiB free in {standing}", "free some space")
    else:
        yield CheckItem("disk", "good", f"{free >> 30} GiB free in {standing}")
