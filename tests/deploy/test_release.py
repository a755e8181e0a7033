"""A release is made whole or not at all, from what is committed alone, with a list of parts that is sound."""

from __future__ import annotations

import copy
import hashlib
import json
import shutil
import subprocess
import tarfile
import zipfile
from pathlib import Path
from typing import Any

import pytest

from scripts import release

PROJECT = """
[build-system]
requires = ["setuptools>=77"]
build-backend = "setuptools.build_meta"
[project]
name = "countermark"
version = "9.8.7"
dependencies = ["numpy"]
[project.optional-dependencies]
serve = ["uvicorn"]
postgres = ["psycopg[binary]"]
scan = ["pyyaml"]
[tool.setuptools]
package-dir = { countermark = "." }
packages = ["countermark"]
"""


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A small clone of the same form as ours: to build ours takes long, and tests/test_wheel.py does."""
    made = tmp_path / "tree"
    made.mkdir()
    (made / "pyproject.toml").write_text(PROJECT)
    (made / "__init__.py").write_text("")
    (made / ".gitignore").write_text("stray.py\n*.egg-info\nbuild\n")
    _git(made, "init", "-q")
    _git(made, "add", ".")
    _git(made, "-c", "user.name=a", "-c", "user.email=a@b.example", "commit", "-q", "-m", "first")
    return made


def _git(tree: Path, *words: str) -> None:
    subprocess.run(["git", *words], cwd=tree, check=True, capture_output=True)


def test_a_release_is_four_files_and_the_sums_are_theirs(tree: Path, tmp_path: Path) -> None:
    (tree / "stray.py").write_text("ignored = True")
    made = release.release(tmp_path / "out", tree)
    names = [file.name for file in made]
    assert sorted(names) == sorted(
        ["SHA256SUMS", "countermark-9.8.7-py3-none-any.whl", "countermark-9.8.7.cdx.json", "countermark-9.8.7.tar.gz"]
    )
    for line in (tmp_path / "out" / "SHA256SUMS").read_text().splitlines():
        digest, name = line.split("  ")
        assert hashlib.sha256((tmp_path / "out" / name).read_bytes()).hexdigest() == digest
        names.remove(name)
    assert names == ["SHA256SUMS"]
    with zipfile.ZipFile(tmp_path / "out" / "countermark-9.8.7-py3-none-any.whl") as wheel:
        assert "countermark/__init__.py" in wheel.namelist() and "countermark/stray.py" not in wheel.namelist()
    with tarfile.open(tmp_path / "out" / "countermark-9.8.7.tar.gz") as archive:
        assert not any("stray" in name for name in archive.getnames())
    bom = json.loads((tmp_path / "out" / "countermark-9.8.7.cdx.json").read_text())
    assert release.faults(bom) == []
    assert bom["metadata"]["component"]["purl"] == "pkg:pypi/countermark@9.8.7"
    parts = {one["name"] for one in bom["components"]}
    assert {"numpy", "uvicorn", "psycopg", "psycopg-binary", "pyyaml", "h11"} <= parts
    assert not {"pytest", "ruff", "setuptools", "torch"} & parts
    assert sorted(file.name for file in tmp_path.iterdir()) == ["out", "tree"], "nothing is left beside it"


WHY = {
    "changed": "not committed: __init__.py",
    "new": "not committed: more.py",
    "no clone": "in a clone",
    "does not build": "version",
    "there already": "new folder",
}


@pytest.mark.parametrize("change", WHY)
def test_what_is_refused_leaves_nothing(tree: Path, tmp_path: Path, change: str) -> None:
    out = tmp_path / "out"
    if change == "changed":
        (tree / "__init__.py").write_text("x = 1\n")
    elif change == "new":
        (tree / "more.py").write_text("")
    elif change == "no clone":
        shutil.rmtree(tree / ".git")
    elif change == "does not build":
        (tree / "pyproject.toml").write_text(PROJECT.replace('version = "9.8.7"', ""))
        _git(tree, "-c", "user.name=a", "-c", "user.email=a@b.example", "commit", "-qam", "broken")
    else:
        out.mkdir()
    with pytest.raises(release.Refused, match=WHY[change]):
        release.release(out, tree)
    assert [file.name for file in tmp_path.iterdir() if file != tree] == (["out"] if change == "there already" else [])
    assert not out.exists() or not any(out.iterdir())


def test_each_fault_of_an_sbom_is_seen() -> None:
    numpy, own = "pkg:pypi/numpy@2.0", "pkg:pypi/countermark@1"
    part = {"type": "library", "bom-ref": numpy, "purl": numpy, "name": "numpy", "version": "2.0"}
    sound: dict[str, Any] = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "serialNumber": "urn:uuid:00000000-0000-0000-0000-000000000000",
        "metadata": {"component": {**part, "bom-ref": own, "purl": own, "name": "countermark", "version": "1"}},
        "components": [part],
        "dependencies": [{"ref": own, "dependsOn": [numpy]}, {"ref": numpy, "dependsOn": []}],
    }
    assert release.faults(sound) == []

    def amiss(change: Any) -> str:
        broken = copy.deepcopy(sound)
        change(broken)
        return "; ".join(release.faults(broken))

    assert "CycloneDX" in amiss(lambda bom: bom.update(specVersion="9"))
    assert "UUID" in amiss(lambda bom: bom.update(serialNumber="1"))
    assert "no version" in amiss(lambda bom: bom["components"][0].update(version=""))
    assert "no URL" in amiss(lambda bom: bom["components"][0].update(purl="numpy"))
    assert "twice" in amiss(lambda bom: bom["components"].append(part))
    assert "go together" in amiss(lambda bom: bom["dependencies"].pop())
    assert "not there" in amiss(lambda bom: bom["dependencies"][1].update(dependsOn=["pkg:pypi/x@1"]))
    assert "nothing needs" in amiss(lambda bom: bom["dependencies"][0].update(dependsOn=[]))
