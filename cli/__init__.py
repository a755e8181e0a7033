"""The command line: a face over the verbs. Knows words, options and terminals; does no work itself.

>>> from countermark.cli.session import printable
>>> printable("title with a bell" + chr(7))
'title with a bell\\\\x07'
"""

from __future__ import annotations

from importlib import import_module
from typing import NoReturn

# In the order of the help; each adds its commands to the app.
PARTS = (
    "verifying",
    "asking_server",
    "bundling",
    "detecting",
    "auditing",
    "stamping",
    "generating",
    "verbs",
    "measuring_detector",
    "measuring_generator",
    "keys",
    "mark_keys",
    "retimestamp",
    "trusting",
    "ledger",
    "records",
    "accounts",
    "serving",
    "working",
    "listening",
    "scanning",
    "rescanning",
    "shadowing",
    "adapting",
    "plugging",
    "policy",
    "machine",
)


def main() -> NoReturn:
    """Run `countermark`; what a command needs is imported when it runs."""
    from .app import run

    for part in PARTS:
        import_module(f"{__name__}.{part}")
    run()
