"""The class of all errors, and the list of them. Knows none by name."""

from __future__ import annotations


class CountermarkError(Exception):
    """Something that none of the other classes names went wrong."""

    advice = "run `countermark doctor`"
    exit_code = 70

    def __init__(self, message: str, *, advice: str | None = None) -> None:
        """Take one line of what happened; `advice` replaces the class's own where more is known."""
        super().__init__(" ".join(message.split()))  # one line, whatever a library put into its message
        if advice is not None:
            self.advice = advice
        self.add_note(f"advice: {self.advice}")  # under a traceback, for those who call us from Python


def every_error() -> dict[str, type[CountermarkError]]:
    """All classes by name: the table of exit codes in the help and the documentation is made from it."""
    found, left = dict[str, type[CountermarkError]](), [CountermarkError]
    while left:
        kind = left.pop(0)
        if "exit_code" in vars(kind):  # else it is a kind of another, for those who catch it within one room
            found[kind.__name__] = kind
        left += kind.__subclasses__()
    return found
