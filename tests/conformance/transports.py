"""Transports and serializers."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable
from typing import Any

import cbor2
import msgpack

from tests.conformance.checks import check
from tests.conformance.client import EVERY_ROLE, Stage, Wire
from tests.conformance.codes import (
    EVENT,
    HELLO,
    PUBLISH,
    PUBLISHED,
    SUBSCRIBE,
    SUBSCRIBED,
    WELCOME,
)

__all__: list[str] = []

TRANSPORTS = "Transports and serializers"
_MAGIC = 0x7F
_JSON = 1
_LIMIT_CODE = 0xF


async def _speak(
    stage: Stage, subprotocol: str, encode: Callable[[Any], Any], decode: Callable[[Any], Any]
) -> None:
    """Join, subscribe, publish and hear of it in one serializer over a WebSocket."""
    client = await stage.connect(subprotocol)
    wire = client.connection
    assert wire.subprotocol == subprotocol
    await wire.send(encode([HELLO, stage.realm, {"roles": EVERY_ROLE}]))
    assert decode(await client.receive_data())[0] == WELCOME
    await wire.send(encode([SUBSCRIBE, 1, {}, "conformance.spoken"]))
    assert decode(await client.receive_data())[0] == SUBSCRIBED
    options = {"acknowledge": True, "exclude_me": False}
    await wire.send(encode([PUBLISH, 2, options, "conformance.spoken", ["grüße", 7, b"\x00\xff"]]))
    answers = {}
    for _answer in range(2):
        message = decode(await client.receive_data())
        answers[message[0]] = message
    assert answers.keys() == {PUBLISHED, EVENT}
    assert answers[EVENT][4] == ["grüße", 7, b"\x00\xff"]


@check(TRANSPORTS, "MessagePack over WebSocket", section="Serializers")
async def websocket_msgpack(stage: Stage) -> None:
    """Speak MessagePack."""
    await _speak(stage, "wamp.2.msgpack", msgpack.packb, msgpack.unpackb)


@check(TRANSPORTS, "CBOR over WebSocket", section="Serializers")
async def websocket_cbor(stage: Stage) -> None:
    """Speak CBOR."""
    await _speak(stage, "wamp.2.cbor", cbor2.dumps, cbor2.loads)


@check(TRANSPORTS, "Batched JSON over WebSocket", section="Batched WebSocket Transport")
async def websocket_batched(stage: Stage) -> None:
    """Send two requests in one message."""
    client = await stage.connect("wamp.2.json.batched")
    wire = client.connection
    assert wire.subprotocol == "wamp.2.json.batched"

    def batch(*messages: Any) -> str:
        return "".join(json.dumps(message) + "\x1e" for message in messages)

    await wire.send(batch([HELLO, stage.realm, {"roles": EVERY_ROLE}]))
    texts = [await client.receive_data()]
    await wire.send(batch([SUBSCRIBE, 1, {}, "a.one"], [SUBSCRIBE, 2, {}, "a.two"]))
    while "".join(texts).count("\x1e") < 3:
        texts.append(await client.receive_data())
    messages = [json.loads(text) for text in "".join(texts).split("\x1e") if text]
    assert [message[0] for message in messages] == [WELCOME, SUBSCRIBED, SUBSCRIBED]


@check(TRANSPORTS, "Binary values pass between JSON and MessagePack", section="Binary support")
async def binary_values(stage: Stage) -> None:
    """Publish bytes in JSON and read them in MessagePack."""
    publisher = await stage.join()
    client = await stage.connect("wamp.2.msgpack")
    await client.connection.send(msgpack.packb([HELLO, stage.realm, {"roles": EVERY_ROLE}]))
    await client.receive_data()
    await client.connection.send(msgpack.packb([SUBSCRIBE, 1, {}, "conformance.binary"]))
    await client.receive_data()
    await publisher.request(PUBLISH, {"acknowledge": True}, "conformance.binary", ["\x00EAAw"])
    await publisher.expect(PUBLISHED)
    event = msgpack.unpackb(await client.receive_data())

    assert event[4] == [b"\x10\x00\x30"]


async def _handshake(wire: Wire, third: int = 0, serializer: int = _JSON) -> bytes:
    await wire.write(bytes([_MAGIC, _LIMIT_CODE << 4 | serializer, third, 0]))
    return await wire.read(4)


def _frame(body: bytes, kind: int = 0) -> bytes:
    return struct.pack(">I", kind << 24 | len(body)) + body


@check(TRANSPORTS, "JSON over raw socket", section="RawSocket Transport")
async def rawsocket(stage: Stage) -> None:
    """Shake hands and join."""
    wire = await stage.connect_raw()
    answer = await _handshake(wire)
    assert (answer[0], answer[1] & 0x0F, answer[2:]) == (_MAGIC, _JSON, b"\x00\x00")
    hello = json.dumps([HELLO, stage.realm, {"roles": EVERY_ROLE}]).encode()
    await wire.write(_frame(hello))
    kind, length = struct.unpack(">BxH", await wire.read(4))

    assert kind == 0
    assert json.loads(await wire.read(length))[0] == WELCOME


@check(TRANSPORTS, "A raw-socket PING is answered with PONG", section="RawSocket Transport")
async def rawsocket_ping(stage: Stage) -> None:
    """Ping."""
    wire = await stage.connect_raw()
    await _handshake(wire)
    await wire.write(_frame(json.dumps([HELLO, stage.realm, {"roles": EVERY_ROLE}]).encode()))
    _kind, length = struct.unpack(">BxH", await wire.read(4))
    await wire.read(length)
    await wire.write(_frame(b"are you there?", kind=1))

    assert await wire.read(4) == struct.pack(">I", 2 << 24 | 14)
    assert await wire.read(14) == b"are you there?"


@check(
    TRANSPORTS, "An unknown raw-socket serializer is refused as such", section="RawSocket Transport"
)
async def rawsocket_serializer(stage: Stage) -> None:
    """Ask for serializer 9."""
    wire = await stage.connect_raw()

    assert await _handshake(wire, serializer=9) == b"\x7f\x10\x00\x00"


@check(TRANSPORTS, "Reserved raw-socket bits are refused as such", section="RawSocket Transport")
async def rawsocket_reserved(stage: Stage) -> None:
    """Set a reserved bit."""
    wire = await stage.connect_raw()

    assert await _handshake(wire, third=1) == b"\x7f\x30\x00\x00"
