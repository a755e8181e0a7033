"""Models that run at somebody else's: asked through their official clients, or as a small file describes their HTTP.

Nothing here asks the network before a maker makes; no key leaves the environment but to its service; nothing is
ordered whose cost was not approved.

>>> from countermark.generator.hosted import names
>>> names()[:3]
('veo', 'veo:fast', 'runway')
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from ...errors import ModelMissing
from ...settings import Settings
from ..maker import Maker, Running
from ..request import Feature
from .maker import HostedMaker
from .offer import Offer
from .service import Service
from .waiting import Patience

__all__ = ["HTTP", "SORA", "HostedMaker", "features_by_model", "is_hosted", "names", "needs", "offers", "open"]

HTTP = "http:"
SORA = "sora"
_GONE = "Sora's API was shut down on 24 September 2026"
_STILL = "its files are labelled by `countermark stamp FILE --model sora`, and looked at by `countermark verify FILE`"

Connect = Callable[[Settings, float], Service]


def names() -> tuple[str, ...]:
    """What `--model` may call: those with a client of their own, and those that a file of ours describes."""
    from .described import ready_names

    return (*_clients(), *(HTTP + name for name in ready_names()))


def is_hosted(name: str) -> bool:
    """Say whether a name is for this room, even if nothing answers to it today."""
    return name == SORA or name.startswith(HTTP) or name.partition(":")[0] in _clients()


def features_by_model() -> Mapping[str, frozenset[Feature]]:
    """What each of them can do."""
    return {name: offer.features for name, offer in offers().items()}


def needs() -> Mapping[str, str]:
    """What has to be there before one of them is asked."""
    return {name: offer.needs for name, offer in offers().items()}


def offers() -> Mapping[str, Offer]:
    """What is known of each of them without asking it."""
    from .described import offer_of, ready, ready_names

    found = {name: offer for name, (offer, _) in _clients().items()}
    return found | {HTTP + name: offer_of(ready(name)) for name in ready_names()}


def open(name: str, options: Settings, running: Running, patience: Patience | None = None) -> Maker:
    """Open a hosted model by its name; a file that describes one is `http:FILE`. Asks nobody, and reads no key."""
    waits = patience or Patience()
    if name == SORA:
        raise ModelMissing(_GONE, advice=_STILL)
    offer, connect = _described(name) if name.startswith(HTTP) else _with_client(name)
    return HostedMaker(offer, partial(connect, options, waits.request_s), options, running.approve_cost, waits)


def _with_client(name: str) -> tuple[Offer, Connect]:
    found = _clients().get(name)
    if found is None:
        raise ModelMissing(f"no hosted model is called {name!r}", advice=f"there are {', '.join(names())}")
    return found


def _described(name: str) -> tuple[Offer, Connect]:
    """One of our own files by its name, or the user's by its path."""
    from .described import offer_of, read, ready, ready_names
    from .plain_http import connect

    asked = name.removeprefix(HTTP)
    own = asked not in ready_names()
    adapter = read(Path(asked)) if own else ready(asked)
    return offer_of(adapter), partial(connect, adapter, own)


def _clients() -> dict[str, tuple[Offer, Connect]]:
    from . import luma, runway, veo

    return {
        "veo": (veo.OFFER, veo.connect),
        "veo:fast": (veo.FAST, veo.connect),
        "runway": (runway.OFFER, runway.connect),
        "luma": (luma.OFFER, luma.connect),
        "luma:ray-flash-2": (luma.FLASH, luma.connect),
    }
