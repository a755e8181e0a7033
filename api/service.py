"""What the routes of the service stand on, opened once for a process. Knows the rooms below; knows no HTTP."""

from __future__ import annotations

from dataclasses import dataclass

from ..accounts import Accounts
from ..accounts.rates import Rates
from ..docket import Docket
from ..docket.desk import Desk
from ..jobs import Jobs
from ..moderation.banks import Banks
from ..moderation.hooks import Endpoints, Outbox
from ..moderation.shelf import Shelf
from ..objects import Objects
from ..objects import opened as open_objects
from ..provenance import Registry
from ..settings import Settings
from .bundles import Bundles
from .links import Links


@dataclass(frozen=True)
class Service:
    """The rooms that a route may ask."""

    options: Settings
    docket: Docket
    accounts: Accounts
    objects: Objects
    jobs: Jobs
    rates: Rates
    registry: Registry
    links: Links
    bundles: Bundles
    desk: Desk
    shelf: Shelf
    banks: Banks
    endpoints: Endpoints
    outbox: Outbox


def opened(options: Settings) -> Service:
    """Open what one process needs; nothing is asked yet that could be away."""
    objects = open_objects(options)
    docket = Docket(options, objects=objects)
    return Service(
        options=options,
        docket=docket,
        accounts=Accounts(options),
        objects=objects,
        jobs=Jobs(options),
        rates=Rates(options),
        registry=Registry(options.database_url),
        links=Links(options.home),
        bundles=Bundles(options, docket, objects),
        desk=Desk(options, objects),
        shelf=Shelf(options),
        banks=Banks(options),
        endpoints=Endpoints(options),
        outbox=Outbox(options),
    )
