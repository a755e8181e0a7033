"""Events for a platform's own systems: laid with what they tell of, in order for each subject, sent until they arrive.

    emit(connection, tenant_id, item.key, "decision.made", {"id": decision.id, ...})  # within the caller's transaction

Knows what is owed to whom and when, and the forms that others take; over HTTP, `jobs` sends it.
"""

from .endpoints import Endpoints
from .laying import emit, emit_with
from .outbox import Outbox
from .values import KINDS, Delivery, Endpoint

__all__ = ["KINDS", "Delivery", "Endpoint", "Endpoints", "Outbox", "emit", "emit_with"]
