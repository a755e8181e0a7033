"""Files of rules: read, put together with those shipped, or refused with what is wrong."""

from pathlib import Path

import pytest

from countermark.errors import SettingsInvalid
from countermark.generator.consent import rules_of
from countermark.generator.consent.folding import readings
from countermark.generator.consent.rules import default, read
from countermark.settings import Settings


def written(folder: Path, text: str) -> Path:
    path = folder / "rules.toml"
    path.write_text(text)
    return path


OWN = """
faces = "refuse"
names_file = "people.txt"
allow = ["secret garden"]
[lists]
secrets = ["secret", "hidden*"]
[[rule]]
name = "secrets"
action = "ask"
reason = "secrets are asked about"
words = ["@secrets", "@sexual"]
"""


def test_a_file_adds_to_what_is_shipped(tmp_path: Path) -> None:
    (tmp_path / "people.txt").write_text("# ours\nAda Person  # a note\n\nBo Nobody\n")
    rules = rules_of(Settings(home=tmp_path, consent_rules=written(tmp_path, OWN)))
    assert [rule.name for rule in rules.rules] == [*(rule.name for rule in default().rules), "secrets"]
    assert (rules.faces, rules.names) == ("refuse", "ask")
    assert rules.people.find(readings("bo nobody")[0]) == "bo nobody"
    assert rules.allowed.find(readings("a secret garden")[0]) and rules.allowed.find(readings("naked eye")[0])
    assert rules.rules[-1].words.find(("nudity",)), "lists that are shipped can be used"


def test_or_replaces_it(tmp_path: Path) -> None:
    rules = read(written(tmp_path, 'default = false\nfaces = "allow"\n'))
    assert rules.rules == () and rules.faces == "allow"
    assert rules_of(Settings(home=tmp_path)) == default()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("faces = 'maybe'", "faces"),
        ("unknown = 1", "unknown"),
        ("[[rule]]\nname = 'x'", "rule.0"),
        ("[[rule]]\nname='x'\naction='refuse'\nreason='y'\nwords=['@nowhere']", "'nowhere'"),
        ("[[rule]]\nname='x'\naction='refuse'\nreason='y'\nwords=['...']", "no letters"),
        ("[[rule]]\nname='x'\naction='allow'\nreason='y'\nwords=['a']", "action"),
        ("faces = ", "Invalid value"),
        ("names_file = 'nobody.txt'", "nobody.txt"),
    ],
)
def test_what_is_wrong_is_told(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(SettingsInvalid, match=told) as caught:
        read(written(tmp_path, text))
    assert "docs/consent.md" in caught.value.advice


def test_rules_that_are_not_there_let_nothing_pass(tmp_path: Path) -> None:
    with pytest.raises(SettingsInvalid):
        rules_of(Settings(home=tmp_path, consent_rules=tmp_path / "gone.toml"))
    (tmp_path / "bytes.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(SettingsInvalid, match="UTF-8"):
        read(tmp_path / "bytes.toml")
