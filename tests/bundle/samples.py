"""Checks that were made, as the docket would give them, with pictures in a real store."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np

from countermark.docket.values import Check, CheckPicture, Hold, Revision
from countermark.evidence import CredentialDetails, Evidence, HumanDetails
from countermark.objects import Objects
from countermark.verdict import Judgement, Verdict, fold

DIGEST = "ab" * 32
SCRIPT = "<script>alert(1)</script>"
AT = "2026-03-04T05:06:07.000008+00:00"


def verdict(*more: Evidence, synthetic: bool = True, title: str = SCRIPT) -> Verdict:
    credentials = CredentialDetails(
        "urn:c2pa:1", "trusted", True, signer="Studio", title=title, says_synthetic=synthetic,
        source_types=("http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia",) if synthetic else (),
    )  # fmt: skip
    seen = Evidence(DIGEST, "container", "credentials", "2", "present", details=credentials)
    return fold(DIGEST, (seen, *more), Judgement(), ("sound",))


def revision(number: int, of: Verdict, **said: str) -> Revision:
    given = {"at": AT, "who": "the service", "why": "first", "note": "", **said}
    return Revision(number, verdict=of, versions={"countermark": "0.1", "mark": "1"}, **given)  # type: ignore[arg-type]


def check(objects: Objects, **more: object) -> Check:
    person = HumanDetails("genuine", f"Ann {SCRIPT}", 'saw "it"')
    human = Evidence(DIGEST, "video", "person", "1", "present", details=person)
    first, second = verdict(), verdict(human)
    made = Check(
        id="chk_abc", tenant_id="ten_secret", made_by="key:1", source="url", name=f"a {SCRIPT} & b.mp4",
        status="succeeded", stage="done", lane="live", created_at=AT, url="https://example.org/v.mp4?a=1&b=<2>",
        content_hash=DIGEST, bytes=1234, object_key="media/chk_abc", outcome=second.outcome,
        callback_url="https://hook.example/token", metadata={"secret": "of the asker"}, finished_at=AT,
        revisions=(revision(1, first), revision(2, second, who="person:7", why="human", note=f"looked {SCRIPT}")),
        pictures=pictures(objects), holds=(Hold("h", "review", "private note", "x", AT),),
    )  # fmt: skip
    return replace(made, **more)  # type: ignore[arg-type]


def pictures(objects: Objects) -> tuple[CheckPicture, ...]:
    found = []
    for number, (kind, name) in enumerate((("key_frame", "key-1.jpg"), ("heat_map", "heat-1.png"))):
        image = np.full((36, 64, 3), 60 * number + 40, np.uint8)
        key = f"pictures/chk_abc/{name}"
        objects.put_bytes(key, cv2.imencode(Path(name).suffix, image)[1].tobytes())
        found.append(CheckPicture(name, kind, 1.5, f"a {kind} {SCRIPT}", key))  # type: ignore[arg-type]
    return tuple(found)
