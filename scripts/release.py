"""Makes what a release is made of, in a new folder: `python -m scripts.release FOLDER`.

Source archive, wheel, an SBOM of the environment that it runs in, and SHA256SUMS over them; all of it or nothing. A
tree with changes that are not committed is refused: nobody could make the same again. Needs no network.

The SBOM is CycloneDX 1.5 as JSON, from the metadata of what is installed here; `faults` says what it must keep to.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import re
import subprocess
import sys
import tempfile
import uuid
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib.metadata import Distribution, PathDistribution, distributions
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
NAME = "countermark"
EXTRAS = ("serve", "postgres", "scan")  # what deploy/Containerfile installs
_BUILD = (
    "import sys, setuptools.build_meta as made; folder = sys.argv[1];"  # it changes what it was called with
    " made.build_sdist(folder); made.build_wheel(folder)"
)
_PURL = re.compile(r"pkg:pypi/[a-z0-9-]+@[^@\s]+")


class Refused(Exception):
    """No release can be made so; the words say why, and what to do."""


def release(folder: Path, tree: Path = ROOT) -> list[Path]:
    """Make a release of a tree as it is committed; give its files."""
    if folder.exists():
        raise Refused(f"{folder} is there already: name a new folder")
    commit, when = _committed(tree)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{folder.name}-", dir=folder.parent) as made:
        whole = Path(made) / "whole"
        whole.mkdir()
        _build(tree, commit, when, whole, Path(made))
        own = _built(whole)
        _write(whole / f"{NAME}-{own.version}.cdx.json", json.dumps(sbom(own, commit, when), indent=1) + "\n")
        lines = [f"{_digest(file)}  {file.name}\n" for file in sorted(whole.iterdir())]
        _write(whole / "SHA256SUMS", "".join(lines))
        whole.chmod(0o755)
        whole.rename(folder)
    return sorted(folder.iterdir())


def sbom(own: Distribution, commit: str, when: int) -> dict[str, Any]:
    """Name what a wheel of countermark needs to serve, with versions and licences, as it is installed here."""
    found, asked = _needed(own)
    components = [_component(found[name]) for name in sorted(found)]
    known = {NAME: _reference(own)} | {name: _reference(one) for name, one in found.items()}
    needs = {
        known[name]: sorted(known[need] for need in _wanted(one, asked[name]) if need in known)
        for name, one in ({NAME: own} | found).items()
    }
    made = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, f'{NAME}@{own.version}+{commit}')}",
        "version": 1,
        "metadata": {
            "timestamp": datetime.fromtimestamp(when, UTC).isoformat().replace("+00:00", "Z"),
            "component": {
                **_component(own),
                "type": "application",
                "properties": [{"name": f"{NAME}:commit", "value": commit}],
            },
        },
        "components": components,
        "dependencies": [{"ref": one, "dependsOn": needs[one]} for one in sorted(needs)],
    }
    amiss = faults(made)
    if amiss:
        raise Refused(f"the SBOM is not sound: {'; '.join(amiss)}")
    return made


def faults(bom: dict[str, Any]) -> list[str]:
    """Say what is amiss with an SBOM.

    Its form and version are stated; each component has a name, a version, and the package's URL as its own reference;
    none is there twice; dependencies name components that are there, and each component has its line; all are reached
    from what is released.
    """
    said = []
    if (bom.get("bomFormat"), bom.get("specVersion")) != ("CycloneDX", "1.5"):
        said.append("it is no CycloneDX 1.5")
    if not re.fullmatch(r"urn:uuid:[0-9a-f-]{36}", str(bom.get("serialNumber"))):
        said.append("its serial number is no UUID")
    own = bom["metadata"]["component"]
    for one in (own, *bom["components"]):
        if not one.get("version") or not _PURL.fullmatch(one.get("purl", "")) or one["bom-ref"] != one["purl"]:
            said.append(f"{one.get('name')}: no version, or no URL of a package")
    references = [one["bom-ref"] for one in (own, *bom["components"])]
    said += [f"{one} is there twice" for one in sorted(set(references)) if references.count(one) > 1]
    needs = {one["ref"]: one["dependsOn"] for one in bom["dependencies"]}
    if set(needs) != set(references):
        said.append("components and their dependencies don't go together")
    reached, left = set[str](), [own["bom-ref"]]
    while left:
        one = left.pop()
        if one not in reached:
            reached.add(one)
            left += needs.get(one, [])
    said += [f"{one} is named, and not there" for one in sorted(reached - set(references))]
    return said + [f"nothing needs {one}" for one in sorted(set(references) - reached)]


def _committed(tree: Path) -> tuple[str, int]:
    """Give the commit that the tree is, and when it was made."""
    changed = _git(tree, "status", "--porcelain")
    if changed:
        names = ", ".join(line.split(maxsplit=1)[1] for line in changed.splitlines()[:5])
        raise Refused(f"the tree has changes that are not committed: {names}; commit them, or take a clean clone")
    commit, when = _git(tree, "log", "-1", "--format=%H %ct").split()
    return commit, int(when)


def _git(tree: Path, *words: str) -> str:
    done = subprocess.run(["git", *words], cwd=tree, capture_output=True, text=True)
    if done.returncode:
        raise Refused(f"git {words[0]}: {done.stderr.strip()}; make releases in a clone")
    return done.stdout.strip()


def _build(tree: Path, commit: str, when: int, folder: Path, beside: Path) -> None:
    """Build from the commit itself, so that nothing that lies about is shipped."""
    source = beside / "source"
    source.mkdir()
    archive = subprocess.run(["git", "archive", commit], cwd=tree, capture_output=True, check=True).stdout
    subprocess.run(["tar", "-x", "-C", str(source)], input=archive, check=True)
    environment = {**os.environ, "SOURCE_DATE_EPOCH": str(when)}
    built = subprocess.run(
        [sys.executable, "-c", _BUILD, str(folder)], cwd=source, env=environment, capture_output=True, text=True
    )
    if built.returncode:
        raise Refused(f"it doesn't build: {built.stderr.strip()[-1000:]}")


def _built(folder: Path) -> Distribution:
    """Give what the wheel says of itself: what is installed here may be older."""
    (wheel,) = folder.glob("*.whl")
    (said,) = (one for one in zipfile.Path(wheel).iterdir() if one.name.endswith(".dist-info"))
    return PathDistribution(said)


def _needed(own: Distribution) -> tuple[dict[str, Distribution], dict[str, set[str]]]:
    """Give all that it needs, from what is here, and with which extras each is asked for."""
    here = {_plain(one.name): one for one in distributions() if one.name}
    found = dict[str, Distribution]()
    seen, left = set[tuple[str, str]](), list(_asked(own, EXTRAS))
    while left:
        name, extra = left.pop()
        if (name, extra) in seen or name == NAME:
            continue
        seen.add((name, extra))
        if name not in here:
            raise Refused(f"{name} is needed and not installed here: install '.[{','.join(EXTRAS)}]' first")
        found[name] = here[name]
        left += _asked(here[name], (extra,))
    extras: dict[str, set[str]] = {NAME: set(EXTRAS)}
    for name, extra in seen:
        extras.setdefault(name, set()).add(extra)
    return found, extras


def _asked(one: Distribution, extras: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    for extra in ("", *extras):
        for name, wanted in _requirements(one, extra):
            yield from ((name, more) for more in ("", *wanted))


def _wanted(one: Distribution, extras: set[str]) -> set[str]:
    """Give the names of what a package needs with the extras that it is asked for with."""
    return {name for extra in {"", *extras} for name, _ in _requirements(one, extra)} - {_plain(one.name)}


def _requirements(one: Distribution, extra: str) -> Iterator[tuple[str, set[str]]]:
    from packaging.requirements import Requirement

    for line in one.requires or ():
        asked = Requirement(line)
        if asked.marker is None or asked.marker.evaluate({"extra": extra}):
            yield _plain(asked.name), asked.extras


def _component(one: Distribution) -> dict[str, Any]:
    said_of = [text for name in ("License-Expression", "License") for text in one.metadata.get_all(name) or ()]
    short = next((text.strip().splitlines()[0][:100] for text in said_of if text.strip()), "")
    said = {"type": "library", "bom-ref": _reference(one), "name": _plain(one.name), "version": one.version}
    return {**said, "purl": _reference(one), **({"licenses": [{"license": {"name": short}}]} if short else {})}


def _reference(one: Distribution) -> str:
    return f"pkg:pypi/{_plain(one.name)}@{one.version}"


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _digest(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def _write(file: Path, text: str) -> None:
    file.write_text(text, encoding="utf-8")


def main() -> int:
    """Make one."""
    parser = argparse.ArgumentParser(prog="python -m scripts.release", description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    try:
        for file in release(parser.parse_args().folder):
            print(file)
    except Refused as why:
        print(f"refused: {why}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
