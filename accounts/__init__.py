"""Who uses the service: tenants, people, keys of programs, and how often each may ask. Knows no HTTP.

>>> from datetime import UTC, datetime
>>> from pathlib import Path
>>> from tempfile import TemporaryDirectory
>>> from countermark.accounts import Accounts
>>> from countermark.settings import Settings
>>> with TemporaryDirectory() as home:
...     accounts = Accounts(Settings(home=Path(home)))
...     key, secret = accounts.make_key("main", "the newsroom's bot", {"checks:write"}, "example")
...     caller = accounts.caller_of_key(secret)
>>> caller.tenant_id, caller.may("checks:write"), caller.may("keys:write")
('main', True, False)
"""

from .accounts import Accounts
from .rates import Rates, Standing
from .values import (
    ANONYMOUS,
    ANONYMOUS_SCOPES,
    MAIN,
    PUBLIC,
    ROLE_SCOPES,
    ROLES,
    SCOPE_WORDS,
    SCOPES,
    SOMEBODY,
    ApiKey,
    Caller,
    Identity,
    KeptHere,
    Person,
    Role,
    Scope,
    Tenant,
)

__all__ = [
    "ANONYMOUS",
    "ANONYMOUS_SCOPES",
    "MAIN",
    "PUBLIC",
    "ROLES",
    "ROLE_SCOPES",
    "SCOPES",
    "SCOPE_WORDS",
    "SOMEBODY",
    "Accounts",
    "ApiKey",
    "Caller",
    "Identity",
    "KeptHere",
    "Person",
    "Rates",
    "Role",
    "Scope",
    "Standing",
    "Tenant",
]
