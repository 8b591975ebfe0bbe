from __future__ import annotations

import enum
import math
from typing import Any

import pytest

from wampedge.errors import LocalProtocolError
from wampedge.wamp.json_encoding import encode_string, encode_values


class Colour(enum.StrEnum):
    RED = "red"


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ([], "[]"),
        ([1, "a", None, True, 1.5], '[1,"a",null,true,1.5]'),
        (['é\n"\\/'], '["é\\n\\"\\\\/"]'),
        (
            [b"\x00\xff", bytearray(b""), memoryview(b"x")],
            '["\\u0000AP8=","\\u0000","\\u0000eA=="]',
        ),
        ([{"k": (1, 2)}], '[{"k":[1,2]}]'),
        ([Colour.RED, 2**70], '["red",1180591620717411303424]'),
        (
            [math.nan, {"k": [math.inf, b"x"]}, (-math.inf, "a")],
            '[null,{"k":[null,"\\u0000eA=="]},[null,"a"]]',
        ),
        (['say "\0'], '["say \\"\\u0000"]'),
        ([{"\0key": 1}], '[{"\\u0000key":1}]'),
    ],
)
def test_values_and_their_text(values: Any, text: str) -> None:
    assert encode_values(values, is_checked=False) == text.encode()


@pytest.mark.parametrize("values", [["\0"], [["\0a"]], [{"k": {"k": "\0"}}], [("\0",)]])
def test_a_text_that_starts_with_nul_is_refused(values: Any) -> None:
    with pytest.raises(LocalProtocolError, match="starts with NUL"):
        encode_values(values, is_checked=True)


def test_a_huge_integer_is_refused() -> None:
    with pytest.raises(LocalProtocolError, match="cannot be sent in JSON"):
        encode_values([10**5000], is_checked=False)


def test_a_type_that_slipped_through_is_refused() -> None:
    with pytest.raises(LocalProtocolError, match="value of type set"):
        encode_values([{1}], is_checked=True)


def test_a_lone_surrogate_is_refused() -> None:
    with pytest.raises(LocalProtocolError, match="lone surrogate"):
        encode_values(["\ud800"], is_checked=True)
    with pytest.raises(LocalProtocolError, match="lone surrogate"):
        encode_string("\ud800")


def test_a_string_alone() -> None:
    assert encode_string('a.b"ü') == '"a.b\\"ü"'.encode()
    with pytest.raises(LocalProtocolError, match="starts with NUL"):
        encode_string("\0")
