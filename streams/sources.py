"""From the address of a source, as the operator writes it, to the source. Knows what may be written; reaches nothing.

/in, s3://bucket/prefix                 a folder or bucket that is looked at again and again
kafka://host:9092,host:9092/topic       a topic
redis://host:6379/stream, rediss://...  a stream
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from ..docket import Lane
from ..errors import SettingsInvalid
from ..private_files import read_private
from .roots import SCHEMES
from .taking import HTTP, Taking
from .values import Allowed, Arrival, Refused, Source
from .watching import Watch

MOST_NAME = 200
_SEE = "docs/streams.md tells how sources are written"


@dataclass(frozen=True)
class Wish:
    """A source as the operator asks for it."""

    address: str
    name: str = ""
    allowed: Allowed = Allowed()
    dead_letters: str = ""
    kafka_file: Path | None = None
    every_s: float = 10.0
    settled_s: float = 5.0
    claim_s: float = 60.0
    lane: Lane = "bulk"
    policy_id: str | None = None  # of arrivals that name none


def named(wish: Wish) -> str:
    """Give the name of a source, under which what it brings is known for good."""
    name = wish.name or _default(wish.address)
    if name == HTTP:
        raise SettingsInvalid(f"{HTTP!r} is what comes by HTTP", advice="give another name: --name")
    if not name.isprintable() or len(name) > MOST_NAME:
        raise SettingsInvalid(f"a source's name has {MOST_NAME} letters at most", advice="give a shorter one: --name")
    return name


def source(wish: Wish, taking: Taking) -> Source:
    """Open it."""
    scheme = wish.address.partition("://")[0] if "://" in wish.address else ""
    if scheme == "kafka":
        from .kafka import Topic

        brokers, topic = _parts(wish.address)
        more = {} if wish.kafka_file is None else _properties(wish.kafka_file)
        return Topic(brokers, topic, taking.source, wish.allowed, more, wish.dead_letters)
    if scheme in ("redis", "rediss"):
        from .redis import Stream

        server, stream = _parts(wish.address)
        return Stream(
            f"{scheme}://{server}", stream, taking.source, wish.allowed, wish.dead_letters, claim_s=wish.claim_s
        )
    return _watch(wish, taking)


def root(given: str) -> str:
    """Give a root as it is compared: a bucket, or what lies in it below a prefix."""
    found = given.rstrip("/")
    if not found.startswith(SCHEMES) or not found.partition("://")[2].partition("/")[0]:
        raise SettingsInvalid(f"{given}: no root of objects", advice="name s3://, gs:// or az://bucket/prefix")
    return found


def _watch(wish: Wish, taking: Taking) -> Watch:
    from ..objects import browsed

    place = browsed(wish.address)
    if getattr(place, "root", None) is not None and not Path(wish.address.removeprefix("file://")).is_dir():
        raise SettingsInvalid(f"{wish.address}: a file is no folder to watch", advice=_SEE)

    def new(some: Iterable[Arrival | Refused]) -> list[Arrival | Refused]:
        asked = list(some)
        known = taking.known(asked)
        return [one for one in asked if taking.arrived(one).id not in known]

    return Watch(place, taking.source, wish.allowed, new, every_s=wish.every_s, settled_s=wish.settled_s)


def _default(address: str) -> str:
    scheme, sign, rest = address.partition("://")
    if sign and scheme in ("kafka", "redis", "rediss"):
        return f"{scheme.removesuffix('s') if scheme == 'rediss' else scheme}:{_parts(address)[1]}"
    if sign and f"{scheme}://" not in (*SCHEMES, "file://"):
        raise SettingsInvalid(f"{scheme}: no such source", advice=_SEE)
    from ..objects import browsed

    return browsed(address).url


def _parts(address: str) -> tuple[str, str]:
    """Split into who is asked, and for what; a password is not written there, where every list of processes has it."""
    rest = address.partition("://")[2]
    server, _, what = rest.partition("/")
    if "@" in server or urlsplit(address).query:
        raise SettingsInvalid("a source's address holds no user, password or options", advice=_SEE)
    if not server or not what or "/" in what:
        raise SettingsInvalid(f"{address.partition('://')[0]}: host and topic, or stream, are missing", advice=_SEE)
    return server, what


def _properties(file: Path) -> Mapping[str, str]:
    lines = read_private(file).decode("utf-8", "replace").splitlines()
    pairs = (line.partition("=") for line in lines if line.strip() and not line.startswith("#"))
    return {name.strip(): value.strip() for name, _, value in pairs}
