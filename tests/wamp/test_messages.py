from __future__ import annotations

import pytest

from wampedge.wamp.messages import (
    MESSAGE_BY_TYPE,
    Call,
    Published,
    Registered,
    Unregistered,
)
from wampedge.wamp.payload import Payload


def test_every_message_type_has_its_number() -> None:
    """The numbers of the specification, and 337 as autobahn uses it."""
    assert sorted(MESSAGE_BY_TYPE) == [
        1, 2, 3, 4, 5, 6, 8,
        16, 17, 32, 33, 34, 35, 36,
        48, 49, 50, 64, 65, 66, 67, 68, 69, 70,
        337,
    ]  # fmt: skip


def test_messages_are_equal_by_their_fields() -> None:
    assert Call(1, {}, "a.b", Payload([2])) == Call(1, {}, "a.b", Payload([2]))
    assert Call(1, {}, "a.b", Payload([2])) != Call(1, {}, "a.b", Payload([3]))


def test_messages_of_two_types_are_never_equal() -> None:
    assert Published(1, 2) != Registered(1, 2)


def test_a_message_shows_its_fields() -> None:
    assert repr(Unregistered(3)) == "Unregistered(request_id=3, details={})"


def test_messages_cannot_be_hashed() -> None:
    with pytest.raises(TypeError, match="unhashable"):
        hash(Published(1, 2))


def test_two_messages_share_no_details() -> None:
    assert Unregistered(1).details is not Unregistered(2).details
