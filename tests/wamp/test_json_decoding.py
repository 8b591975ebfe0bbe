from __future__ import annotations

from typing import Any

import pytest

from wampedge.errors import InvalidPayloadError, RemoteProtocolError
from wampedge.wamp.json_decoding import decode_text, decode_values, end_of_value
from wampedge.wamp.messages import Call, Message, Publish, Yield


def decode(data: bytes) -> Any:
    return decode_values(decode_text(data))[0]


@pytest.mark.parametrize(
    ("data", "values"),
    [
        (b"[]", []),
        (b' \t\r\n[1,"a",null,true,-1.5e3] \n', [1, "a", None, True, -1500.0]),
        ('["é\\u00e9\\n"]'.encode(), ["éé\n"]),
        (b'["\\ud83d\\ude00"]', ["\U0001f600"]),
        (b'["\\u0000AP8="]', [b"\x00\xff"]),
        (b'[{"\\u0000AP8=":"\\u0000"}]', [{"\0AP8=": b""}]),
        (b'["a\\u0000AP8="]', ["a\0AP8="]),
        (b"[1180591620717411303424]", [2**70]),
    ],
)
def test_json_as_it_should_be(data: bytes, values: Any) -> None:
    assert decode(data) == values


@pytest.mark.parametrize(
    "data",
    [
        b"", b" ", b"[", b"[1", b"[1,]", b"nul", b'["a]', b"[1] [2]", b"[1]]", b"[01]", b"['a']",
        b'["\x01"]', b"\xff", b'["\xed\xa0\x80"]', b'["\\x"]', b"\xef\xbb\xbf[]", b"[" * 100_000,
        b"[" + b"9" * 100_000 + b"]", b"[1.]", b"[+1]", b"[1_0]",
    ],
)  # fmt: skip
def test_broken_json_is_refused(data: bytes) -> None:
    """Rows P5, P27 and P28."""
    with pytest.raises(RemoteProtocolError, match="JSON"):
        decode(data)


@pytest.mark.parametrize("text", ['"\\ud800"', '"\\udc00\\ud800"', '{"\\ud800":1}', '["a\\uDFFF"]'])
def test_a_lone_surrogate_is_refused(text: str) -> None:
    """Row P30."""
    with pytest.raises(RemoteProtocolError, match="lone surrogate"):
        decode(f"[{text}]".encode())


@pytest.mark.parametrize("text", ["\\u0000x", "\\u0000AP8", "\\u0000 AP8=", "\\u0000AP8=="])
def test_broken_base64_is_refused(text: str) -> None:
    with pytest.raises(RemoteProtocolError, match="not JSON"):
        decode(f'["{text}"]'.encode())


def test_limits_hold_for_each_element_of_the_message() -> None:
    at_limit = b"[" + b"[0" + b",0" * 9_999 + b"]" + b"]"
    beyond = b"[" + b"[0" + b",0" * 10_000 + b"]" + b"]"

    assert decode(at_limit) == [[0] * 10_000]
    with pytest.raises(RemoteProtocolError, match="more than 10000"):
        decode(beyond)


def test_a_message_is_nested_32_levels_deep_at_most() -> None:
    assert decode(b"[" * 32 + b"]" * 32)
    with pytest.raises(RemoteProtocolError, match="nested deeper than 32"):
        decode(b"[" * 33 + b"]" * 33)


def test_many_brackets_in_texts_and_side_by_side_are_no_depth() -> None:
    assert decode(b'["' + b"[{" * 50 + b'"]') == ["[{" * 50]
    assert decode(b"[" + b",".join([b"[]"] * 50) + b"]") == [[]] * 50


@pytest.mark.parametrize(
    "number", ["NaN", "Infinity", "-Infinity", "1e999", "-1e999", "1" * 400 + ".0"]
)
@pytest.mark.parametrize(
    ("text", "head"),
    [
        ('[48,7,{},"a.b",[%s]]', Call(7, {}, "a.b")),
        ('[16,7,{"x":1.5},"t",[],{"k":[%s]}]', Publish(7, {"x": 1.5}, "t")),
        ("[70,7,{},[%s]]", Yield(7, {})),
    ],
)
def test_a_number_that_is_none_spoils_the_arguments_only(
    text: str, head: Message, number: str
) -> None:
    """Row P6: the error holds the message, so that it can be answered."""
    with pytest.raises(InvalidPayloadError, match=r"no JSON number|too large") as caught:
        decode((text % number).encode())

    assert caught.value.message == head
    assert caught.value.reason == "wamp.error.invalid_argument"


@pytest.mark.parametrize(
    "text",
    [
        '[48,7,{"timeout":NaN},"a.b"]', '[48,NaN,{},"a.b"]', "[17,1,NaN]", "NaN", "[NaN]", "[]NaN",
        '[48,7,{},"a.b",[NaN]', '[48,7,{},"a.b",NaN]', '[48,7,{},"a.b",{"k":NaN}]',
        '[48,7,{"x":[Infinity]},"a.b",[1]]', '[48,7,{},"\\ud800",[NaN]]', '[1,"r",{"x":1e999}]',
        "[NaN," + "[" * 100_000,
    ],
)  # fmt: skip
def test_a_number_that_is_none_elsewhere_breaks_the_message(text: str) -> None:
    with pytest.raises(RemoteProtocolError, match="JSON") as caught:
        decode(text.encode())

    assert caught.value.reason == "wamp.error.protocol_violation"


def test_the_end_of_a_value() -> None:
    assert end_of_value('[1,{"a":[]},2]', 3) == 11
