from __future__ import annotations

import pytest

from wampedge.transports.subprotocols import SUBPROTOCOLS, find_subprotocol
from wampedge.transports.websocket import WebSocketFraming
from wampedge.transports.websocket_batched import BatchedFraming


def test_the_subprotocols_are_those_of_the_specification() -> None:
    """WAMP, "WebSocket Transport" and "Message Batching"."""
    assert list(SUBPROTOCOLS) == [
        "wamp.2.json",
        "wamp.2.msgpack",
        "wamp.2.cbor",
        "wamp.2.json.batched",
        "wamp.2.msgpack.batched",
        "wamp.2.cbor.batched",
    ]


@pytest.mark.parametrize(
    ("name", "kind", "key"),
    [
        ("json", WebSocketFraming, "websocket"),
        ("cbor.batched", BatchedFraming, "batched websocket"),
    ],
)
def test_a_subprotocol_makes_its_frames(name: str, kind: type, key: str) -> None:
    found = find_subprotocol(name)

    assert found is not None
    framing = found.framing(is_server=True, max_message_bytes=1000)
    assert type(framing) is kind
    assert (framing.frame_key, framing.max_message_bytes) == (key, 1000)


def test_unknown_serializers_have_none() -> None:
    assert find_subprotocol("ubjson") is None
    assert find_subprotocol("ubjson.batched") is None
