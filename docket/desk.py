"""What every part of the docket works with: the settings, a clock, the database, the store of objects."""

from __future__ import annotations

from contextlib import AbstractContextManager
from functools import cached_property
from typing import TYPE_CHECKING

from ..settings import Settings, without_secrets
from . import times

if TYPE_CHECKING:  # SQLAlchemy costs .4 s
    from sqlalchemy import Connection

    from ..objects import Objects


class Desk:
    """One database and one store of objects, neither of which is opened before it is used."""

    def __init__(self, options: Settings, objects: Objects | None = None, clock: times.Clock = times.now) -> None:
        """Take what is given; without `objects`, those of the settings are opened when they are first needed."""
        self.options = options
        self.clock = clock
        self._given = objects

    def __repr__(self) -> str:
        """Without a password."""
        return f"Desk({without_secrets(self.options.database_url)})"

    @cached_property
    def objects(self) -> Objects:
        """The store of media and pictures."""
        if self._given is not None:
            return self._given
        from ..objects import opened

        return opened(self.options)

    def now(self) -> str:
        """Give the time, as the tables write it."""
        return times.written(self.clock())

    def reading(self) -> AbstractContextManager[Connection | None]:
        """Give one snapshot of what is there; None: nothing was ever written."""
        from ..store import engine

        return engine.reading(self.options.database_url)

    def changing(self) -> AbstractContextManager[Connection]:
        """Give a transaction for rows that it locks itself."""
        from ..store import engine

        return engine.changing(self.options.database_url)

    def writing(self) -> AbstractContextManager[Connection]:
        """Give a transaction that may write to the ledger, and that no other such shares."""
        from ..store import engine

        return engine.writing(self.options.database_url)
