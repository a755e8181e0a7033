"""Messages are read or refused with a reason, whatever they hold, and name nothing that the operator does not let."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from countermark.errors import SettingsInvalid
from countermark.moderation import Item
from countermark.streams import Allowed, Arrival, Refused, Stored, Wish, named, read, root, stored
from tests.streams.rooms import ALLOWED, message


def one(raw: bytes | dict[str, Any], allowed: Allowed = ALLOWED) -> Arrival | Refused:
    text = raw if isinstance(raw, bytes) else json.dumps({"countermark": 1, **raw}).encode()
    (found,) = read(text, "t-0-1", allowed)
    return found


def test_a_message_says_all_that_a_check_takes() -> None:
    said = message("a/clip 1.mp4", id="s-1", item_id="v-1", item_type="video", metadata={"age": 3}, version="v2")
    assert one(said) == Arrival(
        "id:s-1", Stored("s3://in", "a/clip 1.mp4", "", "v2"), Item("v-1", "video"), metadata={"age": 3}
    )
    assert one({"url": "https://media.example/a.mp4"}) == Arrival("t-0-1", "https://media.example/a.mp4")


@pytest.mark.parametrize(
    ("raw", "word"),
    [
        (b"", "no JSON"),
        (b"\xff\xfe", "no JSON"),
        (b"[" * 100_000, "no JSON"),
        (b"[]", "no JSON object"),
        (b"9" * 5000, "no JSON"),
        (b" " * (1 << 21), "more than"),
        (b'{"countermark": 1, "object": "s3://in/a", "name": "\\ud800"}', "can't be kept"),
        (b'{"countermark": 1, "object": "s3://in/a", "name": "\\u0000"}', "can't be kept"),
        (b'{"object": "s3://in/a"}', "countermark"),
        (b'{"countermark": true, "object": "s3://in/a"}', "countermark"),
        (b'{"countermark": 1.0, "object": "s3://in/a"}', "countermark"),
        (b'{"countermark": 2, "object": "s3://in/a"}', "countermark"),
        ({"object": "s3://in/a", "tenant": "other"}, "tenant"),
        ({"object": "s3://in/a", "url": "https://a.example/"}, "one of"),
        ({"object": "s3://in/a", "item_id": "x"}, "item_type"),
        ({"object": "s3://in/a", "metadata": {"a": {"b": 1}}}, "metadata"),
        (b'{"countermark": 1, "object": "s3://in/a", "metadata": {"a": NaN}}', "metadata"),
        ({"object": "s3://other/a"}, "outside"),
        ({"object": "s3://inner/a"}, "outside"),
        ({"object": "s3://in/../other/a"}, "'..'"),
        ({"object": "s3://in//a"}, "empty parts"),
        ({"object": "s3://in"}, "outside"),
        ({"object": "file:///etc/passwd"}, "no object"),
        ({"object": "/etc/passwd"}, "no object"),
        ({"object": "s3://in/" + 3000 * "a"}, "more than"),
        ({"object": "s3://in/a\nb"}, "control"),
        ({"url": "http://media.example/a.mp4"}, "https"),
        ({"url": "file:///etc/passwd"}, "https"),
        ({"url": "https://me:secret@media.example/a"}, "URL"),
    ],
)
def test_what_can_not_be_taken_is_refused_with_a_reason(raw: bytes | dict[str, Any], word: str) -> None:
    found = one(raw)
    assert isinstance(found, Refused) and word in found.reason and "secret" not in found.reason


def test_a_url_is_taken_where_the_operator_lets_it_alone() -> None:
    found = one({"url": "https://media.example/a.mp4"}, Allowed(("s3://in",)))
    assert isinstance(found, Refused) and "objects alone" in found.reason


def record(event: str = "ObjectCreated:Put", key: str = "a+b%2Fc%C3%A9.mp4", **thing: Any) -> dict[str, Any]:
    told = {"bucket": {"name": "in"}, "object": {"key": key, "size": 5, **thing}}
    return {"eventName": event, "s3": told}


def told(*records: Any) -> tuple[Arrival | Refused, ...]:
    return read(json.dumps({"Records": list(records)}).encode(), "m", ALLOWED)


def test_a_stores_notification_names_the_version_or_the_tag() -> None:
    (found,) = told(record(eTag="e1", sequencer="9"))
    assert found == Arrival(
        "in/a b/cé.mp4/e1.9", Stored("s3://in", "a b/cé.mp4", "e1"), Item("s3://in/a b/cé.mp4", "object")
    )
    back = told(record(eTag="A", sequencer="1"), record(eTag="B", sequencer="2"), record(eTag="A", sequencer="3"))
    assert len({one.key for one in back}) == 3, "what comes back after another is another submission"
    (found,) = told(record("s3:ObjectCreated:CompleteMultipartUpload", eTag="e1", versionId="v1"))
    assert found.key.endswith("/v1") and isinstance(found, Arrival)
    assert found.media == Stored("s3://in", "a b/cé.mp4", "", "v1")
    (found,) = told(record(versionId="null", sequencer="9"))
    assert found.key.endswith("/9")


def test_of_many_records_each_is_for_itself() -> None:
    gone, folder = record("ObjectRemoved:Delete"), record(key="made/", size=0)
    other = {"eventName": "ObjectCreated:Put", "s3": {"bucket": {"name": "b"}, "object": {"key": "k", "eTag": "e"}}}
    found = told(record(eTag="1"), gone, folder, {"x": 1}, 7, other, record(eTag="2"))
    assert [type(one).__name__ for one in found] == ["Arrival", "Refused", "Refused", "Refused", "Arrival"]
    assert read(b'{"Service": "Amazon S3", "Event": "s3:TestEvent"}', "m", ALLOWED) == ()


def test_a_notification_is_taken_out_of_its_envelope_and_no_subscription_is_followed() -> None:
    records = {"Records": [record(eTag="e1")]}
    envelope = {"Type": "Notification", "MessageId": "1", "Message": json.dumps(records)}
    assert read(json.dumps(envelope).encode(), "m", ALLOWED) == told(record(eTag="e1"))
    for plain, word in (
        ({"Type": "SubscriptionConfirmation", "SubscribeURL": "http://127.0.0.1/"}, "SubscribeURL yourself"),
        ({"Type": "Notification", "Message": "it is done"}, "no JSON"),
        ({"Type": "Notification", "Message": '"\\ud800"'}, "can't be kept"),
    ):
        (found,) = read(json.dumps(plain).encode(), "m", ALLOWED)
        assert isinstance(found, Refused) and word in found.reason


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["Records", "s3", "object", "key", "bucket", "name", "eventName"]), inner)
    ),
    max_leaves=12,
)


@given(JSON)
@settings(max_examples=200, deadline=None)
def test_nothing_that_comes_is_an_error(plain: Any) -> None:
    for text in (json.dumps(plain), json.dumps({"Records": [plain]})):
        for found in read(text.encode(), "m", ALLOWED):
            assert isinstance(found, Arrival | Refused)


def test_roots_are_buckets_or_what_lies_below_a_prefix() -> None:
    assert root("s3://in/a/") == "s3://in/a"
    assert stored(Allowed(("s3://in/a", "s3://in")), "s3://in/b.mp4") == Stored("s3://in", "b.mp4")
    for wrong in ("/in", "file:///in", "s3://", "https://in/a"):
        with pytest.raises(SettingsInvalid):
            root(wrong)


@pytest.mark.parametrize(
    "address",
    ["kafka://host:9092", "kafka:///topic", "redis://:secret@host/s", "redis://h/a?password=secret", "ftp://h/x"],
)
def test_addresses_that_are_none_are_refused_and_not_said_back(address: str) -> None:
    with pytest.raises(SettingsInvalid) as said:
        named(Wish(address))
    assert "secret" not in str(said.value)
    assert named(Wish("rediss://h:1/uploads")) == "redis:uploads" and named(Wish("kafka://h:1,g:2/t")) == "kafka:t"
