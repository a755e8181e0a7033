"""Each line of curl in the docs, run as it stands there, by curl itself, against a real server."""

import os
import re
import subprocess
from pathlib import Path

import pytest

from countermark import keyring
from countermark.accounts import MAIN, SCOPES, passwords
from countermark.docket import Stamps
from countermark.docket.uploads import Uploads
from countermark.moderation.deciding import Deciding
from countermark.moderation.policies.shipped import DEFAULTS, source
from countermark.provenance import Record
from tests import recipes
from tests.api.served import VERSIONS, Place, told

DOCS = Path(__file__).parents[3] / "docs"
MANIFEST_ID = "urn:c2pa:5e7f2c1a-8d3b-4f6e-9a0c-1b2d3e4f5a6b"


def lines(name: str) -> list[str]:
    """Give the commands of a page; a command may go on in the next line.

    Those that say "# a bucket" need a store that is one: tests/api/v1/test_upload_store.py goes these steps.
    """
    text = (DOCS / name).read_text().replace("\\\n", " ")
    found = re.findall(r"^ {4}((?:curl |N=\$\(curl ).*)$", text, re.MULTILINE)
    return [line for line in found if "# a bucket" not in line]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the lines are run: the films that they speak of are there."""
    made = tmp_path_factory.mktemp("work")
    for name in ("clip.mp4", "film.mp4"):
        recipes.clip(made / name, seconds=0.2, size=(64, 48))
    (made / "mine.yaml").write_text(source(DEFAULTS[0]).replace(f"policy: {DEFAULTS[0]}", "policy: mine", 1))
    return made


@pytest.fixture(scope="module", autouse=True)
def signs(place: Place) -> None:
    """Whoever hands out evidence signs it."""
    keyring.init_development(place.options.home)


def filled_in(line: str, place: Place, folder: Path) -> str:
    """Put something that is there in the place of each `...`."""
    uploads, objects = Uploads(place.options, objects=place.service.objects), place.service.objects
    tenant = MAIN if "$K" in line else "public"
    check, manage = place.opened(tenant)
    if manage is None or "X-Manage-Token" not in line:
        check = place.finished(tenant)
    size = (folder / "clip.mp4").stat().st_size
    upload = uploads.begin(MAIN, "key:test", "clip.mp4", size, "tus")
    if "upload_id" in line:
        objects.put_file(upload.object_key, folder / "clip.mp4")
        uploads.whole(upload.id, "0" * 64, size=size)
    if "tail -c" in line:  # a part of it is there already
        piece = {"Tus-Resumable": "1.0.0", "Upload-Offset": "0", "Content-Type": "application/offset+octet-stream"}
        first = (folder / "clip.mp4").read_bytes()[:100]
        said = place.ask("PATCH", f"/v1/uploads/{upload.id}", headers={**place.key(*SCOPES), **piece}, content=first)
        assert said.status_code == 204, said.text
    stamps = Stamps(place.options, objects=objects)
    stamp = stamps.open(MAIN, "key:test", "film.mp4", {})
    objects.put_bytes(f"stamps/{stamp.id}/out", b"labelled")
    stamps.begin(stamp.id)
    stamps.finish(stamp.id, f"stamps/{stamp.id}/out", {"name": "film.stamped.mp4", "manifest_id": MANIFEST_ID})
    hold = place.service.docket.place_hold(check.id, "review", "x", "test") if "hld_" in line else None
    if place.service.registry.by_manifest(MANIFEST_ID) is None:
        place.service.registry.add(Record("00c0ffee00c0ff01", MANIFEST_ID, b"", "0" * 64, issuer="Example Studio"))
    etag = place.ask("GET", f"/v1/checks/{check.id}", headers=place.key(*SCOPES)).headers["etag"]
    for shown, given in (
        ("chk_", check.id),
        ("upl_", upload.id),
        ("stp_", stamp.id),
        ("hld_", hold.id if hold else ""),
        ("urn:c2pa:", MANIFEST_ID),
        ("X-Manage-Token: ", f"X-Manage-Token: {manage}"),
    ):
        line = re.sub(re.escape(shown) + r"(\.\.\.|…)", given, line)
    return line.replace('"4f1c..."', etag)


def run(line: str, place: Place, folder: Path, root: str) -> str:
    """Run a line, where curl fails on every refusal; gives what was said."""
    shell = 'curl() { command curl -sS --fail-with-body --max-time 30 "$@"; }; set -o pipefail; ' + line
    known = {**os.environ, "S": root, "K": "Authorization: " + place.key(*SCOPES)["Authorization"]}
    ran = subprocess.run(["bash", "-c", shell], cwd=folder, env=known, capture_output=True, text=True, timeout=60)
    assert ran.returncode == 0, (line, ran.stdout, ran.stderr)
    return ran.stdout


def is_silent(line: str) -> bool:
    """Whether nothing is to be read where it went well."""
    return "If-None-Match" in line or " -o " in line or "PATCH" in line or ("DELETE" in line and "hld_" not in line)


@pytest.mark.parametrize("line", lines("api.md"))
def test_a_line_of_the_api(line: str, place: Place, folder: Path) -> None:
    command = filled_in(line, place, folder)
    assert "..." not in command, "something stands in the docs that nothing is put in the place of"
    said = run(command, place, folder, place.base)
    assert is_silent(line) == (said == "")


@pytest.mark.parametrize("line", lines("client.md"))
def test_a_line_of_the_page_on_clients(line: str, place: Place, folder: Path) -> None:
    command = filled_in(line, place, folder)
    assert "…" not in command.partition("   #")[0]
    said = run(command, place, folder, f"{place.base}/v1")
    assert is_silent(line) == (said == "")


def test_the_walk_of_the_page_on_moderation(place: Place, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One line after the other: the ids that a line says stand in the next ones."""
    monkeypatch.setattr(passwords, "COST", 1 << 10)
    monkeypatch.setenv("ADA", "a long password of tests")
    place.accounts.add_person("ada@example.org", "reviewer", "a long password of tests", name="Ada")
    walk = lines("moderation.md")
    ids, said = dict[str, str](), ""
    for line in walk:
        for kind, id in ids.items():
            line = line.replace(f"{kind}_...", id)
        said = run(line, place, folder, place.base)
        ids |= {found.partition("_")[0]: found for found in re.findall(r"\b(?:rvw|dec|chk)_[a-z0-9]{26}", said)}
        if "$S/v1/checks" in line and "-F file" in line:  # what a worker does
            place.service.docket.at_stage(ids["chk"], "look")
            place.service.docket.finish(ids["chk"], told(), VERSIONS)
            Deciding(place.options).decide(ids["chk"])
    assert set(ids) == {"rvw", "dec", "chk"} and len(walk) >= 12
    assert said.startswith("<!doctype html>") and "Those whose check it is show its result to everybody." in said


def test_a_line_that_is_refused_is_seen(place: Place, folder: Path) -> None:
    with pytest.raises(AssertionError, match="error: 404"):
        run("curl $S/v1/checks/chk_none", place, folder, place.base)


def test_no_page_has_lost_its_lines() -> None:
    assert len(lines("api.md")) >= 19 and len(lines("client.md")) >= 10
    assert "tail -c" in " ".join(lines("client.md"))
    for act in ("/holds", "/findings", "/revoke", "/feedback", "/bundle", "/stamps", "/uploads", "/events"):
        assert any(act in line for line in lines("api.md")), act
