"""A worker that delivers events, and dies by SIGKILL right after the first answer if it is told to.

    python -m countermark.tests.jobs.hook_lives die|live DELIVERY ...

Settings come from the environment. One that lives ends in peace once the deliveries are over.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from typing import Any

import countermark.fetch
from countermark.jobs import Worker, queue, rounds
from countermark.moderation.hooks import Outbox
from countermark.settings import settings
from countermark.tests.jobs.rooms import TENANT


def main() -> None:
    word, *ids = sys.argv[1:]
    rounds.QUICK_S = queue.POLL_S[queue.HOOKS] = 0.1
    if word == "die":
        answered = countermark.fetch.exchange

        def dying(*words: Any, **more: Any) -> Any:
            answered(*words, **more)
            os.kill(os.getpid(), signal.SIGKILL)

        countermark.fetch.exchange = dying
    outbox = Outbox(settings())
    with Worker(settings(), name="one"):
        end = time.monotonic() + 60
        while any(outbox.get(TENANT, one).state == "waiting" for one in ids):
            if time.monotonic() > end:
                raise TimeoutError("not all is over")
            time.sleep(0.05)


if __name__ == "__main__":
    main()
