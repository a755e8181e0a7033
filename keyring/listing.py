"""Lists every identity of this machine: the one that signs, the one to come, retired ones, and what waits."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import NoKeys
from . import places, requests
from .identity import IdentityFacts, State, built, describe, read
from .signers import FileSigner

if TYPE_CHECKING:
    from ..settings import Settings


def listing(home: Path, options: Settings | None = None) -> tuple[IdentityFacts, ...]:
    """Give all of them, the one that signs first; raises NoKeys where there is none at all."""
    active = places.active(home)
    found = []
    if places.occupied(active):
        found.append(describe(read(home, active, options)))
    if active != places.upcoming(home) and places.occupied(places.upcoming(home)):
        found.append(_coming(home, options))
    set_aside = places.retired(home)
    if active != places.folder(home) and places.occupied(places.folder(home)):
        set_aside = [*set_aside, places.folder(home)]  # its successor signs, and it was not moved yet
    for place in reversed(set_aside):
        found.append(_retired(home, place))
    found += [_waiting(pending) for pending in requests.listing(home)]
    if not found:
        raise NoKeys(f"no signing identity in {active}")
    return tuple(found)


def _coming(home: Path, options: Settings | None) -> IdentityFacts:
    try:
        return describe(read(home, places.upcoming(home), options), "next", places.takes_over(home))
    except NoKeys as error:
        return _bare("next", "the identity to come", places.upcoming(home), str(error))


def _retired(home: Path, place: Path) -> IdentityFacts:
    root = place / "root.pem"
    try:
        chain = (place / "chain.pem").read_bytes()
        signer = FileSigner(chain, place / "key.pem")  # it signs no more, wherever its key is
        return describe(built(home, place, chain, root.read_bytes() if root.exists() else None, signer), "retired")
    except (OSError, NoKeys) as error:
        return _bare("retired", place.name, place, f"its certificate can't be read ({error})")


def _waiting(pending: requests.Pending) -> IdentityFacts:
    problem = pending.problem or "its certificate has not come: `countermark keys import CHAIN` when it has"
    return _bare("pending", pending.subject, pending.folder, problem, pending.algorithm, pending.since)


def _bare(state: State, name: str, place: Path, problem: str, algorithm: str = "?", since: str = "") -> IdentityFacts:
    return IdentityFacts(
        name=name,
        organisation="",
        issuer="",
        algorithm=algorithm,
        fingerprint="",
        not_before=since,
        not_after="",
        days_left=0,
        purposes=(),
        development=False,
        folder=str(place),
        key_problem=problem,
        verifiers_will_say=(),
        state=state,
    )
