"""How much may come in: from one, from all, and as much as there is room for."""

from __future__ import annotations

import itertools
import os
from pathlib import Path

import pytest

from countermark.errors import DiskFull
from countermark.objects import Arriving, opened
from countermark.settings import Service, Settings
from countermark.tests.api.service import Said, call
from countermark.tests.api.v1.uploading import FILM, begin, digest, keyed, send, serving, stands
from countermark.tests.needs import small_disk


def test_so_many_may_be_begun_from_one_address(tmp_path: Path) -> None:
    with serving(tmp_path, {"COUNTERMARK_SERVICE__ANONYMOUS_CHECKS": "3"}) as server:
        answers = [call(server.base, "/uploads", {"name": "x", "bytes": 5}) for _ in range(4)]
        assert [said.status for said in answers] == [201, 201, 201, 429]
        assert int(answers[-1].headers["retry-after"]) > 0
        url = answers[0].json["url"]
        assert send(server.base, url, 0, b"films").status == 204, "what was begun goes on"


def test_keys_of_a_tenant_share_a_bound(tmp_path: Path) -> None:
    with serving(tmp_path, {"COUNTERMARK_SERVICE__TENANT_CHECKS": "3"}) as server:
        keys = [keyed(Settings(home=tmp_path)) for _ in range(4)]
        answers = [call(server.base, "/uploads", {"name": "x", "bytes": 5}, **key) for key in keys]
        assert [said.status for said in answers] == [201, 201, 201, 429]
        assert int(answers[-1].headers["retry-after"]) > 0


def test_what_a_folder_can_t_sign_takes_no_room(tmp_path: Path) -> None:
    with serving(tmp_path, {"COUNTERMARK_SERVICE__STANDING_BYTES": "2000"}) as server:
        key = keyed(Settings(home=tmp_path))
        for way, status in (("presigned", 422), ("presigned", 422), ("tus", 201)):
            said = call(server.base, "/uploads", {"name": "x", "bytes": 2000, "way": way}, **key)
            assert said.status == status, said.body


def test_so_many_bytes_may_be_here_at_a_time(tmp_path: Path) -> None:
    bounds = {"COUNTERMARK_SERVICE__ANONYMOUS_STANDING_BYTES": "1000", "COUNTERMARK_SERVICE__STANDING_BYTES": "2000"}
    with serving(tmp_path, bounds) as server:
        url = begin(server.base, 600)["url"]
        said = call(server.base, "/uploads", {"name": "x", "bytes": 401})
        assert said.status == 429 and int(said.headers["retry-after"]) > 60 and "later" in said.json["advice"]
        assert call(server.base, "/uploads", {"name": "x", "bytes": 1001}).status == 413, "it never could"
        key = keyed(Settings(home=tmp_path))
        assert call(server.base, "/uploads", {"name": "x", "bytes": 2000}, **key).status == 201
        assert call(server.base, "/uploads", {"name": "x", "bytes": 1}, **key).status == 429
        assert call(server.base, url, method="DELETE", prefix=False).status == 204
        begin(server.base, 1000)


def test_so_many_bytes_of_one_address_may_be_here(tmp_path: Path) -> None:
    """Who asks from elsewhere finds room still; whoever has a key does not count among them."""
    bounds = {
        "COUNTERMARK_SERVICE__ADDRESS_STANDING_BYTES": "1000",
        "COUNTERMARK_SERVICE__ANONYMOUS_STANDING_BYTES": "1900",
        "COUNTERMARK_SERVICE__PROXIES": "127.0.0.1",
    }
    with serving(tmp_path, bounds) as server:

        def asked(address: str, size: int, **headers: str) -> Said:
            return call(server.base, "/uploads", {"name": "x", "bytes": size}, X_Forwarded_For=address, **headers)

        begun = asked("192.0.2.1", 600)
        said = asked("192.0.2.1", 401)
        assert said.status == 429 and int(said.headers["retry-after"]) > 60 and "later" in said.json["advice"]
        assert "from your address" in said.json["detail"] and "192.0.2.1" not in said.body.decode()
        assert asked("192.0.2.1", 1001).status == 413, "it never could"
        assert asked("192.0.2.1", 1900, **keyed(Settings(home=tmp_path))).status == 201
        assert asked("2001:db8::1", 1000).status == 201
        assert asked("2001:db8::2", 1).status == 429, "a network of IPv6 is one"
        said = asked("192.0.2.2", 301)
        assert said.status == 429 and "together" in said.json["detail"]
        assert call(server.base, begun.json["url"], method="DELETE", prefix=False).status == 204
        assert asked("192.0.2.1", 900).status == 201


def test_a_full_disk_loses_nothing(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", "size=70m") as disk, serving(disk) as server:
        assert call(server.base, "/uploads", {"name": "x", "bytes": 68 << 20}).status == 507
        url = begin(server.base, len(FILM))["url"]
        assert send(server.base, url, 0, FILM[:1_000_000]).status == 204
        filler = disk / "filler"
        room = os.statvfs(disk)
        with filler.open("wb") as file:
            os.posix_fallocate(file.fileno(), 0, (room.f_bavail - 256) * room.f_bsize)
        said = send(server.base, url, 1_000_000, FILM[1_000_000:])
        assert said.status == 507 and said.json["advice"] and str(disk) not in said.body.decode()
        filler.unlink()
        offset = stands(server.base, url)
        assert offset == 1_000_000
        assert send(server.base, url, offset, FILM[offset:]).status == 204
        assert call(server.base, url, prefix=False).json["content_hash"] == digest(FILM)


def test_a_share_of_the_disk_stays_free(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", "size=100m") as disk:
        for free, fits in ((2 << 30, 90), (1 << 20, 98), (0, 99)):
            options = Settings(home=disk, service=Service(disk_free_bytes=free))
            arriving = Arriving(options, opened(options))
            arriving.make_room(fits << 20)
            with pytest.raises(DiskFull):
                arriving.make_room((fits + 7) << 20)


def test_memory_is_bounded(tmp_path: Path) -> None:
    blocks, size = itertools.repeat(os.urandom(1 << 16)), 256 << 20
    with serving(tmp_path) as server:
        url = begin(server.base, size)["url"]
        before = server.most_memory()
        sent = itertools.islice(blocks, size >> 16)
        said = send(server.base, url, 0, sent, Content_Length=str(size))  # type: ignore[arg-type]
        assert said.status == 204
        assert server.most_memory() - before < 40 << 20
        assert call(server.base, url, prefix=False).json["status"] == "whole"
