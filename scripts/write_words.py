"""Writes the words of our own models into docs/sketch.md and docs/generate.md: `python -m scripts.write_words`."""

from collections.abc import Mapping
from pathlib import Path

from countermark.generator import procedural
from countermark.generator.sketch.words import known

DOCS = Path(__file__).parents[1] / "docs"
BEGIN, END = "<!-- words: begin -->\n", "<!-- words: end -->\n"


def table(topics: Mapping[str, tuple[str, ...]]) -> str:
    """Give the table, by topic."""
    rows = [f"| {topic} | {', '.join(words)} |" for topic, words in topics.items()]
    return "\n".join(["| topic | words |", "|---|---|", *rows]) + "\n"


def written(page: Path, topics: Mapping[str, tuple[str, ...]]) -> str:
    """Give a page with its table between its marks."""
    before, rest = page.read_text().split(BEGIN)
    _, after = rest.split(END)
    return before + BEGIN + table(topics) + END + after


def main() -> None:
    """Write both."""
    for name, topics in (("sketch.md", known()), ("generate.md", procedural.words())):
        (DOCS / name).write_text(written(DOCS / name, topics))


if __name__ == "__main__":
    main()
