"""The other half of a fault run: objects land in a folder, become submissions, and are decided about and told of.

What came of it is counted in the tables and the ledger themselves, past the product.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from countermark.accounts import Accounts
from countermark.moderation.auditing import audit
from countermark.moderation.hooks import Endpoints
from countermark.moderation.shelf import Shelf
from countermark.settings import Settings
from countermark.tests import databases
from countermark.tests.jobs.rooms import Receiver, receiving

from .landing import Landed, land

TYPE = "video"
POLICY = {
    **{"policy": "faults", "title": "What carries no mark", "norm": "Whoever finds no mark says so.", "undo_s": 0},
    "unknown": {"queue": "unsure"},
    "rules": [
        {
            **{"id": "unmarked", "why": "No mark was found.", "when": {"mark": {"is": "absent"}}},
            "then": [{"label": "Not marked"}],
        }
    ],
}
WHO = "key:faults"
# Each is a count that has to come to 0.
OWED = {
    "undecided": "SELECT count(*) FROM submissions WHERE decide_at IS NOT NULL",
    "effects": "SELECT count(*) FROM decisions WHERE due_at IS NOT NULL",
    "events": "SELECT count(*) FROM hook_events",
    "deliveries": "SELECT count(*) FROM hook_deliveries WHERE due_at IS NOT NULL",
}


@dataclass(frozen=True)
class Submitting:
    """A tenant with a policy and a receiver, and what is to become submissions."""

    options: Settings
    folder: Path
    names: frozenset[str]
    told: Receiver

    @property
    def going(self) -> bool:
        """Whether anything of it is still owed."""
        if self._count("SELECT count(*) FROM arrivals") < len(self.names):
            return True
        return any(map(self._count, OWED.values()))

    @property
    def standing(self) -> str:
        """Say how far it is."""
        arrived, decided = (self._count(f"SELECT count(*) FROM {name}") for name in ("arrivals", "decisions"))
        return f"{arrived} of {len(self.names)} submitted, {decided} decided"

    def listener(self) -> list[str]:
        """Give the words of the command that takes in what lies there."""
        words = ["listen", str(self.folder), "--item-type", TYPE, "--name", "uploads"]
        return [*words, "--every", "1", "--settled", "0", "--most-waiting", "12", "--quiet"]

    def counted(self) -> dict[str, Any]:
        """Hold what landed against what became of it. Raises where the chain or a decision is not as it should be."""
        audited = audit(self.options.database_url)
        items = Counter(str(name) for (name,) in self._rows("SELECT item_id FROM submissions"))
        wanted = {f"{self.folder.as_uri()}/{name}" for name in self.names}
        firsts = Counter(
            str(one)
            for (one,) in self._rows("SELECT submission_id FROM decisions WHERE side = 'live' AND occasion = 'first'")
        )
        submissions = {str(one) for (one,) in self._rows("SELECT id FROM submissions")}
        ended = Counter(str(one) for (one,) in self._rows("SELECT status FROM checks"))
        return {
            **{"landed": len(self.names), "submissions": sum(items.values()), "checks": dict(ended)},
            **{"lost": len(wanted - set(items)), "twice": _more_than_once(items), "unasked": len(set(items) - wanted)},
            **{"first_decisions": sum(firsts.values()), "undecided": len(submissions - set(firsts))},
            "decided_twice": _more_than_once(firsts),
            "decisions": self._count("SELECT count(*) FROM decisions"),
            "with_effects": self._count("SELECT count(*) FROM decisions WHERE out_at IS NOT NULL"),
            "for_people": self._count("SELECT count(*) FROM reviews"),
            **self._ledger(audited.decisions),
            **self._told(),
        }

    def _ledger(self, audited: int) -> dict[str, int]:
        """Count the ledger's lines of decisions and of effects, and which of them say the same as another."""
        lines: dict[str, Counter[str]] = {"decision": Counter(), "effects_out": Counter()}
        for kind, counter in lines.items():
            for (body,) in self._rows(f"SELECT body FROM ledger WHERE kind = 'moderation.{kind}'"):
                counter[json.loads(str(body))["id"]] += 1
        out = {str(one) for (one,) in self._rows("SELECT id FROM decisions WHERE out_at IS NOT NULL")}
        return {
            "ledger_decisions": audited,
            "ledger_decisions_twice": _more_than_once(lines["decision"]),
            "ledger_effects_out": sum(lines["effects_out"].values()),
            "ledger_effects_twice": _more_than_once(lines["effects_out"]),
            "ledger_effects_amiss": len(out ^ set(lines["effects_out"])),
        }

    def _told(self) -> dict[str, int]:
        """Count what the receiver was told: each decision by an event of one id, which may come again."""
        events: dict[str, set[str]] = {}
        calls = 0
        for headers, body in self.told.got:
            event = json.loads(body)
            if event["type"] == "decision.made":
                events.setdefault(event["data"]["decision"], set()).add(headers["webhook-id"])
                calls += 1
        out = {str(one) for (one,) in self._rows("SELECT id FROM decisions WHERE out_at IS NOT NULL")}
        return {
            "decisions_told": len(events),
            "never_told": len(out - set(events)),
            "told_as_two": sum(1 for ids in events.values() if len(ids) > 1),
            "calls_again": calls - sum(map(len, events.values())),
        }

    def _rows(self, query: str) -> list[tuple[object, ...]]:
        return databases.ask(self.options.database_url, query)

    def _count(self, query: str) -> int:
        ((count,),) = self._rows(query)
        return int(str(count))


ZERO = (
    *("lost", "twice", "unasked", "undecided", "decided_twice", "ledger_decisions_twice", "ledger_effects_twice"),
    *("ledger_effects_amiss", "never_told", "told_as_two"),
)  # of what `counted` gives, what has to be 0


@contextmanager
def submitting(options: Settings, folder: Path, what: Landed) -> Iterator[Submitting]:
    """Lay down a policy that acts, a receiver, and what is to be submitted."""
    tenant = Accounts(options).tenant_called("main").id
    shelf = Shelf(options)
    shelf.add(tenant, "faults", json.dumps(POLICY), by=WHO)
    shelf.set_state(tenant, "faults", 1, "LIVE", by=WHO)
    shelf.set_default(tenant, "faults", True, by=WHO)
    with receiving() as told:
        Endpoints(options).create(tenant, told.url, who=WHO)
        yield Submitting(options, folder, frozenset(land(folder, what)), told)


def _more_than_once(counter: Counter[str]) -> int:
    return sum(1 for count in counter.values() if count > 1)
