"""One run of a command: its inputs one by one, its errors, its exit code, and who hears what.

Knows the terminal; knows no command's work. A failing input spoils no other; the exit code is the first failure's.
"""

from __future__ import annotations

import glob
import logging
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from ..errors import CountermarkError, Interrupted
from ..outputs import check_output, write_whole
from .report import Failure, Item, Report, failure

Json = Annotated[bool, typer.Option("--json", help="Report as JSON (docs/report.schema.json).")]
Quiet = Annotated[bool, typer.Option("-q", "--quiet", help="Say nothing but errors.")]
Verbose = Annotated[bool, typer.Option("-v", "--verbose", help="Say more, and log to standard error.")]
Inputs = Annotated[list[str], typer.Argument(help="Files, or patterns such as 'folder/*.mp4'.", metavar="IN...")]
ReportTo = Annotated[Path | None, typer.Option("-o", "--output", help="Write the JSON report there; - is stdout.")]
Force = Annotated[bool, typer.Option("--force", help="Overwrite what stands under the output's name.")]


@dataclass
class Session:
    """Collects what a command has to say, and says it as was asked."""

    command: str
    json: bool = False
    quiet: bool = False
    verbose: bool = False
    exit_code: int = 0
    results: list[Item] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    _file: Path | None = None
    _force: bool = False

    def __post_init__(self) -> None:
        """Let the log speak only when asked."""
        if self.verbose:
            logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(name)s: %(message)s")
            logging.getLogger("faiss").setLevel(logging.WARNING)  # it tells of each build of itself that it tries
        else:
            logging.getLogger("countermark").addHandler(logging.NullHandler())

    def add(self, item: Item, words: str) -> None:
        """Take a result; `words` are for people."""
        self.results.append(item)
        if words and not (self.json or self.quiet):
            print(printable(words))

    def remark(self, words: str) -> None:
        """Say what is no result."""
        if not (self.json or self.quiet):
            print(printable(words))

    @contextmanager
    def shield(self, given: str | None = None) -> Iterator[None]:
        """Turn an error of ours into a line, and go on."""
        try:
            yield
        except Interrupted:
            raise
        except CountermarkError as error:
            self._take(error, given)

    def _take(self, error: CountermarkError, given: str | None) -> None:
        self.failures.append(failure(error, given))
        self.exit_code = self.exit_code if self.exit_code >= 10 else error.exit_code
        say_error(error)

    def report_to(self, output: Path | None, sources: Sequence[str], force: bool) -> None:
        """Say where the report goes; refused before any work where it could not be written."""
        if output is None or str(output) == "-":
            self.json = self.json or output is not None
            return
        with self.shield(str(output)):
            check_output(output, map(Path, sources), force)
            self._file, self._force = output, force
            return
        self.end()

    def end(self) -> NoReturn:
        """Write the report where it was asked for, and leave with the exit code."""
        report = Report(self.command, self.exit_code, tuple(self.results), tuple(self.failures)).to_json() + "\n"
        if self._file is not None:
            with self.shield(str(self._file)):
                write_whole(self._file, report.encode(), self._force)
        if self.json:
            print(report, end="")
        raise SystemExit(self.exit_code)


def inputs(given: Sequence[str]) -> list[str]:
    """Expand patterns that the shell left alone; a pattern that matches nothing stays, and fails as missing."""
    found: list[str] = []
    for name in given:
        matches = sorted(glob.glob(name, recursive=True)) if glob.has_magic(name) and not Path(name).exists() else []
        found += matches or [name]
    return list(dict.fromkeys(found))


def own_output(name: str, names: Sequence[str]) -> bool:
    """Say whether a pattern picked up what an earlier run made: IN.stamped.EXT beside IN.

    >>> own_output("a/b.stamped.mp4", ["a/b.mov", "a/b.stamped.mp4"])
    True
    """
    path = Path(name)
    plain = path.stem.removesuffix(".stamped")
    return plain != path.stem and any(Path(n).parent == path.parent and Path(n).stem == plain for n in names)


def printable(text: str) -> str:
    """Take the teeth out of control characters that came from a file; line ends and tabs stay."""
    return "".join(c if c.isprintable() or c in "\n\t" else f"\\x{ord(c):02x}" for c in text)


def one_line(text: str) -> str:
    """Keep what came from a file on its line: a line of its own could pass for one of ours."""
    return "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in text)


def say_error(error: CountermarkError) -> None:
    """Say one line: what happened, and what to do."""
    print(printable(f"countermark: {error}; {error.advice}").replace("\n", " "), file=sys.stderr)


@contextmanager
def progress(label: str, session: Session) -> Iterator[Callable[[float], None]]:
    """Show a bar on long work when a terminal is there; silence when not. The callback takes the share done."""
    if session.quiet or session.json or not sys.stderr.isatty():
        yield lambda share: None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(printable(label), total=1.0)
        yield lambda share: bar.update(task, completed=min(share, 1.0))
