"""A home with keys and some releases, for a service to stand on."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from countermark import keyring
from countermark.media import probe, remux
from countermark.provenance import Registry
from countermark.settings import Limits, Settings
from countermark.stamp import Stamped, facts, stamp
from tests import recipes


@dataclass(frozen=True)
class Releases:
    """What was released, and what came of it."""

    options: Settings
    live: Stamped
    again: Stamped  # `live`, marked and signed anew
    revoked: Stamped
    withdrawn: Stamped
    stripped: Path  # `live`, without its manifest

    @property
    def registry(self) -> Registry:
        return Registry(self.options.database_url)


def released(folder: Path) -> Releases:
    """Stamp some small clips, take two of them back, and strip one."""
    keyring.init_development(folder / "home")
    options = Settings(home=folder / "home")
    made = []
    for seed in range(3):
        source = recipes.clip(folder / f"{seed}.mp4", seconds=1, seed=seed)
        made.append(stamp(source, facts=facts(model="test"), options=options))
    again = stamp(made[0].path, folder / "again.mp4", facts=facts(model="test"), options=options, remark=True)
    registry = Registry(options.database_url)
    registry.revoke(made[1].manifest_id, "it should never have been")
    registry.withdraw(made[2].manifest_id, "it no longer stands")
    stripped = folder / "stripped.mp4"
    remux(probe(made[0].path, Limits()), stripped, keep="none")
    return Releases(options, made[0], again, made[1], made[2], stripped)
