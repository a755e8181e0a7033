"""Writes docs/report.schema.json, the schema of all JSON reports, from cli/report.py and what is beside it.

python -m scripts.write_schema
"""

from __future__ import annotations

import json
from pathlib import Path

from countermark.cli.report import schema

TARGET = Path(__file__).resolve().parents[1] / "docs" / "report.schema.json"


def text() -> str:
    """Give the schema as it is kept."""
    return json.dumps(schema(), indent=1, sort_keys=True) + "\n"


if __name__ == "__main__":
    TARGET.write_text(text())
    print(TARGET)
