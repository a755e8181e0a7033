"""The command line: a face over the verbs. Knows words, options and terminals; does no work itself.

>>> from countermark.cli.session import printable
>>> printable("title with a bell" + chr(7))
'title with a bell\\\\x07'
"""

from __future__ import annotations

from typing import NoReturn


def main() -> NoReturn:
    """Run `countermark`; what a command needs is imported when it runs."""
    from . import verbs  # noqa: F401  each adds its commands to the app, in the order of the help

    # isort: split
    from . import identity, machine  # noqa: F401
    from .app import run

    run()
