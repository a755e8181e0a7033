"""Writes the command's own help into the README, between its two marks.

python -m scripts.write_help
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

README = Path(__file__).resolve().parents[1] / "README.md"
BLOCK = re.compile(r"(<!-- help: .*? -->\n```\n).*?(```\n<!-- end of help -->)", re.DOTALL)


def text() -> str:
    """Give the README as it should be."""
    environment = {**os.environ, "COLUMNS": "100", "TERMINAL_WIDTH": "100"}
    command = [sys.executable, "-m", "countermark", "--help"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    listed = done.stdout.split("Commands:\n", 1)[1].split("\n\n", 1)[0]
    return BLOCK.sub(lambda found: found[1] + listed.rstrip() + "\n" + found[2], README.read_text())


if __name__ == "__main__":
    README.write_text(text())
