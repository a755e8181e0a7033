"""What lies in the store of objects goes with its check, also what somebody was still bringing."""

from __future__ import annotations

from countermark.tests.docket.rooms import HOUR, Room


def test_bundles_go_with_the_record_and_not_with_the_media(fresh: Room) -> None:
    check_id = fresh.finished().id
    other = fresh.finished().id
    for one in (check_id, other):
        fresh.objects.put_bytes(f"bundles/{one}/a.zip", b"bundle")
    fresh.clock.move(HOUR)
    fresh.docket.sweep()
    assert not fresh.has_media(check_id) and fresh.objects.size(f"bundles/{check_id}/a.zip")
    fresh.docket.delete(check_id, "key:1")
    assert fresh.objects.size(f"bundles/{check_id}/a.zip") is None
    assert fresh.objects.size(f"bundles/{other}/a.zip"), "of another check"
    fresh.clock.move(days=30)
    fresh.docket.sweep()
    assert fresh.objects.size(f"bundles/{other}/a.zip") is None


def test_a_bundle_that_was_still_being_made_goes_with_a_later_sweep(fresh: Room) -> None:
    check_id = fresh.finished().id
    fresh.docket.delete(check_id, "key:1")
    fresh.objects.put_bytes(f"bundles/{check_id}/a.zip", b"bundle")  # and then the server is killed
    fresh.docket.sweep()
    assert fresh.objects.size(f"bundles/{check_id}/a.zip")
    fresh.clock.move(HOUR)
    fresh.docket.sweep()
    assert fresh.objects.size(f"bundles/{check_id}/a.zip") is None
    fresh.objects.put_bytes(f"bundles/{check_id}/a.zip", b"bundle")
    fresh.docket.sweep()
    assert fresh.objects.size(f"bundles/{check_id}/a.zip"), "it is looked at twice, and not for ever"
