from __future__ import annotations

from typing import Any

import pytest

from wampedge.errors import LocalProtocolError
from wampedge.wamp.payload import EMPTY, Elements, Payload


class RecordedCodec:
    """Writes elements as their repr and notes what it was asked."""

    def __init__(self, name: str = "recorded", *, can_write: bool = True) -> None:
        self.name = name
        self.can_write = can_write
        self.calls: list[bool] = []

    def encode_tail(self, elements: Elements, *, is_checked: bool) -> bytes:
        self.calls.append(is_checked)
        if not self.can_write:
            raise LocalProtocolError("no form for it")
        return repr(list(elements)).encode()


@pytest.mark.parametrize(
    ("payload", "elements"),
    [
        (Payload(), ()),
        (Payload([1]), ([1],)),
        (Payload((1, 2)), ([1, 2],)),
        (Payload([1], {"unit": "V"}), ([1], {"unit": "V"})),
        (Payload([], {"unit": "V"}), ([], {"unit": "V"})),
        (Payload([], {}), ()),
        (Payload.sealed(b"\x01"), (b"\x01",)),
    ],
)
def test_a_payload_has_zero_to_two_elements(payload: Payload, elements: Any) -> None:
    assert payload.elements == elements


def test_arguments_are_copied_from_their_maker() -> None:
    args, kwargs = [1], {"unit": "V"}
    payload = Payload(args, kwargs)

    args.append(2)
    kwargs["unit"] = "A"

    assert payload == Payload([1], {"unit": "V"})


def test_an_empty_payload_has_no_arguments() -> None:
    assert (EMPTY.args, EMPTY.kwargs, EMPTY.blob) == ((), {}, None)


def test_a_sealed_payload_shows_its_blob_and_no_arguments() -> None:
    payload = Payload.sealed(b"\x01\x02")

    assert (payload.args, payload.kwargs, payload.blob) == ((), {}, b"\x01\x02")


def test_raw_bytes_are_passed_on_untouched() -> None:
    codec = RecordedCodec()
    payload = Payload.raw(codec, b"as it came", ([1],))

    assert payload.tail(codec) == b"as it came"
    assert codec.calls == []
    assert payload.args == [1]


def test_a_payload_is_written_once_for_each_serializer() -> None:
    one, two = RecordedCodec("one"), RecordedCodec("two")
    payload = Payload([1])

    tails = [payload.tail(one), payload.tail(one), payload.tail(two), payload.tail(two)]

    assert tails == [b"[[1]]"] * 4
    assert one.calls == [False]
    assert two.calls == [True]


def test_what_came_in_is_not_checked_again() -> None:
    other = RecordedCodec("other")

    Payload.raw(RecordedCodec(), b"", ([1],)).tail(other)

    assert other.calls == [True]


def test_a_serializer_that_cannot_write_it_spoils_it_for_nobody_else() -> None:
    stubborn, able = RecordedCodec("stubborn", can_write=False), RecordedCodec("able")
    payload = Payload.raw(RecordedCodec(), b"", ([2**70],))

    with pytest.raises(LocalProtocolError, match="no form"):
        payload.tail(stubborn)

    assert payload.tail(able) == b"[[1180591620717411303424]]"


def test_payloads_are_equal_by_what_they_carry() -> None:
    raw = Payload.raw(RecordedCodec(), b"anything", ([1], {}))

    assert raw == Payload((1,))
    assert hash(raw) == hash(Payload((1,)))
    assert Payload.sealed(b"1") != Payload()
    assert Payload.sealed(b"1") != Payload.sealed(b"2")
    assert Payload() != ()


def test_a_payload_shows_what_it_carries() -> None:
    assert repr(Payload((1,), {"a": 2})) == "Payload([1], {'a': 2})"
    assert repr(Payload.sealed(b"x")) == "Payload.sealed(b'x')"


def test_value_is_the_first_argument_if_there_is_one() -> None:
    assert Payload((5, 6)).value == 5
    assert Payload((), {"unit": "V"}).value is None
    assert Payload.sealed(b"\x00").value is None
