"""Durable work: checks, stamps and callbacks, done once each whatever dies. Stands on DBOS, which keeps what was done.

    jobs = Jobs(settings())          # whoever asks: the HTTP routes
    jobs.enqueue_check(check_id, "live")

    with Worker(settings()):         # whoever does it: a process of its own, or a thread of the server's
        ...

Knows the order of steps; what is seen and judged is `verify`'s, what is written down the docket's.
"""

from .client import Jobs
from .signing import callback_secret, endpoint_secret
from .worker import Worker

__all__ = ["Jobs", "Worker", "callback_secret", "endpoint_secret"]
