"""A process that makes one request after another, as it is told. Knows the door; knows nothing of a batch.

What it says is JSON. It ends with whoever started it, however that ends: the pipe that it watches is then closed.
"""

from __future__ import annotations

import json
import logging
import os
import signal
import threading
import time
from multiprocessing.connection import Connection
from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter

from ...errors import CountermarkError
from ...releasing import Stamped
from .. import door

if TYPE_CHECKING:
    from .lines import Common, Item

_PATIENCE_S = 20.0  # for what was begun to be tidied away
_PACE_S = 0.2  # between two shares that are told


def work(orders: Connection, watched: Connection) -> None:
    """Make what comes, until nothing more does."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # of a terminal's: whoever started this hears it, and lets go
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    threading.Thread(target=_follow, args=(watched,), daemon=True).start()
    try:
        while True:
            item, common = orders.recv()
            orders.send_bytes(json.dumps({"share": 0.0}).encode())  # it is begun: a death from here on is its own
            orders.send_bytes(json.dumps(_made(item, common, orders)).encode())
    except (EOFError, KeyboardInterrupt, BrokenPipeError, ConnectionResetError):
        signal.signal(signal.SIGTERM, signal.SIG_IGN)  # it ends by itself now, without a word


def _made(item: Item, common: Common, orders: Connection) -> dict[str, Any]:
    told = 0.0

    def progress(share: float) -> None:
        nonlocal told
        if time.monotonic() - told >= _PACE_S:
            told = time.monotonic()
            orders.send_bytes(json.dumps({"share": share}).encode())

    try:
        stamped = door.generate(
            item.request,
            item.output,
            model=item.model,
            running=common.running,
            audio=item.audio,
            consent=common.consent,
            encoding=common.encoding,
            force=common.force,
            progress=progress,
            options=common.options,
        )
        return {"stamped": TypeAdapter(Stamped).dump_python(stamped, mode="json")}
    except (BrokenPipeError, KeyboardInterrupt):
        raise
    except CountermarkError as error:
        return _failed(error)
    except Exception as error:  # a fault of ours, or of a model's: it spoils no other request
        logging.getLogger(__name__).exception("unexpected")
        said = f"unexpected: {type(error).__name__}: {error}"
        return _failed(CountermarkError(said, advice="make this one alone with -v, and report it"))


def _failed(error: CountermarkError) -> dict[str, Any]:
    return {"error": type(error).__name__, "message": str(error), "advice": error.advice}


def _follow(watched: Connection) -> None:
    """Stop what is in hand once the other end is closed; what was begun is tidied away, if it does not take long."""
    try:
        watched.recv()
    except (EOFError, OSError):
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(_PATIENCE_S)
        os._exit(1)
