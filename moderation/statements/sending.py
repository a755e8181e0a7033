"""Sends statements to the transparency database: up to a hundred in one request, and off unless an address is given.

The token comes from the environment, goes to that address alone, and is neither kept nor logged. The database knows a
statement by its puid and takes each once: whatever is not known to have arrived is sent again, and what it says that
it has already counts as sent.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ...errors import CountermarkError, KeyMissing, NetworkRefused
from .laying import Outcome, Statements
from .values import Kept

ADDRESS, TOKEN = "DSA_STATEMENTS_URL", "DSA_STATEMENTS_TOKEN"
MOST = 100  # statements of one request
ANSWER_S = 60.0
_MOST_BYTES = 8 << 20  # of an answer, which says each statement again
_NUMBERED = re.compile(r"statement_([0-9]{1,3})")


@dataclass(frozen=True)
class Database:
    """Where statements go, and what lets us in."""

    address: str  # https://…/api/v1
    token: str

    def __repr__(self) -> str:
        """Without the token."""
        return f"Database({self.address})"


@dataclass(frozen=True)
class Sent:
    """What one round came to."""

    taken: int = 0
    refused: int = 0
    later: int = 0


def database(environment: Mapping[str, str] = os.environ) -> Database | None:
    """Give the database that the environment names; None: nothing is sent."""
    from ...fetch import checked

    address = environment.get(ADDRESS, "").strip().rstrip("/")
    if not address:
        return None
    parts = checked(address)
    if parts.scheme != "https" and parts.hostname not in ("127.0.0.1", "::1", "localhost"):
        raise NetworkRefused(f"{parts.hostname} would get the token in clear", advice=f"let {ADDRESS} be an https URL")
    token = environment.get(TOKEN, "").strip()
    if not token or not token.isascii() or not token.isprintable():
        raise KeyMissing(
            f"{ADDRESS} is set, and {TOKEN} is not, or holds no token",
            advice=f"set {TOKEN} in the environment to the token that the transparency database gave you",
        )
    return Database(address, token)


def send(statements: Statements, to: Database, limit: int = MOST) -> Sent:
    """Send what is due, once; whoever calls it again and again sends all."""
    kept = statements.take(min(limit, MOST))
    outcomes = _delivered(to, list(kept))
    statements.note(outcomes)
    taken = sum(one.taken for one in outcomes)
    refused = sum(one.refused for one in outcomes)
    return Sent(taken, refused, len(outcomes) - taken - refused)


def _delivered(to: Database, kept: list[Kept]) -> list[Outcome]:
    """Send all, without those of which the database says that it has them or will not have them."""
    outcomes: list[Outcome] = []
    while len(kept) > 1:
        status, said, failed = _asked(to, "statements", {"statements": [json.loads(one.body) for one in kept]})
        if failed is not None and status != 413:
            return outcomes + [replace(failed, decision_id=one.decision_id) for one in kept]
        if status == 201:
            return outcomes + _taken(kept, said)
        settled = _known(kept, said) or _wrong(kept, said)
        if not settled:
            break  # it will not have all of them, and does not say which: one by one
        outcomes += settled
        done = {one.decision_id for one in settled}
        kept = [one for one in kept if one.decision_id not in done]
    for number, one in enumerate(kept):
        outcomes.append(_delivered_alone(to, one))
        if outcomes[-1].failure and not outcomes[-1].refused:  # it is away, or wants no more: the others wait as well
            return outcomes + [replace(outcomes[-1], decision_id=other.decision_id) for other in kept[number + 1 :]]
    return outcomes


def _delivered_alone(to: Database, kept: Kept) -> Outcome:
    status, said, failed = _asked(to, "statement", json.loads(kept.body))
    if failed is not None:
        return replace(failed, decision_id=kept.decision_id)
    if status == 201:
        return _taken([kept], {"statements": [said]})[0]
    if "existing" in said:
        return Outcome(kept.decision_id, taken=True, answer=_receipt(said["existing"], "existing"))
    return Outcome(kept.decision_id, refused=True, failure=_words(said), answer={"errors": said.get("errors")})


def _asked(to: Database, route: str, body: dict[str, Any]) -> tuple[int, dict[str, Any], Outcome | None]:
    """Ask once: 201 or 422 and what was said, or how it failed, to be tried again."""
    from ...fetch import exchange

    headers = {
        "Authorization": f"Bearer {to.token}",
        "Accept": "application/json",
        "Content-Type": "application/json",
    }
    sent = json.dumps(body, separators=(",", ":")).encode("ascii")
    try:
        answer = exchange(
            f"{to.address}/{route}", method="POST", headers=headers, body=sent, most_bytes=_MOST_BYTES,
            seconds=ANSWER_S, home=to.address,
        )  # fmt: skip
    except CountermarkError as error:
        return 0, {}, Outcome("", failure=_without(to.token, str(error)))
    if answer.status not in (201, 422):
        why = f"the transparency database answered {answer.status}"
        if answer.status in (401, 403):
            why += f": it does not accept the token in {TOKEN}"
        return answer.status, {}, Outcome("", failure=why, wait_s=_asked_to_wait(answer.headers))
    try:
        said = json.loads(_without(to.token, answer.body.decode("utf-8")))
    except (ValueError, RecursionError):
        said = None
    if not isinstance(said, dict):
        return answer.status, {}, Outcome("", failure=f"the answer {answer.status} can't be read")
    return answer.status, said, None


def _taken(kept: Sequence[Kept], said: dict[str, Any]) -> list[Outcome]:
    """Read 201: what it does not name again by its puid is asked for once more, and then is there."""
    listed = said.get("statements")
    named = {one.get("puid"): one for one in listed if isinstance(one, dict)} if isinstance(listed, list) else {}
    outcomes = []
    for one in kept:
        if one.puid in named:
            outcomes.append(Outcome(one.decision_id, taken=True, answer=_receipt(named[one.puid], "created")))
        else:
            outcomes.append(Outcome(one.decision_id, failure="the answer 201 does not name this statement"))
    return outcomes


def _known(kept: Sequence[Kept], said: dict[str, Any]) -> list[Outcome]:
    """Read 422 of a batch: those that the database has. None of the others was taken."""
    errors = said.get("errors")
    puids = errors.get("existing_puids") if isinstance(errors, dict) else None
    there = {str(puid) for puid in puids} if isinstance(puids, list) else set()
    return [
        Outcome(one.decision_id, taken=True, answer=_receipt({"puid": one.puid}, "existing"))
        for one in kept
        if one.puid in there
    ]


def _wrong(kept: Sequence[Kept], said: dict[str, Any]) -> list[Outcome]:
    """Read 422 of a batch: those that it will not have, by their place. None of the others was taken."""
    errors = said.get("errors")
    outcomes = []
    for name, why in errors.items() if isinstance(errors, dict) else ():
        number = _NUMBERED.fullmatch(name)
        if number and int(number[1]) < len(kept):
            refused = {"message": "", "errors": why}
            decision_id = kept[int(number[1])].decision_id
            outcomes.append(Outcome(decision_id, refused=True, failure=_words(refused), answer={"errors": why}))
    return outcomes


def _receipt(of: object, how: str) -> dict[str, Any]:
    said = of if isinstance(of, dict) else {}
    return {"how": how, **{name: str(said[name])[:500] for name in ("uuid", "puid", "permalink") if said.get(name)}}


def _words(said: dict[str, Any]) -> str:
    """Give the reasons in one line, the fields first."""
    errors = said.get("errors")
    if isinstance(errors, dict):
        lines = (f"{name}: {' '.join(map(str, why)) if isinstance(why, list) else why}" for name, why in errors.items())
        return "; ".join(lines)
    return str(said.get("message") or "it was refused without a reason")


def _asked_to_wait(headers: Mapping[str, str]) -> float | None:
    said = headers.get("retry-after", "").strip()
    return float(said) if re.fullmatch(r"[0-9]{1,8}", said) else None


def _without(token: str, text: str) -> str:
    return text.replace(token, "***").replace(json.dumps(token)[1:-1], "***").replace(token.replace("/", "\\/"), "***")
