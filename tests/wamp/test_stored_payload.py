from __future__ import annotations

from typing import Any

import pytest

from wampedge.errors import LocalProtocolError
from wampedge.wamp.messages import Event
from wampedge.wamp.payload import EMPTY, Payload
from wampedge.wamp.serializers import SERIALIZERS
from wampedge.wamp.stored_payload import StoredPayload

JSON, MSGPACK = SERIALIZERS["json"], SERIALIZERS["msgpack"]


def received(text: bytes) -> Payload:
    """Return the payload of an EVENT that came in as JSON, with *text* after its details."""
    event = JSON.decode(b"[36,1,1,{}" + text + b"]")
    assert isinstance(event, Event)
    return event.payload


def test_the_bytes_that_came_in_are_given_out_untouched() -> None:
    payload = received(b', [ 1.50 ], {"unit" : "lx"}')

    stored = StoredPayload(payload)

    assert stored.size_bytes == 27
    restored = stored.restore()
    assert restored.tail(JSON) == b', [ 1.50 ], {"unit" : "lx"}'
    assert restored == payload


def test_a_payload_is_written_for_the_other_serializer_from_its_values() -> None:
    stored = StoredPayload(received(b',["\\u0000AAE="]'))

    assert stored.restore().tail(MSGPACK) == b"\x91\xc4\x02\x00\x01"


@pytest.mark.parametrize("elements", [([1],), ([], {"a": None})])
def test_a_payload_that_never_was_bytes_is_kept_as_bytes_too(elements: tuple[Any, ...]) -> None:
    stored = StoredPayload(Payload(*elements))

    assert stored.size_bytes > 0
    assert stored.restore() == Payload(*elements)


def test_an_empty_payload_takes_nothing() -> None:
    stored = StoredPayload(Payload())

    assert stored.size_bytes == 0
    assert stored.restore() is EMPTY


@pytest.mark.parametrize("blob", [b"\x00\x01", "sealed"])
def test_a_blob_stays_what_it_is(blob: bytes | str) -> None:
    stored = StoredPayload(Payload.sealed(blob))

    assert stored.size_bytes == len(blob)
    assert stored.restore().blob == blob


def test_a_payload_one_serializer_cannot_write_is_kept_in_the_other() -> None:
    assert StoredPayload(Payload([2**70])).restore().args == [2**70]
    assert StoredPayload(Payload(["\x00a"])).restore().args == ["\x00a"]


def test_a_payload_nobody_can_write_is_not_kept() -> None:
    with pytest.raises(LocalProtocolError):
        StoredPayload(Payload([object()]))


@pytest.mark.parametrize(
    "payload",
    [Payload(), Payload([1.5], {"unit": "lx"}), Payload.sealed(b"\x00"), Payload.sealed("AA==")],
)
def test_a_payload_is_made_again_of_its_parts(payload: Payload) -> None:
    stored = StoredPayload.of_parts(*StoredPayload(payload).parts)

    assert stored.restore() == payload


def test_parts_name_the_serializer_the_payload_came_in() -> None:
    assert StoredPayload(received(b",[ 1 ]")).parts == ("json", 1, b",[ 1 ]")


def test_parts_of_a_serializer_there_is_none_of_are_refused() -> None:
    with pytest.raises(KeyError):
        StoredPayload.of_parts("pickle", 1, b"")
