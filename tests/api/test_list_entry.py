"""The entry for the public list of algorithms that the documentation writes out."""

import json
import re
from pathlib import Path

from jsonschema import Draft202012Validator, FormatChecker

from countermark.api.matching import WATERMARKS
from countermark.provenance.resolving.resolvers import binding_of
from tests.needs import data

TEXT = (Path(__file__).parents[2] / "docs" / "resolution.md").read_text()


def test_it_is_an_entry_by_the_lists_own_schema() -> None:
    folder = data("c2pa", "c2pa-org+softbinding-algorithm-list")
    entry = json.loads(re.findall(r"```json\n(.*?)```", TEXT, re.DOTALL)[0])
    schema = json.loads((folder / "softbinding-algorithm-list.schema.json").read_text())
    Draft202012Validator(schema, format_checker=FormatChecker()).validate([entry])
    listed = json.loads((folder / "softbinding-algorithm-list.json").read_text())
    assert entry["alg"] not in [one["alg"] for one in listed], "then the settings should say `bound`"
    assert (entry["alg"],) == WATERMARKS


def test_the_example_of_a_value_is_right() -> None:
    payload, value = re.findall(r"prints as `(\w{16})` is `(.*?)`", TEXT)[0]
    assert binding_of(payload) == value
