"""The accounts behind one database: tenants, people who sign in, keys of programs. Knows no HTTP."""

from __future__ import annotations

from .keys import Keys
from .people import People
from .tenants import Tenants


class Accounts(Tenants, People, Keys):
    """Tenants, people and keys; nothing is held open from call to call."""
