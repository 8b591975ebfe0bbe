from __future__ import annotations

from typing import Any

import pytest

from wampedge.errors import RemoteProtocolError
from wampedge.wamp.json_codec import JsonSerializer
from wampedge.wamp.messages import (
    Call,
    Error,
    Event,
    Invocation,
    Message,
    Publish,
    Published,
    Result,
    Subscribe,
    Yield,
)
from wampedge.wamp.payload import Payload

JSON = JsonSerializer()


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b'[48,7,{},"a.b"]', Call(7, {}, "a.b")),
        (b'[48,7,{"timeout":5},"a.b",[1]]', Call(7, {"timeout": 5}, "a.b", Payload([1]))),
        (b'[16,7,{},"\xc3\xbc",[],{"k":"\xc3\xa9"}]', Publish(7, {}, "ü", Payload([], {"k": "é"}))),
        (b"[17,7,8]", Published(7, 8)),
        (b"[70,7,{}]", Yield(7, {})),
        (b'[50,7,{"progress":true},[1,2]]', Result(7, {"progress": True}, Payload([1, 2]))),
        (b"[36,7,8,{},[null]]", Event(7, 8, {}, Payload([None]))),
        (b"[68,7,8,{},[1.5],{}]", Invocation(7, 8, {}, Payload([1.5]))),
        (b'[8,48,7,{},"a.e",["text"]]', Error(48, 7, {}, "a.e", Payload(["text"]))),
        (b'[32,7,{},"a.b"]', Subscribe(7, {}, "a.b")),
    ],
)
def test_messages_and_their_bytes(data: bytes, message: Message) -> None:
    assert JSON.decode(data) == message
    # A kwargs dict that is empty is kept by splicing only.
    assert JSON.encode(message) == data.replace(b",{}]", b"]") if b"[1.5]" in data else data
    assert JSON.encode(JSON.decode(data)) == data


@pytest.mark.parametrize(
    ("data", "event"),
    [
        (b'[16, 7, {}, "t", [1, 2]]', b"[36,1,2,{}, [1, 2]]"),
        (b'[16,7,{"x":[{}]},"t",[1]]', b"[36,1,2,{},[1]]"),
        (b'[16, 7, {"x": "]"}, "t", [1]]', b"[36,1,2,{}, [1]]"),
        ('[16,7,{"ü":1},"ü",["é"]]'.encode(), '[36,1,2,{},["é"]]'.encode()),
        (b'[16,7,{},"t",["\\u00e9"]]', b'[36,1,2,{},["\\u00e9"]]'),
        (b'[16,7,{},"t",[1e2,-0.0,1E+2]]', b"[36,1,2,{},[1e2,-0.0,1E+2]]"),
        (b'[16,7,{},"t",[1],{"k":1,"k":2}]', b'[36,1,2,{},[1],{"k":1,"k":2}]'),
        (b'[16,7,{},"t",["\\u0000eA=="]]', b'[36,1,2,{},["\\u0000eA=="]]'),
        (b' \n[16,7,{},"t",[1]] \n', b"[36,1,2,{},[1]]"),
        (b'[16,7,{},"t"]', b"[36,1,2,{}]"),
    ],
)
def test_the_bytes_of_arguments_are_kept(data: bytes, event: bytes) -> None:
    publish: Any = JSON.decode(data)

    assert JSON.encode(Event(1, 2, {}, publish.payload)) == event


@pytest.mark.parametrize(
    ("data", "event"),
    [
        (b'[16,7,null,"t",[1, 2]]', b"[36,1,2,{},[1,2]]"),
        (b'[16,7,{},"t",null,{"k": 1}]', b'[36,1,2,{},[],{"k":1}]'),
        (b'[16,7,{},"t",[1, 2],null]', b"[36,1,2,{},[1,2]]"),
        (b'[16 ,7,{},"t",[1, 2]]', b"[36,1,2,{},[1,2]]"),
        (b'[16,7,{},"\\u0074",[1, 2]]', b"[36,1,2,{},[1,2]]"),
        (b'[16,7,{}  ,"t",[1, 2]]', b"[36,1,2,{},[1,2]]"),
        (b'[16,7,{"x":1}  ,"t",[1, 2]]', b"[36,1,2,{},[1,2]]"),
    ],
)
def test_odd_forms_are_written_anew(data: bytes, event: bytes) -> None:
    publish: Any = JSON.decode(data)

    assert JSON.encode(Event(1, 2, {}, publish.payload)) == event


@pytest.mark.parametrize(
    "data",
    [
        b"148", b'"48x"', b'"[48,"', b"[48]", b"[48,1]", b"[48,1,{}]", b'[48,1,{},"a",1]',
        b'[48,1,{},"a",[],[]]', b'[48,0,{},"a"]', b'[48,9007199254740993,{},"a"]', b'[48,1,[],"a"]',
        b"[48,1,{},5]", b'[48,1,{},"a",[],{},1]', b'[480,1,{},"a"]', b"[70,1,{},{}]", b"[70,1]",
        b"[70,1,  []]", b"[70,1, []]", b'"48,1"', b'[49,7,{},"a",[1]]', b'[8,1,1,{},"a"]',
        b"[36,1,{}]", b"[36,1,0,{}]", b"[70,0,{},[1]]", b"[68,0,1,{}]",
        b"[8,48,1,{}]", b'[8,17,1,{},"a"]',
        b"[8,48,1,{},5,[1]]", b'[8,48,0,{},"a"]', b'[48,1.0,{},"a"]', b'[48,-1,{},"a"]',
        b'[16,0,{},"t",[1]]', b"[50,0,{},[1]]", b"[50,1,[],[1]]", b"[68,1,1,[],[1]]",
    ],
)  # fmt: skip
def test_a_broken_head_is_refused(data: bytes) -> None:
    with pytest.raises(RemoteProtocolError):
        JSON.decode(data)
